"""Names that follow the renames of tables and columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.autogenerate.conventions import Conventions
from flask_migrate_decl.autogenerate.default_names import default_name, former_default_names
from flask_migrate_decl.autogenerate.table_names import counted_columns
from flask_migrate_decl.operations.statements import MYSQL_FAMILY
from flask_migrate_decl.renames import Kind, Move

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Table

    from flask_migrate_decl.autogenerate.conventions import FormerName
    from flask_migrate_decl.autogenerate.declared import Following
    from flask_migrate_decl.autogenerate.model_names import ModelNames
    from flask_migrate_decl.renames import Catalog, NameMap, RenamePlan, TableKey


@dataclass(frozen=True)
class Followers:
    """Finds what is called after the tables and columns that a plan renames.

    :param database: the database before the plan.
    """

    plan: RenamePlan
    database: Catalog
    models: ModelNames
    following: Following

    def completed(self) -> RenamePlan:
        """Return the plan, with the names that follow."""
        plan = self.plan.with_moves(self._unclaimed())
        return plan.with_moves(self._indexes_of_foreign_keys(plan))

    @cached_property
    def _names(self) -> NameMap:
        return self.plan.names

    @cached_property
    def _columns(self) -> Mapping[TableKey, Mapping[str, str]]:
        """The renamed columns by the new key of their table, new name to old name."""
        return {
            key: {new: old for old, new in columns.items()}
            for key, columns in self._names.columns.items()
        }

    def _unclaimed(self) -> Iterator[Move]:
        """Give the moves by which each name is left, and taken, once."""
        claimed = {
            (move.kind, move.schema, move.owner, name)
            for move in self.plan.moves
            for name in (move.old, move.new)
        }
        for move in self._found():
            ends = {(move.kind, move.schema, move.owner, name) for name in (move.old, move.new)}
            if not ends & claimed:
                claimed |= ends
                yield move

    def _found(self) -> Iterator[Move]:
        if not self._renamed_tables and not self._columns:
            return
        for key, table in self.models.tables.items():
            old_key = self._old_key(key)
            if old_key is None or not self._is_affected(table):
                continue
            # A table's constraints are a set, and a script should not differ from run to run.
            names = self._former_names(table, key, old_key)
            for former in sorted(names, key=lambda former: (former.kind, former.new)):
                if self._is_left_behind(former, old_key):
                    yield Move(former.kind, former.old, former.new, *key)
            if self.following.defaults:
                yield from self._sequences(table, key, old_key)

    def _former_names(self, table: Table, key: TableKey, old_key: TableKey) -> Iterator[FormerName]:
        if self.following.conventions:
            yield from self._conventions.former_names(table)
        if self.following.defaults and self.models.context.dialect.name == "postgresql":
            yield from former_default_names(table, old_key[1], self._columns.get(key, {}))

    def _is_affected(self, table: Table) -> bool:
        """Tell whether a table or one that it points to is renamed or has renamed columns."""
        keys = [self.models.key(table)]
        keys += [self.models.key(key.column.table) for key in table.foreign_keys]
        return any(key in self._columns or key in self._renamed_tables for key in keys)

    def _is_left_behind(self, former: FormerName, old_key: TableKey) -> bool:
        find = self.database.find
        return (
            find(former.kind, *old_key, former.old) is not None
            and find(former.kind, *old_key, former.new) is None
            and self.database.ability(former.kind, *old_key, former.old).is_native
        )

    def _sequences(self, table: Table, key: TableKey, old_key: TableKey) -> Iterator[Move]:
        """Give the sequences of SERIAL and identity columns, which PostgreSQL named by itself."""
        find, schema = self.database.find, old_key[0]
        for column in counted_columns(table):
            old_column = self._columns.get(key, {}).get(column.name, column.name)
            old = default_name(old_key[1], [old_column], "seq")
            new = default_name(table.name, [column.name], "seq")
            is_there = find(Kind.SEQUENCE, schema, None, old) is not None
            if old != new and is_there and find(Kind.SEQUENCE, schema, None, new) is None:
                yield Move(Kind.SEQUENCE, old, new, schema)

    def _indexes_of_foreign_keys(self, plan: RenamePlan) -> Iterator[Move]:
        """Give the indexes that MySQL and MariaDB made for foreign keys, and make anew with them.

        They have the names of the foreign keys.
        """
        if self.models.context.dialect.name not in MYSQL_FAMILY:
            return
        own = {(m.schema, m.owner, m.old) for m in plan.moves if m.kind is Kind.INDEX}
        for move in plan.moves:
            if move.kind is not Kind.CONSTRAINT or (move.schema, move.owner, move.old) in own:
                continue
            old_key = self._old_key((move.schema, str(move.owner)))
            if old_key and self._is_index_of_foreign_key(old_key, move):
                yield replace(move, kind=Kind.INDEX, hints=(), comes_along=True)

    def _is_index_of_foreign_key(self, old_key: TableKey, move: Move) -> bool:
        key = (move.schema, str(move.owner))
        return (
            self.database.find(Kind.INDEX, *old_key, move.old) is not None
            and move.old not in self.models.of(Kind.INDEX, *key)
            and self.models.is_foreign_key(key, move.new)
        )

    def _old_key(self, key: TableKey) -> TableKey | None:
        """Return a table's key in the database, ``None`` where it is not there."""
        old = self._names.old_table(key)
        return old if old and self.database.find_table(*old) is not None else None

    @cached_property
    def _renamed_tables(self) -> set[TableKey]:
        return set(self._names.tables.values())

    @cached_property
    def _conventions(self) -> Conventions:
        return Conventions(
            self.models.context.dialect,
            self.models.context.inspector.default_schema_name,
            lambda key: self._names.old_table(key) or key,
            self._old_column,
        )

    def _old_column(self, key: TableKey, name: str) -> str | None:
        """Return what a column is called in the database, ``None`` where its name was another's."""
        given_away = name in self._names.columns.get(key, {})
        return self._columns.get(key, {}).get(name, None if given_away else name)
