"""Who may follow live updates, and for how long."""
import asyncio
import time

import httpx
import pytest
import websockets

from conftest import make_stack
from harness.live import Events, LiveStack, ask, end_of, silent, subscribe, take

AUTH = {"auth": {"enabled": "true"}}


@pytest.fixture(scope="module")
def live(request):
    return make_stack(request, LiveStack, settings=AUTH)


def same_origin(live, token):
    return {"Origin": f"http://127.0.0.1:{live.port}", "Cookie": f"a=b; flopynet_session={token}"}


async def refused(live, **more):
    """The status of a handshake that is not let through."""
    with pytest.raises(websockets.InvalidStatusCode) as e:
        async with live.socket(**more):
            pass
    return e.value.status_code


def test_token_in_the_header(live):
    async def scene():
        async with live.socket() as ws:
            await subscribe(ws)
            last = live.emit()
            assert (await take(ws, 1))[0]["id"] == last
        now = int(time.time())
        bad = ["x", "a.b.c", live.make_token(secret="another secret that is also long enough"), live.make_token(kept=False), live.make_token(seconds=-61),
               live.make_token(exp=now + 5.5), live.make_token(exp=str(now + 50)), live.make_token(nbf=now + 300), "x" * 5000]
        for token in bad:
            assert await refused(live, token=token) == 401
        for token in (live.make_token(seconds=-30), live.make_token(nbf=now + 30), live.make_token(iat=now + 3000)):
            async with live.socket(token=token) as ws:
                await subscribe(ws)
    asyncio.run(scene())


def test_refusals_are_in_the_envelope(live):
    head = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
    for url in (f"{live.url}/ws/dashboard", f"{live.url}/api/v1/events/stream"):
        more = head if url.endswith("dashboard") else {}
        r = httpx.get(url, headers={**more, "Authorization": "Bearer nonsense"})
        assert r.status_code == 401 and r.headers["WWW-Authenticate"].startswith("Bearer")
        assert r.json()["error"]["code"] == "UNAUTHORIZED" and r.json()["error"]["message"] and "nonsense" not in r.text
        r = httpx.get(url, headers={**more, "Authorization": f"Bearer {live.token}", "Origin": "http://evil.example"})
        assert r.status_code == 403 and r.json()["error"]["code"] == "FORBIDDEN"
    r = httpx.get(f"{live.url}/api/v1/events/stream")
    assert r.status_code == 401


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1.evil.example"])
def test_foreign_origins(live, origin):
    async def scene():
        assert await refused(live, headers={"Origin": origin}) == 403
        assert await refused(live, token="", headers={"Origin": origin, "Cookie": f"flopynet_session={live.token}"}) == 403
    asyncio.run(scene())


def test_cookie_needs_an_origin_of_ours(live):
    async def scene():
        async with live.socket(token="", headers=same_origin(live, live.token)) as ws:
            await subscribe(ws)
            last = live.emit()
            assert (await take(ws, 1))[0]["id"] == last
        async with live.socket(token="", headers={"Cookie": f"flopynet_session={live.token}"}) as ws:
            await ws.send('{"action":"subscribe","topics":["alerts"]}')
            assert (await end_of(ws))[0] == 4401
        async with live.socket(token="", headers=same_origin(live, "old")) as ws:
            code, reason = await end_of(ws)
            assert code == 4401 and reason
        events = Events(live, token="", Cookie=f"flopynet_session={live.token}", Sec_Fetch_Site="same-origin")
        assert events.status == 200
        events.close()
        events = Events(live, token="", Cookie=f"flopynet_session={live.token}", Sec_Fetch_Site="cross-site")
        assert events.status == 401
    asyncio.run(scene())


def test_trusted_origins(request):
    live = make_stack(request, LiveStack, settings={**AUTH, "api": {"trusted_origins": "https://lab.example:8443 http://tools.example"}})

    async def scene():
        async with live.socket(headers={"Origin": "https://lab.example:8443"}) as ws:
            await subscribe(ws)
        assert await refused(live, headers={"Origin": "https://lab.example"}) == 403
        events = Events(live, Origin="http://tools.example")
        assert events.status == 200 and "access-control-allow-origin: http://tools.example" in events.head.lower()
        events.close()
    asyncio.run(scene())


def test_first_message(live):
    async def scene():
        async with live.socket(token="") as ws:
            assert (await ask(ws, action="ping"))["type"] == "pong"
            answer = await ask(ws, action="authenticate", token=live.token, ref="r")
            assert answer["type"] == "authenticated" and answer["ref"] == "r"
            assert answer["data"]["name"] == "test" and answer["data"]["role"] == "viewer" and answer["data"]["experiment"] is None
            assert answer["data"]["expires_at"].endswith("Z")
            await subscribe(ws)
            last = live.emit()
            assert (await take(ws, 1))[0]["id"] == last
        async with live.socket(token="") as ws:
            await ws.send('{"action":"subscribe","topics":["alerts"]}')
            assert (await end_of(ws))[0] == 4401
        async with live.socket(token="") as ws:
            await ws.send('{"action":"authenticate","token":"a.b.c"}')
            code, reason = await end_of(ws)
            assert code == 4401 and reason
        async with live.socket(token="") as ws:
            error = await ask(ws, action="authenticate", token="x" * 9000)
            assert error["type"] == "error" and "token" in error["data"]["details"]
    asyncio.run(scene())


def test_mute_ones_are_closed(live):
    async def scene():
        async with live.socket(token="") as ws:
            start = time.monotonic()
            assert (await end_of(ws))[0] == 4408
            assert 4.5 < time.monotonic() - start < 7
    asyncio.run(scene())


