"""Following a run where a WebSocket does not pass, where nothing but polling does, and where all of them break."""
import asyncio
import gc
import json
import threading
import time
import warnings

import pytest
from conftest import error

import flopy_net_client as f
from flopy_net_client import live, monitor


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    for module in (live, monitor):
        monkeypatch.setattr(module, "BACKOFF_FIRST", 0.01)
        monkeypatch.setattr(module, "BACKOFF_MAX", 0.02)
    monkeypatch.setattr(live, "POLL_WAIT_S", 1)
    monkeypatch.setattr(live, "POLL_PACE_S", 0)


class Run:
    """A run of eight rounds as the API tells of it; it goes on by one event whenever somebody has read the last one."""

    ROUNDS = 8

    def __init__(self, server, ways, cut=(), started=3):
        self.ways, self.cut, self.lock = ways, set(cut), threading.Lock()
        self.events, self.rounds, self.status = [], started, "running"
        self.asked, self.refuse = [], None
        self.last_id = 40
        server.answer = self.answer

    def go_on(self):
        """The next event."""
        with self.lock:
            if self.status == "completed":
                return
            if self.rounds < self.ROUNDS:
                self.rounds += 1
                data = {"experiment_id": "exp_001", "change": "round_completed", "status": "running", "current_round": self.rounds, "rounds_completed": self.rounds,
                        "rounds_total": self.ROUNDS, "accuracy": self.rounds / 10, "loss": None, "at": "2024-01-15T10:00:00Z"}
            else:
                self.status = "completed"
                data = {"experiment_id": "exp_001", "change": "status", "status": "completed", "previous_status": "running", "rounds_completed": self.rounds, "at": "2024-01-15T10:00:00Z"}
            self.last_id += 1
            self.events.append({"type": "experiment_update", "id": self.last_id, "data": data})

    def answer(self, said):
        self.asked.append(said.path)
        at = said.path.replace("/api/v1", "")
        if self.refuse and at.startswith("/experiments/"):
            return self.refuse.pop(0)
        if at == "/experiments/exp_001":
            return 200, {}, {"experiment": {"id": "exp_001", "status": self.status, "rounds_completed": self.rounds, "rounds_total": self.ROUNDS, "status_since": "2024-01-15T09:00:00Z"}}
        if at == "/experiments/exp_001/rounds":
            rounds = [{"round": r, "accuracy": r / 10} for r in range(int(said.query["after"]) + 1, self.rounds + 1)]
            return 200, {}, {"rounds": rounds, "total": len(rounds), "limit": 100, "offset": 0}
        if at == "/events" and "poll" in self.ways:
            if "after" not in said.query:
                return 200, {}, {"events": [], "last_id": self.last_id, "resync": False}
            self.go_on()
            fresh = [e for e in self.events if e["id"] > int(said.query["after"])]
            return 200, {}, {"events": fresh, "last_id": self.last_id, "resync": False}
        if at == "/events/stream" and "sse" in self.ways:
            return self.stream(said)
        return 404, {"Content-Type": "text/html"}, "<html>This proxy knows no such thing.</html>"

    def stream(self, said):
        out = said.handler.wfile
        out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: hello\n\n")
        said.handler.close_connection = True
        since = int(said.headers.get("Last-Event-ID") or self.last_id)
        for _ in range(2 if self.cut else 1000):
            self.go_on()
            for e in [e for e in self.events if e["id"] > since]:
                out.write(f"id: {e['id']}\nevent: {e['type']}\ndata: {json.dumps(e)}\n\n".encode())
                since = e["id"]
            out.flush()
            if self.status == "completed":
                break
        return "done"


def followed(client):
    updates = list(client.experiments.monitor("exp_001"))
    assert [u.current_round for u in updates if u.change == "round_completed"] == list(range(1, 9))
    assert [u.status for u in updates if u.change == "status"] == ["running", "completed"]
    return updates


@pytest.mark.parametrize("ways,cut", [({"sse", "poll"}, ()), ({"sse"}, {1}), ({"poll"}, ()), ({"poll"}, {1})])
def test_it_falls_back_and_gives_each_round_once(server, ways, cut):
    run = Run(server, ways, cut)
    with f.DashboardClient(server.url, "a.b.c") as client:
        followed(client)
    assert any(p.endswith("/ws/dashboard") for p in run.asked)
    assert any(p.endswith("/events/stream") for p in run.asked)
    assert any(p.endswith("/events") for p in run.asked) == (ways == {"poll"})


@pytest.mark.parametrize("ways,cut", [({"sse"}, {1}), ({"poll"}, ())])
def test_each_event_once_over_connections_that_break(server, ways, cut):
    Run(server, ways, cut)
    ids = []
    with f.DashboardClient(server.url, "a.b.c") as client:
        for event in client.events(topics=["experiments"], since=40):
            ids.append(event.id)
            if event.data.get("status") == "completed":
                break
    assert ids == list(range(41, 47))


def test_polling_is_paced_where_the_server_does_not_wait(server, monkeypatch):
    monkeypatch.setattr(live, "POLL_PACE_S", 0.2)
    run = Run(server, {"poll"})
    with f.DashboardClient(server.url, "a.b.c") as client:
        began = time.monotonic()
        followed(client)
    polls = [p for p in run.asked if p.endswith("/events")]
    assert len(polls) >= 5 and time.monotonic() - began >= (len(polls) - 3) * 0.2


