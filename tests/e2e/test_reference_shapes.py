"""
Every example of the API reference, asked for as it stands there: the answer has all its members, each of the type and the form that the example has (times, ids, "5ms", "45MB",
"2d 4h 15m 30s"). Answers may have more members, never fewer.
"""
import asyncio
import json
import re
import shutil

import httpx
import pytest
import websockets
from conftest import make_stack
from harness import services

import flopynet_fakes as fakes

T = "2024-01-15T10:00:00Z"
CONFIGURATION = {"dataset": "mnist", "model": "cnn", "rounds": 20, "clients_per_round": 3, "local_epochs": 5, "learning_rate": 0.01, "batch_size": 32}
EXPERIMENTS = {
    "experiments": [{
        "id": "exp_001", "name": "MNIST Federated Learning", "status": "running", "scenario": "basic_fl", "clients_count": 5, "rounds_completed": 12, "rounds_total": 20,
        "accuracy": 0.89, "loss": 0.34, "created_at": T, "started_at": T, "estimated_completion": T}],
    "total": 1, "limit": 10, "offset": 0}
CREATE = {
    "name": "Custom MNIST Experiment", "scenario": "basic_fl", "configuration": CONFIGURATION,
    "network_settings": {"bandwidth_limit": "10Mbps", "latency": "50ms", "packet_loss": 0.01}, "policies": ["priority_fl_traffic", "adaptive_qos"]}
CREATED = {"experiment": {"id": "exp_002", "name": "Custom MNIST Experiment", "status": "created", "configuration": CONFIGURATION, "created_at": T}}
DETAIL = {"experiment": {
    "id": "exp_001", "name": "MNIST Federated Learning", "status": "running", "configuration": CONFIGURATION,
    "metrics": {"current_round": 12, "global_accuracy": 0.89, "global_loss": 0.34, "convergence_rate": 0.02, "communication_overhead": "45MB"},
    "clients": [{"id": "client_001", "status": "training", "accuracy": 0.87, "loss": 0.38, "last_update": T}],
    "timeline": [{"timestamp": T, "event": "experiment_started", "details": "Experiment started with 5 clients"}]}}
CONTROL = {"action": "pause", "reason": "Network maintenance scheduled"}
CONTROLLED = {"status": "paused", "message": "Experiment paused successfully", "timestamp": T}
LIVE = {"timestamp": T, "services": {
    "fl_server": {"status": "healthy", "cpu_usage": 45.2, "memory_usage": 512.5, "active_clients": 5, "current_round": 12, "throughput": "15MB/s"},
    "collector": {"status": "healthy", "cpu_usage": 23.1, "memory_usage": 256.8, "metrics_processed": 1250, "queue_size": 45}}}
SUBSCRIBE = {"action": "subscribe", "topics": ["experiments", "metrics", "alerts"], "experiment_ids": ["exp_001", "exp_002"]}
HEALTH = {"status": "healthy", "version": "1.0.0", "uptime": "2d 4h 15m 30s", "services": {
    "collector": {"status": "healthy", "response_time": "5ms", "last_check": T}, "policy_engine": {"status": "healthy", "response_time": "12ms", "last_check": T},
    "fl_server": {"status": "degraded", "response_time": "150ms", "last_check": T, "issues": ["High memory usage: 85%"]}}}
DEPENDENCIES = {"dependencies": {
    "influxdb": {"status": "connected", "response_time": "8ms", "version": "2.6.0"}, "redis": {"status": "connected", "response_time": "2ms", "version": "7.0.5"},
    "mongodb": {"status": "connected", "response_time": "15ms", "version": "6.0.2"}}}
CONFIG = {
    "dashboard": {"refresh_interval": 5000, "max_experiments": 10, "retention_days": 30},
    "features": {"real_time_metrics": True, "experiment_scheduling": True, "alert_notifications": True},
    "integration": {"collector_url": "http://localhost:8081", "policy_engine_url": "http://localhost:5000", "fl_server_url": "http://localhost:8080"}}
CHANGE = {"dashboard": {"refresh_interval": 3000, "max_experiments": 15}}
ALERTS = {"alerts": [{
    "id": "alert_001", "severity": "warning", "status": "active", "title": "High Memory Usage", "description": "FL Server memory usage exceeded 80% threshold",
    "service": "fl_server", "experiment_id": "exp_001", "created_at": T, "threshold": 80, "current_value": 85.2}]}
ACKNOWLEDGE = {"comment": "Investigating high memory usage"}
INVALID = {"error": {"code": "VALIDATION_ERROR", "message": "Invalid experiment configuration",
                     "details": {"rounds": "Must be between 1 and 100", "clients_per_round": "Must be greater than 0"}}}
