"""What tests of the runner for fl_server share: a stack whose engines look often and lose patience soon, and a stand-in of the server that it is told of."""
import contextlib
import json
import signal
import sys

from .process import free_port
from .stack import SOURCE

sys.path.insert(0, str(SOURCE / "tests/fixtures/services"))

from fl_server_fake import TrainingServer  # noqa: E402

QUICK = {"interval_ms": 500, "timeout_ms": 400, "failure_threshold": 1, "success_threshold": 1}


def add_engines(s):
    """Engines fast, launched and broken, made of the shipped one, each with a scenario of its name."""
    engine = json.loads((SOURCE / "conf/engines/flopynet.json").read_text())
    fast = ["flopynet-flserver", "--poll-ms", "100", "--lost-after", "8", "--begin-within", "5"]
    for name, more in {
        "fast": {"command": fast},
        "launched": {"command": [*fast, "--begin-within", "60", "--", "/usr/bin/python3", str(SOURCE / "tests/fixtures/services/fl_server_fake.py"), "PORT", "{rounds}", "0.2"],
                     "needs": None, "capabilities": {**engine["capabilities"], "abort": True}},
        "broken": {"command": [*fast, "--", "sh", "-c", "echo no torch here >&2; exit 3"], "needs": None},
    }.items():
        file = {**engine, **more, "name": name}
        if name == "launched":
            s.launch_port = free_port()
            file["command"] = [str(s.launch_port) if w == "PORT" else w for w in file["command"]]
        (s.root / "engines" / f"{name}.json").write_text(json.dumps({k: v for k, v in file.items() if v is not None}))
        (s.root / "scenarios" / f"{name}.json").write_text(json.dumps({"name": name, "title": name, "description": "For a test", "engine": name}))
    s.restart("monitor", signal.SIGTERM)
    s.restart("api", signal.SIGTERM)
    return s


@contextlib.contextmanager
def server(s, policy=None, url=None, **more):
    with TrainingServer(**more) as fl:
        configure(s, fl_server_url=url or fl.url, policy_engine_url=policy.url if policy else "http://127.0.0.1:1")
        reachable(s)
        yield fl


def configure(s, **integration):
    r = s.client.put("/config", json={"integration": integration, "services": {"fl_server": QUICK, "policy_engine": QUICK}})
    assert r.status_code == 200, r.text


def reachable(s, name="flopynet", want=True):
    s.wait_until(lambda: next(e for e in s.client.get("/engines?limit=100").json()["engines"] if e["name"] == name)["reachable"] is want, 30, f"{name} reachable: {want}")


def rounds(s, id):
    return s.client.get(f"/experiments/{id}/rounds", params={"limit": 100}).json()["rounds"]


def timeline(s, id):
    return [(t["event"], t["details"]) for t in s.client.get(f"/experiments/{id}/timeline", params={"limit": 100}).json()["timeline"]]


def waits_for(s, id, what):
    def waiting():
        w = s.experiment(id)["waiting_for"]
        return w if w and w["what"] == what else None
    return s.wait_until(waiting, 30, f"{id} to wait for {what}")


def completed_rounds(s, id, n):
    s.wait_until(lambda: s.experiment(id)["rounds_completed"] >= n, 30, f"round {n} of {id}")
