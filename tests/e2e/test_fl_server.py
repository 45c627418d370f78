"""
The runner for FLOPY-NET's fl_server, over real HTTP, against a stand-in that answers as the real one was seen to (tests/fixtures/services/fl_server_fake.py): nothing here has met the
real one, which needs Flower 1.0.0 and torch.
"""
import asyncio
import concurrent.futures
import json
import signal
import sys
import threading
import time

import pytest
import websockets
from harness.fl_server import add_engines, completed_rounds, reachable, rounds, server, timeline, waits_for
from harness.stack import SOURCE

sys.path.insert(0, str(SOURCE / "sdk/python"))

from flopy_net_client import AsyncDashboardClient  # noqa: E402
from flopynet_fakes import Collector, PolicyEngine  # noqa: E402

BODY = {"name": "The same", "configuration": {"rounds": 3, "dataset": "mnist", "model": "mlp", "clients": 2, "clients_per_round": 2, "learning_rate": 0.05},
        "network_settings": {"bandwidth_limit": None, "latency": None, "packet_loss": None}}


@pytest.fixture(scope="module")
def s(shared_stack):
    return add_engines(shared_stack)


async def watch(s, scenario):
    """Create and start it by the SDK, and listen on the WebSocket meanwhile: (what the SDK tells, what the WebSocket tells)."""
    async with AsyncDashboardClient(base_url=f"{s.url}/api/v1", api_key=s.token) as client:
        x = await client.experiments.create({**BODY, "scenario": scenario})
        told = []
        async with websockets.connect(s.ws_url, extra_headers={"Authorization": f"Bearer {s.token}"}) as ws:
            await ws.send(json.dumps({"action": "subscribe", "topics": ["experiments"], "experiment_ids": [x.id]}))
            await client.experiments.start(x.id)
            seen = [u.change async for u in client.experiments.monitor(x.id) if u.change in ("round_completed", "status")]
            while not told or told[-1][1] != "completed":
                m = json.loads(await asyncio.wait_for(ws.recv(), 30))
                if m["type"] == "experiment_update" and m["data"]["change"] in ("status", "round_started", "round_completed"):
                    told.append((m["data"]["change"], m["data"]["status"], sorted(m["data"]), sorted(m["data"].get("round") or [])))
        return x.id, (seen[-1], seen.count("round_completed")), told


def test_the_same_request_differs_only_in_its_scenario(s):
    """In the API, the SDK and over the WebSocket they are alike: the same members, the same events in the same order. (The page: test_page_engines.py.)"""
    stories = {}
    with server(s, rounds=3) as fl:
        fl.clients = 2
        fl.hold().go(pace=0.2)
        for scenario in ("basic_fl", "flopynet"):
            id, seen, told = asyncio.run(watch(s, scenario))
            x = s.experiment(id)
            assert x["status"] == "completed", x["failure"]
            assert x["rounds_completed"] == 3 and x["current_round"] == 3 and x["accuracy"] > 0 and x["loss"] > 0 and x["engine"] != "embedded" or scenario == "basic_fl"
            stories[scenario] = (set(x), set(x["metrics"]), [set(r) for r in rounds(s, id)], [r["round"] for r in rounds(s, id)], seen, told)
        assert x["network_settings"]["not_applied"] == ["dataset", "model", "clients", "clients_per_round", "learning_rate"]
        assert [r["accuracy"] for r in rounds(s, id)] == [fl.accuracy(n) for n in (1, 2, 3)] and rounds(s, id)[0]["duration_ms"] == 1500
        assert [r["clients"] for r in rounds(s, id)] == [2, 2, 2]
    assert stories["basic_fl"] == stories["flopynet"]


def test_it_waits_for_clients(s):
    with server(s) as fl:
        id = s.create("fast", start=True, configuration={"rounds": 1})
        x = s.wait_status(id, "running")
        assert x["clients_count"] == 0 and "clients" not in x["configuration"]
        assert waits_for(s, id, "clients") == {"what": "clients", "needed": None, "present": 0, "detail": "fl_server waits for its clients"}
        fl.clients = 2
        fl.begin_round()
        s.wait_until(lambda: s.experiment(id)["waiting_for"] is None and s.experiment(id)["current_round"] == 1, 30, "round 1")
        fl.end_round()
        s.wait_status(id, "completed")


