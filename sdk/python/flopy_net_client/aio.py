"""The client for asyncio.  :mod:`flopy_net_client.sync` has the same methods without ``await``."""

from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, List, Mapping, Optional, Sequence

from . import endpoints, frames
from .aio_resources import (
    AsyncAlerts,
    AsyncConfig,
    AsyncMetrics,
    AsyncNotifications,
    AsyncResource,
    AsyncRules,
    AsyncSilences,
    AsyncTokens,
    AsyncUsers,
    all_pages,
)
from .calls import Call, Json, Page, When
from .closing import Closing
from .errors import RunEnded, WaitTimeout
from .live import CONNECTED, EventStream
from .models import FINAL, Artifact, Client, Engine, Event, Experiment, HealthChange, Me, Round, Scenario, TimelineEntry, Update
from .monitor import RunMonitor
from .transport import MAX_WAIT, TIMEOUT, AsyncTransport

TOPICS = ("experiments", "metrics", "alerts")


class AsyncExperiments(AsyncResource):
    """``client.experiments``: create, steer, follow and read runs.  Where there is no such experiment: :class:`NotFoundError`."""

    async def page(
        self, *, status: Optional[str] = None, active: Optional[bool] = None, scenario: Optional[str] = None, q: Optional[str] = None,
        sort: Optional[str] = None, limit: int = 10, offset: int = 0,
    ) -> Page[Experiment]:
        """One page; ``total`` counts all that match.  ``active``: only what runs, is paused or on its way between (``False``: only the
        others).  ``q``: part of the name.  ``sort``: such as ``"created_at:desc"``."""
        return await self._transport.send(endpoints.experiment_list(status, active, scenario, q, sort, limit, offset))

    async def list(
        self, *, status: Optional[str] = None, active: Optional[bool] = None, scenario: Optional[str] = None, q: Optional[str] = None,
        sort: Optional[str] = None,
    ) -> AsyncIterator[Experiment]:
        """All that match, page after page."""

        def call(limit: int, offset: int) -> Call[Page[Experiment]]:
            return endpoints.experiment_list(status, active, scenario, q, sort, limit, offset)

        async for experiment in all_pages(self._transport, call, "id"):
            yield experiment

    async def create(self, spec: Mapping[str, Any], *, idempotency_key: Optional[str] = None) -> Experiment:
        """A new experiment, in status ``created``.  Sent with an Idempotency-Key, so a broken connection makes no second one."""
        return await self._transport.send(endpoints.experiment_create(spec, idempotency_key))

    async def get(self, id: str) -> Experiment:
        """One experiment with configuration, metrics, clients and the newest 100 entries of the timeline.  :class:`NotFoundError`."""
        return await self._transport.send(endpoints.experiment_get(id))

    async def edit(self, id: str, *, name: Optional[str] = None, tags: Optional[Sequence[str]] = None, notes: Optional[str] = None) -> Experiment:
        """Change what is given, in any status.  :class:`ValidationError`, :class:`NotFoundError`."""
        return await self._transport.send(endpoints.experiment_edit(id, edits(name, tags, notes)))

    async def delete(self, id: str) -> None:
        """One that is neither active nor queued, with all that belongs to it."""
        return await self._transport.send(endpoints.experiment_delete(id))

    async def clone(self, id: str, *, idempotency_key: Optional[str] = None, **changes: Any) -> Experiment:
        """A new one like it; ``name``, ``configuration`` (merged), ``seed`` and others as changed."""
        return await self._transport.send(endpoints.experiment_clone(id, changes, idempotency_key))

    async def control(self, id: str, action: str, *, reason: Optional[str] = None, scheduled_at: Optional[When] = None) -> str:
        """The effective status, or the transitional one (``"pausing"`` …) where the engine has not confirmed within five seconds.
        :class:`ConflictError` where the status does not allow it; its ``allowed`` says what would be."""
        return await self._transport.send(endpoints.experiment_control(id, action, reason, scheduled_at))

    async def start(self, id: str, *, reason: Optional[str] = None, scheduled_at: Optional[When] = None) -> str:
        """Or queue, where no place is free or ``scheduled_at`` is still to come."""
        return await self.control(id, "start", reason=reason, scheduled_at=scheduled_at)

    async def pause(self, id: str, *, reason: Optional[str] = None) -> str:
        """Hold as soon as the engine can."""
        return await self.control(id, "pause", reason=reason)

    async def resume(self, id: str, *, reason: Optional[str] = None) -> str:
        """Let a paused run go on."""
        return await self.control(id, "resume", reason=reason)

    async def stop(self, id: str, *, reason: Optional[str] = None) -> str:
        """End after the current round and keep the model."""
        return await self.control(id, "stop", reason=reason)

    async def abort(self, id: str, *, reason: Optional[str] = None) -> str:
        """End now and drop the round in progress."""
        return await self.control(id, "abort", reason=reason)

    async def monitor(self, id: str) -> AsyncIterator[Update]:
        """Every completed round once and in order, and every new status; ends when the run does.  Survives restarts of the server.
        One that has not been started is waited for."""
        async with Closing(RunMonitor(self._transport, id).run()) as updates:
            async for update in updates:
                yield update

    async def wait(self, id: str, *, status: Optional[str] = None, timeout: Optional[float] = None) -> Experiment:
        """Until the run has ended, or is in ``status``.  :class:`WaitTimeout` after ``timeout`` seconds, :class:`RunEnded` when it ends in another status."""

        async def until() -> None:
            async with Closing(self.monitor(id)) as updates:
                async for update in updates:
                    if update.status == status:
                        return

        try:
            await asyncio.wait_for(until(), timeout)
        except asyncio.TimeoutError:
            raise WaitTimeout(f"{id} did not get there within {timeout:g} s.") from None
        experiment = await self.get(id)
        if status is not None and experiment.status != status and experiment.status in FINAL:
            raise RunEnded(id, experiment.status, status)
        return experiment

    async def rounds(self, id: str, *, after: int = 0) -> List[Round]:
        """All completed rounds with a greater number than ``after``."""
        return [x async for x in all_pages(self._transport, lambda limit, offset: endpoints.rounds(id, after, limit, offset), "round")]

    async def clients(self, id: str) -> List[Client]:
        """Each as it last was."""
        return [x async for x in all_pages(self._transport, lambda limit, offset: endpoints.clients(id, limit, offset), "id")]

    async def timeline(self, id: str, *, rounds: bool = True) -> List[TimelineEntry]:
        """What happened, oldest first; ``rounds=False``: without the entry that every completed round leaves."""
        return [x async for x in all_pages(self._transport, lambda limit, offset: endpoints.timeline(id, rounds, limit, offset), "id")]

    async def logs(self, id: str, *, lines: int = 200) -> List[str]:
        """The last lines that the engine wrote for people."""
        return await self._transport.send(endpoints.logs(id, lines))

    async def artifacts(self, id: str) -> List[Artifact]:
        """Files that the run has produced."""
        return [x async for x in all_pages(self._transport, lambda limit, offset: endpoints.artifacts(id, limit, offset), "name")]

    async def artifact(self, id: str, name: str) -> bytes:
        """One file, as it is.  :class:`NotFoundError`."""
        return await self._transport.send(endpoints.artifact(id, name))

    async def rounds_csv(self, id: str) -> str:
        """All completed rounds: round, started_at, completed_at, accuracy, loss, duration_ms, clients, failed_clients, bytes."""
        return await self._transport.send(endpoints.rounds_csv(id))

    async def clients_csv(self, id: str) -> str:
        """One row for each round and client."""
        return await self._transport.send(endpoints.clients_csv(id))

    async def to_frame(self, id: str) -> Any:
        """The rounds as a pandas data frame (needs the extra ``pandas``)."""
        return frames.rounds(await self.rounds_csv(id))

    async def clients_to_frame(self, id: str) -> Any:
        """What each client did in each round as a pandas data frame."""
        return frames.clients(await self.clients_csv(id))

    async def report(self, id: str, events: Sequence[Mapping[str, Any]]) -> Json:
        """For engines on other machines: see the runner protocol.  The answer's ``desired`` is what the engine shall be doing."""
        return await self._transport.send(endpoints.report(id, events))


