"""Real services are asked as the configuration says: what is known of them is what they are."""
import http.server
import os
import socket
import subprocess
import sys
import threading
import time

import pytest
from harness.process import alive, end_pid, free_port
from harness.services import QUICK, certificate, configure, health, influxdb, live, need, node_exporter, prometheus, redis, unwatch, wait_state, watch

import flopynet_fakes


def program_version(*argv):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True).stdout


@need("redis-server")
def test_redis_with_a_password(stack):
    """Without it, with a wrong one, with the right one; and nobody is shown which."""
    with redis(stack.root, password="opensesame") as server:
        configure(stack, integration={"redis_url": server.url}, services={"redis": QUICK})
        h = wait_state(stack, "redis", "degraded")
        assert h["issues"] == ["It wants a password"] and h["version"] is None and h["response_time_ms"] > 0
        watch(stack, "redis", password="open sesame %s SHUTDOWN")
        h = wait_state(stack, "redis", "degraded", issue="It refuses the password: WRONGPASS")
        assert "sesame" not in str(h)
        watch(stack, "redis", password="opensesame")
        h = wait_state(stack, "redis", "connected")
        assert f"v={h['version']} " in program_version("redis-server", "--version") and h["issues"] == []
        data = live(stack, "redis")
        assert data["connected_clients"] >= 1 and data["memory_usage"] > 0 and data["uptime_seconds"] >= 0
        # A user of its own, as access lists of Redis 6 have it.
        subprocess.run(["redis-cli", "-p", str(server.port), "-a", "opensesame", "--no-auth-warning", "acl", "setuser", "eye", "on", ">look", "+ping", "+info", "+auth"],
                       check=True, stdout=subprocess.DEVNULL)
        watch(stack, "redis", username="eye", password="look")
        time.sleep(0.6)
        assert wait_state(stack, "redis", "connected")["issues"] == []
    assert server.process.popen.returncode == 0
    assert wait_state(stack, "redis", "disconnected")["issues"] == ["Connection refused"]
    assert "sesame" not in stack.client.get("/config").text


@need("influxd")
def test_influxdb(stack):
    with influxdb(stack.root) as server:
        configure(stack, integration={"influxdb_url": server.url}, services={"influxdb": QUICK})
        h = wait_state(stack, "influxdb", "connected")
        assert f"v{h['version']} " in program_version("influxd", "version"), h
        server.stop()
        wait_state(stack, "influxdb", "disconnected", issue="Connection refused")
        # Something else at its address is no InfluxDB.
        with flopynet_fakes.Plain({"/ping": (200, {"status": "ok"})}) as other:
            configure(stack, integration={"influxdb_url": other.url})
            wait_state(stack, "influxdb", "degraded", issue="it may not be InfluxDB")
            # 2.x has tokens, and a health document that may say that it fails.
            document = {"name": "influxdb", "message": "ready for queries and writes", "status": "pass"}

            def two(h):
                if h.headers.get("Authorization") != "Token t0ken":
                    h.send(401, {"code": "unauthorized"})
                elif h.path == "/ping":
                    h.send(200, b"", headers=[("X-Influxdb-Version", "v2.7.1")])
                else:
                    h.send(200 if document["status"] == "pass" else 503, document)
                return True
            other.mood = two
            wait_state(stack, "influxdb", "degraded", issue="/ping wants credentials (401)")
            watch(stack, "influxdb", token="t0ken")
            assert wait_state(stack, "influxdb", "connected")["version"] == "2.7.1"
            document |= {"status": "fail", "message": "disk full"}
            assert wait_state(stack, "influxdb", "disconnected")["issues"] == ['It says "fail" of itself: disk full']


@need("prometheus")
@need("prometheus-node-exporter")
def test_prometheus_and_an_exporter(stack):
    with prometheus(stack.root) as server, node_exporter(stack.root) as node:
        watch(stack, "prometheus", kind="prometheus", url=server.url, role="dependency", timeout_ms=500)
        watch(stack, "node", kind="prometheus", url=node.url)
        h = wait_state(stack, "prometheus", "connected")
        assert f"version {h['version']} " in program_version("prometheus", "--version"), h
        h = wait_state(stack, "node", "healthy")
        assert f"version {h['version']} " in program_version("prometheus-node-exporter", "--version"), h
        data = live(stack, "node")
        assert data["memory_usage"] > 1 and data["node_load1"] >= 0, data
        history = stack.wait_until(lambda: stack.client.get("/metrics/history", params={"service": "node", "metric": "node_load1"}).json()["points"], 20)
        assert history
        watch(stack, "node", metrics="node_load5 node_memory_MemTotal_bytes node_scrape_collector_success no_such")
        data = stack.wait_until(lambda: "no_such" in (d := live(stack, "node")) and d, 20, "what is listed")
        total_kb = int(open("/proc/meminfo").readline().split()[1])
        assert data["node_memory_memtotal_bytes"] == total_kb * 1024 and data["node_scrape_collector_success"] == 2 and data["no_such"] is None and "node_load1" not in data, data
        # A dashboard is no exposition.
        watch(stack, "node", kind="prometheus", url=f"{node.url}/landing")
        wait_state(stack, "node", "degraded", "unhealthy")


