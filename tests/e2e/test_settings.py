"""What the members of dashboard and features mean: each is changed in a running system, and what it is for follows without a restart."""
import json
import sqlite3
import time

import pytest

from test_alerts import Service, alerts, wait_healthy, watch
from test_notifications import Webhook, break_service, configure, log

DAY = 86400000


def put(stack, **sections):
    r = stack.client.put("/config", json=sections)
    assert r.status_code == 200, r.text


@pytest.fixture
def service():
    s = Service(b'{"queue_size": 5}').start()
    yield s
    s.stop()


# dashboard.max_experiments, features.experiment_scheduling


def test_max_experiments_bounds_what_is_active(stack):
    """A further start is queued and told why; a greater bound lets it start at once; a lower one ends nothing."""
    put(stack, dashboard={"max_experiments": 1})
    first, second, third = (stack.create(configuration={"rounds": 100, "pace_ms": 200}) for _ in range(3))
    stack.control(first, "start")
    stack.wait_status(first, "running")
    for id in (second, third):
        assert stack.control(id, "start").json()["status"] == "queued"
    waiting = stack.wait_until(lambda: stack.experiment(third)["waiting_for"], 20, "the reason why it waits")
    assert waiting["what"] == "slot" and "at most 1 " in waiting["detail"] and stack.experiment(third)["queue_position"] == 2
    put(stack, dashboard={"max_experiments": 2})
    stack.wait_status(second, "running")
    assert stack.experiment(third)["status"] == "queued"
    put(stack, dashboard={"max_experiments": 1})
    time.sleep(1)
    assert [stack.experiment(id)["status"] for id in (first, second, third)] == ["running", "running", "queued"]
    stack.control(first, "abort")
    stack.wait_status(first, "aborted")
    time.sleep(1)
    assert stack.experiment(third)["status"] == "queued"
    stack.control(second, "abort")
    stack.wait_status(third, "running")


def test_without_scheduling_nothing_is_queued_and_the_queue_is_held(stack):
    put(stack, dashboard={"max_experiments": 1})
    first, second, third = (stack.create(configuration={"rounds": 100, "pace_ms": 200}) for _ in range(3))
    stack.control(first, "start")
    assert stack.control(second, "start").json()["status"] == "queued"
    put(stack, features={"experiment_scheduling": False})
    # What is queued already is held, and says so.
    stack.wait_until(lambda: "features.experiment_scheduling" in stack.experiment(second)["waiting_for"]["detail"], 20, "the reason why it waits")
    assert stack.experiment(second)["waiting_for"]["what"] == "schedule"
    r = stack.control(third, "start")
    assert r.status_code == 409 and r.json()["error"]["code"] == "CONFLICT"
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    assert stack.control(third, "start", scheduled_at=later).status_code == 409
    assert stack.experiment(third)["status"] == "created"
    stack.control(first, "abort")
    stack.wait_status(first, "aborted")
    time.sleep(2)
    assert stack.experiment(second)["status"] == "queued"
    # With a place free, a start that need not wait is no matter of the queue.
    assert stack.control(third, "start").status_code in (200, 202)
    stack.wait_status(third, "running")
    stack.control(third, "abort")
    stack.wait_status(third, "aborted")
    put(stack, features={"experiment_scheduling": True})
    stack.wait_status(second, "running")


# features.real_time_metrics


