"""Sending a :class:`Call`: headers, retries, errors.  The decisions are pure and shared; only the waiting differs."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any, Optional, TypeVar

import httpx

from .endpoints import Call
from .errors import ConnectionFailed, DashboardError, from_response

T = TypeVar("T")

#: Seconds for connecting and for each read; a control call may take the server five.
TIMEOUT = 30.0
#: Seconds that one call may spend waiting for a busy or limiting server before the error is raised.
MAX_WAIT = 60.0
BACKOFF_FIRST = 0.5
BACKOFF_MAX = 10.0


def normal_base_url(base_url: str) -> str:
    """With or without a trailing slash; a path prefix is kept."""
    return base_url.rstrip("/")


class RetryPlan:
    """How long to wait before the next try of one call, or None to give up."""

    def __init__(self, call: Call[Any], max_wait: float) -> None:
        self._call = call
        self._left = max_wait
        self._tries = 0

    def wait(self, failure: DashboardError) -> Optional[float]:
        """429 and 503 say that nothing was done, so anything may be sent again; where no answer came only what is safe."""
        if failure.status in (429, 503):
            seconds = failure.retry_after
        elif isinstance(failure, ConnectionFailed) and self._call.safe:
            seconds = None
        else:
            return None
        if seconds is None:
            seconds = min(BACKOFF_MAX, BACKOFF_FIRST * 2.0**self._tries)
            seconds *= random.uniform(0.5, 1.0)
        self._tries += 1
        if seconds > self._left:
            return None
        self._left -= max(seconds, 0.05)
        return seconds


def _request(client: Any, call: Call[Any]) -> httpx.Request:
    request = client.build_request(call.method, client.base_url_text + call.path, params=call.params, json=call.body, headers=call.headers)
    assert isinstance(request, httpx.Request)
    return request


def _read(call: Call[T], response: httpx.Response) -> T:
    if response.status_code >= 400:
        raise from_response(response)
    if call.text:
        return call.read(response.text)
    if not response.content:
        return call.read(None)
    try:
        return call.read(response.json())
    except ValueError:
        raise DashboardError("The server's answer is not JSON; is base_url right?", status=response.status_code) from None


def _failed(error: httpx.HTTPError) -> ConnectionFailed:
    return ConnectionFailed(f"No answer from the dashboard: {error or type(error).__name__}")


class SyncTransport:
    def __init__(self, base_url: str, api_key: str, timeout: float, max_wait: float, client: Optional[httpx.Client] = None) -> None:
        self.base_url_text = normal_base_url(base_url)
        self.api_key = api_key
        self.max_wait = max_wait
        self.http = client or httpx.Client(timeout=timeout, follow_redirects=False)
        self.http.headers["Authorization"] = f"Bearer {api_key}"

    def build_request(self, *args: Any, **kwargs: Any) -> httpx.Request:
        return self.http.build_request(*args, **kwargs)

    def send(self, call: Call[T]) -> T:
        plan = RetryPlan(call, self.max_wait)
        while True:
            try:
                try:
                    return _read(call, self.http.send(_request(self, call)))
                except httpx.HTTPError as error:
                    raise _failed(error) from error
            except DashboardError as failure:
                seconds = plan.wait(failure)
                if seconds is None:
                    raise
            time.sleep(seconds)


class AsyncTransport:
    def __init__(
        self, base_url: str, api_key: str, timeout: float, max_wait: float, client: Optional[httpx.AsyncClient] = None
    ) -> None:
        self.base_url_text = normal_base_url(base_url)
        self.api_key = api_key
        self.max_wait = max_wait
        self.http = client or httpx.AsyncClient(timeout=timeout, follow_redirects=False)
        self.http.headers["Authorization"] = f"Bearer {api_key}"

    def build_request(self, *args: Any, **kwargs: Any) -> httpx.Request:
        return self.http.build_request(*args, **kwargs)

    async def send(self, call: Call[T]) -> T:
        plan = RetryPlan(call, self.max_wait)
        while True:
            try:
                try:
                    return _read(call, await self.http.send(_request(self, call)))
                except httpx.HTTPError as error:
                    raise _failed(error) from error
            except DashboardError as failure:
                seconds = plan.wait(failure)
                if seconds is None:
                    raise
            await asyncio.sleep(seconds)
