"""The names that one table of the models gives, as a kind of database has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Enum, Sequence, TypeDecorator

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
        enum = undecorated(column.type)
        if isinstance(enum, Enum) and enum.name:
            yield enum


def counted_columns(table: Table) -> Iterator[Column[int]]:
    """Give the columns that PostgreSQL counts up by sequences that it makes for them.

    They are identity columns, and the key that SQLAlchemy makes a SERIAL column.
    """
    for column in table.columns:
        is_serial = column is table.autoincrement_column and column.server_default is None
        if column.identity or (is_serial and not isinstance(column.default, Sequence)):
            yield column


def default_sequences(table: Table, dialect: Dialect) -> collections.abc.Sequence[str]:
    """Return the sequences that PostgreSQL makes for SERIAL and identity columns."""
    columns = counted_columns(table) if dialect.name == "postgresql" else ()
    return [default_name(table.name, [column.name], "seq") for column in columns]


def undecorated(type_: TypeEngine[object]) -> TypeEngine[object]:
    """Return what is in an array, and what a type of the project's own is made of."""
    while isinstance(type_, ARRAY | TypeDecorator):
        type_ = type_.item_type if isinstance(type_, ARRAY) else type_.impl_instance
    return type_
