"""Experiments over the API: shapes, validation, lists, cloning, editing; what people got wrong elsewhere must come out right here."""
import concurrent.futures
import json
import re
import signal

import pytest

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$")

NEW = {
    "name": "Custom MNIST Experiment",
    "scenario": "basic_fl",
    "configuration": {"dataset": "mnist", "model": "cnn", "rounds": 20, "clients_per_round": 3, "local_epochs": 5, "learning_rate": 0.01, "batch_size": 32},
    "network_settings": {"bandwidth_limit": "10Mbps", "latency": "50ms", "packet_loss": 0.01},
    "policies": ["priority_fl_traffic", "adaptive_qos"],
}


def error(response, status, code):
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()["error"]
    assert body["code"] == code and body["message"] and "request_id" in body
    return body


@pytest.fixture(scope="module")
def api(shared_stack):
    return shared_stack.client


def post(api, **changes):
    return api.post("/experiments", json={**NEW, **changes})


def test_the_reference_example_comes_back_whole(api):
    r = api.post("/experiments", json=NEW)
    assert r.status_code == 201
    x = r.json()["experiment"]
    assert r.headers["location"].endswith(f"/api/v1/experiments/{x['id']}")
    assert re.match(r"^exp_\d{3,}$", x["id"])
    assert x["name"] == NEW["name"] and x["status"] == "created" and x["scenario"] == "basic_fl"
    for member, value in NEW["configuration"].items():
        assert x["configuration"][member] == value
    assert x["configuration"]["clients"] == 5 == x["clients_count"]
    assert x["network_settings"] == {**NEW["network_settings"], "not_applied": []}
    assert x["policies"] == NEW["policies"]
    assert x["policy_status"] == {"priority_fl_traffic": "unverified", "adaptive_qos": "unverified"}
    assert TIME.match(x["created_at"])
    for nothing_yet in ("accuracy", "loss", "started_at", "finished_at", "estimated_completion", "scheduled_at", "waiting_for", "failure", "queue_position"):
        assert x[nothing_yet] is None, nothing_yet
    assert x["rounds_completed"] == 0 and x["rounds_total"] == 20 and x["allowed_actions"] == ["start"]
    assert x["metrics"] == {"current_round": 0, "global_accuracy": None, "global_loss": None, "convergence_rate": None,
                            "communication_overhead": "0B", "communication_overhead_bytes": 0}
    assert x["clients"] == [] and [t["event"] for t in x["timeline"]] == ["experiment_created"]
    assert api.get(f"/experiments/{x['id']}").json()["experiment"] == x
    listed = api.get("/experiments", params={"limit": 1}).json()
    assert listed["experiments"][0]["id"] == x["id"] and listed["limit"] == 1 and listed["offset"] == 0


@pytest.mark.parametrize("changes, details", [
    ({"name": ""}, {"name"}), ({"name": "   "}, {"name"}), ({"name": 5}, {"name"}), ({"name": None}, {"name"}), ({"name": "x" * 201}, {"name"}),
    ({"scenario": "nope"}, {"scenario"}), ({"scenario": None}, {"scenario"}),
    ({"configuration": []}, {"configuration"}), ({"configuration": {"rounds": 0, "clients_per_round": -1}}, {"rounds", "clients_per_round"}),
    ({"configuration": {"ruonds": 3}}, {"ruonds"}), ({"configuration": {"clients": 2, "clients_per_round": 3}}, {"clients_per_round"}),
    ({"network_settings": {"bandwidth_limit": "fast", "latency": 50, "packet_loss": 2}},
     {"network_settings.bandwidth_limit", "network_settings.latency", "network_settings.packet_loss"}),
    ({"network_settings": []}, {"network_settings"}),
    ({"policies": {}}, {"policies"}), ({"policies": ["a", "a"]}, {"policies"}), ({"policies": ["a b"]}, {"policies"}), ({"policies": [1]}, {"policies"}),
    ({"tags": "x"}, {"tags"}), ({"notes": 1}, {"notes"}),
    ({"id": "exp_999", "status": "completed", "accuracy": 1, "created_at": "2024-01-01"}, {"id", "status", "accuracy", "created_at"}),
    ({"name": "", "scenario": "nope", "policies": {}, "rounds": 3}, {"name", "scenario", "policies", "rounds"}),
])
def test_every_wrong_field_is_named_at_once(api, changes, details):
    body = error(post(api, **changes), 400, "VALIDATION_ERROR")
    assert set(body["details"]) == details
    assert all(body["details"].values())


