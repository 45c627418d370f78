"""The platform: alerts, rules, silences, notifications, health, metrics, configuration, events."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from typing import Any, Dict

from ..calls import Json
from ..models import Rule
from ..sync import DashboardClient
from . import codes
from .settings import UsageError
from .show import as_json, gone, line, members, pairs, plain, say, table, text
from .values import count, nested, read_object


def register(add: Any, add_group: Any) -> None:
    _register_alerts(add_group("alerts", "alerts: list, show, acknowledge, resolve"))
    _register_rules(add_group("rules", "alert rules: list, show, create, try, replace, delete"))
    _register_silences(add_group("silences", "silences: list, create, delete"))

    group = add_group("notifications", "notifications: the delivery log, and a test")
    one = group("list", notifications, "the delivery log")
    one.add_argument("-n", "--limit", type=count, default=20, help="at most so many; 0: all (20)")
    group("test", notifications_test, "send a test to each channel that is configured").add_argument("channel", nargs="?", help="webhook or smtp")

    one = add("health", health, "is it well?  Needs no token")
    one.add_argument("--dependencies", action="store_true", help="the databases in place of the services")
    one.add_argument("--history", metavar="SERVICE", help="changes of one service's state")
    one.add_argument("--check", action="store_true", help="end with status 9 unless all is healthy")

    group = add_group("metrics", "metrics: live values, history")
    one = group("live", metrics_live, "the newest values of each service")
    one.add_argument("service", nargs="*", help="only these")
    one = group("history", metrics_history, "one metric of one service over time")
    one.add_argument("service")
    one.add_argument("metric")
    one.add_argument("--from", dest="from_", metavar="TIME")
    one.add_argument("--to", metavar="TIME")
    one.add_argument("--step", type=int, metavar="S", help="seconds")
    one.add_argument("--csv", action="store_true")
    group("prometheus", metrics_prometheus, "everything in Prometheus' text form")

    _register_config(add_group("config", "configuration: get, set, settings, history, revert"))

    one = add("events", events, "the live stream as JSON lines, until Ctrl-C")
    one.add_argument("--topics", default="experiments,metrics,alerts", help="separated by commas (all three)")
    one.add_argument("--experiment", action="append", metavar="ID", help="only about this one; can be given again")
    one.add_argument("--since", type=int, metavar="EVENT", help="first what came after the event of this number")
    one.add_argument("-n", "--limit", type=count, default=0, help="end after so many")


def _register_alerts(add: Any) -> None:
    one = add("list", alerts, "list alerts, newest first")
    one.add_argument("--severity", choices=["critical", "warning", "info"])
    one.add_argument("--status", choices=["active", "acknowledged", "resolved"])
    one.add_argument("--open", action="store_true", help="active or acknowledged")
    one.add_argument("--service")
    one.add_argument("--experiment", metavar="ID")
    one.add_argument("-n", "--limit", type=count, default=20, help="at most so many; 0: all (20)")
    add("show", alert, "show one alert with its history").add_argument("id")
    for name, action, help in (("ack", "acknowledge", "say that somebody looks after them"), ("resolve", "resolve", "close them by hand")):
        one = add(name, change, help, aliases=[action] if name != action else [])
        one.set_defaults(change=action)
        one.add_argument("id", nargs="+")
        one.add_argument("-m", "--comment")


def _register_rules(add: Any) -> None:
    add("list", rules, "list rules")
    add("show", rule, "show one rule").add_argument("id")
    for name, run, help in (
        ("create", rule_create, "create a rule from JSON, as POST /alert-rules takes it; prints its id"),
        ("try", rule_try, "how often a rule would have fired; makes nothing"),
    ):
        add(name, run, help).add_argument("file", help="- is standard input")
    one = add("replace", rule_replace, "replace a rule; what is not given takes its default")
    one.add_argument("id")
    one.add_argument("file", help="- is standard input")
    add("delete", rule_delete, "delete rules; their open alerts resolve").add_argument("id", nargs="+")


def _register_silences(add: Any) -> None:
    add("list", silences, "list silences").add_argument("--active", action="store_true", help="only those in force")
    one = add("create", silence_create, "no notifications about something until a time; prints its id")
    one.add_argument("--until", required=True, metavar="TIME", help="such as 2030-01-15T22:00:00Z")
    one.add_argument("--reason", required=True)
    one.add_argument("--service")
    one.add_argument("--rule", metavar="ID")
    one.add_argument("--experiment", metavar="ID")
    add("delete", silence_delete, "end silences now").add_argument("id", nargs="+")


def _register_config(add: Any) -> None:
    add("get", config_get, "what is in force").add_argument("path", nargs="?", help="only this, such as dashboard.max_experiments")
    one = add("set", config_set, "change what is given, all of it or nothing")
    one.add_argument("values", nargs="*", metavar="PATH=VALUE", help="such as dashboard.refresh_interval=3000")
    one.add_argument("-f", "--file", help="JSON as PUT /config takes it; - is standard input")
    one.add_argument("--dry-run", action="store_true", help="only say what would change")
    one.add_argument("--if-match", metavar="ETAG", help="only if it has not changed since")
    add("settings", config_settings, "what can be set")
    one = add("history", config_history, "who changed what, and when")
    one.add_argument("-n", "--limit", type=count, default=20, help="at most so many; 0: all (20)")
    one = add("revert", config_revert, "back to an earlier version, as a new one")
    one.add_argument("version", type=count, help="0 is the fresh installation")
    one.add_argument("--dry-run", action="store_true", help="only say what would change")


# Alerts


def alerts(client: DashboardClient, options: argparse.Namespace) -> int:
    found = client.alerts.list(
        severity=options.severity, status=options.status, open=True if options.open else None, service=options.service,
        experiment_id=options.experiment, sort="created_at:desc",
    )
    shown = list(itertools.islice(found, options.limit or None))
    if options.json:
        as_json(shown)
    else:
        table(
            ["ID", "SEVERITY", "STATUS", "CREATED", "ABOUT", "VALUE", "TITLE"],
            [[a.id, a.severity, a.status, a.created_at, a.service or a.experiment_id, a.current_value, a.title] for a in shown],
        )
    return codes.DONE


def alert(client: DashboardClient, options: argparse.Namespace) -> int:
    a = client.alerts.get(options.id)
    if options.json:
        as_json(a)
        return codes.DONE
    pairs(members(a, [
        "id", "severity", "status", "title", "description", "service", "experiment_id", "metric", "threshold", "current_value", "rule_id", "silenced",
        "created_at", "acknowledged_at", "acknowledged_by", "comment", "resolved_at", "resolved_by", "resolution",
    ]))
    for h in a.history:
        line("  ".join(text(h.get(name)) for name in ("timestamp", "event", "actor", "details")))
    return codes.DONE


def change(client: DashboardClient, options: argparse.Namespace) -> int:
    for id in options.id:
        run = client.alerts.acknowledge if options.change == "acknowledge" else client.alerts.resolve
        a = run(id, comment=options.comment)
        if options.json:
            as_json(a)
        else:
            line(f"{a.id} {a.status}")
    return codes.DONE


# Rules


def rules(client: DashboardClient, options: argparse.Namespace) -> int:
    found = list(client.rules.list())
    if options.json:
        as_json(found)
    else:
        table(
            ["ID", "ON", "SEVERITY", "SCOPE", "ABOUT", "CONDITION", "NAME"],
            [[r.id, r.enabled, r.severity, r.scope, r.service or r.experiment_id or "all", _condition(r), r.name] for r in found],
        )
    return codes.DONE


def _condition(r: Rule) -> str:
    held = f" for {r.for_s:g} s" if r.for_s else ""
    return f"{r.metric} {r.comparison} {text(r.threshold)}{held}"


def rule(client: DashboardClient, options: argparse.Namespace) -> int:
    for one in client.rules.list():
        if one.id == options.id:
            if options.json:
                as_json(one)
            else:
                pairs(one.raw)
            return codes.DONE
    say(f"flopynet: There is no alert rule {options.id}.")
    return codes.NOT_FOUND


def rule_create(client: DashboardClient, options: argparse.Namespace) -> int:
    made = client.rules.create(read_object(options.file))
    if options.json:
        as_json(made)
    else:
        line(made.id)
    return codes.DONE


def rule_try(client: DashboardClient, options: argparse.Namespace) -> int:
    trial = client.rules.try_out(read_object(options.file))
    if options.json:
        as_json(trial)
        return codes.DONE
    line(f"It would have fired {trial.would_have_fired} times over {trial.samples} samples.")
    table(["FROM", "TO", "ABOUT", "PEAK"], [[e.get("started_at"), e.get("ended_at"), e.get("service") or e.get("experiment_id"), e.get("peak_value")] for e in trial.episodes])
    return codes.DONE


def rule_replace(client: DashboardClient, options: argparse.Namespace) -> int:
    made = client.rules.replace(options.id, read_object(options.file))
    if options.json:
        as_json(made)
    return codes.DONE


def rule_delete(client: DashboardClient, options: argparse.Namespace) -> int:
    for id in options.id:
        client.rules.delete(id)
        gone(options.json, "id", id)
    return codes.DONE


# Silences and notifications


def silences(client: DashboardClient, options: argparse.Namespace) -> int:
    found = list(client.silences.list(active=True if options.active else None))
    if options.json:
        as_json(found)
    else:
        table(["ID", "ACTIVE", "UNTIL", "ABOUT", "BY", "REASON"], [[s.id, s.active, s.until, s.service or s.rule_id or s.experiment_id, s.created_by, s.reason] for s in found])
    return codes.DONE


def silence_create(client: DashboardClient, options: argparse.Namespace) -> int:
    if not (options.service or options.rule or options.experiment):
        raise UsageError("Give --service, --rule or --experiment.")
    made = client.silences.create(options.until, options.reason, service=options.service, rule_id=options.rule, experiment_id=options.experiment)
    if options.json:
        as_json(made)
    else:
        line(made.id)
    return codes.DONE


def silence_delete(client: DashboardClient, options: argparse.Namespace) -> int:
    for id in options.id:
        client.silences.delete(id)
        gone(options.json, "id", id)
    return codes.DONE


def notifications(client: DashboardClient, options: argparse.Namespace) -> int:
    found = list(itertools.islice(client.notifications.list(), options.limit or None))
    if options.json:
        as_json(found)
    else:
        table(
            ["ID", "CREATED", "CHANNEL", "TO", "STATUS", "TRIES", "SUBJECT", "ERROR"],
            [[n.id, n.created_at, n.channel, n.target, n.status, n.attempts, n.subject, n.last_error] for n in found],
        )
    return codes.DONE


def notifications_test(client: DashboardClient, options: argparse.Namespace) -> int:
    sent = client.notifications.test(channel=options.channel)
    if options.json:
        as_json(sent)
    else:
        for n in sent:
            line(f"{n.channel} to {text(n.target)}: {n.status}")
    return codes.DONE


# Health and metrics


def health(client: DashboardClient, options: argparse.Namespace) -> int:
    if options.history:
        found = list(client.health_history(options.history))
        if options.json:
            as_json(found)
        else:
            table(["FROM", "UNTIL", "STATUS", "ISSUES"], [[h.timestamp, h.until, h.status, h.issues] for h in found])
        return codes.DONE
    if options.dependencies:
        there = client.dependencies()
        good = all(d.get("status") in ("connected", "not_configured") for d in there.values())
        _services(there, options)
    else:
        whole = client.health()
        good = whole.get("status") == "healthy"
        if options.json:
            as_json(whole)
        else:
            line(f"{text(whole.get('status'))}, version {text(whole.get('version'))}, up {text(whole.get('uptime'))}")
            parts = {name: whole[name] for name in ("store", "monitor", "stream") if isinstance(whole.get(name), dict)}
            _services({**parts, **whole.get("services", {})}, options)
    return codes.DONE if good or not options.check else codes.OTHERWISE


def _services(services: Dict[str, Json], options: argparse.Namespace) -> None:
    if options.json:
        as_json(services)
        return
    table(["NAME", "STATUS", "ANSWERS IN", "VERSION", "ISSUES"], [[name, s.get("status"), s.get("response_time"), s.get("version"), s.get("issues")] for name, s in services.items()])


def metrics_live(client: DashboardClient, options: argparse.Namespace) -> int:
    live = client.metrics.live(services=options.service or None)
    if options.json:
        as_json(live)
        return codes.DONE
    rows = []
    for name, values in live.get("services", {}).items():
        rows += [[name, member, value] for member, value in values.items() if value is not None]
    table(["SERVICE", "MEMBER", "VALUE"], rows)
    return codes.DONE


def metrics_history(client: DashboardClient, options: argparse.Namespace) -> int:
    asked = {"from_": options.from_, "to": options.to, "step": options.step}
    if options.csv:
        sys.stdout.write(client.metrics.history_csv(options.service, options.metric, **asked).replace("\r\n", "\n"))
        return codes.DONE
    history = client.metrics.history(options.service, options.metric, **asked)
    if options.json:
        as_json(history)
    else:
        table(["TIME", "VALUE", "LEAST", "MOST", "SAMPLES"], [[p.get(m) for m in ("timestamp", "value", "min", "max", "samples")] for p in history.get("points", [])])
    return codes.DONE


def metrics_prometheus(client: DashboardClient, options: argparse.Namespace) -> int:
    sys.stdout.write(client.metrics.prometheus())
    return codes.DONE


# Configuration


def config_get(client: DashboardClient, options: argparse.Namespace) -> int:
    value: Any = client.config.get()
    for name in options.path.split(".") if options.path else []:
        if not isinstance(value, dict) or name not in value:
            say(f"flopynet: The configuration has no {options.path}; `flopynet config settings` lists what there is.")
            return codes.NOT_FOUND
        value = value[name]
    if isinstance(value, str) and not options.json:
        line(text(value))
    else:
        print(json.dumps(value, ensure_ascii=False, indent=None if options.json else 2), flush=True)
    return codes.DONE


def _changes(answer: Json, options: argparse.Namespace) -> int:
    if options.json:
        as_json(answer)
        return codes.DONE
    for c in answer.get("changes", []):
        line(f"{text(c.get('path'))}: {json.dumps(c.get('from'), ensure_ascii=False)} -> {json.dumps(c.get('to'), ensure_ascii=False)}")
    done = "Nothing was changed, only tried" if answer.get("dry_run") else "In force"
    say(f"{done}; version {text(answer.get('version'))}.")
    return codes.DONE


def config_set(client: DashboardClient, options: argparse.Namespace) -> int:
    if bool(options.values) == bool(options.file):
        raise UsageError("Give PATH=VALUE, or --file FILE.")
    changes = read_object(options.file) if options.file else nested(options.values)
    return _changes(client.config.update(changes, dry_run=options.dry_run, if_match=options.if_match), options)


def config_settings(client: DashboardClient, options: argparse.Namespace) -> int:
    found = client.config.settings()
    if options.json:
        as_json(found)
    else:
        table(["PATH", "TYPE", "DEFAULT", "UNIT", "MEANING"], [[s.get(m) for m in ("path", "type", "default", "unit", "help")] for s in found])
    return codes.DONE


def config_history(client: DashboardClient, options: argparse.Namespace) -> int:
    found = list(itertools.islice(client.config.history(), options.limit or None))
    if options.json:
        as_json(found)
    else:
        rows = [[v.version, v.changed_at, v.changed_by, [str(c.get("path")) for c in v.changes]] for v in found]
        table(["VERSION", "WHEN", "BY", "CHANGED"], rows)
    return codes.DONE


def config_revert(client: DashboardClient, options: argparse.Namespace) -> int:
    return _changes(client.config.revert(options.version, dry_run=options.dry_run), options)


# Events


def events(client: DashboardClient, options: argparse.Namespace) -> int:
    topics = [topic.strip() for topic in options.topics.split(",") if topic.strip()]
    stream = client.events(topics=topics, experiment_ids=options.experiment, since=options.since)
    for event in itertools.islice(stream, options.limit or None):
        print(json.dumps(plain(event), ensure_ascii=False), flush=True)
    return codes.DONE
