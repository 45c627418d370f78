"""The client without ``async``: each method is the one of :mod:`flopy_net_client.aio`."""

from __future__ import annotations

from typing import Any, Iterator, List, Mapping, Optional, Sequence

from . import endpoints, frames
from .aio import TOPICS, AsyncDashboardClient, edits
from .calls import Call, Json, Page, When
from .models import Artifact, Client, Engine, Event, Experiment, HealthChange, Me, Round, Scenario, TimelineEntry, Update
from .streams import Streams
from .sync_resources import (
    Alerts,
    Config,
    Metrics,
    Notifications,
    Resource,
    Rules,
    Silences,
    Tokens,
    Users,
    all_pages,
)
from .transport import MAX_WAIT, TIMEOUT, SyncTransport


class Experiments(Resource):
    """``client.experiments``: create, steer, follow and read runs.  Where there is no such experiment: :class:`NotFoundError`."""

    def __init__(self, transport: SyncTransport, streams: Streams) -> None:
        super().__init__(transport)
        self._streams = streams

    def page(
        self, *, status: Optional[str] = None, active: Optional[bool] = None, scenario: Optional[str] = None, q: Optional[str] = None,
        sort: Optional[str] = None, limit: int = 10, offset: int = 0,
    ) -> Page[Experiment]:
        """One page; ``total`` counts all that match.  ``active``: only what runs, is paused or on its way between (``False``: only the
        others).  ``q``: part of the name.  ``sort``: such as ``"created_at:desc"``."""
        return self._transport.send(endpoints.experiment_list(status, active, scenario, q, sort, limit, offset))

    def list(
        self, *, status: Optional[str] = None, active: Optional[bool] = None, scenario: Optional[str] = None, q: Optional[str] = None,
        sort: Optional[str] = None,
    ) -> Iterator[Experiment]:
        """All that match, page after page."""

        def call(limit: int, offset: int) -> Call[Page[Experiment]]:
            return endpoints.experiment_list(status, active, scenario, q, sort, limit, offset)

        return all_pages(self._transport, call, "id")

    def create(self, spec: Mapping[str, Any], *, idempotency_key: Optional[str] = None) -> Experiment:
        """A new experiment, in status ``created``.  Sent with an Idempotency-Key, so a broken connection makes no second one."""
        return self._transport.send(endpoints.experiment_create(spec, idempotency_key))

    def get(self, id: str) -> Experiment:
        """One experiment with configuration, metrics, clients and the newest 100 entries of the timeline.  :class:`NotFoundError`."""
        return self._transport.send(endpoints.experiment_get(id))

    def edit(self, id: str, *, name: Optional[str] = None, tags: Optional[Sequence[str]] = None, notes: Optional[str] = None) -> Experiment:
        """Change what is given, in any status.  :class:`ValidationError`, :class:`NotFoundError`."""
        return self._transport.send(endpoints.experiment_edit(id, edits(name, tags, notes)))

    def delete(self, id: str) -> None:
        """One that is neither active nor queued, with all that belongs to it."""
        return self._transport.send(endpoints.experiment_delete(id))

    def clone(self, id: str, *, idempotency_key: Optional[str] = None, **changes: Any) -> Experiment:
        """A new one like it; ``name``, ``configuration`` (merged), ``seed`` and others as changed."""
        return self._transport.send(endpoints.experiment_clone(id, changes, idempotency_key))

    def control(self, id: str, action: str, *, reason: Optional[str] = None, scheduled_at: Optional[When] = None) -> str:
        """The effective status, or the transitional one (``"pausing"`` …) where the engine has not confirmed within five seconds.
        :class:`ConflictError` where the status does not allow it; its ``allowed`` says what would be."""
        return self._transport.send(endpoints.experiment_control(id, action, reason, scheduled_at))

    def start(self, id: str, *, reason: Optional[str] = None, scheduled_at: Optional[When] = None) -> str:
        """Or queue, where no place is free or ``scheduled_at`` is still to come."""
        return self.control(id, "start", reason=reason, scheduled_at=scheduled_at)

    def pause(self, id: str, *, reason: Optional[str] = None) -> str:
        """Hold as soon as the engine can."""
        return self.control(id, "pause", reason=reason)

    def resume(self, id: str, *, reason: Optional[str] = None) -> str:
        """Let a paused run go on."""
        return self.control(id, "resume", reason=reason)

    def stop(self, id: str, *, reason: Optional[str] = None) -> str:
        """End after the current round and keep the model."""
        return self.control(id, "stop", reason=reason)

    def abort(self, id: str, *, reason: Optional[str] = None) -> str:
        """End now and drop the round in progress."""
        return self.control(id, "abort", reason=reason)

    def monitor(self, id: str) -> Iterator[Update]:
        """Every completed round once and in order, and every new status; ends when the run does.  Survives restarts of the server.
        One that has not been started is waited for."""
        return self._streams.iterate(lambda client: client.experiments.monitor(id))

    def wait(self, id: str, *, status: Optional[str] = None, timeout: Optional[float] = None) -> Experiment:
        """Until the run has ended, or is in ``status``.  :class:`WaitTimeout` after ``timeout`` seconds, :class:`RunEnded` when it ends in another status."""
        return self._streams.run(lambda client: client.experiments.wait(id, status=status, timeout=timeout))

    def rounds(self, id: str, *, after: int = 0) -> List[Round]:
        """All completed rounds with a greater number than ``after``."""
        return list(all_pages(self._transport, lambda limit, offset: endpoints.rounds(id, after, limit, offset), "round"))

    def clients(self, id: str) -> List[Client]:
        """Each as it last was."""
        return list(all_pages(self._transport, lambda limit, offset: endpoints.clients(id, limit, offset), "id"))

    def timeline(self, id: str, *, rounds: bool = True) -> List[TimelineEntry]:
        """What happened, oldest first; ``rounds=False``: without the entry that every completed round leaves."""
        return list(all_pages(self._transport, lambda limit, offset: endpoints.timeline(id, rounds, limit, offset), "id"))

    def logs(self, id: str, *, lines: int = 200) -> List[str]:
        """The last lines that the engine wrote for people."""
        return self._transport.send(endpoints.logs(id, lines))

    def artifacts(self, id: str) -> List[Artifact]:
        """Files that the run has produced."""
        return list(all_pages(self._transport, lambda limit, offset: endpoints.artifacts(id, limit, offset), "name"))

    def artifact(self, id: str, name: str) -> bytes:
        """One file, as it is.  :class:`NotFoundError`."""
        return self._transport.send(endpoints.artifact(id, name))

    def rounds_csv(self, id: str) -> str:
        """All completed rounds: round, started_at, completed_at, accuracy, loss, duration_ms, clients, failed_clients, bytes."""
        return self._transport.send(endpoints.rounds_csv(id))

    def clients_csv(self, id: str) -> str:
        """One row for each round and client."""
        return self._transport.send(endpoints.clients_csv(id))

    def to_frame(self, id: str) -> Any:
        """The rounds as a pandas data frame (needs the extra ``pandas``)."""
        return frames.rounds(self.rounds_csv(id))

    def clients_to_frame(self, id: str) -> Any:
        """What each client did in each round as a pandas data frame."""
        return frames.clients(self.clients_csv(id))

    def report(self, id: str, events: Sequence[Mapping[str, Any]]) -> Json:
        """For engines on other machines: see the runner protocol.  The answer's ``desired`` is what the engine shall be doing."""
        return self._transport.send(endpoints.report(id, events))


