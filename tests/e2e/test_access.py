"""Who may: tokens, logins, roles, limits, methods, headers, through the real web server."""
import concurrent.futures
import json
import socket
import time

import pytest
from harness.fastcgi import Request


@pytest.fixture(scope="module")
def stack(shared_stack):
    shared_stack.ctl("user", "add", "alice", "--role", "operator", input="a long pass phrase\n")
    shared_stack.viewer = shared_stack.make_token("watcher", "viewer")
    return shared_stack


@pytest.fixture
def anyone(stack):
    return stack.connect("")


def raw(stack, text):
    """What the web server answers to bytes that no client library would send: (status, head, body)."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=10) as s:
        s.sendall(text.encode("latin-1"))
        s.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := s.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), body


def error(response, status, code):
    assert response.status_code == status, response.text
    body = response.json()["error"]
    assert body["code"] == code and body["message"]
    assert body["request_id"] == response.headers["x-request-id"]
    return body


def test_health_is_open_to_all(stack, anyone):
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Cookie": "flopynet_session=x.y.z"}):
        assert anyone.get("/health", headers=headers).status_code == 200


@pytest.mark.parametrize("value", ["", "Bearer", "Basic dXNlcjpwdw==", "Bearer a.b.c", "Token x", "Bearer " + "a" * 5000])
def test_what_is_no_token_is_401(stack, anyone, value):
    r = anyone.get("/experiments", headers={"Authorization": value} if value else {})
    error(r, 401, "UNAUTHORIZED")
    assert r.headers["www-authenticate"].startswith("Bearer")


def test_a_token_too_long_for_the_web_server(stack):
    status, head, body = raw(stack, f"GET /api/v1/experiments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {'a' * 9000}\r\n\r\n")
    assert status == 431 and json.loads(body)["error"]["code"] == "PAYLOAD_TOO_LARGE"


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_the_scheme_in_any_case(stack, anyone, scheme):
    assert anyone.get("/auth/me", headers={"Authorization": scheme + stack.viewer}).status_code == 200


def test_two_authorization_headers_are_none(stack):
    status, _, _ = raw(stack, f"GET /api/v1/experiments HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer {stack.viewer}\r\nAuthorization: Bearer {stack.viewer}\r\n\r\n")
    assert status in (400, 401)


def test_a_forged_twin_of_a_header_is_refused(stack):
    status, _, _ = raw(stack, "GET /api/v1/health HTTP/1.0\r\nHost: x\r\nX_Forwarded_For: 6.6.6.6\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n")
    assert status == 400


def test_roles(stack):
    viewer = stack.connect(stack.viewer)
    assert viewer.get("/experiments").status_code == 200
    for method, path in (("POST", "/experiments"), ("DELETE", "/experiments/exp_001"), ("PATCH", "/experiments/exp_001"), ("GET", "/tokens"), ("GET", "/users")):
        assert "operator" in (m := error(viewer.request(method, path), 403, "FORBIDDEN")["message"]) or "admin" in m
    operator = stack.connect(stack.make_token("worker", "operator"))
    error(operator.post("/tokens", json={"name": "x", "role": "admin"}), 403, "FORBIDDEN")


def test_an_engine_token_is_good_for_its_experiment_only(stack):
    mine, other = stack.create(), stack.create()
    made = stack.client.post("/tokens", json={"name": "lab-7", "experiment": mine})
    assert made.status_code == 201 and made.json()["token"]["role"] == "none" and made.json()["token"]["kind"] == "engine"
    engine = stack.connect(made.json()["api_key"])
    assert engine.get(f"/experiments/{mine}").status_code == 200
    assert engine.get(f"/experiments/{mine}/rounds").status_code == 200
    assert engine.get("/auth/me").json()["user"] == {"name": "lab-7", "role": "none", "experiment": mine, "auth": "bearer",
                                                     "expires_at": made.json()["token"]["expires_at"]}
    for method, path in (("GET", f"/experiments/{other}"), ("GET", "/experiments"), ("DELETE", f"/experiments/{mine}"), ("POST", f"/experiments/{mine}/control"),
                         ("POST", f"/experiments/{other}/events"), ("GET", "/config")):
        r = engine.request(method, path, **({"json": {"events": []}} if method == "POST" else {}))
        assert r.status_code == 403, (method, path, r.text)
    error(stack.client.post("/tokens", json={"name": "x", "experiment": "exp_99999"}), 400, "VALIDATION_ERROR")


def test_tokens_come_and_go(stack):
    made = stack.client.post("/tokens", json={"name": "nightly", "role": "viewer", "days": 2})
    assert made.status_code == 201
    token = made.json()["token"]
    assert made.headers["location"].endswith(f"/api/v1/tokens/{token['jti']}")
    assert token["status"] == "active" and token["created_by"] == "test" and token["revoked_at"] is None
    mine = stack.connect(made.json()["api_key"])
    assert mine.get("/auth/me").json()["user"]["name"] == "nightly"
    listed = stack.client.get("/tokens", params={"status": "active", "kind": "api", "sort": "name:asc", "limit": 100}).json()
    assert token in listed["tokens"] and listed["total"] == len(listed["tokens"])
    assert made.json()["api_key"] not in json.dumps(listed)
    # Every worker knows of it with its next request.
    assert stack.client.delete(f"/tokens/{token['jti']}").status_code == 204
    for _ in range(8):
        assert "revoked" in error(mine.get("/auth/me"), 401, "UNAUTHORIZED")["message"]
    assert stack.client.delete(f"/tokens/{token['jti']}").status_code == 204
    error(stack.client.delete("/tokens/none-such"), 404, "NOT_FOUND")
    assert [t["status"] for t in stack.client.get("/tokens", params={"limit": 100}).json()["tokens"] if t["jti"] == token["jti"]] == ["revoked"]


@pytest.mark.parametrize("body, fields", [
    ({}, {"name", "role"}),
    ({"name": "x"}, {"role"}),
    ({"name": "x", "role": "none"}, {"role"}),
    ({"name": "x", "role": "admin", "experiment": "exp_001"}, {"role"}),
    ({"name": "", "role": "root", "days": 0, "colour": "red"}, {"name", "role", "days", "colour"}),
    ({"name": "x", "experiment": "EXP_001"}, {"experiment"}),
    ({"name": "x", "role": "admin", "days": "7"}, {"days"}),
])
def test_a_wrong_token_request_names_every_field(stack, body, fields):
    assert set(error(stack.client.post("/tokens", json=body), 400, "VALIDATION_ERROR")["details"]) == fields


def test_login_with_a_cookie(stack, anyone):
    r = anyone.post("/auth/login", json={"username": "alice", "password": "a long pass phrase"})
    assert r.status_code == 200 and r.json()["user"]["name"] == "alice" and "api_key" not in r.json()
    cookie = r.headers["set-cookie"]
    assert cookie.startswith("flopynet_session=") and "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/;" in cookie and "Secure" not in cookie
    assert anyone.get("/auth/me").json()["user"]["auth"] == "cookie"
    assert anyone.get("/experiments").status_code == 200
    own = {"Origin": f"http://127.0.0.1:{stack.port}"}
    new = {"name": "x", "scenario": "shell"}
    error(anyone.post("/experiments", json=new), 403, "FORBIDDEN")
    error(anyone.post("/experiments", json=new, headers={"Origin": "http://evil.example"}), 403, "FORBIDDEN")
    error(anyone.post("/experiments", json=new, headers={"Sec-Fetch-Site": "same-site"}), 403, "FORBIDDEN")
    error(anyone.post("/experiments", content=json.dumps(new), headers=own), 415, "UNSUPPORTED_MEDIA_TYPE")
    assert anyone.post("/experiments", json=new, headers=own).status_code == 201
    assert anyone.post("/experiments", json=new, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 201
    kept = anyone.cookies["flopynet_session"]
    out = anyone.post("/auth/logout", headers=own)
    assert out.status_code == 204 and out.content == b"" and "Max-Age=0" in out.headers["set-cookie"]
    error(anyone.get("/auth/me", headers={"Cookie": f"flopynet_session={kept}"}), 401, "UNAUTHORIZED")


def test_login_for_a_token_and_with_a_token(stack, anyone):
    r = anyone.post("/auth/login", json={"username": "alice", "password": "a long pass phrase", "deliver": "token"})
    assert "set-cookie" not in r.headers and r.json()["user"]["auth"] == "bearer"
    assert stack.connect(r.json()["api_key"]).get("/auth/me").json()["user"]["role"] == "operator"
    r = anyone.post("/auth/login", json={"token": stack.viewer})
    assert r.status_code == 200 and anyone.get("/auth/me").json()["user"] == {**r.json()["user"], "auth": "cookie"}
    # What was made as such outlives the logout.
    assert anyone.post("/auth/logout", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 204
    assert stack.connect(stack.viewer).get("/auth/me").status_code == 200
    error(anyone.post("/auth/login", json={"token": "a.b.c"}), 401, "UNAUTHORIZED")
    details = error(anyone.post("/auth/login", json={"username": 1, "deliver": "mail"}), 400, "VALIDATION_ERROR")["details"]
    assert set(details) == {"username", "password", "deliver"}


def test_users(stack, anyone):
    admin = stack.client
    r = admin.post("/users", json={"name": "bob", "password": "a long pass phrase", "role": "viewer"})
    assert r.status_code == 201 and r.json()["user"]["last_login_at"] is None and "password" not in r.json()["user"]
    error(admin.post("/users", json={"name": "bob", "password": "a long pass phrase", "role": "viewer"}), 409, "CONFLICT")
    assert set(error(admin.post("/users", json={"name": "Bob", "password": "short", "role": "none"}), 400, "VALIDATION_ERROR")["details"]) == {"name", "password", "role"}
    bob = {"username": "bob", "password": "a long pass phrase"}
    session = stack.connect(anyone.post("/auth/login", json={**bob, "deliver": "token"}).json()["api_key"])
    assert session.get("/auth/me").status_code == 200
    assert admin.patch("/users/bob", json={"role": "operator"}).json()["user"]["role"] == "operator"
    error(session.get("/auth/me"), 401, "UNAUTHORIZED")
    assert admin.patch("/users/bob", json={"disabled": True}).json()["user"]["disabled"] is True
    error(anyone.post("/auth/login", json=bob), 401, "UNAUTHORIZED")
    assert {"alice", "bob"} <= {u["name"] for u in admin.get("/users").json()["users"]}
    error(admin.patch("/users/bob", json={}), 400, "VALIDATION_ERROR")
    error(admin.patch("/users/carol", json={"disabled": True}), 404, "NOT_FOUND")
    assert admin.delete("/users/bob").status_code == 204
    error(admin.delete("/users/bob"), 404, "NOT_FOUND")


def test_guessing_is_slowed(stack_with):
    stack = stack_with()
    stack.ctl("user", "add", "alice", "--role", "viewer", input="a long pass phrase\n")
    anyone = stack.connect("")
    wrong = {"username": "alice", "password": "not this one"}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = [r.status_code for r in pool.map(lambda _: anyone.post("/auth/login", json=wrong), range(12))]
    assert statuses.count(401) == 5 and statuses.count(429) == 7
    r = anyone.post("/auth/login", json={"username": "alice", "password": "a long pass phrase"})
    assert error(r, 429, "RATE_LIMITED")["retry_after"] == int(r.headers["retry-after"]) >= 1


def test_the_limit_is_exact_over_all_workers(stack_with):
    stack = stack_with(settings={"api": {"workers": 4}, "rate": {"standard_per_hour": 200}})
    token = stack.make_token("counted", "viewer")
    client = stack.connect(token)
    if time.time() % 3600 > 3580:
        time.sleep(25)  # not across the end of an hour
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: client.get(["/experiments", "/experiments/exp_404", "/none"][i % 3]), range(230)))
    over = [r for r in answers if r.status_code == 429]
    assert len(over) == 30
    assert sorted(int(r.headers["x-ratelimit-remaining"]) for r in answers) == [0] * 30 + list(range(200))
    for r in over:
        assert 1 <= int(r.headers["retry-after"]) <= 3600 and int(r.headers["x-ratelimit-limit"]) == 200
        assert 0 < int(r.headers["x-ratelimit-reset"]) - time.time() <= 3600
    # The count outlives the workers; another token has its own.
    stack.restart("api")
    assert client.get("/experiments").status_code == 429
    assert stack.connect(stack.make_token("another", "viewer")).get("/experiments").status_code == 200


def test_methods(stack, anyone):
    r = stack.client.head("/experiments")
    assert r.status_code == 200 and r.content == b"" and int(r.headers["content-length"]) > 0
    r = anyone.options("/experiments", headers={"Origin": "http://x.example"})
    assert r.status_code == 204 and r.headers["allow"] == "GET, HEAD, POST, OPTIONS" and "access-control-allow-origin" not in r.headers
    r = stack.client.delete("/experiments")
    error(r, 405, "METHOD_NOT_ALLOWED")
    assert r.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    error(stack.client.get("/nothing"), 404, "NOT_FOUND")
    error(stack.client.get("/api/v1/health"), 404, "NOT_FOUND")


@pytest.mark.parametrize("path, status", [
    ("/api/v1/health/", 200), ("/api/v1//health", 404), ("/api/v1extra/health", 404), ("/api/v1/experiments/", 401), ("/api/v1/%zz", 400), ("/api/v1/health%00", 400),
    ("/api/v1/experiments/exp_001%2F..%2Fconfig", 404), ("/api/v1/Health", 404),
])
def test_paths(stack, path, status):
    got, head, _ = raw(stack, f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n")
    assert got == status and "location:" not in head.lower()


def test_chunked_and_expecting_bodies(stack):
    body = json.dumps({"name": "chunks", "scenario": "shell"}).encode()
    r = stack.client.post("/experiments", content=iter([body[:7], body[7:]]), headers={"Content-Type": "application/json"})
    assert r.status_code == 201
    started = time.monotonic()
    r = stack.client.post("/experiments", content=body, headers={"Content-Type": "application/json", "Expect": "100-continue"})
    assert r.status_code == 201 and time.monotonic() - started < 0.9
    big = iter([b" " * 30000] * 10)
    assert stack.client.post("/experiments", content=big, headers={"Content-Type": "application/json"}).status_code == 413
    error(stack.client.post("/experiments", content=b" " * 70000, headers={"Content-Type": "application/json"}), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("content_type", [None, "application/x-www-form-urlencoded", "text/plain", "application/json;charset=latin1"])
def test_other_media_types(stack, content_type):
    r = stack.client.post("/experiments", content=b"{}", headers={"Content-Type": content_type} if content_type else {})
    error(r, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_etags(stack):
    r = stack.client.get("/experiments")
    tag = r.headers["etag"]
    again = stack.client.get("/experiments", headers={"If-None-Match": f'"x", {tag}'})
    assert again.status_code == 304 and again.content == b"" and again.headers["etag"] == tag
    stack.create()
    assert stack.client.get("/experiments", headers={"If-None-Match": tag}).status_code == 200


def test_a_rotated_secret(stack_with):
    stack = stack_with()
    old = stack.token
    stack.ctl("secret", "rotate")
    fresh = stack.make_token("fresh", "viewer")
    # Within two seconds every worker knows it; the old token stays good all the time.
    until = time.monotonic() + 10
    good = 0
    while good < 20 and time.monotonic() < until:
        assert stack.connect(old).get("/auth/me").status_code == 200
        good = good + 1 if stack.connect(fresh).get("/auth/me").status_code == 200 else 0
    assert good == 20
    stack.ctl("secret", "rotate")
    stack.wait_until(lambda: all(stack.connect(old).get("/auth/me").status_code == 401 for _ in range(10)), 10)


def test_authentication_switched_off(stack_with):
    stack = stack_with(settings={"auth": {"enabled": "false"}})
    anyone = stack.connect("")
    assert anyone.get("/auth/me").json()["user"] == {"name": "local", "role": "admin", "experiment": None, "auth": "none", "expires_at": None}
    assert anyone.post("/experiments", json={"name": "x", "scenario": "shell"}).status_code == 201
    # A page elsewhere whose name was made to point here, and one that calls across.
    error(anyone.get("/auth/me", headers={"Host": "evil.example"}), 403, "FORBIDDEN")
    error(anyone.post("/experiments", json={}, headers={"Origin": "http://evil.example"}), 403, "FORBIDDEN")
    error(anyone.get("/auth/me", headers={"X-Forwarded-For": "10.0.0.1"}), 403, "FORBIDDEN")
    error(anyone.post("/auth/login", json={"username": "a", "password": "b"}), 409, "CONFLICT")


def test_under_a_path_of_its_own(stack):
    """As a web server passes it that has the dashboard under /flopy."""
    def call(path, body, **headers):
        body = json.dumps(body).encode()
        with Request(stack.api_socket, "POST", f"/flopy/api/v1{path}", SCRIPT_NAME="/flopy/api/v1", CONTENT_TYPE="application/json",
                     CONTENT_LENGTH=str(len(body)), **headers) as r:
            r.begin()
            r.body(body)
            r.end()
            return r.answer()
    status, headers, _, _ = call("/experiments", {"name": "x", "scenario": "shell"}, HTTP_AUTHORIZATION=f"Bearer {stack.token}")
    assert status == 201 and headers["location"].startswith("/flopy/api/v1/experiments/exp_")
    status, headers, _, _ = call("/auth/login", {"token": stack.viewer}, HTTPS="on")
    assert status == 200 and "; Path=/flopy;" in headers["set-cookie"] and headers["set-cookie"].endswith("; Secure")


@pytest.mark.parametrize("args, status, words", [
    ([], 2, "command"), (["nonsense"], 2, "nonsense"), (["token", "create", "--name", "x"], 1, "--role"), (["user", "disable", "nobody"], 1, "no user nobody"),
    (["token", "create", "--name", "x", "--role", "root"], 1, "viewer"), (["token", "create", "--name", "x", "--experiment", "exp_99999"], 1, "experiment"),
    (["token", "revoke", "none-such"], 1, "no such token"), (["token", "create", "--name", "x", "--role", "admin", "--days", "0"], 2, "--days"),
    (["backup"], 2, "FILE"), (["init", "more"], 2, "more"),
])
def test_the_operators_tool_says_what_is_wrong(stack, args, status, words):
    done = stack.ctl(*args, check=False)
    assert done.returncode == status and words in done.stderr and done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_operators_tool(stack, tmp_path):
    assert "Usage" in stack.ctl("--help").stdout
    assert "schema" in stack.ctl("check").stdout
    stack.ctl("init")
    stack.ctl("backup", tmp_path / "copy.db")
    assert "exists already" in stack.ctl("backup", tmp_path / "copy.db", check=False).stderr
    assert "alice" in stack.ctl("user", "list").stdout
    stack.ctl("user", "passwd", "alice", input="another pass phrase\n")
    assert stack.connect("").post("/auth/login", json={"username": "alice", "password": "another pass phrase"}).status_code == 200
    stack.ctl("user", "passwd", "alice", input="a long pass phrase\n")
