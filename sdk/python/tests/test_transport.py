"""One call: what is sent, what is sent again and when, and what each answer becomes."""
import asyncio
import socket
import time

import pytest
from conftest import error

import flopy_net_client as f
from flopy_net_client import calls, endpoints, transport

MADE = (201, {}, {"experiment": {"id": "exp_001", "status": "created"}})


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(transport, "BACKOFF_FIRST", 0.01)
    monkeypatch.setattr(transport, "CONNECT_WAIT", 1.0)


@pytest.fixture(params=["sync", "async"])
def call(request, server):
    """call(lambda c: c.experiments.get("exp_001")): with both clients alike."""

    def run(what, base=None, key="a.b.c", **more):
        if request.param == "sync":
            with f.DashboardClient(base or server.url, key, **more) as client:
                return what(client)

        async def scene():
            async with f.AsyncDashboardClient(base or server.url, key, **more) as client:
                return await what(client)

        return asyncio.run(scene())

    run.asynchronous = request.param == "async"
    return run


@pytest.mark.parametrize("suffix,path", [
    ("", "/api/v1"), ("/", "/api/v1"), ("/api/v1", "/api/v1"), ("/api/v1/", "/api/v1"), ("/lab/flopynet", "/lab/flopynet/api/v1"), ("/lab/api/v1//", "/lab/api/v1"),
])
def test_base_urls(server, call, suffix, path):
    server.answers = [(200, {}, {"status": "healthy"})]
    assert call(lambda c: c.health(), base=server.url + suffix)["status"] == "healthy"
    assert server.requests[0].path == path + "/health"


@pytest.mark.parametrize("wrong", ["localhost:3001", "ftp://localhost", "http://", ""])
def test_a_base_url_that_is_none_says_so_at_once(wrong):
    with pytest.raises(ValueError, match="base_url"):
        f.DashboardClient(wrong, "key")


def test_keys(server, call):
    server.answers = [(200, {}, {"status": "healthy"})]
    call(lambda c: c.health(), key=" a.b.c\n")  # as read from a file
    call(lambda c: c.health(), key=None)
    assert server.requests[0].headers["Authorization"] == "Bearer a.b.c" and "Authorization" not in server.requests[1].headers
    for wrong in ("a b", "a\nb", "schlüssel"):
        with pytest.raises(ValueError, match="api_key"):
            f.DashboardClient(server.url, wrong)


@pytest.mark.parametrize("answer,kind", [
    (error(400, "VALIDATION_ERROR", details={"rounds": "Must be between 1 and 100"}), f.ValidationError),
    (error(401, "UNAUTHORIZED"), f.AuthenticationError),
    (error(403, "FORBIDDEN"), f.PermissionDenied),
    (error(404, "NOT_FOUND"), f.NotFoundError),
    (error(409, "CONFLICT", details={"status": "running", "allowed": "pause, stop, abort"}), f.ConflictError),
    (error(412, "PRECONDITION_FAILED"), f.PreconditionFailed),
    (error(413, "PAYLOAD_TOO_LARGE"), f.PayloadTooLargeError),
    (error(500, "INTERNAL_ERROR"), f.ServerError),
    (error(507, "INSUFFICIENT_STORAGE"), f.ServerError),
    (error(503, "SERVICE_UNAVAILABLE", retry_after=30), f.ServiceUnavailableError),
    (error(429, "RATE_LIMITED", headers={"Retry-After": "1260"}), f.RateLimitedError),
    (error(418, "SOMETHING_NEW"), f.DashboardError),
])
def test_errors_are_typed_by_their_code(server, call, answer, kind):
    server.answers = [answer]
    with pytest.raises(f.DashboardError) as failed:
        call(lambda c: c.experiments.get("exp_001"), max_wait=1)
    e = failed.value
    assert type(e) is kind and e.status == answer[0] and e.code == answer[2]["error"]["code"] and e.request_id == "r1-1" and str(e).startswith("As it is.")
    assert e.details == answer[2]["error"].get("details", {}) and len(server.requests) == 1
    if kind is f.ConflictError:
        assert e.allowed == ["pause", "stop", "abort"]
    if kind is f.RateLimitedError:
        assert e.retry_after == 1260
    if kind is f.ServiceUnavailableError:
        assert e.retry_after == 30


