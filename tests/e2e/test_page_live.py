"""A page that is open for long: connections lost and regained, hidden, other colours; by keyboard; under a path prefix."""
import pytest
from harness.page import run_page


@pytest.fixture
def running(stack):
    """A stack with a run of many short rounds."""
    stack.run = stack.create(name="For long", start=True, configuration={"rounds": 1000, "pace_ms": 300})
    stack.wait_until(lambda: stack.experiment(stack.run)["rounds_completed"] >= 2, 30)
    return stack


def test_lost_and_regained(running):
    run_page(running, "live.mjs", RUN=running.run, actions={
        "stop stream": lambda _: running.stream.kill(),
        "start stream": lambda _: running.stream.start() and None,
        "stop server": lambda _: running.lighttpd.kill(),
        "start server": lambda _: running.lighttpd.start() and None,
        "rounds": lambda _: len(running.rows("SELECT 1 FROM round WHERE experiment_id = ? AND status = 'completed'", int(running.run[4:]))),
    })


def test_keyboard_and_places_under_a_prefix(stack_with):
    stack = stack_with(prefix="/lab/net")
    for i in range(5):
        stack.create(name=f"filed {i}", configuration={"rounds": 2, "pace_ms": 1}, start=i < 2)
    run_page(stack, "keyboard.mjs")