def test_mongodb(stack):
    """Its own protocol: hello, login, ping, buildInfo; wrong and missing logins; mute."""
    pytest.importorskip("bson", reason="python3-bson is not installed")
    from mongodb_fake import MongoDB
    with MongoDB(version="6.0.14", user=("eye", "look")) as db:
        configure(stack, integration={"mongodb_url": db.url}, services={"mongodb": QUICK})
        wait_state(stack, "mongodb", "degraded", "disconnected", "connected")
        if "without MongoDB" in str(health(stack, "mongodb")["issues"]):
            pytest.skip("built without libmongoc")
        h = wait_state(stack, "mongodb", "degraded", issue="It refuses: ")
        assert "requires authentication" in h["issues"][0]
        watch(stack, "mongodb", username="eye", password="wrong")
        h = wait_state(stack, "mongodb", "degraded", issue="It refuses the user name or the password")
        assert str(db.port) not in str(h)
        watch(stack, "mongodb", username="eye", password="look")
        h = wait_state(stack, "mongodb", "connected")
        assert h["version"] == "6.0.14" and h["response_time_ms"] > 0 and h["issues"] == []
        assert {"ping", "buildInfo"} <= set(db.asked) and "saslStart" in db.asked
        # Mute: its driver waits in a thread, and nobody else does.
        with flopynet_fakes.Plain({"/": (200, {"status": "ok"})}) as other:
            watch(stack, "other", kind="http", url=other.url)
            wait_state(stack, "other", "healthy")
            db.mute = True
            h = wait_state(stack, "mongodb", "disconnected")
            assert "in time" in h["issues"][0] or "within 400 ms" in h["issues"][0], h
            before = len(other.asked)
            stack.wait_until(lambda: len(other.asked) >= before + 6, 10, "the other to be asked on")
    assert not db.errors
    wait_state(stack, "mongodb", "disconnected", issue="Connection refused")


def test_mongodb_that_is_something_else(stack):
    with flopynet_fakes.speaks_no_http() as port:
        configure(stack, integration={"mongodb_url": f"mongodb://127.0.0.1:{port}", "redis_url": f"redis://127.0.0.1:{port}"}, services={"redis": QUICK, "mongodb": QUICK})
        wait_state(stack, "mongodb", "disconnected")
        wait_state(stack, "redis", "disconnected", issue="It ")


def test_a_connection(stack):
    with flopynet_fakes.Plain() as server:
        watch(stack, "port", kind="tcp", url=f"tcp://127.0.0.1:{server.port}", title="A port")
        h = wait_state(stack, "port", "healthy")
        assert h["response_time_ms"] > 0 and server.asked == []
    wait_state(stack, "port", "unhealthy", issue="Connection refused")


def test_the_other_family(stack):
    """localhost may be IPv6 only."""
    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass
    try:
        server = Server(("::1", 0), Handler)
    except OSError:
        pytest.skip("there is no IPv6 here")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        port = server.server_address[1]
        configure(stack, services={"name": QUICK | {"kind": "http", "url": f"http://localhost:{port}"}, "number": QUICK | {"kind": "http", "url": f"http://[::1]:{port}"},
                                   "tcp": QUICK | {"kind": "tcp", "url": f"tcp://localhost:{port}"}, "four": QUICK | {"kind": "tcp", "url": f"tcp://127.0.0.1:{port}"}})
        for name in ("name", "number", "tcp"):
            wait_state(stack, name, "healthy")
        wait_state(stack, "four", "unhealthy", issue="Connection refused")
    finally:
        server.shutdown()
        server.server_close()


