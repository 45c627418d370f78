"""The client without ``async``: each method is the one of :mod:`flopy_net_client.aio`.

Live streams run on an event loop of their own, step by step as the caller asks for the next item; inside a running event loop use :class:`AsyncDashboardClient`.
"""

from __future__ import annotations

import asyncio
from typing import Any, Callable, AsyncIterator, Iterator, List, Mapping, Optional, Sequence, Set, TypeVar

from . import endpoints
from .aio import PAGE, AsyncDashboardClient
from .endpoints import Json, Page, When
from .errors import DashboardError
from .models import FINAL, Alert, Artifact, Client, Event, Experiment, Round, TimelineEntry, Update
from .transport import MAX_WAIT, TIMEOUT, SyncTransport

T = TypeVar("T")


async def _settle(tasks: Set[asyncio.Task[Any]]) -> None:
    """What is still under way when a stream is left, such as the closing of its connection."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Streams:
    """Makes an asynchronous client for the time of one stream."""

    def __init__(self, base_url: str, api_key: str, timeout: float, max_wait: float) -> None:
        def make() -> AsyncDashboardClient:
            return AsyncDashboardClient(base_url, api_key, timeout=timeout, max_wait=max_wait)

        self._make = make

    def iterate(self, open_stream: Callable[[AsyncDashboardClient], AsyncIterator[T]]) -> Iterator[T]:
        loop = asyncio.new_event_loop()
        client = self._make()
        stream = open_stream(client)
        try:
            while True:
                try:
                    item = loop.run_until_complete(stream.__anext__())
                except StopAsyncIteration:
                    return
                yield item
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                loop.run_until_complete(close())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(client.close())
            loop.run_until_complete(_settle(asyncio.all_tasks(loop)))
            loop.close()


class Experiments:
    def __init__(self, transport: SyncTransport, streams: _Streams) -> None:
        self._transport = transport
        self._streams = streams

    def page(
        self, *, status: Optional[str] = None, scenario: Optional[str] = None, q: Optional[str] = None,
        sort: Optional[str] = None, limit: int = 10, offset: int = 0,
    ) -> Page[Experiment]:
        """One page; ``total`` counts all that match.  ``sort``: such as ``"created_at:desc"``."""
        return self._transport.send(endpoints.experiment_list(status, scenario, q, sort, limit, offset))

    def list(
        self, *, status: Optional[str] = None, scenario: Optional[str] = None, q: Optional[str] = None, sort: Optional[str] = None
    ) -> Iterator[Experiment]:
        """All that match, page after page."""
        offset = 0
        while True:
            page = self.page(status=status, scenario=scenario, q=q, sort=sort, limit=PAGE, offset=offset)
            yield from page.items
            offset += len(page.items)
            if not page.items or offset >= page.total:
                return

    def create(self, spec: Mapping[str, Any], *, idempotency_key: Optional[str] = None) -> Experiment:
        """A new experiment, in status ``created``.  Sent with an Idempotency-Key, so a broken connection makes no second one."""
        return self._transport.send(endpoints.experiment_create(spec, idempotency_key))

    def get(self, id: str) -> Experiment:
        return self._transport.send(endpoints.experiment_get(id))

    def edit(self, id: str, **changes: Any) -> Experiment:
        """``name``, ``tags``, ``notes``."""
        return self._transport.send(endpoints.experiment_edit(id, changes))

    def delete(self, id: str) -> None:
        self._transport.send(endpoints.experiment_delete(id))

    def clone(self, id: str, **changes: Any) -> Experiment:
        """A new one like it; ``name``, ``configuration`` (merged), ``seed`` and others as changed."""
        return self._transport.send(endpoints.experiment_clone(id, changes))

    def control(self, id: str, action: str, *, reason: Optional[str] = None, scheduled_at: Optional[When] = None) -> str:
        """The effective status, or the transitional one (``"pausing"`` …) where the engine has not confirmed within five seconds."""
        return self._transport.send(endpoints.experiment_control(id, action, reason, scheduled_at))

    def start(self, id: str, *, reason: Optional[str] = None, scheduled_at: Optional[When] = None) -> str:
        return self.control(id, "start", reason=reason, scheduled_at=scheduled_at)

    def pause(self, id: str, *, reason: Optional[str] = None) -> str:
        return self.control(id, "pause", reason=reason)

    def resume(self, id: str, *, reason: Optional[str] = None) -> str:
        return self.control(id, "resume", reason=reason)

    def stop(self, id: str, *, reason: Optional[str] = None) -> str:
        """End after the current round and keep the model."""
        return self.control(id, "stop", reason=reason)

    def abort(self, id: str, *, reason: Optional[str] = None) -> str:
        """End now and drop the round in progress."""
        return self.control(id, "abort", reason=reason)

    def monitor(self, id: str) -> Iterator[Update]:
        """Every completed round once and in order, and every new status; ends when the run does.  Survives restarts of the server."""
        return self._streams.iterate(lambda client: client.experiments.monitor(id))

    def wait(self, id: str, *, status: Optional[str] = None) -> Experiment:
        """Until the run has ended, or is in ``status``; :class:`DashboardError` when it ends in another."""
        for update in self.monitor(id):
            if update.status == status:
                break
        experiment = self.get(id)
        if status is not None and experiment.status != status and experiment.status in FINAL:
            raise DashboardError(f"{id} is {experiment.status}, not {status}")
        return experiment

    def rounds(self, id: str, *, after: int = 0) -> List[Round]:
        """All completed rounds with a greater number than ``after``."""
        rounds: List[Round] = []
        while True:
            page = self._transport.send(endpoints.rounds(id, after, PAGE, len(rounds)))
            rounds += page.items
            if not page.items or len(rounds) >= page.total:
                return rounds

    def clients(self, id: str, *, limit: int = PAGE, offset: int = 0) -> Page[Client]:
        return self._transport.send(endpoints.clients(id, limit, offset))

    def timeline(self, id: str, *, limit: int = PAGE, offset: int = 0) -> Page[TimelineEntry]:
        return self._transport.send(endpoints.timeline(id, limit, offset))

    def logs(self, id: str, *, lines: int = 200) -> List[str]:
        return self._transport.send(endpoints.logs(id, lines))

    def artifacts(self, id: str) -> List[Artifact]:
        return self._transport.send(endpoints.artifacts(id, PAGE, 0)).items

    def rounds_csv(self, id: str) -> str:
        return self._transport.send(endpoints.rounds_csv(id))

    def clients_csv(self, id: str) -> str:
        """One row for each round and client."""
        return self._transport.send(endpoints.clients_csv(id))

    def to_frame(self, id: str) -> Any:
        """The rounds as a pandas data frame (needs the extra ``pandas``)."""
        import io

        import pandas  # type: ignore[import-untyped, import-not-found, unused-ignore]

        return pandas.read_csv(io.StringIO(self.rounds_csv(id)), parse_dates=["started_at", "completed_at"], index_col="round")

    def report(self, id: str, events: Sequence[Mapping[str, Any]]) -> Json:
        """For engines on other machines: see the runner protocol.  The answer's ``desired`` is what the engine shall be doing."""
        return self._transport.send(endpoints.report(id, events))


