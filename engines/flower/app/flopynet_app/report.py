"""
How the ServerApp talks to the dashboard's runner: numbered events to it, and in each answer what is wanted of the run. A report without an answer is
repeated, an event that arrived twice counts once. When nobody has listened for PATIENCE_S the run ends: one that nobody sees or steers is of no use.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

TIMEOUT_S = 3.0
PATIENCE_S = 30.0
EVENTS_MAX = 200  # in one report


class RunnerGoneError(Exception):
    pass


class Reporter:
    def __init__(self, url: str, token: str, every_s: float = 0.5) -> None:
        self._url = url
        self._token = token
        self._every_s = every_s
        self._first = 1  # the number of the first event that is not known to have arrived
        self._events: list[dict[str, Any]] = []
        self._sent_at = 0.0
        self._heard_at = time.monotonic()
        # Proxies of the environment are for the world outside.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.desired = "running"

    def add(self, kind: str, /, **members: Any) -> None:
        self._events.append({"type": kind, "time": time.time_ns() // 1_000_000, **members})

    def _post(self, path: str, body: bytes, content_type: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content_type}
        request = urllib.request.Request(self._url + path, data=body, headers=headers, method="POST")
        with self._opener.open(request, timeout=TIMEOUT_S) as answer:
            content: dict[str, Any] = json.loads(answer.read())
        return content

    def _try(self, path: str, body: bytes, content_type: str) -> bool:
        try:
            answer = self._post(path, body, content_type)
        except (OSError, ValueError, urllib.error.URLError) as e:
            if time.monotonic() - self._heard_at > PATIENCE_S:
                raise RunnerGoneError(f"The dashboard's runner has not answered for {PATIENCE_S:.0f} s: {e}") from e
            return False
        self._heard_at = time.monotonic()
        self.desired = str(answer.get("desired", self.desired))
        return True

    def tick(self, now: bool = False) -> None:
        """Send what there is; without anything, ask every so often what is wanted."""
        if not now and not self._events and time.monotonic() - self._sent_at < self._every_s:
            return
        while True:
            part = self._events[:EVENTS_MAX]
            self._sent_at = time.monotonic()
            if not self._try("/report", json.dumps({"first": self._first, "events": part}).encode(), "application/json"):
                return
            del self._events[: len(part)]
            self._first += len(part)
            if not self._events:
                return

    def flush(self) -> None:
        """Until everything has arrived."""
        self.tick(now=True)
        while self._events:
            time.sleep(0.5)
            self.tick(now=True)

    def send_model(self, content: bytes) -> None:
        self.flush()
        while not self._try("/model", content, "application/octet-stream"):
            time.sleep(0.5)