@pytest.mark.parametrize("value", ["3000000000", "20.5", '"20"', "9223372036854775808", "0", "101", "-5", "true", "null", "1e308", "[]"])
def test_odd_integers_are_refused_with_the_range(api, value):
    text = '{"name":"a","scenario":"basic_fl","configuration":{"rounds":%s}}' % value
    body = error(api.post("/experiments", content=text, headers={"Content-Type": "application/json"}), 400, "VALIDATION_ERROR")
    if value != "9223372036854775808":
        assert body["details"] == {"rounds": "Must be between 1 and 100"}


@pytest.mark.parametrize("value", ["20", "20.0", "2e1"])
def test_an_integral_number_is_an_integer(api, value):
    text = '{"name":"a","scenario":"basic_fl","configuration":{"rounds":%s}}' % value
    r = api.post("/experiments", content=text, headers={"Content-Type": "application/json"})
    assert r.status_code == 201 and r.json()["experiment"]["configuration"]["rounds"] == 20


@pytest.mark.parametrize("value", ["1e999", "NaN", "-Infinity", "1e308", "0", "-1", '"0.01"', "true"])
def test_a_learning_rate_is_a_finite_number_in_its_range(api, value):
    text = '{"name":"a","scenario":"basic_fl","configuration":{"learning_rate":%s}}' % value
    error(api.post("/experiments", content=text, headers={"Content-Type": "application/json"}), 400, "VALIDATION_ERROR")


@pytest.mark.parametrize("text", [
    b"", b"{", b"[]", b'"x"', b"null", b"5", b"{'name':'a'}", b'{"name":"a",}', b'{"name":"a"} x', b'{"name":"\xff","scenario":"basic_fl"}',
    b'{"name":"a\\u0000b","scenario":"basic_fl"}', b'{"name":"\\ud800","scenario":"basic_fl"}', b'{"name":"a","name":"b","scenario":"basic_fl"}',
    b'{"name":"a\tb","scenario":"basic_fl"}', b"[" * 100 + b"]" * 100, b'{"a":' * 40 + b"1" + b"}" * 40,
])
def test_text_that_is_not_a_json_object_is_400_and_the_worker_lives(api, text):
    error(api.post("/experiments", content=text, headers={"Content-Type": "application/json"}), 400, "VALIDATION_ERROR")
    assert api.get("/experiments").status_code == 200


@pytest.mark.parametrize("name", ['Тест 🧪 "q" \'a\' \u202ex', "<img src=x onerror=alert(1)>", "</script>", "a\\b/c", "x" * 200, "ß" * 200, "0"])
def test_a_name_comes_back_byte_for_byte(api, name):
    x = post(api, name=name).json()["experiment"]
    assert x["name"] == name
    assert api.get(f"/experiments/{x['id']}").json()["experiment"]["name"] == name


@pytest.mark.parametrize("query", [
    "sort=created_at:decs", "sort=nosuch:asc", "sort=:desc", "sort=", "sort=created_at:desc,(select%201)", "sort=name;drop%20table%20experiment--",
    "staus=running", "status=", "status=running,paused", "status=RUNNING", "limit=0", "limit=101", "limit=x", "limit=", "limit=1e1", "offset=-1",
    "offset=9223372036854775808", "limit=1&limit=2", "q=", "scenario=", "q=%ff", "active=", "active=1", "curves=yes",
])
def test_a_wrong_query_is_400_and_says_which(api, query):
    body = error(api.get(f"/experiments?{query}"), 400, "VALIDATION_ERROR")
    assert "select" not in json.dumps(body).lower().replace("selected", "")


