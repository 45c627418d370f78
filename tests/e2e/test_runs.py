"""Runs: what happens when engines misbehave, when processes are killed at any moment, when several people act at once, and when an engine is far away."""
import concurrent.futures
import json
import os
import random
import signal
import sqlite3
import threading
import time

import pytest

from harness.process import alive

# Engines that go wrong, each in its own way. They end by themselves within a minute, whatever happens to the test.
SAY = """#!/bin/sh
seq=0
say() { seq=$((seq + 1)); echo "{\\"seq\\":$seq,\\"time\\":$(date +%s%3N),$1}" >>events.jsonl; }
state() { say "\\"type\\":\\"state\\",\\"state\\":\\"$1\\""; }
round() { say "\\"type\\":\\"round_started\\",\\"round\\":$1"; say "\\"type\\":\\"round_completed\\",\\"round\\":$1,\\"accuracy\\":0.5,\\"loss\\":NaN"; }
exec 3<>control
"""
ODD = {
    "mute": "state running; round 1; exec sleep 50",
    "deaf": "trap '' TERM; state running; round 1; n=0; while [ $n -lt 500 ]; do n=$((n+1)); say '\"type\":\"heartbeat\"'; sleep 0.1; done",
    "dies": "state running; round 1; echo 'no memory for the model' >&2; exit 3",
    "untidy": "state running; echo 'not json' >>events.jsonl; round 1; head -c 100000 /dev/zero | tr '\\0' x >>events.jsonl; echo >>events.jsonl; "
              "echo '{\"seq\":3,\"type\":\"round_started\",\"round\":9}' >>events.jsonl; round 2; state completed",
    "slow_start": "sleep 1; read -r line <&3; state running; state aborted",
    "unwilling": "state running; read -r line <&3; say '\"type\":\"refused\",\"action\":\"pause\",\"reason\":\"This engine cannot hold\"'; read -r line <&3; state aborted",
}


def add_engine(s, name, **more):
    member = {"type": "integer", "min": 1, "max": 100, "default": 5, "description": "Rounds"}
    engine = {"name": name, "title": name, "description": "For a test", "members": {"rounds": member}, **more}
    (s.root / "engines" / f"{name}.json").write_text(json.dumps(engine))
    scenario = {"name": name, "title": name, "description": "For a test", "engine": name}
    (s.root / "scenarios" / f"{name}.json").write_text(json.dumps(scenario))


@pytest.fixture(scope="module")
def odd(shared_stack):
    """A dashboard whose engines are the odd ones, and whose patience is short."""
    s = shared_stack
    for name, script in ODD.items():
        path = s.root / "engines" / f"{name}.sh"
        path.write_text(SAY + script + "\n")
        path.chmod(0o700)
        add_engine(s, name, command=[f"./{name}.sh"])
    add_engine(s, "absent", command=["no-such-engine"])
    add_engine(s, "far", remote=True)
    s.write_conf(monitor={"heartbeat_timeout_s": 2})
    s.restart("monitor", signal.SIGTERM)
    s.restart("api", signal.SIGTERM)
    return s


def rounds(s, id):
    return [r["round"] for r in s.client.get(f"/experiments/{id}/rounds", params={"limit": 100}).json()["rounds"]]


def engine_pid(s, id):
    return s.rows("SELECT pid FROM run WHERE experiment_id = ?", int(id[4:]))[0]["pid"]


def expect_true_story(s, id):
    """Rounds are complete, unique and in order, and whoever tells of them tells the same."""
    x, got = s.experiment(id), rounds(s, id)
    assert got == list(range(1, len(got) + 1)) and x["rounds_completed"] == len(got)
    lines = (s.state / "runs" / id / "events.jsonl").read_text().splitlines()
    said = [e["round"] for e in map(json.loads, lines) if e["type"] == "round_completed"]
    assert said == got
    told = s.rows("SELECT data FROM event WHERE experiment_id = ? ORDER BY id", int(id[4:]))
    assert [d["round"]["round"] for d in (json.loads(e["data"]) for e in told) if d["change"] == "round_completed"] == got
    return x


def test_an_engine_that_is_not_there_when_its_time_comes_is_a_failure_with_that_reason(odd):
    id = odd.create("absent")
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    assert odd.control(id, "start", scheduled_at=at).status_code == 200
    x = odd.wait_status(id, "failed")
    assert "no-such-engine was not found" in x["failure"]


