"""Asynchronous streams for callers without an event loop: each runs on a loop in a thread of its own, so that it also works where a loop runs already, as in a notebook."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import Any, AsyncIterator, Callable, Coroutine, Iterator, TypeVar

from .aio import AsyncDashboardClient

T = TypeVar("T")


class _Loop:
    """An event loop in a thread; what is asked of it is waited for here, and cancelled when the caller is interrupted."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="flopynet-stream", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            # In steps, for systems where an interrupt does not end a wait.
            while not future.done():
                concurrent.futures.wait([future], timeout=1)
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()


async def _make(make: Callable[[], AsyncDashboardClient]) -> AsyncDashboardClient:
    return make()


async def _next(stream: AsyncIterator[T]) -> T:
    return await stream.__anext__()


async def _leave(client: AsyncDashboardClient, stream: AsyncIterator[Any]) -> None:
    """Whatever is still under way ends first: a generator that runs cannot be closed."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    close: Any = getattr(stream, "aclose", None)
    if close is not None:
        await close()
    await asyncio.get_running_loop().shutdown_asyncgens()
    await client.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class Streams:
    """Makes an asynchronous client for the time of one stream."""

    def __init__(self, make: Callable[[], AsyncDashboardClient]) -> None:
        self._make = make

    def iterate(self, open_stream: Callable[[AsyncDashboardClient], AsyncIterator[T]]) -> Iterator[T]:
        loop = _Loop()
        try:
            client = loop.run(_make(self._make))
            stream = open_stream(client)
            try:
                while True:
                    try:
                        item = loop.run(_next(stream))
                    except StopAsyncIteration:
                        return
                    yield item
            finally:
                loop.run(_leave(client, stream))
        finally:
            loop.close()

    def run(self, work: Callable[[AsyncDashboardClient], Coroutine[Any, Any, T]]) -> T:
        async def once(client: AsyncDashboardClient) -> AsyncIterator[T]:
            yield await work(client)

        stream = self.iterate(once)
        try:
            return next(stream)
        finally:
            getattr(stream, "close")()
