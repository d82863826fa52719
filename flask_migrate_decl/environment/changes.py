"""Alembic's diffs in words, one line each."""

from __future__ import annotations

from typing import Any

from flask_migrate_decl.renames import qualified


def describe_changes(diffs: list[Any]) -> tuple[str, ...]:
    """Word what a comparison found.

    :param diffs: tuples as ``alembic.autogenerate.compare_metadata`` gives them, and lists of such
        tuples where one column differs in several ways.
    """
    flat = [change for diff in diffs for change in (diff if isinstance(diff, list) else [diff])]
    return tuple(_describe(*change) for change in flat)


def _describe(kind: str, *what: Any) -> str:
    words = kind.replace("_", " ")
    if kind.startswith("rename_") or kind == "set_table_schema":
        schema, *owner, old, new = what
        return f"{words} {qualified(schema, '.'.join([*owner, old]))} → {new}"
    if kind.startswith("modify_"):
        schema, table, column, _existing, old, new = what
        return f"{words} of {qualified(schema, table)}.{column}: {_value(old)} → {_value(new)}"
    if kind in ("add_column", "remove_column"):
        schema, table, column = what
        return f"{words} {qualified(schema, table)}.{column.name}"
    return f"{words} {_name(what[0])}"


def _value(value: Any) -> str:
    """Return a type, a flag or a default as SQL would have it."""
    default = getattr(value, "arg", value)
    return repr(default) if isinstance(default, bool) else str(default)


def _name(item: Any) -> str:
    """Return the name of a table, or of an index or constraint together with its table."""
    name = str(getattr(item, "name", None) or "without a name")
    table = getattr(item, "table", None)
    return name if table is None else f"{name} of {qualified(table.schema, table.name)}"
