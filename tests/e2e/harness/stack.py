"""
The dashboard as it runs for real: lighttpd with the shipped configuration, flopynet-api behind it, flopynet-monitor and flopynet-stream,
in a state directory and on ports of their own.

    def test_something(stack):
        r = stack.client.post("/experiments", json={"name": "a", "scenario": "shell"})
        id = r.json()["experiment"]["id"]
        stack.monitor.kill()                      # SIGKILL
        stack.monitor.start()
        stack.wait_until(lambda: stack.client.get(f"/experiments/{id}").json()["experiment"]["status"] == "completed")

The programs come from the build directory FLOPYNET_BUILD (default build/test). Scenarios are the shipped ones and "shell" (tests/fixtures),
whose engine reports rounds without training.
"""
import os
import signal
import socket
import sqlite3
import subprocess
from pathlib import Path

import httpx

from . import contract
from .process import Process, alive, children, end_pid, free_port, wait_until

SOURCE = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("FLOPYNET_BUILD", SOURCE / "build/test"))
DATA = Path(os.environ.get("FLOPYNET_DATA", SOURCE / "build/npm/node_modules"))

# What a sanitizer, the C library or bash says when a program is at fault.
FAULTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "AddressSanitizer:DEADLYSIGNAL", "*** stack smashing", "*** buffer overflow", "left the store open")


