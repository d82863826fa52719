"""Schemas as values: what the made-up models consist of.

Every column, table and key has an ``id`` that stays when its name changes; so the difference of
two versions of a schema says by itself what was renamed, added and dropped.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy


@dataclass(frozen=True)
class Type:
    """A type that a column may have.

    :param make: gives SQLAlchemy's type, from the column's id.
    :param value: gives a value for a row's number; each another one, where ``is_distinct``.
    :param wider: a type that takes all values of this one.
    :param default: a default of the server, as SQL.
    """

    make: Callable[[int], sa.types.TypeEngine[Any]]
    value: Callable[[int], Any]
    is_distinct: bool = True
    is_key: bool = False
    wider: str | None = None
    default: str | None = None


TYPES: Mapping[str, Type] = {
    "integer": Type(lambda _: sa.Integer(), lambda n: n, is_key=True, wider="big", default="7"),
    "big": Type(lambda _: sa.BigInteger(), lambda n: n + 2**40, is_key=True),
    "string": Type(
        lambda _: sa.String(30),
        lambda n: f"it's {n}: 100% ü",
        is_key=True,
        wider="longer",
        default="'x'",
    ),
    "longer": Type(lambda _: sa.String(60), lambda n: f"l{n}", is_key=True, wider="text"),
    "text": Type(lambda _: sa.Text(), lambda n: f"text {n}"),
    "numeric": Type(
        lambda _: sa.Numeric(8, 2), lambda n: Decimal(n) + Decimal("0.25"), wider="precise"
    ),
    "precise": Type(lambda _: sa.Numeric(12, 2), lambda n: Decimal(n) + Decimal("0.5")),
    "boolean": Type(lambda _: sa.Boolean(), lambda n: n % 2 == 0, is_distinct=False),
    "datetime": Type(
        lambda _: sa.DateTime(),
        lambda n: datetime.datetime(2020, 1, n, 12, 30),
        default="CURRENT_TIMESTAMP",
    ),
    "date": Type(lambda _: sa.Date(), lambda n: datetime.date(2020, 1, n)),
    "float": Type(lambda _: sa.Float(), lambda n: n + 0.5),
    "enum": Type(
        lambda column: sa.Enum("red", "blue", name=f"colour_{column}"),
        lambda n: "red" if n % 2 else "blue",
        is_distinct=False,
    ),
    "binary": Type(lambda _: sa.LargeBinary(), lambda n: bytes([n, 0, 255]), is_distinct=False),
}
KEY_TYPES = tuple(name for name, found in TYPES.items() if found.is_key)

PLAIN_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
LONG_CONVENTION = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s_"
    "%(referred_column_0_name)s",
    "pk": "pk_%(table_name)s",
}


@dataclass(frozen=True)
class Column:
    """A column.

    :param has_nulls: some of its rows have no value.
    :param default: it has its type's default of the server.
    """

    id: int
    name: str
    type: str
    nullable: bool = True
    has_nulls: bool = False
    default: bool = False
    comment: str | None = None

    def __str__(self) -> str:
        marks = [mark for mark in ("nullable", "has_nulls", "default") if getattr(self, mark)]
        comment = [f"comment {self.comment!r}"] if self.comment else []
        return " ".join([repr(self.name), self.type, *marks, *comment])

    def build(self) -> sa.Column[Any]:
        """Make SQLAlchemy's column."""
        found = TYPES[self.type]
        return sa.Column(
            self.name,
            found.make(self.id),
            nullable=self.nullable,
            server_default=sa.text(found.default) if self.default and found.default else None,
            comment=self.comment,
        )


