"""Alerts: raised once, acknowledged, resolved, surviving kills; rules and silences."""
import calendar
import concurrent.futures
import http.server
import signal
import sqlite3
import threading
import time

import pytest

from harness.process import free_port
from test_runs import SAY, add_engine


class Service:
    """An HTTP service on a port of its own that can be stopped and started, and answers as told."""

    def __init__(self, body=b'{"status":"ok"}', status=200):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.body, self.status = body, status
        self.asked = 0
        self._server = None

    def start(self):
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.asked += 1
                self.send_response(owner.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(owner.body)))
                self.end_headers()
                self.wfile.write(owner.body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@pytest.fixture
def service():
    s = Service().start()
    yield s
    s.stop()


def watch(stack, service, name="gpu", **more):
    """Have the service probed twice a second; a single failure counts."""
    settings = {"kind": "http", "url": service.url, "interval_ms": 500, "timeout_ms": 400, "failure_threshold": 1, "success_threshold": 1, **more}
    r = stack.client.put("/config", json={"services": {name: settings}})
    assert r.status_code == 200, r.text


def alerts(stack, **query):
    r = stack.client.get("/alerts", params={"limit": 100, **query})
    assert r.status_code == 200, r.text
    return r.json()["alerts"]


def wait_alert(stack, timeout=20, **query):
    found = stack.wait_until(lambda: alerts(stack, **query), timeout, f"an alert {query}")
    assert len(found) == 1, found
    return found[0]


def wait_healthy(stack, name="gpu"):
    stack.wait_until(lambda: stack.rows("SELECT 1 FROM service WHERE name = ? AND state = 'healthy'", name), 15, f"{name} to be healthy")


def test_one_alert_an_outage(stack, service):
    """One alert, acknowledged, restarted: one resolved alert with the acknowledgement in its history."""
    watch(stack, service)
    wait_healthy(stack)
    assert alerts(stack) == []
    service.stop()
    a = wait_alert(stack, status="active")
    assert a["severity"] == "critical" and a["service"] == "gpu" and a["title"] == "gpu is unhealthy" and a["experiment_id"] is None
    assert "refused" in a["description"]
    r = stack.client.post(f"/alerts/{a['id']}/acknowledge", json={"comment": "Looking"})
    assert r.status_code == 200, r.text
    assert r.json()["alert"]["status"] == "acknowledged" and r.json()["alert"]["comment"] == "Looking"
    service.start()
    stack.wait_until(lambda: alerts(stack, status="resolved"), 30, "the alert to resolve")
    assert len(alerts(stack)) == 1
    detail = stack.client.get(f"/alerts/{a['id']}").json()["alert"]
    assert [h["event"] for h in detail["history"]] == ["opened", "acknowledged", "resolved"]
    assert detail["history"][1]["details"] == "Looking" and detail["history"][1]["actor"] == "test"
    assert detail["resolved_by"] is None and detail["resolution"]


def test_shape_of_the_reference(stack, service):
    watch(stack, service, name="fl_server_2")
    wait_healthy(stack, "fl_server_2")
    service.stop()
    a = wait_alert(stack, status="active")
    example = {"id": str, "severity": str, "status": str, "title": str, "description": str, "created_at": str}
    for member, kind in example.items():
        assert isinstance(a[member], kind), (member, a[member])
    assert a["id"] == "alert_001" and a["service"] == "fl_server_2"
    assert isinstance(a["threshold"], (int, float)) and isinstance(a["current_value"], (int, float))
    assert a["created_at"].endswith("Z")


@pytest.mark.parametrize("query, field", [
    ({"severity": "high"}, "severity"), ({"severity": ""}, "severity"), ({"status": "ACTIVE"}, "status"), ({"status": "active,resolved"}, "status"),
    ({"from": "2024-02-30"}, "from"), ({"to": "yesterday"}, "to"), ({"from": "2024-02-01", "to": "2024-01-01"}, "to"), ({"from": "", "to": ""}, "from"),
    ({"open": "1"}, "open"), ({"service": "a-b"}, "service"), ({"experiment_id": "7"}, "experiment_id"), ({"rule_id": "alert_001"}, "rule_id"),
    ({"limit": "0"}, "limit"), ({"sort": "title:asc"}, "sort"), ({"sort": "created_at:decs"}, "sort"), ({"staus": "active"}, "staus"),
])
def test_wrong_queries(shared_stack, query, field):
    """Times that are none, a span that is reversed, names and words that do not exist."""
    r = shared_stack.client.get("/alerts", params=query)
    assert r.status_code == 400, r.text
    assert r.json()["error"]["code"] == "VALIDATION_ERROR" and field in r.json()["error"]["details"]


def test_filters_and_boundaries(stack, service):
    """Both ends of a span belong to it, and total counts what the filters let through."""
    watch(stack, service)
    wait_healthy(stack)
    service.stop()
    a = wait_alert(stack)
    get = lambda **q: stack.client.get("/alerts", params=q).json()["total"]  # noqa: E731
    assert get(severity="critical", status="active", service="gpu", open="true", rule_id=a["rule_id"]) == 1
    assert get(severity="warning") == get(status="resolved") == get(service="redis") == get(open="false") == get(experiment_id="exp_001") == 0
    assert get(**{"from": a["created_at"], "to": a["created_at"]}) == 1
    assert get(**{"from": a["created_at"]}) == get(to=a["created_at"]) == 1
    assert get(to="2024-01-01") == 0
    past = stack.client.get("/alerts", params={"offset": 9223372036854775807}).json()
    assert past["alerts"] == [] and past["total"] == 1


def test_acknowledge(stack, service):
    """Bodies, twice, many people at once, resolved, unknown."""
    watch(stack, service)
    wait_healthy(stack)
    service.stop()
    a = wait_alert(stack)
    url = f"/alerts/{a['id']}/acknowledge"
    assert stack.client.post(url, json={"coment": "x"}).status_code == 400
    assert stack.client.post(url, json={"comment": 5}).status_code == 400
    assert stack.client.post(url, json={"comment": "x" * 501}).status_code == 400
    assert stack.client.post(url, json=[]).status_code == 400
    assert stack.connect(stack.make_token("eye", "viewer")).post(url).status_code == 403
    assert alerts(stack)[0]["status"] == "active"

    def acknowledge(n):
        return stack.connect().post(url, json={"comment": f"mine {n}"})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(acknowledge, range(8)))
    assert [r.status_code for r in answers] == [200] * 8
    comments = {r.json()["alert"]["comment"] for r in answers}
    assert len(comments) == 1, comments
    history = stack.client.get(f"/alerts/{a['id']}").json()["alert"]["history"]
    assert [h["event"] for h in history] == ["opened", "acknowledged"]
    for body in (None, {}, {"comment": ""}):
        r = stack.client.post(url, json=body) if body is not None else stack.client.post(url)
        assert r.status_code == 200 and r.json()["alert"]["comment"] in comments

    assert stack.client.post(f"/alerts/{a['id']}/resolve").status_code == 200
    r = stack.client.post(url)
    assert r.status_code == 409 and r.json()["error"]["code"] == "CONFLICT"
    assert stack.client.post(f"/alerts/{a['id']}/resolve").status_code == 200
    for wrong in ("alert_999", "alert_1", "ALERT_001", "exp_001", "alert_001%2F..", "alert_0001"):
        assert stack.client.post(f"/alerts/{wrong}/acknowledge").status_code == 404, wrong
        assert stack.client.get(f"/alerts/{wrong}").status_code == 404, wrong


