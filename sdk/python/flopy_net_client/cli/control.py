"""Steering runs and following them: start, pause, resume, stop, abort, wait, watch."""

from __future__ import annotations

import argparse
import functools
import time
from typing import Any, Optional

from ..errors import DashboardError, WaitTimeout
from ..models import Update
from ..sync import DashboardClient
from . import codes
from .show import Progress, as_json, line, say
from .values import seconds

ACTIONS = {
    "start": "start experiments, or queue them where no place is free",
    "pause": "pause runs",
    "resume": "let paused runs go on",
    "stop": "end runs after the current round and keep the model",
    "abort": "end runs now and drop the round in progress",
}


def register(add: Any, add_group: Any) -> None:
    for action, help in ACTIONS.items():
        one = add(action, functools.partial(control, action), help)
        one.add_argument("id", nargs="+")
        one.add_argument("--reason", help="kept in the timeline")
        if action == "start":
            one.add_argument("--at", metavar="TIME", help="not before then, such as 2030-01-15T22:00:00Z")

    one = add("wait", wait, "wait until runs have ended, or are in a status")
    one.add_argument("id", nargs="+")
    one.add_argument("--status", help="in place of completed")
    one.add_argument("--timeout", type=seconds, metavar="S", help="seconds for all of them together")

    one = add("watch", watch, "follow a run to its end, live; survives restarts of the dashboard")
    one.add_argument("id")


def control(action: str, client: DashboardClient, options: argparse.Namespace) -> int:
    worst = codes.DONE
    for id in options.id:
        try:
            status = client.experiments.control(id, action, reason=options.reason, scheduled_at=getattr(options, "at", None))
        except DashboardError as error:
            if len(options.id) == 1:
                raise
            say(f"flopynet: {id}: {error}")
            worst = worst or codes.of(error)
            continue
        if options.json:
            as_json({"id": id, "status": status})
        else:
            line(f"{id} {status}")
    return worst


def _ended(status: str, wanted: Optional[str]) -> int:
    return codes.DONE if status == (wanted or "completed") else codes.OTHERWISE


def wait(client: DashboardClient, options: argparse.Namespace) -> int:
    until = None if options.timeout is None else time.monotonic() + options.timeout
    worst = codes.DONE
    for id in options.id:
        left = None if until is None else max(0.0, until - time.monotonic())
        try:
            x = client.experiments.wait(id, status=options.status, timeout=left)
        except WaitTimeout:
            raise WaitTimeout(f"{id} did not get there within {options.timeout:g} s.") from None
        if options.json:
            as_json(x)
        else:
            line(f"{id} {x.status}")
        if x.failure:
            say(f"{id}: {x.failure}")
        worst = worst or _ended(x.status, options.status)
    return worst


def watch(client: DashboardClient, options: argparse.Namespace) -> int:
    progress = Progress(options.json)
    last: Optional[Update] = None
    try:
        for last in client.experiments.monitor(options.id):
            progress.show(last)
    except KeyboardInterrupt:
        progress.end()
        say(f"The run goes on; to follow it again: flopynet watch {options.id}")
        raise
    finally:
        progress.end()
    if last is None or not last.is_final:
        say(f"flopynet: {options.id} has been deleted.")
        return codes.NOT_FOUND
    return _ended(last.status, None)
