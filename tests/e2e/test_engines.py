"""Engines: what each can do, whether it can be started, and what is said to who asks for more."""
import json
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.process import alive, children


def add_engine(s, name, **more):
    members = {
        "rounds": {"type": "integer", "min": 1, "max": 100, "default": 5, "description": "Rounds"},
        "temper": {"type": "number", "min": 0, "max": 1, "default": 0.5, "applied": False, "description": "Not honoured"},
    }
    engine = {"name": name, "title": name.title(), "description": "For a test", "members": members, **more}
    (s.root / "engines" / f"{name}.json").write_text(json.dumps(engine))
    scenario = {"name": name, "title": name, "description": "For a test", "engine": name}
    (s.root / "scenarios" / f"{name}.json").write_text(json.dumps(scenario))


def script(s, name, text):
    path = s.root / "engines" / name
    path.write_text("#!/bin/sh\n" + text + "\n")
    path.chmod(0o700)
    return f"./{name}"


RUNS = """seq=0
say() { seq=$((seq + 1)); echo "{\\"seq\\":$seq,\\"time\\":$(date +%s%3N),$1}" >>events.jsonl; }
exec 3<>control
say '"type":"state","state":"running"'
while read -r line <&3; do case $line in *stop*) say '"type":"state","state":"stopped"'; exit;; *abort*) say '"type":"state","state":"aborted"'; exit;; esac; done"""


@pytest.fixture(scope="module")
def s(shared_stack):
    s = shared_stack
    run = script(s, "run.sh", RUNS)
    add_engine(s, "checked", command=[run], check=[script(s, "well.sh", "echo; echo '  Trainer 2.5.1  '; echo noise; echo more >&2")])
    add_engine(s, "unwell", command=[run], check=[script(s, "unwell.sh", "echo Trainer; echo Traceback >&2; echo 'ModuleNotFoundError: No module named trainer' >&2; exit 1")])
    add_engine(s, "speechless", command=[run], check=[script(s, "speechless.sh", "exit 4")])
    add_engine(s, "talkative", command=[run], check=[script(s, "talkative.sh", "yes a very long line | head -c 1000000; yes of an error | head -c 1000000 >&2; echo >&2; echo last >&2; exit 1")])
    add_engine(s, "hanging", command=[run], check=[script(s, "hanging.sh", "exec yes for ever")])
    add_engine(s, "missing", command=["no-such-engine"])
    add_engine(s, "lost", command=[run], check=["./no-such-check"])
    add_engine(s, "far", remote=True)
    add_engine(s, "poor", command=[run], capabilities={"pause": False, "abort": False, "network_emulation": False, "client_metrics": False})
    add_engine(s, "needy", command=[run], needs=["fl_server"])
    s.restart("monitor", signal.SIGTERM)
    s.restart("api", signal.SIGTERM)
    return s


def engine(s, name):
    return next(e for e in s.client.get("/engines", params={"limit": 100}).json()["engines"] if e["name"] == name)


def known(s, name):
    return s.wait_until(lambda: (e := engine(s, name))["available"] is not None and e, 60, f"{name} to be known")


def test_the_default_engine_is_there_with_its_version(s):
    e = known(s, "embedded")
    assert e["available"] is True and e["reachable"] is None and e["reason"] is None and e["version"].startswith("flopynet-engine ")
    assert e["capabilities"] == {"pause": True, "stop": True, "abort": True, "client_metrics": True, "network_emulation": True}
    assert e["needs"] == [] and e["remote"] is False and e["checked_at"]


def test_the_first_line_of_a_check_is_the_version(s):
    assert known(s, "checked")["version"] == "Trainer 2.5.1"


@pytest.mark.parametrize("name, why", [
    ("unwell", "ModuleNotFoundError: No module named trainer"), ("speechless", "Its check ended with exit status 4 and gave no reason"),
    ("talkative", "last"), ("missing", "no-such-engine was not found"), ("lost", "no-such-check is not there"),
])
def test_an_engine_that_is_not_available_says_why(s, name, why):
    e = known(s, name)
    assert e["available"] is False and why in e["reason"] and e["version"] is None
    scenario = s.client.get(f"/scenarios/{name}").json()["scenario"]
    assert scenario["engine_status"] == {k: e[k] for k in ("available", "reachable", "reason", "version", "checked_at")}
    id = s.create(name)
    assert s.experiment(id)["engine_status"] == {"available": False, "reachable": None, "reason": e["reason"]}
    r = s.control(id, "start")
    assert r.status_code == 409 and why in r.json()["error"]["message"] and name in r.json()["error"]["message"]
    assert s.experiment(id)["status"] == "created"


def test_a_check_that_hangs_holds_up_nobody(s):
    assert known(s, "hanging")["reason"] == "Its check did not end within 20 s"


def test_a_remote_engine_is_available(s):
    e = known(s, "far")
    assert e["remote"] is True and e["available"] is True


