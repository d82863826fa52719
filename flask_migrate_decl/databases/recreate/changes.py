"""What a batch changes on purpose, read off what Alembic has made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.exc import CompileError
from sqlalchemy.types import Enum, SchemaType, String, TypeEngine

from flask_migrate_decl.databases.recreate import traits as kinds
from flask_migrate_decl.databases.recreate.tokens import names, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alembic.operations.batch import ApplyBatchImpl
    from sqlalchemy import Connection, Constraint, Table

    from flask_migrate_decl.databases.recreate.traits import Trait

_CONSTRAINTS = {
    kinds.UNIQUE: UniqueConstraint,
    kinds.FOREIGN_KEY: ForeignKeyConstraint,
}
_OPTIONS = {
    kinds.AUTOINCREMENT: "sqlite_autoincrement",
    "WITHOUT ROWID": "sqlite_with_rowid",
    "STRICT": "sqlite_strict",
}


@dataclass
class BatchChanges:
    """What a batch does to a table.

    :param gone: the names that dropped columns go by in the copy, by their own names.
    """

    batch: ApplyBatchImpl
    connection: Connection
    gone: Mapping[str, str] = field(default_factory=dict)

    @property
    def old_table(self) -> Table:
        """The table as it was reflected."""
        return self.batch.table

    @property
    def new_table(self) -> Table:
        """The table that will take its place."""
        assert self.batch.new_table is not None
        return self.batch.new_table

    @property
    def renames(self) -> dict[str, str]:
        """The old names of renamed columns, and the new ones."""
        kept = {key: str(self.batch.columns[key].name) for key in self._kept}
        return {old: new for old, new in kept.items() if old != new}

    @property
    def dropped(self) -> list[str]:
        """The names of dropped columns."""
        kept = set(self._kept)
        return [column.name for column in self.old_table.c if column.name not in kept]

    @property
    def emptied(self) -> list[str]:
        """The columns that are kept, and whose values are not copied."""
        return [
            name
            for name in self.batch.existing_ordering
            if name in self.batch.columns and "expr" not in self.batch.column_transfers[name]
        ]

    @property
    def _kept(self) -> list[str]:
        """The old names of the columns that are copied."""
        return [key for key, transfer in self.batch.column_transfers.items() if "expr" in transfer]

    @cached_property
    def kept(self) -> dict[str, tuple[Column[Any], Column[Any]]]:
        """The columns that are copied, before and after, by their new names in small letters."""
        columns = {}
        for key in self._kept:
            after = self.batch.columns[key]
            columns[after.name.casefold()] = (self.old_table.c[key], after)
        return columns

    @cached_property
    def _reflected_types(self) -> dict[str, str]:
        found = inspect(self.connection).get_columns(self.old_table.name, self.old_table.schema)
        return {column["name"]: self._sql_of(column["type"]) for column in found}

    def _sql_of(self, type_: TypeEngine[Any]) -> str:
        try:
            return type_.compile(dialect=self.connection.dialect)
        except CompileError:
            # It has none: SQLite's columns need not.
            return ""

    def is_retyped(self, column: str) -> bool:
        """Tell whether the script gives a column its type, by its new name."""
        before, after = self.kept[column]
        if not self._reflected_types.get(before.name) and before.foreign_keys:
            # Without a type of its own it has taken that of what it refers to.
            return self._sql_of(after.type) not in ("", self._sql_of(before.type))
        if self._sql_of(before.type) != self._sql_of(after.type):
            return True
        is_other = before.type is not after.type and not isinstance(before.type, SchemaType)
        return is_other or self._reflected_types.get(before.name) != self._sql_of(before.type)

    def means(self, trait: Trait) -> bool:
        """Tell whether a trait goes on purpose."""
        if self._names_dropped(trait):
            return True
        check = getattr(self, f"_means_{trait.kind.replace(' ', '_').lower()}", None)
        return bool(check and check(trait))

    def dropped_in(self, sql: str) -> str | None:
        """Return a dropped column that SQLite has found in SQL of the copy."""
        named = set(names(tree(sql)))
        return next((old for old, new in self.gone.items() if new in named), None)

    def _names_dropped(self, trait: Trait) -> bool:
        gone = {name.casefold() for name in self.gone.values()}
        named = set(trait.columns)
        if trait.kind == kinds.CHECK:
            named |= set(names(tree(trait.value)))
        return bool(gone & named)

    def _means_type(self, trait: Trait) -> bool:
        return self.is_retyped(trait.columns[0])

    def _means_collation(self, trait: Trait) -> bool:
        if not self.is_retyped(trait.columns[0]):
            return False
        type_ = self.kept[trait.columns[0]][1].type
        is_text = isinstance(type_, String | Enum)
        return not is_text or getattr(type_, "collation", None) is not None

    def _means_not_null(self, trait: Trait) -> bool:
        before, after = self.kept[trait.columns[0]]
        return bool(not before.nullable and after.nullable)

    def _means_default(self, trait: Trait) -> bool:
        before, after = self.kept[trait.columns[0]]
        return before.server_default is not after.server_default

    def _means_generated_column(self, trait: Trait) -> bool:
        return self.kept[trait.columns[0]][1].computed is None

    def _means_check(self, trait: Trait) -> bool:
        if any(isinstance(arg, CheckConstraint) for arg in self.batch.table_args):
            # Alembic takes one as the statement of all.
            return True
        dropped = (c for c in self._dropped_constraints if isinstance(c, CheckConstraint))
        return trait.name in {str(constraint.name).casefold() for constraint in dropped}

    def _means_unique_constraint(self, trait: Trait) -> bool:
        return self._is_dropped(trait)

    def _means_foreign_key(self, trait: Trait) -> bool:
        return self._is_dropped(trait)

    def _is_dropped(self, trait: Trait) -> bool:
        kind, columns = _CONSTRAINTS[trait.kind], set(trait.columns)
        stated = (arg for arg in self.batch.table_args if isinstance(arg, kind))
        dropped = (c for c in self._dropped_constraints if isinstance(c, kind))
        return any(self._columns_of(c) == columns for c in (*stated, *dropped))

    def _columns_of(self, constraint: Any) -> set[str]:
        keys = {str(key) for key in constraint.columns.keys()}  # noqa: SIM118
        return {self.renames.get(key, key).casefold() for key in keys}

    @property
    def _dropped_constraints(self) -> Iterator[Constraint]:
        left = {id(constraint) for constraint in self.batch.named_constraints.values()}
        left |= {id(constraint) for constraint in self.batch.unnamed_constraints}
        for constraint in self.old_table.constraints:
            if id(constraint) not in left and isinstance(constraint.name, str):
                yield constraint

    @property
    def reflected_checks(self) -> list[Constraint]:
        """The checks of the new table that come from reflection."""
        kept = {
            constraint.name
            for constraint in self.old_table.constraints
            if isinstance(constraint, CheckConstraint)
            and isinstance(constraint.name, str)
            and self.batch.named_constraints.get(constraint.name) is constraint
        }
        return [
            constraint
            for constraint in self.new_table.constraints
            if isinstance(constraint, CheckConstraint) and constraint.name in kept
        ]

    @property
    def new_constraints(self) -> Iterator[UniqueConstraint | ForeignKeyConstraint]:
        """The unique constraints and foreign keys that the script adds."""
        old = {id(constraint) for constraint in self.old_table.constraints}
        for constraint in self.batch.named_constraints.values():
            if id(constraint) in old:
                continue
            if isinstance(constraint, UniqueConstraint | ForeignKeyConstraint):
                yield constraint

    def _means_primary_key(self, trait: Trait) -> bool:
        key = {column.name.casefold() for column in self.new_table.primary_key}
        return key != set(trait.columns)

    def _means_autoincrement(self, _trait: Trait) -> bool:
        if self._states(kinds.AUTOINCREMENT):
            return True
        key = [column.name for column in self.old_table.primary_key]
        changed = [column for old, column in self.kept.values() if old.name in key]
        is_off = any(column.autoincrement is False for column in changed)
        return is_off or len(changed) != len(key)

    def _means_table_option(self, trait: Trait) -> bool:
        return self._states(trait.value)

    def _states(self, what: str) -> bool:
        return _OPTIONS.get(what) in self.batch.table_kwargs

    def drops_index(self, name: str) -> bool:
        """Tell whether the script drops an index, or makes another one of its name."""
        reflected = {str(index.name) for index in self.old_table.indexes}
        return name in self.batch.new_indexes or (
            name in reflected and name not in self.batch.indexes
        )
