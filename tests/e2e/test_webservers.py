"""
Drop-in means any stock web server: the shipped snippets for lighttpd, nginx, Apache and Caddy, each started for real, under / and under a prefix, in
front of one API and one stream.
"""
import asyncio
import json
import re
import shutil
import time

import httpx
import pytest
import websockets

from conftest import make_stack
from harness.live import Events, LiveStack, subscribe, take
from harness.web_server import KINDS, SOURCE, WebServer

BINARIES = {"lighttpd": "lighttpd", "nginx": "nginx", "apache": "apache2", "caddy": "caddy"}


class Backend(LiveStack):
    @property
    def programs(self):
        return [self.api, self.stream, self.lighttpd]


@pytest.fixture(scope="module")
def backend(request):
    stack = make_stack(request, Backend, settings={"auth": {"enabled": "true"}})
    stack.operator = stack.make_token("operator", "operator")
    return stack


@pytest.fixture(scope="module", params=[(kind, prefix) for kind in KINDS for prefix in ("", "/lab/flopynet")], ids=lambda p: f"{p[0]}{p[1].replace('/', '-')}")
def server(request, backend):
    kind, prefix = request.param
    if not shutil.which(BINARIES[kind], path="/usr/sbin:/usr/bin:/usr/local/bin"):
        pytest.skip(f"{kind} is not installed")
    root = backend.root / f"{kind}{prefix.replace('/', '-')}"
    web = root / "web"
    web.mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><title>the dashboard</title>")
    (web / "page.mjs").write_text("export {};")
    (web / "large.css").write_text("p { color: inherit; }\n" * 100)
    (web / "docs").mkdir()
    (web / "docs/index.html").write_text("<!doctype html><title>the document</title>")
    server = WebServer(kind, root, backend.api_socket, backend.stream_port, web, prefix)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def client(server, backend):
    with httpx.Client(base_url=f"{server.url}/api/v1", headers={"Authorization": f"Bearer {backend.operator}"}, timeout=20) as client:
        yield client


def envelope(r, status, code):
    assert r.status_code == status, r.text
    assert r.json()["error"]["code"] == code and r.json()["error"]["message"]
    assert r.headers["Content-Type"].startswith("application/json")


def test_rest_with_the_authorization_header(server, backend, client):
    assert client.get("/health").status_code == 200
    r = client.get("/experiments?limit=5&sort=name:asc")
    assert r.status_code == 200 and r.json()["limit"] == 5, r.text
    envelope(httpx.get(f"{server.url}/api/v1/experiments"), 401, "UNAUTHORIZED")
    envelope(httpx.get(f"{server.url}/api/v1/experiments", headers={"Authorization": "Bearer nonsense"}), 401, "UNAUTHORIZED")


def test_paths_arrive_as_they_were_sent(server, client):
    for path in ("/experiments/exp_001%2F..%2Fconfig", "/experiments/exp%2B1", "/experiments/exp_001%20", "/nosuch"):
        envelope(client.get(path), 404, "NOT_FOUND")
    r = httpx.get(f"{server.url}/api/v1extra/experiments")
    assert r.status_code == 404 and "experiments" not in r.text


def test_bodies(server, client):
    envelope(client.post("/experiments", content=b"x" * 300 * 1024, headers={"Content-Type": "application/json"}), 413, "PAYLOAD_TOO_LARGE")

    def pieces():
        yield b'{"name":"in pieces",'
        yield b'"scenario":"basic_fl"}'
    r = client.post("/experiments", content=pieces(), headers={"Content-Type": "application/json"})
    if server.kind == "caddy":  # before 2.7 it names no length: then the body is refused in so many words, and nothing hangs
        assert r.status_code in (201, 400, 411), r.text
    else:
        assert r.status_code == 201, r.text


def test_every_method_passes(client):
    r = client.post("/experiments", json={"name": "through a web server", "scenario": "basic_fl"})
    assert r.status_code == 201, r.text
    path = f"/experiments/{r.json()['experiment']['id']}"
    assert client.patch(path, json={"notes": "patched"}).status_code == 200
    assert client.head(path).status_code == 200
    assert client.options(path).status_code in (200, 204)
    assert client.delete(path).status_code in (200, 204)
    envelope(client.put("/experiments", json={}), 405, "METHOD_NOT_ALLOWED")


