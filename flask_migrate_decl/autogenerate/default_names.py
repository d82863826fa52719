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

    from sqlalchemy import Table

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
        label = _LABELS.get(type(constraint))
        if label is None or constraint.name is not None:
            continue
        assert isinstance(constraint, ColumnCollectionConstraint)
        columns = [] if label == "pkey" else [column.name for column in constraint.columns]
        old = default_name(old_table, [old_columns.get(name, name) for name in columns], label)
        new = default_name(table.name, columns, label)
        if old != new:
            yield FormerName(Kind.CONSTRAINT, old, new)


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