def test_clients_that_a_policy_turned_away_are_why_it_waits(s):
    with PolicyEngine() as policy, server(s, policy) as fl:
        policy.denials = [(time.time() - 3600, "client-9", "client_start", "long ago")]
        id = s.create("fast", start=True, configuration={"rounds": 2})
        assert waits_for(s, id, "clients")["detail"] == "fl_server waits for its clients"
        policy.denials += [(time.time() + n, "client-1", "client_start", "Policy 'night' rule 0: not between 2 and 4") for n in range(3)]
        s.wait_until(lambda: "a policy denied client-1 (client_start): Policy 'night'" in s.experiment(id)["waiting_for"]["detail"], 30, "the reason")
        assert [t for _, t in timeline(s, id) if "denied" in t] == ["Warning: A policy denied client-1 (client_start): Policy 'night' rule 0: not between 2 and 4"]
        fl.clients = 2
        fl.go(pace=0.2)
        s.wait_status(id, "completed")


def test_a_pause_is_told_when_the_round_in_progress_is_over(s):
    with server(s) as fl:
        fl.clients = 2
        fl.begin_round()
        id = s.create("fast", start=True, configuration={"rounds": 5})
        s.wait_status(id, "running")
        s.client.post(f"/experiments/{id}/control", json={"action": "pause"}, timeout=30)
        assert s.experiment(id)["status"] == "pausing" and fl.is_paused  # the server says "paused" and its clients train
        fl.end_round()
        s.wait_status(id, "paused")
        assert s.control(id, "resume").json()["status"] == "running" and not fl.is_paused
        assert s.control(id, "pause").json()["status"] == "paused"
        assert s.control(id, "stop").json()["status"] == "stopped"
        assert [r["round"] for r in rounds(s, id)] == [1]


def test_stop_holds_it_back_and_the_next_experiment_goes_on_from_there(s):
    with server(s, rounds=100) as fl:
        fl.clients = 2
        fl.hold().go(pace=0.3)
        first = s.create("fast", start=True, configuration={"rounds": 100})
        completed_rounds(s, first, 2)
        s.control(first, "stop")
        x = s.wait_status(first, "stopped")
        held = fl.current
        assert fl.is_paused and "is held back after its round" in " ".join(t for _, t in timeline(s, first))
        assert x["rounds_completed"] == held and "POST /restart" not in fl.asked  # its own stop would leave it unusable
        second = s.create("fast", start=True, configuration={"rounds": 2})
        s.wait_status(second, "completed")
        assert [r["round"] for r in rounds(s, second)] == [1, 2]
        assert [r["accuracy"] for r in rounds(s, second)] == [fl.accuracy(held + 1), fl.accuracy(held + 2)]
        assert "its model is not a new one" in " ".join(t for _, t in timeline(s, second))
        time.sleep(0.7)
        assert fl.is_paused and fl.current == held + 2  # and no round of nobody's follows


def test_one_experiment_at_a_time_and_the_next_waits_its_turn(s):
    with server(s, rounds=100) as fl:
        fl.clients = 2
        fl.go(pace=0.3)
        first, second, third = s.create("fast", start=True), s.create("fast", configuration={"rounds": 1}), s.create("fast")
        s.wait_status(first, "running")
        for id in (second, third):
            threading.Thread(target=s.connect().post, args=(f"/experiments/{id}/control",), kwargs={"json": {"action": "start"}}).start()
            assert "Another experiment is on this fl_server" in waits_for(s, id, "service")["detail"] and s.experiment(id)["status"] == "starting"
        assert s.control(third, "stop").json()["status"] == "stopped" and not fl.is_paused
        s.control(first, "stop")
        s.wait_status(first, "stopped")
        assert s.wait_status(second, "completed")["rounds_completed"] == 1


def test_an_abort_is_refused_and_names_the_engine(s):
    with server(s) as fl:
        fl.clients = 2
        fl.go(pace=0.3)
        id = s.create("fast", start=True)
        s.wait_status(id, "running")
        r = s.control(id, "abort")
        assert r.status_code == 409 and "The engine fast (FLOPY-NET's FL server) cannot abort a run" == r.json()["error"]["message"]
        assert r.json()["error"]["details"]["allowed"] == "pause, stop" and s.experiment(id)["allowed_actions"] == ["pause", "stop"]
        s.control(id, "stop")
        s.wait_status(id, "stopped")


