"""FLOPY-NET's services as they answer, and what answers badly: each is known for what it is, and none holds up another."""
import os
import time

import httpx
import pytest
from harness.process import free_port
from harness.services import QUICK, configure, health, live, wait_state, watch

from flopynet_fakes import Collector, FlServer, Plain, PolicyEngine, Sdn, speaks_no_http


def test_the_four_services(stack):
    """What they say, oddities included, is read into states, versions and metrics."""
    with PolicyEngine() as pe, FlServer() as fl, Collector() as collector, Sdn() as sdn:
        fl.training(round=3, clients=2)
        configure(stack, integration={"policy_engine_url": pe.url, "fl_server_url": fl.url, "collector_url": collector.url, "sdn_url": sdn.url},
                  services={name: QUICK for name in ("policy_engine", "fl_server", "collector", "sdn")})
        versions = {name: wait_state(stack, name, "healthy")["version"] for name in ("policy_engine", "fl_server", "collector", "sdn")}
        assert versions == {"policy_engine": "7", "fl_server": None, "collector": "v1.0.0", "sdn": None}

        def shows(name, **want):
            stack.wait_until(lambda: want.items() <= live(stack, name).items(), 20, f"{name} to show {want}")
            return live(stack, name)
        # Not a number, and beyond 64 bits, are null; what is never true is not shown.
        data = shows("fl_server", training_state="running", current_round=3, max_rounds=10, active_clients=2, accuracy=0.8712, loss=None, model_size_mb=1.63)
        assert not {"data_state", "rounds_history", "training_complete"} & set(data)
        shows("policy_engine", policies_active=20, decisions_allowed=118, decisions_denied=5)
        shows("collector", metrics_processed=1250, queue_size=None)
        shows("sdn", switches=2, hosts=4, links=0, policies_active=3, policy_engine_connected=True)
        assert stack.client.get("/health").json()["status"] == "healthy"

        fl.paused()
        shows("fl_server", training_state="paused", pause_reason="Round 5: Policy 'night' rule 0: quiet hours")
        fl.completed()  # it says "ready", and two clients that are gone
        shows("fl_server", training_state="completed", current_round=10, active_clients=None)
        fl.stopped()  # it says "paused", and active
        shows("fl_server", training_state="stopped", stop_reason="accuracy_improvement <= 0.001", active_clients=None)
        fl.has_status = False  # an older one
        time.sleep(0.6)
        assert wait_state(stack, "fl_server", "healthy")["issues"] == []

        sdn.policy_engine = False
        assert wait_state(stack, "sdn", "degraded")["issues"] == ["It is not connected to the policy engine"]
        collector.mood = "503_healthy"
        wait_state(stack, "collector", "unhealthy", issue="/health answered 503")
        assert stack.client.get("/health").json()["status"] == "degraded"


def test_a_stopped_fl_server_is_left_alone(stack):
    """While a policy has stopped it and the policy engine is away, its status hangs, and its health with it: so nobody asks for its status."""
    with FlServer() as fl:
        with PolicyEngine() as pe:
            fl.stopped()
            configure(stack, integration={"policy_engine_url": pe.url, "fl_server_url": fl.url}, services={"policy_engine": QUICK, "fl_server": QUICK})
            stack.wait_until(lambda: live(stack, "fl_server").get("training_state") == "stopped", 20, "it to be stopped")
        fl.policy_wait = 12
        wait_state(stack, "policy_engine", "unhealthy")
        # What was asked while the policy engine was on its way out may hang; after it, health is all that is asked.
        wait_state(stack, "fl_server", "healthy")
        stack.monitor.kill()
        stack.monitor.start()
        asked = len(fl.asked)
        stack.wait_until(lambda: len(fl.asked) >= asked + 6, 30, "it to be asked on")
        assert set(fl.asked[asked:]) == {"/health"}, fl.asked[asked:]
        assert wait_state(stack, "fl_server", "healthy")["issues"] == [] and live(stack, "fl_server")["training_state"] == "stopped"
        fl.policy_wait = 0
        fl.training(round=32)
        with PolicyEngine(port=pe.port):
            stack.wait_until(lambda: live(stack, "fl_server").get("training_state") == "running", 30, "it to train")


