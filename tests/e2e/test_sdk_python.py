"""The Python client against the real stack: the reference's example, rounds once and in order, typed errors, paging, asyncio."""
import asyncio
import json
import sys
import threading

import pytest
from harness import Flopynet
from harness.stack import SOURCE

sys.path.insert(0, str(SOURCE / "sdk/python"))

from flopy_net_client import live  # noqa: E402
from flopy_net_client import AsyncDashboardClient, AuthenticationError, ConflictError, DashboardClient, NotFoundError, ValidationError  # noqa: E402


@pytest.fixture
def client(stack):
    with DashboardClient(base_url=f"{stack.url}/api/v1/", api_key=stack.token) as c:
        yield c


def test_the_example_of_the_reference(client):
    experiment = client.experiments.create({"name": "Python SDK Test", "scenario": "basic_fl",
                                            "configuration": {"dataset": "mnist", "rounds": 10, "clients_per_round": 3}})
    client.experiments.start(experiment.id)
    seen = []
    for update in client.experiments.monitor(experiment.id):
        if update.change == "round_completed":
            seen.append(update.current_round)
            assert update.accuracy > 0
        if update.status == "completed":
            break
    assert seen == list(range(1, 11))
    assert client.experiments.get(experiment.id).accuracy > 0.9
    assert [r.round for r in client.experiments.rounds(experiment.id)] == seen


def test_a_run_is_followed_while_the_live_connection_is_killed(stack, client):
    id = stack.create(scenario="shell", start=True, configuration={"rounds": 40, "pace_ms": 100})
    rounds = []
    for update in client.experiments.monitor(id):
        if update.change == "round_completed":
            rounds.append(update.current_round)
            if update.current_round in (5, 20):
                stack.restart("stream")
    assert rounds == list(range(1, 41)) and update.status == "completed"


def test_a_run_is_followed_while_everything_is_killed(stack):
    """By both clients and the command at once: each round once and in order for each of them."""
    id = stack.create(scenario="shell", start=True, configuration={"rounds": 1000, "pace_ms": 100})
    told = {"sync": [], "async": []}

    def follow():
        with DashboardClient(stack.url, stack.token) as c:
            told["sync"] = list(c.experiments.monitor(id))

    def follow_async():
        async def scene():
            async with AsyncDashboardClient(stack.url, stack.token) as c:
                told["async"] = [u async for u in c.experiments.monitor(id)]
        asyncio.run(scene())

    watching = Flopynet(stack.root, stack.url, stack.token).start("watch", id, "--json")
    followers = [threading.Thread(target=f) for f in (follow, follow_async)]
    for f in followers:
        f.start()
    for name in ("stream", "api", "lighttpd", "monitor", "stream"):
        done = stack.experiment(id)["rounds_completed"]
        stack.restart(name)
        stack.wait_until(lambda: stack.experiment(id)["rounds_completed"] > done, 60)
    assert stack.control(id, "stop").status_code in (200, 202)
    rounds = list(range(1, stack.wait_status(id, "stopped")["rounds_completed"] + 1))
    for f in followers:
        f.join(120)
    out, err = watching.communicate(timeout=120)
    assert watching.returncode == 9, err
    for who, updates in told.items():
        assert [u.current_round for u in updates if u.change == "round_completed"] == rounds, who
        assert updates[-1].status == "stopped", who
    assert [u["current_round"] for u in map(json.loads, out.splitlines()) if u["change"] == "round_completed"] == rounds


@pytest.mark.parametrize("blocked,killed", [(["_websocket"], "stream"), (["_websocket", "_server_sent"], "api"), (["_websocket", "_server_sent"], "lighttpd")])
def test_where_the_better_ways_do_not_pass(stack, monkeypatch, blocked, killed):
    """Server-sent events, then polling, each while what carries it is killed twice."""
    async def does_not_pass(self):
        raise live._Closed("a proxy in between")
        yield

    for way in blocked:
        monkeypatch.setattr(live.EventStream, way, does_not_pass)
    monkeypatch.setattr(live, "POLL_PACE_S", 0.5)
    id = stack.create(scenario="shell", start=True, configuration={"rounds": 50, "pace_ms": 100})
    rounds, statuses = [], []
    with DashboardClient(stack.url, stack.token) as client:
        for update in client.experiments.monitor(id):
            (rounds if update.change == "round_completed" else statuses).append(update.current_round if update.change == "round_completed" else update.status)
            if update.change == "round_completed" and update.current_round in (10, 25):
                stack.restart(killed)
    assert rounds == list(range(1, 51)) and statuses[-1] == "completed"


def test_a_token_that_is_revoked_ends_the_stream(stack, client):
    id = stack.create(scenario="shell", start=True, configuration={"rounds": 1000, "pace_ms": 100})
    token = client.tokens.create("short", role="viewer")
    with DashboardClient(stack.url, token.api_key) as other:
        stream = other.experiments.monitor(id)
        assert next(stream).experiment_id == id
        client.tokens.revoke(token.jti)
        with pytest.raises(AuthenticationError):
            for _ in stream:
                pass
    client.experiments.abort(id)


def test_more_followers_than_live_connections(stack_with):
    stack = stack_with(settings={"rate": {"connections": 1}})
    id = stack.create(scenario="shell", start=True, configuration={"rounds": 60, "pace_ms": 100})

    async def scene():
        async with AsyncDashboardClient(stack.url, stack.token) as c:
            async def rounds():
                return [u.current_round async for u in c.experiments.monitor(id) if u.change == "round_completed"]
            return await asyncio.gather(*(rounds() for _ in range(3)))

    assert asyncio.run(scene()) == [list(range(1, 61))] * 3


def test_errors_paging_and_asyncio(stack, client):
    with pytest.raises(ValidationError) as wrong:
        client.experiments.create({"name": "", "scenario": "shell"})
    assert wrong.value.details and wrong.value.request_id
    with pytest.raises(NotFoundError):
        client.experiments.get("exp_999")
    ids = [stack.create() for _ in range(103)]  # more than a page
    with pytest.raises(ConflictError) as refused:
        client.experiments.pause(ids[0])
    assert refused.value.details["allowed"] == "start"
    listed = [x.id for x in client.experiments.list(q="test")]
    assert len(listed) == 103 and set(listed) == set(ids)

    async def with_asyncio():
        async with AsyncDashboardClient(f"{stack.url}/api/v1", stack.token) as c:
            await c.experiments.start(ids[1])
            return await c.experiments.wait(ids[1], timeout=60), await c.health()

    done, health = asyncio.run(with_asyncio())
    assert done.status == "completed" and health["status"] in ("healthy", "degraded")
