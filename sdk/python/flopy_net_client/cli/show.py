"""What is printed: tables and sentences for people, JSON for programs, a progress line for a terminal."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import fields
from datetime import datetime
from typing import Any, Dict, Iterable, Mapping, Optional, Sequence

from ..models import Record, Update


def text(value: Any) -> str:
    """One cell.  What others have written may not steer the terminal, so control characters are shown, not sent."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e6 else f"{value:.0f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, (list, tuple)):
        return ", ".join(text(v) for v in value) or "-"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))


def say(message: str) -> None:
    """For the person, beside what is printed."""
    print(message, file=sys.stderr, flush=True)


def line(message: str) -> None:
    print(message, flush=True)


def as_json(value: Any) -> None:
    """A record as the server sent it, on lines for people where a person reads."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=2 if sys.stdout.isatty() else None), flush=True)


def gone(json_wanted: bool, member: str, value: str, word: str = "deleted") -> None:
    """What was deleted: nothing to see for people, an object for programs."""
    if json_wanted:
        as_json({member: value, word: True})


def plain(value: Any) -> Any:
    if isinstance(value, Update):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name != "raw"}
    if isinstance(value, Record):
        return value.raw
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Columns as wide as they need; the last may be cut by nothing but the terminal."""
    cells = [[text(v) for v in row] for row in rows]
    numbers = [bool(cells) and all(_is_number(row[i]) for row in cells) for i in range(len(head))]
    lines = [list(head), *cells]
    widths = [max(len(row[i]) for row in lines) for i in range(len(head))]
    for row in lines:
        parts = [cell.rjust(w) if n else cell.ljust(w) for cell, w, n in zip(row, widths, numbers)]
        line("  ".join(parts).rstrip())


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(".", "", 1).replace("-", "", 1).replace("e", "", 1).isdigit()


def pairs(values: Mapping[str, Any]) -> None:
    """One thing, a member a line."""
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        line(f"{name.ljust(width)}  {text(value)}")


def members(record: Record, names: Sequence[str]) -> Dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def waiting(waiting_for: Optional[Mapping[str, Any]]) -> str:
    if not waiting_for:
        return ""
    what = text(waiting_for.get("what"))
    if waiting_for.get("needed") is not None:
        what += f" ({text(waiting_for.get('present'))} of {text(waiting_for.get('needed'))})"
    detail = waiting_for.get("detail")
    return f"waits for {what}" + (f": {text(detail)}" if detail else "")


class Progress:
    """A run as it goes: one line that is drawn again on a terminal, else a line for each update, or JSON lines."""

    BAR = 24

    def __init__(self, json_lines: bool = False) -> None:
        self._json = json_lines
        self._drawn = 0
        self._live = sys.stdout.isatty() and not json_lines

    def _text(self, update: Update) -> str:
        done, total = update.rounds_completed, update.rounds_total
        bar = ""
        if self._live and total:
            full = min(self.BAR, done * self.BAR // total)
            bar = f"[{'#' * full}{'.' * (self.BAR - full)}] "
        parts = [f"{update.experiment_id} {update.status:<9} {bar}round {done}/{total}"]
        if update.accuracy is not None:
            parts.append(f"accuracy {update.accuracy:.4f}")
        if update.loss is not None:
            parts.append(f"loss {update.loss:.4f}")
        why = update.failure or update.reason or waiting(update.waiting_for)
        if why:
            parts.append(text(why))
        return "  ".join(parts)

    def show(self, update: Update) -> None:
        if self._json:
            print(json.dumps(plain(update), ensure_ascii=False), flush=True)
            return
        if not self._live:
            line(self._text(update))
            return
        drawn = self._text(update)[: max(20, shutil.get_terminal_size().columns - 1)]
        print("\r" + drawn.ljust(self._drawn), end="", flush=True)
        self._drawn = len(drawn)

    def end(self) -> None:
        """Leaves the line as it is."""
        if self._drawn:
            self._drawn = 0
            print(flush=True)