def test_fl_server_through_the_collector(stack):
    """Where only the collector can reach it."""
    with Collector() as collector:
        configure(stack, integration={"fl_server_url": f"{collector.url}/api/metrics/fl"}, services={"fl_server": QUICK})
        wait_state(stack, "fl_server", "healthy")
        data = live(stack, "fl_server")
        assert (data["training_state"], data["current_round"], data["accuracy"], data["loss"]) == ("running", 5, 0.81, None)
        collector.fl_available = False  # still 200
        assert wait_state(stack, "fl_server", "unhealthy")["issues"] == ["The collector cannot reach it"]


def test_an_address_that_nobody_chose(stack):
    """A fresh system calls what is not there not configured; chosen by somebody, the same address is an outage."""
    stack.wait_until(lambda: stack.rows("SELECT 1 FROM service WHERE name = 'sdn' AND last_check_ms > 0"), 30, "a first check")
    url = stack.client.get("/config").json()["integration"]["sdn_url"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    h = health(stack, "sdn")
    assert h["status"] == "not_configured" and h["issues"] == [] and stack.client.get("/health").json()["status"] == "healthy"
    configure(stack, integration={"sdn_url": url}, services={"sdn": QUICK})
    wait_state(stack, "sdn", "not_configured", "unhealthy")
    configure(stack, integration={"sdn_url": f"{url}/"})
    wait_state(stack, "sdn", "unhealthy", issue="Connection refused")
    configure(stack, integration={"sdn_url": None})
    wait_state(stack, "sdn", "not_configured")
    configure(stack, integration={"sdn_url": f"{url}/"}, services={"sdn": {"enabled": False}})
    wait_state(stack, "sdn", "not_configured")


MOODS = {
    "error_word": ("unhealthy", 'It says "error" of itself'),
    "html": ("degraded", "/health answered with text/html where JSON is expected"),
    "empty": ("degraded", "/health answered with nothing where JSON is expected"),
    "no_content": ("healthy", None),
    "not_json": ("degraded", "/health answered with JSON that cannot be read"),
    "array": ("degraded", "/health answered with JSON that is not an object"),
    "503_healthy": ("unhealthy", "/health answered 503"),
    "credentials": ("degraded", "/health wants credentials (401)"),
    "redirect": ("degraded", "/health answered with a redirect (302), which is not followed"),
    "close": ("unhealthy", "It closed the connection without an answer"),
    "mute": ("unhealthy", "No answer within 400 ms"),
    "huge": ("degraded", "/health answered with more than 64 KiB"),
    "endless": ("degraded", "/health answered with more than 64 KiB"),
    "trickle": ("degraded", "/health began to answer and did not finish"),
    "gzip": ("degraded", "/health answered with JSON that cannot be read"),
}


def resident_mb(pid):
    return int(open(f"/proc/{pid}/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def test_bad_answers(stack):
    """All kinds of them at once, each with its reason; redirects lead nowhere, and memory stays as it is whatever is sent."""
    target = Plain({"/": (200, {"status": "ok"})})
    fakes = {mood: Collector() for mood in MOODS}
    grpc = speaks_no_http()
    try:
        for mood, fake in fakes.items():
            fake.mood = mood
        fakes["redirect"].mood = lambda h: h.send(302, b"", headers=[("Location", target.url)]) or True
        services = {f"says_{mood}": QUICK | {"kind": "collector", "url": fake.url} for mood, fake in fakes.items()}
        services["grpc"] = QUICK | {"kind": "fl_server", "url": f"http://127.0.0.1:{grpc.__enter__()}"}
        services["nobody"] = QUICK | {"kind": "sdn", "url": f"http://127.0.0.1:{free_port()}"}
        services["no_such_name"] = QUICK | {"kind": "http", "url": "http://no-such.invalid:1/", "interval_ms": 10000, "timeout_ms": 10000}
        configure(stack, services=services)
        for mood, (state, issue) in MOODS.items():
            h = wait_state(stack, f"says_{mood}", state, issue=issue or "")
            assert bool(h["issues"]) == (issue is not None), h
            assert "127.0.0.1" not in str(h["issues"])
        wait_state(stack, "grpc", "unhealthy", issue="It does not speak HTTP/1 (is this a gRPC port?)")
        wait_state(stack, "nobody", "unhealthy", issue="Connection refused")
        wait_state(stack, "no_such_name", "unhealthy", issue="Name lookup failed")
        assert target.asked == []
        before = resident_mb(stack.monitor.pid)
        counts = {mood: len(fake.asked) for mood, fake in fakes.items()}
        stack.wait_until(lambda: all(len(fake.asked) >= counts[mood] + 10 for mood, fake in fakes.items()), 60, "ten more checks of each")
        # Without a cap it would be gigabytes; with sanitizers freed memory is kept for a while.
        assert resident_mb(stack.monitor.pid) - before < 60
    finally:
        grpc.__exit__(None, None, None)
        for fake in (*fakes.values(), target):
            fake.stop()


def test_mute_services_delay_nobody(stack):
    """Twenty accept and never answer, three are fine: the three are asked on time, and GET /health answers at once."""
    mute, fine = [Plain() for _ in range(20)], [Plain({"/": (200, {"status": "ok"})}) for _ in range(3)]
    try:
        for m in mute:
            m.mood = "mute"
        plan = {"kind": "http", "interval_ms": 1000, "failure_threshold": 1, "success_threshold": 1}
        configure(stack, services={**{f"mute{i}": plan | {"url": m.url, "timeout_ms": 1000} for i, m in enumerate(mute)},
                                   **{f"fine{i}": plan | {"url": f.url, "timeout_ms": 500} for i, f in enumerate(fine)}})
        wait_state(stack, "mute19", "unhealthy", issue="No answer within 1000 ms")
        counts, begun, slowest = [len(f.asked) for f in fine], time.monotonic(), []
        while time.monotonic() - begun < 6:
            t = time.monotonic()
            assert stack.client.get("/health").status_code == 200
            slowest.append(time.monotonic() - t)
            time.sleep(0.05)
        elapsed = time.monotonic() - begun
        for i, f in enumerate(fine):
            assert len(f.asked) - counts[i] >= elapsed - 2, (i, len(f.asked) - counts[i])
            h = health(stack, f"fine{i}")
            assert h["status"] == "healthy" and not h["stale"], h
        # Fifty milliseconds, in all but what a busy machine spoils.
        assert sorted(slowest)[len(slowest) * 9 // 10] < 0.05, sorted(slowest)[-5:]
    finally:
        for f in (*mute, *fine):
            f.stop()


def test_up_and_down(stack):
    """One that answers every other time has one state, and no events tell of it."""
    with Plain() as s:
        s.answers["/"] = (200, {"status": "ok"})
        watch(stack, "flapping", kind="http", url=s.url, failure_threshold=2, success_threshold=2)
        wait_state(stack, "flapping", "healthy")

        def every_other(h):
            if len(s.asked) % 2:
                h.send(500, b"")
            return len(s.asked) % 2 == 1
        s.mood = every_other
        asked = len(s.asked)
        stack.wait_until(lambda: len(s.asked) >= asked + 20, 60, "twenty checks")
        assert [c["status"] for c in stack.client.get("/health/flapping/history").json()["history"]] == ["healthy"]
        assert stack.client.get("/alerts").json()["total"] == 0
        told = stack.rows("SELECT count(*) AS n FROM event WHERE topic = 'metrics' AND data LIKE '%\"change\":\"service\"%' AND data LIKE '%flapping%'")
        assert told[0]["n"] == 1, told
        assert wait_state(stack, "flapping", "healthy", issue="(check failed 1 of 2 times)")
