"""A disk that is full, and one that fails: what writes says so and changes nothing, reading goes on, all programs start, and with room again everything goes on by itself."""
import os
import resource
import subprocess
import time

import pytest
from conftest import make_stack
from harness import Stack
from harness.process import wait_until
from test_alerts import Service, alerts, watch


class SmallDisk(Stack):
    """Its state is on a file system of a few megabytes."""

    def start(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", self.state], check=True)
        self.write_conf()
        return super().start()

    def stop(self):
        try:
            super().stop()
        finally:
            subprocess.run(["umount", "-l", self.state], check=True)

    def fill(self):
        with open(self.state / "ballast", "ab", buffering=0) as f:
            for size in (65536, 4096, 512, 1):
                try:
                    while f.write(b"\0" * size) == size:
                        pass
                except OSError:
                    pass

    def make_room(self):
        (self.state / "ballast").unlink()


class FailingDisk(Stack):
    """Writing beyond a place in a file fails while .limit() is on, as a disk with a bad spot does."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        # What the kernel would send instead of an error is ignored: a failing disk sends no signal.
        self.api.argv = ["sh", "-c", 'trap "" XFSZ; exec "$@"', "sh", *self.api.argv]

    def limit(self, on):
        for pid in self.worker_pids():
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096 if on else hard, hard))


def may_mount():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.DEVNULL).returncode == 0


def broken_service(stack):
    """A service that is away, and the alert about it."""
    service = Service()
    watch(stack, service)
    return stack.wait_until(lambda: alerts(stack, service="gpu"), 30, "an alert")[0]


def writes(stack, id, alert):
    """All ways to change something, none of which may be half done."""
    return {
        "create": lambda: stack.client.post("/experiments", json={"name": "more", "scenario": "shell"}),
        "start": lambda: stack.control(id, "start"),
        "configure": lambda: stack.client.put("/config", json={"dashboard": {"max_experiments": 7, "retention_days": 9}}),
        "acknowledge": lambda: stack.client.post(f"/alerts/{alert}/acknowledge", json={"comment": "seen"}),
        "silence": lambda: stack.client.post("/silences", json={"service": "gpu", "until": later(), "reason": "x"}),
        "rule": lambda: stack.client.post("/alert-rules", json={"name": "r", "metric": "cpu_usage", "comparison": ">", "threshold": 1}),
    }


def later():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))


def state_of(stack, alert):
    """What must not have changed; what the monitor writes by itself is left out."""
    get = lambda path: stack.client.get(path)  # noqa: E731
    answers = [get("/experiments"), get("/config"), get("/config/history"), get("/silences"), get("/alert-rules?limit=100"), get(f"/alerts/{alert}")]
    assert [r.status_code for r in answers] == [200] * len(answers)
    bodies = [r.json() for r in answers]
    bodies[-1]["alert"].pop("current_value", None)
    return bodies


@pytest.mark.skipif(not may_mount(), reason="mounting a small file system needs root")
def test_a_full_disk(request):
    stack = make_stack(request, kind=SmallDisk)
    id, alert = stack.create(), broken_service(stack)["id"]
    stack.fill()
    # What is free within the store and its log is used up first.
    wait_until(lambda: stack.client.post("/experiments", json={"name": "fills", "scenario": "shell", "notes": "n" * 2000}).status_code == 507, 120, "the disk to be full", every=0)
    before = state_of(stack, alert)
    for name, write in writes(stack, id, alert).items():
        r = write()
        assert r.status_code == 507 and r.json()["error"]["code"] == "INSUFFICIENT_STORAGE", (name, r.text)
        assert "ballast" not in r.text and "sqlite" not in r.text.lower()
    assert state_of(stack, alert) == before
    health = stack.client.get("/health")
    assert health.status_code == 200 and health.json()["services"]["gpu"]["status"] in ("unhealthy", "unknown")
    # All of it starts on the full disk.
    for program in ("api", "monitor", "stream"):
        stack.restart(program)
    assert state_of(stack, alert) == before
    assert stack.monitor.running and stack.control(id, "start").status_code in (503, 507)
    stack.make_room()
    stack.wait_until(lambda: stack.client.put("/config", json={"dashboard": {"max_experiments": 7}}).status_code == 200, 40, "a change to be taken again")
    for name, write in writes(stack, id, alert).items():
        stack.wait_until(lambda: write().status_code in (200, 201, 202, 409), 40, name)
    stack.wait_status(id, "completed", timeout=60)
    assert stack.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_a_failing_disk(request):
    stack = make_stack(request, kind=FailingDisk)
    id, alert = stack.create(), broken_service(stack)["id"]
    before = state_of(stack, alert)
    stack.limit(True)
    for name, write in writes(stack, id, alert).items():
        for _ in range(4):  # some of each worker
            r = write()
            assert r.status_code in (500, 503, 507) and r.json()["error"]["code"] in ("INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "INSUFFICIENT_STORAGE"), (name, r.text)
    assert state_of(stack, alert) == before
    stack.limit(False)
    for name, write in writes(stack, id, alert).items():
        stack.wait_until(lambda: write().status_code in (200, 201, 202), 20, name)
    assert stack.client.get("/config").json()["dashboard"]["retention_days"] == 9
    assert stack.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
