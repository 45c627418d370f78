"""What the asyncio client offers beside experiments: alerts, rules, silences, notifications, metrics, configuration, tokens, users.

:mod:`flopy_net_client.sync_resources` is the same without ``await``.  Everywhere ``list`` gives all that match, page after page, and ``page`` gives one page.
"""

from __future__ import annotations

from typing import Any, AsyncIterator, Callable, List, Mapping, Optional, Sequence, Tuple, TypeVar

from . import endpoints
from .calls import PAGE, Call, Json, Page, Pages, When
from .models import Alert, ConfigVersion, Notification, Rule, RuleTrial, Silence, Token, User
from .transport import AsyncTransport

T = TypeVar("T")


async def all_pages(transport: AsyncTransport, call: Callable[[int, int], Call[Page[T]]], *key: str) -> AsyncIterator[T]:
    pages = Pages(call, *key)
    while not pages.done:
        for item in pages.take(await transport.send(pages.next())):
            yield item


class AsyncResource:
    """Base of all: it has the transport."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport


class AsyncAlerts(AsyncResource):
    """``client.alerts``.  Where there is no such alert: :class:`NotFoundError`."""

    async def page(
        self, *, severity: Optional[str] = None, status: Optional[str] = None, open: Optional[bool] = None, service: Optional[str] = None,
        experiment_id: Optional[str] = None, rule_id: Optional[str] = None, from_: Optional[When] = None, to: Optional[When] = None,
        sort: Optional[str] = None, limit: int = PAGE, offset: int = 0,
    ) -> Page[Alert]:
        """``open``: active or acknowledged.  ``from_`` and ``to`` are about ``created_at`` and inclusive."""
        return await self._transport.send(
            endpoints.alert_list(severity, status, open, service, experiment_id, rule_id, from_, to, sort, limit, offset)
        )

    async def list(
        self, *, severity: Optional[str] = None, status: Optional[str] = None, open: Optional[bool] = None, service: Optional[str] = None,
        experiment_id: Optional[str] = None, rule_id: Optional[str] = None, from_: Optional[When] = None, to: Optional[When] = None,
        sort: Optional[str] = None,
    ) -> AsyncIterator[Alert]:
        """All that match."""

        def call(limit: int, offset: int) -> Call[Page[Alert]]:
            return endpoints.alert_list(severity, status, open, service, experiment_id, rule_id, from_, to, sort, limit, offset)

        async for alert in all_pages(self._transport, call, "id"):
            yield alert

    async def get(self, id: str) -> Alert:
        """With its ``history``."""
        return await self._transport.send(endpoints.alert_get(id))

    async def acknowledge(self, id: str, *, comment: Optional[str] = None) -> Alert:
        """Say that somebody looks after it; the first comment stands.  :class:`ConflictError` once it is resolved."""
        return await self._transport.send(endpoints.alert_change(id, "acknowledge", comment))

    async def resolve(self, id: str, *, comment: Optional[str] = None) -> Alert:
        """Close it by hand; if its condition still holds, a new one opens."""
        return await self._transport.send(endpoints.alert_change(id, "resolve", comment))


class AsyncRules(AsyncResource):
    """``client.rules``: what alerts are made of.  Where there is no such rule: :class:`NotFoundError`."""

    async def page(self, *, limit: int = PAGE, offset: int = 0) -> Page[Rule]:
        """One page of them."""
        return await self._transport.send(endpoints.rule_list(limit, offset))

    async def list(self) -> AsyncIterator[Rule]:
        """All alert rules."""
        async for rule in all_pages(self._transport, endpoints.rule_list, "id"):
            yield rule

    async def create(self, rule: Mapping[str, Any]) -> Rule:
        """``name``, ``metric``, ``comparison``, ``threshold``, and what else ``POST /alert-rules`` takes."""
        return await self._transport.send(endpoints.rule_create(rule))

    async def try_out(self, rule: Mapping[str, Any]) -> RuleTrial:
        """Nothing is made: how often the rule would have fired over the history that is kept."""
        return await self._transport.send(endpoints.rule_try(rule))

    async def replace(self, id: str, rule: Mapping[str, Any]) -> Rule:
        """What is not given takes its default."""
        return await self._transport.send(endpoints.rule_replace(id, rule))

    async def delete(self, id: str) -> None:
        """:class:`ConflictError` for one that came with the system: replace it with ``enabled`` false."""
        return await self._transport.send(endpoints.rule_delete(id))


class AsyncSilences(AsyncResource):
    """``client.silences``: about what nobody is to be told."""

    async def page(self, *, active: Optional[bool] = None, limit: int = PAGE, offset: int = 0) -> Page[Silence]:
        """One page of them."""
        return await self._transport.send(endpoints.silence_list(active, limit, offset))

    async def list(self, *, active: Optional[bool] = None) -> AsyncIterator[Silence]:
        """All, or only those in force."""

        def call(limit: int, offset: int) -> Call[Page[Silence]]:
            return endpoints.silence_list(active, limit, offset)

        async for silence in all_pages(self._transport, call, "id"):
            yield silence

    async def create(
        self, until: When, reason: str, *, service: Optional[str] = None, rule_id: Optional[str] = None, experiment_id: Optional[str] = None
    ) -> Silence:
        """No notifications about these until then; at least one of them is needed."""
        return await self._transport.send(endpoints.silence_create(until, reason, service, rule_id, experiment_id))

    async def delete(self, id: str) -> None:
        """End it now."""
        return await self._transport.send(endpoints.silence_delete(id))


class AsyncNotifications(AsyncResource):
    """``client.notifications``: for admins."""

    async def page(self, *, status: Optional[str] = None, limit: int = PAGE, offset: int = 0) -> Page[Notification]:
        """One page of the delivery log."""
        return await self._transport.send(endpoints.notification_list(status, limit, offset))

    async def list(self, *, status: Optional[str] = None) -> AsyncIterator[Notification]:
        """The delivery log."""

        def call(limit: int, offset: int) -> Call[Page[Notification]]:
            return endpoints.notification_list(status, limit, offset)

        async for notification in all_pages(self._transport, call, "id"):
            yield notification

    async def test(self, *, channel: Optional[str] = None) -> List[Notification]:
        """Send a test to ``"webhook"``, ``"smtp"`` or all that are configured; :class:`ConflictError` if none is."""
        return await self._transport.send(endpoints.notification_test(channel))


class AsyncMetrics(AsyncResource):
    """``client.metrics``: what services offer, live and over time."""

    async def live(
        self, *, services: Optional[Sequence[str]] = None, metrics: Optional[Sequence[str]] = None, interval: Optional[int] = None
    ) -> Json:
        """The newest values: ``{"timestamp", "services": {name: {"status", "observed_at", "stale", …}}}``.  ``metrics``: of cpu, memory, network, custom."""
        return await self._transport.send(endpoints.metrics_live(services, metrics, interval))

    async def history(
        self, service: str, metric: str, *, from_: Optional[When] = None, to: Optional[When] = None, step: Optional[int] = None
    ) -> Json:
        """``{"points": [{"timestamp", "value", "min", "max", "samples"}], …}``; ``step`` in seconds."""
        return await self._transport.send(endpoints.metrics_history(service, metric, from_, to, step))

    async def history_csv(
        self, service: str, metric: str, *, from_: Optional[When] = None, to: Optional[When] = None, step: Optional[int] = None
    ) -> str:
        """The same as CSV."""
        return await self._transport.send(endpoints.metrics_history_csv(service, metric, from_, to, step))

    async def prometheus(self) -> str:
        """Everything in Prometheus' text form."""
        return await self._transport.send(endpoints.metrics_prometheus())


