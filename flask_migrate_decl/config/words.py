"""Places and values of a configuration in words."""

from __future__ import annotations

import datetime
import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TYPES: Sequence[tuple[type | tuple[type, ...], str]] = (
    (str, "a text"),
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number"),
    (list, "a list"),
    (dict, "a table"),
    ((datetime.date, datetime.time), "a date or time"),
)


def dotted(path: Sequence[str | int]) -> str:
    """Write a path as TOML would, with positions of lists in brackets."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{_written(step)}" if text else _written(step)
    return text


def _written(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def kind_of(value: object) -> str:
    """Name a value's type as people do, and never the value itself, which may be a secret."""
    return next((words for kind, words in _TYPES if isinstance(value, kind)), "something else")