class Alerts:
    def __init__(self, transport: SyncTransport) -> None:
        self._transport = transport

    def list(
        self, *, severity: Optional[str] = None, status: Optional[str] = None, service: Optional[str] = None,
        experiment_id: Optional[str] = None, from_: Optional[When] = None, to: Optional[When] = None, limit: int = PAGE, offset: int = 0,
    ) -> Page[Alert]:
        return self._transport.send(endpoints.alert_list(severity, status, service, experiment_id, from_, to, limit, offset))

    def get(self, id: str) -> Alert:
        return self._transport.send(endpoints.alert_get(id))

    def acknowledge(self, id: str, *, comment: Optional[str] = None) -> Alert:
        return self._transport.send(endpoints.alert_change(id, "acknowledge", comment))

    def resolve(self, id: str, *, comment: Optional[str] = None) -> Alert:
        return self._transport.send(endpoints.alert_change(id, "resolve", comment))


class Rules:
    def __init__(self, transport: SyncTransport) -> None:
        self._transport = transport

    def list(self, *, limit: int = PAGE, offset: int = 0) -> Page[Json]:
        return self._transport.send(endpoints.rule_list(limit, offset))

    def create(self, rule: Mapping[str, Any], *, dry_run: bool = False) -> Json:
        """With ``dry_run`` nothing is made: the answer says how often the rule would have fired."""
        return self._transport.send(endpoints.rule_create(rule, dry_run))

    def replace(self, id: str, rule: Mapping[str, Any]) -> Json:
        return self._transport.send(endpoints.rule_replace(id, rule))

    def delete(self, id: str) -> None:
        self._transport.send(endpoints.rule_delete(id))


