"""Patterns for the names of tables and columns."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_PATTERN = r"^[^.\x00]+(\.[^.\x00]+){0,2}$"
"""What editors are told of a pattern."""
_MOST_PARTS = 3


def checked_pattern(value: str) -> str:
    """Return a pattern for a table or a column.

    :raises PydanticCustomError: it can't match anything.
    """
    parts = value.split(".")
    if not value or "\x00" in value:
        raise _refusal("should be a pattern: it is empty or has a NUL in it")
    if not all(parts):
        raise _refusal("should have a text on both sides of each dot")
    if len(parts) > _MOST_PARTS:
        raise _refusal("should have at most three parts: a schema, a table and a column")
    return value


def _refusal(message: str) -> PydanticCustomError:
    return PydanticCustomError("drop_pattern", message)


def matches(pattern: str, names: Sequence[str]) -> bool:
    """Tell whether a pattern means a name, part by part; ``*`` and ``?`` stay within a part."""
    parts = pattern.split(".")
    return len(parts) == len(names) and all(map(fnmatchcase, names, parts))