UNAVAILABLE = {"error": {"code": "SERVICE_UNAVAILABLE", "message": "FL Server is currently unavailable", "retry_after": 30}}

# Forms of text, by what the example looks like.
FORMS = [re.compile(f) for f in (
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", r"exp_\d{3,}", r"alert_\d{3,}", r"\d+(\.\d+)?(ms|us|s)", r"\d+(\.\d+)?[kMGT]?B", r"\d+(\.\d+)?[kMGT]?B/s",
    r"(\d+d )?(\d+h )?(\d+m )?\d+s", r"\d+\.\d+\.\d+[-+~.\w]*", r"https?://\S+")]


def differences(example, answer, nullable=(), at=""):
    """What is missing or of another type or form, as sentences. nullable: the ends of paths where null stands for what is not known."""
    if answer is None:
        return [] if any(at.endswith(end) for end in nullable) else [f"{at} is null"]
    if isinstance(example, dict):
        if not isinstance(answer, dict):
            return [f"{at} is no object"]
        return [d for name, value in example.items()
                for d in (differences(value, answer[name], nullable, f"{at}.{name}") if name in answer else [f"{at}.{name} is missing"])]
    if isinstance(example, list):
        if not isinstance(answer, list) or not answer:
            return [f"{at} is no array with something in it"]
        return [d for i, value in enumerate(answer) for d in differences(example[0], value, nullable, f"{at}[{i}]")]
    if isinstance(example, bool) or isinstance(answer, bool):
        return [] if isinstance(example, bool) and isinstance(answer, bool) else [f"{at} is {answer!r}, not like {example!r}"]
    if isinstance(example, int):
        # A whole number in the example is a count; the exceptions are measured values, where 80 is as good as 80.5.
        good = isinstance(answer, int) or (isinstance(answer, float) and at.endswith((".threshold", ".current_value")))
        return [] if good else [f"{at} is {answer!r}, not a whole number"]
    if isinstance(example, float):
        return [] if isinstance(answer, (int, float)) else [f"{at} is {answer!r}, not a number"]
    if not isinstance(answer, str) or not answer:
        return [f"{at} is {answer!r}, not text"]
    return [f"{at} is {answer!r}, not of the form of {example!r}" for form in FORMS if form.fullmatch(example) and not form.fullmatch(answer)]


def same(example, response, nullable=(), status=200):
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    assert differences(example, response.json(), nullable) == []
    return response.json()


# Twelve of twenty rounds at once, then the thirteenth takes its time; it obeys pause, resume and abort.
ENGINE = r"""#!/bin/bash
seq=0
say() { seq=$((seq + 1)); echo "{\"seq\":$seq,\"time\":$(date +%s%3N),$1}" >>events.jsonl; }
state() { say "\"type\":\"state\",\"state\":\"$1\""; }
exec 3<>control
state running
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
	say "\"type\":\"round_started\",\"round\":$n,\"clients\":[\"client_001\",\"client_002\",\"client_003\"]"
	for c in 1 2 3; do
		say "\"type\":\"client_update\",\"client\":\"client_00$c\",\"round\":$n,\"status\":\"finished\",\"accuracy\":0.8$((n % 10)),\"loss\":0.38,\"samples\":12000,\"bytes_up\":600000,\"bytes_down\":600000"
	done
	say "\"type\":\"round_completed\",\"round\":$n,\"accuracy\":0.$((n + 70)),\"loss\":0.34,\"duration_ms\":2000,\"clients\":3,\"bytes\":3600000"
	sleep 0.1
done
say '"type":"round_started","round":13,"clients":["client_001","client_002","client_003"]'
while :; do
	if read -r -t 1 -u 3 line; then
		case $line in
		*pause*) state paused ;; *resume*) state running ;; *stop*) state stopped && exit 0 ;; *abort*) state aborted && exit 0 ;;
		esac
	else
		say '"type":"heartbeat"'
	fi
done
"""


