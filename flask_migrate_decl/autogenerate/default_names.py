"""The names that PostgreSQL gives to what has none, before a rename and after it.

It takes the names of the table and the columns and a label, as ``makeObjectName`` and its callers
in PostgreSQL's ``src/backend/commands/indexcmds.c`` and ``tablecmds.c`` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.schema import ColumnCollectionConstraint

from flask_migrate_decl.autogenerate.conventions import FormerName
from flask_migrate_decl.renames import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Constraint, Table

_LABELS = {
    PrimaryKeyConstraint: "pkey",
    UniqueConstraint: "key",
    ForeignKeyConstraint: "fkey",
}
_LONGEST = 63
"""Bytes of a name, as https://www.postgresql.org/docs/current/limits.html has it."""


def former_default_names(
    table: Table, old_table: str, old_columns: Mapping[str, str]
) -> Iterator[FormerName]:
    """Give the constraints without a name in the models, and what PostgreSQL called them.

    :param old_columns: the renamed columns, new name to old name.
    """
    for constraint in table.constraints:
        old = default_constraint_name(constraint, old_table, old_columns)
        new = default_constraint_name(constraint, table.name)
        if constraint.name is None and old != new and old is not None and new is not None:
            yield FormerName(Kind.CONSTRAINT, old, new)


def default_constraint_name(
    constraint: Constraint, table: str, columns: Mapping[str, str] | None = None
) -> str | None:
    """Return the name that PostgreSQL makes up for a key or a unique constraint.

    :param columns: other names for some of its columns.
    """
    label = _LABELS.get(type(constraint))
    if label is None:
        return None
    assert isinstance(constraint, ColumnCollectionConstraint)
    names = [] if label == "pkey" else [column.name for column in constraint.columns]
    return default_name(table, [(columns or {}).get(name, name) for name in names], label)


def default_name(table: str, columns: Sequence[str], label: str) -> str:
    """Return the name that PostgreSQL makes up; of two that are too long the longer one is cut."""
    first, second = table.encode(), "_".join(columns).encode()
    room = _LONGEST - len(label) - 1 - (1 if second else 0)
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    parts = [part.decode(errors="ignore") for part in (first, second) if part]
    return "_".join([*parts, label])
