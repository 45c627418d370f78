"""Following one run to its end."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime
from typing import AsyncIterator, Optional

from . import endpoints
from .calls import PAGE, number
from .closing import Closing
from .errors import ConnectionFailed, DashboardError, NotFoundError, RateLimitedError, ServerError
from .live import BACKOFF_FIRST, BACKOFF_MAX, CONNECTED, RESYNC, EventStream
from .models import FINAL, Event, Experiment, Update
from .transport import AsyncTransport

#: What passes: the run goes on, and so does who follows it.
PASSING = (ConnectionFailed, RateLimitedError, ServerError)


class RunMonitor:
    """Every completed round once and in order, and every new status, until the run ends.

    Rounds are numbered, so a round is given when it follows the one before, and read from the list of rounds whenever something was missed.
    The first reading raises what is wrong; later ones wait for as long as it takes.
    """

    def __init__(self, transport: AsyncTransport, id: str) -> None:
        self._transport = transport
        self._id = id
        self._round = 0
        self._status = ""
        self._since: Optional[datetime] = None

    async def _read(self) -> AsyncIterator[Update]:
        """What has become of it since the last update that was given."""
        x = await self._transport.send(endpoints.experiment_get(self._id))
        more = x.rounds_completed > self._round
        while more:
            page = await self._transport.send(endpoints.rounds(self._id, self._round, PAGE, 0))
            for r in page.items:
                self._round = r.round
                yield Update(
                    raw=r.raw, experiment_id=self._id, change="round_completed", status="running" if x.is_final else x.status,
                    current_round=r.round, rounds_completed=r.round, rounds_total=x.rounds_total, accuracy=r.accuracy, loss=r.loss,
                    at=r.completed_at,
                )
            more = page.total > len(page.items) > 0
        if x.status != self._status:
            self._status, self._since = x.status, x.status_since
            yield _status(x)

    async def _catch_up(self) -> AsyncIterator[Update]:
        failures = 0
        while True:
            try:
                async with Closing(self._read()) as updates:
                    async for update in updates:
                        yield update
                return
            except PASSING as error:
                failures += 1
                await asyncio.sleep(_pause(error, failures))

    def _next(self, event: Event) -> Optional[Update]:
        """The update that the event alone is; None when it is old, of no interest, or the state has to be read."""
        update = Update.parse(event.data)
        if update.change == "round_completed" and update.rounds_completed == self._round + 1:
            self._round = update.current_round = update.rounds_completed
            return update
        if update.change == "status" and update.status not in FINAL and update.status != self._status and not self._is_old(update):
            self._status = update.status
            return update
        return update if update.change == "waiting_for" else None

    def _is_old(self, update: Update) -> bool:
        """On its way already when the state was read."""
        return self._since is not None and update.at is not None and update.at < self._since

    def _needs_reading(self, event: Event) -> bool:
        change = event.data.get("change")
        return (
            event.type in (CONNECTED, RESYNC)
            or (change == "round_completed" and number(event.data.get("rounds_completed")) > self._round)
            or (change == "status" and event.data.get("status") in FINAL)
        )

    async def _follow(self) -> AsyncIterator[Update]:
        async with Closing(EventStream(self._transport, ["experiments"], [self._id]).run()) as events:
            async for event in events:
                if event.data.get("change") == "deleted":
                    return
                update = self._next(event) if event.type == "experiment_update" else None
                if update is not None:
                    yield update
                elif self._needs_reading(event):
                    try:
                        async with Closing(self._catch_up()) as updates:
                            async for update in updates:
                                yield update
                    except NotFoundError:  # deleted while nobody was connected
                        return
                if self._status in FINAL:
                    return

    async def run(self) -> AsyncIterator[Update]:
        async with Closing(self._read()) as updates:
            async for update in updates:
                yield update
        if self._status not in FINAL:
            async with Closing(self._follow()) as updates:
                async for update in updates:
                    yield update


def _status(x: Experiment) -> Update:
    return Update(
        raw=x.raw, experiment_id=x.id, change="status", status=x.status, current_round=x.current_round, rounds_completed=x.rounds_completed,
        rounds_total=x.rounds_total, accuracy=x.accuracy, loss=x.loss, at=x.status_since, failure=x.failure, waiting_for=x.waiting_for,
    )


def _pause(error: DashboardError, failures: int) -> float:
    if error.retry_after is not None:
        return max(error.retry_after, 0.05)
    return min(BACKOFF_MAX, BACKOFF_FIRST * 2.0**failures) * random.uniform(0.5, 1.0)
