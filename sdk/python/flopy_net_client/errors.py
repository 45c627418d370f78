"""What can go wrong, typed by the API's error code."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Type

import httpx


class DashboardError(Exception):
    """Any failure.

    ``status``: HTTP status, 0 where there was no answer.  ``code``: the API's code, such as ``"VALIDATION_ERROR"``.
    ``details``: field → what would be right.  ``retry_after``: seconds, where the server said so.
    ``request_id``: what the operator finds in the server's log.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        details: Optional[Mapping[str, str]] = None,
        retry_after: Optional[float] = None,
        request_id: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.details = dict(details or {})
        self.retry_after = retry_after
        self.request_id = request_id

    def __str__(self) -> str:
        parts = [self.message]
        parts += [f"{field}: {text}" for field, text in self.details.items()]
        if self.request_id:
            parts.append(f"request {self.request_id}")
        return "; ".join(parts)


class ValidationError(DashboardError):
    """400: ``details`` names every wrong field."""


class AuthenticationError(DashboardError):
    """401: no token, or one that is not good (any more)."""


class PermissionDenied(DashboardError):
    """403: the token's role does not allow this."""


class NotFoundError(DashboardError):
    """404."""


class ConflictError(DashboardError):
    """409: the present state does not allow it; ``details`` has ``status`` and ``allowed`` for a control action."""


class RateLimitedError(DashboardError):
    """429, after the waiting that the client's ``max_wait`` allows."""


class ServiceUnavailableError(DashboardError):
    """503, after the waiting that the client's ``max_wait`` allows."""


class ConnectionFailed(DashboardError):
    """No answer: the server is not there, or it took longer than the timeout."""


_BY_STATUS: Mapping[int, Type[DashboardError]] = {
    400: ValidationError,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitedError,
    503: ServiceUnavailableError,
}


def _retry_after(response: httpx.Response, error: Mapping[str, Any]) -> Optional[float]:
    for value in (response.headers.get("Retry-After"), error.get("retry_after")):
        try:
            return max(0.0, float(value)) if value is not None else None
        except (TypeError, ValueError):
            continue
    return None


def from_response(response: httpx.Response) -> DashboardError:
    """The error that an answer of status 400 or more stands for; any body, also a web server's HTML, is survived."""
    error: Mapping[str, Any] = {}
    try:
        body = response.json()
        if isinstance(body, dict) and isinstance(body.get("error"), dict):
            error = body["error"]
    except ValueError:
        pass
    details = error.get("details")
    return _BY_STATUS.get(response.status_code, DashboardError)(
        str(error.get("message") or f"The server answered {response.status_code} {response.reason_phrase}"),
        status=response.status_code,
        code=str(error.get("code") or ""),
        details={str(k): str(v) for k, v in details.items()} if isinstance(details, dict) else None,
        retry_after=_retry_after(response, error),
        request_id=str(error["request_id"]) if error.get("request_id") else None,
    )
