"""The names that one table of the models gives, as a kind of database has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Enum, Identity, Sequence, TypeDecorator

from flask_migrate_decl.autogenerate.default_names import default_constraint_name, default_name
from flask_migrate_decl.autogenerate.private import final_name

if TYPE_CHECKING:
    import collections.abc
    from collections.abc import Iterator

    from sqlalchemy import Column, Dialect, Table
    from sqlalchemy.types import TypeEngine


def index_names(table: Table, dialect: Dialect) -> collections.abc.Sequence[str]:
    """Return the names of a table's indexes."""
    return sorted(name for index in table.indexes if (name := final_name(index, dialect)))


def constraint_names(table: Table, dialect: Dialect) -> collections.abc.Sequence[str]:
    """Return the names of a table's constraints, on PostgreSQL also those that it makes up."""
    names = {final_name(constraint, dialect) for constraint in table.constraints}
    if dialect.name == "postgresql":
        names |= {
            default_constraint_name(constraint, table.name)
            for constraint in table.constraints
            if constraint.name is None
        }
    return sorted(name for name in names if name)


def enums_of(table: Table) -> Iterator[Enum]:
    """Give the enum types of a table's columns that have a name."""
    for column in table.columns:
        enum = _undecorated(column.type)
        if isinstance(enum, Enum) and enum.name:
            yield enum


def counted_column(table: Table) -> Column[int] | None:
    """Return the column that PostgreSQL counts up by a sequence that it makes for it."""
    column = table.autoincrement_column
    if column is None or isinstance(column.default, Sequence):
        return None
    has_own = column.server_default is not None
    return None if has_own and not isinstance(column.server_default, Identity) else column


def default_sequence(table: Table, dialect: Dialect) -> str | None:
    """Return the sequence that PostgreSQL makes for a SERIAL or identity column."""
    column = counted_column(table) if dialect.name == "postgresql" else None
    return None if column is None else default_name(table.name, [column.name], "seq")


def _undecorated(type_: TypeEngine[object]) -> TypeEngine[object]:
    """Return what is in an array, and what a type of the project's own is made of."""
    while isinstance(type_, ARRAY | TypeDecorator):
        type_ = type_.item_type if isinstance(type_, ARRAY) else type_.impl_instance
    return type_
