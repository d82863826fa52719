"""The names that a naming convention gave to constraints and indexes before a rename.

SQLAlchemy is asked for them, with a table that has the old names: a convention may hold functions
of the project's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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
        before = self._before(table)
        items: list[Constraint | Index] = [*table.indexes, *table.constraints]
        for item in items:
            if not isinstance(item.name, conv):
                continue
            old_item = self._item_before(item, before)
            old = None if old_item is None else final_name(old_item, self.dialect)
            new = final_name(item, self.dialect)
            if old is not None and new is not None and old != new:
                kind = Kind.INDEX if isinstance(item, Index) else Kind.CONSTRAINT
                yield FormerName(kind, old, new)

    def _before(self, table: Table) -> Table:
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

    def _item_before(self, item: Constraint | Index, before: Table) -> Constraint | Index | None:
        """Return a constraint or index on the table of old names, named by the convention."""
        if isinstance(item, CheckConstraint):
            return self._check_before(item, before)
        assert isinstance(item.table, Table)
        key = self._key(item.table)
        parts = _columns(item)
        names = [self.old_column(key, part.name) for part in parts if getattr(part, "name", None)]
        columns = [before.columns[name] for name in names if name and name in before.columns]
        if not columns or len(columns) < len(parts):
            return None
        if isinstance(item, Index):
            return Index(None, *columns)
        made = self._constraint(item, columns)
        before.append_constraint(made)
        return made

    def _constraint(self, item: Constraint | Index, columns: list[Column[Any]]) -> Constraint:
        if isinstance(item, ForeignKeyConstraint):
            parents = [self._parent(element, columns[0]) for element in item.elements]
            return ForeignKeyConstraint(columns, parents)
        if isinstance(item, UniqueConstraint):
            return UniqueConstraint(*columns)
        return PrimaryKeyConstraint(*columns)

    def _parent(self, element: ForeignKey, own: Column[Any]) -> Column[Any]:
        """Return what a foreign key points to, with its old names."""
        key = self._key(element.column.table)
        schema, name = self.old_table(key)
        column = self.old_column(key, element.column.name) or element.column.name
        table = Table(name, own.table.metadata, schema=schema, keep_existing=True)
        if column not in table.columns:
            table.append_column(Column(column, element.column.type))
        return table.columns[column]

    def _check_before(self, item: CheckConstraint, before: Table) -> CheckConstraint | None:
        """Return a check with the name that it was given, which the convention put into its own."""
        assert isinstance(item.table, Table)
        after = Table(item.table.name, MetaData(), schema=item.table.schema)
        after.metadata.naming_convention = before.metadata.naming_convention
        pattern = CheckConstraint("true", name=_GIVEN)
        after.append_constraint(pattern)
        start, given, end = str(pattern.name).partition(_GIVEN)
        match = re.fullmatch(f"{re.escape(start)}(.+){re.escape(end)}", str(item.name))
        if not given or match is None:
            return None
        check = CheckConstraint("true", name=match[1])
        before.append_constraint(check)
        return check

    def _key(self, table: Table) -> TableKey:
        return (None if table.schema == self.default_schema else table.schema), table.name


def _columns(item: Constraint | Index) -> list[Any]:
    if isinstance(item, Index):
        return list(item.expressions)
    return list(getattr(item, "columns", ()))
