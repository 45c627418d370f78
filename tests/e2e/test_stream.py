"""Live updates through the web server: the protocol as schema/asyncapi.yaml has it."""
import asyncio
import json
import struct

import httpx
import pytest
import websockets

from conftest import make_stack
from harness.live import Events, LiveStack, ask, end_of, silent, subscribe, take


@pytest.fixture(scope="module")
def live(request):
    return make_stack(request, LiveStack)


def last_id(live):
    return live.db.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()[0]


def test_messages_have_the_form_of_the_reference(live):
    async def scene():
        async with live.socket() as ws:
            live.make_experiments(2)
            before = last_id(live)
            data = await subscribe(ws, experiment_ids=["exp_001", "exp_002"], ref="a1")
            assert data == {"topics": ["experiments", "metrics", "alerts"], "experiment_ids": ["exp_001", "exp_002"], "interval": 5, "last_id": before}
            live.emit(experiment=1, data={"experiment_id": "exp_001", "accuracy": 0.89, "name": "Тест 🧪 \"q\""})
            live.emit(topic="metrics", data={"change": "sample", "service": "fl_server"})
            live.emit(topic="alerts", data={"id": "alert_001"})
            got = await take(ws, 3)
            assert got == [
                {"type": "experiment_update", "id": before + 1, "data": {"experiment_id": "exp_001", "accuracy": 0.89, "name": "Тест 🧪 \"q\""}},
                {"type": "metrics_update", "id": before + 2, "data": {"change": "sample", "service": "fl_server"}},
                {"type": "alert", "id": before + 3, "data": {"id": "alert_001"}},
            ]
    asyncio.run(scene())


def test_filters(live):
    async def scene():
        async with live.socket() as ws:
            await subscribe(ws, ["experiments"], experiment_ids=["exp_001"])
            live.emit(experiment=2)
            live.emit(topic="alerts")
            wanted = live.emit(experiment=1)
            assert [m["id"] for m in await take(ws, 1)] == [wanted]
            await silent(ws)
            # A subscription replaces the one before; nothing comes twice.
            await subscribe(ws, ["alerts"])
            await subscribe(ws, ["alerts"])
            live.emit(experiment=1)
            alert = live.emit(topic="alerts", experiment=2)
            assert [m["id"] for m in await take(ws, 1)] == [alert]
            await silent(ws)
            answer = await ask(ws, action="unsubscribe", topics=["alerts"])
            assert answer == {"type": "unsubscribed", "data": {"topics": []}}
            live.emit(topic="alerts")
            await silent(ws)
    asyncio.run(scene())


def test_nothing_before_subscribe_and_ping(live):
    async def scene():
        async with live.socket() as ws:
            live.emit()
            await silent(ws)
            pong = await ask(ws, action="ping", ref="x")
            assert pong["type"] == "pong" and pong["ref"] == "x" and pong["data"]["at"].endswith("Z")
    asyncio.run(scene())


@pytest.mark.parametrize("text, field", [
    ("hello", None), ("", None), ("[]", None), ('{"action":"subscribe","topics":["experiments"],}', None), ('{"a":NaN}', None),
    ('{"action":"subscribe","topics":"alerts"}', "topics"), ('{"action":"subscribe","topics":["nosuch"]}', "topics"),
    ('{"action":"subscribe","topics":["alerts"],"experiment_ids":["EXP_001"]}', "experiment_ids"), ('{"action":"nosuch"}', "action"),
    ('{"action":"subscribe","topics":["alerts"],"experiment_ids":["exp_999"]}', "experiment_ids"), ('{"action":"since","since":0}', None),
])
def test_junk_is_answered_and_the_socket_stays(live, text, field):
    async def scene():
        async with live.socket() as ws:
            await ws.send(text)
            (error,) = await take(ws, 1)
            assert error["type"] == "error"
            assert error["data"]["code"] in ("VALIDATION_ERROR", "NOT_FOUND") and error["data"]["message"]
            if field:
                assert field in error["data"]["details"]
            assert (await ask(ws, action="ping"))["type"] == "pong"
    asyncio.run(scene())


def test_since_replays_without_gap_or_repetition(live):
    async def scene():
        start = last_id(live)
        async with live.socket() as ws:
            live.emit(1500)  # more than is kept in memory
            data = await subscribe(ws, ["experiments"], since=start)
            assert data["last_id"] == start
            live.emit(20)  # while it catches up
            ids = [m["id"] for m in await take(ws, 1520)]
            assert ids == list(range(start + 1, start + 1521))
            await silent(ws)
            answer = await ask(ws, action="since", since=start + 1515)
            assert answer["type"] == "subscribed" and answer["data"]["last_id"] == start + 1515
            assert [m["id"] for m in await take(ws, 5)] == list(range(start + 1516, start + 1521))
    asyncio.run(scene())