def policy(what):
    """What the server's own lighttpd says: the four say the same."""
    found = re.findall(r'"Content-Security-Policy" => "(.*)"', (SOURCE / "conf/lighttpd-routes.conf").read_text())
    return dict(zip(("page", "docs"), found, strict=True))[what]


def test_pages(server):
    r = httpx.get(f"{server.url}/")
    assert r.status_code == 200 and "the dashboard" in r.text and r.headers["Content-Type"].startswith("text/html")
    assert "default-src 'self'" in r.headers["Content-Security-Policy"] and r.headers["X-Content-Type-Options"] == "nosniff"
    assert "javascript" in httpx.get(f"{server.url}/page.mjs").headers["Content-Type"]
    assert httpx.get(f"{server.url}/nosuch.html").status_code == 404
    large = httpx.get(f"{server.url}/large.css", headers={"Accept-Encoding": "gzip"})
    assert large.headers["Content-Encoding"] == "gzip" and large.text.count("inherit") == 100
    docs = httpx.get(f"{server.url}/docs/")
    assert docs.status_code == 200 and "the document" in docs.text and docs.headers["X-Content-Type-Options"] == "nosniff"
    assert httpx.get(f"{server.url}/docs", follow_redirects=True).url == docs.url
    assert set(docs.headers.get_list("Content-Security-Policy")) == {policy("docs")} and set(r.headers.get_list("Content-Security-Policy")) == {policy("page")}


def test_websocket(server, backend):
    origin = f"http://127.0.0.1:{server.port}"

    async def scene():
        # As a program, and as a page does it: the Host that the page sees must arrive, or its Origin is a foreign one.
        for headers in ({"Authorization": f"Bearer {backend.token}"}, {"Cookie": f"flopynet_session={backend.token}", "Origin": origin}):
            async with websockets.connect(server.ws_url, extra_headers=headers, ping_interval=None) as ws:
                await subscribe(ws)
                for _ in range(5):
                    began = time.monotonic()
                    last = backend.emit(data={"x": "y" * 5000})
                    assert (await take(ws, 1))[0]["id"] == last
                    assert time.monotonic() - began < 0.5
        for path, headers, status in ((server.ws_url, {"Authorization": "Bearer nonsense"}, 401),
                                      (server.ws_url, {"Authorization": f"Bearer {backend.token}", "Origin": "http://evil.example"}, 403),
                                      (server.ws_url[:-len("dashboard")] + "other", {}, 404)):
            with pytest.raises(websockets.InvalidStatusCode) as e:
                async with websockets.connect(path, extra_headers=headers, open_timeout=5):
                    pass
            assert e.value.status_code == status
    asyncio.run(scene())


def test_server_sent_events(server, backend):
    server.token = backend.token
    before = backend.emit()
    events = Events(server, f"?topics=experiments&since={before - 1}")
    assert events.status == 200 and "text/event-stream" in events.head
    events.wait(lambda e: e.messages())
    for _ in range(5):
        began = time.monotonic()
        last = backend.emit()
        events.wait(lambda e: e.messages()[-1]["id"] == last)
        assert time.monotonic() - began < 0.5
    events.close()
    events = Events(server, "?topics=experiments", Last_Event_ID=str(before))
    events.wait(lambda e: len(e.messages()) == 5)
    events.close()
    events = Events(server, token="nonsense")
    assert events.status == 401 and events.body()["error"]["code"] == "UNAUTHORIZED"
    events.close()
    events = Events(server, "?topics=nosuch")
    assert events.status == 400 and events.body()["error"]["details"]["topics"]
    events.close()


def test_long_poll(client, backend):
    last = backend.emit()
    began = time.monotonic()
    assert client.get(f"/events?after={last}&wait=1").json() == {"events": [], "last_id": last, "resync": False}
    assert time.monotonic() - began > 0.8
    assert json.loads(client.get(f"/events?after={last - 1}").text)["events"][0]["id"] == last
