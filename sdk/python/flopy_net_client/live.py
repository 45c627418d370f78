"""The live stream with resume: WebSocket first, server-sent events where that does not pass, polling where neither does.

Whatever carries them, events have one cursor (``Event.id``): a broken connection is made again with ``since`` and nothing is missed or given twice.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import random
from typing import Any, AsyncIterator, Dict, List, Optional, Sequence

import httpx
import websockets

from . import endpoints
from .endpoints import Call
from .errors import AuthenticationError, DashboardError, PermissionDenied, from_response
from .models import FINAL, Event, Round, Update
from .transport import AsyncTransport

BACKOFF_FIRST = 1.0
BACKOFF_MAX = 30.0
#: Connections in a row that brought nothing before the next way is tried.
PATIENCE = 2
POLL_WAIT_S = 20
#: The server says something at least every 20 s (a ping, a comment); after this long the connection is dead.
SILENCE_S = 60.0


class _Closed(Exception):
    """The connection ended; ``fatal``: coming back with the same token is of no use."""

    def __init__(self, message: str, fatal: bool = False) -> None:
        super().__init__(message)
        self.fatal = fatal


def websocket_url(base_url: str) -> str:
    """``http://host/prefix/api/v1`` → ``ws://host/prefix/ws/dashboard``."""
    root = base_url[: -len("/api/v1")] if base_url.endswith("/api/v1") else base_url
    return ("wss" + root[5:] if root.startswith("https") else "ws" + root[4:]) + "/ws/dashboard"


def _connect(url: str, token: str) -> Any:
    # The argument was renamed in websockets 14.
    known = inspect.signature(websockets.connect).parameters
    name = "additional_headers" if "additional_headers" in known else "extra_headers"
    arguments: Dict[str, Any] = {name: {"Authorization": f"Bearer {token}"}, "max_size": 1 << 20, "open_timeout": 10}
    return websockets.connect(url, **arguments)


#: Given first on each connection: from here on nothing is missed; what was before is to be read over REST.
CONNECTED = "connected"


def _event(text: Any) -> Optional[Event]:
    """The message as an event; None for unknown forms and what a newer server may add."""
    try:
        data = json.loads(text)
    except (TypeError, ValueError):
        return None
    if not isinstance(data, dict) or not isinstance(data.get("data"), dict):
        return None
    if data.get("type") == "error":
        raise _Closed(str(data["data"].get("message") or "refused"), fatal=data["data"].get("code") in ("UNAUTHORIZED", "FORBIDDEN"))
    if data.get("type") == "end":
        raise _Closed(str(data["data"].get("message") or "ended"), fatal=data["data"].get("code") == "UNAUTHORIZED")
    if data.get("type") == "subscribed":
        return Event(raw=data, type=CONNECTED, data=data["data"])
    if data.get("type") == "resync":
        return Event(raw=data, type="resync", data=data["data"], id=int(data["data"].get("last_id") or 0))
    if not isinstance(data.get("id"), int):
        return None
    return Event.parse(data)


