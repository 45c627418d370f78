"""A real run followed to its end while every program is killed."""
import asyncio
import json

import websockets

from conftest import make_stack


def test_a_run_is_followed_to_its_end_while_everything_is_killed(request):
    """The events are those of a real run, and what was sent is what the log holds."""
    stack = make_stack(request)

    async def follow(ids, events, total):
        last = 0
        while not total() or last < total():
            try:
                async with websockets.connect(stack.ws_url, extra_headers={"Authorization": f"Bearer {stack.token}"}, ping_interval=None, open_timeout=3) as ws:
                    await ws.send(json.dumps({"action": "subscribe", "topics": ["experiments", "metrics", "alerts"], "interval": 0, "since": last}))
                    while not total() or last < total():
                        try:
                            message = json.loads(await asyncio.wait_for(ws.recv(), 0.5))
                        except asyncio.TimeoutError:
                            continue
                        assert message["type"] != "resync"
                        if "id" in message:
                            last = message["id"]
                            ids.append(last)
                            events.append(message)
            except (OSError, websockets.WebSocketException, asyncio.TimeoutError):
                await asyncio.sleep(0.05)

    async def scene():
        ids, events, total = [], [], [0]
        id = await asyncio.to_thread(stack.create, start=True, configuration={"rounds": 20})
        task = asyncio.create_task(follow(ids, events, lambda: total[0]))
        for name in ("stream", "monitor", "lighttpd", "monitor", "stream"):
            await asyncio.sleep(0.3)
            await asyncio.to_thread(stack.restart, name)
        await asyncio.to_thread(stack.wait_status, id, "completed", timeout=60)
        # The monitor goes on taking samples: what counts is everything up to here.
        total[0] = stack.rows("SELECT max(id) AS n FROM event")[0]["n"]
        await asyncio.wait_for(task, 30)
        log = [r["id"] for r in stack.rows("SELECT id FROM event WHERE id <= ? ORDER BY id", max(ids))]
        assert ids == log
        rounds = [e["data"]["round"]["round"] for e in events if e["type"] == "experiment_update" and e["data"].get("change") == "round_completed"]
        assert rounds == list(range(1, 21))
        assert [e["data"]["status"] for e in events if e["type"] == "experiment_update"][-1] == "completed"
    asyncio.run(scene())
