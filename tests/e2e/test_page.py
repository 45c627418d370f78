"""The page: every view in light, dark and 360 px with its accessibility, and a run steered from it."""
import pytest
from harness.page import run_page


@pytest.fixture(scope="module")
def busy(shared_stack):
    """A stack with a run that has ended and one that goes on."""
    shared_stack.create(scenario="quick_demo", name="Quick look", start=True)
    shared_stack.run = shared_stack.create(scenario="basic_fl", name="A long one", start=True, configuration={"model": "cnn", "rounds": 100, "train_samples": 6000})
    shared_stack.wait_until(lambda: shared_stack.experiment(shared_stack.run)["rounds_completed"] >= 3, 60)
    return shared_stack


@pytest.mark.parametrize("view", ["light", "dark", "narrow"])
def test_every_view(busy, view):
    run_page(busy, "look.mjs", VIEW=view, RUN=busy.run)


def test_steering(shared_stack):
    run_page(shared_stack, "steer.mjs")
