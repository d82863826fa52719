"""Declared renames, from a section's values to the values that carry them out, and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from flask_migrate_decl.config.settings import HINT_MODELS, RenameHints
from flask_migrate_decl.renames.hints import HINT_CLASSES, Renames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flask_migrate_decl.config.section import Section
    from flask_migrate_decl.config.toml.layout import KeyPath

_PLACE = re.compile(r"renames\.(\w+)\[(\d+)\]")


def renames_of(hints: RenameHints) -> Renames:
    """Return valid hints as renames."""
    return _renames({kind: enumerate(getattr(hints, kind)) for kind in HINT_MODELS})


def declared_renames(section: Mapping[str, Any]) -> Renames:
    """Return the renames of a section that may have mistakes in it: of hints that have none."""
    return _renames({kind: _valid_hints(section, kind) for kind in HINT_MODELS})


def hint_path(place: str) -> KeyPath:
    """Return the path in the section of a rename's ``place``."""
    match = _PLACE.fullmatch(place)
    assert match is not None
    return "renames", match[1], int(match[2])


def items_in(table: Any, key: str) -> list[Any]:
    """Return the items of a list in a table, either of which may be missing or something else."""
    found = table.get(key) if isinstance(table, dict) else None
    return found if isinstance(found, list) else []


def _renames(lists: Mapping[str, Iterable[tuple[int, Section]]]) -> Renames:
    """Return hints, each with its position in its list, as renames."""
    renames: dict[str, Any] = {
        kind: tuple(
            HINT_CLASSES[kind](place=f"renames.{kind}[{position}]", **_values(hint))
            for position, hint in hints
        )
        for kind, hints in lists.items()
    }
    return Renames(**renames)


def _values(hint: Section) -> dict[str, Any]:
    return {name.removesuffix("_"): getattr(hint, name) for name in type(hint).model_fields}


def _valid_hints(section: Mapping[str, Any], kind: str) -> Iterator[tuple[int, Section]]:
    for position, hint in enumerate(items_in(section.get("renames"), kind)):
        try:
            yield position, HINT_MODELS[kind].model_validate(hint)
        except ValidationError:
            continue
