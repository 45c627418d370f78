"""Asynchronous generators that end when who reads them does, not some time later in any order."""

from __future__ import annotations

from typing import Any, AsyncIterator, Generic, TypeVar

T = TypeVar("T")


class Closing(Generic[T]):
    """``async with Closing(stream) as items: async for item in items: …``: what :func:`contextlib.aclosing` is from Python 3.10 on."""

    def __init__(self, stream: AsyncIterator[T]) -> None:
        self._stream = stream

    async def __aenter__(self) -> AsyncIterator[T]:
        return self._stream

    async def __aexit__(self, *_: object) -> None:
        close: Any = getattr(self._stream, "aclose", None)
        if close is not None:
            await close()