def test_resolved_by_hand_opens_again(stack, service):
    watch(stack, service)
    wait_healthy(stack)
    service.stop()
    a = wait_alert(stack)
    r = stack.client.post(f"/alerts/{a['id']}/resolve", json={"comment": "It is fine"})
    assert r.json()["alert"]["resolved_by"] == "test" and r.json()["alert"]["resolution"] == "It is fine"
    again = wait_alert(stack, status="active")
    assert again["id"] == "alert_002"


def test_acknowledged_stays_so(stack, service):
    """The condition goes on and its value changes: no new alert, still acknowledged; a rise in severity opens it for notice."""
    service.body = b'{"queue_size": 5}'
    watch(stack, service, kind="json", json_path="queue_size", json_value=5)
    r = stack.client.post("/alert-rules", json={"name": "slow", "title": "Slow answers", "metric": "response_time_ms", "comparison": ">=", "threshold": 0, "service": "gpu"})
    assert r.status_code == 201 and r.headers["location"].endswith(r.json()["rule"]["id"]), r.text
    rule = r.json()["rule"]
    a = wait_alert(stack, rule_id=rule["id"])
    assert a["severity"] == "warning" and a["title"] == "Slow answers"
    stack.client.post(f"/alerts/{a['id']}/acknowledge", json={"comment": "known"})
    asked = service.asked
    stack.wait_until(lambda: service.asked >= asked + 10, 20, "ten more polls")
    stack.wait_until(lambda: alerts(stack)[0]["current_value"] != a["current_value"], 15, "a new value")
    assert [(x["id"], x["status"], x["comment"]) for x in alerts(stack)] == [(a["id"], "acknowledged", "known")]

    new = {k: rule[k] for k in ("name", "title", "metric", "comparison", "threshold", "service")} | {"severity": "critical"}
    assert stack.client.put(f"/alert-rules/{rule['id']}", json=new).status_code == 200
    up = wait_alert(stack, rule_id=rule["id"], severity="critical", status="active")
    assert up["id"] == a["id"] and up["acknowledged_by"] is None
    events = [h["event"] for h in stack.client.get(f"/alerts/{a['id']}").json()["alert"]["history"]]
    assert events == ["opened", "acknowledged", "escalated"]

    assert stack.client.put(f"/alert-rules/{rule['id']}", json=new | {"enabled": False}).status_code == 200
    gone = wait_alert(stack, rule_id=rule["id"], status="resolved")
    assert gone["resolution"] == "The rule was switched off"