def test_a_policy_that_pauses_is_waited_for(s):
    with server(s, rounds=100) as fl:
        fl.clients = 2
        fl.go(pace=0.2)
        id = s.create("fast", start=True, configuration={"rounds": 50})
        completed_rounds(s, id, 1)
        fl.pause_by_policy("quiet hours")
        w = waits_for(s, id, "policy")
        assert w["detail"].endswith("Policy 'night' rule 0: quiet hours") and s.experiment(id)["status"] == "running"
        assert any(e == "engine_log" and "A policy paused the training" in t and "quiet hours" in t for e, t in timeline(s, id))
        before = s.experiment(id)["rounds_completed"]
        # A pause of ours outlives the policy's, although the server lets go of both.
        s.control(id, "pause")
        s.wait_status(id, "paused")
        fl.lift_policy()
        s.wait_until(lambda: fl.is_paused, 10, "the pause to be taken up again")
        assert s.experiment(id)["status"] == "paused"
        s.control(id, "resume")
        completed_rounds(s, id, before + 2)
        assert s.experiment(id)["waiting_for"] is None
        s.control(id, "stop")
        s.wait_status(id, "stopped")


def test_a_resume_does_not_lift_a_policy(s):
    """The server lets go and is paused again: the run runs, and waits for the policy."""
    with server(s, rounds=100) as fl:
        fl.clients, fl.policy_stays = 2, 0.5
        fl.hold().go(pace=0.2)
        id = s.create("fast", start=True, configuration={"rounds": 50})
        completed_rounds(s, id, 1)
        fl.pause_by_policy("quiet hours")
        waits_for(s, id, "policy")
        s.control(id, "pause")
        s.wait_status(id, "paused")
        fl.pause_by_policy("quiet hours")  # its reason is the one that is shown
        s.control(id, "resume")
        s.wait_status(id, "running")
        assert "quiet hours" in waits_for(s, id, "policy")["detail"]
        s.control(id, "stop")
        s.wait_status(id, "stopped")


def test_while_the_policy_engine_is_away_a_stopped_server_is_not_asked_what_it_cannot_answer(s):
    with PolicyEngine() as policy, server(s, policy, rounds=10) as fl:
        policy.mood = "mute"
        fl.clients, fl.policy_wait, fl.restart_wait = 2, 1, 4
        fl.begin_round()
        fl.end_round()
        fl.stop_by_policy()
        id = s.create("fast", configuration={"rounds": 2})
        s.control(id, "start")
        x = s.wait_status(id, "failed", timeout=40)
        assert "agreed to a restart" in x["failure"] and "no round began" in x["failure"]  # its yes was waited for
        assert ("flopynet-flserver", "/events?limit=1000") in fl.asked_by and ("flopynet-flserver", "/status") not in fl.asked_by


def test_stopped_by_a_policy_is_an_end_and_no_failure(s):
    with PolicyEngine() as policy, server(s, policy, rounds=1000) as fl:
        fl.clients, fl.policy_wait = 2, 2  # for so long would each /status take then, and everything wait behind it
        fl.go(pace=0.2)
        id = s.create("fast", start=True, configuration={"rounds": 1000})
        completed_rounds(s, id, 2)
        policy.mood = "mute"
        fl.stop_by_policy()
        x = s.wait_status(id, "stopped", "failed", timeout=25)
        assert x["status"] == "stopped" and x["failure"] is None
        assert any("Stopped by policy: accuracy_improvement <= 0.001" in t for _, t in timeline(s, id))
        fl.release.set()


def start_meanwhile(s, id, meanwhile):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        start = pool.submit(s.connect().post, f"/experiments/{id}/control", json={"action": "start"})
        meanwhile()
        return start.result()


