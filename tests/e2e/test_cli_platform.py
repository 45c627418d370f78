"""The command line for everything beside experiments: alerts, rules, silences, notifications, health, metrics, configuration, tokens, users, engines."""
import csv
import io
import json
import re
import signal
import time

import pytest
from harness import Flopynet, wait_until

ABSENT = {"kind": "tcp", "url": "tcp://127.0.0.1:9", "interval_ms": 500, "timeout_ms": 200, "failure_threshold": 1}
RULE = {"name": "absent is absent", "metric": "unhealthy", "comparison": "==", "threshold": 1, "severity": "critical", "service": "absent"}


@pytest.fixture
def flopynet(shared_stack, tmp_path):
    return Flopynet(tmp_path, shared_stack.url, shared_stack.token)


def data(flopynet, *args, **more):
    return json.loads(flopynet(*args, "--json", **more))


def test_alerts_from_a_rule_to_their_end(flopynet, tmp_path):
    flopynet("config", "set", "services.absent=" + json.dumps(ABSENT))
    (tmp_path / "rule.json").write_text(json.dumps(RULE))
    assert "would have fired" in flopynet("rules", "try", tmp_path / "rule.json")
    before = {r["id"] for r in data(flopynet, "rules", "list")}
    id = flopynet("rules", "create", tmp_path / "rule.json").strip()
    assert re.fullmatch(r"rule_\d+", id) and {r["id"] for r in data(flopynet, "rules", "list")} == before | {id}
    assert "unhealthy == 1" in flopynet("rules", "list") and data(flopynet, "rules", "show", id)["name"] == RULE["name"] and "threshold" in flopynet("rules", "show", id)
    alert = wait_until(lambda: [a for a in data(flopynet, "alerts", "list", "--open", "--service", "absent", "--severity", "critical") if a["rule_id"] == id], 60)[0]
    assert alert["id"] in flopynet("alerts")
    assert flopynet("alerts", "ack", alert["id"], "-m", "Looking at it") == f"{alert['id']} acknowledged\n"
    shown = flopynet("alerts", "show", alert["id"])
    assert "Looking at it" in shown and "opened" in shown
    assert data(flopynet, "alerts", "acknowledge", alert["id"])["comment"] == "Looking at it"  # the first comment stands
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    silence = flopynet("silences", "create", "--service", "absent", "--until", until, "--reason", "It is meant to be").strip()
    assert [s["id"] for s in data(flopynet, "silences", "list", "--active")] == [silence] and "It is meant to be" in flopynet("silences", "list")
    flopynet("silences", "delete", silence)
    assert data(flopynet, "silences", "list", "--active") == []
    assert flopynet("alerts", "resolve", alert["id"]) == f"{alert['id']} resolved\n"
    assert "resolved" in flopynet("alerts", "ack", alert["id"], status=None).stderr
    flopynet("rules", "replace", id, "-", input=json.dumps({**RULE, "enabled": False}))
    assert data(flopynet, "rules", "show", id)["enabled"] is False
    built_in = next(iter(before))
    assert flopynet("rules", "delete", built_in, status=None).returncode == 6
    flopynet("rules", "delete", id)
    assert flopynet("rules", "show", id, status=None).returncode == 5
    flopynet("config", "set", "services.absent=null")


def test_notifications(flopynet):
    none = flopynet("notifications", "test", status=None)
    assert none.returncode == 6 and "flopynet:" in none.stderr
    flopynet("config", "set", "notifications.webhook_url=http://127.0.0.1:9/hook")
    assert flopynet("notifications", "test", "webhook").startswith("webhook to http://127.0.0.1:9: ")
    assert data(flopynet, "notifications", "list")[0]["test"] is True and "webhook" in flopynet("notifications", "list")
    flopynet("config", "set", "notifications.webhook_url=null")