class AsyncConfig(AsyncResource):
    """``client.config``: for admins; a viewer may read.  :class:`ValidationError` names every wrong member by its dotted path."""

    async def get(self) -> Json:
        """What is in force: ``dashboard``, ``features``, ``integration``, ``notifications``, ``services``; secrets show as ``********``."""
        return await self._transport.send(endpoints.config_get())

    async def get_with_etag(self) -> Tuple[Json, str]:
        """And the ETag that ``update(…, if_match=)`` takes."""
        return await self._transport.send(endpoints.config_etag())

    async def update(self, changes: Mapping[str, Any], *, dry_run: bool = False, if_match: Optional[str] = None) -> Json:
        """Only what is given is changed; all of it or nothing.  ``if_match``: :class:`PreconditionFailed` if it has changed since that ETag."""
        return await self._transport.send(endpoints.config_update(changes, dry_run, if_match))

    async def settings(self) -> List[Json]:
        """What can be set: ``path``, ``type``, ``default``, range, ``unit`` and a sentence (``help``) each."""
        return await self._transport.send(endpoints.config_settings())

    async def history(self) -> AsyncIterator[ConfigVersion]:
        """Who changed what, and when."""
        async for version in all_pages(self._transport, endpoints.config_history, "version"):
            yield version

    async def revert(self, version: int, *, dry_run: bool = False, if_match: Optional[str] = None) -> Json:
        """Back to an earlier version, as a new one; 0 is the fresh installation."""
        return await self._transport.send(endpoints.config_revert(version, dry_run, if_match))


class AsyncTokens(AsyncResource):
    """``client.tokens``: for admins."""

    async def page(self, *, status: Optional[str] = None, kind: Optional[str] = None, limit: int = PAGE, offset: int = 0) -> Page[Token]:
        """One page of them."""
        return await self._transport.send(endpoints.token_list(status, kind, limit, offset))

    async def list(self, *, status: Optional[str] = None, kind: Optional[str] = None) -> AsyncIterator[Token]:
        """All that match, never the tokens themselves."""

        def call(limit: int, offset: int) -> Call[Page[Token]]:
            return endpoints.token_list(status, kind, limit, offset)

        async for token in all_pages(self._transport, call, "jti"):
            yield token

    async def create(self, name: str, *, role: Optional[str] = None, experiment: Optional[str] = None, days: Optional[int] = None) -> Token:
        """With ``role``, or with ``experiment`` for an engine.  ``api_key`` of the answer is the token itself, shown this once."""
        return await self._transport.send(endpoints.token_create(name, role, experiment, days))

    async def revoke(self, jti: str) -> None:
        """End it at once, on open connections too.  :class:`NotFoundError`."""
        return await self._transport.send(endpoints.token_revoke(jti))


class AsyncUsers(AsyncResource):
    """``client.users``: for admins."""

    async def page(self, *, limit: int = PAGE, offset: int = 0) -> Page[User]:
        """One page of them."""
        return await self._transport.send(endpoints.user_list(limit, offset))

    async def list(self) -> AsyncIterator[User]:
        """All users."""
        async for user in all_pages(self._transport, endpoints.user_list, "name"):
            yield user

    async def create(self, name: str, password: str, role: str) -> User:
        """``role``: viewer, operator or admin.  :class:`ConflictError` if the name is taken."""
        return await self._transport.send(endpoints.user_create(name, password, role))

    async def edit(
        self, name: str, *, role: Optional[str] = None, password: Optional[str] = None, disabled: Optional[bool] = None
    ) -> User:
        """Ends the user's sessions."""
        return await self._transport.send(endpoints.user_edit(name, role, password, disabled))

    async def delete(self, name: str) -> None:
        """What the user did keeps the name."""
        return await self._transport.send(endpoints.user_delete(name))