def test_a_stop_leaves_nothing_that_could_be_restarted(s):
    """The server says 200 and success, and no round ever begins."""
    with server(s, rounds=10) as fl:
        fl.clients = 2
        fl.begin_round()
        fl.end_round()
        fl.stop_by_policy()
        id = s.create("fast", configuration={"rounds": 2})

        def meanwhile():
            assert "agreed to a restart" in waits_for(s, id, "service")["detail"] and s.experiment(id)["status"] == "starting"
        r = start_meanwhile(s, id, meanwhile)
        assert r.status_code in (202, 409)
        x = s.wait_status(id, "failed", timeout=30)
        assert "no round began within 5 s; its process must be started again" in x["failure"] and "POST /restart" in fl.asked and x["started_at"] is None


def test_a_training_that_has_ended_is_restarted_where_the_server_allows_it(s):
    with server(s, rounds=10) as fl:
        fl.clients, fl.restart_works, fl.row_delay = 2, True, 0.4
        for _ in range(4):
            fl.begin_round()
            fl.end_round(accuracy=0.99)
        fl.active = False
        id = s.create("fast", configuration={"rounds": 3})

        def meanwhile():
            waits_for(s, id, "service")
            assert s.experiment(id)["status"] == "starting"
            fl.go(pace=0.3)
        assert start_meanwhile(s, id, meanwhile).json()["status"] == "running"
        s.wait_status(id, "completed")
        # Numbered from 1 again, over rows 1 to 4 of before, which are nobody's here.
        assert [(r["round"], r["accuracy"]) for r in rounds(s, id)] == [(n, fl.accuracy(n)) for n in (1, 2, 3)]


@pytest.mark.parametrize("answer, words", [
    (None, "Training already complete"), ((403, "Policy 'freeze' denies a restart"), "Policy 'freeze' denies a restart"), ((404, ""), "has no /restart"),
])
def test_a_complete_training_is_told_with_the_servers_own_words(s, answer, words):
    with server(s, rounds=2) as fl:
        fl.clients = 2
        for _ in range(2):
            fl.begin_round()
            fl.end_round()
        fl.restart_answer = answer
        id = s.create("fast")
        r = s.control(id, "start")
        assert r.status_code == 409 and words in r.json()["error"]["message"], r.text
        assert s.experiment(id)["status"] == "failed" and "is complete" in s.experiment(id)["failure"]


def test_rows_come_seconds_after_the_round_and_none_is_lost(s):
    with server(s, rounds=3) as fl:
        fl.clients, fl.row_delay = 2, 0.8
        fl.hold().go(pace=0.2)
        id = s.create("fast", start=True, configuration={"rounds": 10})
        x = s.wait_status(id, "completed", timeout=60)
        assert [r["round"] for r in rounds(s, id)] == [1, 2, 3]
        assert "rounds" in x["network_settings"]["not_applied"] and any("fl_server goes to its round 3" in t for _, t in timeline(s, id))


def test_events_are_told_once_whatever_the_buffer_does(s):
    with server(s, rounds=200) as fl:
        fl.clients = 2
        fl.pause_by_policy("before us")
        fl.lift_policy()
        fl.hold().go(pace=0.3)
        id = s.create("fast", start=True, configuration={"rounds": 100})
        completed_rounds(s, id, 1)
        fl.knows_ids = False  # it tells everything again, at each look
        fl.note("ROUND_POLICY_DENIED", {"round": 3, "reason": "too early"})
        completed_rounds(s, id, fl.current + 1)
        fl.knows_ids = True
        for _ in range(1005):  # the newest one that was read is pushed out of the buffer
            fl.note("POLICY_VERSION_UPDATED", {})
        fl.note("ROUND_POLICY_DENIED", {"round": 4, "reason": "too late"})
        completed_rounds(s, id, fl.current + 2)
        said = [t.rsplit(": ", 1)[1] for _, t in timeline(s, id) if "denied" in t]
        assert said == ["too early", "too late"]
        assert not any("before us" in t for _, t in timeline(s, id))
        s.control(id, "stop")
        s.wait_status(id, "stopped")
        assert [r["round"] for r in rounds(s, id)] == list(range(1, len(rounds(s, id)) + 1))


