"""Declared renames as values."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from flask_migrate_decl.renames.mapping import TableKey


def qualified(schema: str | None, name: str) -> str:
    """Word a name with its schema, for people."""
    return f"{schema}.{name}" if schema else name


class Kind(StrEnum):
    """What is renamed, in the order in which renames are carried out.

    The value is the name of the list in which such hints are declared.
    """

    SCHEMA = "schemas"
    ENUM = "enums"
    ENUM_VALUE = "enum_values"
    SEQUENCE = "sequences"
    TABLE = "tables"
    COLUMN = "columns"
    CONSTRAINT = "constraints"
    INDEX = "indexes"

    @property
    def noun(self) -> str:
        """One of them, in words."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class SchemaRename:
    """A declared rename of a schema, with all that is in it.

    :param bind: the Flask-SQLAlchemy bind key, ``None`` for the default database.
    :param place: where the hint is declared, such as ``renames.schemas[0]``.
    :param id: the hint's own name, which tells it from an earlier one of the same names.
    """

    kind: ClassVar[Kind] = Kind.SCHEMA
    schema: ClassVar[None] = None
    owner: ClassVar[None] = None

    old: str
    new: str
    bind: str | None = None
    place: str = field(default="", compare=False)
    id: str | None = None

    def __str__(self) -> str:
        return f"{self.kind.noun} {self.old} → {self.new}"


@dataclass(frozen=True, slots=True)
class InSchemaRename:
    """A declared rename of something in a schema.

    :param schema: ``None`` for the default one.
    """

    kind: ClassVar[Kind]
    owner: ClassVar[None] = None

    old: str
    new: str
    schema: str | None = None
    bind: str | None = None
    place: str = field(default="", compare=False)
    id: str | None = None

    def __str__(self) -> str:
        return f"{self.kind.noun} {qualified(self.schema, self.old)} → {self.new}"


@dataclass(frozen=True, slots=True)
class EnumRename(InSchemaRename):
    """A declared rename of a native enum type."""

    kind = Kind.ENUM


@dataclass(frozen=True, slots=True)
class SequenceRename(InSchemaRename):
    """A declared rename of a sequence."""

    kind = Kind.SEQUENCE


@dataclass(frozen=True, slots=True)
class TableRename(InSchemaRename):
    """A declared rename of a table.

    :param to_schema: the schema it moves to, ``""`` for the default one; ``None`` where it stays
        in its own.
    """

    kind = Kind.TABLE

    to_schema: str | None = None

    @property
    def new_schema(self) -> str | None:
        """The schema in which the table is afterwards."""
        return self.schema if self.to_schema is None else self.to_schema or None

    def __str__(self) -> str:
        new = qualified(self.to_schema, self.new)
        return f"{self.kind.noun} {qualified(self.schema, self.old)} → {new}"


@dataclass(frozen=True, slots=True)
class InTableRename:
    """A declared rename of something that a table owns.

    :param table: the new or an earlier name of the table.
    """

    kind: ClassVar[Kind]

    table: str
    old: str
    new: str
    schema: str | None = None
    bind: str | None = None
    place: str = field(default="", compare=False)
    id: str | None = None

    @property
    def owner(self) -> str:
        """The table's name."""
        return self.table

    def __str__(self) -> str:
        return f"{self.kind.noun} {qualified(self.schema, self.table)}.{self.old} → {self.new}"


@dataclass(frozen=True, slots=True)
class ColumnRename(InTableRename):
    """A declared rename of a column."""

    kind = Kind.COLUMN


@dataclass(frozen=True, slots=True)
class ConstraintRename(InTableRename):
    """A declared rename of a unique, check, foreign-key or primary-key constraint."""

    kind = Kind.CONSTRAINT


@dataclass(frozen=True, slots=True)
class IndexRename(InTableRename):
    """A declared rename of an index."""

    kind = Kind.INDEX


