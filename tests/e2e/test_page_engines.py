"""What the page says of engines, and an experiment on FLOPY-NET's fl_server (its stand-in) from the dialog to the end."""
import sys

from harness.page import run_page
from harness.stack import SOURCE

sys.path.insert(0, str(SOURCE / "tests/fixtures/services"))

from fl_server_fake import TrainingServer  # noqa: E402
from flopynet_fakes import PolicyEngine  # noqa: E402

QUICK = {"interval_ms": 500, "timeout_ms": 400, "failure_threshold": 1, "success_threshold": 1}


def test_engines(stack):
    s = stack
    with TrainingServer(rounds=1000) as fl, PolicyEngine() as policy:
        fl.clients = 2
        fl.hold().go(pace=0.5)

        def reachable(want):
            s.wait_until(lambda: next(e for e in s.client.get("/engines?limit=100").json()["engines"] if e["name"] == "flopynet")["reachable"] is want, 30, f"reachable: {want}")

        def configure(url):
            r = s.client.put("/config", json={"integration": {"fl_server_url": url, "policy_engine_url": policy.url}, "services": {"fl_server": QUICK, "policy_engine": QUICK}})
            assert r.status_code == 200, r.text

        configure("http://127.0.0.1:9")
        reachable(False)
        run_page(s, "engines.mjs", actions={
            "server": lambda _: configure(fl.url) or reachable(True),
            "policy": lambda _: fl.pause_by_policy("quiet hours"),
            "lift": lambda _: fl.lift_policy(),
        })
