"""Configuration: shape, merging, all or nothing, who may, history, going back, and what it does to the running system."""
import concurrent.futures
import json
import time

import pytest

# GET /config of the API reference.
EXAMPLE = {
    "dashboard": {"refresh_interval": 5000, "max_experiments": 10, "retention_days": 30},
    "features": {"real_time_metrics": True, "experiment_scheduling": True, "alert_notifications": True},
    "integration": {"collector_url": "http://localhost:8081", "policy_engine_url": "http://localhost:5000", "fl_server_url": "http://localhost:8080"},
}


def config(stack):
    r = stack.client.get("/config")
    assert r.status_code == 200, r.text
    return r.json()


def put(stack, body, **more):
    return stack.client.put("/config", json=body, **more)


def details(r):
    assert r.status_code == 400, r.text
    assert r.json()["error"]["code"] == "VALIDATION_ERROR"
    return r.json()["error"]["details"]


def test_shape_of_the_reference(stack):
    got = config(stack)
    for section, members in EXAMPLE.items():
        for member, value in members.items():
            assert type(got[section][member]) is type(value), (section, member, got[section][member])
    assert got["dashboard"] | {} == EXAMPLE["dashboard"] | {"retention_size_mb": 2048}
    r = stack.client.get("/config")
    assert r.headers["etag"] == '"config-0"'
    assert stack.client.get("/config", headers={"If-None-Match": '"config-0"'}).status_code == 304


def test_partial(stack):
    """What is not given stays."""
    before = config(stack)
    r = put(stack, {"dashboard": {"refresh_interval": 3000, "max_experiments": 15}})
    assert r.status_code == 200, r.text
    want = json.loads(json.dumps(before))
    want["dashboard"] |= {"refresh_interval": 3000, "max_experiments": 15}
    assert config(stack) == want
    body = r.json()
    assert body["version"] == 1 and body["dry_run"] is False and r.headers["etag"] == '"config-1"'
    assert {(c["path"], c["from"], c["to"]) for c in body["changes"]} == {("dashboard.refresh_interval", 5000, 3000), ("dashboard.max_experiments", 10, 15)}
    # What is shown can be given back whole.
    assert put(stack, config(stack)).json()["changes"] == []


def test_refresh_interval(stack):
    """Three times the same, and what it may not be."""
    for _ in range(3):
        assert put(stack, {"dashboard": {"refresh_interval": 3000}}).json()["version"] == 1
    assert put(stack, {"dashboard": {"refresh_interval": 3000.0}}).json()["version"] == 1
    for wrong in (0, 1, 999, 3000.5, "3000", None, True, [], -3000, 9223372036854775807, 3600001):
        assert "dashboard.refresh_interval" in details(put(stack, {"dashboard": {"refresh_interval": wrong}})), wrong
    assert config(stack)["dashboard"]["refresh_interval"] == 3000


def test_all_or_nothing(stack):
    """One wrong member and nothing is kept; all wrong ones are told."""
    before = config(stack)
    body = {"dashboard": {"refresh_interval": 3000, "retention_days": -1, "colour": "red"}, "features": {"real_time_metrics": "yes"},
            "integration": {"collector_url": "http://x:1"}, "version": 7, "nope": {}}
    assert set(details(put(stack, body))) == {"dashboard.retention_days", "dashboard.colour", "features.real_time_metrics", "version", "nope"}
    assert config(stack) == before
    assert stack.client.get("/config/history").json()["total"] == 0


@pytest.mark.parametrize("body", ["[]", '"x"', "5", "null", "{}", "", "{", '{"dashboard":[]}', '{"dashboard":null}', '{"dashboard":{"max_experiments":1,"max_experiments":2}}'])
def test_no_object(shared_stack, body):
    """Bodies that are no object with something in it."""
    r = shared_stack.client.put("/config", content=body, headers={"Content-Type": "application/json"})
    assert r.status_code == 400, r.text


