"""Client of the FLOPY-NET dashboard.

    from flopy_net_client import DashboardClient

    client = DashboardClient(base_url="http://localhost:3001/api/v1", api_key="…")
    experiment = client.experiments.create({"name": "First", "scenario": "quick_demo"})
    client.experiments.start(experiment.id)
    for update in client.experiments.monitor(experiment.id):
        print(update.status, update.current_round, update.accuracy)

:class:`AsyncDashboardClient` has the same methods as coroutines and asynchronous iterators.  Everything that the dashboard or the way to it
can do wrong is a :class:`DashboardError`.
"""

from ._version import __version__
from .aio import AsyncDashboardClient
from .calls import Page
from .errors import (
    AuthenticationError,
    ConflictError,
    ConnectionFailed,
    DashboardError,
    NotFoundError,
    PayloadTooLargeError,
    PermissionDenied,
    PreconditionFailed,
    RateLimitedError,
    RunEnded,
    ServerError,
    ServiceUnavailableError,
    UnexpectedAnswer,
    ValidationError,
    WaitTimeout,
)
from .models import (
    Alert,
    Artifact,
    Client,
    ConfigVersion,
    Engine,
    Event,
    Experiment,
    HealthChange,
    Me,
    Notification,
    Offer,
    Round,
    Rule,
    RuleTrial,
    Scenario,
    Silence,
    TimelineEntry,
    Token,
    Update,
    User,
)
from .sync import DashboardClient

__all__ = [
    "Alert",
    "Artifact",
    "AsyncDashboardClient",
    "AuthenticationError",
    "Client",
    "ConfigVersion",
    "ConflictError",
    "ConnectionFailed",
    "DashboardClient",
    "DashboardError",
    "Engine",
    "Event",
    "Experiment",
    "HealthChange",
    "Me",
    "NotFoundError",
    "Notification",
    "Offer",
    "Page",
    "PayloadTooLargeError",
    "PermissionDenied",
    "PreconditionFailed",
    "RateLimitedError",
    "Round",
    "Rule",
    "RuleTrial",
    "RunEnded",
    "Scenario",
    "ServerError",
    "ServiceUnavailableError",
    "Silence",
    "TimelineEntry",
    "Token",
    "UnexpectedAnswer",
    "Update",
    "User",
    "ValidationError",
    "WaitTimeout",
    "__version__",
]
