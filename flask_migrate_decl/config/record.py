"""The hints that a revision carries out, as comments in its script: ``# renames.columns: {…}``.

They are written as they stand in a section, so that a person can read them, and they stand above
the operations, so that they are there with a project's own template too.
"""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import tomli

from flask_migrate_decl.config.editing import NewHint
from flask_migrate_decl.renames.hints import HINT_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_migrate_decl.renames.hints import Hint

_KEYS = {"old": "from", "new": "to"}
_MARK = b"# renames."
_LINE = re.compile(r"^\s*# renames\.(\w+): (\{.*\})\s*$", re.MULTILINE)


def record_line(hint: Hint) -> str:
    """Return the comment that records a hint."""
    values = {
        _KEYS.get(name, name): value
        for name in _names(type(hint))
        if (value := getattr(hint, name)) is not None
    }
    return f"# renames.{hint.kind}: {NewHint(hint.kind, values).inline}"


def recorded_hints(source: bytes) -> Iterator[Hint]:
    """Give the hints that a script's source records; a line that somebody broke is none."""
    if _MARK not in source:
        return
    for match in _LINE.finditer(source.decode(errors="replace")):
        hint_class = HINT_CLASSES.get(match[1])
        if hint_class is not None and (hint := _hint(hint_class, match[2])) is not None:
            yield hint


def _hint(hint_class: type[Any], inline: str) -> Hint | None:
    try:
        values = tomli.loads(f"hint = {inline}")["hint"]
        given = {name: values.pop(_KEYS.get(name, name), None) for name in _names(hint_class)}
        hint: Hint = hint_class(**{name: value for name, value in given.items() if value})
    except (tomli.TOMLDecodeError, TypeError):
        return None
    return hint if not values and all(isinstance(v, str) for v in given.values() if v) else None


def _names(hint_class: type[Any]) -> list[str]:
    """Return the fields that a section has for a hint, in the order in which they are written."""
    return [field.name for field in fields(hint_class) if field.name != "place"]
