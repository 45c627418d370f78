"""The main job with the real engine and real MNIST: a run trains, is paused, resumed, stopped, aborted, queued."""
import pytest


@pytest.fixture(scope="module")
def s(shared_stack):
    return shared_stack


SLOW = {"model": "cnn", "rounds": 100, "local_epochs": 5}


def rounds(s, id):
    return s.client.get(f"/experiments/{id}/rounds", params={"limit": 100}).json()["rounds"]


def test_basic_fl_trains_an_mlp_beyond_nine_tenths(s):
    id = s.create(scenario="basic_fl", start=True, configuration={"model": "mlp", "rounds": 20})
    x = s.wait_status(id, "completed", "failed", timeout=120)
    assert x["status"] == "completed", x["failure"]
    assert x["accuracy"] > 0.9 and x["rounds_completed"] == 20 and x["duration_seconds"] > 0
    r = rounds(s, id)
    assert [i["round"] for i in r] == list(range(1, 21))
    assert r[-1]["accuracy"] == x["accuracy"] and r[-1]["accuracy"] > r[0]["accuracy"] and r[-1]["loss"] < r[0]["loss"]
    assert x["communication_overhead_bytes"] == sum(i["bytes"] for i in r) == 20 * 3 * 2 * 25450 * 4
    assert len(x["clients"]) == 5 and all(c["status"] in ("idle", "finished") for c in x["clients"])
    assert sum(c["rounds_participated"] for c in x["clients"]) == 60
    events = [t["event"] for t in x["timeline"]]
    assert events[0] == "experiment_created" and "experiment_started" in events and events[-1] == "experiment_completed"
    csv = s.client.get(f"/experiments/{id}/rounds", params={"format": "csv"})
    assert csv.headers["content-type"].startswith("text/csv") and len(csv.text.splitlines()) == 21
    files = s.client.get(f"/experiments/{id}/artifacts").json()["artifacts"]
    model = next(f for f in files if f["name"] == "model.bin")
    got = s.client.get(f"/experiments/{id}/artifacts/model.bin")
    assert got.status_code == 200 and len(got.content) == model["size_bytes"] > 25450 * 4
    assert s.client.get(f"/experiments/{id}/artifacts/spec.json").status_code == 404
    assert s.control(id, "start").status_code == 409


def test_the_same_seed_gives_the_same_numbers(s):
    config = {"model": "softmax", "rounds": 3, "train_samples": 3000, "seed": 7}
    first, second = (s.create(scenario="basic_fl", start=True, configuration=config) for _ in range(2))
    for id in (first, second):
        s.wait_status(id, "completed", timeout=60)
    assert [(r["accuracy"], r["loss"]) for r in rounds(s, first)] == [(r["accuracy"], r["loss"]) for r in rounds(s, second)]


def test_pause_holds_and_resume_goes_on(s):
    id = s.create(scenario="basic_fl", start=True, configuration=SLOW)
    s.wait_status(id, "running")
    r = s.control(id, "pause", reason="Network maintenance scheduled")
    assert r.status_code == 200 and r.json()["status"] == "paused" and r.json()["message"] == "Experiment paused successfully", r.text
    before = s.experiment(id)
    assert before["status"] == "paused" and before["allowed_actions"] == ["resume", "stop", "abort"]
    assert "Network maintenance scheduled" in " ".join(t["details"] for t in before["timeline"])
    assert s.control(id, "pause").status_code == 409
    assert s.control(id, "resume").json()["status"] == "running"
    after = s.control(id, "abort", reason="enough")
    assert after.status_code == 200 and after.json()["status"] == "aborted"
    x = s.experiment(id)
    assert x["status"] == "aborted" and x["finished_at"] and x["allowed_actions"] == []
    events = [t["event"] for t in x["timeline"]]
    for event in ("experiment_pausing", "experiment_paused", "experiment_resuming", "experiment_resumed", "experiment_aborting", "experiment_aborted"):
        assert event in events


def test_stop_ends_after_the_round_and_keeps_the_model(s):
    id = s.create(scenario="basic_fl", start=True, configuration={"model": "cnn", "rounds": 100, "train_samples": 3000})
    s.wait_until(lambda: s.experiment(id)["rounds_completed"] >= 1, 60)
    assert s.control(id, "stop").status_code in (200, 202)
    x = s.wait_status(id, "stopped", timeout=60)
    r = rounds(s, id)
    assert [i["round"] for i in r] == list(range(1, len(r) + 1)) and len(r) < 100 and x["accuracy"] == r[-1]["accuracy"]
    assert "model.bin" in [f["name"] for f in s.client.get(f"/experiments/{id}/artifacts").json()["artifacts"]]


def test_a_queued_one_starts_by_itself(stack_with):
    s = stack_with()
    assert s.client.put("/config", json={"dashboard": {"max_experiments": 1}}).status_code == 200
    first = s.create(scenario="basic_fl", start=True, configuration=SLOW)
    s.wait_status(first, "running")
    second = s.create(scenario="quick_demo")
    r = s.control(second, "start")
    assert r.status_code == 200 and r.json()["status"] == "queued"
    third = s.create(scenario="quick_demo", start=True)
    assert [s.experiment(i)["queue_position"] for i in (second, third)] == [1, 2]
    assert s.control(first, "abort").json()["status"] == "aborted"
    x, y = s.wait_status(second, "completed", timeout=60), s.wait_status(third, "completed", timeout=60)
    assert x["started_at"] <= y["started_at"] and x["finished_at"] <= y["started_at"]