class Example:
    """The situation of the reference: an experiment in its thirteenth round, an FL server that uses much of its memory, real Redis and InfluxDB."""

    def __init__(self, stack):
        self.stack, self.client = stack, stack.client
        engine = stack.root / "engines/embedded.json"
        text = json.loads(engine.read_text())
        engine.unlink()
        engine.write_text(json.dumps({**text, "command": ["./example.sh"]}))
        (stack.root / "engines/example.sh").write_text(ENGINE)
        (stack.root / "engines/example.sh").chmod(0o700)
        for name in ("monitor", "api"):
            stack.restart(name)
        self.fl, self.collector, self.policy = fakes.FlServer(), fakes.Collector(), fakes.PolicyEngine()
        self.fl.training(round=12, clients=5)
        self.databases = []
        self.urls = {"redis": self.redis(), "influxdb": self.influxdb(), "mongodb": self.mongodb()}
        self.configure(**{f"{name}_url": url for name, url in self.urls.items()})
        self.limit_memory()
        self.id = self.start()

    def configure(self, **urls):
        quick = {"interval_ms": 1000, "timeout_ms": 900, "failure_threshold": 1, "success_threshold": 1}
        urls = {"fl_server_url": self.fl.url, "collector_url": self.collector.url, "policy_engine_url": self.policy.url, **urls}
        r = self.client.put("/config", json={"integration": urls, "services": {n.removesuffix("_url"): quick for n in urls if urls[n]}})
        assert r.status_code == 200, r.text

    def redis(self):
        return self.daemon(services.redis) if shutil.which("redis-server") else None

    def influxdb(self):
        return self.daemon(services.influxdb) if shutil.which("influxd") else None

    def mongodb(self):
        """A server that speaks its protocol, where the program knows it and the test can."""
        try:
            from mongodb_fake import MongoDB
        except ImportError:
            return None
        self.databases.append(MongoDB(version="6.0.2"))
        return self.databases[-1].url

    def daemon(self, make):
        self.databases.append(make(self.stack.root).start())
        return self.databases[-1].url

    def dependencies(self):
        return self.client.get("/health/dependencies").json()["dependencies"]

    def limit_memory(self):
        """The fake FL server's process is this one: what it uses now is to be 85 % of what it may."""
        self.stack.wait_until(lambda: self.live()["fl_server"]["memory_usage"], 40, "its memory to be measured")
        rules = {r["name"]: r for r in self.client.get("/alert-rules", params={"limit": 100}).json()["rules"]}
        rule = {k: rules["memory_high"][k] for k in ("name", "title", "metric", "comparison", "threshold", "clear_threshold", "critical_threshold", "severity")}
        assert self.client.put(f"/alert-rules/{rules['memory_high']['id']}", json={**rule, "for_s": 0}).status_code == 200
        limit = round(self.live()["fl_server"]["memory_usage"] / 0.85)
        assert self.client.put("/config", json={"services": {"fl_server": {"memory_limit_mb": limit}}}).status_code == 200

    def live(self):
        return self.client.get("/metrics/live").json()["services"]

    def start(self):
        r = self.client.post("/experiments", json={**CREATE, "name": "MNIST Federated Learning"})
        assert r.status_code == 201, r.text
        id = r.json()["experiment"]["id"]
        assert self.stack.control(id, "start").status_code in (200, 202)
        self.stack.wait_until(lambda: self.stack.experiment(id)["rounds_completed"] == 12 and self.stack.experiment(id)["metrics"]["current_round"] == 13, 60, "the thirteenth round")
        return id

    def stop(self):
        for fake in (self.fl, self.collector, self.policy):
            fake.stop()
        for database in self.databases:
            database.stop()


@pytest.fixture(scope="module")
def example(request):
    stack = make_stack(request, settings={"api": {"control_wait_ms": 20000}})  # the example's answers are those of an engine that has confirmed, however busy the machine
    # What is under way is stopped also when setting it up fails.
    example = Example.__new__(Example)
    example.databases = []
    example.fl = example.collector = example.policy = type("Nothing", (), {"stop": lambda self: None})()
    request.addfinalizer(example.stop)
    example.__init__(stack)
    return example


# Experiments


def test_list_experiments(example):
    body = same(EXPERIMENTS, example.client.get("/experiments?status=running&limit=10&offset=0&sort=created_at:desc"))
    assert body["experiments"][0]["status"] == "running" and body["experiments"][0]["rounds_completed"] == 12


def test_create_experiment(example):
    r = example.client.post("/experiments", json=CREATE)
    body = same(CREATED, r, status=201)
    assert body["experiment"]["configuration"].items() >= CONFIGURATION.items() and body["experiment"]["status"] == "created"
    assert example.client.delete(f"/experiments/{body['experiment']['id']}").status_code == 204


def test_experiment_details(example):
    body = same(DETAIL, example.client.get(f"/experiments/{example.id}"))["experiment"]
    assert [c["status"] for c in body["clients"]] == ["training"] * 3
    assert "Experiment started with 5 clients" in [t["details"] for t in body["timeline"] if t["event"] == "experiment_started"]
    assert body["metrics"]["communication_overhead"] == "43MB"


