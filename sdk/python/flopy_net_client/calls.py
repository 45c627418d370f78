"""A call of the API as a value: what to send and how to read the answer.  Pure, so that the two clients share all but the waiting."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Generic, List, Mapping, Optional, Set, Tuple, TypeVar, Union
from urllib.parse import quote

T = TypeVar("T")
Json = Dict[str, Any]
When = Union[str, datetime]

#: What the API gives at most in one page.
PAGE = 100


@dataclass
class Call(Generic[T]):
    """``safe``: may be sent again when it is not known whether the server got it.  ``form``: ``json``, ``text`` or ``bytes``.
    ``accept``: statuses above 399 whose body is an answer all the same.  ``etag``: read a pair of the body and its ETag."""

    method: str
    path: str
    read: Callable[[Any], T]
    params: Dict[str, str] = field(default_factory=dict)
    body: Optional[Mapping[str, Any]] = None
    headers: Dict[str, str] = field(default_factory=dict)
    safe: bool = True
    form: str = "json"
    accept: Tuple[int, ...] = ()
    etag: bool = False


@dataclass
class Page(Generic[T]):
    """One page of a list; ``total`` counts all that the filters let through."""

    items: List[T]
    total: int
    limit: int
    offset: int


def moment(value: When) -> str:
    """RFC 3339 in UTC; a naive ``datetime`` is taken as UTC."""
    if isinstance(value, str):
        return value
    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone.utc)
    return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def params(**values: Any) -> Dict[str, str]:
    """Query parameters without those that are None; times in RFC 3339, truth as true and false, sequences with commas."""

    def text(value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, datetime):
            return moment(value)
        if isinstance(value, (list, tuple, set)):
            return ",".join(str(v) for v in value)
        return str(value)

    return {name.rstrip("_"): text(value) for name, value in values.items() if value is not None}


def body(**values: Any) -> Json:
    """A JSON object without the members that are None; times in RFC 3339."""
    return {name: moment(v) if isinstance(v, datetime) else v for name, v in values.items() if v is not None}


def at(*parts: str) -> str:
    return "/" + "/".join(quote(part, safe="") for part in parts)


def once(key: Optional[str] = None) -> Dict[str, str]:
    """The header that makes a repeated create harmless."""
    return {"Idempotency-Key": key or str(uuid.uuid4())}


# Readers of answers


def same(data: Any) -> Json:
    return data if isinstance(data, dict) else {}


def number(data: Any) -> int:
    return data if isinstance(data, int) else 0


def entries(data: Any) -> List[Any]:
    return data if isinstance(data, list) else []


def nothing(_: Any) -> None:
    return None


def member(name: str, read: Callable[[Any], T]) -> Callable[[Any], T]:
    return lambda data: read(same(data).get(name))


def items(name: str, read: Callable[[Any], T]) -> Callable[[Any], List[T]]:
    return lambda data: [read(item) for item in entries(same(data).get(name))]


def page(name: str, read: Callable[[Any], T]) -> Callable[[Any], Page[T]]:
    def parse(data: Any) -> Page[T]:
        data = same(data)
        found = [read(item) for item in entries(data.get(name))]
        return Page(found, number(data.get("total")), number(data.get("limit")) or len(found), number(data.get("offset")))

    return parse


class Pages(Generic[T]):
    """Which page to ask for next, and which of its items are new (by the attributes in ``key``): a list may move while it is read, and then repeats some."""

    def __init__(self, call: Callable[[int, int], Call[Page[T]]], *key: str) -> None:
        self._call = call
        self._key = key
        self._seen: Set[object] = set()
        self._offset = 0
        self.done = False

    def next(self) -> Call[Page[T]]:
        return self._call(PAGE, self._offset)

    def _of(self, item: T) -> object:
        return tuple(getattr(item, name) for name in self._key)

    def take(self, page: Page[T]) -> List[T]:
        self._offset += len(page.items)
        self.done = not page.items or self._offset >= page.total
        fresh = [item for item in page.items if self._of(item) not in self._seen]
        self._seen.update(self._of(item) for item in fresh)
        return fresh
