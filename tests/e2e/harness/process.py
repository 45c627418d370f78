"""Processes, ports and waiting. Nothing here ends a process that it did not start."""
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

# A port that was handed out is not handed out again in this run, even before anything listens on it; and where several processes test
# side by side (pytest-xdist), each has ports of its own.
_handed_out = set()
_WORKERS_MAX = 8
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % _WORKERS_MAX


def free_port():
    while True:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        if port // 2 % _WORKERS_MAX == _worker and port not in _handed_out:
            _handed_out.add(port)
            return port


def wait_until(cond, timeout=10.0, what="", every=0.02):
    """Call cond until its result is true, and return that. An exception counts as "not yet" until time is up."""
    until = time.monotonic() + timeout
    last = None
    while True:
        try:
            got = cond()
            if got:
                return got
            last = got
        except Exception as e:  # noqa: BLE001: whatever it is, it is shown when time is up
            last = e
        if time.monotonic() > until:
            raise AssertionError(f"not within {timeout} s: {what or getattr(cond, '__doc__', None) or 'the condition'} (last: {last!r})")
        time.sleep(every)


def children(pid):
    """The direct children of a process."""
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Process:
    """One program with its standard error in a file, in a session of its own; it ends with the test run even when that is killed."""

    def __init__(self, name, argv, stderr: Path, env=None, stdin=subprocess.DEVNULL):
        self.name, self.argv, self.stderr, self.env, self.stdin = name, [str(a) for a in argv], stderr, env, stdin
        self.popen = None

    @property
    def pid(self):
        return self.popen.pid

    @property
    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def start(self):
        """To be called in the main thread: the program ends with the thread that started it."""
        assert not self.running, f"{self.name} is running already"
        with open(self.stderr, "ab") as err:
            self.popen = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *self.argv], stdin=self.stdin,
                                          stdout=err, stderr=err, env=self.env, start_new_session=True)
        return self

    def send(self, sig):
        self.popen.send_signal(sig)

    def wait(self, timeout=20):
        return self.popen.wait(timeout)

    def kill(self, sig=signal.SIGKILL):
        """Send it a signal that ends it, and wait for that; returns the exit status (negative: the signal)."""
        self.send(sig)
        return self.wait()

    def stop(self, sig=signal.SIGTERM, timeout=20):
        """End it in peace. One that does not obey is killed and named in the failure."""
        if not self.running:
            return self.popen.returncode if self.popen else None
        self.send(sig)
        try:
            return self.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {timeout} s of {signal.Signals(sig).name}") from None


def end_pid(pid, sig=signal.SIGTERM, timeout=20):
    """End a process that a program of ours started (a worker pool, an engine)."""
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        return
    wait_until(lambda: not alive(pid), timeout, f"process {pid} to end")
