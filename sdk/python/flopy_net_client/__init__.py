"""Client of the FLOPY-NET dashboard.

    from flopy_net_client import DashboardClient

    client = DashboardClient(base_url="http://localhost:3001/api/v1", api_key="…")
    experiment = client.experiments.create({"name": "First", "scenario": "quick_demo"})
    client.experiments.start(experiment.id)
    for update in client.experiments.monitor(experiment.id):
        print(update.status, update.current_round, update.accuracy)

:class:`AsyncDashboardClient` has the same methods as coroutines.  Everything that can go wrong is a :class:`DashboardError`.
"""

from .aio import AsyncDashboardClient
from .errors import (
    AuthenticationError,
    ConflictError,
    ConnectionFailed,
    DashboardError,
    NotFoundError,
    PermissionDenied,
    RateLimitedError,
    ServiceUnavailableError,
    ValidationError,
)
from .models import (
    Alert,
    Artifact,
    Client,
    Event,
    Experiment,
    Round,
    TimelineEntry,
    Update,
)
from .sync import DashboardClient

__version__ = "1.0.0"

__all__ = [
    "Alert",
    "Artifact",
    "AsyncDashboardClient",
    "AuthenticationError",
    "Client",
    "ConflictError",
    "ConnectionFailed",
    "DashboardClient",
    "DashboardError",
    "Event",
    "Experiment",
    "NotFoundError",
    "PermissionDenied",
    "RateLimitedError",
    "Round",
    "ServiceUnavailableError",
    "TimelineEntry",
    "Update",
    "ValidationError",
]