def test_an_engine_that_dies_leaves_its_last_words(odd):
    x = odd.wait_status(odd.create("dies", start=True), "failed")
    assert "exit status 3" in x["failure"] and "no memory for the model" in x["failure"] and x["rounds_completed"] == 1
    assert "no memory for the model" in odd.client.get(f"/experiments/{x['id']}/logs").text


def test_a_log_may_hold_anything_and_be_anything(odd):
    id = odd.wait_status(odd.create("dies", start=True), "failed")["id"]
    log = odd.state / "runs" / id / "stderr.log"
    log.write_bytes("grün \0".encode() + b"\xff\xc3(\n" + "x".encode() * 4095 + "é\n".encode())
    assert odd.client.get(f"/experiments/{id}/logs").json()["lines"] == ["grün \ufffd\ufffd\ufffd(", "x" * 4095 + "\ufffd"]
    # A pipe that nobody writes to.
    log.unlink()
    os.mkfifo(log)
    r = odd.client.get(f"/experiments/{id}/logs", timeout=20)
    assert r.status_code == 500 and r.json()["error"]["code"] == "INTERNAL_ERROR"


def test_an_engine_that_falls_silent_is_ended(odd):
    id = odd.create("mute", start=True)
    pid = engine_pid(odd, id)
    x = odd.wait_status(id, "failed", timeout=15)
    assert "no sign of life from the engine for 2 s" in x["failure"]
    odd.wait_until(lambda: not alive(pid), 5)


def test_lines_that_are_no_events_disturb_nothing(odd):
    x = odd.wait_status(odd.create("untidy", start=True), "completed")
    assert rounds(odd, x["id"]) == [1, 2] and x["loss"] is None
    assert odd.rows("SELECT bad_lines FROM run WHERE experiment_id = ?", int(x["id"][4:]))[0]["bad_lines"] == 2


def test_an_abort_needs_no_consent(odd):
    id = odd.create("deaf", start=True)
    pid = engine_pid(odd, id)
    r = odd.control(id, "abort")
    assert r.status_code in (200, 202) and r.json()["status"] in ("aborting", "aborted")
    odd.wait_status(id, "aborted", timeout=15)
    assert not alive(pid)


def test_abort_while_starting_wins(odd):
    id = odd.create("slow_start")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        start = pool.submit(odd.connect().post, f"/experiments/{id}/control", json={"action": "start"})
        odd.wait_status(id, "starting")
        assert odd.control(id, "abort").json()["status"] == "aborted"
        assert start.result().status_code == 409
    time.sleep(0.3)
    assert odd.experiment(id)["status"] == "aborted"


def test_a_refusal_is_told_and_the_run_goes_on(odd):
    id = odd.create("unwilling", start=True)
    r = odd.control(id, "pause")
    assert r.status_code == 409 and "This engine cannot hold" in r.json()["error"]["message"]
    x = odd.experiment(id)
    assert x["status"] == "running" and "action_refused" in [t["event"] for t in x["timeline"]]
    assert odd.control(id, "abort").json()["status"] == "aborted"


