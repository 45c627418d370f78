"""A FastCGI client that can misbehave: it writes the records of a request piece by piece, straight to the pool's socket."""
import socket
import struct

from . import contract

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = 1, 2, 3, 4, 5, 6, 7


def record(kind, content=b"", request=1):
    return struct.pack("!BBHHBx", 1, kind, request, len(content), 0) + content


def pairs(params):
    out = b""
    for name, value in params.items():
        for text in (name, value):
            n = len(text.encode())
            out += bytes([n]) if n < 128 else struct.pack("!I", n | 0x80000000)
        out += name.encode() + value.encode()
    return out


class Request:
    def __init__(self, path, method="GET", uri="/api/v1/health", timeout=20, **params):
        self.params = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "SCRIPT_NAME": "/api/v1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost", **params}
        self.path, self.timeout, self.socket = str(path), timeout, None

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(self.timeout)
        self.socket.connect(self.path)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.socket:
            self.socket.close()

    def send(self, data):
        if not self.socket:
            self.connect()
        self.socket.sendall(data)

    def begin(self):
        """All but the body."""
        self.send(record(BEGIN, struct.pack("!HB5x", 1, 0)) + record(PARAMS, pairs(self.params)) + record(PARAMS))

    def body(self, data):
        self.send(record(STDIN, data))

    def end(self):
        self.send(record(STDIN))

    def answer(self):
        """(status, headers in small letters, body, whether the request was ended as the protocol wants it)."""
        raw = b""
        while chunk := self.socket.recv(65536):
            raw += chunk
        out, ended = b"", False
        while len(raw) >= 8:
            _, kind, _, length, padding = struct.unpack("!BBHHBx", raw[:8])
            if kind == STDOUT:
                out += raw[8:8 + length]
            ended |= kind == END
            raw = raw[8 + length + padding:]
        head, _, body = out.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        headers = {k.lower(): v for k, v in headers.items()}
        status = int(headers.get("status", "0 ").split()[0])
        if status:
            contract.see(None, self.params["REQUEST_METHOD"], self.params["REQUEST_URI"].split("?")[0], status, headers, body)
        return status, headers, body, ended
