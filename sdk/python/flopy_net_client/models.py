"""What the API answers, as objects with attributes.

Members that a newer server adds are ignored; members that are missing are ``None`` (or empty).  ``raw`` is the JSON object as it came.
Times are aware ``datetime`` objects in UTC.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type, TypeVar

T = TypeVar("T", bound="Record")

#: States after which nothing follows.
FINAL = frozenset({"completed", "stopped", "aborted", "failed"})


def to_time(text: Any) -> Optional[datetime]:
    """RFC 3339 with ``Z`` as the API writes it; ``None`` for null or anything else."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)
    except ValueError:
        return None


_KINDS: Mapping[str, Tuple[type, ...]] = {
    "str": (str,), "int": (int,), "float": (int, float), "bool": (bool,), "datetime": (datetime,), "List": (list,), "Dict": (dict,), "Any": (object,),
}


def _fits(value: Any, annotation: str) -> bool:
    """Whether a value of JSON may stand in a field: ``Optional[int]``, ``List[str]`` … as they are written below."""
    optional = annotation.startswith("Optional[")
    kind = annotation[len("Optional[") :] if optional else annotation
    if value is None:
        return optional
    return isinstance(value, _KINDS[kind.split("[")[0].rstrip("]")])


@dataclass
class Record:
    """Base of all: filled from a JSON object by field name."""

    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def parse(cls: Type[T], data: Any) -> T:
        data = data if isinstance(data, dict) else {}
        values: Dict[str, Any] = {"raw": data}
        for f in dataclasses.fields(cls):
            if f.name == "raw" or f.name not in data:
                continue
            value = to_time(data[f.name]) if "datetime" in str(f.type) else data[f.name]
            # What is not of its kind, as a null where a value belongs, leaves the default.
            if _fits(value, str(f.type)):
                values[f.name] = value
        return cls(**values)


def _list(data: Any) -> List[Any]:
    return data if isinstance(data, list) else []


@dataclass
class Client(Record):
    """One participant of a run, as it last was."""

    id: str = ""
    status: str = ""
    accuracy: Optional[float] = None
    loss: Optional[float] = None
    last_update: Optional[datetime] = None
    round: Optional[int] = None
    rounds_participated: int = 0
    samples: Optional[int] = None
    train_ms: Optional[int] = None
    transfer_ms: Optional[int] = None
    bytes: int = 0
    slows_round_by_ms: Optional[int] = None
    detail: Optional[str] = None


@dataclass
class Round(Record):
    """A completed round."""

    round: int = 0
    accuracy: Optional[float] = None
    loss: Optional[float] = None
    started_at: Optional[datetime] = None
    completed_at: Optional[datetime] = None
    duration_ms: Optional[int] = None
    clients: Optional[int] = None
    failed_clients: int = 0
    bytes: Optional[int] = None


@dataclass
class TimelineEntry(Record):
    """Something that happened to an experiment; ``actor`` is None for the engine and the system."""

    id: int = 0
    timestamp: Optional[datetime] = None
    event: str = ""
    details: str = ""
    actor: Optional[str] = None


@dataclass
class Artifact(Record):
    """A file that a run has produced."""

    name: str = ""
    kind: str = ""
    description: Optional[str] = None
    size_bytes: int = 0
    created_at: Optional[datetime] = None


@dataclass
class Experiment(Record):
    """An experiment: a list's item has no ``configuration``, ``clients`` and ``timeline`` yet."""

    id: str = ""
    name: str = ""
    status: str = ""
    scenario: str = ""
    engine: str = ""
    clients_count: int = 0
    rounds_completed: int = 0
    rounds_total: int = 0
    accuracy: Optional[float] = None
    loss: Optional[float] = None
    created_at: Optional[datetime] = None
    started_at: Optional[datetime] = None
    finished_at: Optional[datetime] = None
    scheduled_at: Optional[datetime] = None
    status_since: Optional[datetime] = None
    updated_at: Optional[datetime] = None
    estimated_completion: Optional[datetime] = None
    eta_reason: Optional[str] = None
    queue_position: Optional[int] = None
    duration_seconds: Optional[float] = None
    communication_overhead_bytes: int = 0
    waiting_for: Optional[Dict[str, Any]] = None
    failure: Optional[str] = None
    allowed_actions: List[str] = field(default_factory=list)
    tags: List[str] = field(default_factory=list)
    notes: str = ""
    created_by: str = ""
    configuration: Dict[str, Any] = field(default_factory=dict)
    network_settings: Dict[str, Any] = field(default_factory=dict)
    policies: List[str] = field(default_factory=list)
    policy_status: Dict[str, str] = field(default_factory=dict)
    engine_status: Optional[Dict[str, Any]] = None
    metrics: Dict[str, Any] = field(default_factory=dict)

    @property
    def current_round(self) -> int:
        """The round in progress, or the last completed one."""
        for members in (self.metrics, self.raw):
            if isinstance(members.get("current_round"), int):
                return int(members["current_round"])
        return self.rounds_completed

    @property
    def is_final(self) -> bool:
        """Nothing follows: completed, stopped, aborted or failed."""
        return self.status in FINAL

    @property
    def clients(self) -> List[Client]:
        return [Client.parse(c) for c in _list(self.raw.get("clients"))]

    @property
    def timeline(self) -> List[TimelineEntry]:
        return [TimelineEntry.parse(t) for t in _list(self.raw.get("timeline"))]