def test_without_real_time_metrics_nothing_is_collected(stack, service):
    """Services are still asked whether they are well, but no values are kept or shown."""
    watch(stack, service, kind="json", json_path="queue_size", json_value=5)
    wait_healthy(stack)

    def newest(name):
        return stack.rows("SELECT max(at_ms) AS t FROM sample WHERE service_id = (SELECT id FROM service WHERE name = ?)", name)[0]["t"]

    def live():
        return stack.client.get("/metrics/live", params={"interval": 1}).json()["services"]
    stack.wait_until(lambda: newest("gpu") and newest("dashboard"), 20, "samples")
    put(stack, features={"real_time_metrics": False})

    def still():
        """What it is when eight more questions about its health have brought no sample; what was under way at first may bring one."""
        before, asked = {name: newest(name) for name in ("gpu", "dashboard")}, service.asked
        stack.wait_until(lambda: service.asked >= asked + 8, 60, "eight more questions")
        return {name: newest(name) for name in before} == before and before
    last = stack.wait_until(still, 60, "no more samples")
    assert live()["gpu"]["status"] == "healthy" and live()["gpu"]["stale"] is False and "queue_size" not in live()["gpu"]
    service.stop()
    stack.wait_until(lambda: stack.client.get("/health").json()["services"]["gpu"]["status"] == "unhealthy", 20, "its health to be known all the same")
    service.start()
    wait_healthy(stack)
    put(stack, features={"real_time_metrics": True})
    stack.wait_until(lambda: newest("gpu") > last["gpu"] and newest("dashboard") > last["dashboard"] and live()["gpu"]["queue_size"] == 5, 20, "new samples")


# features.alert_notifications


def test_without_alert_notifications_nothing_is_sent(stack, service):
    """Neither what happens from then on nor what waits for its next try; alerts open and resolve as ever."""
    webhook, other = Webhook(), Service().start()
    try:
        webhook.status = 503
        configure(stack, webhook_url=webhook.url())
        break_service(stack, service, "one")
        stack.wait_until(lambda: log(stack) and log(stack)[0]["last_error"], 20, "a first try that fails")
        put(stack, features={"alert_notifications": False})
        webhook.status = 200
        tries = len(webhook.posts)
        dropped = stack.wait_until(lambda: log(stack, status="dropped"), 30, "the message to be dropped")
        assert dropped[0]["last_error"] == "Notifications were switched off"
        break_service(stack, other, "two")
        service.start()
        stack.wait_until(lambda: alerts(stack, status="resolved"), 40, "the first to resolve")
        time.sleep(2)
        assert len(webhook.posts) == tries and len(log(stack)) == 1 and len(alerts(stack)) == 2
    finally:
        webhook.stop()
        other.stop()


# dashboard.retention_days, dashboard.retention_size_mb, and what /health says of the store

OLD = """
INSERT INTO event (at_ms, topic, type, data) SELECT ?1, 'metrics', 'metrics_update', '{}' FROM sample LIMIT 1;
INSERT INTO service_change (service_id, at_ms, until_ms, state, previous, issues) SELECT id, ?1, ?1, 'healthy', 'unknown', '[]' FROM service WHERE name = 'gpu';
INSERT INTO sample_hour (service_id, at_ms, data) SELECT id, ?1, '{"queue_size":[1,5,5,5]}' FROM service WHERE name = 'gpu';
INSERT INTO alert (severity, status, title, description, service, created_at_ms, updated_at_ms, resolved_at_ms) VALUES (1, 'resolved', 'old', 'old', 'gpu', ?1, ?1, ?1);
INSERT INTO alert (severity, status, title, description, service, created_at_ms, updated_at_ms) VALUES (1, 'acknowledged', 'open', 'open', 'gpu', ?1, ?1);
INSERT INTO notification (channel, target, status, subject, created_at_ms, sent_at_ms) VALUES ('webhook', 'x', 'sent', 'old', ?1, ?1);
INSERT INTO silence (service, until_ms, reason, created_at_ms, created_by) VALUES ('gpu', ?1, 'old', ?1, 'test')
"""
COUNTS = {"event": "SELECT count(*) AS n FROM event WHERE at_ms = ?", "service_change": "SELECT count(*) AS n FROM service_change WHERE at_ms = ?",
          "sample_hour": "SELECT count(*) AS n FROM sample_hour WHERE at_ms = ?", "alert": "SELECT count(*) AS n FROM alert WHERE resolved_at_ms = ?",
          "notification": "SELECT count(*) AS n FROM notification WHERE created_at_ms = ?", "silence": "SELECT count(*) AS n FROM silence WHERE created_at_ms = ?"}


