"""Alerts: raised once, acknowledged, resolved, surviving kills; rules and silences. CASES C22 to C26, C54 to C60."""
import http.server
import threading

import pytest

from harness.process import free_port


class Service:
    """An HTTP service on a port of its own that can be stopped and started, and answers as told."""

    def __init__(self, body=b'{"status":"ok"}', status=200):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.body, self.status = body, status
        self.asked = 0
        self._server = None

    def start(self):
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.asked += 1
                self.send_response(owner.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(owner.body)))
                self.end_headers()
                self.wfile.write(owner.body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@pytest.fixture
def service():
    s = Service().start()
    yield s
    s.stop()


def watch(stack, service, name="gpu", **more):
    """Have the service probed twice a second; a single failure counts."""
    settings = {"kind": "http", "url": service.url, "interval_ms": 500, "timeout_ms": 400, "failure_threshold": 1, "success_threshold": 1, **more}
    r = stack.client.put("/config", json={"services": {name: settings}})
    assert r.status_code == 200, r.text


def alerts(stack, **query):
    r = stack.client.get("/alerts", params={"limit": 100, **query})
    assert r.status_code == 200, r.text
    return r.json()["alerts"]


def wait_alert(stack, timeout=20, **query):
    found = stack.wait_until(lambda: alerts(stack, **query), timeout, f"an alert {query}")
    assert len(found) == 1, found
    return found[0]


def wait_healthy(stack, name="gpu"):
    stack.wait_until(lambda: stack.rows("SELECT 1 FROM service WHERE name = ? AND state = 'healthy'", name), 15, f"{name} to be healthy")


def test_one_alert_an_outage(stack, service):
    """Issue 3: one alert, acknowledged, restarted: one resolved alert with the acknowledgement in its history."""
    watch(stack, service)
    wait_healthy(stack)
    assert alerts(stack) == []
    service.stop()
    a = wait_alert(stack, status="active")
    assert a["severity"] == "critical" and a["service"] == "gpu" and a["title"] == "gpu is unhealthy" and a["experiment_id"] is None
    assert "refused" in a["description"]
    r = stack.client.post(f"/alerts/{a['id']}/acknowledge", json={"comment": "Looking"})
    assert r.status_code == 200, r.text
    assert r.json()["alert"]["status"] == "acknowledged" and r.json()["alert"]["comment"] == "Looking"
    service.start()
    stack.wait_until(lambda: alerts(stack, status="resolved"), 30, "the alert to resolve")
    assert len(alerts(stack)) == 1
    detail = stack.client.get(f"/alerts/{a['id']}").json()["alert"]
    assert [h["event"] for h in detail["history"]] == ["opened", "acknowledged", "resolved"]
    assert detail["history"][1]["details"] == "Looking" and detail["history"][1]["actor"] == "test"
    assert detail["resolved_by"] is None and detail["resolution"]