def test_flapping(stack, service):
    """Up and down for twenty polls: at most one alert is open, and few events tell of it."""
    watch(stack, service)
    wait_healthy(stack)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        service.status = 500 if service.asked % 2 else 200
        assert len(alerts(stack, open="true")) <= 1
        time.sleep(0.1)
    assert len(alerts(stack)) <= 2
    told = stack.rows("SELECT count(*) AS n FROM event WHERE topic = 'alerts'")[0]["n"]
    assert told <= 4, told


def test_survives_kills(stack, service):
    """One active and one acknowledged alert, kill -9 of everything; and a condition that began while the monitor was away is raised once."""
    second, third = Service().start(), Service().start()
    try:
        for name, one in (("one", service), ("two", second), ("three", third)):
            watch(stack, one, name)
            wait_healthy(stack, name)
        service.stop()
        second.stop()
        stack.wait_until(lambda: len(alerts(stack, status="active")) == 2, 20, "two alerts")
        two = alerts(stack, service="two")[0]["id"]
        stack.client.post(f"/alerts/{two}/acknowledge", json={"comment": "known"})
        before = {a["service"]: (a["id"], a["status"], a["created_at"]) for a in alerts(stack)}
        stack.monitor.kill()
        third.stop()
        for _ in range(3):
            stack.restart("monitor")
            stack.restart("api")
            time.sleep(1.5)
        stack.wait_until(lambda: alerts(stack, service="three"), 20, "the alert of what began meanwhile")
        time.sleep(3)
        after = {a["service"]: (a["id"], a["status"], a["created_at"]) for a in alerts(stack)}
        assert len(alerts(stack)) == 3 and after["one"] == before["one"] and after["two"] == before["two"]
    finally:
        second.stop()
        third.stop()


def test_removed_service(stack, service):
    watch(stack, service)
    wait_healthy(stack)
    service.stop()
    wait_alert(stack)
    assert stack.client.put("/config", json={"services": {"gpu": None}}).status_code == 200
    a = wait_alert(stack, status="resolved")
    assert a["resolution"] == "The service was removed from the configuration"


def test_nobody_chose_it(stack):
    """A fresh installation, where nothing listens at the usual addresses, raises no alert."""
    stack.wait_until(lambda: stack.rows("SELECT 1 FROM service WHERE name = 'redis' AND (last_check_ms > 0 OR failures > 0)"), 20, "a first check")
    time.sleep(3)
    assert [a for a in alerts(stack) if a["service"] not in ("redis", "influxdb", "mongodb")] == []


RULE = {"name": "x", "metric": "response_time_ms", "comparison": ">", "threshold": 10}