def test_any_address(stack):
    """A status and a member's value of one's own."""
    answers = {"/": (200, {"db": {"state": "up", "lag": [1, 2.0]}, "load": 0.5, "on": True}), "/teapot": (418, {"a": 1}), "/page": (200, b"<p>", "text/html")}
    with flopynet_fakes.Plain(answers) as s:
        configure(stack, services={
            "page": QUICK | {"kind": "http", "url": f"{s.url}/page"},
            "teapot": QUICK | {"kind": "json", "url": f"{s.url}/teapot", "expect_status": 418, "json_path": "a", "json_value": 1},
            "not_teapot": QUICK | {"kind": "http", "url": s.url, "expect_status": 418},
            "state": QUICK | {"kind": "json", "url": s.url, "json_path": "db.state", "json_value": "up"},
            "lag": QUICK | {"kind": "json", "url": s.url, "json_path": "db.lag.1", "json_value": 3},
            "there": QUICK | {"kind": "json", "url": s.url, "json_path": "db.nothing", "json_value": 1},
            "page_as_json": QUICK | {"kind": "json", "url": f"{s.url}/page"},
        })
        for name in ("page", "teapot", "state"):
            assert wait_state(stack, name, "healthy")["issues"] == []
        assert live(stack, "state")["load"] == 0.5 and live(stack, "state")["on"] is True
        for name, state, issue in (("not_teapot", "unhealthy", "It answered 200 where 418 is expected"), ("lag", "unhealthy", "db.lag.1 is 2.0 where 3 is expected"),
                                   ("there", "unhealthy", "Its answer has no member db.nothing"), ("page_as_json", "degraded", "It answered with text/html where JSON is expected")):
            assert wait_state(stack, name, state, issue=issue)["issues"] == [issue], name
        # Credentials go along.
        seen = []

        def mood(h):
            seen.append(h.headers.get("Authorization"))
            return False
        s.mood = mood
        unwatch(stack, "teapot", "not_teapot", "state", "lag", "there", "page_as_json")
        watch(stack, "page", kind="http", url=f"{s.url}/page", token="t0ken")
        stack.wait_until(lambda: "Bearer t0ken" in seen, 10, "the token")
        watch(stack, "page", kind="http", url=f"{s.url}/page", token=None, username="eye", password="look")
        stack.wait_until(lambda: "Basic ZXllOmxvb2s=" in seen, 10, "name and password")


BUSY = """
import socket, sys, time
block = bytearray(48 << 20)
for i in range(0, len(block), 4096): block[i] = 1
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    until = time.monotonic() + 0.05
    while time.monotonic() < until: pass
    time.sleep(0.05)
"""


