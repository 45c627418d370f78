"""The client for asyncio.  :mod:`flopy_net_client.sync` has the same methods without ``await``."""

from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, List, Mapping, Optional, Sequence

from . import endpoints
from .endpoints import Json, Page, When
from .errors import DashboardError
from .live import CONNECTED, EventStream, RunMonitor
from .models import FINAL, Alert, Artifact, Client, Event, Experiment, Round, TimelineEntry, Update
from .transport import MAX_WAIT, TIMEOUT, AsyncTransport

PAGE = 100


class AsyncExperiments:
    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def page(
        self, *, status: Optional[str] = None, scenario: Optional[str] = None, q: Optional[str] = None,
        sort: Optional[str] = None, limit: int = 10, offset: int = 0,
    ) -> Page[Experiment]:
        """One page; ``total`` counts all that match.  ``sort``: such as ``"created_at:desc"``."""
        return await self._transport.send(endpoints.experiment_list(status, scenario, q, sort, limit, offset))

    async def list(
        self, *, status: Optional[str] = None, scenario: Optional[str] = None, q: Optional[str] = None, sort: Optional[str] = None
    ) -> AsyncIterator[Experiment]:
        """All that match, page after page."""
        offset = 0
        while True:
            page = await self.page(status=status, scenario=scenario, q=q, sort=sort, limit=PAGE, offset=offset)
            for experiment in page.items:
                yield experiment
            offset += len(page.items)
            if not page.items or offset >= page.total:
                return

    async def create(self, spec: Mapping[str, Any], *, idempotency_key: Optional[str] = None) -> Experiment:
        """A new experiment, in status ``created``.  Sent with an Idempotency-Key, so a broken connection makes no second one."""
        return await self._transport.send(endpoints.experiment_create(spec, idempotency_key))

    async def get(self, id: str) -> Experiment:
        return await self._transport.send(endpoints.experiment_get(id))

    async def edit(self, id: str, **changes: Any) -> Experiment:
        """``name``, ``tags``, ``notes``."""
        return await self._transport.send(endpoints.experiment_edit(id, changes))

    async def delete(self, id: str) -> None:
        await self._transport.send(endpoints.experiment_delete(id))

    async def clone(self, id: str, **changes: Any) -> Experiment:
        """A new one like it; ``name``, ``configuration`` (merged), ``seed`` and others as changed."""
        return await self._transport.send(endpoints.experiment_clone(id, changes))

    async def control(self, id: str, action: str, *, reason: Optional[str] = None, scheduled_at: Optional[When] = None) -> str:
        """The effective status, or the transitional one (``"pausing"`` …) where the engine has not confirmed within five seconds."""
        return await self._transport.send(endpoints.experiment_control(id, action, reason, scheduled_at))

    async def start(self, id: str, *, reason: Optional[str] = None, scheduled_at: Optional[When] = None) -> str:
        return await self.control(id, "start", reason=reason, scheduled_at=scheduled_at)

    async def pause(self, id: str, *, reason: Optional[str] = None) -> str:
        return await self.control(id, "pause", reason=reason)

    async def resume(self, id: str, *, reason: Optional[str] = None) -> str:
        return await self.control(id, "resume", reason=reason)

    async def stop(self, id: str, *, reason: Optional[str] = None) -> str:
        """End after the current round and keep the model."""
        return await self.control(id, "stop", reason=reason)

    async def abort(self, id: str, *, reason: Optional[str] = None) -> str:
        """End now and drop the round in progress."""
        return await self.control(id, "abort", reason=reason)

    async def monitor(self, id: str) -> AsyncIterator[Update]:
        """Every completed round once and in order, and every new status; ends when the run does.  Survives restarts of the server."""
        async for update in RunMonitor(self._transport, id):
            yield update

    async def wait(self, id: str, *, status: Optional[str] = None, timeout: Optional[float] = None) -> Experiment:
        """Until the run has ended, or is in ``status``.  ``asyncio.TimeoutError`` after ``timeout`` seconds; :class:`DashboardError` when it ends in another status."""

        async def until() -> Experiment:
            async for update in self.monitor(id):
                if update.status == status:
                    break
            experiment = await self.get(id)
            if status is not None and experiment.status != status and experiment.status in FINAL:
                raise DashboardError(f"{id} is {experiment.status}, not {status}")
            return experiment

        return await asyncio.wait_for(until(), timeout)

    async def rounds(self, id: str, *, after: int = 0) -> List[Round]:
        """All completed rounds with a greater number than ``after``."""
        rounds: List[Round] = []
        while True:
            page = await self._transport.send(endpoints.rounds(id, after, PAGE, len(rounds)))
            rounds += page.items
            if not page.items or len(rounds) >= page.total:
                return rounds

    async def clients(self, id: str, *, limit: int = PAGE, offset: int = 0) -> Page[Client]:
        return await self._transport.send(endpoints.clients(id, limit, offset))

    async def timeline(self, id: str, *, limit: int = PAGE, offset: int = 0) -> Page[TimelineEntry]:
        return await self._transport.send(endpoints.timeline(id, limit, offset))

    async def logs(self, id: str, *, lines: int = 200) -> List[str]:
        return await self._transport.send(endpoints.logs(id, lines))

    async def artifacts(self, id: str) -> List[Artifact]:
        return (await self._transport.send(endpoints.artifacts(id, PAGE, 0))).items

    async def rounds_csv(self, id: str) -> str:
        return await self._transport.send(endpoints.rounds_csv(id))

    async def clients_csv(self, id: str) -> str:
        """One row for each round and client."""
        return await self._transport.send(endpoints.clients_csv(id))

    async def report(self, id: str, events: Sequence[Mapping[str, Any]]) -> Json:
        """For engines on other machines: see the runner protocol.  The answer's ``desired`` is what the engine shall be doing."""
        return await self._transport.send(endpoints.report(id, events))


