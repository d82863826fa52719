"""Declared renames as values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def qualified(schema: str | None, name: str) -> str:
    """Word a table's name with its schema, for people."""
    return f"{schema}.{name}" if schema else name


@dataclass(frozen=True, slots=True)
class TableRename:
    """A declared rename of a table.

    :param schema: the table's schema, ``None`` for the default one.
    :param bind: the Flask-SQLAlchemy bind key, ``None`` for the default database.
    :param place: where the hint is declared, such as ``renames.tables[0]``.
    """

    old: str
    new: str
    schema: str | None = None
    bind: str | None = None
    place: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"table {qualified(self.schema, self.old)} → {self.new}"


@dataclass(frozen=True, slots=True)
class ColumnRename:
    """A declared rename of a column.

    :param table: the new or an earlier name of the column's table.
    """

    table: str
    old: str
    new: str
    schema: str | None = None
    bind: str | None = None
    place: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"column {qualified(self.schema, self.table)}.{self.old} → {self.new}"


Hint = TableRename | ColumnRename
AnyHint = TypeVar("AnyHint", TableRename, ColumnRename)


@dataclass(frozen=True, slots=True)
class Renames:
    """All declared renames, in the order in which they stand."""

    tables: tuple[TableRename, ...] = ()
    columns: tuple[ColumnRename, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tables or self.columns)

    @property
    def hints(self) -> tuple[Hint, ...]:
        """All hints, the tables' before the columns'."""
        return (*self.tables, *self.columns)

    def of_bind(self, bind: str | None) -> Renames:
        """Return the hints that work on one database."""
        return self._where(lambda hint: hint.bind == bind)

    def of_other_binds(self, bind: str | None) -> Renames:
        """Return the hints that work on any database but one."""
        return self._where(lambda hint: hint.bind != bind)

    def without(self, places: Collection[str]) -> Renames:
        """Return the hints that do not stand at some places."""
        return self._where(lambda hint: hint.place not in places)

    def in_default_schema(self, schema: str | None) -> Renames:
        """Take hints that name the default schema for hints that name none, as Alembic does."""

        def unnamed(hint: AnyHint) -> AnyHint:
            return replace(hint, schema=None) if hint.schema == schema else hint

        return Renames(tuple(map(unnamed, self.tables)), tuple(map(unnamed, self.columns)))

    def _where(self, is_wanted: Callable[[Hint], bool]) -> Renames:
        return Renames(
            tuple(filter(is_wanted, self.tables)), tuple(filter(is_wanted, self.columns))
        )
