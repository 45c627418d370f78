"""Sending a :class:`Call`: headers, retries, errors.  The decisions are pure and shared; only the waiting differs."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from typing import Any, Callable, Dict, Optional, TypeVar

import httpx

from ._version import __version__
from .calls import Call
from .errors import ConnectionFailed, DashboardError, UnexpectedAnswer, from_response

T = TypeVar("T")

#: Seconds for connecting and for each read; a control call may take the server five.
TIMEOUT = 30.0
#: Seconds from its beginning after which a call no longer waits for a busy or limiting server.
MAX_WAIT = 60.0
#: The same for a server that does not answer at all: enough for a restart, and soon enough to say that the address is wrong.
CONNECT_WAIT = 10.0
BACKOFF_FIRST = 0.5
BACKOFF_MAX = 10.0
#: A web server in front has no answer from the API.
GATEWAY = (502, 504)


def normal_base_url(base_url: str) -> str:
    """``http://host:3001``, ``http://host/prefix/`` and ``http://host/prefix/api/v1/`` all mean the API that is there."""
    text = base_url.strip().rstrip("/")
    if not text.startswith(("http://", "https://")) or not httpx.URL(text).host:
        raise ValueError(f"base_url must be like http://localhost:3001/api/v1, not {base_url!r}")
    return text if text.endswith("/api/v1") else text + "/api/v1"


def _headers(api_key: Optional[str]) -> Dict[str, str]:
    headers = {"User-Agent": f"flopy-net-client/{__version__}", "Accept": "application/json, */*;q=0.5"}
    key = (api_key or "").strip()
    if key:
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ValueError("api_key is no token: a token is one line of visible ASCII characters")
        headers["Authorization"] = f"Bearer {key}"
    return headers


class RetryPlan:
    """How long to wait before the next try of one call, or None to give up."""

    def __init__(self, call: Call[Any], max_wait: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._call = call
        self._max_wait = max_wait
        self._clock = clock
        self._began = clock()
        self._tries = 0

    def wait(self, failure: DashboardError) -> Optional[float]:
        """429 and 503 say that nothing was done, so anything may be sent again; where no answer came only what is safe."""
        limit = self._max_wait
        if failure.status in (429, 503):
            seconds = failure.retry_after
        elif self._call.safe and (isinstance(failure, ConnectionFailed) or failure.status in GATEWAY):
            seconds = failure.retry_after
            limit = min(limit, CONNECT_WAIT)
        else:
            return None
        if seconds is None:
            seconds = min(BACKOFF_MAX, BACKOFF_FIRST * 2.0**self._tries) * random.uniform(0.5, 1.0)
        self._tries += 1
        seconds = max(seconds, 0.05)
        return seconds if self._clock() - self._began + seconds <= limit else None


def _read(call: Call[T], response: httpx.Response) -> T:
    status = response.status_code
    if status >= 400 and status not in call.accept:
        raise from_response(response)
    if 300 <= status < 400:
        raise UnexpectedAnswer(f"The server sends to {response.headers.get('Location', 'another place')}; is base_url right?", status=status)
    if call.form == "text":
        return call.read(response.text)
    if call.form == "bytes":
        return call.read(response.content)
    if not response.content:
        return call.read(None)
    try:
        data = response.json()
    except ValueError:
        data = None
    if not isinstance(data, dict) or (status >= 400 and "error" in data):
        # What was accepted as an answer is one of the web server's after all.
        raise from_response(response) if status >= 400 else UnexpectedAnswer("The server's answer is not JSON; is base_url right?", status=status)
    return call.read((data, response.headers.get("ETag", "")) if call.etag else data)


def _failed(error: httpx.HTTPError) -> ConnectionFailed:
    text = "it took too long" if isinstance(error, httpx.TimeoutException) else str(error) or type(error).__name__
    return ConnectionFailed(f"No answer from the dashboard: {text}")


class _Transport:
    def __init__(self, base_url: str, api_key: Optional[str], max_wait: float, ca_file: Optional[str]) -> None:
        self.base_url = normal_base_url(base_url)
        # None: as each library has it; both heed SSL_CERT_FILE.
        self.context = None if ca_file is None else ssl.create_default_context(cafile=ca_file)
        # Without TLS there is nothing to verify, and reading the system's certificates takes longer than all else here.
        self.verify = self.context or self.base_url.startswith("https:")
        self.headers = _headers(api_key)
        self.max_wait = max_wait

    def request(self, client: Any, call: Call[Any]) -> httpx.Request:
        request = client.build_request(
            call.method, self.base_url + call.path, params=call.params, json=call.body, headers={**self.headers, **call.headers}
        )
        assert isinstance(request, httpx.Request)
        return request


class SyncTransport(_Transport):
    def __init__(self, base_url: str, api_key: Optional[str], timeout: float, max_wait: float, ca_file: Optional[str]) -> None:
        super().__init__(base_url, api_key, max_wait, ca_file)
        self.http = httpx.Client(timeout=timeout, follow_redirects=False, verify=self.verify)

    def send(self, call: Call[T]) -> T:
        plan = RetryPlan(call, self.max_wait)
        while True:
            try:
                try:
                    return _read(call, self.http.send(self.request(self.http, call)))
                except httpx.HTTPError as error:
                    raise _failed(error) from error
            except DashboardError as failure:
                seconds = plan.wait(failure)
                if seconds is None:
                    raise
            time.sleep(seconds)


class AsyncTransport(_Transport):
    def __init__(self, base_url: str, api_key: Optional[str], timeout: float, max_wait: float, ca_file: Optional[str]) -> None:
        super().__init__(base_url, api_key, max_wait, ca_file)
        self.http = httpx.AsyncClient(timeout=timeout, follow_redirects=False, verify=self.verify)

    async def send(self, call: Call[T]) -> T:
        plan = RetryPlan(call, self.max_wait)
        while True:
            try:
                try:
                    return _read(call, await self.http.send(self.request(self.http, call)))
                except httpx.HTTPError as error:
                    raise _failed(error) from error
            except DashboardError as failure:
                seconds = plan.wait(failure)
                if seconds is None:
                    raise
            await asyncio.sleep(seconds)
