"""The live stream with resume: WebSocket first, server-sent events where that does not pass, polling where neither does.

Whatever carries them, events have one cursor (``Event.id``): a broken connection is made again with ``since`` and nothing is missed or given twice.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import random
import ssl
from typing import Any, AsyncIterator, Dict, List, Optional, Sequence

import httpx
import websockets
from websockets.exceptions import ConnectionClosed, WebSocketException

from .calls import Call, Json, entries, number, params, same
from .closing import Closing
from .errors import AuthenticationError, DashboardError, NotFoundError, PermissionDenied, RateLimitedError, UnexpectedAnswer, ValidationError, from_response, typed
from .models import Event
from .transport import AsyncTransport

BACKOFF_FIRST = 1.0
BACKOFF_MAX = 30.0
#: Connections in a row that brought nothing before the next way is tried.
PATIENCE = 2
POLL_WAIT_S = 20
#: From one question to the next, also where much happens or the server has no worker left that could wait: 900 an hour, and 1000 are allowed.
POLL_PACE_S = 4.0
#: The server says something at least every 20 s (a ping, a comment); after this long the connection is dead.
SILENCE_S = 60.0

#: The type of what is given first on each connection: from here on nothing is missed; what was before is to be read over REST.
CONNECTED = "connected"
#: The type of what says that events after the cursor are gone from the log.
RESYNC = "resync"

#: Coming back with the same token and the same question is of no use.
FATAL = (AuthenticationError, PermissionDenied, NotFoundError, ValidationError)


class _Closed(Exception):
    """The connection ended; ``error``: why, where the server said so in the API's words."""

    def __init__(self, message: str, error: Optional[DashboardError] = None) -> None:
        super().__init__(message)
        self.error = error


def websocket_url(base_url: str) -> str:
    """``http://host/prefix/api/v1`` → ``ws://host/prefix/ws/dashboard``."""
    return "ws" + base_url[len("http") : -len("/api/v1")] + "/ws/dashboard"


def _connect(url: str, headers: Dict[str, str], context: Optional[ssl.SSLContext]) -> Any:
    connect: Any = getattr(websockets, "connect")
    # The argument was renamed in websockets 14.
    known = inspect.signature(connect).parameters
    name = "additional_headers" if "additional_headers" in known else "extra_headers"
    sent = {k: v for k, v in headers.items() if k == "Authorization"}
    secure = {"ssl": context} if url.startswith("wss:") and context is not None else {}
    return connect(url, **{name: sent}, **secure, max_size=1 << 20, open_timeout=10, close_timeout=2)


def _said(data: Json) -> DashboardError:
    """An ``error`` or ``end`` message as the error that it is."""
    code = str(data.get("code") or "")
    details = same(data.get("details"))
    return typed(code, 0)(str(data.get("message") or "The server ended the stream."), code=code, details={str(k): str(v) for k, v in details.items()})


