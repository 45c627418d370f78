"""Tests of the client alone: against a server of a few lines that says what the test wants."""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))


class Said:
    """One request as the server got it."""

    def __init__(self, handler, body):
        parts = urlsplit(handler.path)
        self.method, self.path, self.query = handler.command, parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()}
        self.headers, self.body, self.handler = dict(handler.headers.items()), body, handler

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """`answers`: a list of (status, headers, body) to be given in turn, the last one for ever; or `answer`, a function of the request.
    A body that is no text is sent as JSON; None in place of an answer cuts the connection."""

    def __init__(self):
        self.requests, self.answers, self.answer = [], [], None
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # an answer is one packet

            def log_message(self, *_):
                pass

            def handle_any(self):
                said = Said(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                server.requests.append(said)
                given = server.answer(said) if server.answer else server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                if given is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                if given == "done":
                    return
                status, headers, body = given
                data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server():
    made = Server()
    yield made
    made.stop()


def error(status, code, message="As it is.", headers=None, **more):
    return status, headers or {}, {"error": {"code": code, "message": message, "request_id": "r1-1", **more}}