class EventStream:
    """One subscription, kept up until the consumer ends it."""

    def __init__(
        self,
        transport: AsyncTransport,
        topics: Sequence[str],
        experiment_ids: Optional[Sequence[str]] = None,
        since: Optional[int] = None,
    ) -> None:
        self._transport = transport
        self._topics = list(topics)
        self._experiment_ids = list(experiment_ids) if experiment_ids is not None else None
        self.cursor = since

    async def _websocket(self) -> AsyncIterator[Event]:
        message: Dict[str, Any] = {"action": "subscribe", "topics": self._topics}
        if self._experiment_ids is not None:
            message["experiment_ids"] = self._experiment_ids
        if self.cursor is not None:
            message["since"] = self.cursor
        try:
            async with _connect(websocket_url(self._transport.base_url_text), self._transport.api_key) as ws:
                await ws.send(json.dumps(message))
                while True:
                    event = _event(await asyncio.wait_for(ws.recv(), SILENCE_S))
                    if event is not None:
                        yield event
        except asyncio.TimeoutError:
            raise _Closed("silent for too long") from None
        except websockets.exceptions.ConnectionClosed as closed:
            code = getattr(closed, "code", None)
            raise _Closed(str(closed), fatal=code in (4401, 4403)) from None
        except (OSError, websockets.exceptions.WebSocketException) as error:
            raise _Closed(str(error)) from None

    async def _server_sent(self) -> AsyncIterator[Event]:
        params = {"topics": ",".join(self._topics)}
        if self._experiment_ids is not None:
            params["experiment_ids"] = ",".join(self._experiment_ids)
        headers = {"Accept": "text/event-stream"}
        if self.cursor is not None:
            headers["Last-Event-ID"] = str(self.cursor)
        url = self._transport.base_url_text + "/events/stream"
        try:
            async with self._transport.http.stream("GET", url, params=params, headers=headers, timeout=httpx.Timeout(10, read=SILENCE_S)) as response:
                if response.status_code != 200:
                    await response.aread()
                    error = from_response(response)
                    raise _Closed(str(error), fatal=isinstance(error, (AuthenticationError, PermissionDenied)))
                yield Event(type=CONNECTED)
                async for line in response.aiter_lines():
                    event = _event(line[5:]) if line.startswith("data:") else None
                    if event is not None:
                        yield event
        except httpx.HTTPError as error:
            raise _Closed(str(error)) from None
        raise _Closed("ended by the server")

    async def _polling(self) -> AsyncIterator[Event]:
        yield Event(type=CONNECTED)
        while True:
            params = {"wait": str(POLL_WAIT_S), "topics": ",".join(self._topics)}
            if self._experiment_ids is not None:
                params["experiment_ids"] = ",".join(self._experiment_ids)
            if self.cursor is not None:
                params["after"] = str(self.cursor)
            call: Call[Dict[str, Any]] = Call("GET", "/events", lambda data: data if isinstance(data, dict) else {}, params)
            try:
                answer = await self._transport.send(call)
            except (AuthenticationError, PermissionDenied) as error:
                raise _Closed(str(error), fatal=True) from None
            except DashboardError as error:
                raise _Closed(str(error)) from None
            if answer.get("resync"):
                yield Event(raw=answer, type="resync", id=int(answer.get("last_id") or 0))
            for event in answer.get("events") or []:
                yield Event.parse(event)
            # The cursor also passes over what the filter kept back.
            self.cursor = max(self.cursor or 0, int(answer.get("last_id") or 0))

    async def __aiter__(self) -> AsyncIterator[Event]:
        ways = [self._websocket, self._server_sent, self._polling]
        way = failures = 0
        while True:
            try:
                async for event in ways[way]():
                    if event.type == CONNECTED:
                        yield event
                        continue
                    failures = 0
                    if event.type != "resync" and self.cursor is not None and event.id <= self.cursor:
                        continue
                    self.cursor = event.id
                    yield event
            except _Closed as closed:
                if closed.fatal:
                    raise AuthenticationError(str(closed), status=401, code="UNAUTHORIZED") from None
            failures += 1
            if failures >= PATIENCE:
                way, failures = (way + 1) % len(ways), 0
            await asyncio.sleep(min(BACKOFF_MAX, BACKOFF_FIRST * 2.0**failures) * random.uniform(0.5, 1.0))


class RunMonitor:
    """Every completed round once and in order, and every new status, until the run ends.

    Rounds are numbered, so a round is given when it follows the one before, and read from the list of rounds whenever something was missed.
    """

    def __init__(self, transport: AsyncTransport, id: str) -> None:
        self._transport = transport
        self._id = id
        self._round = 0
        self._status = ""

    async def _rounds(self) -> List[Round]:
        rounds: List[Round] = []
        while True:
            page = await self._transport.send(endpoints.rounds(self._id, self._round + len(rounds), 100, 0))
            rounds += page.items
            if len(page.items) < page.limit or not page.items:
                return rounds

    async def _catch_up(self) -> AsyncIterator[Update]:
        x = await self._transport.send(endpoints.experiment_get(self._id))
        for r in await self._rounds():
            self._round = r.round
            yield Update(
                raw=r.raw, experiment_id=self._id, change="round_completed", status="running" if x.is_final else x.status,
                current_round=r.round, rounds_completed=r.round, rounds_total=x.rounds_total, accuracy=r.accuracy, loss=r.loss,
                at=r.completed_at,
            )
        if x.status != self._status:
            self._status = x.status
            yield Update(
                raw=x.raw, experiment_id=self._id, change="status", status=x.status, current_round=x.current_round,
                rounds_completed=x.rounds_completed, rounds_total=x.rounds_total, accuracy=x.accuracy, loss=x.loss,
                at=x.status_since, failure=x.failure, waiting_for=x.waiting_for,
            )

    def _next(self, event: Event) -> Optional[Update]:
        """The update that the event alone is; None when it is old, of no interest, or the state has to be read."""
        update = Update.parse(event.data)
        if update.change == "round_completed" and update.rounds_completed == self._round + 1:
            self._round = update.current_round = update.rounds_completed
            return update
        if update.change == "status" and update.status not in FINAL and update.status != self._status:
            self._status = update.status
            return update
        return update if update.change == "waiting_for" else None

    def _needs_reading(self, event: Event) -> bool:
        change = event.data.get("change")
        return (
            event.type in (CONNECTED, "resync")
            or (change == "round_completed" and int(event.data.get("rounds_completed") or 0) > self._round)
            or (change == "status" and event.data.get("status") in FINAL)
        )

    async def __aiter__(self) -> AsyncIterator[Update]:
        async for event in EventStream(self._transport, ["experiments"], [self._id]):
            if event.data.get("change") == "deleted":
                return
            update = self._next(event) if event.type == "experiment_update" else None
            if update is not None:
                yield update
            elif self._needs_reading(event):
                async for update in self._catch_up():
                    yield update
            if self._status in FINAL:
                return
