"""Every call of the API as a value: what to send and how to read the answer.  Pure, so that the two clients are one line a method."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Generic, List, Mapping, Optional, Sequence, TypeVar, Union
from urllib.parse import quote

from .models import Alert, Artifact, Client, Experiment, Round, TimelineEntry

T = TypeVar("T")
Json = Dict[str, Any]
When = Union[str, datetime]


@dataclass
class Call(Generic[T]):
    """``safe``: may be sent again when it is not known whether the server got it."""

    method: str
    path: str
    read: Callable[[Any], T]
    params: Dict[str, str] = field(default_factory=dict)
    body: Optional[Mapping[str, Any]] = None
    headers: Dict[str, str] = field(default_factory=dict)
    safe: bool = True
    text: bool = False


@dataclass
class Page(Generic[T]):
    """One page of a list."""

    items: List[T]
    total: int
    limit: int
    offset: int


def _params(**values: Any) -> Dict[str, str]:
    """Query parameters without those that are None; times in RFC 3339, truth as true and false, sequences with commas."""

    def text(value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, datetime):
            return moment(value)
        if isinstance(value, (list, tuple, set)):
            return ",".join(str(v) for v in value)
        return str(value)

    return {name.rstrip("_"): text(value) for name, value in values.items() if value is not None}


def moment(value: When) -> str:
    """RFC 3339 in UTC; a naive ``datetime`` is taken as UTC."""
    if isinstance(value, str):
        return value
    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone.utc)
    return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def _at(*parts: str) -> str:
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _same(data: Any) -> Json:
    return data if isinstance(data, dict) else {}


def _nothing(_: Any) -> None:
    return None


def _member(name: str, read: Callable[[Any], T]) -> Callable[[Any], T]:
    return lambda data: read(_same(data).get(name))


def _page(name: str, read: Callable[[Any], T]) -> Callable[[Any], Page[T]]:
    def parse(data: Any) -> Page[T]:
        data = _same(data)
        items = [read(item) for item in data.get(name) or []]
        return Page(items, int(data.get("total") or 0), int(data.get("limit") or len(items)), int(data.get("offset") or 0))

    return parse


_experiment = _member("experiment", Experiment.parse)


def experiment_list(
    status: Optional[str], scenario: Optional[str], q: Optional[str], sort: Optional[str], limit: int, offset: int
) -> Call[Page[Experiment]]:
    params = _params(status=status, scenario=scenario, q=q, sort=sort, limit=limit, offset=offset)
    return Call("GET", "/experiments", _page("experiments", Experiment.parse), params)


def experiment_create(spec: Mapping[str, Any], idempotency_key: Optional[str]) -> Call[Experiment]:
    # The key makes a repeated create harmless, so this POST may be sent again.
    headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
    return Call("POST", "/experiments", _experiment, body=spec, headers=headers)


def experiment_get(id: str) -> Call[Experiment]:
    return Call("GET", _at("experiments", id), _experiment)


def experiment_edit(id: str, changes: Mapping[str, Any]) -> Call[Experiment]:
    return Call("PATCH", _at("experiments", id), _experiment, body=changes)


def experiment_delete(id: str) -> Call[None]:
    return Call("DELETE", _at("experiments", id), _nothing, safe=False)


def experiment_clone(id: str, changes: Mapping[str, Any]) -> Call[Experiment]:
    return Call("POST", _at("experiments", id, "clone"), _experiment, body=changes, safe=False)


def experiment_control(id: str, action: str, reason: Optional[str], scheduled_at: Optional[When]) -> Call[str]:
    body: Json = {"action": action}
    if reason is not None:
        body["reason"] = reason
    if scheduled_at is not None:
        body["scheduled_at"] = moment(scheduled_at)
    return Call("POST", _at("experiments", id, "control"), lambda data: str(_same(data).get("status") or ""), body=body, safe=False)


def rounds(id: str, after: Optional[int], limit: int, offset: int) -> Call[Page[Round]]:
    return Call("GET", _at("experiments", id, "rounds"), _page("rounds", Round.parse), _params(after=after, limit=limit, offset=offset))


def rounds_csv(id: str) -> Call[str]:
    return Call("GET", _at("experiments", id, "rounds"), str, {"format": "csv"}, text=True)


def clients(id: str, limit: int, offset: int) -> Call[Page[Client]]:
    return Call("GET", _at("experiments", id, "clients"), _page("clients", Client.parse), _params(limit=limit, offset=offset))


def clients_csv(id: str) -> Call[str]:
    return Call("GET", _at("experiments", id, "clients"), str, {"format": "csv"}, text=True)


def timeline(id: str, limit: int, offset: int) -> Call[Page[TimelineEntry]]:
    return Call("GET", _at("experiments", id, "timeline"), _page("timeline", TimelineEntry.parse), _params(limit=limit, offset=offset))


def logs(id: str, lines: int) -> Call[List[str]]:
    return Call("GET", _at("experiments", id, "logs"), lambda data: list(_same(data).get("lines") or []), _params(lines=lines))


def artifacts(id: str, limit: int, offset: int) -> Call[Page[Artifact]]:
    return Call("GET", _at("experiments", id, "artifacts"), _page("artifacts", Artifact.parse), _params(limit=limit, offset=offset))


def artifact_path(id: str, name: str) -> str:
    return _at("experiments", id, "artifacts", name)


def report(id: str, events: Sequence[Mapping[str, Any]]) -> Call[Json]:
    # Every event has its own number, so a repeated report is harmless.
    return Call("POST", _at("experiments", id, "events"), _same, body={"events": list(events)})


def scenarios(limit: int, offset: int) -> Call[Page[Json]]:
    return Call("GET", "/scenarios", _page("scenarios", _same), _params(limit=limit, offset=offset))


def scenario(name: str) -> Call[Json]:
    return Call("GET", _at("scenarios", name), _member("scenario", _same))


def engines(limit: int, offset: int) -> Call[Page[Json]]:
    return Call("GET", "/engines", _page("engines", _same), _params(limit=limit, offset=offset))


def health() -> Call[Json]:
    return Call("GET", "/health", _same)


def dependencies() -> Call[Json]:
    return Call("GET", "/health/dependencies", _member("dependencies", _same))


def metrics_live(services: Optional[Sequence[str]], metrics: Optional[Sequence[str]], interval: Optional[int]) -> Call[Json]:
    return Call("GET", "/metrics/live", _same, _params(services=services, metrics=metrics, interval=interval))


def metrics_history(
    service: str, metric: str, from_: Optional[When], to: Optional[When], step: Optional[int]
) -> Call[Json]:
    return Call("GET", "/metrics/history", _same, _params(service=service, metric=metric, from_=from_, to=to, step=step))


def config_get() -> Call[Json]:
    return Call("GET", "/config", _same)


def config_update(changes: Mapping[str, Any], dry_run: bool) -> Call[Json]:
    return Call("PUT", "/config", _same, _params(dry_run=True if dry_run else None), body=changes)


def alert_list(
    severity: Optional[str], status: Optional[str], service: Optional[str], experiment_id: Optional[str],
    from_: Optional[When], to: Optional[When], limit: int, offset: int,
) -> Call[Page[Alert]]:
    params = _params(
        severity=severity, status=status, service=service, experiment_id=experiment_id, from_=from_, to=to, limit=limit, offset=offset
    )
    return Call("GET", "/alerts", _page("alerts", Alert.parse), params)


def alert_get(id: str) -> Call[Alert]:
    return Call("GET", _at("alerts", id), _member("alert", Alert.parse))


def alert_change(id: str, action: str, comment: Optional[str]) -> Call[Alert]:
    body = {} if comment is None else {"comment": comment}
    return Call("POST", _at("alerts", id, action), _member("alert", Alert.parse), body=body)


def rule_list(limit: int, offset: int) -> Call[Page[Json]]:
    return Call("GET", "/alert-rules", _page("rules", _same), _params(limit=limit, offset=offset))


def rule_create(rule: Mapping[str, Any], dry_run: bool) -> Call[Json]:
    return Call("POST", "/alert-rules", _same, _params(dry_run=True if dry_run else None), body=rule, safe=False)


def rule_replace(id: str, rule: Mapping[str, Any]) -> Call[Json]:
    return Call("PUT", _at("alert-rules", id), _same, body=rule)


def rule_delete(id: str) -> Call[None]:
    return Call("DELETE", _at("alert-rules", id), _nothing, safe=False)
