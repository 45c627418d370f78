"""The engine's side of events.jsonl (docs/runner-protocol.md): one JSON object a line with the next number and the time, each by one write."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

FINAL = ("completed", "stopped", "aborted", "failed")
TEXT_MAX = 1900  # of a message, below the protocol's 2000 bytes for all but the longest characters
RETRY_S = 30


class Events:
    """Any thread may call. After a final state nothing more is written."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._end = os.fstat(self._fd).st_size
        self._seq = 0
        self._last = time.monotonic()
        self.final = False
        if self._end:
            raise ValueError(f"{path} has events of another run")

    def _write(self, line: bytes) -> None:
        """Whole or not at all; while the disk is full, for RETRY_S."""
        for _ in range(RETRY_S):
            try:
                n = os.write(self._fd, line)
                if n == len(line):
                    self._end += n
                    return
                os.ftruncate(self._fd, self._end)
            except OSError as e:
                print(f"events.jsonl cannot be written: {e}", file=sys.stderr, flush=True)
            time.sleep(1)
        os._exit(1)  # a run that cannot be reported is worth nothing

    def add(self, kind: str, /, **members: Any) -> None:
        with self._lock:
            if self.final:
                return
            event = {"seq": self._seq + 1, "time": time.time_ns() // 1_000_000, "type": kind, **members}
            for name in ("message", "reason", "detail"):
                if isinstance(event.get(name), str):
                    event[name] = event[name][:TEXT_MAX]
            self._write(json.dumps(event, ensure_ascii=False, allow_nan=False).encode() + b"\n")
            self._seq += 1
            self._last = time.monotonic()
            self.final = kind == "state" and members.get("state") in FINAL

    def heartbeat(self, quiet_s: float) -> None:
        if time.monotonic() - self._last >= quiet_s:
            self.add("heartbeat")