def test_total_counts_what_the_filter_lets_through(stack_with):
    stack = stack_with()
    for i in range(12):
        stack.create(name=f"n{i % 3}", scenario="shell" if i < 7 else "quick_demo", configuration={})
    get = lambda **q: stack.client.get("/experiments", params=q).json()  # noqa: E731
    assert get()["total"] == 12 and len(get()["experiments"]) == 10
    page = get(scenario="shell", limit=2, offset=6)
    assert page["total"] == 7 and len(page["experiments"]) == 1 and (page["limit"], page["offset"]) == (2, 6)
    assert get(status="created")["total"] == 12 and get(status="running")["total"] == 0
    assert get(active="false")["total"] == 12 and get(active="true", q="n1")["total"] == get(active="true", status="created")["total"] == 0
    assert get(q="n1")["total"] == 4
    for offset in (1000000, 9223372036854775807):
        past = get(offset=offset)
        assert past["total"] == 12 and past["experiments"] == []
    # Twelve were made within a moment: the id breaks ties, so pages neither repeat nor leave out.
    ids = [x["id"] for o in range(0, 12, 5) for x in get(sort="name:asc", limit=5, offset=o)["experiments"]]
    assert len(set(ids)) == 12
    # One runs, and waits: it is found among however many that do not.
    run = stack.create(start=True, configuration={"rounds": 500, "pace_ms": 999})
    stack.wait_status(run, "running")
    for sort in ("created_at:desc", "created_at:asc", "name:asc"):
        active = get(active="true", sort=sort)
        assert active["total"] == 1 and [x["id"] for x in active["experiments"]] == [run]
    assert get(active="false")["total"] == 12 and run not in [x["id"] for x in get(active="false", limit=100)["experiments"]]
    assert get(active="true", scenario="quick_demo")["total"] == 0


def test_curves_in_a_list(stack):
    """Every round of a short run, some of a long one, the last in any case; none where none was completed."""
    short, long, none = stack.create(configuration={"rounds": 3, "pace_ms": 1}), stack.create(configuration={"rounds": 95, "pace_ms": 1}), stack.create()
    for id in (short, long):
        stack.control(id, "start")
        stack.wait_status(id, "completed")
    listed = stack.client.get("/experiments", params={"curves": "true"}).json()["experiments"]
    curves = {x["id"]: x["accuracy_curve"] for x in listed}
    assert [r for r, _ in curves[short]] == [1, 2, 3] and curves[none] == []
    rounds = [r for r, _ in curves[long]]
    assert 20 <= len(rounds) <= 41 and rounds[0] == 1 and rounds[-1] == 95 and rounds == sorted(set(rounds))
    assert all(x["accuracy_curve"][-1][1] == x["accuracy"] for x in listed if x["id"] != none)
    assert "accuracy_curve" not in stack.client.get("/experiments").json()["experiments"][0]


@pytest.mark.parametrize("path", ["exp_999", "exp_001%2F..%2Fconfig", "exp%2B1", "exp_001%20", "EXP_001", "exp_1", "exp_0001", "1", "exp_99999999999999999999"])
def test_what_is_no_id_is_404(api, path):
    post(api)
    error(api.get(f"/experiments/{path}"), 404, "NOT_FOUND")


def test_the_same_key_makes_one_experiment(stack_with):
    stack = stack_with(settings={"api": {"workers": 4}})
    headers = {"Idempotency-Key": "k-1"}
    body = {"name": "once", "scenario": "quick_demo"}
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: stack.client.post("/experiments", json=body, headers=headers), range(10)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["experiment"]["id"] for a in answers}) == 1
    stack.kill_worker()
    again = stack.client.post("/experiments", json=body, headers=headers)
    assert again.json()["experiment"]["id"] == answers[0].json()["experiment"]["id"]
    error(stack.client.post("/experiments", json={**body, "name": "other"}, headers=headers), 409, "CONFLICT")
    assert stack.client.get("/experiments").json()["total"] == 1
    # A late repetition does not bring back what was deleted since.
    assert stack.client.delete(f"/experiments/{again.json()['experiment']['id']}").status_code == 204
    error(stack.client.post("/experiments", json=body, headers=headers), 409, "CONFLICT")


def test_a_repetition_is_answered_also_where_it_would_be_refused_now(stack):
    """The first answer was lost on the way; what it was made from is gone since."""
    api, key = stack.client, {"Idempotency-Key": "k-2"}
    (stack.root / "scenarios" / "brief.json").write_text(json.dumps({"name": "brief", "title": "Brief", "description": "x", "engine": "shell"}))
    stack.restart("api", signal.SIGTERM)
    body = {"name": "once", "scenario": "brief"}
    first = api.post("/experiments", json=body, headers=key)
    assert first.status_code == 201, first.text
    source, other = first.json()["experiment"]["id"], post(api).json()["experiment"]["id"]
    clone = api.post(f"/experiments/{source}/clone", json={"name": "c"}, headers={"Idempotency-Key": "k-3"})
    # Another source is another wish.
    error(api.post(f"/experiments/{other}/clone", json={"name": "c"}, headers={"Idempotency-Key": "k-3"}), 409, "CONFLICT")
    (stack.root / "scenarios" / "brief.json").unlink()
    stack.restart("api", signal.SIGTERM)
    error(api.post("/experiments", json=body), 400, "VALIDATION_ERROR")
    again = api.post("/experiments", json=body, headers=key)
    assert again.status_code == 201 and again.json()["experiment"]["id"] == source and again.headers["idempotency-replayed"] == "true"
    assert api.delete(f"/experiments/{source}").status_code == 204
    again = api.post(f"/experiments/{source}/clone", json={"name": "c"}, headers={"Idempotency-Key": "k-3"})
    assert again.status_code == 201 and again.json()["experiment"]["id"] == clone.json()["experiment"]["id"] and again.headers["location"] == clone.headers["location"]