@pytest.mark.parametrize("status,body", [(404, "<html>Not here</html>"), (500, ""), (502, "<html>"), (413, b"\xff\x00"), (400, "[1]"), (400, {"error": "text"}), (401, {"error": {"details": [1]}})])
def test_errors_that_are_not_the_apis_are_survived(server, call, status, body):
    server.answers = [(status, {"Content-Type": "text/html"}, body)]
    with pytest.raises(f.DashboardError) as failed:
        call(lambda c: c.experiments.control("exp_001", "start"))
    assert failed.value.status == status and str(status) in str(failed.value) and failed.value.code == ""


@pytest.mark.parametrize("answer", [(200, {}, "<html>Welcome</html>"), (200, {}, "[]"), (200, {}, b"\xff"), (302, {"Location": "https://other/"}, "")])
def test_a_page_in_place_of_an_answer(server, call, answer):
    server.answers = [answer]
    with pytest.raises(f.UnexpectedAnswer, match="base_url"):
        call(lambda c: c.experiments.get("exp_001"))


def test_members_that_are_missing_or_new(server, call):
    server.answers = [(200, {}, {"experiment": {"id": "exp_001", "future": [1], "tags": None, "created_at": "not a time", "accuracy": None}})]
    x = call(lambda c: c.experiments.get("exp_001"))
    assert (x.id, x.tags, x.created_at, x.accuracy, x.clients, x.current_round) == ("exp_001", [], None, None, [], 0) and x.raw["future"] == [1]


def test_busy_and_limiting_servers_are_waited_for(server, call):
    server.answers = [error(503, "SERVICE_UNAVAILABLE", headers={"Retry-After": "0.2"}), error(429, "RATE_LIMITED", headers={"Retry-After": "0"}), (503, {}, "<html>"), MADE]
    began = time.monotonic()
    assert call(lambda c: c.experiments.create({"name": "a"})).id == "exp_001"
    assert 0.2 <= time.monotonic() - began < 5
    keys = [r.headers["Idempotency-Key"] for r in server.requests]
    assert len(keys) == 4 and len(set(keys)) == 1 and len(keys[0]) == 36
    server.requests.clear()
    # Nothing was done where the server says so: this may be sent again too.
    server.answers = [error(503, "SERVICE_UNAVAILABLE", headers={"Retry-After": "0"}), (200, {}, {"status": "paused"})]
    assert call(lambda c: c.experiments.pause("exp_001", reason="r")) == "paused"
    assert [r.json for r in server.requests] == [{"action": "pause", "reason": "r"}] * 2


def test_it_waits_within_a_bound(server, call):
    server.answers = [error(503, "SERVICE_UNAVAILABLE", headers={"Retry-After": "0.1"})]
    began = time.monotonic()
    with pytest.raises(f.ServiceUnavailableError):
        call(lambda c: c.experiments.get("exp_001"), max_wait=0.5)
    assert time.monotonic() - began < 3 and 3 <= len(server.requests) <= 6
    server.requests.clear()
    with pytest.raises(f.ServiceUnavailableError):
        call(lambda c: c.experiments.get("exp_001"), max_wait=0)
    assert len(server.requests) == 1


def test_a_cut_connection(server, call):
    """What is safe is sent again; what may have been done is not."""
    server.answers = [None, None, MADE]
    assert call(lambda c: c.experiments.create({"name": "a"})).id == "exp_001"
    assert len({r.headers["Idempotency-Key"] for r in server.requests}) == 1 and len(server.requests) == 3
    for unsafe in (lambda c: c.experiments.start("exp_001"), lambda c: c.experiments.delete("exp_001"), lambda c: c.tokens.create("n", role="viewer")):
        server.requests.clear()
        server.answers = [None]
        with pytest.raises(f.ConnectionFailed):
            call(unsafe)
        assert len(server.requests) == 1
    server.requests.clear()
    server.answers = [(502, {}, "<html>"), (504, {}, ""), (200, {}, {"experiment": {"id": "exp_001"}})]
    assert call(lambda c: c.experiments.get("exp_001")).id == "exp_001"


def test_every_create_carries_a_key_of_its_own(server, call):
    server.answers = [(201, {}, {"rule": {}, "silence": {}, "token": {}, "user": {}, "experiment": {}})]
    call(lambda c: c.experiments.create({"name": "a"}))
    call(lambda c: c.experiments.create({"name": "a"}, idempotency_key="mine"))
    call(lambda c: c.experiments.clone("exp_001", seed=2))
    call(lambda c: c.rules.create({"name": "a"}))
    call(lambda c: c.silences.create("2030-01-01", "r", service="redis"))
    call(lambda c: c.tokens.create("n", role="viewer"))
    call(lambda c: c.users.create("alice", "a long pass phrase", "viewer"))
    keys = [r.headers["Idempotency-Key"] for r in server.requests]
    assert len(set(keys)) == 7 and keys[1] == "mine"


