"""
Where the ServerApp reports: a small HTTP server on the address from which the SuperLink is reached (127.0.0.1 when that is here), open to whoever has
the run's token. Numbers make a repeated report harmless.
"""

from __future__ import annotations

import hmac
import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BODY_MAX = 4 * 1024 * 1024


def address_towards(host: str, port: int) -> str:
    """Our own address on the way to host; nothing is sent."""
    with socket.socket(socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][0], socket.SOCK_DGRAM) as s:
        s.connect((host, port))
        return str(s.getsockname()[0])


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Reports come twice a second: they are not worth a line each."""

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        given = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.server.token}".encode()):
            self.close_connection = True
            self._answer(401, {"error": "This needs the token of the run."})
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_MAX:
            self.close_connection = True
            self._answer(413, {"error": "The report has no length or is too long."})
            return
        body = self.rfile.read(int(length))
        try:
            desired = self.server.take(self.path, body)
        except (ValueError, KeyError, TypeError) as e:
            self._answer(400, {"error": str(e)})
            return
        self._answer(200, {"desired": desired})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    token: str
    take: Callable[[str, bytes], str]


class _Server6(_Server):
    address_family = socket.AF_INET6


class Listener:
    """on_event and on_model are called by one thread at a time; desired says what the ServerApp is to do."""

    def __init__(
        self, host: str, token: str, on_event: Callable[[dict[str, Any]], None], on_model: Callable[[bytes], None], desired: Callable[[], str]
    ) -> None:
        self._lock = threading.Lock()
        self._next = 1
        self._on_event = on_event
        self._on_model = on_model
        self._desired = desired
        self._server = (_Server6 if ":" in host else _Server)((host, 0), _Handler)
        self._server.token = token
        self._server.take = self._take
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _take(self, path: str, body: bytes) -> str:
        with self._lock:
            if path == "/model":
                self._on_model(body)
            elif path == "/report":
                report = json.loads(body)
                first = int(report["first"])
                for number, event in enumerate(report["events"], first):
                    if number == self._next:
                        self._on_event(event)
                        self._next += 1
                    elif number > self._next:
                        raise ValueError(f"Event {self._next} is missing")
            else:
                raise ValueError("There is nothing of that name")
            return self._desired()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
