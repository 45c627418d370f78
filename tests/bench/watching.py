#!/usr/bin/python3
"""
What watching costs: how old the newest values are with 1,000 services probed every 5 s, 50 of them mute; and how many GET /metrics/live are answered while 50 services with 20 metrics
each are taken in every second, against the same when nothing is taken in, in turn. Prints tables; ends with status 1 when a budget is missed.

    FLOPYNET_BUILD=build/dev tests/bench/watching.py [seconds [rounds]]
"""
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from harness import Stack  # noqa: E402
from harness.process import Process, free_port, wait_until  # noqa: E402

PROBES, MUTE, INTERVAL_S = 1000, 50, 5
AGE_BUDGET_S = INTERVAL_S + 1  # at the 99th percentile: an interval, and what asking and writing may take
SERVICES, METRICS = 50, 20
RATE_BUDGET = 0.8  # of the rate when nothing is taken in

LIGHTTPD = """
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{root}"
server.max-connections = 2000
server.max-fds = 6000
mimetype.assign = ( ".json" => "application/json" )
"""


class Watched:
    """A web server that answers /m.json with 20 numbers, and a port that takes connections and never says a word."""

    def __init__(self, stack):
        root = stack.root / "watched"
        root.mkdir()
        (root / "m.json").write_text(json.dumps({f"metric_{i:02}": i * 1.5 for i in range(METRICS)}))
        self.port = free_port()
        (stack.root / "watched.conf").write_text(LIGHTTPD.format(port=self.port, root=root))
        self.server = Process("watched", ["lighttpd", "-D", "-f", stack.root / "watched.conf"], stack.logs / "watched.log", stack.env).start()
        self.mute = socket.create_server(("127.0.0.1", 0), backlog=4096)

    def stop(self):
        self.server.stop()
        self.mute.close()

    def service(self, interval_s, mute=False):
        port = self.mute.getsockname()[1] if mute else self.port
        return {"kind": "json", "url": f"http://127.0.0.1:{port}/m.json", "interval_ms": round(interval_s * 1000), "timeout_ms": round(min(interval_s * 0.9, 2) * 1000)}


def configure(stack, services):
    """In pieces: a body has a limit."""
    names = list(services)
    for i in range(0, len(names), 200):
        r = stack.client.put("/config", json={"services": {n: services[n] for n in names[i:i + 200]}})
        assert r.status_code == 200, r.text


def cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def seconds_of(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p))]


def measure_ages(stack, watched, seconds):
    """Returns what is missed, in words."""
    configure(stack, {f"p{i:03}": watched.service(INTERVAL_S, mute=i % (PROBES // MUTE) == 0) for i in range(PROBES)})

    def live():
        return stack.client.get("/metrics/live").json()

    def well(services):
        return sum(s["status"] == "healthy" for n, s in services.items() if n.startswith("p"))
    wait_until(lambda: well(live()["services"]) == PROBES - MUTE, 180, "all but the mute ones to be healthy", every=1)
    time.sleep(2 * INTERVAL_S)
    ages, begin, cpu = [], time.monotonic(), cpu_s(stack.monitor.pid)
    while time.monotonic() - begin < seconds:
        answer = live()
        now = seconds_of(answer["timestamp"])
        ages += [now - seconds_of(s["observed_at"]) for n, s in answer["services"].items() if n.startswith("p") and s["status"] == "healthy"]
        time.sleep(0.5)
    used = (cpu_s(stack.monitor.pid) - cpu) / (time.monotonic() - begin) * 100
    p50, p99, worst = percentile(ages, 0.5), percentile(ages, 0.99), max(ages)
    print(f"Age of the newest value with {PROBES} probes every {INTERVAL_S} s, {MUTE} of them mute:\n")
    print("| values looked at | p50 s | p99 s | max s | CPU % of the monitor |\n| ---: | ---: | ---: | ---: | ---: |")
    print(f"| {len(ages)} | {p50:.1f} | {p99:.1f} (budget {AGE_BUDGET_S}) | {worst:.1f} | {used:.0f} |\n", flush=True)
    return [f"age of the newest value: p99 {p99:.1f} s, budget {AGE_BUDGET_S} s"] if p99 > AGE_BUDGET_S else []


def rate_of_live(stack, seconds):
    command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "--latency", "-H", f"Authorization: Bearer {stack.token}", f"{stack.url}/api/v1/metrics/live"]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert "Non-2xx" not in text, text
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def measure_ingest(stack, watched, seconds, rounds):
    """Returns what is missed, in words."""
    rates, taken = {"idle": [], "ingesting": []}, []
    count = "SELECT count(*) AS n FROM sample AS s JOIN service AS v ON v.id = s.service_id WHERE v.name LIKE 'q%'"
    configure(stack, {f"q{i:02}": watched.service(1) for i in range(SERVICES)})
    wait_until(lambda: stack.rows(count)[0]["n"] >= 2 * SERVICES, 60, "first values of all")
    for _ in range(rounds):
        for name, interval_s in (("idle", 3600), ("ingesting", 1)):
            configure(stack, {f"q{i:02}": watched.service(interval_s) for i in range(SERVICES)})
            time.sleep(3)
            before, begin = stack.rows(count)[0]["n"], time.monotonic()
            rates[name].append(rate_of_live(stack, seconds))
            if name == "ingesting":
                taken.append((stack.rows(count)[0]["n"] - before) / (time.monotonic() - begin))
    idle, busy, per_s = (statistics.median(v) for v in (rates["idle"], rates["ingesting"], taken))
    print(f"GET /metrics/live, token checked, while {SERVICES} services with {METRICS} metrics each are taken in every second:\n")
    print("| | requests/s | of idle | samples/s | metrics/s |\n| --- | ---: | ---: | ---: | ---: |")
    print(f"| idle | {idle:.0f} | 1.00 | 0 | 0 |\n| ingesting | {busy:.0f} | {busy / idle:.2f} (budget {RATE_BUDGET}) | {per_s:.0f} | {per_s * METRICS:.0f} |\n", flush=True)
    missed = []
    if busy / idle < RATE_BUDGET:
        missed.append(f"GET /metrics/live while ingesting: {busy / idle:.2f} of idle, budget {RATE_BUDGET}")
    if per_s < 0.9 * SERVICES:
        missed.append(f"samples taken in: {per_s:.0f} a second, where {SERVICES} should be")
    return missed


def main(seconds=30, rounds=3):
    missed = []
    for measure in (lambda s, w: measure_ages(s, w, seconds), lambda s, w: measure_ingest(s, w, max(seconds // 6, 3), rounds)):
        with tempfile.TemporaryDirectory(prefix="flopynet-bench-") as root:
            stack = Stack(Path(root), settings={"api": {"workers": 4}, "rate": {"standard_per_hour": 1000000000, "live_per_hour": 1000000000}})
            watched = None
            try:
                watched = Watched(stack.start())
                missed += measure(stack, watched)
            finally:
                if watched:
                    watched.stop()
                stack.stop()
    return missed


if __name__ == "__main__":
    found = main(*map(int, sys.argv[1:3]))
    print("\n".join(f"missed: {m}" for m in found))
    sys.exit(bool(found))