def test_engine_token_sees_its_experiment_only(live):
    async def scene():
        live.make_experiments(3)
        token = live.make_token("engine", experiment=2)
        async with live.socket(token=token) as ws:
            assert (await ask(ws, action="subscribe", topics=["experiments"], experiment_ids=["exp_001"]))["data"]["code"] == "FORBIDDEN"
            start = live.emit(experiment=1)
            await subscribe(ws, since=start - 1)
            live.emit(experiment=1)
            live.emit(topic="alerts")
            live.emit(topic="metrics")
            mine = [live.emit(experiment=2), live.emit(topic="alerts", experiment=2)]
            assert [m["id"] for m in await take(ws, 2)] == mine
            await silent(ws)
        events = Events(live, "?experiment_ids=exp_001", token=token)
        assert events.status == 403
        events = Events(live, f"?since={start}", token=token)
        events.wait(lambda e: len(e.messages()) == 2)
        assert [m["id"] for m in events.messages()] == mine
        events.close()
    asyncio.run(scene())


def test_token_that_expires(live):
    async def scene():
        token = live.make_token(seconds=3)
        start = time.monotonic()
        events = Events(live, token=token)
        async with live.socket(token=token) as ws, live.socket(token=token) as renewed, live.socket(token=live.make_token(seconds=2 ** 40)) as long:
            await subscribe(ws)
            await subscribe(long)
            fresh = live.make_token(seconds=60)
            assert (await ask(renewed, action="authenticate", token=fresh))["type"] == "authenticated"
            error = await ask(renewed, action="authenticate", token=live.make_token("someone else"))
            assert error["data"]["code"] == "FORBIDDEN"
            assert (await end_of(ws))[0] == 4401
            assert time.monotonic() - start < 4.5
            await subscribe(renewed)  # lives on with the fresh one
            last = live.emit()
            assert (await take(renewed, 1))[0]["id"] == last
            assert (await take(long, 1))[0]["id"] == last
        events.wait(lambda e: e.messages())
        assert events.messages()[0]["type"] == "end" and events.messages()[0]["data"]["code"] == "UNAUTHORIZED"
    asyncio.run(scene())


def test_token_that_is_revoked(live):
    async def scene():
        token = live.make_token()
        events = Events(live, token=token)
        async with live.socket(token=token) as ws, live.socket() as other:
            await subscribe(ws)
            live.revoke(token)
            start = time.monotonic()
            assert await end_of(ws) == (4401, "The token was revoked")
            assert time.monotonic() - start < 1.5
            assert (await ask(other, action="ping"))["type"] == "pong"
            assert await refused(live, token=token) == 401
        events.wait(lambda e: e.messages())
        assert events.messages()[0]["data"]["code"] == "UNAUTHORIZED"
    asyncio.run(scene())


def test_secret_that_is_exchanged(request):
    live = make_stack(request, LiveStack, settings=AUTH)

    def rotate(n):
        secret = live.state / "secret"
        secret.rename(live.state / "secret.previous")
        secret.write_text(f"another secret, number {n}, long enough to be one\n")
        secret.chmod(0o600)

    async def scene():
        async with live.socket() as ws:
            await subscribe(ws)
            rotate(1)
            await asyncio.sleep(2.5)
            live.emit()
            assert len(await take(ws, 1)) == 1  # the one before is still accepted
            async with live.socket():
                pass
            rotate(2)
            assert (await end_of(ws))[0] == 4401
        assert await refused(live) == 401
    asyncio.run(scene())


def test_eleventh_connection(live):
    async def scene():
        token = live.make_token()
        open_ones = [await live.socket(token=token) for _ in range(8)]
        streams = [Events(live, token=token) for _ in range(2)]
        try:
            head = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
            for path, more in (("/ws/dashboard", head), ("/api/v1/events/stream", {})):
                r = httpx.get(live.url + path, headers={**more, "Authorization": f"Bearer {token}"})
                assert r.status_code == 429 and int(r.headers["Retry-After"]) > 0
                assert r.json()["error"]["code"] == "RATE_LIMITED" and "10 live connections" in r.json()["error"]["message"]
            async with live.socket(token="") as ws:
                await ws.send('{"action":"authenticate","token":"%s"}' % token)
                code, reason = await end_of(ws)
                assert code == 1013 and "10 live connections" in reason
            async with live.socket(token="", headers=same_origin(live, token)) as ws:  # a page sees why
                code, reason = await end_of(ws)
                assert code == 1013 and "10 live connections" in reason
            async with live.socket():  # another token has its own places
                pass
            await open_ones.pop().close()
            streams.pop().close()
            await asyncio.sleep(0.2)
            open_ones.append(await live.socket(token=token))
            # The web server notices the reader that left when it is refused a place for the next one, not earlier.
            stale = Events(live, token=token)
            assert stale.status in (200, 429)
            if stale.status == 429:
                await asyncio.sleep(0.5)
                stale = Events(live, token=token)
            assert stale.status == 200
            streams.append(stale)
        finally:
            for ws in open_ones:
                await ws.close()
            for s in streams:
                s.close()
    asyncio.run(scene())


def test_ten_pages_of_one_user_come_back_after_a_restart(request):
    """Neither a helper that was told to end nor one that was killed leaves places taken."""
    live = make_stack(request, LiveStack, settings=AUTH)
    token = live.make_token()

    async def scene():
        for end in (live.stream.kill, live.stream.stop):
            pages = [await live.socket(token=token) for _ in range(10)]
            await asyncio.to_thread(end)
            codes = {(await end_of(ws))[0] for ws in pages}
            assert codes == ({1006} if end == live.stream.kill else {1012})
            live.stream.start()
            await asyncio.to_thread(live.wait_ready)
        again = [await live.socket(token=token) for _ in range(10)]
        for ws in again:
            await subscribe(ws)
            await ws.close()
    asyncio.run(scene())
