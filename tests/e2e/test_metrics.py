"""Live metrics, their history and the Prometheus page: true and dated values of a real Redis, a real process, and services that answer as FLOPY-NET's do."""
import csv
import io
import re
import shutil
import subprocess
import time
from datetime import datetime, timezone

import httpx
import pytest
from conftest import make_stack
from harness import services
from harness.stack import SOURCE

import flopynet_fakes as fakes

QUICK = {"interval_ms": 1000, "timeout_ms": 800, "failure_threshold": 1, "success_threshold": 1}
GROUPS = {"cpu": {"cpu_usage"}, "memory": {"memory_usage", "memory_percent"}, "network": {"throughput", "throughput_bytes_per_s", "response_time_ms"}}
ALWAYS = {"status", "title", "observed_at", "stale"}


def when(text):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", text), text
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=timezone.utc).timestamp()


class Lab:
    """The dashboard, a real Redis whose process is measured too, and all four of FLOPY-NET's services."""

    def __init__(self, stack):
        self.stack, self.client = stack, stack.client
        self.redis = services.redis(stack.root).start()
        self.fl, self.collector, self.policy, self.sdn = fakes.FlServer(), fakes.Collector(), fakes.PolicyEngine(), fakes.Sdn()
        self.fl.training(round=3, clients=2)
        body = {
            "integration": {"redis_url": self.redis.url, "fl_server_url": self.fl.url, "collector_url": self.collector.url,
                            "policy_engine_url": self.policy.url, "sdn_url": self.sdn.url, "influxdb_url": None, "mongodb_url": None},
            "services": {**{name: QUICK for name in ("fl_server", "collector", "policy_engine", "sdn")}, "redis": {**QUICK, "port": self.redis.port, "memory_limit_mb": 100},
                         "web": {**QUICK, "kind": "process", "port": stack.port}},
        }
        r = self.client.put("/config", json=body)
        assert r.status_code == 200, r.text
        stack.wait_until(lambda: all(self.live()[name]["status"] == "healthy" for name in ("fl_server", "collector", "policy_engine", "sdn", "redis", "web")), 60,
                         "all services to be healthy")
        stack.wait_until(lambda: all(isinstance(self.live()[name]["cpu_usage"], (int, float)) for name in ("redis", "web", "dashboard")), 60, "processes to be measured")

    def live(self, **query):
        r = self.client.get("/metrics/live", params=query)
        assert r.status_code == 200, r.text
        return r.json()["services"]

    def wrong(self, path, **query):
        r = self.client.get(path, params=query)
        assert r.status_code == 400 and r.json()["error"]["code"] == "VALIDATION_ERROR", r.text
        return r.json()["error"]["details"]

    def stop(self):
        for fake in (self.fl, self.collector, self.policy, self.sdn):
            fake.stop()
        self.redis.stop()


@pytest.fixture(scope="module")
def lab(request):
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    lab = Lab(make_stack(request))
    request.addfinalizer(lab.stop)
    return lab


# GET /metrics/live


def test_live_values_are_those_of_the_services(lab):
    lab.fl.training(round=7, clients=4)
    lab.collector.total = 98765
    lab.stack.wait_until(lambda: lab.live()["fl_server"]["current_round"] == 7 and lab.live()["collector"]["metrics_processed"] == 98765, 30, "the new values")
    s = lab.live()
    assert s["fl_server"]["active_clients"] == 4 and s["fl_server"]["max_rounds"] == 10
    assert (s["policy_engine"]["policies_active"], s["policy_engine"]["decisions_allowed"], s["policy_engine"]["decisions_denied"]) == (20, 118, 5)
    assert (s["sdn"]["switches"], s["sdn"]["hosts"], s["sdn"]["links"]) == (2, 4, 0)
    # What a service does not tell is null, not left out and not made up.
    assert s["fl_server"]["throughput"] is None and s["fl_server"]["throughput_bytes_per_s"] is None and s["collector"]["queue_size"] is None
    assert s["influxdb"]["status"] == "not_configured" and s["influxdb"]["observed_at"] is None and s["influxdb"]["stale"] is False


