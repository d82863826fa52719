"""Values of a configuration in words."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TYPES: Sequence[tuple[type | tuple[type, ...], str]] = (
    (str, "a text"),
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number"),
    (list, "a list"),
    (dict, "a table"),
    ((datetime.date, datetime.time), "a date or time"),
)


def kind_of(value: object) -> str:
    """Name a value's type as people do, and never the value itself, which may be a secret."""
    return next((words for kind, words in _TYPES if isinstance(value, kind)), "something else")