class Metrics:
    def __init__(self, transport: SyncTransport) -> None:
        self._transport = transport

    def live(
        self, *, services: Optional[Sequence[str]] = None, metrics: Optional[Sequence[str]] = None, interval: Optional[int] = None
    ) -> Json:
        return self._transport.send(endpoints.metrics_live(services, metrics, interval))

    def history(
        self, service: str, metric: str, *, from_: Optional[When] = None, to: Optional[When] = None, step: Optional[int] = None
    ) -> Json:
        return self._transport.send(endpoints.metrics_history(service, metric, from_, to, step))


class Config:
    def __init__(self, transport: SyncTransport) -> None:
        self._transport = transport

    def get(self) -> Json:
        return self._transport.send(endpoints.config_get())

    def update(self, changes: Mapping[str, Any], *, dry_run: bool = False) -> Json:
        """Only what is given is changed; all of it or nothing."""
        return self._transport.send(endpoints.config_update(changes, dry_run))


class DashboardClient:
    """``base_url``: with or without a trailing slash or a path prefix.  ``api_key``: a token made by ``flopynetctl token create``.
    ``timeout``: seconds for one answer.  ``max_wait``: seconds that a call may wait for a busy or limiting server before it raises."""

    def __init__(self, base_url: str, api_key: str, *, timeout: float = TIMEOUT, max_wait: float = MAX_WAIT) -> None:
        self._transport = SyncTransport(base_url, api_key, timeout, max_wait)
        self._streams = _Streams(base_url, api_key, timeout, max_wait)
        self.experiments = Experiments(self._transport, self._streams)
        self.alerts = Alerts(self._transport)
        self.rules = Rules(self._transport)
        self.metrics = Metrics(self._transport)
        self.config = Config(self._transport)

    def health(self) -> Json:
        return self._transport.send(endpoints.health())

    def dependencies(self) -> Json:
        return self._transport.send(endpoints.dependencies())

    def scenarios(self) -> List[Json]:
        return self._transport.send(endpoints.scenarios(PAGE, 0)).items

    def scenario(self, name: str) -> Json:
        return self._transport.send(endpoints.scenario(name))

    def engines(self) -> List[Json]:
        """What trains, with capabilities, version, and whether each can be started (``available``, ``reachable``, ``reason``)."""
        return self._transport.send(endpoints.engines(PAGE, 0)).items

    def events(
        self, *, topics: Sequence[str] = ("experiments", "metrics", "alerts"), experiment_ids: Optional[Sequence[str]] = None,
        since: Optional[int] = None,
    ) -> Iterator[Event]:
        """The live stream, for ever.  ``since``: what came after that id first.  An event of type ``resync`` says that older ones are gone."""
        return self._streams.iterate(lambda client: client.events(topics=topics, experiment_ids=experiment_ids, since=since))

    def close(self) -> None:
        self._transport.http.close()

    def __enter__(self) -> DashboardClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
