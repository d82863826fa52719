"""The names that a naming convention gave to constraints and indexes before a rename.

SQLAlchemy is asked for them, with a table that has the old names: a convention may hold functions
of the project's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    and_,
    true,
)
from sqlalchemy.schema import conv

from flask_migrate_decl.autogenerate.private import final_name
from flask_migrate_decl.renames import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Constraint, Dialect

    from flask_migrate_decl.renames import TableKey

_GIVEN = "given name"


@dataclass(frozen=True, slots=True)
class FormerName:
    """A constraint or index of the models whose name follows from others.

    :param kind: an index or a constraint.
    """

    kind: Kind
    old: str
    new: str


@dataclass(frozen=True)
class Conventions:
    """Names of a table's parts, as they were before the renames.

    :param old_table: what a table of the models is called in the database.
    :param old_column: what a column of a table of the models is called in the database, ``None``
        where it is not there.
    """

    dialect: Dialect
    default_schema: str | None
    old_table: Callable[[TableKey], TableKey]
    old_column: Callable[[TableKey, str], str | None]

    def former_names(self, table: Table) -> Iterator[FormerName]:
        """Give what the convention called otherwise, before the renames."""
        before, after = self._named(table), self._today._named(table)
        items: list[Constraint | Index] = [*table.indexes, *table.constraints]
        for item in items:
            if not isinstance(item.name, conv):
                continue
            given = self._today._given_name(item, after)
            old_item = None if given is None else self._made(item, before, given or None)
            old = None if old_item is None else final_name(old_item, self.dialect)
            new = final_name(item, self.dialect)
            if old is not None and new is not None and old != new:
                kind = Kind.INDEX if isinstance(item, Index) else Kind.CONSTRAINT
                yield FormerName(kind, old, new)

    @property
    def _today(self) -> Conventions:
        """The same, with the names that the models have."""
        return replace(self, old_table=lambda key: key, old_column=lambda _key, name: name)

    def _named(self, table: Table) -> Table:
        """Return a table with the old names of the table and its columns, and no more."""
        key = self._key(table)
        schema, name = self.old_table(key)
        columns = [
            Column(old, column.type)
            for column in table.columns
            if (old := self.old_column(key, column.name)) is not None
        ]
        metadata = MetaData(naming_convention=table.metadata.naming_convention)
        return Table(name, metadata, *columns, schema=schema)

    def _given_name(self, item: Constraint | Index, table: Table) -> str | None:
        """Return the name that an item was given, which the convention put into its own.

        :return: ``""`` where the convention has no place for one, and ``None`` where the name is
            not of the convention.
        """
        pattern = self._made(item, table, _GIVEN)
        if pattern is None or not isinstance(pattern.name, conv):
            return None if isinstance(item, CheckConstraint) else ""
        start, _, end = str(pattern.name).partition(_GIVEN)
        match = re.fullmatch(f"{re.escape(start)}(.+){re.escape(end)}", str(item.name))
        return match and match[1]

    def _made(
        self, item: Constraint | Index, table: Table, name: str | None
    ) -> Constraint | Index | None:
        """Return a constraint or index on a table of old names, named by the convention."""
        assert isinstance(item.table, Table)
        key = self._key(item.table)
        parts = _columns(item)
        names = [self.old_column(key, part.name) for part in parts if getattr(part, "name", None)]
        columns = [table.columns[name] for name in names if name and name in table.columns]
        if isinstance(item, CheckConstraint):
            made: Constraint = CheckConstraint(and_(true(), *columns), name=name)
        elif not columns or len(columns) < len(parts):
            return None
        elif isinstance(item, Index):
            return Index(name, *columns)
        else:
            made = self._constraint(item, columns, name)
        table.append_constraint(made)
        return made

    def _constraint(
        self, item: Constraint | Index, columns: list[Column[Any]], name: str | None
    ) -> Constraint:
        if isinstance(item, ForeignKeyConstraint):
            parents = [self._parent(element, columns[0]) for element in item.elements]
            return ForeignKeyConstraint(columns, parents, name=name)
        if isinstance(item, UniqueConstraint):
            return UniqueConstraint(*columns, name=name)
        return PrimaryKeyConstraint(*columns, name=name)

    def _parent(self, element: ForeignKey, own: Column[Any]) -> Column[Any]:
        """Return what a foreign key points to, with its old names."""
        key = self._key(element.column.table)
        schema, name = self.old_table(key)
        column = self.old_column(key, element.column.name) or element.column.name
        table = Table(name, own.table.metadata, schema=schema, keep_existing=True)
        if column not in table.columns:
            table.append_column(Column(column, element.column.type))
        return table.columns[column]

    def _key(self, table: Table) -> TableKey:
        return (None if table.schema == self.default_schema else table.schema), table.name


def _columns(item: Constraint | Index) -> list[Any]:
    if isinstance(item, Index):
        return list(item.expressions)
    return list(getattr(item, "columns", ()))