def test_live_values_of_processes_are_true(lab):
    s = lab.live()
    resident = int(re.search(r"^VmRSS:\s+(\d+)", open(f"/proc/{lab.redis.pid}/status").read(), re.M)[1]) * 1024 / 1e6
    assert s["redis"]["memory_usage"] == pytest.approx(resident, rel=0.25)
    assert s["redis"]["memory_percent"] == pytest.approx(s["redis"]["memory_usage"], rel=0.01)  # its limit is 100 MB
    assert s["redis"]["connected_clients"] >= 1 and s["redis"]["uptime_seconds"] >= 0
    resident = int(re.search(r"^VmRSS:\s+(\d+)", open(f"/proc/{lab.stack.lighttpd.pid}/status").read(), re.M)[1]) * 1024 / 1e6
    assert s["web"]["memory_usage"] == pytest.approx(resident, rel=0.25)
    assert 0 <= s["web"]["cpu_usage"] < 800 and 0 <= s["dashboard"]["cpu_usage"] < 800
    assert s["dashboard"]["memory_usage"] > 1 and s["dashboard"]["store_bytes"] > 0


def test_every_value_is_dated(lab):
    asked = time.time()
    for name, s in lab.live().items():
        assert isinstance(s["stale"], bool) and s["status"] in ("healthy", "degraded", "unhealthy", "unknown", "not_configured"), name
        if s["status"] == "not_configured":
            assert s["observed_at"] is None
        else:
            assert asked - 30 < when(s["observed_at"]) <= time.time() + 1 and s["stale"] is False, (name, s)
    first = lab.live()["redis"]["observed_at"]
    lab.stack.wait_until(lambda: lab.live()["redis"]["observed_at"] > first, 20, "a newer value")


def test_live_can_be_narrowed(lab):
    assert set(lab.live(services="sdn,redis")) == {"sdn", "redis"}
    for group, members in GROUPS.items():
        assert set(lab.live(services="fl_server", metrics=group)["fl_server"]) == ALWAYS | members, group
    custom = set(lab.live(services="fl_server", metrics="custom")["fl_server"])
    assert {"active_clients", "current_round"} <= custom and not custom & set.union(*GROUPS.values())
    assert set(lab.live(services="fl_server", metrics="cpu,memory")["fl_server"]) == ALWAYS | GROUPS["cpu"] | GROUPS["memory"]
    assert set(lab.live(services="fl_server", metrics="cpu,memory,network,custom")["fl_server"]) == set(lab.live(services="fl_server")["fl_server"])
    body = lab.client.get("/metrics/live", params={"interval": 30}).json()
    assert body["interval"] == 30 and lab.client.get("/metrics/live").json()["interval"] == 5 and abs(when(body["timestamp"]) - time.time()) < 5


@pytest.mark.parametrize("query, field, words", [
    ({"services": "nosuch"}, "services", ("nosuch", "fl_server", "collector", "policy_engine", "sdn", "redis", "dashboard")),
    ({"services": "redis,REDIS"}, "services", ("REDIS", "known are")),
    ({"services": ""}, "services", ()), ({"services": "redis,"}, "services", ()), ({"services": "redis,,sdn"}, "services", ()), ({"services": " redis"}, "services", ()),
    ({"services": ",".join(f"s{i}" for i in range(101))}, "services", ("100",)),
    ({"metrics": "cpu,disk"}, "metrics", ("cpu, memory, network, custom",)), ({"metrics": ""}, "metrics", ("custom",)), ({"metrics": "CPU"}, "metrics", ("cpu",)),
    ({"interval": "0"}, "interval", ()), ({"interval": "-5"}, "interval", ()), ({"interval": "1.5"}, "interval", ()), ({"interval": "soon"}, "interval", ()),
    ({"interval": "3601"}, "interval", ()), ({"service": "redis"}, "service", ()), ({"services": ["redis", "sdn"]}, "services", ()),
])
def test_wrong_questions_about_live(lab, query, field, words):
    details = lab.wrong("/metrics/live", **query)
    assert set(details) == {field}
    for word in words:
        assert word in details[field], details