class Stack:
    wait_until = staticmethod(wait_until)

    def __init__(self, root, build=BUILD, settings=None, env=None, prefix=""):
        """root: an empty directory. settings: {"rate": {"standard_per_hour": 5}} beside or instead of those of settings()."""
        self.root, self.build, self.prefix = Path(root), Path(build), prefix
        self.state = self.root / "state"
        self.logs = self.root / "logs"
        self.port, self.stream_port = free_port(), free_port()
        contract.dashboards.add(self.port)
        self.api_socket = self.root / "api.sock"
        self.url = f"http://127.0.0.1:{self.port}{prefix}"
        self.ws_url = f"ws://127.0.0.1:{self.port}{prefix}/ws/dashboard"
        self.conf = self.state / "flopynet.conf"
        self.env = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin", "ASAN_OPTIONS": "abort_on_error=0:detect_leaks=1", **(env or {})}
        self._settings = settings or {}
        self._clients = []
        self._orphans = set()
        for d in (self.root, self.state, self.logs):
            d.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._link_fixtures()
        self.write_conf()
        self._write_lighttpd_conf()
        # The listening socket is held here, as systemd would: what comes while flopynet-api is started again waits.
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.api_socket))
        self._listener.listen(1024)
        for name in ("api", "monitor", "stream"):
            argv = [self.build / f"flopynet-{name}", "-c", self.conf]
            stdin = self._listener if name == "api" else subprocess.DEVNULL
            setattr(self, name, Process(name, argv, self.logs / f"{name}.log", self.env, stdin))
        self.lighttpd = Process("lighttpd", ["lighttpd", "-D", "-f", self.root / "lighttpd.conf"], self.logs / "lighttpd.log", self.env)

    # Setting up

    def settings(self):
        """Limits are out of the way unless a test is about them."""
        base = {
            "paths": {"state": self.state, "engines": self.root / "engines", "scenarios": self.root / "scenarios", "data": DATA},
            "api": {"workers": 2},
            "rate": {"standard_per_hour": 0, "live_per_hour": 0},
            "stream": {"port": self.stream_port},
        }
        for section, members in self._settings.items():
            base.setdefault(section, {}).update(members)
        return base

    def write_conf(self, **changes):
        """Write flopynet.conf; write_conf(rate={"connections": 3}) changes it. Programs read it when they start (the API also on SIGHUP)."""
        for section, members in changes.items():
            self._settings.setdefault(section, {}).update(members)
        text = "".join(f"[{s}]\n" + "".join(f"{k} = {v}\n" for k, v in m.items()) for s, m in self.settings().items())
        self.conf.write_text(text)

    def _link_fixtures(self):
        for kind in ("engines", "scenarios"):
            (self.root / kind).mkdir(exist_ok=True)
            for file in [*(SOURCE / "conf" / kind).glob("*"), *(SOURCE / "tests/fixtures" / kind).glob("*")]:
                (self.root / kind / file.name).symlink_to(file)

    def _write_lighttpd_conf(self):
        values = {
            "listen": "127.0.0.1", "port": self.port, "stream_port": self.stream_port, "prefix": self.prefix, "webdir": SOURCE / "web",
            "errorsdir": self.root / "errors", "routes": SOURCE / "conf/lighttpd-routes.conf", "socket": self.api_socket,
        }
        subprocess.run(["sh", SOURCE / "conf/errors.sh", self.root / "errors"], check=True)
        filled = subprocess.run(["sh", SOURCE / "conf/fill.sh", SOURCE / "conf/lighttpd.conf.in", *(f"{k}={v}" for k, v in values.items())],
                                check=True, stdout=subprocess.PIPE, text=True)
        (self.root / "lighttpd.conf").write_text(filled.stdout.replace('flopynet_prefix = ""', f'flopynet_prefix = "{self.prefix}"'))

    # Life

    @property
    def programs(self):
        return [self.monitor, self.api, self.stream, self.lighttpd]

    def start(self):
        self.ctl("init")
        self.token = self.make_token("test", "admin")
        for program in self.programs:
            program.start()
        self.wait_ready()
        return self

    def wait_ready(self, timeout=30):
        """Until the API answers and knows that the monitor is alive."""
        def ready():
            health = httpx.get(f"{self.url}/api/v1/health", timeout=5)
            return health.status_code == 200 and (not self.monitor.running or health.json()["monitor"]["status"] == "healthy")
        wait_until(ready, timeout, f"a ready answer; see {self.logs}")

    def stop(self):
        """End everything that was started. Raises when a program left in an unfriendly way or a sanitizer spoke."""
        problems = []
        for client in self._clients:
            client.close()
        self._clients.clear()
        # SIGINT: the monitor ends the runs too, so that no engine is left.
        for program, sig in ((self.monitor, signal.SIGINT), (self.stream, signal.SIGTERM), (self.lighttpd, signal.SIGTERM),
                             (self.api, signal.SIGTERM)):
            try:
                status = program.stop(sig)
                # lighttpd says 1 when it is told to end before it has quite begun.
                if status not in (0, None, -signal.SIGKILL) and (program, status) != (self.lighttpd, 1):
                    problems.append(f"{program.name} ended with status {status}")
            except AssertionError as e:
                problems.append(str(e))
        for pid in self._orphans:
            if alive(pid):
                try:
                    end_pid(pid)
                except AssertionError as e:
                    problems.append(str(e))
                    end_pid(pid, signal.SIGKILL)
        self._listener.close()
        for log in sorted(self.logs.glob("*.log")):
            text = log.read_text(errors="replace")
            if any(fault in text for fault in FAULTS):
                problems.append(f"{log.name}:\n{text[-6000:]}")
        assert not problems, "\n".join(problems)

    # Talking to it

    def connect(self, token=None, **more):
        """An httpx client for /api/v1, with a bearer token unless token is ""."""
        token = self.token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers.update(more.pop("headers", {}))
        client = httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=more.pop("timeout", 30), **more)
        self._clients.append(client)
        return client

    @property
    def client(self):
        """The admin's client, made once."""
        if not hasattr(self, "_client") or self._client.is_closed:
            self._client = self.connect()
        return self._client

    def ctl(self, *args, check=True, input=None):
        """Run flopynetctl; returns the CompletedProcess, with text in stdout and stderr."""
        done = subprocess.run([self.build / "flopynetctl", "-c", self.conf, *map(str, args)], env=self.env, input=input,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        assert not check or done.returncode == 0, f"flopynetctl {args}: status {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def make_token(self, name, role, *more):
        return self.ctl("token", "create", "--name", name, "--role", role, *more).stdout.strip()

    def rows(self, sql, *values):
        """Read the store as it stands on disk; a second opinion on what the API says."""
        with sqlite3.connect(f"file:{self.state}/flopynet.db?mode=ro", uri=True, timeout=5) as db:
            db.row_factory = sqlite3.Row
            return [dict(r) for r in db.execute(sql, values)]

    # Its processes: stack.api, .monitor, .stream and .lighttpd have pid, kill(), stop() and start()

    def worker_pids(self):
        return children(self.api.pid)

    def kill_worker(self, sig=signal.SIGKILL):
        """End one worker of the pool, which is then replaced; returns what its pid was."""
        pid = wait_until(self.worker_pids, 5, "a worker")[0]
        os.kill(pid, sig)
        return pid

    def restart(self, name, sig=signal.SIGKILL):
        """Kill "monitor", "stream", "lighttpd" or "api" and start it again at once, as ./dev up or systemd would; returns when all is ready."""
        program = getattr(self, name)
        if name == "api":
            self._orphans.update(self.worker_pids())
        program.kill(sig)
        program.start()
        self.wait_ready()

    # What tests of experiments need again and again

    def create(self, scenario="shell", start=False, **body):
        """Create an experiment; returns its id. configuration={"rounds": 3} and so on."""
        r = self.client.post("/experiments", json={"name": "test", "scenario": scenario, **body})
        assert r.status_code == 201, r.text
        id = r.json()["experiment"]["id"]
        if start:
            r = self.control(id, "start")
            assert r.status_code in (200, 202), r.text
        return id

    def control(self, id, action, **body):
        return self.client.post(f"/experiments/{id}/control", json={"action": action, **body})

    def experiment(self, id):
        r = self.client.get(f"/experiments/{id}")
        assert r.status_code == 200, r.text
        return r.json()["experiment"]

    def wait_status(self, id, *statuses, timeout=30):
        """Until the experiment has one of these statuses; returns it."""
        def there():
            e = self.experiment(id)
            return e if e["status"] in statuses else None
        return wait_until(there, timeout, f"{id} to be {' or '.join(statuses)}")
