"""Every route of the API, one function each."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .calls import Call, Json, Page, When, at, body, items, member, moment, nothing, once, page, params, same
from .models import (
    Alert,
    Artifact,
    Client,
    ConfigVersion,
    Engine,
    Experiment,
    HealthChange,
    Me,
    Notification,
    Round,
    Rule,
    RuleTrial,
    Scenario,
    Silence,
    TimelineEntry,
    Token,
    User,
)


def _dry(dry_run: bool) -> Dict[str, str]:
    return params(dry_run=True if dry_run else None)


# Experiments

_experiment = member("experiment", Experiment.parse)


def experiment_list(
    status: Optional[str], active: Optional[bool], scenario: Optional[str], q: Optional[str], sort: Optional[str], limit: int, offset: int
) -> Call[Page[Experiment]]:
    found = params(status=status, active=active, scenario=scenario, q=q, sort=sort, limit=limit, offset=offset)
    return Call("GET", "/experiments", page("experiments", Experiment.parse), found)


def experiment_create(spec: Mapping[str, Any], key: Optional[str]) -> Call[Experiment]:
    # With its key this POST may be sent again.
    return Call("POST", "/experiments", _experiment, body=spec, headers=once(key))


def experiment_get(id: str) -> Call[Experiment]:
    return Call("GET", at("experiments", id), _experiment)


def experiment_edit(id: str, changes: Mapping[str, Any]) -> Call[Experiment]:
    return Call("PATCH", at("experiments", id), _experiment, body=changes)


def experiment_delete(id: str) -> Call[None]:
    return Call("DELETE", at("experiments", id), nothing, safe=False)


def experiment_clone(id: str, changes: Mapping[str, Any], key: Optional[str]) -> Call[Experiment]:
    return Call("POST", at("experiments", id, "clone"), _experiment, body=changes, headers=once(key))


def experiment_control(id: str, action: str, reason: Optional[str], scheduled_at: Optional[When]) -> Call[str]:
    sent = body(action=action, reason=reason, scheduled_at=None if scheduled_at is None else moment(scheduled_at))
    return Call("POST", at("experiments", id, "control"), lambda data: str(same(data).get("status") or ""), body=sent, safe=False)


def rounds(id: str, after: Optional[int], limit: int, offset: int) -> Call[Page[Round]]:
    return Call("GET", at("experiments", id, "rounds"), page("rounds", Round.parse), params(after=after, limit=limit, offset=offset))


def rounds_csv(id: str) -> Call[str]:
    return Call("GET", at("experiments", id, "rounds"), str, {"format": "csv"}, form="text")


def clients(id: str, limit: int, offset: int) -> Call[Page[Client]]:
    return Call("GET", at("experiments", id, "clients"), page("clients", Client.parse), params(limit=limit, offset=offset))


def clients_csv(id: str) -> Call[str]:
    return Call("GET", at("experiments", id, "clients"), str, {"format": "csv"}, form="text")


def timeline(id: str, rounds: bool, limit: int, offset: int) -> Call[Page[TimelineEntry]]:
    found = params(rounds=None if rounds else False, limit=limit, offset=offset)
    return Call("GET", at("experiments", id, "timeline"), page("timeline", TimelineEntry.parse), found)


def logs(id: str, lines: int) -> Call[List[str]]:
    return Call("GET", at("experiments", id, "logs"), items("lines", str), params(lines=lines))


def artifacts(id: str, limit: int, offset: int) -> Call[Page[Artifact]]:
    return Call("GET", at("experiments", id, "artifacts"), page("artifacts", Artifact.parse), params(limit=limit, offset=offset))


def artifact(id: str, name: str) -> Call[bytes]:
    return Call("GET", at("experiments", id, "artifacts", name), bytes, form="bytes")


def report(id: str, events: Sequence[Mapping[str, Any]]) -> Call[Json]:
    # Every event has its own number, so a repeated report is harmless.
    return Call("POST", at("experiments", id, "events"), same, body={"events": list(events)})


# Scenarios and engines


def scenarios(limit: int, offset: int) -> Call[Page[Scenario]]:
    return Call("GET", "/scenarios", page("scenarios", Scenario.parse), params(limit=limit, offset=offset))


def scenario(name: str) -> Call[Scenario]:
    return Call("GET", at("scenarios", name), member("scenario", Scenario.parse))


def engines(limit: int, offset: int) -> Call[Page[Engine]]:
    return Call("GET", "/engines", page("engines", Engine.parse), params(limit=limit, offset=offset))


# Health and metrics


def health() -> Call[Json]:
    # An unhealthy dashboard answers 503 with the same body.
    return Call("GET", "/health", same, accept=(503,))


def dependencies() -> Call[Json]:
    return Call("GET", "/health/dependencies", member("dependencies", same))


def health_history(service: str, from_: Optional[When], to: Optional[When], limit: int, offset: int) -> Call[Page[HealthChange]]:
    found = params(from_=from_, to=to, limit=limit, offset=offset)
    return Call("GET", at("health", service, "history"), page("history", HealthChange.parse), found)


def metrics_live(services: Optional[Sequence[str]], metrics: Optional[Sequence[str]], interval: Optional[int]) -> Call[Json]:
    return Call("GET", "/metrics/live", same, params(services=services, metrics=metrics, interval=interval))


def metrics_history(
    service: str, metric: str, from_: Optional[When], to: Optional[When], step: Optional[int]
) -> Call[Json]:
    return Call("GET", "/metrics/history", same, params(service=service, metric=metric, from_=from_, to=to, step=step))


def metrics_history_csv(
    service: str, metric: str, from_: Optional[When], to: Optional[When], step: Optional[int]
) -> Call[str]:
    found = params(service=service, metric=metric, from_=from_, to=to, step=step, format="csv")
    return Call("GET", "/metrics/history", str, found, form="text")


def metrics_prometheus() -> Call[str]:
    return Call("GET", "/metrics/prometheus", str, form="text")


# Configuration


def config_get() -> Call[Json]:
    return Call("GET", "/config", same)


def config_etag() -> Call[Tuple[Json, str]]:
    return Call("GET", "/config", lambda pair: (same(pair[0]), str(pair[1])), etag=True)


def _match(etag: Optional[str]) -> Dict[str, str]:
    return {} if etag is None else {"If-Match": etag}


def config_update(changes: Mapping[str, Any], dry_run: bool, if_match: Optional[str]) -> Call[Json]:
    # With If-Match a repetition of what has come through would be refused.
    return Call("PUT", "/config", same, _dry(dry_run), body=changes, headers=_match(if_match), safe=if_match is None)


def config_settings() -> Call[List[Json]]:
    return Call("GET", "/config/settings", items("settings", same))


def config_history(limit: int, offset: int) -> Call[Page[ConfigVersion]]:
    return Call("GET", "/config/history", page("history", ConfigVersion.parse), params(limit=limit, offset=offset))


def config_revert(version: int, dry_run: bool, if_match: Optional[str]) -> Call[Json]:
    return Call("POST", "/config/revert", same, _dry(dry_run), body={"version": version}, headers=_match(if_match), safe=if_match is None)


# Alerts, rules, silences, notifications


def alert_list(
    severity: Optional[str], status: Optional[str], open: Optional[bool], service: Optional[str], experiment_id: Optional[str],
    rule_id: Optional[str], from_: Optional[When], to: Optional[When], sort: Optional[str], limit: int, offset: int,
) -> Call[Page[Alert]]:
    found = params(
        severity=severity, status=status, open=open, service=service, experiment_id=experiment_id, rule_id=rule_id,
        from_=from_, to=to, sort=sort, limit=limit, offset=offset,
    )
    return Call("GET", "/alerts", page("alerts", Alert.parse), found)


def alert_get(id: str) -> Call[Alert]:
    return Call("GET", at("alerts", id), member("alert", Alert.parse))


def alert_change(id: str, action: str, comment: Optional[str]) -> Call[Alert]:
    return Call("POST", at("alerts", id, action), member("alert", Alert.parse), body=body(comment=comment))


def rule_list(limit: int, offset: int) -> Call[Page[Rule]]:
    return Call("GET", "/alert-rules", page("rules", Rule.parse), params(limit=limit, offset=offset))


def rule_create(rule: Mapping[str, Any]) -> Call[Rule]:
    return Call("POST", "/alert-rules", member("rule", Rule.parse), body=rule, headers=once(), safe=False)


def rule_try(rule: Mapping[str, Any]) -> Call[RuleTrial]:
    return Call("POST", "/alert-rules", RuleTrial.parse, _dry(True), body=rule)


def rule_replace(id: str, rule: Mapping[str, Any]) -> Call[Rule]:
    return Call("PUT", at("alert-rules", id), member("rule", Rule.parse), body=rule)


def rule_delete(id: str) -> Call[None]:
    return Call("DELETE", at("alert-rules", id), nothing, safe=False)


def silence_list(active: Optional[bool], limit: int, offset: int) -> Call[Page[Silence]]:
    return Call("GET", "/silences", page("silences", Silence.parse), params(active=active, limit=limit, offset=offset))


def silence_create(
    until: When, reason: str, service: Optional[str], rule_id: Optional[str], experiment_id: Optional[str]
) -> Call[Silence]:
    sent = body(until=moment(until), reason=reason, service=service, rule_id=rule_id, experiment_id=experiment_id)
    return Call("POST", "/silences", member("silence", Silence.parse), body=sent, headers=once(), safe=False)


def silence_delete(id: str) -> Call[None]:
    return Call("DELETE", at("silences", id), nothing, safe=False)


def notification_list(status: Optional[str], limit: int, offset: int) -> Call[Page[Notification]]:
    return Call("GET", "/notifications", page("notifications", Notification.parse), params(status=status, limit=limit, offset=offset))


def notification_test(channel: Optional[str]) -> Call[List[Notification]]:
    return Call("POST", "/notifications/test", items("notifications", Notification.parse), body=body(channel=channel), safe=False)


# Access


def token_list(status: Optional[str], kind: Optional[str], limit: int, offset: int) -> Call[Page[Token]]:
    return Call("GET", "/tokens", page("tokens", Token.parse), params(status=status, kind=kind, limit=limit, offset=offset))


def token_create(name: str, role: Optional[str], experiment: Optional[str], days: Optional[int]) -> Call[Token]:
    def read(data: Any) -> Token:
        token = Token.parse(same(data).get("token"))
        token.api_key = str(same(data).get("api_key") or "")
        return token

    sent = body(name=name, role=role, experiment=experiment, days=days)
    return Call("POST", "/tokens", read, body=sent, headers=once(), safe=False)


def token_revoke(jti: str) -> Call[None]:
    return Call("DELETE", at("tokens", jti), nothing, safe=False)


def user_list(limit: int, offset: int) -> Call[Page[User]]:
    return Call("GET", "/users", page("users", User.parse), params(limit=limit, offset=offset))


def user_create(name: str, password: str, role: str) -> Call[User]:
    sent = {"name": name, "password": password, "role": role}
    return Call("POST", "/users", member("user", User.parse), body=sent, headers=once(), safe=False)


def user_edit(name: str, role: Optional[str], password: Optional[str], disabled: Optional[bool]) -> Call[User]:
    sent = body(role=role, password=password, disabled=disabled)
    return Call("PATCH", at("users", name), member("user", User.parse), body=sent)


def user_delete(name: str) -> Call[None]:
    return Call("DELETE", at("users", name), nothing, safe=False)


def me() -> Call[Me]:
    return Call("GET", "/auth/me", member("user", Me.parse))


def login(username: str, password: str) -> Call[str]:
    sent = {"username": username, "password": password, "deliver": "token"}
    return Call("POST", "/auth/login", lambda data: str(same(data).get("api_key") or ""), body=sent, safe=False)


def logout() -> Call[None]:
    return Call("POST", "/auth/logout", nothing, safe=False)
