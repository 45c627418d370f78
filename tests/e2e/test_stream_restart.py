"""
Whatever is killed, a client that comes back with the id of its last message has in the end each event exactly once, in order. And who is slow or
silent is nobody's problem but its own.
"""
import asyncio
import json
import os
import signal
import socket
import threading
import time

import httpx
import pytest
import websockets

from conftest import make_stack
from harness.live import Events, LiveStack, subscribe, take


class Follower:
    """Keeps the last id, comes back when it is cut off, and collects the ids that it was sent."""

    def __init__(self, live):
        self.live, self.ids, self.cuts, self.resyncs = live, [], 0, 0
        self.last = 0

    async def run(self, until):
        while self.last < until():
            try:
                async with self.live.socket(open_timeout=3) as ws:
                    await ws.send(json.dumps({"action": "subscribe", "topics": ["experiments", "alerts"], "since": self.last}))
                    while self.last < until():
                        try:
                            message = json.loads(await asyncio.wait_for(ws.recv(), 1))
                        except asyncio.TimeoutError:
                            continue
                        self.resyncs += message["type"] == "resync"
                        if "id" in message:
                            self.ids.append(message["id"])
                            self.last = message["id"]
            except (OSError, websockets.WebSocketException, asyncio.TimeoutError):
                self.cuts += 1
                await asyncio.sleep(0.05)


def test_each_event_once_while_everything_is_killed(request):
    live = make_stack(request, LiveStack)
    done = threading.Event()

    def write():
        while not done.is_set():
            live.emit(3)
            live.emit(topic="alerts")
            time.sleep(0.005)

    async def scene():
        live.db.close()
        del live._db
        writer = threading.Thread(target=write)
        followers = [Follower(live) for _ in range(5)]
        total = [1 << 60]
        writer.start()  # it opens the store for itself, since a connection belongs to one thread
        tasks = [asyncio.create_task(f.run(lambda: total[0])) for f in followers]
        for name, sig in (("stream", signal.SIGKILL), ("lighttpd", signal.SIGKILL), ("stream", signal.SIGTERM), ("stream", signal.SIGKILL), ("lighttpd", signal.SIGTERM)):
            await asyncio.sleep(0.7)
            await asyncio.to_thread(live.restart, name, sig)
        await asyncio.sleep(0.7)
        done.set()
        await asyncio.to_thread(writer.join)
        total[0] = live.rows("SELECT max(id) AS n FROM event")[0]["n"]
        await asyncio.wait_for(asyncio.gather(*tasks), 60)
        for f in followers:
            assert f.ids == list(range(1, total[0] + 1))
            assert f.cuts >= 4 and f.resyncs == 0
        assert total[0] > 500
    asyncio.run(scene())
    live.__dict__.pop("_db", None)


def test_a_stuck_reader_is_closed_and_nobody_else_waits(request):
    live = make_stack(request, LiveStack)

    async def scene():
        stuck = socket.create_connection(("127.0.0.1", live.stream_port), 10)
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.sendall(live.handshake().encode())
        stuck.recv(4096)
        text = json.dumps({"action": "subscribe", "topics": ["experiments"]}).encode()
        stuck.sendall(bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text)
        lazy = Events(live, port=live.stream_port)  # and an event stream that is not read
        async with live.socket() as ws:
            await subscribe(ws)
            slowest = 0
            for _ in range(60):
                began = time.monotonic()
                live.emit(10, data={"x": "x" * 20000})
                await take(ws, 10)
                slowest = max(slowest, time.monotonic() - began)
            assert slowest < 0.5
        log = (live.logs / "stream.log").read_text()
        assert log.count("Too slow a reader") == 2, log
        stuck.close()
        lazy.close()
    asyncio.run(scene())


def test_a_dead_peer_is_freed(request):
    """One that no longer answers pings is closed within 30 s, and its place is free again."""
    live = make_stack(request, LiveStack, settings={"rate": {"connections": 1}})
    with socket.create_connection(("127.0.0.1", live.stream_port), 10) as dead:
        dead.sendall(live.handshake().encode())  # reads nothing from here on, answers nothing
        time.sleep(1)
        url = f"{live.url}/api/v1/events/stream"
        assert httpx.get(url).status_code == 429
        began = time.monotonic()
        while True:
            events = Events(live)
            if events.status == 200:
                break
            events.close()
            time.sleep(1)
            assert time.monotonic() - began < 35
        assert time.monotonic() - began > 15
        events.close()


def with_idle(live, seconds):
    """The same web server with shorter patience, in place of a long wait."""
    conf = live.root / "lighttpd.conf"
    conf.write_text(conf.read_text() + f"\nserver.max-read-idle = {seconds}\nserver.max-write-idle = {seconds}\n")
    live.lighttpd.stop()
    live.lighttpd.start()
    live.wait_ready()


def idle(live, seconds):
    async def scene():
        events = Events(live)
        async with live.socket() as ws:
            await subscribe(ws)
            await asyncio.sleep(seconds)
            last = live.emit()
            assert (await take(ws, 1))[0]["id"] == last
        events.wait(lambda e: e.messages())
        assert events.messages()[0]["id"] == last
        assert len(events.comments) >= seconds // 16
        events.close()
    asyncio.run(scene())


def test_silence_outlasts_the_web_servers_patience(request):
    live = make_stack(request, LiveStack)
    with_idle(live, 30)
    idle(live, 40)


@pytest.mark.skipif(not os.environ.get("FLOPYNET_SLOW"), reason="takes ten minutes; FLOPYNET_SLOW=1")
@pytest.mark.timeout(700)
def test_ten_minutes_of_silence(request):
    idle(make_stack(request, LiveStack), 600)