def test_health(flopynet, shared_stack, tmp_path):
    nobody = Flopynet(tmp_path, shared_stack.url)
    assert "version 1." in nobody("health") and {"store", "monitor", "stream"} <= {line.split()[0] for line in nobody("health").splitlines()}
    health = data(nobody, "health")
    assert nobody("health", "--check", status=None).returncode == (0 if health["status"] == "healthy" else 9)
    assert nobody("health", "--dependencies", status=None).returncode == 4
    assert set(data(flopynet, "health", "--dependencies")) >= {"redis", "influxdb", "mongodb"}
    flopynet("config", "set", "services.gone=" + json.dumps(ABSENT))
    wait_until(lambda: data(flopynet, "health", "--history", "gone"), 30)
    assert "unhealthy" in flopynet("health", "--history", "gone")
    wait_until(lambda: flopynet("health", "--check", status=None).returncode == 9, 30)
    flopynet("config", "set", "services.gone=null")


def test_metrics(flopynet):
    wait_until(lambda: data(flopynet, "metrics", "live", "dashboard")["services"]["dashboard"].get("store_bytes"), 30)
    assert set(data(flopynet, "metrics", "live", "dashboard")["services"]) == {"dashboard"} and "store_bytes" in flopynet("metrics", "live", "dashboard")
    wait_until(lambda: data(flopynet, "metrics", "history", "dashboard", "store_bytes", "--step", "1")["points"], 30)
    rows = list(csv.DictReader(io.StringIO(flopynet("metrics", "history", "dashboard", "store_bytes", "--csv"))))
    assert rows and flopynet("metrics", "history", "dashboard", "store_bytes").splitlines()[0].split()[:2] == ["TIME", "VALUE"]
    assert "# TYPE" in flopynet("metrics", "prometheus")
    wrong = flopynet("metrics", "history", "dashboard", "store_bytes", "--from", "yesterday", status=None)
    assert wrong.returncode == 3 and "from:" in wrong.stderr


def test_configuration(flopynet, shared_stack, tmp_path):
    assert flopynet("config", "get", "dashboard.refresh_interval") == "5000\n" and json.loads(flopynet("config", "get")) == shared_stack.client.get("/config").json()
    tried = flopynet("config", "set", "dashboard.refresh_interval=3000", "--dry-run", status=None)
    assert tried.stdout == "dashboard.refresh_interval: 5000 -> 3000\n" and "only tried" in tried.stderr
    version = int(shared_stack.client.get("/config").headers["ETag"].strip('"').split("-")[1])
    assert flopynet("config", "set", "dashboard.refresh_interval=3000", "dashboard.max_experiments=15", "--if-match", f'"config-{version}"').count("\n") == 2
    late = flopynet("config", "set", "dashboard.refresh_interval=4000", "--if-match", f'"config-{version}"', status=None)
    assert late.returncode == 6 and f'etag: "config-{version + 1}"' in late.stderr
    (tmp_path / "c.json").write_text('{"dashboard": {"refresh_interval": 2500}}')
    assert "3000 -> 2500" in flopynet("config", "set", "-f", tmp_path / "c.json")
    wrong = flopynet("config", "set", "dashboard.refresh_interval=-1", "dashboard.unknown=1", status=None)
    assert wrong.returncode == 3 and "dashboard.refresh_interval: " in wrong.stderr and "dashboard.unknown: " in wrong.stderr
    assert flopynet("config", "get", "dashboard.unknown", status=None).returncode == 5
    assert data(flopynet, "config", "history", "-n", "1")[0]["changes"][0]["to"] == 2500 and "refresh_interval" in flopynet("config", "history")
    assert "2500 -> 3000" in flopynet("config", "revert", version + 1)
    assert "dashboard.max_experiments" in flopynet("config", "settings") and data(flopynet, "config", "settings")
    flopynet("config", "revert", 0)


