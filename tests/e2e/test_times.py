"""Times: every spelling that is documented and none else, wherever a time is taken; always UTC in answers; and the days on which clocks are changed have neither a doubled nor a lost hour."""
import sqlite3
from datetime import datetime, timedelta, timezone

import pytest

# What is written, and the instant that it is.
SPELLINGS = {
    "2024-01-15T10:00:00Z": "2024-01-15T10:00:00Z", "2024-01-15T10:00:00z": "2024-01-15T10:00:00Z", "2024-01-15T10:00:00.5Z": "2024-01-15T10:00:00.500Z",
    "2024-01-15T10:00:00.123456789Z": "2024-01-15T10:00:00.123Z", "2024-01-15T10:00:00+00": "2024-01-15T10:00:00Z", "2024-01-15T12:00:00+0200": "2024-01-15T10:00:00Z",
    "2024-01-15T12:00:00+02:00": "2024-01-15T10:00:00Z", "2024-01-15T04:30:00-05:30": "2024-01-15T10:00:00Z", "2024-01-15T10:00:00-00:00": "2024-01-15T10:00:00Z",
    "2024-01-15": "2024-01-15T00:00:00Z", "2024-01-15T10:00:00": "2024-01-15T10:00:00Z", "2024-02-29": "2024-02-29T00:00:00Z",
}
WRONG = ["2024-02-30", "2023-02-29", "2024-13-01", "2024-01-15T23:59:60Z", "2024-01-15T24:00:00Z", "2024-01-15T10:60:00Z", "2024-W03-1", "2024-015", "0000-01-01", "10000-01-01",
         "1705312800", "1705312800000", "2024-01-15T10:00:00+25:00", "2024-01-15T", "2024-01-15T10Zulu", "yesterday", "now", "-1", "", " 2024-01-15", "2024-01-15 "]
TAKEN_BY = [("/alerts", "from"), ("/alerts", "to"), ("/metrics/history?service=redis&metric=up", "from"), ("/metrics/history?service=redis&metric=up", "to"),
            ("/health/redis/history", "from"), ("/health/redis/history", "to")]


def ask(stack, path, **more):
    path, _, query = path.partition("?")
    return stack.client.get(path, params=dict(pair.split("=") for pair in query.split("&") if pair) | more)


@pytest.fixture(scope="module")
def watched(shared_stack):
    shared_stack.wait_until(lambda: shared_stack.rows("SELECT 1 FROM service WHERE name = 'redis'"), 30, "the services to be known")
    return shared_stack


@pytest.mark.parametrize("path, name", TAKEN_BY)
def test_spellings(watched, path, name):
    """An instant is the same however it is spelt; in what is echoed it is UTC."""
    for text, means in SPELLINGS.items():
        r = ask(watched, path, **{"from": text, "to": text})
        assert r.status_code == 200, (text, r.text)
        if "metrics" in path:
            assert r.json()[name] == means, text
    for text in WRONG:
        r = ask(watched, path, **{name: text})
        assert r.status_code == 400 and name in r.json()["error"]["details"], (text, r.text)


@pytest.mark.parametrize("path", sorted({path for path, _ in TAKEN_BY}))
def test_spans(watched, path):
    """Reversed is wrong, of no length is not, each end may be left out, and both empty is no way to leave them out."""
    r = ask(watched, path, **{"from": "2024-02-01", "to": "2024-01-01"})
    assert r.status_code == 400 and {"from", "to"} & set(r.json()["error"]["details"])
    assert ask(watched, path, **{"from": "2024-01-01", "to": "2024-01-01"}).status_code == 200
    assert ask(watched, path, **{"to": "2024-01-01"}).status_code == 200 and ask(watched, path).status_code == 200
    r = ask(watched, path, **{"from": "", "to": ""})
    assert r.status_code == 400 and {"from", "to"} <= set(r.json()["error"]["details"])
    assert ask(watched, path, **{"from": ["2024-01-01", "2024-01-02"]}).status_code == 400


