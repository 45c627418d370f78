"""Policies of experiments against the policy engine: verified at creation where it answers, later where it did not, and never at the price of a slow API."""
import concurrent.futures
import sqlite3
import sys
import time

import pytest
from harness.stack import SOURCE

sys.path.insert(0, str(SOURCE / "tests/fixtures/services"))

from flopynet_fakes import PolicyEngine  # noqa: E402

QUICK = {"interval_ms": 500, "timeout_ms": 400, "failure_threshold": 1, "success_threshold": 1}


@pytest.fixture
def s(shared_stack):
    shared_stack.monitor.running or shared_stack.monitor.start()
    shared_stack.wait_ready()
    return shared_stack


def configure(s, url):
    r = s.client.put("/config", json={"integration": {"policy_engine_url": url}, "services": {"policy_engine": QUICK}})
    assert r.status_code == 200, r.text


@pytest.fixture
def engine(s):
    with PolicyEngine() as pe:
        configure(s, pe.url)
        yield pe


def create(s, *policies, **more):
    return s.client.post("/experiments", json={"name": "With policies", "scenario": "shell", "policies": list(policies), **more})


def status(r):
    assert r.status_code == 201, r.text
    return r.json()["experiment"]["policy_status"]


def test_known_ones_are_verified_by_id_or_by_name(s, engine):
    engine.listed.append(("p4", "night_hours"))
    assert status(create(s, "adaptive_qos", "default-net-sec-001", "night_hours")) == dict.fromkeys(("adaptive_qos", "default-net-sec-001", "night_hours"), "verified")
    assert "/api/v1/policies" in engine.asked and not any(a.startswith("POST") for a in engine.asked)


def test_unknown_ones_are_refused_with_those_that_are_like_them(s, engine):
    r = create(s, "adaptive_qso", "priority", "nothing-like-it", "adaptive_qos")
    assert r.status_code == 400
    said = r.json()["error"]["details"]["policies"]
    assert said.startswith("The policy engine does not have adaptive_qso (did you mean adaptive_qos?); priority (did you mean ") and "priority_fl_traffic" in said
    assert "nothing-like-it" in said and "adaptive_qos;" not in said
    r = create(s, "adaptive_qso", configuration={"rounds": 0})
    assert set(r.json()["error"]["details"]) == {"policies", "rounds"}  # all that is wrong at once


def test_a_policy_that_was_just_made_is_known(s, engine):
    assert create(s, "brand_new").status_code == 400
    engine.listed.append(("brand_new", "Brand new"))
    assert status(create(s, "brand_new")) == {"brand_new": "verified"}
    id = s.create(policies=["brand_new"])
    r = s.client.post(f"/experiments/{id}/clone", json={"policies": ["brand_old"]})
    assert r.status_code == 400 and "did you mean brand_new?" in r.json()["error"]["details"]["policies"]


def test_a_list_of_a_clock_that_was_ahead_is_no_answer(s, engine):
    """Neither a failure nor a list of tomorrow keeps anybody from asking today."""
    assert status(create(s, "adaptive_qos")) == {"adaptive_qos": "verified"}
    with sqlite3.connect(s.state / "flopynet.db", timeout=20) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("UPDATE policy_list SET tried_at_ms = ?1, listed_at_ms = ?1, reason = 'It was away'", (int((time.time() + 86400) * 1000),))
    engine.listed.append(("of_today", "Of today"))
    assert status(create(s, "of_today")) == {"of_today": "verified"}


def test_without_policies_nobody_waits(s, engine):
    engine.mood = "mute"
    begun = time.monotonic()
    for _ in range(20):
        assert status(create(s)) == {}
    assert time.monotonic() - begun < 2


def test_what_could_not_be_verified_is_later(s, engine):
    s.wait_until(lambda: s.client.get("/health").json()["services"]["policy_engine"]["status"] == "healthy", 30, "the policy engine to be well")
    engine.mood = "close"
    time.sleep(0.1)
    ids = []
    for policies in (["later_one"], ["later_one", "never"]):
        r = create(s, *policies)
        assert status(r) == dict.fromkeys(policies, "unverified")
        ids.append(r.json()["experiment"]["id"])
    engine.listed.append(("later_one", "Later"))
    engine.mood = None
    s.wait_until(lambda: s.experiment(ids[0])["policy_status"] == {"later_one": "verified"}, 60, "the policies to be verified")
    x = s.wait_until(lambda: (x := s.experiment(ids[1]))["policy_status"]["never"] == "unknown" and x, 60, "the policies to be looked for")
    assert x["policy_status"]["later_one"] == "verified"
    assert [t["details"] for t in x["timeline"] if t["event"] == "policies_verified"] == ["The policy engine does not have these policies: never"]
    assert [t["event"] for t in s.experiment(ids[0])["timeline"]].count("policies_verified") == 1
    told = s.client.get("/events", params={"after": 0, "experiment_ids": ids[0], "topics": "experiments", "limit": 1000}).json()["events"]
    assert told[-1]["data"]["change"] == "updated"


@pytest.mark.parametrize("mood", ["mute", "html", "not_json", "array", "huge", "trickle", "redirect", "503_healthy"])
def test_a_policy_engine_that_misbehaves_costs_a_second_and_no_more(s, engine, mood):
    engine.mood = mood
    time.sleep(3.2)  # the attempt before is no answer to this any more
    begun = time.monotonic()
    assert status(create(s, "some_policy")) == {"some_policy": "unverified"}
    assert time.monotonic() - begun < 3
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        clients = [s.connect() for _ in range(4)]
        answers = list(pool.map(lambda c: [c.post("/experiments", json={"name": "a", "scenario": "shell", "policies": ["some_policy"]}).status_code for _ in range(5)], clients))
    assert answers == [[201] * 5] * 4 and time.monotonic() - begun < 5


def test_no_policy_engine_and_no_monitor(s):
    configure(s, None)
    assert status(create(s, "any_policy")) == {"any_policy": "unverified"}
    with PolicyEngine() as pe:
        configure(s, pe.url)
        time.sleep(0.5)  # until the monitor has taken note of it
        assert status(create(s, "adaptive_qos")) == {"adaptive_qos": "verified"}
        s.monitor.kill()
        time.sleep(3.2)  # until its beat is old
        begun = time.monotonic()
        assert status(create(s, "any_policy")) == {"any_policy": "unverified"}
        assert time.monotonic() - begun < 1
        # What stood in the list a moment ago still counts.
        assert status(create(s, "adaptive_qos")) == {"adaptive_qos": "verified"}
        s.monitor.start()
        s.wait_ready()


def test_another_policy_engine_has_other_policies(s, engine):
    assert status(create(s, "adaptive_qos")) == {"adaptive_qos": "verified"}
    with PolicyEngine() as other:
        other.listed = [("another", "Another")]
        configure(s, other.url)
        time.sleep(0.5)  # until the monitor has taken note of it
        assert create(s, "adaptive_qos").status_code == 400
        assert status(create(s, "another")) == {"another": "verified"}
