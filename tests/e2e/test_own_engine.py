"""The engine of docs/own-engine.md, as it is printed there."""
import importlib.util
import os
import re
import signal
import subprocess

import pytest
from harness.stack import SOURCE

DOCUMENT = (SOURCE / "docs/own-engine.md").read_text()


@pytest.fixture(scope="module")
def digits(shared_stack):
    if importlib.util.find_spec("sklearn") is None and subprocess.run(["/usr/bin/python3", "-c", "import sklearn"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("scikit-learn is not installed (Debian: python3-sklearn), so the engine of docs/own-engine.md was not run")
    s = shared_stack
    files = re.findall(r"^`((?:engines|scenarios)/[a-z.]+)`.*?^```[a-z]+\n(.*?)^```", DOCUMENT, re.M | re.S)
    assert [name for name, _ in files] == ["engines/digits.py", "engines/digits.json", "scenarios/digits.json"]
    for name, text in files:
        (s.root / name).write_text(text)
    (s.root / "engines/digits.py").chmod(0o755)
    s.restart("monitor", signal.SIGTERM)
    s.restart("api", signal.SIGTERM)
    s.wait_until(lambda: next(e for e in s.client.get("/engines?limit=100").json()["engines"] if e["name"] == "digits")["available"], 60, "the check")
    return s


def test_it_is_used_as_the_document_says(digits):
    s = digits
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```", DOCUMENT, re.M | re.S))
    done = subprocess.run(["sh", "-eu", "-c", script], env={**os.environ, "TOKEN": s.token, "BASE": f"{s.url}/api/v1"}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    id = s.client.get("/experiments").json()["experiments"][0]["id"]
    x = s.wait_status(id, "completed", "failed", timeout=120)
    assert x["status"] == "completed", x["failure"]
    assert x["rounds_completed"] == 10 and x["accuracy"] > 0.85 and x["loss"] > 0 and x["engine"] == "digits"
    assert {c["status"] for c in x["clients"]} <= {"finished", "idle"} and all(c["accuracy"] > 0.5 for c in x["clients"])
    assert [a["name"] for a in s.client.get(f"/experiments/{id}/artifacts").json()["artifacts"]] == ["model.npz"]
    engine = next(e for e in s.client.get("/engines?limit=100").json()["engines"] if e["name"] == "digits")
    assert engine["version"].startswith("scikit-learn ")


def test_the_same_seed_gives_the_same_numbers(digits):
    s = digits
    ids = [s.create("digits", start=True, configuration={"rounds": 3, "seed": 7}) for _ in range(2)]
    a, b = ([r["accuracy"] for r in (s.wait_status(id, "completed", timeout=120) and s.client.get(f"/experiments/{id}/rounds").json()["rounds"])] for id in ids)
    assert a == b and len(a) == 3


def test_it_is_paused_resumed_stopped_and_aborted_like_any_other(digits):
    s = digits
    id = s.create("digits", start=True, configuration={"rounds": 1000})
    s.wait_status(id, "running", timeout=60)
    s.control(id, "pause")
    x = s.wait_status(id, "paused")
    assert s.experiment(id)["rounds_completed"] == x["rounds_completed"]
    s.control(id, "resume")
    s.wait_until(lambda: s.experiment(id)["rounds_completed"] > x["rounds_completed"], 30, "another round")
    s.control(id, "stop")
    assert s.wait_status(id, "stopped")["rounds_completed"] < 1000
    id = s.create("digits", start=True, configuration={"rounds": 1000})
    s.wait_status(id, "running", timeout=60)
    s.control(id, "abort")
    s.wait_status(id, "aborted")