def test_retention_days_is_how_long_things_are_kept(stack, service):
    """Samples, events, changes of health, resolved alerts, the delivery log, silences that are over; open alerts and experiments stay."""
    watch(stack, service)
    wait_healthy(stack)
    stack.wait_until(lambda: stack.rows("SELECT 1 FROM sample LIMIT 1"), 20, "a sample")
    at = (int(time.time() * 1000) // 3600000 - 10 * 24) * 3600000
    id = stack.create()
    stack.monitor.stop()
    with sqlite3.connect(stack.state / "flopynet.db", timeout=20, isolation_level=None) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        for statement in OLD.split(";"):
            db.execute(statement, (at,))
        db.execute("UPDATE experiment SET created_at_ms = ?1, updated_at_ms = ?1", (at,))

    def left():
        return {name: stack.rows(sql, at)[0]["n"] for name, sql in COUNTS.items()}
    assert set(left().values()) == {1}
    stack.monitor.start()
    stack.wait_ready()
    time.sleep(3)  # the first round of everything that keeps house
    assert set(left().values()) == {1}, left()
    put(stack, dashboard={"retention_days": 5})
    stack.wait_until(lambda: set(left().values()) == {0}, 150, "what is older than five days to go")
    assert stack.experiment(id)["status"] == "created"
    assert [a["title"] for a in alerts(stack)] == ["open"] or alerts(stack, open="true") == [] and alerts(stack)[0]["title"] == "open"


def test_health_says_how_much_of_the_store_is_used(stack):
    put(stack, dashboard={"retention_size_mb": 64})
    store = stack.client.get("/health").json()["store"]
    assert store["status"] == "healthy" and store["issues"] == [] and store["max_bytes"] == 64000000
    assert 4096 < store["size_bytes"] < 64000000 and store["used_percent"] == pytest.approx(store["size_bytes"] / 640000, abs=0.1)
    assert store["wal_bytes"] >= 0
    # 70 MB of samples of the last hours: too much, which is said, raises the alert that it should, and is made right.
    stack.monitor.stop()
    now = int(time.time() * 1000)
    with sqlite3.connect(stack.state / "flopynet.db", timeout=20, isolation_level=None) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("BEGIN")
        sid = db.execute("SELECT id FROM service WHERE name = 'dashboard'").fetchone()[0]
        data = json.dumps({"value": 1, "padding": "x" * 7000})
        db.executemany("INSERT INTO sample (service_id, at_ms, data) VALUES (?, ?, ?)", ((sid, now - 20 * 3600000 + i * 7000, data) for i in range(9800)))
        db.execute("COMMIT")
    stack.monitor.start()
    store = stack.wait_until(lambda: (s := stack.client.get("/health").json()["store"])["used_percent"] > 100 and s, 20, "the store to be too large")
    assert store["status"] == "degraded" and "retention_size_mb" in store["issues"][0]
    rules = {r["name"]: r for r in stack.client.get("/alert-rules", params={"limit": 100}).json()["rules"]}
    rule = {k: rules["store_nearly_full"][k] for k in ("name", "title", "scope", "metric", "comparison", "threshold", "clear_threshold", "critical_threshold", "severity")}
    assert stack.client.put(f"/alert-rules/{rules['store_nearly_full']['id']}", json={**rule, "for_s": 0, "clear_s": 1}).status_code == 200
    a = stack.wait_until(lambda: [a for a in alerts(stack) if a["title"] == "The store is nearly full"], 30, "the alert")[0]
    assert a["severity"] == "critical" and a["service"] is None and a["experiment_id"] is None
    stack.wait_until(lambda: stack.client.get("/health").json()["store"]["used_percent"] <= 85, 240, "the oldest samples to go", every=0.5)
    stack.wait_until(lambda: not alerts(stack, open="true"), 60, "the alert to resolve")
    assert stack.client.get("/health").json()["store"]["status"] == "healthy"
    assert stack.rows("SELECT count(*) AS n FROM sample WHERE at_ms > ?", now - 3600000)[0]["n"] > 20
