"""The page's metrics, of a real Redis whose process is measured too: tests/web/metrics.mjs."""
import socket

import pytest
from harness import services
from harness.page import run_page

PACE = services.QUICK | {"interval_ms": 1000, "timeout_ms": 900}


@pytest.fixture
def redis(stack):
    with services.redis(stack.root) as server:
        services.configure(stack, integration={"redis_url": f"redis://127.0.0.1:{server.port}"},
                           services={"redis": PACE | {"port": server.port}, "page": PACE | {"kind": "process", "port": stack.port, "title": "<img src=x>"}})
        yield server


def fill(port):
    """40 MB into the Redis."""
    with socket.create_connection(("127.0.0.1", port)) as s:
        for n in range(10, 50):
            s.sendall(f"*3\r\n$3\r\nSET\r\n$2\r\n{n}\r\n$1000000\r\n{'x' * 1_000_000}\r\n".encode())
            assert s.recv(100) == b"+OK\r\n"


@services.need("redis-server")
@pytest.mark.parametrize("part", ["values", "use", "look"])
def test_metrics(stack, redis, part):
    run_page(stack, "metrics.mjs", PART=part, actions={
        "fill": lambda _: fill(redis.port), "stop": lambda _: redis.stop(), "start": lambda _: redis.start() and None,
        "mute": lambda _: stack.stream.stop(), "unmute": lambda _: stack.stream.start() and None,
    })


def test_hundreds_of_services(stack):
    for first in (0, 150):
        services.configure(stack, services={f"svc_{n}": {"kind": "tcp", "url": "tcp://127.0.0.1:9", "interval_ms": 60_000} for n in range(first, first + 150)})
    stack.wait_until(lambda: len(stack.client.get("/metrics/live").json()["services"]) > 300, 60)
    run_page(stack, "many.mjs")
