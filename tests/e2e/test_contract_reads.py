"""What schema/openapi.yaml says of every operation, tried on every operation: who may, what is counted, and of reads HEAD, ETag and 304."""
import pytest
from harness import contract

STANDARD, LIVE = 100_000, 200_000
ROLES = ["none", "viewer", "operator", "admin"]
OPERATIONS = sorted((op["operationId"], method.upper(), path, op) for path, item in contract.document.root["paths"].items()
                    for method, op in item.items() if method in contract.METHODS)
EVERY = pytest.mark.parametrize("method, path, operation", [pytest.param(m, p, op, id=name) for name, m, p, op in OPERATIONS])
# Its answers have no end, and it is flopynet-stream's: tests/e2e/test_stream*.py.
READS = [pytest.param(p, op, id=name) for name, m, p, op in OPERATIONS if m == "GET" and name != "streamEvents"]


@pytest.fixture(scope="module")
def stack(request):
    from conftest import make_stack
    stack = make_stack(request, settings={"rate": {"standard_per_hour": STANDARD, "live_per_hour": LIVE}})
    stack.run = stack.create("quick_demo", start=True, configuration={"dataset": "fashion_mnist", "rounds": 1})
    stack.wait_status(stack.run, "completed")
    stack.roles = {role: stack.connect(stack.make_token(role, role)) for role in ROLES[1:]}
    rule = {"name": "a run that fails", "scope": "experiment", "metric": "failed", "comparison": ">=", "threshold": 0, "experiment_id": stack.create(start=True, configuration={"rounds": 1000})}
    assert stack.client.post("/alert-rules", json=rule).status_code == 201
    stack.wait_until(lambda: stack.client.get("/alerts").json()["alerts"], 30, "an alert")
    return stack


def filled(path, stack):
    """A path of the document with names of what is there."""
    names = {"experiment_id": stack.run, "alert_id": "alert_001", "service": "redis", "rule_id": "rule_001", "silence_id": "silence_001", "jti": "none-such-token", "name": "shell"}
    if "artifacts/" in path:
        names["name"] = stack.client.get(f"/experiments/{stack.run}/artifacts").json()["artifacts"][0]["name"]
    return path.format(**names)


def needed(path):
    return {"service": "dashboard", "metric": "store_bytes"} if path == "/metrics/history" else {}


@EVERY
def test_who_may(stack, method, path, operation):
    """Without a token 401, with too little a role 403; with enough of one neither, whatever else is wrong with the request."""
    url, body = filled(path, stack), {"json": {"nothing": "like it"}} if "requestBody" in operation else {}
    least = operation["x-role"]
    if path == "/auth/logout":
        body = {}
    anyone = stack.connect("")
    answer = anyone.request(method, url, **body)
    assert (operation.get("security") == []) == (least == "none")
    assert answer.status_code == 401 if least != "none" else answer.status_code not in (401, 403), answer.text
    for role in ROLES[1:] if operation["operationId"] not in ("logout", "streamEvents", "deleteExperiment") else []:
        answer = stack.roles[role].request(method, url, **body)
        if ROLES.index(role) < ROLES.index(least):
            assert answer.status_code == 403, (role, answer.text)
        else:
            assert answer.status_code not in (401, 403), (role, answer.text)


@EVERY
def test_what_is_counted(stack, method, path, operation):
    """Every answer says what is left of its class, also one that refuses; the live stream counts connections instead."""
    limit = LIVE if operation.get("x-rate-class") == "live" else STANDARD
    client = stack.connect("")
    answers = [client.request(method, filled(path, stack)) for _ in range(2)]
    if operation["operationId"] == "streamEvents":
        assert not [h for h in answers[0].headers if h.startswith("x-ratelimit")]
        return
    left = [int(a.headers["x-ratelimit-remaining"]) for a in answers]
    assert {int(a.headers["x-ratelimit-limit"]) for a in answers} == {limit} and left[1] < left[0] < limit
    assert int(answers[0].headers["x-ratelimit-reset"]) % 3600 == 0


@pytest.mark.parametrize("path, operation", READS)
def test_reads(stack, path, operation):
    """GET, HEAD the same without its body, and 304 for who has it already."""
    url, more = filled(path, stack), {"params": needed(path)}
    got = stack.client.get(url, **more)
    assert got.status_code == 200, got.text
    head = stack.client.head(url, **more)
    assert head.status_code == 200 and head.content == b"" and head.headers["content-type"] == got.headers["content-type"]
    if "ETag" in contract.document.follow(operation["responses"]["200"]).get("headers", {}):
        # What is live may change in between.
        fresh = stack.wait_until(lambda: (r := stack.client.get(url, headers={"If-None-Match": stack.client.get(url, **more).headers["etag"]}, **more)).status_code == 304 and r, 10, "304")
        assert fresh.content == b"" and "etag" in fresh.headers
        assert stack.client.get(url, headers={"If-None-Match": "*"}, **more).status_code == 304
    if "csv" in str(operation.get("parameters")) or any(p.get("$ref", "").endswith("/Format") for p in operation.get("parameters", [])):
        table = stack.client.get(url, params={**needed(path), "format": "csv"})
        assert table.status_code == 200 and table.headers["content-type"].startswith("text/csv") and table.text.endswith("\r\n")


@pytest.mark.parametrize("path", sorted(contract.document.root["paths"]))
def test_other_methods(stack, path):
    """OPTIONS names what a path has, HEAD with GET; all else is 405 with the same names."""
    if path == "/events/stream":
        return
    item, url = contract.document.root["paths"][path], filled(path, stack)
    has = {m.upper() for m in item if m in contract.METHODS} | {"OPTIONS"}
    has |= {"HEAD"} if "GET" in has else set()
    options = stack.connect("").options(url)
    assert options.status_code == 204 and set(options.headers["allow"].split(", ")) == has
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - has:
        refused = stack.client.request(method, url)
        assert refused.status_code == 405 and set(refused.headers["allow"].split(", ")) == has, (method, refused.text)