def _event(text: Any) -> Optional[Event]:
    """The message as an event; None for unknown forms and what a newer server may add."""
    try:
        message = json.loads(text)
    except (TypeError, ValueError):
        return None
    if not isinstance(message, dict) or not isinstance(message.get("data"), dict):
        return None
    kind, data = message.get("type"), message["data"]
    if kind in ("error", "end"):
        error = _said(data)
        raise _Closed(error.message, error)
    if kind == "subscribed":
        return Event(raw=message, type=CONNECTED, data=data)
    if kind == "resync":
        return Event(raw=message, type=RESYNC, data=data, id=number(data.get("last_id")))
    return Event.parse(message) if isinstance(message.get("id"), int) else None


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

    def _params(self, **more: Any) -> Dict[str, str]:
        return params(topics=self._topics, experiment_ids=self._experiment_ids, **more)

    async def _websocket(self) -> AsyncIterator[Event]:
        message: Dict[str, Any] = {"action": "subscribe", "topics": self._topics}
        if self._experiment_ids is not None:
            message["experiment_ids"] = self._experiment_ids
        if self.cursor is not None:
            message["since"] = self.cursor
        try:
            async with _connect(websocket_url(self._transport.base_url), self._transport.headers, self._transport.context) as ws:
                await ws.send(json.dumps(message))
                while True:
                    event = _event(await asyncio.wait_for(ws.recv(), SILENCE_S))
                    if event is not None:
                        yield event
        except asyncio.TimeoutError:
            raise _Closed("silent for too long") from None
        except ConnectionClosed as closed:
            frame = closed.rcvd
            refused = {4401: "UNAUTHORIZED", 4403: "FORBIDDEN"}.get(frame.code) if frame is not None else None
            raise _Closed(str(closed), _said({"code": refused, "message": frame.reason}) if refused and frame is not None else None) from None
        except (OSError, EOFError, WebSocketException) as error:
            raise _Closed(str(error)) from None

    async def _server_sent(self) -> AsyncIterator[Event]:
        headers = {**self._transport.headers, "Accept": "text/event-stream"}
        if self.cursor is not None:
            headers["Last-Event-ID"] = str(self.cursor)
        url = self._transport.base_url + "/events/stream"
        limits = httpx.Timeout(10, read=SILENCE_S)
        try:
            async with self._transport.http.stream("GET", url, params=self._params(), headers=headers, timeout=limits) as response:
                if response.status_code != 200:
                    await response.aread()
                    error = from_response(response)
                    raise _Closed(error.message, error if error.code else None)
                yield Event(type=CONNECTED)
                async with Closing(response.aiter_lines()) as lines:
                    async for line in lines:
                        event = _event(line[5:]) if line.startswith("data:") else None
                        if event is not None:
                            yield event
        except httpx.HTTPError as error:
            raise _Closed(str(error)) from None
        raise _Closed("ended by the server")

    async def _ask(self, wait: int) -> Json:
        call: Call[Json] = Call("GET", "/events", same, self._params(wait=wait, after=self.cursor))
        try:
            return await self._transport.send(call)
        except UnexpectedAnswer as error:
            raise _Closed(error.message) from None
        except DashboardError as error:
            raise _Closed(error.message, error if error.code else None) from None

    async def _polling(self) -> AsyncIterator[Event]:
        if self.cursor is None:
            # Where the subscription begins, before anybody reads what was until here.
            self.cursor = number((await self._ask(wait=0)).get("last_id"))
        loop = asyncio.get_running_loop()
        yield Event(type=CONNECTED)
        while True:
            began = loop.time()
            answer = await self._ask(wait=POLL_WAIT_S)
            if answer.get("resync"):
                yield Event(raw=answer, type=RESYNC, id=number(answer.get("last_id")))
            for event in entries(answer.get("events")):
                yield Event.parse(event)
            # The cursor also passes over what the filter kept back.
            self.cursor = max(self.cursor, number(answer.get("last_id")))
            await asyncio.sleep(max(0.0, POLL_PACE_S - (loop.time() - began)))

    def _fresh(self, event: Event) -> bool:
        """Not seen before on another connection; the cursor moves to it."""
        if event.type == CONNECTED:
            return True
        if event.type != RESYNC and self.cursor is not None and event.id <= self.cursor:
            return False
        self.cursor = event.id
        return True

    async def run(self) -> AsyncIterator[Event]:
        ways: List[Any] = [self._websocket, self._server_sent, self._polling]
        way = failures = 0
        while True:
            pause = None
            try:
                async with Closing[Event](ways[way]()) as events:
                    async for event in events:
                        if event.type != CONNECTED:
                            failures = 0
                        if self._fresh(event):
                            yield event
            except _Closed as closed:
                if isinstance(closed.error, FATAL):
                    raise closed.error from None
                if isinstance(closed.error, RateLimitedError):
                    failures = PATIENCE  # too many live connections: another way needs none
                elif closed.error is not None:
                    pause = closed.error.retry_after
            failures += 1
            if failures >= PATIENCE:
                way, failures = (way + 1) % len(ways), 0
                pause = None
            await asyncio.sleep(pause if pause is not None else min(BACKOFF_MAX, BACKOFF_FIRST * 2.0**failures) * random.uniform(0.5, 1.0))