@pytest.mark.parametrize("text", WRONG)
def test_bodies_take_the_same(watched, text):
    r = watched.client.post("/silences", json={"service": "redis", "until": text, "reason": "x"})
    assert r.status_code == 400 and "until" in r.json()["error"]["details"], r.text
    id = watched.create()
    r = watched.control(id, "start", scheduled_at=text)
    assert r.status_code == 400 and "scheduled_at" in r.json()["error"]["details"], r.text
    watched.client.delete(f"/experiments/{id}")


def ms(text):
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_days_on_which_clocks_change(stack_with, zone):
    """In the zone of the server an hour of these days is missing or comes twice; not here."""
    stack = stack_with(env={"TZ": zone})
    stack.wait_until(lambda: stack.rows("SELECT 1 FROM service WHERE name = 'redis'"), 30, "the services to be known")
    stack.monitor.stop()  # it would take these for what they are: long out of date
    nights = {"2024-03-31": ["2024-03-31T00:30:00Z", "2024-03-31T01:30:00Z", "2024-03-31T02:30:00Z"], "2024-10-27": ["2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z", "2024-10-27T02:30:00Z"]}
    with sqlite3.connect(stack.state / "flopynet.db", timeout=20) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        for times in nights.values():
            for at in times:
                db.execute("INSERT INTO alert (severity, status, title, description, service, created_at_ms, updated_at_ms, resolved_at_ms) VALUES (1, 'resolved', ?1, 'x', 'redis', ?2, ?2, ?2)",
                           (at, ms(at)))
                db.execute("INSERT INTO service_change (service_id, at_ms, until_ms, state, previous, issues) SELECT id, ?1, ?1 + 60000, 'healthy', 'unhealthy', '[]' FROM service "
                           "WHERE name = 'redis'", (ms(at),))
        redis = db.execute("SELECT id FROM service WHERE name = 'redis'").fetchone()[0]
        for day in nights:
            for hour in range(24):
                db.execute("INSERT INTO sample_hour (service_id, at_ms, data) VALUES (?, ?, ?)", (redis, ms(f"{day}T00:00:00Z") + hour * 3600000, '{"up":[4,1,1,4]}'))
        db.execute("UPDATE sample_level SET done_until_ms = ? WHERE level IN ('minute', 'hour')", (ms("2024-12-01T00:00:00Z"),))
    db.close()
    for day, times in nights.items():
        span = {"from": day, "to": f"{day}T23:59:59.999Z"}
        body = ask(stack, "/alerts", sort="created_at:asc", **span).json()
        assert [(a["title"], a["created_at"]) for a in body["alerts"]] == [(t, t) for t in times] and body["total"] == 3
        # The hour before the change and the hour after it, as a clock on the wall has them, are two.
        local = {"from": f"{day}T02:30:00+02:00", "to": f"{day}T02:30:00+01:00"}
        assert [a["created_at"] for a in ask(stack, "/alerts", sort="created_at:asc", **local).json()["alerts"]] == times[:2]
        changes = ask(stack, "/health/redis/history", sort="timestamp:asc", **span).json()["history"]
        assert [c["timestamp"] for c in changes] == times and all(c["duration_seconds"] == 60 for c in changes)
        end = (datetime.fromisoformat(day).replace(tzinfo=timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%d")
        points = ask(stack, "/metrics/history?service=redis&metric=up&step=3600", **{"from": day, "to": end}).json()["points"]
        assert [p["timestamp"] for p in points] == [f"{day}T{hour:02}:00:00Z" for hour in range(24)] and {p["samples"] for p in points} == {4}
        whole = ask(stack, "/metrics/history?service=redis&metric=up&step=86400", **{"from": day, "to": end}).json()["points"]
        assert [(p["timestamp"], p["samples"]) for p in whole] == [(f"{day}T00:00:00Z", 96)]