def test_all_that_is_wrong_is_told(lab):
    assert set(lab.wrong("/metrics/live", metrics="disk", interval="x")) == {"metrics", "interval"}


def test_a_service_that_falls_silent_goes_stale(lab):
    """Its last values stay, with their date; nobody takes them for new."""
    lab.sdn.mood = "mute"
    try:
        lab.stack.wait_until(lambda: lab.live(services="sdn", interval=1)["sdn"]["stale"], 60, "stale values")
        s = lab.live(services="sdn", interval=1)["sdn"]
        assert s["status"] == "unhealthy" and s["switches"] == 2 and time.time() - when(s["observed_at"]) > 1
        # Whoever asks once in an hour is shown nothing older than that as new: to them it is not stale.
        assert lab.live(services="sdn", interval=3600)["sdn"]["stale"] is False
        text = lab.client.get("/metrics/prometheus").text
        assert sample(text, "flopynet_service_up", service="sdn") == 0 and sample(text, "flopynet_service_stale", service="sdn") == 1
    finally:
        lab.sdn.mood = None
        lab.sdn.release.set()
    lab.stack.wait_until(lambda: lab.live(services="sdn")["sdn"]["status"] == "healthy", 60, "it to be back")
    lab.sdn.release.clear()


# GET /metrics/history


def history(lab, **query):
    r = lab.client.get("/metrics/history", params=query)
    assert r.status_code == 200, r.text
    return r


