#!/usr/bin/python3
"""
From the commit of an event to its arrival at 1,000 WebSocket subscribers: straight at flopynet-stream, through lighttpd, and with readers that are stuck.
Prints a table; ends with status 1 when a message is missing or the 99th percentile straight at the stream is not under 30 ms.

    FLOPYNET_BUILD=build/dev tests/bench/stream.py [subscribers [events_per_s [seconds]]]
"""
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from harness.live import LiveStack  # noqa: E402
from harness.stack import BUILD  # noqa: E402

BUDGET_MS = 30


def memory_kb(pid):
    """Proportional set size: what it costs, shared pages divided."""
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1])


def cpu_s(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    subscribers, per_s, seconds = (int(a) for a in (sys.argv[1:] + ["1000", "20", "10"][len(sys.argv) - 1:]))
    subprocess.run(["make", "-s", "-C", BUILD, "tests/bench/stream_bench"], check=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    failed = False
    print("| path | subscribers | of them stuck | events/s | missing | p50 ms | p99 ms | max ms | PSS MB idle | PSS MB | CPU % |\n|" + " --- |" * 11)
    for path, stuck in (("direct", 0), ("lighttpd", 0), ("direct", 5)):
        with tempfile.TemporaryDirectory(prefix="flopynet-") as root:
            stack = LiveStack(root, settings={"rate": {"connections": 0}})
            conf = stack.root / "lighttpd.conf"
            conf.write_text(conf.read_text().replace("server.max-connections = 1024", "server.max-connections = 2500").replace("max-fds = 3072", "max-fds = 8000"))
            stack.start()
            idle, cpu = memory_kb(stack.stream.pid), cpu_s(stack.stream.pid)
            port = stack.stream_port if path == "direct" else stack.port
            run = subprocess.Popen([BUILD / "tests/bench/stream_bench", stack.state / "flopynet.db", str(port), "/ws/dashboard", str(subscribers), str(per_s),
                                    str(seconds), str(stuck)], stdout=subprocess.PIPE, text=True)
            try:
                run.wait(seconds * 0.8)
            except subprocess.TimeoutExpired:
                pass
            busy = memory_kb(stack.stream.pid)
            out = run.communicate()[0]
            used = (cpu_s(stack.stream.pid) - cpu) / seconds * 100
            stack.stop()
        r = json.loads(out)
        print(f"| {path} | {r['subscribers']} | {stuck} | {per_s} | {r['expected'] - r['received']} | {r['p50_ms']} | {r['p99_ms']} | {r['max_ms']} "
              f"| {idle / 1024:.1f} | {busy / 1024:.1f} | {used:.0f} |", flush=True)
        failed |= run.returncode != 0 or (path == "direct" and r["p99_ms"] >= BUDGET_MS)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