def test_lost_past_is_said(request):
    live = make_stack(request, LiveStack)

    async def scene():
        live.emit(2000)
        live.db.execute("DELETE FROM event WHERE id <= 1900")
        async with live.socket() as ws:
            await subscribe(ws, since=500)
            assert await take(ws, 1) == [{"type": "resync", "data": {"oldest_id": 1901, "last_id": 2000}}]
            assert live.emit() == 2001
            assert [m["id"] for m in await take(ws, 1)] == [2001]
            await subscribe(ws, since=1900)
            assert [m["id"] for m in await take(ws, 101)] == list(range(1901, 2002))
        async with live.socket() as ws:  # an id of another store
            await subscribe(ws, since=99999)
            assert (await take(ws, 1))[0]["type"] == "resync"
        events = Events(live, "?since=5")
        events.wait(lambda e: e.messages())
        assert events.messages()[0]["type"] == "resync" and events.events[1]["id"] == "2001"
    asyncio.run(scene())


def test_samples_come_at_the_pace_asked_for(live):
    async def scene():
        async with live.socket() as ws, live.socket() as all_of_them:
            await subscribe(ws, ["metrics"], interval=3600)
            await subscribe(all_of_them, ["metrics"], interval=0)
            ids = [live.emit(topic="metrics", data={"change": "sample", "service": s}) for s in ("a", "a", "b", "a")]
            news = live.emit(topic="metrics", data={"change": "service", "service": "a"})
            assert [m["id"] for m in await take(ws, 3)] == [ids[0], ids[2], news]
            assert [m["id"] for m in await take(all_of_them, 5)] == [*ids, news]
    asyncio.run(scene())


def frame(payload, opcode=1, final=True):
    """One masked frame of a client."""
    head = bytes([(0x80 if final else 0) | opcode])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    else:
        head += bytes([0x80 | 126]) + struct.pack(">H", len(payload))
    return head + b"\0\0\0\0" + payload


def read_frames(sock, n, timeout=10):
    """n frames of the server: (opcode, payload)."""
    sock.settimeout(timeout)
    data, frames = b"", []
    while True:
        while len(data) >= 2:
            size, at = data[1] & 0x7f, 2
            if size == 126:
                size, at = int.from_bytes(data[2:4], "big"), 4
            if len(data) < at + size:
                break
            frames.append((data[0] & 0xf, data[at:at + size]))
            data = data[at + size:]
        if len(frames) >= n:
            return frames
        got = sock.recv(65536)
        if not got:
            raise EOFError(frames)
        data += got


def upgraded(live, sock):
    head = b""
    while b"\r\n\r\n" not in head:
        head += sock.recv(1)
    assert b" 101 " in head, head
    return sock


def test_fragments_and_split_packets(live):
    text = json.dumps({"action": "ping", "ref": "é" * 30}, ensure_ascii=False).encode()
    with live.raw(live.handshake()) as sock:
        upgraded(live, sock)
        for i, byte in enumerate(text):  # one byte a fragment, characters cut in two
            sock.sendall(frame(bytes([byte]), 1 if i == 0 else 0, i == len(text) - 1))
        ((opcode, payload),) = read_frames(sock, 1)
        assert opcode == 1 and json.loads(payload)["ref"] == "é" * 30
        for byte in frame(text):  # one byte a packet
            sock.sendall(bytes([byte]))
        assert json.loads(read_frames(sock, 1)[0][1])["type"] == "pong"


@pytest.mark.parametrize("send, code", [
    (lambda s: s.sendall(frame(b'{"action":"ping","ref":"' + b"x" * 17000 + b'"}')), 1009),
    (lambda s: [s.sendall(frame(b"x" * 1000, 1 if i == 0 else 0, False)) for i in range(20)], 1009),
    (lambda s: s.sendall(b"".join(frame(b" ", 1 if i == 0 else 0, False) for i in range(1100))), 1008),
    (lambda s: s.sendall(frame(b"\1\2", opcode=2)), 1003),
    (lambda s: s.sendall(frame(b"\xff\xff")), 1007),
    (lambda s: s.sendall(b"".join(frame(b"junk") for _ in range(25))), 1008),
    (lambda s: s.sendall(b"".join(frame(b'{"action":"ping"}') for _ in range(150))), 1008),
])
def test_what_is_not_taken(live, send, code):
    with live.raw(live.handshake()) as sock:
        upgraded(live, sock)
        send(sock)
        while True:
            opcode, payload = read_frames(sock, 1)[-1]
            if opcode == 8:
                break
        assert int.from_bytes(payload[:2], "big") == code
    assert live.stream.running


