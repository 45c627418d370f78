"""What a run has brought: rounds, clients, timeline, logs, artefacts, export; and reports of engines."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, List, Optional, Union

from ..calls import Json
from ..sync import DashboardClient
from . import codes
from .settings import UsageError
from .show import as_json, line, pairs, say, table, text

#: What the API takes in one report.
REPORT_MAX = 100


def register(add: Any, add_group: Any) -> None:
    for name, run, help in (("rounds", rounds, "the completed rounds of a run"), ("clients", clients, "the clients of a run, each as it last was")):
        one = add(name, run, help)
        one.add_argument("id")
        one.add_argument("--csv", action="store_true", help="as CSV" + ("" if name == "rounds" else ": what each did in every round"))
        one.add_argument("-o", "--output", metavar="FILE", help="CSV into this file")

    add("timeline", timeline, "what happened, oldest first").add_argument("id")

    one = add("logs", logs, "the last lines that the engine wrote")
    one.add_argument("id")
    one.add_argument("-n", "--lines", type=int, default=200, help="1 to 1000 (200)")

    one = add("artifacts", artifacts, "list the files of a run, or take one")
    one.add_argument("id")
    one.add_argument("name", nargs="?")
    one.add_argument("-o", "--output", metavar="FILE", help="into this file (else one of the same name here); - is standard output")

    one = add("export", export, "write a run into a directory: ID.json, ID-rounds.csv, ID-clients.csv")
    one.add_argument("id", nargs="+")
    one.add_argument("-d", "--directory", default=".", help="is made if it is not there (.)")
    one.add_argument("--artifacts", action="store_true", help="and its files, in the directory ID")

    one = add("report", report, "send events of an engine, one JSON object a line; prints what the engine shall be doing")
    one.add_argument("id")
    one.add_argument("file", nargs="?", default="-", help="else standard input")


def _save(name: Union[str, Path], data: Union[str, bytes]) -> None:
    """All of it or nothing."""
    path = Path(name)
    new = path.with_name(path.name + ".part")
    if isinstance(data, str):
        data = data.encode()
    new.write_bytes(data)
    os.replace(new, path)


def _csv(options: argparse.Namespace, data: str) -> int:
    if options.output and options.output != "-":
        _save(options.output, data)
    else:
        sys.stdout.write(data.replace("\r\n", "\n"))
        sys.stdout.flush()
    return codes.DONE


def rounds(client: DashboardClient, options: argparse.Namespace) -> int:
    if options.csv or options.output:
        return _csv(options, client.experiments.rounds_csv(options.id))
    found = client.experiments.rounds(options.id)
    if options.json:
        as_json(found)
        return codes.DONE
    head = ["ROUND", "ACCURACY", "LOSS", "SECONDS", "CLIENTS", "FAILED", "BYTES", "COMPLETED"]
    seconds = [None if r.duration_ms is None else r.duration_ms / 1000 for r in found]
    table(head, [[r.round, r.accuracy, r.loss, s, r.clients, r.failed_clients, r.bytes, r.completed_at] for r, s in zip(found, seconds)])
    return codes.DONE


def clients(client: DashboardClient, options: argparse.Namespace) -> int:
    if options.csv or options.output:
        return _csv(options, client.experiments.clients_csv(options.id))
    found = client.experiments.clients(options.id)
    if options.json:
        as_json(found)
        return codes.DONE
    head = ["ID", "STATUS", "ROUNDS", "ACCURACY", "LOSS", "SAMPLES", "TRAIN MS", "TRANSFER MS", "SLOWS BY MS", "BYTES"]
    table(head, [[c.id, c.status, c.rounds_participated, c.accuracy, c.loss, c.samples, c.train_ms, c.transfer_ms, c.slows_round_by_ms, c.bytes] for c in found])
    return codes.DONE


def timeline(client: DashboardClient, options: argparse.Namespace) -> int:
    found = client.experiments.timeline(options.id)
    if options.json:
        as_json(found)
    else:
        table(["TIME", "EVENT", "BY", "DETAILS"], [[t.timestamp, t.event, t.actor, t.details] for t in found])
    return codes.DONE


def logs(client: DashboardClient, options: argparse.Namespace) -> int:
    found = client.experiments.logs(options.id, lines=options.lines)
    if options.json:
        as_json(found)
    else:
        for one in found:
            line(text(one) if one else "")
    return codes.DONE


def artifacts(client: DashboardClient, options: argparse.Namespace) -> int:
    if options.name is None:
        found = client.experiments.artifacts(options.id)
        if options.json:
            as_json(found)
        else:
            table(["NAME", "KIND", "BYTES", "DESCRIPTION"], [[a.name, a.kind, a.size_bytes, a.description] for a in found])
        return codes.DONE
    data = client.experiments.artifact(options.id, options.name)
    if options.output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        _save(options.output or _local(options.name), data)
    return codes.DONE


def _local(name: str) -> str:
    """A name that the server gave may not lead out of the directory."""
    if name != os.path.basename(name) or name in ("", ".", ".."):
        raise UsageError(f"{name!r} is no name of a file here; give --output.")
    return name


def export(client: DashboardClient, options: argparse.Namespace) -> int:
    top = Path(options.directory)
    written: List[str] = []

    def save(path: Path, data: Union[str, bytes]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _save(path, data)
        written.append(str(path))

    for id in options.id:
        experiment = client.experiments.get(id)
        save(top / f"{id}.json", json.dumps(experiment.raw, ensure_ascii=False, indent=2) + "\n")
        save(top / f"{id}-rounds.csv", client.experiments.rounds_csv(id))
        save(top / f"{id}-clients.csv", client.experiments.clients_csv(id))
        for one in client.experiments.artifacts(id) if options.artifacts else []:
            save(top / id / _local(one.name), client.experiments.artifact(id, one.name))
    if options.json:
        as_json(written)
    else:
        for name in written:
            line(name)
    return codes.DONE


def _events(name: str) -> List[Json]:
    source: Optional[Any] = None
    try:
        source = sys.stdin if name == "-" else open(name, encoding="utf-8")
        events = [json.loads(one) for one in source if one.strip()]
    except ValueError as error:
        raise UsageError(f"{'Standard input' if name == '-' else name} is not one JSON object a line: {error}.") from None
    finally:
        if source is not None and name != "-":
            source.close()
    if not events or not all(isinstance(event, dict) for event in events):
        raise UsageError("There must be at least one event, each a JSON object.")
    return events


def report(client: DashboardClient, options: argparse.Namespace) -> int:
    events = _events(options.file)
    accepted, answer = 0, {}
    for i in range(0, len(events), REPORT_MAX):
        answer = client.experiments.report(options.id, events[i : i + REPORT_MAX])
        accepted += int(answer.get("accepted") or 0)
    if options.json:
        as_json({**answer, "accepted": accepted})
    else:
        pairs({"desired": answer.get("desired"), "accepted": accepted, "last_seq": answer.get("last_seq")})
    if accepted < len(events):
        say(f"{len(events) - accepted} were known already.")
    return codes.DONE
