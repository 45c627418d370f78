"""Commands of the monitor out of the FIFO `control`: one JSON object a line, {"action":"pause"}."""

from __future__ import annotations

import json
import os
import select
import stat
from pathlib import Path

LINE_MAX = 4096


class Control:
    def __init__(self, path: Path) -> None:
        # Read and write: with a writer of our own the FIFO never reports its end when the monitor goes.
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISFIFO(os.fstat(self._fd).st_mode):
            raise ValueError(f"{path} is not a FIFO")
        self._rest = b""

    def wait(self, seconds: float) -> list[str]:
        """Actions that have arrived; what is no command comes as an empty text."""
        if not select.select([self._fd], [], [], seconds)[0]:
            return []
        self._rest += os.read(self._fd, LINE_MAX)
        *lines, self._rest = self._rest.split(b"\n")
        if len(self._rest) > LINE_MAX:
            self._rest = b""
        return [self._action(line) for line in lines if line.strip()]

    @staticmethod
    def _action(line: bytes) -> str:
        try:
            command = json.loads(line)
        except ValueError:
            return ""
        action = command.get("action") if isinstance(command, dict) else None
        return action if isinstance(action, str) else ""