def test_an_engine_that_is_installed_can_be_started_at_once(s):
    add_engine(s, "late", command=["./late.sh"])
    s.monitor.send(signal.SIGHUP)
    s.restart("api", signal.SIGTERM)
    assert known(s, "late")["available"] is False
    script(s, "late.sh", RUNS)
    id = s.create("late")
    assert s.control(id, "start").json()["status"] == "running"
    assert s.control(id, "abort").json()["status"] == "aborted"
    assert known(s, "late")["available"] is True
    assert s.experiment(id)["engine_status"] is None


def test_a_look_that_began_before_the_question_is_no_answer_to_it(s):
    looks = s.root / "engines" / "looks"
    add_engine(s, "repaired", command=[script(s, "run.sh", RUNS)], check=[script(s, "repaired.sh", "test -e whole; r=$?; echo >>looks; sleep 0.5; exit $r")])
    s.monitor.send(signal.SIGHUP)
    s.restart("api", signal.SIGTERM)
    assert known(s, "repaired")["available"] is False
    ids = [s.create("repaired") for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        seen = looks.stat().st_size
        first = pool.submit(s.control, ids[0], "start")
        s.wait_until(lambda: looks.stat().st_size > seen, 10, "the look for the first one")
        (s.root / "engines" / "whole").touch()
        second = s.control(ids[1], "start")
        first.result()
    assert second.status_code == 200, second.text
    assert s.control(ids[1], "abort").json()["status"] == "aborted"


def test_a_look_of_a_clock_that_was_ahead_is_no_answer(s):
    add_engine(s, "tomorrow", command=["./tomorrow.sh"])
    s.monitor.send(signal.SIGHUP)
    s.restart("api", signal.SIGTERM)
    assert known(s, "tomorrow")["available"] is False
    with sqlite3.connect(s.state / "flopynet.db", timeout=20) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("UPDATE inquiry SET asked_at_ms = ?1, answered_at_ms = ?1 WHERE topic = 'engines'", (int((time.time() + 86400) * 1000),))
    script(s, "tomorrow.sh", RUNS)
    id = s.create("tomorrow")
    r = s.control(id, "start")
    assert r.status_code == 200, r.text
    s.control(id, "abort")


def test_what_an_engine_cannot_do_is_refused_before_it_is_asked(s):
    id = s.create("poor", start=True)
    s.wait_status(id, "running")
    assert s.experiment(id)["allowed_actions"] == ["stop"]
    for action in ("pause", "abort"):
        r = s.control(id, action)
        assert r.status_code == 409 and r.json()["error"]["message"] == f"The engine poor (Poor) cannot {action} a run"
        assert r.json()["error"]["details"] == {"status": "running", "allowed": "stop"}
    r = s.control(id, "start")
    assert r.status_code == 409 and r.json()["error"]["details"] == {"status": "running", "allowed": "stop"}
    assert s.experiment(id)["status"] == "running"
    assert s.control(id, "stop").json()["status"] == "stopped"


def test_what_an_engine_does_not_honour_is_said_at_creation(s):
    r = s.client.post("/experiments", json={"name": "a", "scenario": "poor", "configuration": {"rounds": 2, "temper": 0.1},
                                            "network_settings": {"latency": "5ms", "packet_loss": None}})
    assert r.json()["experiment"]["network_settings"]["not_applied"] == ["temper", "latency"]
    r = s.client.post("/experiments", json={"name": "a", "scenario": "poor"})
    assert r.json()["experiment"]["network_settings"]["not_applied"] == []
    r = s.client.post("/experiments", json={"name": "a", "scenario": "basic_fl", "network_settings": {"latency": "5ms"}})
    assert r.json()["experiment"]["network_settings"]["not_applied"] == []


def test_a_scenario_says_what_its_engine_does_not_honour(s):
    not_applied = {x["name"]: x["not_applied"] for x in s.client.get("/scenarios", params={"limit": 100}).json()["scenarios"]}
    assert not_applied["poor"] == ["temper", "bandwidth_limit", "latency", "packet_loss"] and not_applied["basic_fl"] == []
    assert "learning_rate" in not_applied["flopynet"] and "rounds" not in not_applied["flopynet"]


def test_an_engine_whose_service_is_away_is_not_reachable(s):
    e = known(s, "needy")
    assert e["needs"] == ["fl_server"] and e["available"] is True and e["reachable"] is False
    assert "fl_server" in e["reason"] and "integration.fl_server_url" in e["reason"]
    id = s.create("needy")
    r = s.control(id, "start")
    assert r.status_code == 503 and int(r.headers["retry-after"]) > 0 and "fl_server" in r.json()["error"]["message"]
    assert s.experiment(id)["status"] == "created"


def test_a_check_leaves_no_process_behind(s):
    s.restart("monitor", signal.SIGTERM)
    checks = s.wait_until(lambda: children(s.monitor.pid), 10, "the check that hangs")
    s.restart("monitor", signal.SIGTERM)
    assert not any(alive(pid) for pid in checks)
    s.wait_until(lambda: children(s.monitor.pid), 10, "the monitor to have begun")
