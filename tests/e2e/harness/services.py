"""Real services on free ports of this machine, and what tests of probes do again and again."""
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from .process import Process, free_port, wait_until

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fixtures/services"))

# Of probes in tests: twice a second, and a single answer counts.
QUICK = {"interval_ms": 500, "timeout_ms": 400, "failure_threshold": 1, "success_threshold": 1}


def need(program):
    return pytest.mark.skipif(not shutil.which(program, path="/usr/bin:/usr/sbin:/usr/local/bin"), reason=f"{program} is not installed")


def configure(stack, **sections):
    r = stack.client.put("/config", json=sections)
    assert r.status_code == 200, r.text


def watch(stack, name, **settings):
    """Have a service probed quickly, unless settings say otherwise."""
    configure(stack, services={name: QUICK | settings})


def unwatch(stack, *names):
    configure(stack, services={name: None for name in names})


def health(stack, name):
    """How the service or dependency is, as everybody sees it."""
    services = stack.client.get("/health").json()["services"]
    return services[name] if name in services else stack.client.get("/health/dependencies").json()["dependencies"][name]


def live(stack, name):
    return stack.client.get("/metrics/live", params={"services": name}).json()["services"][name]


def wait_state(stack, name, *states, timeout=30, issue=""):
    """Until it has one of these states (and an issue with that text in it); returns its health."""
    def there():
        h = health(stack, name)
        return h if h["status"] in states and (not issue or any(issue in i for i in h["issues"])) else None
    return wait_until(there, timeout, f"{name} to be {' or '.join(states)} {issue}".strip())


class Daemon:
    """A program that listens, started in a directory of its own; it can be stopped and started again on the same port."""

    def __init__(self, root, name, argv, ready):
        root.mkdir(parents=True, exist_ok=True)
        self.log, self.ready = root / f"{name}.log", ready
        self.process = Process(name, argv, self.log)

    def start(self):
        self.process.start()
        try:
            wait_until(self.ready, 60, f"{self.process.name} to be ready")
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.log.read_text(errors='replace')[-3000:]}") from None
        return self

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.stop()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()


def redis(root, password=None):
    port = free_port()
    more = ["--requirepass", password] if password else []
    cli = ["redis-cli", "-p", str(port), *(["-a", password, "--no-auth-warning"] if password else []), "ping"]
    d = Daemon(root / f"redis-{port}", "redis-server", ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", root, *more],
               lambda: subprocess.run(cli, stdout=subprocess.PIPE, text=True).stdout.strip() == "PONG")
    d.port, d.url = port, f"redis://127.0.0.1:{port}"
    return d


def influxdb(root):
    port, rpc = free_port(), free_port()
    dir = root / f"influxdb-{port}"
    dir.mkdir()
    (dir / "influxdb.conf").write_text(f"""reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{dir}/meta"
[data]
  dir = "{dir}/data"
  wal-dir = "{dir}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
""")
    d = Daemon(dir, "influxd", ["influxd", "-config", dir / "influxdb.conf"], lambda: httpx.get(f"http://127.0.0.1:{port}/ping").status_code == 204)
    d.port, d.url = port, f"http://127.0.0.1:{port}"
    return d


def node_exporter(root):
    port = free_port()
    d = Daemon(root / f"node-{port}", "node-exporter", ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", "--collector.disable-defaults", "--collector.loadavg",
                                                "--collector.meminfo"],
               lambda: httpx.get(f"http://127.0.0.1:{port}/").status_code == 200)
    d.port, d.url = port, f"http://127.0.0.1:{port}"
    return d


def prometheus(root, config="scrape_configs: []\n"):
    port = free_port()
    dir = root / f"prometheus-{port}"
    dir.mkdir()
    (dir / "prometheus.yml").write_text(config)
    d = Daemon(dir, "prometheus", ["prometheus", f"--config.file={dir}/prometheus.yml", f"--storage.tsdb.path={dir}/data", f"--web.listen-address=127.0.0.1:{port}"],
               lambda: httpx.get(f"http://127.0.0.1:{port}/-/ready").status_code == 200)
    d.port, d.url = port, f"http://127.0.0.1:{port}"
    return d


def certificate(root, name="localhost"):
    """A self-signed certificate: the paths of certificate and key."""
    cert, key = root / f"{name}.pem", root / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)], check=True, stderr=subprocess.DEVNULL)
    return str(cert), str(key)
