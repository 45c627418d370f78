"""Experiments: list, show, create, edit, clone, delete; scenarios and engines."""

from __future__ import annotations

import argparse
import itertools
from typing import Any, Dict, List, Optional

from ..calls import Json
from ..models import Engine, Experiment, Offer
from ..sync import DashboardClient
from . import codes
from .settings import UsageError
from .show import as_json, gone, line, members, pairs, say, table, waiting
from .values import assignments, count, read_object


def register(add: Any, add_group: Any) -> None:
    one = add("list", list_, "list experiments, newest first")
    one.add_argument("--status", help="only those in this status")
    one.add_argument("--scenario", help="only those of this scenario")
    one.add_argument("-q", "--name", dest="q", help="only those whose name has this in it")
    one.add_argument("--sort", default="created_at:desc", help="such as accuracy:desc (created_at:desc)")
    one.add_argument("-n", "--limit", type=count, default=20, help="at most so many; 0: all (20)")

    add("show", show, "show one experiment").add_argument("id")

    one = add("create", create, "create an experiment, from a file or from a scenario; prints its id")
    one.add_argument("-f", "--file", help="JSON as POST /experiments takes it; - is standard input")
    one.add_argument("--scenario", help="`flopynet scenarios` lists them")
    one.add_argument("--name", help="else made of the scenario and what is set")
    _changes(one)
    one.add_argument("--idempotency-key", metavar="KEY", help="the same key makes no second one for 24 hours")
    one.add_argument("--start", action="store_true", help="start it as well")

    one = add("edit", edit, "change name, tags or notes, in any status")
    one.add_argument("id")
    one.add_argument("--name")
    one.add_argument("--tag", action="append", help="replaces all tags; can be given again")
    one.add_argument("--notes")

    one = add("clone", clone, "create another one like it; prints its id")
    one.add_argument("id")
    one.add_argument("--name")
    one.add_argument("--seed", type=int)
    _changes(one)
    one.add_argument("--start", action="store_true", help="start it as well")

    one = add("delete", delete, "delete experiments that are neither active nor queued, with all that belongs to them")
    one.add_argument("id", nargs="+")

    add("scenarios", scenarios, "list scenarios, or show one with every setting").add_argument("scenario", nargs="?")
    add("engines", engines, "list what trains, or show one").add_argument("engine", nargs="?")


def _changes(one: argparse.ArgumentParser) -> None:
    one.add_argument("--set", action="append", default=[], metavar="MEMBER=VALUE", help="of the configuration, such as rounds=10; can be given again")
    one.add_argument("--network", action="append", default=[], metavar="MEMBER=VALUE", help="of the network, such as latency=50ms")
    one.add_argument("--policy", action="append", help="can be given again")
    one.add_argument("--tag", action="append", help="can be given again")
    one.add_argument("--notes")


def _changed(options: argparse.Namespace) -> Json:
    """What the options say, as members of the request."""
    changes: Json = {}
    if options.set:
        changes["configuration"] = assignments(options.set)
    if options.network:
        changes["network_settings"] = assignments(options.network)
    for member, value in (("policies", options.policy), ("tags", options.tag), ("notes", options.notes), ("name", options.name)):
        if value is not None:
            changes[member] = value
    return changes


def _spec(options: argparse.Namespace) -> Json:
    spec = read_object(options.file) if options.file else {}
    if options.scenario:
        spec["scenario"] = options.scenario
    for member, value in _changed(options).items():
        if isinstance(value, dict) and isinstance(spec.get(member), dict):
            spec[member] = {**spec[member], **value}
        else:
            spec[member] = value
    if "scenario" not in spec:
        raise UsageError("Give --scenario NAME (`flopynet scenarios` lists them), or --file FILE.")
    spec.setdefault("name", " ".join([str(spec["scenario"]), *options.set])[:100])
    return spec


def _made(client: DashboardClient, options: argparse.Namespace, experiment: Experiment) -> int:
    if options.start:
        status = client.experiments.start(experiment.id)
        if options.json:
            experiment = client.experiments.get(experiment.id)
        else:
            say(f"{experiment.id} is {status}.")
    if options.json:
        as_json(experiment)
    else:
        line(experiment.id)
    return codes.DONE


def create(client: DashboardClient, options: argparse.Namespace) -> int:
    return _made(client, options, client.experiments.create(_spec(options), idempotency_key=options.idempotency_key))


