"""The page: every view in light, dark and 360 px with its accessibility, and a run steered from it."""
import signal
import time

import pytest
from harness.page import run_page
from test_runs import SAY, add_engine


@pytest.fixture(scope="module")
def busy(shared_stack):
    """A stack with a run that has ended and one that goes on, a service that is not there, and somebody who is told of it."""
    config = {"services": {"absent": {"kind": "tcp", "url": "tcp://127.0.0.1:9", "interval_ms": 500, "timeout_ms": 200, "failure_threshold": 1}},
              "notifications": {"webhook_url": "http://127.0.0.1:9/hook", "fold_seconds": 0}}
    assert shared_stack.client.put("/config", json=config).status_code == 200
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    silence = {"service": "absent", "until": soon, "reason": "It is meant to be away"}
    shared_stack.wait_until(lambda: shared_stack.client.get("/notifications").json()["total"], 60, "a delivery")
    assert shared_stack.client.post("/silences", json=silence).status_code == 201
    script = shared_stack.root / "engines" / "astray.sh"
    script.write_text(SAY + "state running; round 1; round 2; echo 'the loss is no number' >&2; state failed\n")
    script.chmod(0o700)
    add_engine(shared_stack, "astray", command=["./astray.sh"])
    for program in ("monitor", "api"):
        shared_stack.restart(program, signal.SIGTERM)
    shared_stack.create(scenario="quick_demo", name="Quick look", start=True)
    shared_stack.odd = shared_stack.create(scenario="astray", name="Far <b>astray</b> " + "x" * 150, start=True)
    shared_stack.run = shared_stack.create(scenario="basic_fl", name="A long one", start=True, configuration={"model": "cnn", "rounds": 100, "train_samples": 6000})
    shared_stack.wait_until(lambda: shared_stack.experiment(shared_stack.run)["rounds_completed"] >= 3, 60)
    return shared_stack


@pytest.mark.parametrize("view", ["light", "dark", "narrow", "huge"])
def test_every_view(busy, view):
    run_page(busy, "look.mjs", VIEW=view, RUN=busy.run, ODD=busy.odd)


def test_steering(shared_stack):
    run_page(shared_stack, "steer.mjs")