def test_edit_clone_and_delete(api):
    x = post(api, tags=["a"], notes="n").json()["experiment"]
    url = f"/experiments/{x['id']}"
    changed = api.patch(url, json={"name": "Renamed", "tags": ["b", "c"]}).json()["experiment"]
    assert (changed["name"], changed["tags"], changed["notes"]) == ("Renamed", ["b", "c"], "n")
    assert changed["timeline"][-1]["event"] == "experiment_edited"
    assert set(error(api.patch(url, json={"status": "completed", "name": ""}), 400, "VALIDATION_ERROR")["details"]) == {"status", "name"}
    error(api.patch(url), 400, "VALIDATION_ERROR")
    clone = api.post(f"{url}/clone", json={"configuration": {"rounds": 7}, "seed": 9})
    assert clone.status_code == 201
    copy = clone.json()["experiment"]
    assert copy["id"] != x["id"] and copy["name"] == "Renamed (copy)" and copy["status"] == "created"
    assert copy["configuration"] == {**x["configuration"], "rounds": 7, "seed": 9}
    assert copy["network_settings"] == x["network_settings"] and copy["policies"] == x["policies"]
    assert api.post(f"{url}/clone").status_code == 201
    assert "rounds" in error(api.post(f"{url}/clone", json={"configuration": {"rounds": 0}}), 400, "VALIDATION_ERROR")["details"]
    gone = api.delete(url)
    assert gone.status_code == 204 and gone.content == b""
    for method in (api.get, api.delete):
        error(method(url), 404, "NOT_FOUND")
    assert post(api).json()["experiment"]["id"] != x["id"]


@pytest.mark.parametrize("body, details", [
    (None, {"action"}), ({}, {"action"}), ({"action": ""}, {"action"}), ({"action": "START"}, {"action"}), ({"action": "restart"}, {"action"}), ({"action": 5}, {"action"}),
    ({"action": "start", "why": "x"}, {"why"}), ({"action": "start", "reason": 5}, {"reason"}), ({"action": "start", "reason": "x" * 501}, {"reason"}),
    ({"action": "start", "scheduled_at": "tomorrow"}, {"scheduled_at"}), ({"action": "pause", "scheduled_at": "2030-01-01"}, {"scheduled_at"}),
])
def test_a_wrong_control_body_is_400(api, body, details):
    id = post(api).json()["experiment"]["id"]
    r = api.post(f"/experiments/{id}/control", json=body) if body is not None else api.post(f"/experiments/{id}/control")
    assert set(error(r, 400, "VALIDATION_ERROR").get("details", {"action": ""})) == details


def test_an_action_that_the_state_does_not_allow_is_409_with_what_is(api):
    id = post(api).json()["experiment"]["id"]
    for action in ("pause", "resume", "stop", "abort"):
        body = error(api.post(f"/experiments/{id}/control", json={"action": action}), 409, "CONFLICT")
        assert body["details"] == {"status": "created", "allowed": "start"}
    error(api.post("/experiments/exp_999/control", json={"action": "start"}), 404, "NOT_FOUND")


def test_scenarios_say_what_may_be_configured(api):
    scenarios = api.get("/scenarios", params={"limit": 100}).json()
    assert {"basic_fl", "non_iid", "lossy_network", "edge_devices", "quick_demo"} <= {s["name"] for s in scenarios["scenarios"]}
    s = api.get("/scenarios/basic_fl").json()["scenario"]
    assert s["engine"] == "embedded" and s["capabilities"]["pause"] is True
    assert s["members"]["rounds"]["min"] == 1 and s["members"]["rounds"]["max"] == 100
    error(api.get("/scenarios/nope"), 404, "NOT_FOUND")
    assert "embedded" in {g["name"] for g in api.get("/engines").json()["engines"]}
