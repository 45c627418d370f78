"""GET /events: the same messages for those who cannot hold a connection open."""
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from conftest import make_stack
from harness.live import LiveStack


class PollStack(LiveStack):
    @property
    def programs(self):
        return [self.api, self.stream, self.lighttpd]

    def poll(self, query="", timeout=40):
        return httpx.get(f"{self.url}/api/v1/events{query}", timeout=timeout)


@pytest.fixture(scope="module")
def live(request):
    return make_stack(request, PollStack, settings={"api": {"workers": 4}})


def test_form_and_cursor(live):
    live.make_experiments(2)
    start = live.emit()
    first = live.poll().json()
    assert first == {"events": [], "last_id": start, "resync": False}
    a = live.emit(experiment=1, data={"x": 1})
    b = live.emit(topic="alerts")
    live.emit(experiment=2)
    c = live.emit(topic="metrics")
    got = live.poll(f"?after={start}&topics=experiments,alerts&experiment_ids=exp_001").json()
    assert got == {"events": [{"type": "experiment_update", "id": a, "data": {"x": 1}}, {"type": "alert", "id": b, "data": {"change": "test"}}],
                   "last_id": c, "resync": False}
    got = live.poll(f"?after={start}&limit=1").json()
    assert [m["id"] for m in got["events"]] == [a] and got["last_id"] == a
    assert live.poll(f"?after={c + 100}").json() == {"events": [], "last_id": c, "resync": True}


@pytest.mark.parametrize("query, field", [("?after=-1", "after"), ("?after=x", "after"), ("?wait=31", "wait"), ("?topics=nosuch", "topics"), ("?limit=0", "limit"),
                                          ("?experiment_ids=exp_999", "experiment_ids"), ("?since=1", "since"), ("?after=1&after=2", "after")])
def test_refusals(live, query, field):
    r = live.poll(query)
    assert r.status_code == 400 and field in r.json()["error"]["details"], r.text


def test_waiting_ends_with_the_event_or_the_time(live):
    start = live.emit()
    began = time.monotonic()
    assert live.poll(f"?after={start}&wait=1").json()["events"] == []
    assert 0.9 < time.monotonic() - began < 2
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(live.poll, f"?after={start}&wait=20&topics=alerts")
        time.sleep(0.3)
        live.emit()  # of no interest
        time.sleep(0.3)
        began = time.monotonic()
        last = live.emit(topic="alerts")
        assert [m["id"] for m in waiting.result(5).json()["events"]] == [last]
        assert time.monotonic() - began < 0.5


def test_half_of_the_workers_are_always_free(live):
    start = live.emit()
    with ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(live.poll, f"?after={start}&wait=3") for _ in range(10)]
        time.sleep(0.5)
        began = time.monotonic()
        assert live.poll().status_code == 200
        assert time.monotonic() - began < 1
        assert sum(w.done() for w in waiting) == 8  # four workers: two may wait
        assert all(w.result().json() == {"events": [], "last_id": start, "resync": False} for w in waiting)
    # A worker that is killed while it waits does not keep its place for ever, and the pool goes on.
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(live.poll, f"?after={start}&wait=2") for _ in range(2)]
        time.sleep(0.3)
        live.kill_worker()
        live.kill_worker()
        for w in waiting:
            assert w.result().status_code in (200, 500, 502, 503)
    assert live.poll().status_code == 200