@pytest.mark.parametrize("change, field", [
    ({"name": ""}, "name"), ({"name": "a\nb"}, "name"), ({"name": None}, "name"), ({"metric": "Bad-Name"}, "metric"), ({"comparison": "=>"}, "comparison"),
    ({"threshold": "80"}, "threshold"), ({"threshold": None}, "threshold"), ({"clear_threshold": 20}, "clear_threshold"), ({"critical_threshold": 5}, "critical_threshold"),
    ({"for_s": -1}, "for_s"), ({"for_s": 86401}, "for_s"), ({"clear_s": 1.5}, "clear_s"), ({"severity": "high"}, "severity"), ({"scope": "all"}, "scope"),
    ({"scope": "experiment"}, "metric"), ({"experiment_id": "exp_001"}, "experiment_id"), ({"service": 5}, "service"), ({"enabled": 1}, "enabled"), ({"colour": 1}, "colour"),
    ({"scope": "platform", "metric": "accuracy"}, "metric"),
])
def test_wrong_rules(shared_stack, change, field):
    r = shared_stack.client.post("/alert-rules", json=RULE | change)
    assert r.status_code == 400 and field in r.json()["error"]["details"], r.text


def test_rules(stack):
    r = stack.client.get("/alert-rules", params={"limit": 100}).json()
    assert r["total"] == 11 and all(x["built_in"] for x in r["rules"])
    r = stack.client.post("/alert-rules", json=RULE)
    assert r.status_code == 201, r.text
    rule = r.json()["rule"]
    assert rule["title"] == "x" and rule["for_s"] == 0 and rule["clear_s"] == 30 and rule["severity"] == "warning" and rule["created_by"] == "test"
    assert stack.client.post("/alert-rules", json=RULE).status_code == 409
    assert stack.client.put(f"/alert-rules/{rule['id']}", json=RULE | {"threshold": 20}).json()["rule"]["threshold"] == 20
    assert stack.client.put(f"/alert-rules/{rule['id']}", json=RULE | {"name": "memory_high"}).status_code == 409
    assert stack.client.put("/alert-rules/rule_999", json=RULE).status_code == 404
    assert stack.client.put("/alert-rules/rule_999?dry_run=true", json=RULE).status_code == 404
    assert stack.client.delete("/alert-rules/rule_001").status_code == 409
    assert stack.client.delete(f"/alert-rules/{rule['id']}").status_code == 204
    assert stack.client.delete(f"/alert-rules/{rule['id']}").status_code == 404
    assert stack.connect(stack.make_token("eye", "viewer")).post("/alert-rules", json=RULE).status_code == 403
    # A rule that came with the system may be changed.
    body = {"name": "service_unhealthy", "metric": "unhealthy", "comparison": "==", "threshold": 1, "enabled": False}
    r = stack.client.put("/alert-rules/rule_001", json=body).json()["rule"]
    assert r["built_in"] and not r["enabled"]


def test_dry_run(stack, service):
    """How often would it have fired: as often as it then did."""
    service.body = b'{"queue_size": 3}'
    watch(stack, service, kind="http")
    wait_healthy(stack)
    for _ in range(2):
        service.stop()
        stack.wait_until(lambda: stack.rows("SELECT 1 FROM service WHERE name = 'gpu' AND state = 'unhealthy'"), 15, "it to be unhealthy")
        service.start()
        wait_healthy(stack)
    body = {"name": "try", "metric": "unhealthy", "comparison": "==", "threshold": 1, "clear_s": 0, "service": "gpu"}
    r = stack.client.post("/alert-rules?dry_run=true", json=body)
    assert r.status_code == 200, r.text
    tried = r.json()
    assert tried["dry_run"] and tried["would_have_fired"] == 2 and tried["samples"] > 0
    assert [(e["service"], e["experiment_id"], e["peak_value"]) for e in tried["episodes"]] == [("gpu", None, 1)] * 2
    assert all(e["started_at"] and e["ended_at"] for e in tried["episodes"])
    assert stack.client.post("/alert-rules?dry_run=true", json=body | {"for_s": 3600}).json()["would_have_fired"] == 0
    slow = body | {"metric": "response_time_ms", "comparison": ">=", "threshold": 0}
    tried = stack.client.post("/alert-rules?dry_run=true", json=slow).json()
    assert tried["would_have_fired"] >= 1 and tried["samples"] >= 2
    assert stack.client.get("/alert-rules").json()["total"] == 11