class DashboardClient:
    """``base_url``: with or without a trailing slash, a path prefix and ``/api/v1``.  ``api_key``: a token made by ``flopynetctl token create``;
    None: only what is open to all.  ``timeout``: seconds for one answer.  ``max_wait``: seconds that a call may wait for a busy or limiting server
    before it raises.  ``ca_file``: certificates in PEM that an https server is verified by, in place of the system's."""

    def __init__(
        self, base_url: str, api_key: Optional[str] = None, *, timeout: float = TIMEOUT, max_wait: float = MAX_WAIT,
        ca_file: Optional[str] = None,
    ) -> None:
        self._transport = SyncTransport(base_url, api_key, timeout, max_wait, ca_file)
        self._streams = Streams(lambda: AsyncDashboardClient(base_url, api_key, timeout=timeout, max_wait=max_wait, ca_file=ca_file))
        self.experiments = Experiments(self._transport, self._streams)
        self.alerts = Alerts(self._transport)
        self.rules = Rules(self._transport)
        self.silences = Silences(self._transport)
        self.notifications = Notifications(self._transport)
        self.metrics = Metrics(self._transport)
        self.config = Config(self._transport)
        self.tokens = Tokens(self._transport)
        self.users = Users(self._transport)

    def health(self) -> Json:
        """``{"status", "version", "uptime", "services", "store", "monitor", "stream"}``; also when it is unhealthy."""
        return self._transport.send(endpoints.health())

    def dependencies(self) -> Json:
        """``{"influxdb": {"status", "response_time", "version"}, …}``."""
        return self._transport.send(endpoints.dependencies())

    def health_history(self, service: str, *, from_: Optional[When] = None, to: Optional[When] = None) -> Iterator[HealthChange]:
        """Changes of a service's state."""

        def call(limit: int, offset: int) -> Call[Page[HealthChange]]:
            return endpoints.health_history(service, from_, to, limit, offset)

        return all_pages(self._transport, call, "timestamp", "previous_status", "status")

    def scenarios(self) -> List[Scenario]:
        """What can be run."""
        return list(all_pages(self._transport, endpoints.scenarios, "name"))

    def scenario(self, name: str) -> Scenario:
        """One scenario: ``members`` says what its configuration may have. :class:`NotFoundError`."""
        return self._transport.send(endpoints.scenario(name))

    def engines(self) -> List[Engine]:
        """What trains, and whether each can be started."""
        return list(all_pages(self._transport, endpoints.engines, "name"))

    def me(self) -> Me:
        """Whose token this is, and until when."""
        return self._transport.send(endpoints.me())

    def login(self, username: str, password: str) -> str:
        """A token for a few hours; give it to a new client as ``api_key``."""
        return self._transport.send(endpoints.login(username, password))

    def logout(self) -> None:
        """End this client's token, where a login made it."""
        return self._transport.send(endpoints.logout())

    def events(
        self, *, topics: Sequence[str] = TOPICS, experiment_ids: Optional[Sequence[str]] = None, since: Optional[int] = None
    ) -> Iterator[Event]:
        """The live stream, for ever.  ``since``: what came after that id first.  An event of type ``resync`` says that older ones are gone."""
        return self._streams.iterate(lambda client: client.events(topics=topics, experiment_ids=experiment_ids, since=since))

    def close(self) -> None:
        """End the connections."""
        self._transport.http.close()

    def __enter__(self) -> DashboardClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