@dataclass
class Update(Record):
    """What :meth:`experiments.monitor` gives: a completed round or a new status."""

    experiment_id: str = ""
    change: str = ""
    status: str = ""
    current_round: int = 0
    rounds_completed: int = 0
    rounds_total: int = 0
    accuracy: Optional[float] = None
    loss: Optional[float] = None
    at: Optional[datetime] = None
    reason: Optional[str] = None
    failure: Optional[str] = None
    waiting_for: Optional[Dict[str, Any]] = None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


@dataclass
class Event(Record):
    """One message of the live stream.  ``id`` is the cursor for ``since``."""

    id: int = 0
    type: str = ""
    data: Dict[str, Any] = field(default_factory=dict)


@dataclass
class Alert(Record):
    """One episode of something that is not well; ``history`` is there in a single one only."""

    id: str = ""
    severity: str = ""
    status: str = ""
    title: str = ""
    description: str = ""
    service: Optional[str] = None
    experiment_id: Optional[str] = None
    created_at: Optional[datetime] = None
    updated_at: Optional[datetime] = None
    threshold: Optional[float] = None
    current_value: Optional[float] = None
    metric: Optional[str] = None
    rule_id: Optional[str] = None
    acknowledged_at: Optional[datetime] = None
    acknowledged_by: Optional[str] = None
    comment: Optional[str] = None
    resolved_at: Optional[datetime] = None
    resolved_by: Optional[str] = None
    resolution: Optional[str] = None
    silenced: bool = False
    history: List[Dict[str, Any]] = field(default_factory=list)


@dataclass
class Rule(Record):
    """An alert rule."""

    id: str = ""
    name: str = ""
    title: str = ""
    enabled: bool = True
    scope: str = ""
    metric: str = ""
    comparison: str = ""
    threshold: Optional[float] = None
    clear_threshold: Optional[float] = None
    critical_threshold: Optional[float] = None
    for_s: float = 0
    clear_s: float = 0
    severity: str = ""
    service: Optional[str] = None
    experiment_id: Optional[str] = None
    built_in: bool = False
    created_at: Optional[datetime] = None
    updated_at: Optional[datetime] = None
    created_by: Optional[str] = None


@dataclass
class RuleTrial(Record):
    """What a rule would have done over the history that is kept."""

    would_have_fired: int = 0
    samples: int = 0
    episodes: List[Dict[str, Any]] = field(default_factory=list)


@dataclass
class Silence(Record):
    """About what nobody is told until then."""

    id: str = ""
    service: Optional[str] = None
    rule_id: Optional[str] = None
    experiment_id: Optional[str] = None
    until: Optional[datetime] = None
    reason: str = ""
    active: bool = False
    created_at: Optional[datetime] = None
    created_by: str = ""


@dataclass
class Notification(Record):
    """One line of the delivery log."""

    id: int = 0
    channel: str = ""
    target: str = ""
    status: str = ""
    subject: str = ""
    alert_ids: List[str] = field(default_factory=list)
    attempts: int = 0
    created_at: Optional[datetime] = None
    next_attempt_at: Optional[datetime] = None
    sent_at: Optional[datetime] = None
    last_error: Optional[str] = None
    test: bool = False


@dataclass
class Token(Record):
    """A token without its secret; ``api_key`` is the secret, and there only in the answer that made it."""

    jti: str = ""
    name: str = ""
    kind: str = ""
    role: str = ""
    experiment: Optional[str] = None
    status: str = ""
    created_at: Optional[datetime] = None
    created_by: str = ""
    expires_at: Optional[datetime] = None
    revoked_at: Optional[datetime] = None
    api_key: str = field(default="", repr=False)


@dataclass
class User(Record):
    """Somebody who logs in by name."""

    name: str = ""
    role: str = ""
    disabled: bool = False
    created_at: Optional[datetime] = None
    last_login_at: Optional[datetime] = None


@dataclass
class Me(Record):
    """Whose token this is."""

    name: str = ""
    role: str = ""
    experiment: Optional[str] = None
    auth: str = ""
    expires_at: Optional[datetime] = None


@dataclass
class Offer(Record):
    """What can be trained with: ``capabilities`` (such as ``pause``) and ``members``, what a configuration may have."""

    name: str = ""
    title: str = ""
    description: str = ""
    capabilities: Dict[str, bool] = field(default_factory=dict)
    members: Dict[str, Dict[str, Any]] = field(default_factory=dict)
    rules: List[Dict[str, Any]] = field(default_factory=list)


@dataclass
class Engine(Offer):
    """What trains, and whether it can be started, as the monitor found it last (None: nobody has looked yet)."""

    available: Optional[bool] = None
    reachable: Optional[bool] = None
    reason: Optional[str] = None
    version: Optional[str] = None
    checked_at: Optional[datetime] = None
    needs: List[str] = field(default_factory=list)
    remote: bool = False


@dataclass
class Scenario(Offer):
    """An engine with defaults and limits of its own; ``engine_status`` says how that engine stands."""

    engine: str = ""
    engine_status: Dict[str, Any] = field(default_factory=dict)
    not_applied: List[str] = field(default_factory=list)
    network_settings: Dict[str, Any] = field(default_factory=dict)


@dataclass
class ConfigVersion(Record):
    """One change of the configuration; ``changed_by`` is None for the installation."""

    version: int = 0
    changed_at: Optional[datetime] = None
    changed_by: Optional[str] = None
    changes: List[Dict[str, Any]] = field(default_factory=list)


@dataclass
class HealthChange(Record):
    """A service's state from ``timestamp`` until ``until`` (None: still)."""

    timestamp: Optional[datetime] = None
    status: str = ""
    previous_status: str = ""
    until: Optional[datetime] = None
    duration_seconds: float = 0
    issues: List[str] = field(default_factory=list)
    response_time_ms: Optional[float] = None