def test_a_remote_engine_reports_by_itself(odd):
    s = odd
    id = s.create("far", start=False)
    engine = s.connect(s.ctl("token", "create", "--name", "far", "--experiment", id).stdout.strip())
    event = {"seq": 1, "time": int(time.time() * 1000), "type": "state", "state": "running"}
    assert engine.post(f"/experiments/{id}/events", json={"events": [event]}).status_code == 409
    with concurrent.futures.ThreadPoolExecutor() as pool:
        start = pool.submit(s.connect().post, f"/experiments/{id}/control", json={"action": "start"})
        s.wait_until(lambda: (s.experiment(id)["waiting_for"] or {}).get("what") == "service", 5)
        r = engine.post(f"/experiments/{id}/events", json={"events": [event]})
        assert r.status_code == 200 and r.json() == {"accepted": 1, "last_seq": 1, "desired": "running"}
        assert start.result().status_code == 200
    more = [{**event, "seq": 2, "type": "round_started", "round": 1}, {**event, "seq": 3, "type": "round_completed", "round": 1, "accuracy": 0.5, "loss": None}]
    for accepted in (2, 0):
        r = engine.post(f"/experiments/{id}/events", json={"events": more})
        assert r.json() == {"accepted": accepted, "last_seq": 3, "desired": "running"}
    assert rounds(s, id) == [1]
    # By how much a client was slower than the median of its round, where that says something.
    busy = {"a": (2, 100, 50), "b": (2, 300, None), "c": (1, 5, 5), "d": (2, 200, 0), "e": (2, None, None), "f": (2, 1000, 1), "g": (1, 7, 7)}
    more = [{**event, "seq": 4, "type": "round_started", "round": 2}]
    more += [{"seq": 5 + i, "time": event["time"], "type": "client_update", "client": k, "round": r, "status": "finished", "train_ms": t, "transfer_ms": x} for i, (k, (r, t, x)) in enumerate(busy.items())]
    assert engine.post(f"/experiments/{id}/events", json={"events": more}).json()["accepted"] == 8
    assert {c["id"]: c["slows_round_by_ms"] for c in s.experiment(id)["clients"]} == {"a": 0, "b": 50, "c": None, "d": 0, "e": None, "f": 751, "g": None}
    r = engine.post(f"/experiments/{id}/events", json={"events": [{**event, "seq": 12, "type": "round_started", "round": 0}]})
    assert r.status_code == 400 and "events.0" in r.json()["error"]["details"]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        stop = pool.submit(s.connect().post, f"/experiments/{id}/control", json={"action": "stop"})
        beat = iter(range(12, 1000))

        def asked():
            return engine.post(f"/experiments/{id}/events", json={"events": [{**event, "seq": next(beat), "type": "heartbeat"}]}).json()["desired"] == "stopping"
        s.wait_until(asked, 5)
        engine.post(f"/experiments/{id}/events", json={"events": [{**event, "seq": 5000, "state": "stopped"}]})
        assert stop.result().json()["status"] == "stopped"
    other = s.create("far")
    assert engine.post(f"/experiments/{other}/events", json={"events": [event]}).status_code in (403, 404)
    assert engine.get("/experiments").status_code == 403


def test_a_remote_engine_that_falls_silent_has_failed(odd):
    id = odd.create("far")
    engine = odd.connect(odd.ctl("token", "create", "--name", "silent", "--experiment", id).stdout.strip())
    with concurrent.futures.ThreadPoolExecutor() as pool:
        start = pool.submit(odd.connect().post, f"/experiments/{id}/control", json={"action": "start"})
        odd.wait_status(id, "starting")
        odd.wait_until(lambda: engine.post(f"/experiments/{id}/events", json={"events": [{"seq": 1, "time": 1, "type": "state", "state": "running"}]}).status_code == 200, 5)
        start.result()
    assert "no report from the remote engine for 2 s" in odd.wait_status(id, "failed", timeout=10)["failure"]