def test_rules_of_runs(stack):
    """A rule on accuracy judges a run while it goes, and its trial finds the same in the stored rounds."""
    body = {"name": "any accuracy", "scope": "experiment", "metric": "accuracy", "comparison": ">=", "threshold": 0, "severity": "info"}
    rule = stack.client.post("/alert-rules", json=body).json()["rule"]
    id = stack.create(start=True)
    a = wait_alert(stack, timeout=40, rule_id=rule["id"])
    assert a["experiment_id"] == id and a["service"] is None and a["severity"] == "info" and id in a["description"]
    stack.wait_status(id, "completed")
    tried = stack.client.post("/alert-rules?dry_run=true", json=body | {"name": "again"}).json()
    assert tried["would_have_fired"] == 1 and tried["episodes"][0]["experiment_id"] == id
    # Deleted: its alert is over.
    assert stack.client.delete(f"/experiments/{id}").status_code == 204
    gone = wait_alert(stack, rule_id=rule["id"], status="resolved")
    assert gone["resolution"] == "The experiment was deleted"


@pytest.mark.parametrize("change, field", [
    ({"until": "2020-01-01"}, "until"), ({"until": "soon"}, "until"), ({"until": "2999-01-01"}, "until"), ({"reason": ""}, "reason"), ({"reason": None}, "reason"),
    ({"service": None}, "body"), ({"service": "A B"}, "service"), ({"rule_id": "memory"}, "rule_id"), ({"experiment_id": 7}, "experiment_id"), ({"from": "x"}, "from"),
])
def test_wrong_silences(shared_stack, change, field):
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    r = shared_stack.client.post("/silences", json={"service": "gpu", "until": until, "reason": "upgrade"} | change)
    assert r.status_code == 400 and field in r.json()["error"]["details"], r.text


def test_silences(stack, service):
    watch(stack, service)
    wait_healthy(stack)
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    r = stack.client.post("/silences", json={"service": "gpu", "until": until, "reason": "upgrade"})
    assert r.status_code == 201, r.text
    silence = r.json()["silence"]
    assert silence["active"] and silence["until"] == until and silence["created_by"] == "test" and silence["rule_id"] is None
    service.stop()
    assert wait_alert(stack)["silenced"] is True
    assert stack.client.get("/silences", params={"active": "true"}).json()["total"] == 1
    assert stack.client.delete(f"/silences/{silence['id']}").status_code == 204
    assert stack.client.delete(f"/silences/{silence['id']}").status_code == 204
    assert stack.client.delete("/silences/silence_999").status_code == 404
    assert alerts(stack)[0]["silenced"] is False
    assert stack.client.get("/silences", params={"active": "true"}).json()["total"] == 0
    assert stack.client.get("/silences", params={"active": "false"}).json()["silences"][0]["reason"] == "upgrade"


def test_shipped_rules_of_runs(stack):
    """A loss that is not a number, accuracy that has stopped rising, a slow round, a client that falls silent, too few clients, and a run that fails."""
    path = stack.root / "engines" / "sick.sh"
    path.write_text(SAY + """
ok() { say "\\"type\\":\\"round_started\\",\\"round\\":$1"; say "\\"type\\":\\"round_completed\\",\\"round\\":$1,\\"accuracy\\":0.5,\\"loss\\":$2,\\"duration_ms\\":$3,\\"clients\\":$4,\\"failed_clients\\":$5"; }
state running
for n in 1 2 3 4 5 6 7 8 9 10 11; do ok $n 0.5 100 2 0; done
ok 12 null 900 0 2
say '"type":"round_started","round":13,"clients":["client_007"]'
say '"type":"client_update","client":"client_007","round":13,"status":"training"'
sleep 6; say '"type":"heartbeat"'; sleep 3
echo 'no memory for the model' >&2; exit 3
""")
    path.chmod(0o700)
    add_engine(stack, "sick", command=["./sick.sh"])
    stack.restart("monitor", signal.SIGTERM)
    stack.restart("api", signal.SIGTERM)
    silent = {"name": "client_silent", "title": "Silent client", "scope": "experiment", "metric": "client_silent_s", "comparison": ">", "threshold": 3}
    rules = {r["name"]: r for r in stack.client.get("/alert-rules", params={"limit": 100}).json()["rules"]}
    assert stack.client.put(f"/alert-rules/{rules['client_silent']['id']}", json=silent).status_code == 200
    id = stack.create(scenario="sick", configuration={"rounds": 14}, start=True)

    def raised():
        return {a["title"]: a for a in alerts(stack, experiment_id=id)}
    want = {"Loss is not a number", "Accuracy has stopped rising", "Slow round", "Silent client", "Too few clients take part", "Experiment failed"}
    stack.wait_until(lambda: "Experiment failed" in raised(), 40, "the failure")
    got = raised()
    assert set(got) == want
    assert got["Loss is not a number"]["severity"] == "critical" and got["Accuracy has stopped rising"]["severity"] == "info"
    assert "client_007" in got["Silent client"]["description"] and "round 12" in got["Slow round"]["description"]
    assert "no memory for the model" in got["Experiment failed"]["description"]
    # A failure is told once: resolved by hand it stays resolved, also over a restart.
    stack.client.post(f"/alerts/{got['Experiment failed']['id']}/resolve")
    stack.restart("monitor")
    time.sleep(3)
    assert sum(a["title"] == "Experiment failed" for a in alerts(stack, experiment_id=id)) == 1
    # What was about the run while it went is still there, once each.
    assert len(alerts(stack, experiment_id=id)) == 6


