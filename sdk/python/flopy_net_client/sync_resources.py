"""What the client offers beside experiments: alerts, rules, silences, notifications, metrics, configuration, tokens, users.

:mod:`flopy_net_client.aio_resources` is the same for asyncio.  Everywhere ``list`` gives all that match, page after page, and ``page`` gives one page.
"""

from __future__ import annotations

from typing import Any, Callable, Iterator, List, Mapping, Optional, Sequence, Tuple, TypeVar

from . import endpoints
from .calls import PAGE, Call, Json, Page, Pages, When
from .models import Alert, ConfigVersion, Notification, Rule, RuleTrial, Silence, Token, User
from .transport import SyncTransport

T = TypeVar("T")


def all_pages(transport: SyncTransport, call: Callable[[int, int], Call[Page[T]]], *key: str) -> Iterator[T]:
    pages = Pages(call, *key)
    while not pages.done:
        yield from pages.take(transport.send(pages.next()))


class Resource:
    """Base of all: it has the transport."""

    def __init__(self, transport: SyncTransport) -> None:
        self._transport = transport


class Alerts(Resource):
    """``client.alerts``.  Where there is no such alert: :class:`NotFoundError`."""

    def page(
        self, *, severity: Optional[str] = None, status: Optional[str] = None, open: Optional[bool] = None, service: Optional[str] = None,
        experiment_id: Optional[str] = None, rule_id: Optional[str] = None, from_: Optional[When] = None, to: Optional[When] = None,
        sort: Optional[str] = None, limit: int = PAGE, offset: int = 0,
    ) -> Page[Alert]:
        """``open``: active or acknowledged.  ``from_`` and ``to`` are about ``created_at`` and inclusive."""
        return self._transport.send(
            endpoints.alert_list(severity, status, open, service, experiment_id, rule_id, from_, to, sort, limit, offset)
        )

    def list(
        self, *, severity: Optional[str] = None, status: Optional[str] = None, open: Optional[bool] = None, service: Optional[str] = None,
        experiment_id: Optional[str] = None, rule_id: Optional[str] = None, from_: Optional[When] = None, to: Optional[When] = None,
        sort: Optional[str] = None,
    ) -> Iterator[Alert]:
        """All that match."""

        def call(limit: int, offset: int) -> Call[Page[Alert]]:
            return endpoints.alert_list(severity, status, open, service, experiment_id, rule_id, from_, to, sort, limit, offset)

        return all_pages(self._transport, call, "id")

    def get(self, id: str) -> Alert:
        """With its ``history``."""
        return self._transport.send(endpoints.alert_get(id))

    def acknowledge(self, id: str, *, comment: Optional[str] = None) -> Alert:
        """Say that somebody looks after it; the first comment stands.  :class:`ConflictError` once it is resolved."""
        return self._transport.send(endpoints.alert_change(id, "acknowledge", comment))

    def resolve(self, id: str, *, comment: Optional[str] = None) -> Alert:
        """Close it by hand; if its condition still holds, a new one opens."""
        return self._transport.send(endpoints.alert_change(id, "resolve", comment))


class Rules(Resource):
    """``client.rules``: what alerts are made of.  Where there is no such rule: :class:`NotFoundError`."""

    def page(self, *, limit: int = PAGE, offset: int = 0) -> Page[Rule]:
        """One page of them."""
        return self._transport.send(endpoints.rule_list(limit, offset))

    def list(self) -> Iterator[Rule]:
        """All alert rules."""
        return all_pages(self._transport, endpoints.rule_list, "id")

    def create(self, rule: Mapping[str, Any]) -> Rule:
        """``name``, ``metric``, ``comparison``, ``threshold``, and what else ``POST /alert-rules`` takes."""
        return self._transport.send(endpoints.rule_create(rule))

    def try_out(self, rule: Mapping[str, Any]) -> RuleTrial:
        """Nothing is made: how often the rule would have fired over the history that is kept."""
        return self._transport.send(endpoints.rule_try(rule))

    def replace(self, id: str, rule: Mapping[str, Any]) -> Rule:
        """What is not given takes its default."""
        return self._transport.send(endpoints.rule_replace(id, rule))

    def delete(self, id: str) -> None:
        """:class:`ConflictError` for one that came with the system: replace it with ``enabled`` false."""
        return self._transport.send(endpoints.rule_delete(id))


class Silences(Resource):
    """``client.silences``: about what nobody is to be told."""

    def page(self, *, active: Optional[bool] = None, limit: int = PAGE, offset: int = 0) -> Page[Silence]:
        """One page of them."""
        return self._transport.send(endpoints.silence_list(active, limit, offset))

    def list(self, *, active: Optional[bool] = None) -> Iterator[Silence]:
        """All, or only those in force."""

        def call(limit: int, offset: int) -> Call[Page[Silence]]:
            return endpoints.silence_list(active, limit, offset)

        return all_pages(self._transport, call, "id")

    def create(
        self, until: When, reason: str, *, service: Optional[str] = None, rule_id: Optional[str] = None, experiment_id: Optional[str] = None
    ) -> Silence:
        """No notifications about these until then; at least one of them is needed."""
        return self._transport.send(endpoints.silence_create(until, reason, service, rule_id, experiment_id))

    def delete(self, id: str) -> None:
        """End it now."""
        return self._transport.send(endpoints.silence_delete(id))


