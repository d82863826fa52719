"""What columns and tables look like, read off SQLAlchemy's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, UniqueConstraint, types
from sqlalchemy.exc import SQLAlchemyError

from flask_migrate_decl.renames import ColumnTraits, TableTraits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy import Column, Dialect, Table
    from sqlalchemy.types import TypeEngine

_FAMILIES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (types.Boolean, "boolean"),
    (types.Enum, "enum"),
    (types.Uuid, "uuid"),
    (types.JSON, "json"),
    (types.ARRAY, "array"),
    (types.Integer, "integer"),
    (types.Numeric, "number"),
    (types.DateTime, "moment"),
    (types.Date, "date"),
    (types.Time, "time"),
    (types.Interval, "interval"),
    (types.LargeBinary, "bytes"),
    (types.String, "text"),
)
_CAST = re.compile(r"::[\w .\"]+(\[\])?$")


@dataclass(frozen=True)
class TraitsReader:
    """Reads what columns and tables look like.

    :param renamed_tables: likely renames, by which what the database's foreign keys point to is
        named, old full name to new one.
    """

    dialect: Dialect
    renamed_tables: Mapping[str, str] = field(default_factory=dict)

    def of_table(self, table: Table, schema: str | None) -> TableTraits:
        """Return what a table looks like."""
        return TableTraits(table.name, tuple(self.of_columns(table.columns)), schema)

    def of_columns(
        self, columns: Iterable[Column[Any]], changing: Collection[str] | None = None
    ) -> Iterator[ColumnTraits]:
        """Give what a table's columns look like.

        :param changing: those that go or come, and are given; ``None`` for all.
        """
        place = 0
        for column in columns:
            if changing is None or column.name in changing:
                yield self._of_column(column, place)
            if changing is None or column.name not in changing:
                place += 1

    def _of_column(self, column: Column[Any], place: int) -> ColumnTraits:
        type_ = self._type(column)
        return ColumnTraits(
            column.name,
            type_,
            _family(column.type, type_),
            place,
            bool(column.nullable),
            self._default(column),
            frozenset(_keys(column)),
            frozenset(self._references(column)),
        )

    def _type(self, column: Column[Any]) -> str:
        try:
            return column.type.compile(dialect=self.dialect)
        except Exception:  # A type of the project's own raises what it likes.
            return repr(column.type)

    def _default(self, column: Column[Any]) -> str | None:
        argument = getattr(column.server_default, "arg", None)
        if argument is None:
            return None
        text = argument if isinstance(argument, str) else self._sql(argument)
        return _CAST.sub("", text.strip("()")).strip("'").lower()

    def _sql(self, argument: Any) -> str:
        """Write a default, which may be known to some databases only."""
        try:
            return str(argument.compile(dialect=self.dialect))
        except SQLAlchemyError:
            return repr(argument)

    def _references(self, column: Column[Any]) -> Iterator[str]:
        for key in column.foreign_keys:
            table, _, name = key.target_fullname.rpartition(".")
            yield f"{self.renamed_tables.get(table, table)}.{name}"


def _family(type_: TypeEngine[Any], written: str) -> str:
    """Return what kind of value a type holds, MySQL's booleans among them."""
    if written.upper().startswith(("TINYINT(1)", "BOOL")):
        return "boolean"
    if isinstance(type_, types.TypeDecorator):
        type_ = type_.impl_instance
    return next((family for class_, family in _FAMILIES if isinstance(type_, class_)), "")


def _keys(column: Column[Any]) -> Iterator[str]:
    if column.primary_key:
        yield "primary key"
    for item in _single_keys(column):
        is_unique = isinstance(item, UniqueConstraint) or item.unique
        if is_unique or not column.foreign_keys:
            yield "unique" if is_unique else "index"


def _single_keys(column: Column[Any]) -> Iterator[Index | UniqueConstraint]:
    """Give what is indexed by a column alone; a foreign key's own index is MySQL's."""
    for item in (*column.table.indexes, *column.table.constraints):
        if isinstance(item, Index | UniqueConstraint):
            names = [part.name for part in item.columns]
            if names == [column.name]:
                yield item
