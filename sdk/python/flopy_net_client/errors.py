"""What can go wrong, typed by the API's error code."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Type

import httpx


class DashboardError(Exception):
    """Any failure.

    ``message``: a sentence.  ``status``: HTTP status, 0 where there was no answer.  ``code``: the API's code, such as ``"VALIDATION_ERROR"``.
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
    """400 VALIDATION_ERROR: ``details`` names every wrong field."""


class PayloadTooLargeError(ValidationError):
    """413 PAYLOAD_TOO_LARGE."""


class AuthenticationError(DashboardError):
    """401 UNAUTHORIZED: no token, or one that is not good (any more)."""


class PermissionDenied(DashboardError):
    """403 FORBIDDEN: the token's role does not allow this."""


class NotFoundError(DashboardError):
    """404 NOT_FOUND."""


class ConflictError(DashboardError):
    """409 CONFLICT: the present state does not allow it; ``details`` has ``status`` and ``allowed`` for a control action."""

    @property
    def allowed(self) -> List[str]:
        """The actions that the present status allows; empty where this is not about a control action."""
        return [action.strip() for action in self.details.get("allowed", "").split(",") if action.strip() not in ("", "none")]


class PreconditionFailed(DashboardError):
    """412 PRECONDITION_FAILED: somebody else has changed it; ``details["etag"]`` is the present one."""


class RateLimitedError(DashboardError):
    """429 RATE_LIMITED, after the waiting that the client's ``max_wait`` allows."""


class ServerError(DashboardError):
    """500 INTERNAL_ERROR, 507 INSUFFICIENT_STORAGE, and what a web server in front says in place of an answer."""


class ServiceUnavailableError(ServerError):
    """503 SERVICE_UNAVAILABLE, after the waiting that the client's ``max_wait`` allows.  Nothing has changed."""


class UnexpectedAnswer(DashboardError):
    """An answer that is not the API's: a page in place of JSON, or a redirection.  Mostly ``base_url`` is wrong."""


class ConnectionFailed(DashboardError):
    """No answer: the server is not there, or it took longer than the timeout."""


class WaitTimeout(DashboardError):
    """``wait`` was told to wait no longer than this."""


class RunEnded(DashboardError):
    """``wait`` for a status, but the run has ended in another; ``ended`` is that one."""

    def __init__(self, id: str, ended: str, wanted: str) -> None:
        super().__init__(f"{id} is {ended}, not {wanted}.")
        self.ended = ended


_BY_CODE: Mapping[str, Type[DashboardError]] = {
    "VALIDATION_ERROR": ValidationError,
    "UNAUTHORIZED": AuthenticationError,
    "FORBIDDEN": PermissionDenied,
    "NOT_FOUND": NotFoundError,
    "CONFLICT": ConflictError,
    "PRECONDITION_FAILED": PreconditionFailed,
    "PAYLOAD_TOO_LARGE": PayloadTooLargeError,
    "RATE_LIMITED": RateLimitedError,
    "SERVICE_UNAVAILABLE": ServiceUnavailableError,
    "INTERNAL_ERROR": ServerError,
    "INSUFFICIENT_STORAGE": ServerError,
}

_BY_STATUS: Mapping[int, Type[DashboardError]] = {
    400: ValidationError,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFoundError,
    409: ConflictError,
    412: PreconditionFailed,
    413: PayloadTooLargeError,
    429: RateLimitedError,
    503: ServiceUnavailableError,
}


def typed(code: str, status: int) -> Type[DashboardError]:
    """By the API's code; by the status where a web server in front answered without one."""
    return _BY_CODE.get(code) or _BY_STATUS.get(status) or (ServerError if status >= 500 else DashboardError)


def _retry_after(response: httpx.Response, error: Mapping[str, Any]) -> Optional[float]:
    for value in (response.headers.get("Retry-After"), error.get("retry_after")):
        try:
            if value is not None:
                return max(0.0, float(value))
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
    code = str(error.get("code") or "")
    request_id = error.get("request_id") or response.headers.get("X-Request-Id")
    return typed(code, response.status_code)(
        str(error.get("message") or f"The server answered {response.status_code} {response.reason_phrase}."),
        status=response.status_code,
        code=code,
        details={str(k): str(v) for k, v in details.items()} if isinstance(details, dict) else None,
        retry_after=_retry_after(response, error),
        request_id=str(request_id) if request_id else None,
    )