def test_a_run_that_is_over_needs_no_connection(server):
    run = Run(server, {"sse"}, started=8)
    run.status = "completed"
    with f.DashboardClient(server.url, "a.b.c") as client:
        updates = list(client.experiments.monitor("exp_001"))
        assert client.experiments.wait("exp_001").status == "completed"
    assert [u.current_round for u in updates][:8] == list(range(1, 9)) and updates[-1].is_final
    assert not [p for p in run.asked if "events" in p or "ws" in p]


def test_what_passes_while_it_is_followed_is_waited_for(server):
    run = Run(server, {"poll"})
    refused, busy = (502, {}, "<html>"), error(503, "SERVICE_UNAVAILABLE", headers={"Retry-After": "0"})
    with f.DashboardClient(server.url, "a.b.c", max_wait=0) as client:
        stream = client.experiments.monitor("exp_001")
        updates = [next(stream)]
        run.refuse = [busy, refused, error(500, "INTERNAL_ERROR"), error(429, "RATE_LIMITED", headers={"Retry-After": "0"}), None, refused, busy, refused]
        updates += stream
    assert not run.refuse
    assert [u.current_round for u in updates if u.change == "round_completed"] == list(range(1, 9)) and updates[-1].status == "completed"


@pytest.mark.parametrize("answer,kind", [
    (error(404, "NOT_FOUND"), f.NotFoundError), (error(401, "UNAUTHORIZED"), f.AuthenticationError), (error(403, "FORBIDDEN"), f.PermissionDenied),
])
def test_what_will_not_pass_is_raised_at_once(server, answer, kind):
    server.answer = lambda said: answer if "ws" not in said.path else (404, {}, "")
    with f.DashboardClient(server.url, "a.b.c") as client:
        for what in (lambda: next(client.experiments.monitor("exp_001")), lambda: client.experiments.wait("exp_001"), lambda: next(client.events(topics=["experiments"]))):
            with pytest.raises(kind):
                what()


def test_wait_has_an_end(server):
    run = Run(server, {"poll"})
    run.go_on = lambda: time.sleep(0.05)
    with f.DashboardClient(server.url, "a.b.c") as client:
        began = time.monotonic()
        with pytest.raises(f.WaitTimeout, match="exp_001"):
            client.experiments.wait("exp_001", timeout=0.5)
        assert 0.4 < time.monotonic() - began < 10
        del run.go_on
        with pytest.raises(f.RunEnded) as ended:
            client.experiments.wait("exp_001", status="paused")
        assert ended.value.ended == "completed"


def test_inside_a_running_event_loop(server):
    """As in a notebook."""
    Run(server, {"poll"})

    async def cell():
        with f.DashboardClient(server.url, "a.b.c") as client:
            return followed(client)

    asyncio.run(cell())


@pytest.mark.parametrize("way", ["sse", "poll"])
def test_a_stream_that_is_left_leaves_nothing_behind(server, caplog, way):
    """No thread, no task and no open connection, and nothing is said about it."""
    Run(server, {way})
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with f.DashboardClient(server.url, "a.b.c") as client:
            for update in client.experiments.monitor("exp_001"):
                if update.current_round == 2:
                    break
            del update
            for event in client.events(topics=["experiments"]):
                break
        until = time.monotonic() + 10
        while "flopynet-stream" in [t.name for t in threading.enumerate()] and time.monotonic() < until:
            time.sleep(0.05)
        gc.collect()
    assert "flopynet-stream" not in [t.name for t in threading.enumerate()]
    assert not [r for r in caplog.records if "destroyed" in r.getMessage() or r.levelname == "ERROR"], caplog.text
    assert not [w for w in warned if issubclass(w.category, ResourceWarning) and "transport" in str(w.message)], [str(w.message) for w in warned]


@pytest.mark.parametrize("way", ["sse", "poll"])
def test_an_asynchronous_stream_that_is_left(server, caplog, way):
    Run(server, {way})

    async def scene():
        async with f.AsyncDashboardClient(server.url, "a.b.c") as client:
            async for update in client.experiments.monitor("exp_001"):
                if update.current_round == 4:
                    break
            async for event in client.events(topics=["experiments"], since=40):
                break

    asyncio.run(scene())
    gc.collect()
    assert not [r for r in caplog.records if r.levelname == "ERROR"], caplog.text


def test_events_that_it_does_not_know():
    for text in ("", "5", "[]", "not JSON", '{"type":"new_thing"}', '{"type":"new_thing","data":{}}', '{"type":"pong","data":{}}', '{"id":"7","type":"x","data":{}}', None):
        assert live._event(text) is None
    assert live._event('{"type":"new_thing","id":7,"data":{"a":1}}').type == "new_thing"
    with pytest.raises(live._Closed) as closed:
        live._event('{"type":"error","data":{"code":"VALIDATION_ERROR","message":"No such topic.","details":{"topics":"x"}}}')
    assert isinstance(closed.value.error, f.ValidationError) and closed.value.error.details == {"topics": "x"}