class Notifications(Resource):
    """``client.notifications``: for admins."""

    def page(self, *, status: Optional[str] = None, limit: int = PAGE, offset: int = 0) -> Page[Notification]:
        """One page of the delivery log."""
        return self._transport.send(endpoints.notification_list(status, limit, offset))

    def list(self, *, status: Optional[str] = None) -> Iterator[Notification]:
        """The delivery log."""

        def call(limit: int, offset: int) -> Call[Page[Notification]]:
            return endpoints.notification_list(status, limit, offset)

        return all_pages(self._transport, call, "id")

    def test(self, *, channel: Optional[str] = None) -> List[Notification]:
        """Send a test to ``"webhook"``, ``"smtp"`` or all that are configured; :class:`ConflictError` if none is."""
        return self._transport.send(endpoints.notification_test(channel))


class Metrics(Resource):
    """``client.metrics``: what services offer, live and over time."""

    def live(
        self, *, services: Optional[Sequence[str]] = None, metrics: Optional[Sequence[str]] = None, interval: Optional[int] = None
    ) -> Json:
        """The newest values: ``{"timestamp", "services": {name: {"status", "observed_at", "stale", …}}}``.  ``metrics``: of cpu, memory, network, custom."""
        return self._transport.send(endpoints.metrics_live(services, metrics, interval))

    def history(
        self, service: str, metric: str, *, from_: Optional[When] = None, to: Optional[When] = None, step: Optional[int] = None
    ) -> Json:
        """``{"points": [{"timestamp", "value", "min", "max", "samples"}], …}``; ``step`` in seconds."""
        return self._transport.send(endpoints.metrics_history(service, metric, from_, to, step))

    def history_csv(
        self, service: str, metric: str, *, from_: Optional[When] = None, to: Optional[When] = None, step: Optional[int] = None
    ) -> str:
        """The same as CSV."""
        return self._transport.send(endpoints.metrics_history_csv(service, metric, from_, to, step))

    def prometheus(self) -> str:
        """Everything in Prometheus' text form."""
        return self._transport.send(endpoints.metrics_prometheus())


class Config(Resource):
    """``client.config``: for admins; a viewer may read.  :class:`ValidationError` names every wrong member by its dotted path."""

    def get(self) -> Json:
        """What is in force: ``dashboard``, ``features``, ``integration``, ``notifications``, ``services``; secrets show as ``********``."""
        return self._transport.send(endpoints.config_get())

    def get_with_etag(self) -> Tuple[Json, str]:
        """And the ETag that ``update(…, if_match=)`` takes."""
        return self._transport.send(endpoints.config_etag())

    def update(self, changes: Mapping[str, Any], *, dry_run: bool = False, if_match: Optional[str] = None) -> Json:
        """Only what is given is changed; all of it or nothing.  ``if_match``: :class:`PreconditionFailed` if it has changed since that ETag."""
        return self._transport.send(endpoints.config_update(changes, dry_run, if_match))

    def settings(self) -> List[Json]:
        """What can be set: ``path``, ``type``, ``default``, range, ``unit`` and a sentence (``help``) each."""
        return self._transport.send(endpoints.config_settings())

    def history(self) -> Iterator[ConfigVersion]:
        """Who changed what, and when."""
        return all_pages(self._transport, endpoints.config_history, "version")

    def revert(self, version: int, *, dry_run: bool = False, if_match: Optional[str] = None) -> Json:
        """Back to an earlier version, as a new one; 0 is the fresh installation."""
        return self._transport.send(endpoints.config_revert(version, dry_run, if_match))


class Tokens(Resource):
    """``client.tokens``: for admins."""

    def page(self, *, status: Optional[str] = None, kind: Optional[str] = None, limit: int = PAGE, offset: int = 0) -> Page[Token]:
        """One page of them."""
        return self._transport.send(endpoints.token_list(status, kind, limit, offset))

    def list(self, *, status: Optional[str] = None, kind: Optional[str] = None) -> Iterator[Token]:
        """All that match, never the tokens themselves."""

        def call(limit: int, offset: int) -> Call[Page[Token]]:
            return endpoints.token_list(status, kind, limit, offset)

        return all_pages(self._transport, call, "jti")

    def create(self, name: str, *, role: Optional[str] = None, experiment: Optional[str] = None, days: Optional[int] = None) -> Token:
        """With ``role``, or with ``experiment`` for an engine.  ``api_key`` of the answer is the token itself, shown this once."""
        return self._transport.send(endpoints.token_create(name, role, experiment, days))

    def revoke(self, jti: str) -> None:
        """End it at once, on open connections too.  :class:`NotFoundError`."""
        return self._transport.send(endpoints.token_revoke(jti))


class Users(Resource):
    """``client.users``: for admins."""

    def page(self, *, limit: int = PAGE, offset: int = 0) -> Page[User]:
        """One page of them."""
        return self._transport.send(endpoints.user_list(limit, offset))

    def list(self) -> Iterator[User]:
        """All users."""
        return all_pages(self._transport, endpoints.user_list, "name")

    def create(self, name: str, password: str, role: str) -> User:
        """``role``: viewer, operator or admin.  :class:`ConflictError` if the name is taken."""
        return self._transport.send(endpoints.user_create(name, password, role))

    def edit(
        self, name: str, *, role: Optional[str] = None, password: Optional[str] = None, disabled: Optional[bool] = None
    ) -> User:
        """Ends the user's sessions."""
        return self._transport.send(endpoints.user_edit(name, role, password, disabled))

    def delete(self, name: str) -> None:
        """What the user did keeps the name."""
        return self._transport.send(endpoints.user_delete(name))