def test_history_has_what_was_measured(lab):
    lab.stack.wait_until(lambda: len(history(lab, service="dashboard", metric="store_bytes", step=1).json()["points"]) >= 3, 60, "three points")
    h = history(lab, service="fl_server", metric="current_round", step=1).json()
    assert h["service"] == "fl_server" and h["metric"] == "current_round" and h["step"] == 1 and when(h["to"]) - when(h["from"]) == 3600
    stored = lab.stack.rows("SELECT at_ms, json_extract(data, '$.current_round') AS v FROM sample WHERE service_id = (SELECT id FROM service WHERE name = 'fl_server')")
    want = {}
    for row in stored:
        if row["v"] is not None:
            want.setdefault(row["at_ms"] // 1000, []).append(row["v"])
    got = {int(when(p["timestamp"])): p for p in h["points"]}
    assert list(got) == sorted(got) and set(got) <= set(want) and got
    for at, p in got.items():
        assert (p["samples"], p["min"], p["max"]) == (len(want[at]), min(want[at]), max(want[at])) and p["value"] == pytest.approx(sum(want[at]) / len(want[at]))


def test_history_is_gathered_by_step(lab):
    lab.stack.wait_until(lambda: len(history(lab, service="redis", metric="memory_usage", step=1).json()["points"]) >= 3, 60, "three points")
    now = int(time.time()) // 60 * 60
    span = {"from": f"{now - 3600}", "to": f"{now + 60}"}
    span = {k: datetime.fromtimestamp(int(v), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") for k, v in span.items()}
    fine = history(lab, service="redis", metric="memory_usage", step=1, **span).json()["points"]
    coarse = history(lab, service="redis", metric="memory_usage", step=3600, **span).json()
    assert sum(p["samples"] for p in coarse["points"]) >= sum(p["samples"] for p in fine)
    assert all(when(p["timestamp"]) % 3600 == 0 for p in coarse["points"]) and len(coarse["points"]) <= 2
    assert coarse["from"] == span["from"] and coarse["to"] == span["to"]
    # Without one the step is chosen so that a chart has enough and not too many points.
    assert history(lab, service="redis", metric="memory_usage", **{"from": "2024-01-01", "to": "2024-12-31"}).json()["step"] == 86400
    assert history(lab, service="redis", metric="memory_usage").json()["step"] == 10
    assert history(lab, service="redis", metric="memory_usage", **{"from": "2024-01-01", "to": "2024-12-31"}).json()["points"] == []


def test_history_as_csv(lab):
    lab.stack.wait_until(lambda: len(history(lab, service="redis", metric="memory_usage", step=1).json()["points"]) >= 3, 60, "three points")
    to = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = {"service": "redis", "metric": "memory_usage", "step": 1, "to": to}
    r = history(lab, format="csv", **query)
    assert r.headers["content-type"].startswith("text/csv") and 'filename="redis-memory_usage.csv"' in r.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(r.text, newline="")))
    assert rows[0] == ["timestamp", "value", "min", "max", "samples"]
    points = history(lab, format="json", **query).json()["points"]
    assert [[p["timestamp"], p["value"], p["min"], p["max"], p["samples"]] for p in points] == [[t, float(v), float(a), float(b), int(n)] for t, v, a, b, n in rows[1:]]


@pytest.mark.parametrize("change, field", [
    ({"service": None}, "service"), ({"metric": None}, "metric"), ({"service": "nosuch"}, "service"), ({"service": ""}, "service"), ({"metric": ""}, "metric"),
    ({"metric": "Memory"}, "metric"), ({"metric": "a'; DROP TABLE sample--"}, "metric"), ({"metric": "$.x"}, "metric"), ({"metric": "m" * 65}, "metric"),
    ({"from": "yesterday"}, "from"), ({"to": "2024-02-30"}, "to"), ({"from": "2024-02-01", "to": "2024-01-01"}, "from"),
    ({"step": "0"}, "step"), ({"step": "-1"}, "step"), ({"step": "1.5"}, "step"), ({"step": "604801"}, "step"), ({"step": "1", "from": "2024-01-01", "to": "2024-01-02"}, "step"),
    ({"format": "xml"}, "format"), ({"format": ""}, "format"), ({"limit": "5"}, "limit"), ({"services": "redis"}, "services"),
])
def test_wrong_questions_about_history(lab, change, field):
    query = {k: v for k, v in ({"service": "redis", "metric": "memory_usage"} | change).items() if v is not None}
    assert set(lab.wrong("/metrics/history", **query)) == {field}


def test_a_metric_that_was_never_measured_has_no_points(lab):
    assert history(lab, service="redis", metric="no_such_metric").json()["points"] == []


# GET /metrics/prometheus

LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? ([-+0-9.eE]+|NaN|[-+]Inf)')


def samples(text):
    """(name, labels, value) of each sample."""
    for line in text.splitlines():
        if not line.startswith("#"):
            m = LINE.fullmatch(line)
            assert m, line
            yield m[1], dict(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', m[2] or "")), float(m[3])


def sample(text, name, **labels):
    found = [v for n, l, v in samples(text) if n == name and labels.items() <= l.items()]
    assert len(found) == 1, (name, labels, found)
    return found[0]


def test_prometheus_page_is_valid(lab):
    """As Prometheus' own checker sees it, and every family in one piece with its help and type."""
    r = lab.client.get("/metrics/prometheus")
    assert r.status_code == 200 and r.headers["content-type"].startswith("text/plain; version=0.0.4")
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=r.text, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and done.stdout + done.stderr == "", done.stdout + done.stderr
    order = []
    for name, _, _ in samples(r.text):
        if not order or order[-1] != name:
            order.append(name)
    assert len(order) == len(set(order))
    for name in order:
        assert f"# HELP {name} " in r.text and f"# TYPE {name} gauge\n" in r.text
    documented = set(re.findall(r"`(flopynet_[a-z_]+)`", (SOURCE / "docs/operations.md").read_text()))
    assert documented == set(re.findall(r"^# TYPE ([a-z_]+) ", r.text, re.M))


def test_prometheus_page_says_the_same_as_live(lab):
    lab.fl.training(round=9, clients=3)
    lab.stack.wait_until(lambda: lab.live()["fl_server"]["current_round"] == 9, 30, "round 9")
    text = lab.client.get("/metrics/prometheus").text
    assert sample(text, "flopynet_service_metric", service="fl_server", metric="current_round") == 9
    assert sample(text, "flopynet_service_metric", service="fl_server", metric="active_clients") == 3
    assert sample(text, "flopynet_service_metric", service="redis", metric="memory_usage") > 0
    for name in ("fl_server", "collector", "policy_engine", "sdn"):
        assert sample(text, "flopynet_service_up", service=name, role="service") == 1
        assert 0 <= sample(text, "flopynet_service_check_age_seconds", service=name) < 30
        assert 0 < sample(text, "flopynet_service_response_time_seconds", service=name) < 5
        live = lab.live(services=name)[name]
        assert sample(text, "flopynet_service_observed_timestamp_seconds", service=name) == pytest.approx(when(live["observed_at"]), abs=5)
        assert sample(text, "flopynet_service_stale", service=name) == 0
        states = {l["state"]: v for n, l, v in samples(text) if n == "flopynet_service_state" and l["service"] == name}
        assert states == {"healthy": 1, "degraded": 0, "unhealthy": 0, "unknown": 0, "not_configured": 0}
    # What is not configured is neither up nor down.
    assert not [1 for n, l, _ in samples(text) if n in ("flopynet_service_up", "flopynet_service_stale") and l["service"] == "influxdb"]
    assert sample(text, "flopynet_service_state", service="influxdb", state="not_configured") == 1


def test_prometheus_page_tells_of_this_system(lab):
    id = lab.stack.create(name='a "name"\n', start=True, configuration={"rounds": 2})
    lab.stack.wait_status(id, "completed", timeout=60)
    health = lab.client.get("/health").json()
    text = lab.client.get("/metrics/prometheus").text
    assert sample(text, "flopynet_build_info", version=health["version"]) == 1
    assert sample(text, "flopynet_experiments", status="completed") >= 1 and sample(text, "flopynet_rounds_completed") >= 2
    assert sample(text, "flopynet_store_bytes") > 4096 and sample(text, "flopynet_store_max_bytes") == 2048e6
    assert sample(text, "flopynet_alerts", severity="critical", status="active") >= 0
    for program in ("monitor", "stream"):
        assert 0 <= sample(text, "flopynet_beat_age_seconds", program=program) < 5
    assert lab.stack.connect("").get("/metrics/prometheus").status_code == 401
    assert lab.client.get("/metrics/prometheus", params={"x": "1"}).status_code == 400


@services.need("prometheus")
def test_a_real_prometheus_scrapes_it(lab):
    """With a viewer's token, as an operator would set it up."""
    token = lab.stack.make_token("prometheus", "viewer")
    config = f"""
global: {{scrape_interval: 1s}}
scrape_configs:
- job_name: flopynet
  metrics_path: /api/v1/metrics/prometheus
  authorization: {{credentials: {token}}}
  static_configs: [{{targets: ['127.0.0.1:{lab.stack.port}']}}]
"""
    with services.prometheus(lab.stack.root, config) as server:
        def ask(query):
            found = httpx.get(f"{server.url}/api/v1/query", params={"query": query}, timeout=5).json()["data"]["result"]
            return [float(f["value"][1]) for f in found]
        lab.stack.wait_until(lambda: ask('up{job="flopynet"}') == [1], 60, "a scrape")
        lab.stack.wait_until(lambda: ask('flopynet_service_up{service="redis"}') == [1], 30, "the scraped state of Redis")
        assert ask('flopynet_service_state{service="redis",state="healthy"}') == [1]