def test_control_experiment(example):
    body = same(CONTROLLED, example.client.post(f"/experiments/{example.id}/control", json=CONTROL))
    assert body["status"] == "paused" and body["message"] == CONTROLLED["message"]
    body = same(CONTROLLED, example.client.post(f"/experiments/{example.id}/control", json={"action": "resume"}))
    assert body["status"] == "running"


@pytest.mark.parametrize("action, status", [("start", "running"), ("pause", "paused"), ("resume", "running"), ("stop", "stopped"), ("abort", "aborted")])
def test_each_action_is_answered_alike(example, action, status):
    id = example.client.post("/experiments", json=CREATE).json()["experiment"]["id"]
    try:
        for before in {"start": [], "pause": ["start"], "resume": ["start", "pause"]}.get(action, ["start"]):
            assert example.stack.control(id, before).status_code == 200
        r = example.stack.control(id, action)
        assert same(CONTROLLED, r, status=r.status_code)["status"] == status and r.status_code == 200
    finally:
        example.stack.control(id, "abort")
        example.stack.wait_status(id, "aborted", "stopped")
        example.client.delete(f"/experiments/{id}")


# Real-time metrics


def test_live_metrics(example):
    example.stack.wait_until(lambda: all(example.live()[n]["cpu_usage"] is not None for n in LIVE["services"]), 40, "processor use of both")
    r = example.client.get("/metrics/live?services=fl_server,collector,policy_engine,sdn&metrics=cpu,memory,network,custom&interval=5")
    # Neither of them tells its throughput or its queue.
    body = same(LIVE, r, nullable=("fl_server.throughput", "collector.queue_size"))
    assert set(body["services"]) == {"fl_server", "collector", "policy_engine", "sdn"}
    assert body["services"]["fl_server"]["active_clients"] == 5 and body["services"]["collector"]["metrics_processed"] == 1250


def test_live_throughput_and_queue_where_a_service_tells_them(stack):
    """A service of one's own that gives what FLOPY-NET's do not give."""
    with fakes.Plain({"/m": (200, b'{"throughput_bytes_per_s": 15000000, "queue_size": 45, "cpu_usage": 45.2, "memory_usage": 512.5}', "application/json")}) as own:
        change = {"services": {"own": {"kind": "json", "url": f"{own.url}/m", "json_path": "queue_size", "json_value": 45, "interval_ms": 500, "timeout_ms": 400}}}
        assert stack.client.put("/config", json=change).status_code == 200
        live = stack.wait_until(lambda: (s := stack.client.get("/metrics/live").json()["services"]["own"]).get("throughput") and s["cpu_usage"] is not None and s, 30, "its values")
    assert differences({**LIVE["services"]["fl_server"], "queue_size": 45}, {"active_clients": 5, "current_round": 12, **live}) == []
    assert live["throughput"] == "15MB/s" and live["throughput_bytes_per_s"] == 15000000


def test_websocket(example):
    """The reference's subscription brings all three kinds of messages, each with type and data."""
    async def scene():
        got = {}
        async with websockets.connect(example.stack.ws_url, extra_headers={"Authorization": f"Bearer {example.stack.token}"}, ping_interval=None) as ws:
            await ws.send(json.dumps({**SUBSCRIBE, "experiment_ids": [example.id]}))
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, example.stack.control, example.id, "pause")
            await loop.run_in_executor(None, example.stack.control, example.id, "resume")
            await loop.run_in_executor(None, acknowledge_one, example)
            while not {"experiment_update", "metrics_update", "alert"} <= got.keys():
                message = json.loads(await asyncio.wait_for(ws.recv(), 30))
                got[message["type"]] = message["data"]
        return got
    got = asyncio.run(scene())
    assert got["experiment_update"]["experiment_id"] == example.id and isinstance(got["metrics_update"], dict)
    assert differences(ALERTS["alerts"][0], {"experiment_id": "exp_001", **{k: v for k, v in got["alert"].items() if v is not None}}) == []


# Service health


def test_health(example):
    example.stack.wait_until(lambda: example.client.get("/health").json()["services"]["fl_server"]["status"] == "degraded", 40, "the FL server to be degraded")
    with httpx.Client() as anybody:
        body = same(HEALTH, anybody.get(f"{example.stack.url}/api/v1/health"))
    assert re.fullmatch(r"High memory usage: \d+%", body["services"]["fl_server"]["issues"][0])
    assert body["services"]["collector"]["status"] == "healthy" and body["services"]["collector"]["issues"] == []