def test_what_is_not_a_number_is_not_known(s):
    with server(s, rounds=5) as fl:
        fl.clients = 2
        id = s.create("fast", start=True, configuration={"rounds": 2})
        s.wait_status(id, "running")
        fl.begin_round()
        fl.end_round(accuracy=float("nan"), loss=float("nan"))
        fl.begin_round()
        fl.end_round(accuracy=71.5, loss=-0.5)
        s.wait_status(id, "completed")
        assert [(r["accuracy"], r["loss"]) for r in rounds(s, id)] == [(None, None), (None, -0.5)]


def test_a_server_without_events_that_say_a_round_or_without_any_will_do(s):
    for has_events in (True, False):
        with server(s, rounds=3) as fl:
            fl.clients, fl.details, fl.has_events = 2, False, has_events
            fl.hold().go(pace=0.2)
            id = s.create("fast", start=True, configuration={"rounds": 3})
            s.wait_status(id, "completed")
            assert [r["round"] for r in rounds(s, id)] == [1, 2, 3]


def test_a_short_silence_is_said_and_a_long_one_is_the_end(s):
    with server(s, rounds=1000) as fl:
        fl.clients = 2
        fl.go(pace=0.2)
        id = s.create("fast", start=True, configuration={"rounds": 1000})
        completed_rounds(s, id, 1)
        fl.mood = "close"
        assert "fl_server does not answer: it closed the connection" in waits_for(s, id, "service")["detail"]
        fl.mood = None
        s.wait_until(lambda: s.experiment(id)["waiting_for"] is None, 20, "the end of the silence")
        fl.mood = "mute"
        r = s.control(id, "stop")
        assert r.status_code in (202, 409)
        x = s.wait_status(id, "failed", timeout=60)
        assert "fl_server has not answered for" in x["failure"] and "no answer within" in x["failure"] and "(nor does the policy engine" in x["failure"]


def test_a_server_that_began_anew_is_another_run(s):
    with server(s, rounds=100) as fl:
        fl.clients = 2
        for _ in range(3):
            fl.begin_round()
            fl.end_round()
        id = s.create("fast", start=True, configuration={"rounds": 50})
        s.wait_status(id, "running")
        fl.begin_round()
        fl.end_round()
        completed_rounds(s, id, 1)
        fl.current, fl.rows = 0, {}
        fl.events.clear()
        fl.note("SERVER_START", {})
        assert "fl_server began anew: it was at round 4 and is at round 0" in s.wait_status(id, "failed")["failure"]


def test_a_training_that_dies_is_a_failure(s):
    with server(s, rounds=100) as fl:
        fl.clients = 2
        id = s.create("fast", start=True, configuration={"rounds": 50})
        s.wait_status(id, "running")
        fl.begin_round()
        fl.in_round, fl.active = 0, False  # an exception in its loop
        assert "fl_server's training ended at round 0 of 100" in s.wait_status(id, "failed", timeout=30)["failure"]


def test_through_the_collector_it_can_be_seen_but_not_controlled(s):
    with Collector() as collector, server(s, url=f"{collector.url}/api/metrics/fl"):
        id = s.create("fast")
        r = s.control(id, "start")
        assert r.status_code == 409 and "leads to the collector" in r.json()["error"]["message"]


def test_a_server_that_is_away_is_not_begun_with(s):
    with server(s):
        pass
    reachable(s, want=False)
    id = s.create("flopynet")
    assert s.experiment(id)["engine_status"]["reachable"] is False
    r = s.control(id, "start")
    assert r.status_code == 503 and "fl_server" in r.json()["error"]["message"] and s.experiment(id)["status"] == "created"


def test_the_monitor_may_be_killed_and_everything_ended(s):
    with server(s, rounds=1000) as fl:
        fl.clients = 2
        fl.go(pace=0.2)
        id = s.create("fast", start=True, configuration={"rounds": 1000})
        completed_rounds(s, id, 1)
        s.restart("monitor")
        completed_rounds(s, id, s.experiment(id)["rounds_completed"] + 2)
        s.monitor.stop(signal.SIGINT)
        x = s.wait_status(id, "aborted")
        assert fl.is_paused and any("cannot be aborted from here" in t for _, t in timeline(s, id)) and x["failure"] is None
        s.monitor.start()
        s.wait_ready()
        s.wait_status(s.create(start=True), "completed")