def test_nobody_there_and_nobody_answering(call):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(f.ConnectionFailed):
            call(lambda c: c.health(), base=url)
        mute.listen(50)
        with pytest.raises(f.ConnectionFailed, match="too long"):
            call(lambda c: c.health(), base=url, timeout=0.2)
        assert time.monotonic() - began < 10
    assert transport.TIMEOUT == 30  # there is one by default


def test_unhealthy_is_an_answer(server, call):
    server.answers = [(503, {}, {"status": "unhealthy", "services": {}})]
    assert call(lambda c: c.health())["status"] == "unhealthy"
    server.answers = [error(503, "SERVICE_UNAVAILABLE", headers={"Retry-After": "0"}), (200, {}, {"status": "healthy"})]
    assert call(lambda c: c.health())["status"] == "healthy"


def test_paths_and_parameters_are_escaped(server, call):
    server.answers = [(200, {}, {"experiment": {}})]
    call(lambda c: c.experiments.get("../users/a?b#c"))
    assert server.requests[0].path == "/api/v1/experiments/..%2Fusers%2Fa%3Fb%23c"
    call(lambda c: c.experiments.page(q="a&b=ü+", limit=3))
    assert server.requests[1].query == {"q": "a&b=ü+", "limit": "3", "offset": "0"}


def test_pages_of_a_list_that_moves():
    """Something new comes while it is read: what then stands on the next page again is given once."""
    pages = calls.Pages(lambda limit, offset: endpoints.rule_list(limit, offset), "id")
    first = endpoints.rule_list(100, 0).read({"rules": [{"id": f"rule_{i}"} for i in range(100)], "total": 120, "limit": 100, "offset": 0})
    second = endpoints.rule_list(100, 100).read({"rules": [{"id": f"rule_{i}"} for i in range(99, 121)], "total": 121, "limit": 100, "offset": 100})
    assert pages.next().params["offset"] == "0" and len(pages.take(first)) == 100 and not pages.done
    assert pages.next().params["offset"] == "100" and [r.id for r in pages.take(second)] == [f"rule_{i}" for i in range(100, 121)] and pages.done


ODD = [None, 5, -1.5, True, "x", [], [1, "x", None, [], {}], {}, {"id": 5, "name": [], "total": {}, "members": 3, "clients": 7, "tags": "x", "created_at": 9, "current_round": "x"}]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_answers_of_no_known_form(server, call, odd):
    """Whatever a server that is not ours says, it becomes an object with defaults or an error of ours."""
    names = ("experiments", "experiment", "rounds", "rules", "rule", "alerts", "tokens", "token", "settings", "history", "engines", "scenario", "lines", "user", "total", "limit",
             "dependencies", "status", "api_key", "notifications")
    server.answers = [(200, {}, {name: odd for name in names})]
    calls_of = (
        lambda c: c.experiments.get("exp_001"), lambda c: c.experiments.page(), lambda c: c.experiments.logs("exp_001"), lambda c: c.alerts.page(), lambda c: c.rules.create({}),
        lambda c: c.tokens.create("n", role="viewer"), lambda c: c.me(), lambda c: c.config.settings(), lambda c: c.scenario("x"), lambda c: c.dependencies(), lambda c: c.health(),
        lambda c: c.experiments.pause("exp_001"), lambda c: c.notifications.test(), lambda c: c.login("a", "b"), lambda c: c.rules.try_out({}),
    )
    found = []

    def all_of_them(client):
        for one in calls_of:
            try:
                found.append(one(client))
            except f.DashboardError as error:
                found.append(error)

    async def all_awaited(client):
        for one in calls_of:
            try:
                found.append(await one(client))
            except f.DashboardError as error:
                found.append(error)

    call(all_awaited if call.asynchronous else all_of_them)
    assert len(found) == len(calls_of)
    items = [item for got in found for item in (got.items if isinstance(got, f.Page) else [got])]
    for x in [item for item in items if isinstance(item, f.Experiment)]:
        assert isinstance(x.current_round, int) and isinstance(x.clients, list) and isinstance(x.timeline, list) and isinstance(x.is_final, bool)
        assert isinstance(x.tags, list) and isinstance(x.id, str) and x.created_at is None