@pytest.mark.parametrize("url", [
    "file:///etc/passwd", "gopher://h/", "ftp://h/", "http://169.254.169.254/", "http://2852039166/", "http://0xa9fea9fe/", "http://[fe80::1]/", "http://[::ffff:169.254.1.1]/",
    "http://user:pw@h/", "http://h/\r\nX: y", "http://h /", "http://", "h", "", "http://h:99999/", "javascript:alert(1)", "http://h/#x", 5, {}, "http://" + "a" * 3000,
])
def test_addresses_that_are_refused(shared_stack, url):
    """Schemes, hosts and spellings through which a probe would be led astray."""
    assert "integration.collector_url" in details(put(shared_stack, {"integration": {"collector_url": url}}))
    assert "services.x.url" in details(put(shared_stack, {"services": {"x": {"kind": "http", "url": url}}}))
    assert "notifications.webhook_url" in details(put(shared_stack, {"notifications": {"webhook_url": url}}))


def test_who_may(stack):
    for role, status in (("viewer", 403), ("operator", 403)):
        client = stack.connect(stack.make_token(role, role))
        assert client.get("/config").status_code == 200
        assert client.get("/config/history").status_code == 200
        assert client.get("/config/settings").status_code == 200
        assert client.put("/config", json={"dashboard": {"max_experiments": 3}}).status_code == status
        assert client.post("/config/revert", json={"version": 0}).status_code == status
    assert stack.connect("").get("/config").status_code == 401
    r = stack.client.patch("/config", json={})
    assert r.status_code == 405 and "PUT" in r.headers["allow"]


def test_if_match(stack):
    """Two who read the same and both write: the second hears of it."""
    tag = stack.client.get("/config").headers["etag"]
    assert put(stack, {"dashboard": {"max_experiments": 3}}, headers={"If-Match": tag}).status_code == 200
    r = put(stack, {"dashboard": {"max_experiments": 4}}, headers={"If-Match": tag})
    assert r.status_code == 412 and r.json()["error"]["code"] == "PRECONDITION_FAILED"
    assert config(stack)["dashboard"]["max_experiments"] == 3
    assert put(stack, {"dashboard": {"max_experiments": 4}}, headers={"If-Match": 'W/"config-1"'}).status_code == 412
    assert put(stack, {"dashboard": {"max_experiments": 4}}, headers={"If-Match": '"x", "config-1"'}).status_code == 200
    assert put(stack, {"dashboard": {"max_experiments": 5}}, headers={"If-Match": "*"}).status_code == 200


def test_many_at_once(stack):
    """No change is lost, whoever writes at the same time."""
    def change(n):
        return stack.connect().put("/config", json={"services": {f"s{n}": {"kind": "tcp", "url": f"tcp://127.0.0.1:{n + 1}"}}}).status_code
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(change, range(24))) == {200}
    assert len(config(stack)["services"]) == 24
    history = stack.client.get("/config/history", params={"limit": 100, "sort": "version:asc"}).json()
    assert [h["version"] for h in history["history"]] == list(range(1, 25))


def test_dry_run(stack):
    before = config(stack)
    r = stack.client.put("/config?dry_run=true", json={"dashboard": {"max_experiments": 3}})
    assert r.status_code == 200 and r.json()["dashboard"]["max_experiments"] == 3 and r.json()["dry_run"] is True and r.json()["version"] == 0
    assert r.json()["changes"] == [{"path": "dashboard.max_experiments", "from": 10, "to": 3}]
    assert config(stack) == before and stack.client.get("/config/history").json()["total"] == 0
    assert "dry_run" in details(stack.client.put("/config?dry_run=1", json={"dashboard": {"max_experiments": 3}}))
    assert "dashboard.max_experiments" in details(stack.client.put("/config?dry_run=true", json={"dashboard": {"max_experiments": 0}}))