def test_local_processes(stack):
    """By pid file and by the port they listen on: percent of a processor and resident MB, as the process table has them."""
    port = free_port()
    pid_file = stack.root / "busy.pid"

    def start():
        p = subprocess.Popen([sys.executable, "-c", BUSY, str(port)])
        pid_file.write_text(f"{p.pid}\n")
        return p
    busy = start()
    try:
        configure(stack, services={"by_file": QUICK | {"kind": "process", "pid_file": str(pid_file), "memory_limit_mb": 50},
                                   "by_port": QUICK | {"kind": "process", "port": port},
                                   "nobody": QUICK | {"kind": "process", "port": free_port()}, "no_file": QUICK | {"kind": "process", "pid_file": f"{pid_file}.x"}})
        wait_state(stack, "by_port", "healthy")
        assert wait_state(stack, "nobody", "unhealthy")["issues"][0].startswith("No process listens on port ")
        assert wait_state(stack, "no_file", "unhealthy")["issues"] == ["Its pid file cannot be read or holds no number"]
        h = wait_state(stack, "by_file", "degraded")
        assert h["issues"][0].startswith("High memory usage: "), h
        resident = int(open(f"/proc/{busy.pid}/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6
        for name in ("by_file", "by_port"):
            got = stack.wait_until(lambda: (d := live(stack, name))["cpu_usage"] and d, 20, f"what {name} uses")
            assert 48 < got["memory_usage"] and abs(got["memory_usage"] - resident) < 10, got
            assert 2 < got["cpu_usage"] < 110, got
        assert live(stack, "by_file")["memory_percent"] > 90
        # Ended and started again: gone at once, and back at once, though it has another number.
        end_pid(busy.pid)
        busy.wait()
        wait_state(stack, "by_port", "unhealthy")
        assert wait_state(stack, "by_file", "unhealthy")["issues"] == ["Its pid file names no running process"]
        busy = start()
        begun = time.monotonic()
        wait_state(stack, "by_port", "healthy")
        assert time.monotonic() - begun < 8
        # It was there at every check since: nothing is called dead only because nobody has looked yet.
        changes = stack.client.get("/health/by_port/history").json()["history"]
        assert [c["status"] for c in changes] == ["healthy", "unhealthy", "healthy"], changes
    finally:
        if alive(busy.pid):
            end_pid(busy.pid)
        busy.wait()


def test_what_a_local_service_uses(stack):
    """A service that is asked over loopback is measured, too."""
    with flopynet_fakes.PolicyEngine() as pe:
        configure(stack, integration={"policy_engine_url": pe.url}, services={"policy_engine": QUICK})
        wait_state(stack, "policy_engine", "healthy")
        got = stack.wait_until(lambda: (d := live(stack, "policy_engine"))["cpu_usage"] is not None and d, 30, "what it uses")
        assert got["memory_usage"] > 5 and got["policies_active"] == 20


def test_a_certificate_of_ones_own(stack):
    """It is refused, in words that say why; with `insecure` it is good."""
    with flopynet_fakes.Collector(tls=certificate(stack.root)) as server:
        configure(stack, integration={"collector_url": server.url}, services={"collector": QUICK})
        h = wait_state(stack, "collector", "unhealthy")
        assert h["issues"] == ["Its TLS certificate is not good: it is self-signed"] and server.asked == []
        watch(stack, "collector", insecure=True)
        h = wait_state(stack, "collector", "healthy")
        assert h["version"] == "v1.0.0" and h["issues"] == []
        watch(stack, "collector", insecure=False)
        wait_state(stack, "collector", "unhealthy")
    # Plain HTTP where TLS is expected, and the other way round.
    with flopynet_fakes.Collector() as plain:
        configure(stack, integration={"collector_url": plain.url.replace("http:", "https:")})
        wait_state(stack, "collector", "unhealthy", issue="TLS cannot be set up with it")


@need("redis-server")
@need("influxd")
def test_an_outage_from_beginning_to_end(stack):
    """
    Redis and InfluxDB are connected, with their real versions. Redis stops: one alert, within interval times threshold. It is acknowledged, Redis comes back: one resolved alert that
    remembers the acknowledgement. Meanwhile another collector is asked within one interval of its being configured.
    """
    interval, threshold = 1.0, 3
    plan = {"interval_ms": int(interval * 1000), "timeout_ms": 500, "failure_threshold": threshold}
    alerts = lambda **q: stack.client.get("/alerts", params={"limit": 100, **q}).json()["alerts"]  # noqa: E731
    r, i = redis(stack.root), influxdb(stack.root)
    with r, i, flopynet_fakes.Collector() as first, flopynet_fakes.Collector() as second:
        configure(stack, integration={"redis_url": r.url, "influxdb_url": i.url, "collector_url": first.url}, services={n: plan for n in ("redis", "influxdb", "collector")})
        for name, version in (("redis", program_version("redis-server", "--version")), ("influxdb", program_version("influxd", "version"))):
            h = wait_state(stack, name, "connected")
            assert h["version"] and h["version"] in version, (name, h)
        wait_state(stack, "collector", "healthy")
        assert alerts() == []
        r.stop()
        stopped = time.monotonic()
        a = stack.wait_until(lambda: alerts(service="redis", status="active"), 60, "an alert")[0]
        # One interval of luck, and the judge looks once a second; what a busy machine adds is not the monitor's.
        assert time.monotonic() - stopped < interval * threshold + interval + 3
        assert a["title"] == "Redis is unhealthy" and a["severity"] == "critical" and "Connection refused" in a["description"]
        assert stack.client.post(f"/alerts/{a['id']}/acknowledge", json={"comment": "Upgrading Redis"}).status_code == 200
        asked = len(second.asked)
        configure(stack, integration={"collector_url": second.url})
        changed = time.monotonic()
        stack.wait_until(lambda: len(second.asked) > asked, 30, "the new collector to be asked")
        assert time.monotonic() - changed < interval + 1
        left = len(first.asked)
        r.start()
        stack.wait_until(lambda: alerts(service="redis", status="resolved"), 60, "the alert to resolve")
        assert len(alerts(service="redis")) == 1 and alerts(open="true") == []
        detail = stack.client.get(f"/alerts/{a['id']}").json()["alert"]
        assert [(x["event"], x["actor"], x["details"]) for x in detail["history"]][1] == ("acknowledged", "test", "Upgrading Redis")
        assert [x["event"] for x in detail["history"]] == ["opened", "acknowledged", "resolved"]
        assert detail["acknowledged_by"] == "test" and detail["comment"] == "Upgrading Redis" and detail["resolved_by"] is None
        wait_state(stack, "redis", "connected")
        assert health(stack, "influxdb")["status"] == "connected" and len(first.asked) == left