def edits(name: Optional[str], tags: Optional[Sequence[str]], notes: Optional[str]) -> Json:
    given = {"name": name, "tags": None if tags is None else list(tags), "notes": notes}
    return {k: v for k, v in given.items() if v is not None}


class AsyncDashboardClient:
    """``base_url``: with or without a trailing slash, a path prefix and ``/api/v1``.  ``api_key``: a token made by ``flopynetctl token create``;
    None: only what is open to all.  ``timeout``: seconds for one answer.  ``max_wait``: seconds that a call may wait for a busy or limiting server
    before it raises.  ``ca_file``: certificates in PEM that an https server is verified by, in place of the system's."""

    def __init__(
        self, base_url: str, api_key: Optional[str] = None, *, timeout: float = TIMEOUT, max_wait: float = MAX_WAIT,
        ca_file: Optional[str] = None,
    ) -> None:
        self._transport = AsyncTransport(base_url, api_key, timeout, max_wait, ca_file)
        self.experiments = AsyncExperiments(self._transport)
        self.alerts = AsyncAlerts(self._transport)
        self.rules = AsyncRules(self._transport)
        self.silences = AsyncSilences(self._transport)
        self.notifications = AsyncNotifications(self._transport)
        self.metrics = AsyncMetrics(self._transport)
        self.config = AsyncConfig(self._transport)
        self.tokens = AsyncTokens(self._transport)
        self.users = AsyncUsers(self._transport)

    async def health(self) -> Json:
        """``{"status", "version", "uptime", "services", "store", "monitor", "stream"}``; also when it is unhealthy."""
        return await self._transport.send(endpoints.health())

    async def dependencies(self) -> Json:
        """``{"influxdb": {"status", "response_time", "version"}, …}``."""
        return await self._transport.send(endpoints.dependencies())

    async def health_history(self, service: str, *, from_: Optional[When] = None, to: Optional[When] = None) -> AsyncIterator[HealthChange]:
        """Changes of a service's state."""

        def call(limit: int, offset: int) -> Call[Page[HealthChange]]:
            return endpoints.health_history(service, from_, to, limit, offset)

        async for change in all_pages(self._transport, call, "timestamp", "previous_status", "status"):
            yield change

    async def scenarios(self) -> List[Scenario]:
        """What can be run."""
        return [x async for x in all_pages(self._transport, endpoints.scenarios, "name")]

    async def scenario(self, name: str) -> Scenario:
        """One scenario: ``members`` says what its configuration may have. :class:`NotFoundError`."""
        return await self._transport.send(endpoints.scenario(name))

    async def engines(self) -> List[Engine]:
        """What trains, and whether each can be started."""
        return [x async for x in all_pages(self._transport, endpoints.engines, "name")]

    async def me(self) -> Me:
        """Whose token this is, and until when."""
        return await self._transport.send(endpoints.me())

    async def login(self, username: str, password: str) -> str:
        """A token for a few hours; give it to a new client as ``api_key``."""
        return await self._transport.send(endpoints.login(username, password))

    async def logout(self) -> None:
        """End this client's token, where a login made it."""
        return await self._transport.send(endpoints.logout())

    async def events(
        self, *, topics: Sequence[str] = TOPICS, experiment_ids: Optional[Sequence[str]] = None, since: Optional[int] = None
    ) -> AsyncIterator[Event]:
        """The live stream, for ever.  ``since``: what came after that id first.  An event of type ``resync`` says that older ones are gone."""
        async with Closing(EventStream(self._transport, topics, experiment_ids, since).run()) as events:
            async for event in events:
                if event.type != CONNECTED:
                    yield event

    async def close(self) -> None:
        """End the connections."""
        await self._transport.http.aclose()

    async def __aenter__(self) -> AsyncDashboardClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