@dataclass(frozen=True)
class Key:
    """A unique constraint, an index or a check.

    :param kind: ``unique``, ``index``, ``unique index`` or ``check``.
    :param columns: the ids of its columns.
    :param name: ``None`` to leave it to the convention or the database.
    """

    id: int
    kind: str
    columns: tuple[int, ...]
    name: str | None

    def build(self, columns: Mapping[int, sa.Column[Any]]) -> sa.Constraint | sa.Index:
        """Make SQLAlchemy's index or constraint."""
        own = [columns[column] for column in self.columns]
        if self.kind == "unique":
            return sa.UniqueConstraint(*own, name=self.name)
        if self.kind == "check":
            return sa.CheckConstraint(own[0] != self.id + 1000, name=self.name)
        return sa.Index(self.name, *own, unique=self.kind == "unique index")


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key.

    :param columns: the ids of its columns.
    :param parent: the id of the table that it points to, which may be its own.
    :param parent_columns: the ids of the columns there.
    """

    id: int
    columns: tuple[int, ...]
    parent: int
    parent_columns: tuple[int, ...]
    ondelete: str | None
    name: str | None


@dataclass(frozen=True)
class Table:
    """A table.

    :param primary_key: the ids of the columns of its primary key.
    :param rows: how many rows it has.
    """

    id: int
    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[int, ...]
    keys: tuple[Key, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    comment: str | None = None
    rows: int = 1

    def column(self, column: int) -> Column:
        """Return a column by its id."""
        return next(found for found in self.columns if found.id == column)

    @property
    def names(self) -> Mapping[int, str]:
        """The columns' names by their ids."""
        return {column.id: column.name for column in self.columns}

    def with_names(self, name: str, columns: Mapping[int, str]) -> Table:
        """Return the same table under other names."""
        renamed = (replace(found, name=columns[found.id]) for found in self.columns)
        return replace(self, name=name, columns=tuple(renamed))


@dataclass(frozen=True)
class Schema:
    """The models of one version of a project: each table stands behind those it points to."""

    tables: tuple[Table, ...]
    convention: dict[str, str] | None = None

    def table(self, table: int) -> Table:
        """Return a table by its id."""
        return next(found for found in self.tables if found.id == table)

    @property
    def names(self) -> Mapping[int, str]:
        """The tables' names by their ids."""
        return {table.id: table.name for table in self.tables}

    def with_table(self, table: Table) -> Schema:
        """Return the schema with a table in the place of its earlier version."""
        tables = (table if found.id == table.id else found for found in self.tables)
        return replace(self, tables=tuple(tables))

    def children(self, table: int) -> Iterator[ForeignKey]:
        """Give the foreign keys that point to a table."""
        for found in self.tables:
            yield from (key for key in found.foreign_keys if key.parent == table)

    def define(self, db: SQLAlchemy) -> None:
        """Define the models."""
        columns: dict[int, sa.Column[Any]] = {}
        for table in self.tables:
            own = {column.id: column.build() for column in table.columns}
            columns |= own
            built = db.Table(table.name, *own.values(), comment=table.comment)
            built.append_constraint(sa.PrimaryKeyConstraint(*(own[n] for n in table.primary_key)))
            for key in table.foreign_keys:
                built.append_constraint(
                    sa.ForeignKeyConstraint(
                        [own[column] for column in key.columns],
                        [columns[column] for column in key.parent_columns],
                        ondelete=key.ondelete,
                        name=key.name,
                    )
                )
            for item in table.keys:
                made = item.build(own)
                if isinstance(made, sa.Constraint):
                    built.append_constraint(made)

    def explained(self) -> Iterator[str]:
        """Word the models, some lines for each table."""
        for table in self.tables:
            names, key = table.names, [table.names[n] for n in table.primary_key]
            yield f"{table.name!r}: {table.rows} rows, primary key {key}, comment {table.comment!r}"
            yield from (f"    {column}" for column in table.columns)
            for item in table.keys:
                yield f"    {item.kind} {[names[n] for n in item.columns]} named {item.name!r}"
            for found in table.foreign_keys:
                parent = self.table(found.parent)
                own, theirs = (
                    [table.names[n] for n in found.columns],
                    [parent.names[n] for n in found.parent_columns],
                )
                yield (
                    f"    foreign key {own} to {parent.name!r} {theirs}, "
                    f"on delete {found.ondelete}, named {found.name!r}"
                )
