"""The Python client against the real stack: the reference's example, rounds once and in order, typed errors, paging, asyncio."""
import asyncio
import sys

import pytest
from harness.stack import SOURCE

sys.path.insert(0, str(SOURCE / "sdk/python"))

from flopy_net_client import AsyncDashboardClient, ConflictError, DashboardClient, NotFoundError, ValidationError  # noqa: E402


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
