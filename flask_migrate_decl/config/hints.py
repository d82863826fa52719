"""Declared renames, from a section's values to the values that carry them out, and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from flask_migrate_decl.config.settings import ColumnHint, RenameHints, TableHint
from flask_migrate_decl.renames import ColumnRename, Renames, TableRename

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flask_migrate_decl.config.toml.layout import KeyPath

_AnyHint = TypeVar("_AnyHint", TableHint, ColumnHint)
_PLACE = re.compile(r"renames\.(\w+)\[(\d+)\]")


def renames_of(hints: RenameHints) -> Renames:
    """Return valid hints as renames."""
    return _renames([*enumerate(hints.tables)], [*enumerate(hints.columns)])


def _renames(
    tables: Sequence[tuple[int, TableHint]], columns: Sequence[tuple[int, ColumnHint]]
) -> Renames:
    """Return hints, each with its position in its list, as renames."""
    return Renames(
        tuple(TableRename(**_common("tables", n, hint)) for n, hint in tables),
        tuple(ColumnRename(table=hint.table, **_common("columns", n, hint)) for n, hint in columns),
    )


def declared_renames(section: Mapping[str, Any]) -> Renames:
    """Return the renames of a section that may have mistakes in it: of hints that have none."""
    return _renames(
        list(_valid_hints(section, "tables", TableHint)),
        list(_valid_hints(section, "columns", ColumnHint)),
    )


def hint_path(place: str) -> KeyPath:
    """Return the path in the section of a rename's ``place``."""
    match = _PLACE.fullmatch(place)
    assert match is not None
    return "renames", match[1], int(match[2])


def _common(kind: str, position: int, hint: TableHint | ColumnHint) -> dict[str, Any]:
    return {
        "old": hint.old,
        "new": hint.new,
        "schema": hint.schema_,
        "bind": hint.bind,
        "place": f"renames.{kind}[{position}]",
    }


def items_in(table: Any, key: str) -> list[Any]:
    """Return the items of a list in a table, either of which may be missing or something else."""
    found = table.get(key) if isinstance(table, dict) else None
    return found if isinstance(found, list) else []


def _valid_hints(
    section: Mapping[str, Any], kind: str, model: type[_AnyHint]
) -> Iterator[tuple[int, _AnyHint]]:
    for position, hint in enumerate(items_in(section.get("renames"), kind)):
        try:
            yield position, model.model_validate(hint)
        except ValidationError:
            continue
