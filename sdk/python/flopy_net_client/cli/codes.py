"""How the command ends, in numbers that scripts can rely on."""

from __future__ import annotations

from typing import Tuple, Type

from ..errors import (
    AuthenticationError,
    ConflictError,
    ConnectionFailed,
    DashboardError,
    NotFoundError,
    PermissionDenied,
    PreconditionFailed,
    RateLimitedError,
    RunEnded,
    ServiceUnavailableError,
    ValidationError,
    WaitTimeout,
)

DONE = 0
FAULT = 1
USAGE = 2
REFUSED = 3
ACCESS = 4
NOT_FOUND = 5
CONFLICT = 6
BUSY = 7
NO_CONNECTION = 8
OTHERWISE = 9
TIMEOUT = 10
INTERRUPTED = 130
PIPE = 141

HELP = """\
exit status:
  0    done; for wait and watch: the run is completed (or in the status asked for)
  1    the server failed, or its answer is not the dashboard's
  2    the command line or its settings are wrong
  3    the server refuses the request as wrong; the message names each field
  4    no good token (401), or its role does not allow this (403)
  5    there is no such thing (404)
  6    the present state does not allow it (409, 412); the message says what it allows
  7    the server limits or is busy (429, 503), longer than --max-wait
  8    no connection
  9    the run has ended otherwise than completed (or than asked for); health --check: not healthy
  10   wait --timeout has passed
  130  interrupted with Ctrl-C
"""

_ERRORS: Tuple[Tuple[Tuple[Type[DashboardError], ...], int], ...] = (
    ((ValidationError,), REFUSED),
    ((AuthenticationError, PermissionDenied), ACCESS),
    ((NotFoundError,), NOT_FOUND),
    ((ConflictError, PreconditionFailed), CONFLICT),
    ((RateLimitedError, ServiceUnavailableError), BUSY),
    ((ConnectionFailed,), NO_CONNECTION),
    ((RunEnded,), OTHERWISE),
    ((WaitTimeout,), TIMEOUT),
)


def of(error: DashboardError) -> int:
    for types, code in _ERRORS:
        if isinstance(error, types):
            return code
    return REFUSED if 400 <= error.status < 500 else FAULT