def test_tokens_and_users(flopynet, shared_stack, tmp_path):
    key = flopynet("tokens", "create", "nightly", "--role", "viewer", "--days", "3").strip()
    other = Flopynet(tmp_path, shared_stack.url, key)
    assert "nightly" in other("whoami")
    refused = other("create", "--scenario", "shell", status=None)
    assert refused.returncode == 4 and "operator" in refused.stderr and "whoami" in refused.stderr
    token = next(t for t in data(flopynet, "tokens", "list", "--status", "active", "--kind", "api") if t["name"] == "nightly")
    assert token["jti"] in flopynet("tokens", "list") and key not in flopynet("tokens", "list")
    flopynet("tokens", "revoke", token["jti"])
    gone = other("whoami", status=None)
    assert gone.returncode == 4 and "flopynet login" in gone.stderr
    flopynet("users", "create", "alice", "--role", "viewer", input="a long pass phrase\n")
    assert [u["name"] for u in data(flopynet, "users", "list")] == ["alice"]
    home = Flopynet(tmp_path, shared_stack.url)
    assert "alice" in home("login", "--username", "alice", input="a long pass phrase\n") and "viewer" in home("whoami")
    assert home("login", "--username", "alice", input="a wrong pass phrase\n", status=None).returncode == 4
    assert "viewer" in home("whoami")  # what was kept stays
    flopynet("users", "edit", "alice", "--role", "operator", "--password", input="another long phrase\n")
    assert home("whoami", status=None).returncode == 4  # it ends the sessions
    flopynet("users", "edit", "alice", "--disable")
    assert data(flopynet, "users", "list")[0]["disabled"] is True and "yes" in flopynet("users", "list")
    flopynet("users", "delete", "alice")
    assert data(flopynet, "users", "list") == []


def test_scenarios_engines_and_events(flopynet, shared_stack):
    assert {"basic_fl", "shell"} <= {s["name"] for s in data(flopynet, "scenarios")} and "basic_fl" in flopynet("scenarios")
    assert "learning_rate" in flopynet("scenarios", "basic_fl") and data(flopynet, "scenarios", "basic_fl")["engine"] == "embedded"
    assert flopynet("scenarios", "none_such", status=None).returncode == 5 and flopynet("engines", "none_such", status=None).returncode == 5
    assert "embedded" in flopynet("engines") and "rounds" in flopynet("engines", "embedded") and data(flopynet, "engines", "embedded")["capabilities"]["pause"] is True
    id = shared_stack.create(start=True, configuration={"rounds": 2, "pace_ms": 5})
    flopynet("wait", id)
    events = [json.loads(line) for line in flopynet("events", "--topics", "experiments", "--experiment", id, "--since", "0", "-n", "4").splitlines()]
    assert len(events) == 4 and all(e["data"]["experiment_id"] == id for e in events) and [e["id"] for e in events] == sorted(e["id"] for e in events)
    wrong = flopynet("events", "--topics", "nonsense", status=None)
    assert wrong.returncode == 3 and "topics" in wrong.stderr


def test_an_engine_reports(flopynet, shared_stack, tmp_path):
    member = {"type": "integer", "min": 1, "max": 100, "default": 2, "description": "Rounds"}
    engine = {"name": "far", "title": "Far", "description": "For a test", "remote": True, "members": {"rounds": member}}
    (shared_stack.root / "engines/far.json").write_text(json.dumps(engine))
    (shared_stack.root / "scenarios/far.json").write_text(json.dumps({"name": "far", "title": "Far", "description": "For a test", "engine": "far"}))
    shared_stack.restart("monitor", signal.SIGTERM)
    shared_stack.restart("api", signal.SIGTERM)
    id = flopynet("create", "--scenario", "far", "--set", "rounds=2").strip()
    there = Flopynet(tmp_path, shared_stack.url, flopynet("tokens", "create", "lab", "--experiment", id).strip())
    starting = flopynet.start("start", id)
    events = [{"type": "state", "state": "running"}]
    for number in (1, 2):
        events += [{"type": "round_started", "round": number}, {"type": "round_completed", "round": number, "accuracy": number / 4, "loss": 1}]
    events.append({"type": "state", "state": "completed"})
    lines = "".join(json.dumps({"seq": i + 1, "time": int(time.time() * 1000), **e}) + "\n" for i, e in enumerate(events))
    wait_until(lambda: shared_stack.experiment(id)["waiting_for"], 30)
    said = there("report", id, "-", input="".join(lines.splitlines(True)[:3]))
    assert "running" in said and "accepted  3" in said
    assert starting.wait(30) == 0
    starting.communicate()
    (tmp_path / "events.jsonl").write_text(lines)
    again = there("report", id, tmp_path / "events.jsonl", status=None)
    assert again.returncode == 0 and "3 were known already" in again.stderr
    assert flopynet("wait", id) == f"{id} completed\n" and shared_stack.experiment(id)["rounds_completed"] == 2
    assert there("list", status=None).returncode == 4
    assert "stopping" in there("report", id, "-", input='{"seq": 99, "time": 1, "type": "heartbeat"}\n')  # one that has not noticed is told