def test_history_and_back(stack):
    put(stack, {"dashboard": {"max_experiments": 3}})
    put(stack, {"dashboard": {"max_experiments": 4}, "services": {"gpu": {"kind": "tcp", "url": "tcp://127.0.0.1:9"}}})
    h = stack.client.get("/config/history").json()
    assert h["total"] == 2 and h["history"][0]["version"] == 2 and h["history"][0]["changed_by"] == "test" and h["history"][0]["changed_at"].endswith("Z")
    assert {"path": "services.gpu.url", "from": None, "to": "tcp://127.0.0.1:9"} in h["history"][0]["changes"]
    r = stack.client.post("/config/revert", json={"version": 1})
    assert r.status_code == 200 and r.json()["version"] == 3, r.text
    assert config(stack)["dashboard"]["max_experiments"] == 3 and config(stack)["services"] == {}
    assert stack.client.post("/config/revert", json={"version": 0}).json()["dashboard"]["max_experiments"] == 10
    assert stack.client.post("/config/revert", json={"version": 99}).status_code == 404
    for wrong in ({}, {"version": "1"}, {"version": -1}, {"version": 1, "x": 1}):
        assert stack.client.post("/config/revert", json=wrong).status_code == 400, wrong
    tag = {"If-Match": '"config-1"'}
    assert stack.client.post("/config/revert", json={"version": 1}, headers=tag).status_code == 412
    assert stack.client.get("/config/history", params={"sort": "author"}).status_code == 400


def test_secrets(stack):
    secret = "correct horse battery"
    r = put(stack, {"services": {"redis": {"password": secret}}, "notifications": {"webhook_url": "https://h.example/T0KEN", "webhook_secret": secret}})
    assert r.status_code == 200 and secret not in r.text and "T0KEN" not in r.text
    shown = config(stack)
    assert shown["services"]["redis"]["password"] == "********" and shown["notifications"]["webhook_url"] == "https://h.example/********"
    assert put(stack, shown).json()["changes"] == []
    stored = json.loads(stack.rows("SELECT document FROM config ORDER BY version DESC LIMIT 1")[0]["document"])
    assert stored["services"]["redis"]["password"] == secret and stored["notifications"]["webhook_url"] == "https://h.example/T0KEN"
    r = put(stack, {"notifications": {"webhook_secret": "another"}})
    assert r.json()["changes"] == [{"path": "notifications.webhook_secret", "from": "********", "to": "********"}]
    # Going back does not bring an old secret back.
    stack.client.post("/config/revert", json={"version": 1})
    stored = json.loads(stack.rows("SELECT document FROM config ORDER BY version DESC LIMIT 1")[0]["document"])
    assert stored["notifications"]["webhook_secret"] == "another"
    assert secret not in stack.client.get("/config/history").text
    assert all(secret not in log.read_text(errors="replace") for log in stack.logs.glob("*.log"))


def test_survives(stack):
    put(stack, {"dashboard": {"max_experiments": 3}})
    for name in ("monitor", "api"):
        stack.restart(name)
    assert config(stack)["dashboard"]["max_experiments"] == 3
    assert stack.client.get("/config").headers["etag"] == '"config-1"'


def test_is_told_and_in_force(stack):
    """A change is an event, and bounds runs at once."""
    put(stack, {"dashboard": {"max_experiments": 1}, "features": {"experiment_scheduling": False}})
    told = stack.rows("SELECT topic, type, data FROM event WHERE topic = 'metrics' AND data LIKE '%config%'")
    assert len(told) == 1 and told[0]["type"] == "metrics_update"
    data = json.loads(told[0]["data"])
    assert data["change"] == "config" and data["version"] == 1 and data["actor"] == "test"
    first = stack.create(start=True, configuration={"rounds": 100})
    second = stack.create()
    assert stack.control(second, "start").status_code == 409
    put(stack, {"dashboard": {"max_experiments": 2}})
    assert stack.control(second, "start").status_code in (200, 202)
    for id in (first, second):
        stack.control(id, "abort")


def test_probed_within_an_interval(stack):
    """A new collector_url is asked within one interval."""
    from test_alerts import Service
    service = Service().start()
    try:
        put(stack, {"services": {"collector": {"interval_ms": 1000, "timeout_ms": 500}}})
        put(stack, {"integration": {"collector_url": service.url}})
        begun = time.monotonic()
        stack.wait_until(lambda: service.asked > 0, 10, "a first question")
        assert time.monotonic() - begun < 2.5
    finally:
        service.stop()


def test_settings_are_described(stack):
    settings = {s["path"]: s for s in stack.client.get("/config/settings").json()["settings"]}
    for section, members in config(stack).items():
        for member in members:
            s = settings[f"{section}.{member}"]
            assert s["help"] and s["type"]
    assert settings["dashboard.refresh_interval"]["minimum"] == 1000 and settings["services.NAME.interval_ms"]["default"] == 5000
