"""Any stock web server: the shipped snippets for lighttpd, nginx, Apache and Caddy, under / and under a path, in front of the real programs."""
import asyncio
import json
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import websockets
from harness.web_server import KINDS, WebServer


@pytest.fixture(scope="module")
def served(shared_stack):
    """Start a server at most once for each kind and prefix."""
    web = shared_stack.root / "pages"
    web.mkdir()
    (web / "index.html").write_text("<!doctype html><title>pages</title>")
    (web / "module.mjs").write_text("export const long = '" + "x" * 4000 + "'\n")
    servers = {}

    def get(kind, prefix):
        if (kind, prefix) not in servers:
            root = shared_stack.root / (kind + prefix.replace("/", "-"))
            servers[kind, prefix] = WebServer(kind, root, shared_stack.api_socket, shared_stack.stream_port, web, prefix).start()
        return servers[kind, prefix]

    yield get
    for server in servers.values():
        server.stop()


@pytest.fixture(params=[(k, p) for k in KINDS for p in ("", "/lab/flopynet")], ids=lambda kp: kp[0] + (kp[1] or "/"))
def server(request, served):
    return served(*request.param)


@pytest.fixture
def api(server, shared_stack):
    with httpx.Client(base_url=f"{server.url}/api/v1", headers={"Authorization": f"Bearer {shared_stack.token}"}, timeout=20) as client:
        yield client


def test_authorization_reaches_the_api(api, server):
    assert api.get("/auth/me").status_code == 200
    assert httpx.get(f"{server.url}/api/v1/auth/me").status_code == 401


def test_encoded_slash_stays_in_its_segment(api):
    for path in ("/experiments/exp_001%2F..%2F..%2Fhealth", "/experiments%2Fexp_001"):
        r = api.get(path)
        assert r.status_code == 404 and r.json()["error"]["code"] == "NOT_FOUND", (path, r.text)


def test_prefix_is_matched_by_whole_segments(server):
    assert httpx.get(f"{server.url}/api/v1extra/health").status_code == 404


def test_created_and_listed(api):
    r = api.post("/experiments", json={"name": "through a web server", "scenario": "shell"})
    assert r.status_code == 201, r.text
    id = r.json()["experiment"]["id"]
    assert api.get(f"/experiments/{id}?").json()["experiment"]["name"] == "through a web server"
    assert api.patch(f"/experiments/{id}", json={"notes": "patched"}).status_code == 200
    assert api.delete(f"/experiments/{id}").status_code in (200, 204)


def test_chunked_body(api, server):
    body = json.dumps({"name": "in pieces", "scenario": "shell"}).encode()
    r = api.post("/experiments", content=iter([body[:5], body[5:]]), headers={"Content-Type": "application/json"})
    if server.kind == "caddy":  # 2.6 names no length; then it has to be refused in so many words, not hang
        assert r.status_code in (201, 400, 411), r.text
    else:
        assert r.status_code == 201, r.text


def test_large_body_is_refused(api):
    for body in (b" " * 300_000, iter([b" " * 100_000] * 3)):
        r = api.post("/experiments", content=body, headers={"Content-Type": "application/json"})
        assert r.status_code == 413, r.text
        assert r.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"


def test_pages(server):
    page = httpx.get(f"{server.url}/")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    module = httpx.get(f"{server.url}/module.mjs")
    assert module.headers["content-type"].startswith("text/javascript")


def test_websocket(server, shared_stack):
    async def talk():
        async with websockets.connect(server.ws_url, extra_headers={"Authorization": f"Bearer {shared_stack.token}"}) as ws:
            await ws.send(json.dumps({"action": "subscribe", "topics": ["experiments"]}))
            seen = []
            while True:
                message = json.loads(await asyncio.wait_for(ws.recv(), 5))
                seen.append(message["type"])
                if message["type"] == "subscribed":
                    shared_stack.create(name="seen over the socket")
                if message["type"] == "experiment_update":
                    return seen
    assert "subscribed" in asyncio.run(talk())


def test_server_sent_events_come_as_they_happen(api, shared_stack):
    with api.stream("GET", "/events/stream", params={"topics": "experiments"}) as r:
        assert r.status_code == 200 and r.headers["content-type"].startswith("text/event-stream")
        lines = r.iter_lines()
        id = None
        for line in lines:
            if id is None:
                id = shared_stack.create(name="seen in the stream")
            if line.startswith("data:") and id in line:
                return
    pytest.fail("the stream ended before the event came")


def test_refusals_of_lighttpd_itself_are_json(shared_stack):
    """What never reaches the API, or what the API does not survive, has its envelope all the same."""
    def raw(text):
        with socket.create_connection(("127.0.0.1", shared_stack.port), timeout=10) as s:
            s.sendall(text.replace("\n", "\r\n").encode())
            head, _, body = b"".join(iter(lambda: s.recv(65536), b"")).decode().partition("\r\n\r\n")
        assert "content-type: application/json" in head.lower(), head
        return int(head.split()[1]), json.loads(body)["error"]["code"]

    end = "Host: localhost\nConnection: close\n"
    assert raw(f"GET /api/v1/%00 HTTP/1.1\n{end}\n") == (400, "VALIDATION_ERROR")
    assert raw(f"GET /api/v1/health HTTP/1.1\n{end}Content-Length: 2\n\n{{}}") == (400, "VALIDATION_ERROR")
    assert raw(f"POST /api/v1/experiments HTTP/1.1\n{end}\n") == (411, "VALIDATION_ERROR")
    assert raw(f"POST /api/v1/experiments HTTP/1.1\n{end}Content-Length: 300000\n\n") == (413, "PAYLOAD_TOO_LARGE")
    assert raw(f"GET /api/v1/health HTTP/1.1\n{end}X-Long: {'a' * 9000}\n\n") == (431, "PAYLOAD_TOO_LARGE")
    assert raw(f"BREW /api/v1/health HTTP/1.1\n{end}\n") == (501, "METHOD_NOT_ALLOWED")
    assert raw(f"GET /api/other HTTP/1.1\n{end}\n") == (404, "NOT_FOUND")


def test_requests_wait_while_the_pool_is_started_again(stack):
    stack.api.kill()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.get, f"{stack.url}/api/v1/health", timeout=20)
        with pytest.raises(TimeoutError):
            answer.result(0.2)
        stack.api.start()
        assert answer.result(20).status_code == 200