def test_a_double_click_starts_once(shared_stack):
    s = shared_stack
    clients = [s.connect() for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for _ in range(25):
            id = s.create(configuration={"rounds": 1, "pace_ms": 1})
            answers = list(pool.map(lambda c: c.post(f"/experiments/{id}/control", json={"action": "start"}).status_code, clients))
            assert sorted(answers) in ([200, 409, 409, 409], [202, 409, 409, 409])
            s.wait_status(id, "completed")
            events = [t["event"] for t in s.experiment(id)["timeline"]]
            assert events.count("experiment_starting") == 1 and events.count("experiment_started") == 1


LEGAL = {
    "created": {"starting"}, "starting": {"running", "stopping", "aborting"}, "running": {"pausing", "stopping", "aborting", "completed"},
    "pausing": {"paused", "stopping", "aborting", "completed"}, "paused": {"resuming", "stopping", "aborting"},
    "resuming": {"running", "stopping", "aborting", "completed"}, "stopping": {"stopped", "aborting", "completed"},
    "aborting": {"aborted", "completed"},
}


def test_two_operators_at_once_leave_a_legal_story(shared_stack):
    """100 conflicting calls each: every answer is one that the API may give, and the changes of state in the log follow the rules."""
    s, rng = shared_stack, random.Random(1)
    plan = [[rng.choice(("pause", "resume", "pause", "resume", "stop", "abort", "start")) for _ in range(100)] for _ in range(2)]
    ids = [s.create(start=True, configuration={"rounds": 500, "pace_ms": 20})]

    def operate(actions):
        client = s.connect()
        for action in actions:
            r = client.post(f"/experiments/{ids[-1]}/control", json={"action": action})
            assert r.status_code in (200, 202, 409), r.text
            if r.status_code == 409 and r.json()["error"]["details"].get("allowed") == "none" and s.experiment(ids[-1])["status"] in ("stopped", "aborted"):
                with lock:
                    if s.experiment(ids[-1])["status"] in ("stopped", "aborted"):
                        ids.append(s.create(start=True, configuration={"rounds": 500, "pace_ms": 20}))
    lock = threading.Lock()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(operate, plan))
    s.control(ids[-1], "abort")
    for id in ids:
        s.wait_status(id, "stopped", "aborted", "completed")
        expect_true_story(s, id)
        changes = [json.loads(e["data"]) for e in s.rows("SELECT data FROM event WHERE experiment_id = ? ORDER BY id", int(id[4:]))]
        at = "created"
        for c in changes:
            if c["change"] != "status":
                continue
            assert c["previous_status"] == at and c["status"] in LEGAL[at], f"{at} to {c['status']}"
            at = c["status"]
    assert not s.rows("SELECT * FROM command WHERE status IN ('pending', 'sent')")


def test_whatever_is_killed_when_rounds_are_complete_and_in_order(stack):
    s, rng = stack, random.Random(2)
    ids = [s.create(start=True, configuration={"rounds": 100, "pace_ms": 80}) for _ in range(3)]
    victim, kills = ids[2], 0
    for kills in range(1, 21):
        time.sleep(rng.uniform(0, 0.3))
        name = rng.choice(("monitor", "monitor", "api", "worker", "stream"))
        if kills == 12:
            os.kill(engine_pid(s, victim), signal.SIGKILL)
        elif name == "worker":
            s.kill_worker()
        else:
            s.restart(name)
    for id in ids[:2]:
        s.wait_status(id, "completed", timeout=60)
        assert expect_true_story(s, id)["rounds_completed"] == 100
    x = s.wait_status(victim, "failed")
    assert x["failure"].startswith(("The engine was killed by signal 9", "The engine's process is gone"))
    expect_true_story(s, victim)
    starts = (s.logs / "monitor.log").read_text().count("engine started")
    assert starts <= 3, "an engine was started twice"


def test_commands_outlive_the_monitor(stack):
    s = stack
    id = s.create(start=True, configuration={"rounds": 200, "pace_ms": 50})
    s.wait_status(id, "running")
    s.monitor.kill()
    time.sleep(3.2)  # until its beat is old
    r = s.control(id, "pause")
    assert r.status_code == 503 and int(r.headers["retry-after"]) >= 1 and s.experiment(id)["status"] == "running"
    s.monitor.start()
    s.wait_ready()
    assert s.control(id, "pause").json()["status"] == "paused"
    s.restart("monitor")
    assert s.experiment(id)["status"] == "paused"
    assert s.control(id, "resume").json()["status"] == "running"
    assert s.control(id, "stop").json()["status"] == "stopped"
    expect_true_story(s, id)


def test_a_locked_store_is_nobodys_failure(stack):
    s = stack
    id = s.create(start=True, configuration={"rounds": 60, "pace_ms": 50})
    with sqlite3.connect(s.state / "flopynet.db", isolation_level=None) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("BEGIN IMMEDIATE")
        time.sleep(8)
        assert s.experiment(id)["status"] in ("starting", "running")
        db.execute("ROLLBACK")
    assert s.wait_status(id, "completed")["rounds_completed"] == 60
    expect_true_story(s, id)


def test_shutting_down_ends_every_run(stack):
    s = stack
    ids = [s.create(start=True, configuration={"rounds": 900, "pace_ms": 50}) for _ in range(3)]
    pids = [engine_pid(s, id) for id in ids]
    s.monitor.stop(signal.SIGINT)
    assert not any(alive(p) for p in pids)
    for id in ids:
        x = s.experiment(id)
        assert x["status"] == "aborted" and "The platform was shut down" in " ".join(t["details"] for t in x["timeline"])
