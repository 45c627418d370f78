"""What is given on the command line and in files, read with sentences for what is wrong."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, List

from ..calls import Json
from .settings import UsageError


def count(value: str) -> int:
    if not value.isdigit():
        raise argparse.ArgumentTypeError(f"{value!r} is not a number from 0")
    return int(value)


def seconds(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1
    if not 0 <= number < 1e9:
        raise argparse.ArgumentTypeError(f"{value!r} is not a number of seconds")
    return number


def assignments(given: List[str]) -> Json:
    """rounds=10 model=mlp: a value that is JSON is that, anything else is text."""
    values: Json = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"{text!r} is not of the form MEMBER=VALUE.")
        try:
            values[name] = json.loads(value, parse_constant=str)
        except ValueError:
            values[name] = value
    return values


def read_json(name: str) -> Any:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        return json.loads(text)
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not text in UTF-8.") from None
    except ValueError as error:
        raise UsageError(f"{'Standard input' if name == '-' else name} is not JSON: {error}.") from None


def read_object(name: str) -> Json:
    value = read_json(name)
    if not isinstance(value, dict):
        raise UsageError(f"{'Standard input' if name == '-' else name} must hold a JSON object.")
    return value


def nested(given: List[str]) -> Json:
    """dashboard.refresh_interval=3000 becomes {"dashboard": {"refresh_interval": 3000}}."""
    top: Json = {}
    for path, value in assignments(given).items():
        *above, last = path.split(".")
        place = top
        for name in above:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise UsageError(f"{path} is set twice.")
        place[last] = value
    return top