def test_a_message_that_never_ends_is_cut(live):
    with live.raw(live.handshake()) as sock:
        upgraded(live, sock)
        sock.sendall(frame(b'{"action"', final=False))
        ((opcode, payload),) = read_frames(sock, 1, timeout=15)
        assert opcode == 8 and int.from_bytes(payload[:2], "big") == 1008


def test_no_compression(live):
    async def scene():
        async with live.socket(compression="deflate") as ws:
            assert ws.extensions == []
    asyncio.run(scene())


def test_other_paths_and_methods(live):
    base = f"http://127.0.0.1:{live.stream_port}"
    assert httpx.get(f"{base}/ws/nix").json()["error"]["code"] == "NOT_FOUND"
    assert httpx.get(f"{base}/ws/dashboard").json()["error"]["code"] == "VALIDATION_ERROR"
    url = f"{live.url}/api/v1/events/stream"
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        r = httpx.request(method, url, json={} if method != "DELETE" else None)
        assert r.status_code == 405 and r.json()["error"]["code"] == "METHOD_NOT_ALLOWED" and "GET" in r.headers["Allow"]
    r = httpx.options(url)
    assert r.status_code == 204 and "GET" in r.headers["Allow"]
    r = httpx.head(url)
    assert r.status_code == 200 and r.headers["Content-Type"] == "text/event-stream" and r.text == ""

    async def scene():
        with pytest.raises(websockets.InvalidStatusCode) as e:
            async with live.socket(url=f"ws://127.0.0.1:{live.port}/ws/other"):
                pass
        assert e.value.status_code == 404
    asyncio.run(scene())


def test_event_stream(live):
    before = live.emit()
    events = Events(live, "?topics=experiments,alerts&experiment_ids=exp_001")
    assert events.status == 200 and "content-type: text/event-stream" in events.head.lower()
    events.wait(lambda e: e.events)
    assert events.events[0] == {"retry": "3000", "id": str(before)}
    live.emit(experiment=2)
    a = live.emit(experiment=1, data={"text": "a\nb"})
    b = live.emit(topic="alerts")
    live.db.execute("INSERT INTO event (at_ms, topic, type, experiment_id, data) VALUES (1, 'alerts', 'alert', NULL, ?)", ('{\n"a":\r\n1}',))
    events.wait(lambda e: len(e.messages()) == 3)
    assert events.events[1] == {"id": str(a), "event": "experiment_update", "data": '{"type":"experiment_update","id":%d,"data":{"text": "a\\nb"}}' % a}
    assert events.messages()[1] == {"type": "alert", "id": b, "data": {"change": "test"}}
    assert events.messages()[2]["data"] == {"a": 1}
    events.close()
    # Coming back, by the header that a browser sends; it wins over the query.
    again = Events(live, f"?topics=experiments,alerts&experiment_ids=exp_001&since=0", Last_Event_ID=str(a))
    again.wait(lambda e: len(e.messages()) == 2)
    assert [m["id"] for m in again.messages()] == [b, b + 1]
    again.close()


@pytest.mark.parametrize("query, field", [
    ("?topics=nosuch", "topics"), ("?topics=", "topics"), ("?topics=experiments,", "topics"), ("?experiment_ids=exp_1", "experiment_ids"),
    ("?experiment_ids=exp_999", "experiment_ids"), ("?since=-1", "since"), ("?since=1&since=2", "since"), ("?sinse=1", "sinse"), ("?interval=4000", "interval"),
    ("?" + "&".join(f"experiment_ids=exp_{i:03}" for i in (1, 2)), "experiment_ids"),
])
def test_event_stream_refuses(live, query, field):
    r = httpx.get(f"{live.url}/api/v1/events/stream{query}")
    assert r.status_code == 400 and r.headers["Content-Type"] == "application/json"
    error = r.json()["error"]
    assert error["code"] == "VALIDATION_ERROR" and field in error["details"] and error["request_id"]


def test_shutdown_tells_everyone_to_come_back(request):
    live = make_stack(request, LiveStack)

    async def scene():
        events = Events(live)
        async with live.socket() as ws:
            await subscribe(ws)
            assert live.stream.stop() == 0
            assert (await end_of(ws))[0] == 1012
        events.wait(lambda e: e.messages())
        assert events.messages() == [{"type": "end", "data": {"code": "SERVICE_UNAVAILABLE", "message": events.messages()[0]["data"]["message"]}}]
        live.stream.start()
        live.wait_ready()
    asyncio.run(scene())
