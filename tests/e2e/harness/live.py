"""
Live updates in tests: a dashboard of web server and flopynet-stream alone, whose events the test writes itself, and clients.

    def test_something(live):
        async def scene():
            async with live.socket() as ws:
                await subscribe(ws, topics=["experiments"])
                live.emit(3)
                assert [m["id"] for m in await take(ws, 3)] == [1, 2, 3]
        asyncio.run(scene())
"""
import asyncio
import base64
import contextlib
import hmac
import json
import socket
import sqlite3
import time
import uuid

import httpx
import websockets

from . import contract
from .process import wait_until
from .stack import Stack


SECRET = "a secret of this test that is long enough to be one\n"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class LiveStack(Stack):
    """Neither monitor nor API run: nothing else writes events. Authentication is off unless settings say otherwise."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        contract.invented.update((self.port, self.stream_port))

    def settings(self):
        base = super().settings()
        base["auth"] = {"enabled": "false", **base.get("auth", {})}
        return base

    @property
    def authenticates(self):
        return self.settings()["auth"]["enabled"] != "false"

    @property
    def programs(self):
        return [self.stream, self.lighttpd]

    def start(self):
        if self.authenticates:
            (self.state / "secret").write_text(SECRET)
            (self.state / "secret").chmod(0o600)
        for program in self.programs:
            program.start()
        self.wait_ready()
        if self.authenticates:
            self.token = self.make_token("test", "viewer")
        return self

    def make_token(self, name="test", role="viewer", seconds=3600, experiment=None, secret=SECRET, kept=True, **claims):
        """A token as this dashboard makes them, but with an end and claims of the test's choice; kept: with its row in the store."""
        now, jti = int(time.time()), uuid.uuid4().hex
        body = {"sub": name, "role": "none" if experiment else role, "jti": jti, "iat": now, "exp": now + seconds}
        if experiment:
            body["experiment"] = f"exp_{experiment:03}"
        body.update(claims)
        if kept:
            self.db.execute("INSERT INTO token (jti, kind, name, subject, role, experiment_id, created_at_ms, expires_at_ms, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'test')",
                            (body["jti"], "engine" if experiment else "api", name, name, body["role"], experiment, now * 1000, body["exp"] * 1000))
        text = b".".join(b64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, body))
        return (text + b"." + b64(hmac.digest(secret.strip().encode(), text, "sha256"))).decode()

    def revoke(self, token):
        jti = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["jti"]
        self.db.execute("UPDATE token SET revoked_at_ms = ? WHERE jti = ?", (int(time.time() * 1000), jti))

    def wait_ready(self, timeout=30):
        # Through the web server, which listens before it is ready.
        wait_until(lambda: httpx.get(f"{self.url}/ws/dashboard", timeout=2).status_code == 400, timeout, "the web server and the stream")

    def stop(self):
        if hasattr(self, "_db"):
            self._db.close()
        super().stop()

    # Events

    @property
    def db(self):
        """A writer that does not checkpoint, which is for the monitor alone."""
        if not hasattr(self, "_db"):
            self._db = sqlite3.connect(self.state / "flopynet.db", timeout=10, isolation_level=None)
            self._db.execute("PRAGMA wal_autocheckpoint = 0")
        return self._db

    def emit(self, n=1, topic="experiments", type=None, experiment=None, data=None):
        """Write n events in one transaction; returns the id of the last one."""
        type = type or {"experiments": "experiment_update", "metrics": "metrics_update", "alerts": "alert"}[topic]
        text = json.dumps({"change": "test"} if data is None else data)
        now = int(time.time() * 1000)
        self.db.execute("BEGIN IMMEDIATE")
        for _ in range(n):
            last = self.db.execute("INSERT INTO event (at_ms, topic, type, experiment_id, data) VALUES (?, ?, ?, ?, ?)",
                                   (now, topic, type, experiment, text)).lastrowid
        self.db.execute("COMMIT")
        return last

    def make_experiments(self, n):
        for i in range(n):
            self.db.execute("INSERT INTO experiment (name, scenario, engine, status, configuration, network_settings, policies, policy_status, clients_count, "
                            "rounds_total, created_by, created_at_ms, status_since_ms, updated_at_ms) "
                            "VALUES (?, 'shell', 'shell', 'created', '{}', '{}', '[]', '{}', 1, 1, 'test', 1, 1, 1)", (f"e{i}",))

    # Clients

    def socket(self, token=None, **more):
        """A WebSocket as a program opens it: with the token in the header where there are tokens."""
        token = getattr(self, "token", "") if token is None else token
        headers = dict(more.pop("headers", {}))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return websockets.connect(more.pop("url", self.ws_url), extra_headers=headers, ping_interval=None, max_size=None, **more)

    @contextlib.contextmanager
    def raw(self, request, port=None):
        """A TCP connection to the web server with a request already sent."""
        with socket.create_connection(("127.0.0.1", port or self.port), 10) as s:
            s.sendall(request.encode())
            yield s

    def handshake(self, *lines, path=None):
        """The text of a WebSocket request."""
        return "\r\n".join([f"GET {path or self.prefix + '/ws/dashboard'} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Upgrade: websocket", "Connection: Upgrade",
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", *lines, "", ""])


async def ask(ws, **message):
    await ws.send(json.dumps(message))
    return json.loads(await asyncio.wait_for(ws.recv(), 10))


async def subscribe(ws, topics=("experiments", "metrics", "alerts"), **more):
    answer = await ask(ws, action="subscribe", topics=list(topics), **more)
    assert answer["type"] == "subscribed", answer
    return answer["data"]


async def take(ws, n, timeout=10):
    """The next n messages."""
    return [json.loads(await asyncio.wait_for(ws.recv(), timeout)) for _ in range(n)]


async def silent(ws, seconds=0.3):
    """Nothing comes for a while."""
    with contextlib.suppress(asyncio.TimeoutError):
        raise AssertionError(f"unexpected: {await asyncio.wait_for(ws.recv(), seconds)}")


async def end_of(ws, timeout=15):
    """Read until the other side closes; returns (code, reason)."""
    try:
        while True:
            await asyncio.wait_for(ws.recv(), timeout)
    except websockets.ConnectionClosed as e:
        return e.code, e.reason


class Events:
    """A reader of server-sent events over a plain connection; what it has read is in .events as dicts of the fields."""

    def __init__(self, stack, query="", port=None, **headers):
        self.sock = socket.create_connection(("127.0.0.1", port or stack.port), 10)
        token = headers.pop("token", getattr(stack, "token", ""))
        lines = [f"GET {stack.prefix}/api/v1/events/stream{query} HTTP/1.1", f"Host: 127.0.0.1:{stack.port}"]
        lines += [f"Authorization: Bearer {token}"] if token else []
        lines += [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.buffer, self.events, self.comments, self.closed = b"", [], [], False
        while b"\r\n\r\n" not in self.buffer:
            self._read()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.head = head.decode()
        self.status = int(self.head.split()[1])
        fields = dict(line.split(": ", 1) for line in self.head.split("\r\n")[1:])
        contract.see(port or stack.port, "GET", f"{stack.prefix}/api/v1/events/stream", self.status, fields, None)
        self.chunked = "transfer-encoding: chunked" in self.head.lower()
        self.text, self.pending = b"", self.buffer
        self.buffer = b""

    def _read(self, timeout=10):
        self.sock.settimeout(timeout)
        got = self.sock.recv(65536)
        if not got:
            self.closed = True
            raise EOFError
        self.buffer += got

    def _dechunk(self):
        data, self.pending = self.pending, b""
        if not self.chunked:
            return data
        out = b""
        while b"\r\n" in data:
            size, rest = data.split(b"\r\n", 1)
            n = int(size or b"0", 16)
            if len(rest) < n + 2:
                break
            out, data = out + rest[:n], rest[n + 2:]
        self.pending = data
        return out

    def _parse(self):
        self.text += self._dechunk()
        while b"\n\n" in self.text:
            block, self.text = self.text.split(b"\n\n", 1)
            event = {}
            for line in block.decode().split("\n"):
                name, _, value = line.partition(":")
                if name:
                    event[name] = value.removeprefix(" ")
                else:
                    self.comments.append(value.strip())
            if event:
                self.events.append(event)

    def wait(self, cond, timeout=10):
        """Read until cond(self) holds; returns its result."""
        until = time.monotonic() + timeout
        while True:
            self._parse()
            got = cond(self)
            if got:
                return got
            left = until - time.monotonic()
            assert left > 0, f"not within {timeout} s; so far {self.events}"
            try:
                self._read(left)
            except TimeoutError:
                continue
            self.pending += self.buffer
            self.buffer = b""

    def messages(self):
        """What the data fields hold, without the first block (retry and id)."""
        return [json.loads(e["data"]) for e in self.events if "data" in e]

    def body(self):
        """Of an answer that is no stream: its body as JSON, read to the end of the text, since the connection may stay open."""
        text = self._dechunk()
        while True:
            try:
                return json.loads(text)
            except ValueError:
                self.buffer = b""
                self._read()
                self.pending += self.buffer
                text += self._dechunk()

    def close(self):
        self.sock.close()