def clone(client: DashboardClient, options: argparse.Namespace) -> int:
    changes = _changed(options)
    if options.seed is not None:
        changes["seed"] = options.seed
    return _made(client, options, client.experiments.clone(options.id, **changes))


def list_(client: DashboardClient, options: argparse.Namespace) -> int:
    found = client.experiments.list(status=options.status, scenario=options.scenario, q=options.q, sort=options.sort)
    shown = list(itertools.islice(found, options.limit or None))
    if options.json:
        as_json(shown)
        return codes.DONE
    table(
        ["ID", "STATUS", "ROUNDS", "ACCURACY", "LOSS", "SCENARIO", "CREATED", "NAME"],
        [[x.id, x.status, f"{x.rounds_completed}/{x.rounds_total}", x.accuracy, x.loss, x.scenario, x.created_at, x.name] for x in shown],
    )
    return codes.DONE


def show(client: DashboardClient, options: argparse.Namespace) -> int:
    x = client.experiments.get(options.id)
    if options.json:
        as_json(x)
        return codes.DONE
    values: Dict[str, Any] = members(x, ["id", "name", "status"])
    optional = {
        "waits for": waiting(x.waiting_for).replace("waits for ", "", 1), "place in the queue": x.queue_position, "scheduled at": x.scheduled_at, "failure": x.failure,
        "in the way": (x.engine_status or {}).get("reason"),
    }
    values.update({name: value for name, value in optional.items() if value})
    values.update({"allowed": x.allowed_actions, "scenario": x.scenario, "engine": x.engine, "rounds": f"{x.rounds_completed} of {x.rounds_total}"})
    values.update(members(x, ["accuracy", "loss"]))
    values.update({"created": x.created_at, "by": x.created_by, "started": x.started_at, "finished": x.finished_at})
    if not x.is_final:
        values["expected end"] = x.estimated_completion or x.eta_reason
    network = {name: value for name, value in x.network_settings.items() if value not in (None, [])}
    values.update({"configuration": x.configuration, "network": network or None, "policies": x.policies, "tags": x.tags, "notes": x.notes})
    pairs(values)
    return codes.DONE


def edit(client: DashboardClient, options: argparse.Namespace) -> int:
    if options.name is None and options.tag is None and options.notes is None:
        raise UsageError("Give --name, --tag or --notes.")
    tags: Optional[List[str]] = None if options.tag is None else [tag for tag in options.tag if tag]
    x = client.experiments.edit(options.id, name=options.name, tags=tags, notes=options.notes)
    if options.json:
        as_json(x)
    return codes.DONE


def delete(client: DashboardClient, options: argparse.Namespace) -> int:
    for id in options.id:
        client.experiments.delete(id)
        gone(options.json, "id", id)
    return codes.DONE


def scenarios(client: DashboardClient, options: argparse.Namespace) -> int:
    if options.scenario is None:
        found = client.scenarios()
        if options.json:
            as_json(found)
        else:
            table(["NAME", "ENGINE", "TITLE"], [[x.name, x.engine, x.title] for x in found])
        return codes.DONE
    return _described(client.scenario(options.scenario), options)


def engines(client: DashboardClient, options: argparse.Namespace) -> int:
    found = client.engines()
    if options.engine is not None:
        for engine in found:
            if engine.name == options.engine:
                return _described(engine, options)
        say(f"flopynet: There is no engine {options.engine}.")
        return codes.NOT_FOUND
    if options.json:
        as_json(found)
    else:
        table(
            ["NAME", "CAN BE STARTED", "VERSION", "CAN", "TITLE"],
            [[x.name, _startable(x), x.version, [c for c, yes in x.capabilities.items() if yes is True], x.title] for x in found],
        )
    return codes.DONE


def _startable(x: Engine) -> str:
    if x.reason:
        return f"no: {x.reason}"
    return "not known yet" if x.available is None else "yes" if x.available and x.reachable is not False else "no"


def _described(one: Offer, options: argparse.Namespace) -> int:
    if options.json:
        as_json(one)
        return codes.DONE
    line(f"{one.title}: {one.description}")
    rows = []
    for name, m in one.members.items():
        limits = ", ".join(str(v) for v in m["enum"]) if m.get("enum") else f"{m.get('min', '')} to {m.get('max', '')}" if "min" in m or "max" in m else None
        rows.append([name, m.get("type"), m.get("default"), limits, m.get("description")])
    table(["MEMBER", "TYPE", "DEFAULT", "MAY BE", "MEANING"], rows)
    return codes.DONE