@dataclass(frozen=True, slots=True)
class EnumValueRename:
    """A declared rename of one label of a native enum type.

    :param enum: the new or an earlier name of the type.
    """

    kind: ClassVar[Kind] = Kind.ENUM_VALUE

    enum: str
    old: str
    new: str
    schema: str | None = None
    bind: str | None = None
    place: str = field(default="", compare=False)
    id: str | None = None

    @property
    def owner(self) -> str:
        """The type's name."""
        return self.enum

    def __str__(self) -> str:
        return f"{self.kind.noun} {qualified(self.schema, self.enum)}.{self.old} → {self.new}"


Hint = SchemaRename | InSchemaRename | InTableRename | EnumValueRename
HINT_CLASSES: dict[str, type[Any]] = {
    hint_class.kind.value: hint_class
    for hint_class in (
        SchemaRename,
        EnumRename,
        EnumValueRename,
        SequenceRename,
        TableRename,
        ColumnRename,
        ConstraintRename,
        IndexRename,
    )
}
"""The class of each list's hints."""
OwnedHint = EnumValueRename | InTableRename
"""The hints of what belongs to a table or to an enum type."""


@dataclass(frozen=True, slots=True)
class Renames:
    """All declared renames, each kind's in the order in which they stand."""

    tables: tuple[TableRename, ...] = ()
    columns: tuple[ColumnRename, ...] = ()
    indexes: tuple[IndexRename, ...] = ()
    constraints: tuple[ConstraintRename, ...] = ()
    enums: tuple[EnumRename, ...] = ()
    enum_values: tuple[EnumValueRename, ...] = ()
    sequences: tuple[SequenceRename, ...] = ()
    schemas: tuple[SchemaRename, ...] = ()

    def __bool__(self) -> bool:
        return any(self._lists)

    @property
    def hints(self) -> tuple[Hint, ...]:
        """All hints, in the order in which their kinds are carried out."""
        return tuple(hint for kind in Kind for hint in self.of_kind(kind))

    def of_kind(self, kind: Kind) -> tuple[Hint, ...]:
        """Return the hints of one kind."""
        hints: tuple[Hint, ...] = getattr(self, kind.value)
        return hints

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
        return self.in_schemas(lambda named: None if named == schema else named)

    def in_schemas(self, renamed: Callable[[str | None], str | None]) -> Renames:
        """Return the hints with other schemas.

        :param renamed: gives the schema for one that a hint names.
        """
        return self._each(lambda hints: tuple(in_schema(hint, renamed) for hint in hints))

    @property
    def _lists(self) -> tuple[tuple[Hint, ...], ...]:
        return tuple(getattr(self, listed.name) for listed in fields(self))

    def _where(self, is_wanted: Callable[[Hint], bool]) -> Renames:
        return self._each(lambda hints: tuple(filter(is_wanted, hints)))

    def _each(self, changed: Callable[[tuple[Hint, ...]], tuple[Hint, ...]]) -> Renames:
        lists: dict[str, Any] = {
            listed.name: changed(getattr(self, listed.name)) for listed in fields(self)
        }
        return Renames(**lists)


def key_ends(hint: Hint) -> tuple[TableKey, TableKey]:
    """Return the old and the new name of a hint, each with its schema."""
    new_schema = hint.new_schema if isinstance(hint, TableRename) else hint.schema
    return (hint.schema, hint.old), (new_schema, hint.new)


def in_owner(hint: OwnedHint, key: TableKey) -> OwnedHint:
    """Return a hint with its table or type, and the schema of that, as they are called."""
    owner = "enum" if isinstance(hint, EnumValueRename) else "table"
    changes: dict[str, Any] = {"schema": key[0], owner: key[1]}
    return replace(hint, **changes)


def in_schema(hint: Hint, renamed: Callable[[str | None], str | None]) -> Hint:
    """Return a hint with other schemas.

    :param renamed: gives the schema for the one that the hint names.
    """
    if isinstance(hint, TableRename) and hint.to_schema is not None:
        hint = replace(hint, to_schema=renamed(hint.to_schema) or "")
    if isinstance(hint, SchemaRename) or hint.schema is None:
        return hint
    return replace(hint, schema=renamed(hint.schema))
