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
    """away: nobody answers there; else it answered that it will not."""

    def __init__(self, message: str, away: bool) -> None:
        super().__init__(message)
        self.away = away


@dataclass(frozen=True)
class RunStatus:
    status: str  # pending, starting, running, finished
    sub_status: str  # completed, failed, stopped
    details: str


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
            text = e.response.text.strip()
            raise SuperLinkError(text[:500] or f"HTTP status {e.response.status_code}", away=e.response.status_code in (502, 503, 504)) from e
        except httpx.HTTPError as e:
            raise SuperLinkError(str(e) or type(e).__name__, away=True) from e
        except ValueError as e:
            raise SuperLinkError(str(e), away=False) from e

    def start(self, app: Path, config: dict[str, str]) -> int:
        content = build_fab_from_disk(app)
        fab = Fab(hashlib.sha256(content).hexdigest(), content, {})
        answer = self._call("StartRun", StartRunRequest(fab=fab_to_proto(fab), override_config=user_config_to_proto(dict(config))))
        if not answer.HasField("run_id"):
            raise SuperLinkError("it did not take the run", away=False)
        return int(answer.run_id)

    def status(self, run: int) -> RunStatus | None:
        """None: it does not know the run."""
        answer = self._call("ListRuns", ListRunsRequest(run_id=run))
        if run not in answer.run_dict:
            return None
        s = answer.run_dict[run].status
        return RunStatus(s.status, s.sub_status, s.details)

    def stop(self, run: int) -> None:
        self._call("StopRun", StopRunRequest(run_id=run))
