"""The pool of API workers: nothing that happens to a process cuts a request, holds the pool, or takes it away."""
import json
import os
import signal
import sqlite3
import threading
import time

import httpx
import pytest
from harness.fastcgi import BEGIN, Request, record
from harness.process import alive, wait_until

LOGIN = json.dumps({"username": "nobody", "password": "x" * 60}).encode()


def posting(stack, body=LOGIN, **params):
    return Request(stack.api_socket, "POST", "/api/v1/auth/login", CONTENT_TYPE="application/json", CONTENT_LENGTH=str(len(body)), **params)


def busy_worker(stack, request):
    """Begin a request and find out which worker has it: the one whose socket count has gone up."""
    def sockets(pid):
        return sum(os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:") for fd in os.listdir(f"/proc/{pid}/fd"))
    time.sleep(0.3)  # what came before is over
    before = {pid: sockets(pid) for pid in stack.worker_pids()}
    request.begin()
    return wait_until(lambda: next((p for p, n in before.items() if sockets(p) > n), None), 5, "a worker to take the request")


@pytest.mark.parametrize("who", ["worker", "supervisor"])
def test_sigterm_lets_a_request_in_flight_finish(stack, who):
    with posting(stack) as r:
        pid = busy_worker(stack, r)
        r.body(LOGIN[:20])
        os.kill(pid if who == "worker" else stack.api.pid, signal.SIGTERM)
        time.sleep(0.3)
        assert alive(pid)
        r.body(LOGIN[20:])
        r.end()
        status, headers, body, ended = r.answer()
    assert (status, ended) == (401, True), body
    assert int(headers["content-length"]) == len(body)
    wait_until(lambda: not alive(pid), 5, "the worker to end")
    if who == "worker":
        stack.wait_until(lambda: len(stack.worker_pids()) == 2 and pid not in stack.worker_pids(), 5)
    else:
        assert stack.api.wait() == 0


def test_a_large_answer_is_whole_after_sigterm(stack):
    for i in range(100):
        stack.create(notes="x" * 9000)
    with Request(stack.api_socket, uri="/api/v1/experiments?limit=100", HTTP_AUTHORIZATION=f"Bearer {stack.token}") as r:
        pid = busy_worker(stack, r)
        r.end()
        time.sleep(0.2)  # it writes into a socket that nobody reads
        os.kill(pid, signal.SIGTERM)
        time.sleep(0.2)
        status, headers, body, ended = r.answer()
    assert (status, ended) == (200, True)
    assert len(body) == int(headers["content-length"]) and json.loads(body)["total"] == 100


def test_a_body_that_ends_early_changes_nothing(stack):
    body = json.dumps({"name": "cut", "scenario": "shell"}).encode()
    for sent in (body[:10], body[:-1], b""):
        with Request(stack.api_socket, "POST", "/api/v1/experiments", CONTENT_TYPE="application/json", CONTENT_LENGTH=str(len(body)),
                     HTTP_AUTHORIZATION=f"Bearer {stack.token}") as r:
            r.begin()
            if sent:
                r.body(sent)
            r.end()
            status, _, answer, _ = r.answer()
        assert status == 400 and b"did not arrive whole" in answer
    assert stack.client.get("/experiments").json()["total"] == 0


def test_a_mute_peer_is_replaced_with_its_worker(stack_with):
    stack = stack_with(settings={"api": {"request_timeout_s": 5}})
    with Request(stack.api_socket) as r:
        before = set(stack.worker_pids())
        r.send(record(BEGIN, b"\0" * 8)[:11])  # half a record, then nothing
        started = time.monotonic()
        wait_until(lambda: set(stack.worker_pids()) - before and len(stack.worker_pids()) == 2, 10, "the stuck worker to be replaced")
        assert time.monotonic() - started > 4
        # The other one has served all the time.
        assert stack.client.get("/health").status_code == 200


def test_silent_and_wrong_peers_hold_no_worker(stack):
    held = [Request(stack.api_socket).connect() for _ in range(4)]  # connect, say nothing
    started = time.monotonic()
    assert stack.client.get("/health").status_code == 200
    assert time.monotonic() - started < 1.5
    for h in held:
        h.socket.close()
    for junk in (b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 64, record(9, b"x"), record(BEGIN, b"\0\x09" + b"\0" * 6)):
        with Request(stack.api_socket) as r:
            r.send(junk)
    assert stack.client.get("/health").status_code == 200


class Caller(threading.Thread):
    """Calls without a pause until stopped; remembers every answer that was not 200."""

    def __init__(self, stack):
        super().__init__()
        self.url, self.over, self.wrong, self.n = f"{stack.url}/api/v1/health", threading.Event(), [], 0

    def run(self):
        with httpx.Client(timeout=10) as client:
            while not self.over.is_set():
                try:
                    r = client.get(self.url)
                    self.n += 1
                    if r.status_code != 200:
                        self.wrong.append(r.status_code)
                except httpx.HTTPError as e:
                    self.wrong.append(repr(e))

    def finish(self):
        self.over.set()
        self.join()
        return self.wrong


def test_reload_refuses_nobody(stack):
    before = set(stack.worker_pids())
    callers = [Caller(stack) for _ in range(3)]
    for c in callers:
        c.start()
    try:
        stack.write_conf(api={"workers": 4}, rate={"standard_per_hour": 100000})
        stack.api.send(signal.SIGHUP)
        wait_until(lambda: len(set(stack.worker_pids()) - before) == 4 and not before & set(stack.worker_pids()), 15, "four new workers")
        time.sleep(0.3)
    finally:
        wrong = [w for c in callers for w in c.finish()]
    assert wrong == [] and all(c.n for c in callers)
    assert stack.client.get("/health").headers["x-ratelimit-limit"] == "100000"


def test_reload_with_a_mistake_changes_nothing(stack):
    before = set(stack.worker_pids())
    stack.write_conf(api={"wrokers": 4})
    stack.api.send(signal.SIGHUP)
    wait_until(lambda: "wrokers" in (stack.logs / "api.log").read_text(), 5, "the log to name the mistake")
    time.sleep(0.5)
    assert set(stack.worker_pids()) == before
    assert stack.client.get("/health").status_code == 200


def test_a_killed_worker_is_replaced_at_once(stack):
    pid = stack.kill_worker()
    started = time.monotonic()
    wait_until(lambda: len(stack.worker_pids()) == 2 and pid not in stack.worker_pids(), 2, "another worker")
    assert stack.client.get("/health").status_code == 200
    assert time.monotonic() - started < 1


def test_a_killed_supervisor_takes_its_workers_along(stack):
    workers = stack.worker_pids()
    stack.api.kill()
    wait_until(lambda: not any(alive(p) for p in workers), 3, "the workers to end")
    started = time.monotonic()
    stack.api.start()
    stack.wait_ready()
    assert time.monotonic() - started < 2


def test_a_spoilt_store_is_said_not_died_of(stack):
    """A store of a newer program: 503 in words, health says unhealthy, and the workers stay."""
    stack.monitor.stop()
    with sqlite3.connect(stack.state / "flopynet.db") as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute("PRAGMA user_version = 999")
    stack.api.kill()
    stack.api.start()
    wait_until(lambda: stack.client.get("/health").status_code == 503 and stack.client.get("/health").json().get("status") == "unhealthy", 10)
    r = stack.client.get("/experiments")
    assert r.status_code == 503 and r.json()["error"]["code"] == "SERVICE_UNAVAILABLE" and int(r.headers["retry-after"]) >= 1
    with sqlite3.connect(stack.state / "flopynet.db") as db:
        db.execute(f"PRAGMA user_version = {version}")
    wait_until(lambda: stack.client.get("/experiments").status_code == 200, 5, "the store to be tried again")