def test_a_locked_store_is_no_outage(stack, service):
    """While somebody holds the store's lock, changes are 503 and change nothing, reads go on, and no service is blamed."""
    watch(stack, service)
    wait_healthy(stack)
    with sqlite3.connect(stack.state / "flopynet.db", isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        r = stack.client.put("/config", json={"dashboard": {"max_experiments": 3}})
        assert r.status_code == 503 and r.json()["error"]["retry_after"] >= 1 and int(r.headers["retry-after"]) >= 1
        assert stack.client.get("/config").json()["dashboard"]["max_experiments"] == 10
        assert stack.client.get("/alerts").status_code == 200
        asked = service.asked
        time.sleep(max(0, 12 - (time.monotonic() - begun)))
        assert service.asked > asked
        assert stack.client.get("/health").json()["services"]["gpu"]["status"] == "healthy"
        db.execute("ROLLBACK")
    # What was learned meanwhile is kept, and the watch goes on.
    samples = "SELECT count(*) AS n FROM sample WHERE service_id = (SELECT id FROM service WHERE name = 'gpu') AND at_ms > ?"
    stack.wait_until(lambda: stack.rows(samples, int(time.time() * 1000) - 12000)[0]["n"] > 10, 20, "the samples of that time")
    time.sleep(4)
    assert [a for a in alerts(stack) if a["service"]] == []
    assert stack.client.put("/config", json={"dashboard": {"max_experiments": 3}}).status_code == 200


def test_zone_of_the_server(stack_with):
    """Wherever the server thinks it is, times are UTC."""
    stack = stack_with(env={"TZ": "Asia/Kathmandu"})
    service = Service().start()
    watch(stack, service)
    wait_healthy(stack)
    service.stop()
    a = wait_alert(stack)
    made = calendar.timegm(time.strptime(a["created_at"][:19], "%Y-%m-%dT%H:%M:%S"))
    assert a["created_at"].endswith("Z") and abs(made - time.time()) < 30


def test_a_monitor_that_falls_behind(stack):
    """Held up again and again it says so of itself, in /health at once and by an alert; in step again the alert resolves."""
    rule = next(r for r in stack.client.get("/alert-rules", params={"limit": 100}).json()["rules"] if r["name"] == "monitor_behind")
    body = {k: rule[k] for k in ("name", "title", "scope", "metric", "comparison", "severity")}
    r = stack.client.put(f"/alert-rules/{rule['id']}", json=body | {"threshold": 1000, "clear_threshold": 500, "for_s": 3, "clear_s": 1})
    assert r.status_code == 200, r.text
    until, said = time.monotonic() + 60, set()
    while not alerts(stack, rule_id=rule["id"]) and time.monotonic() < until:
        stack.monitor.send(signal.SIGSTOP)
        time.sleep(1.8)
        said.add(stack.client.get("/health").json()["monitor"]["status"])
        stack.monitor.send(signal.SIGCONT)
        time.sleep(0.6)
    assert "degraded" in said
    a = wait_alert(stack, rule_id=rule["id"])
    assert a["title"] == "The monitor is behind" and a["service"] is None and a["experiment_id"] is None and a["current_value"] > 1000
    wait_alert(stack, timeout=40, rule_id=rule["id"], status="resolved")
    assert stack.client.get("/health").json()["monitor"]["status"] == "healthy"