def test_dependencies(example):
    there = {name for name, url in example.urls.items() if url}
    if "without MongoDB" in str(example.dependencies()["mongodb"]):
        there -= {"mongodb"}
    example.stack.wait_until(lambda: all(example.dependencies()[name]["status"] == "connected" for name in there), 60, f"{there} to be connected")
    absent = example.urls.keys() - there
    same(DEPENDENCIES, example.client.get("/health/dependencies"), nullable=[f"{n}.{m}" for n in absent for m in ("response_time", "version")])


# Configuration


def test_configuration(example):
    same(CONFIG, example.client.get("/config"))
    before = example.client.get("/config").json()
    body = same(CONFIG, example.client.put("/config", json=CHANGE))
    assert body["dashboard"].items() >= CHANGE["dashboard"].items()
    after = example.client.get("/config").json()
    assert after == {**before, "dashboard": {**before["dashboard"], **CHANGE["dashboard"]}}


# Alerts


def the_alert(example):
    def raised():
        r = example.client.get("/alerts", params={"service": "fl_server", "open": "true", "limit": 100})
        return [a for a in r.json()["alerts"] if a["title"] == "High Memory Usage"]
    return example.stack.wait_until(raised, 60, "the alert about its memory")[0]


def acknowledge_one(example):
    return example.client.post(f"/alerts/{the_alert(example)['id']}/acknowledge", json=ACKNOWLEDGE)


def test_list_alerts(example):
    a = the_alert(example)
    assert a["title"] == ALERTS["alerts"][0]["title"] and a["description"] == ALERTS["alerts"][0]["description"]
    query = f"severity={a['severity']}&status={a['status']}&from=2024-01-15T10:00:00Z&to=2099-01-01"
    # An alert about a service is about no experiment.
    body = same(ALERTS, example.client.get(f"/alerts?{query}"), nullable=("experiment_id", "service"))
    assert a["id"] in [x["id"] for x in body["alerts"]]


def test_acknowledge_alert(example):
    r = acknowledge_one(example)
    body = same({"alert": {**ALERTS["alerts"][0], **ACKNOWLEDGE}}, r, nullable=("experiment_id",))
    assert body["alert"]["status"] == "acknowledged"


# Errors and limits


def test_validation_error(example):
    body = same(INVALID, example.client.post("/experiments", json={**CREATE, "configuration": {"rounds": 101, "clients_per_round": 0}}), status=400)
    assert body["error"]["message"] == INVALID["error"]["message"] and body["error"]["details"]["rounds"] == INVALID["error"]["details"]["rounds"]


def test_rate_limit_headers(stack_with):
    stack = stack_with(settings={"rate": {"standard_per_hour": 1000, "live_per_hour": 5000}})
    for path, limit in (("/experiments", 1000), ("/metrics/live", 5000), ("/nothing", 1000)):
        headers = stack.client.get(path).headers
        assert int(headers["X-RateLimit-Limit"]) == limit and 0 <= int(headers["X-RateLimit-Remaining"]) < limit and int(headers["X-RateLimit-Reset"]) > 1705315200


def test_service_unavailable(stack):
    id = stack.create()
    stack.monitor.kill()
    stack.wait_until(lambda: stack.client.get("/health").json()["monitor"]["status"] == "unhealthy", 20, "the monitor to be missed")
    r = stack.control(id, "start")
    body = same(UNAVAILABLE, r, status=503)
    assert int(r.headers["Retry-After"]) == body["error"]["retry_after"]
    assert stack.experiment(id)["status"] == "created"


def test_the_comparison_sees_what_is_wrong():
    assert differences(LIVE, {**LIVE, "timestamp": "yesterday"}) and differences(LIVE, {"timestamp": T})
    assert differences(EXPERIMENTS, {**EXPERIMENTS, "experiments": []}) and differences(EXPERIMENTS, {**EXPERIMENTS, "total": 1.5})
    assert differences(HEALTH, {**HEALTH, "uptime": 185730}) and differences(CONFIG, {**CONFIG, "features": {"real_time_metrics": 1}})
    assert differences({"a": "5ms"}, {"a": "5 ms"}) and differences({"a": "exp_001"}, {"a": "alert_001"}) and differences({"a": 1}, {"a": True})
    assert differences({"b": "x"}, {"b": None}) and not differences({"b": "x"}, {"b": None}, (".b",))
    for whole in (EXPERIMENTS, CREATED, DETAIL, CONTROLLED, LIVE, HEALTH, DEPENDENCIES, CONFIG, ALERTS, INVALID, UNAVAILABLE):
        assert differences(whole, json.loads(json.dumps(whole))) == []