class AsyncAlerts:
    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self, *, severity: Optional[str] = None, status: Optional[str] = None, service: Optional[str] = None,
        experiment_id: Optional[str] = None, from_: Optional[When] = None, to: Optional[When] = None, limit: int = PAGE, offset: int = 0,
    ) -> Page[Alert]:
        return await self._transport.send(
            endpoints.alert_list(severity, status, service, experiment_id, from_, to, limit, offset)
        )

    async def get(self, id: str) -> Alert:
        return await self._transport.send(endpoints.alert_get(id))

    async def acknowledge(self, id: str, *, comment: Optional[str] = None) -> Alert:
        return await self._transport.send(endpoints.alert_change(id, "acknowledge", comment))

    async def resolve(self, id: str, *, comment: Optional[str] = None) -> Alert:
        return await self._transport.send(endpoints.alert_change(id, "resolve", comment))


class AsyncRules:
    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self, *, limit: int = PAGE, offset: int = 0) -> Page[Json]:
        return await self._transport.send(endpoints.rule_list(limit, offset))

    async def create(self, rule: Mapping[str, Any], *, dry_run: bool = False) -> Json:
        """With ``dry_run`` nothing is made: the answer says how often the rule would have fired."""
        return await self._transport.send(endpoints.rule_create(rule, dry_run))

    async def replace(self, id: str, rule: Mapping[str, Any]) -> Json:
        return await self._transport.send(endpoints.rule_replace(id, rule))

    async def delete(self, id: str) -> None:
        await self._transport.send(endpoints.rule_delete(id))


class AsyncMetrics:
    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def live(
        self, *, services: Optional[Sequence[str]] = None, metrics: Optional[Sequence[str]] = None, interval: Optional[int] = None
    ) -> Json:
        return await self._transport.send(endpoints.metrics_live(services, metrics, interval))

    async def history(
        self, service: str, metric: str, *, from_: Optional[When] = None, to: Optional[When] = None, step: Optional[int] = None
    ) -> Json:
        return await self._transport.send(endpoints.metrics_history(service, metric, from_, to, step))


class AsyncConfig:
    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get(self) -> Json:
        return await self._transport.send(endpoints.config_get())

    async def update(self, changes: Mapping[str, Any], *, dry_run: bool = False) -> Json:
        """Only what is given is changed; all of it or nothing."""
        return await self._transport.send(endpoints.config_update(changes, dry_run))


class AsyncDashboardClient:
    """``base_url``: with or without a trailing slash or a path prefix.  ``api_key``: a token made by ``flopynetctl token create``.
    ``timeout``: seconds for one answer.  ``max_wait``: seconds that a call may wait for a busy or limiting server before it raises."""

    def __init__(self, base_url: str, api_key: str, *, timeout: float = TIMEOUT, max_wait: float = MAX_WAIT) -> None:
        self._transport = AsyncTransport(base_url, api_key, timeout, max_wait)
        self.experiments = AsyncExperiments(self._transport)
        self.alerts = AsyncAlerts(self._transport)
        self.rules = AsyncRules(self._transport)
        self.metrics = AsyncMetrics(self._transport)
        self.config = AsyncConfig(self._transport)

    async def health(self) -> Json:
        return await self._transport.send(endpoints.health())

    async def dependencies(self) -> Json:
        return await self._transport.send(endpoints.dependencies())

    async def scenarios(self) -> List[Json]:
        return (await self._transport.send(endpoints.scenarios(PAGE, 0))).items

    async def scenario(self, name: str) -> Json:
        return await self._transport.send(endpoints.scenario(name))

    async def engines(self) -> List[Json]:
        """What trains, with capabilities, version, and whether each can be started (``available``, ``reachable``, ``reason``)."""
        return (await self._transport.send(endpoints.engines(PAGE, 0))).items

    async def events(
        self, *, topics: Sequence[str] = ("experiments", "metrics", "alerts"), experiment_ids: Optional[Sequence[str]] = None,
        since: Optional[int] = None,
    ) -> AsyncIterator[Event]:
        """The live stream, for ever.  ``since``: what came after that id first.  An event of type ``resync`` says that older ones are gone."""
        async for event in EventStream(self._transport, topics, experiment_ids, since):
            if event.type != CONNECTED:
                yield event

    async def close(self) -> None:
        await self._transport.http.aclose()

    async def __aenter__(self) -> AsyncDashboardClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
