"""CSV of the API as pandas data frames; pandas is imported only when one is asked for."""

from __future__ import annotations

import importlib
import io
from typing import Any, List


def from_csv(text: str, times: List[str], index: List[str]) -> Any:
    try:
        pandas: Any = importlib.import_module("pandas")
    except ImportError:
        raise ImportError("Data frames need pandas: pip install 'flopy-net-client[pandas]'") from None
    return pandas.read_csv(io.StringIO(text), parse_dates=times, index_col=index if len(index) > 1 else index[0])


def rounds(text: str) -> Any:
    return from_csv(text, ["started_at", "completed_at"], ["round"])


def clients(text: str) -> Any:
    return from_csv(text, [], ["round", "client"])
