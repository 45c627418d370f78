"""An fl_server that is launched for each run (its stand-in): it comes and goes with the run, and can be aborted."""
import json
import os
import re
import signal

import pytest
from harness.fl_server import add_engines, completed_rounds, configure, rounds, server
from harness.process import alive, children, free_port
from harness.stack import SOURCE


@pytest.fixture(scope="module")
def s(shared_stack):
    return add_engines(shared_stack)


def launch(s, **body):
    configure(s, fl_server_url=f"http://127.0.0.1:{s.launch_port}", policy_engine_url="http://127.0.0.1:1")
    id = s.create("launched", start=True, **body)
    s.wait_status(id, "running", "failed", timeout=40)
    runner = s.rows("SELECT pid FROM run WHERE experiment_id = ?", int(id[4:]))[0]["pid"]
    return id, runner, s.wait_until(lambda: children(runner) or s.experiment(id)["status"] != "running", 5, "the server")


def test_one_that_is_launched_trains_its_rounds_and_goes(s):
    id, runner, pids = launch(s, configuration={"rounds": 3})
    x = s.wait_status(id, "completed", "failed", timeout=60)
    assert x["status"] == "completed", x["failure"]
    assert [r["round"] for r in rounds(s, id)] == [1, 2, 3]
    s.wait_until(lambda: not alive(runner) and not any(alive(p) for p in pids), 10, "all processes to be gone")


@pytest.mark.parametrize("action, end", [("stop", "stopped"), ("abort", "aborted")])
def test_one_that_is_launched_is_ended_with_its_run(s, action, end):
    id, runner, pids = launch(s, configuration={"rounds": 1000})
    completed_rounds(s, id, 1)
    s.control(id, action)
    s.wait_status(id, end)
    s.wait_until(lambda: not any(alive(p) for p in [runner, *pids]), 10, "all processes to be gone")


def test_the_launched_goes_with_its_runner_even_when_that_is_killed(s):
    id, runner, pids = launch(s, configuration={"rounds": 1000})
    completed_rounds(s, id, 1)
    os.kill(runner, signal.SIGKILL)
    assert "killed by signal 9" in s.wait_status(id, "failed")["failure"]
    s.wait_until(lambda: not any(alive(p) for p in pids), 10, "the server to be gone")
    # And the other way round.
    id, runner, pids = launch(s, configuration={"rounds": 1000})
    completed_rounds(s, id, 1)
    os.kill(pids[0], signal.SIGKILL)
    assert "The fl_server that was started ended with signal 9" in s.wait_status(id, "failed")["failure"]


def test_one_that_cannot_be_launched_leaves_its_last_words(s):
    configure(s, fl_server_url=f"http://127.0.0.1:{free_port()}", policy_engine_url="http://127.0.0.1:1")
    id = s.create("broken")
    r = s.control(id, "start")
    x = s.wait_status(id, "failed")
    assert r.status_code in (202, 409) and "ended with exit status 3" in x["failure"]
    assert "no torch here" in s.client.get(f"/experiments/{id}/logs").text


def test_none_is_launched_beside_another(s):
    with server(s):
        id = s.create("broken")
        s.control(id, "start")
        assert "answers at fl_server's address already" in s.wait_status(id, "failed")["failure"]


def test_the_engine_of_the_document_is_one(s):
    text = re.search(r"^```json\n(.*?)^```", (SOURCE / "docs/fl_server.md").read_text(), re.M | re.S).group(1)
    name = json.loads(text)["name"]
    files = {s.root / "engines" / f"{name}.json": text, s.root / "scenarios" / f"{name}.json": json.dumps({"name": name, "title": name, "description": "Of the document", "engine": name})}
    for path, content in files.items():
        path.write_text(content)
    try:
        assert s.ctl("check").returncode == 0
    finally:
        for path in files:
            path.unlink()
