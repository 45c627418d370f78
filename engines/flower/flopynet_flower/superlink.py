"""The SuperLink's Control API, as much of it as a run needs. The only file that knows Flower's client code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from flwr.cli.build import build_fab_from_disk
from flwr.common.serde import fab_to_proto, user_config_to_proto
from flwr.proto.control_pb2 import ListRunsRequest, StartRunRequest, StopRunRequest
from flwr.supercore.control.control_http_client import ControlHttpClient
from flwr.supercore.fab import Fab
from flwr.supercore.interceptors import RuntimeVersionHttpInterceptor

from .home import Connection


class SuperLinkError(Exception):
    """status 0: nobody answers there; else it answered that it will not."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    @property
    def away(self) -> bool:
        return self.status in (0, 502, 503, 504)


@dataclass(frozen=True)
class RunStatus:
    status: str  # pending, starting, running, finished
    sub_status: str  # completed, failed, stopped
    details: str


def _said(answer: httpx.Response) -> str:
    """The words of an answer that is an error."""
    try:
        return str(answer.json()["detail"])[:500]
    except (ValueError, KeyError, TypeError):
        return answer.text.strip()[:500] or f"HTTP status {answer.status_code}"


class SuperLink:
    def __init__(self, connection: Connection, timeout_s: float) -> None:
        self._client = ControlHttpClient(
            f"{'http' if connection.insecure else 'https'}://{connection.address}",
            interceptors=[RuntimeVersionHttpInterceptor(component_name="flwr CLI")],
            verify=connection.root_certificates or True,
            timeout=timeout_s,
        )

    def _call(self, name: str, request: Any) -> Any:
        try:
            return getattr(self._client, name)(request)
        except httpx.HTTPStatusError as e:
            raise SuperLinkError(_said(e.response), e.response.status_code) from e
        except httpx.HTTPError as e:
            raise SuperLinkError(str(e) or type(e).__name__, 0) from e
        except ValueError as e:
            raise SuperLinkError(str(e), 500) from e

    def start(self, app: Path, config: dict[str, str]) -> int:
        content = build_fab_from_disk(app)
        fab = Fab(hashlib.sha256(content).hexdigest(), content, {})
        answer = self._call("StartRun", StartRunRequest(fab=fab_to_proto(fab), override_config=user_config_to_proto(dict(config))))
        if not answer.HasField("run_id"):
            raise SuperLinkError("it did not take the run", 500)
        return int(answer.run_id)

    def status(self, run: int) -> RunStatus | None:
        """None: it does not know the run."""
        try:
            answer = self._call("ListRuns", ListRunsRequest(run_id=run))
        except SuperLinkError as e:
            if e.status == 404:
                return None
            raise
        if run not in answer.run_dict:
            return None
        s = answer.run_dict[run].status
        return RunStatus(s.status, s.sub_status, s.details)

    def stop(self, run: int) -> None:
        self._call("StopRun", StopRunRequest(run_id=run))
