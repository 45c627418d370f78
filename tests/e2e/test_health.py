"""GET /health and what is under it: open to all, so it says what is wrong and never where."""
import subprocess

import pytest
from harness.process import free_port


@pytest.fixture
def redis(stack):
    port = free_port()
    server = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(stack.root)], stdout=subprocess.DEVNULL)
    yield port
    server.terminate()
    server.wait(10)


def test_what_is_well_and_what_is_not(stack, redis):
    nobody = free_port()
    quick = {"interval_ms": 500, "timeout_ms": 400, "failure_threshold": 1, "success_threshold": 1}
    changed = stack.client.put("/config", json={
        "integration": {"redis_url": f"redis://127.0.0.1:{redis}", "mongodb_url": f"mongodb://127.0.0.1:{nobody}",
                        "collector_url": f"http://127.0.0.1:{nobody}", "fl_server_url": f"https://127.0.0.1:{redis}", "sdn_url": "http://no-such.invalid:1"},
        "services": {name: quick for name in ("redis", "mongodb", "collector", "fl_server", "sdn")}})
    assert changed.status_code == 200, changed.text

    def services():
        return stack.client.get("/health").json()["services"]

    def dependencies():
        return stack.client.get("/health/dependencies").json()["dependencies"]

    stack.wait_until(lambda: all(services()[name]["status"] == "unhealthy" for name in ("collector", "fl_server", "sdn")), 20)
    stack.wait_until(lambda: dependencies()["redis"]["status"] == "connected" and dependencies()["mongodb"]["status"] == "disconnected", 20)
    version = subprocess.run(["redis-server", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert f"v={dependencies()['redis']['version']} " in version
    for name in ("collector", "fl_server", "sdn"):
        assert services()[name]["issues"] and services()[name]["observed_at"], name
    assert dependencies()["mongodb"]["issues"]
    anonymous = stack.connect("").get("/health")
    assert anonymous.status_code == 200 and anonymous.json()["status"] == "degraded"
    for where in ("127.0.0.1", "localhost", "no-such.invalid", str(nobody), str(redis)):
        assert where not in anonymous.text, where
    # Whoever may know what is wrong need not know where, either.
    for where in ("127.0.0.1", str(nobody)):
        assert where not in str(dependencies()), where
