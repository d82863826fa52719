"""Edits of a schema that come together with renames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.laws.making import Maker
from tests.laws.shapes import TYPES, Column, Key, Schema, Table


@dataclass(frozen=True)
class Edits:
    """Edits schemas in ways after which every row still fits, and fits again on the way back.

    :param maker: made the schema, and makes what is added.
    :param before: the schema to begin with.
    """

    maker: Maker
    before: Schema

    def edited(self) -> Schema:
        """Return the schema after some edits, no name of it changed."""
        schema = self.before
        kinds: Sequence[Callable[[Schema], Schema]] = (
            self._add_column,
            self._drop_column,
            self._widen_column,
            self._change_nullable,
            self._add_key,
            self._drop_key,
            self._add_table,
            self._drop_table,
        )
        for edit in self.maker.draw(st.lists(st.sampled_from(kinds), max_size=3)):
            schema = edit(schema)
        return schema

    def _add_column(self, schema: Schema) -> Schema:
        table = self._one_of(schema.tables)
        # op.add_column() does not create an enum type.
        is_known = self.maker.traits.has_enum_types
        types = [name for name in TYPES if not (is_known and name == "enum")]
        column = replace(self.maker.column(table, types=types), nullable=True)
        return schema.with_table(replace(table, columns=(*table.columns, column)))

    def _drop_column(self, schema: Schema) -> Schema:
        found = [
            (table, column)
            for table in schema.tables
            for column in table.columns
            if not _is_used(schema, table, column) and self._can_be_given_back(table, column)
        ]
        if not found:
            return schema
        table, gone = self.maker.draw(st.sampled_from(found))
        columns = tuple(column for column in table.columns if column is not gone)
        return schema.with_table(replace(table, columns=columns))

    def _can_be_given_back(self, table: Table, column: Column) -> bool:
        """Tell whether rows can be without the column for a while."""
        if table.id not in self.before.names:
            return False
        was_there = column in self.before.table(table.id).columns
        return was_there and (column.nullable or column.default)

    def _widen_column(self, schema: Schema) -> Schema:
        found = [
            (table, column, wider)
            for table in schema.tables
            for column in table.columns
            if (wider := TYPES[column.type].wider) and not _is_used(schema, table, column)
        ]
        if not found:
            return schema
        table, column, wider = self.maker.draw(st.sampled_from(found))
        return schema.with_table(_with_column(table, replace(column, type=wider)))

    def _change_nullable(self, schema: Schema) -> Schema:
        found = [
            (table, column)
            for table in schema.tables
            for column in table.columns
            if not column.has_nulls and not _is_in_key_of_tables(schema, table, column)
        ]
        if not found:
            return schema
        table, column = self.maker.draw(st.sampled_from(found))
        return schema.with_table(_with_column(table, replace(column, nullable=not column.nullable)))

    def _add_key(self, schema: Schema) -> Schema:
        table = self._one_of(schema.tables)
        changed = self.maker.with_key(table)
        # Alembic does not compare checks.
        is_compared = all(key.kind != "check" for key in changed.keys[len(table.keys) :])
        return schema.with_table(changed) if is_compared else schema

    def _drop_key(self, schema: Schema) -> Schema:
        found = [
            (table, key)
            for table in schema.tables
            for key in table.keys
            if key.kind != "check"
            and (key.name or schema.convention)
            and not _serves_foreign_key(schema, table, key)
        ]
        if not found:
            return schema
        table, gone = self.maker.draw(st.sampled_from(found))
        return schema.with_table(
            replace(table, keys=tuple(key for key in table.keys if key is not gone))
        )

    def _add_table(self, schema: Schema) -> Schema:
        table = self.maker.table(schema)
        if self._has_types(table):
            columns = (
                replace(column, type="string") if column.type == "enum" else column
                for column in table.columns
            )
            table = replace(table, columns=tuple(columns))
        return replace(schema, tables=(*schema.tables, table))

    def _drop_table(self, schema: Schema) -> Schema:
        childless = [
            table
            for table in schema.tables
            if all(key in table.foreign_keys for key in schema.children(table.id))
            and not self._has_types(table)
        ]
        if len(schema.tables) < 2 or not childless:
            return schema
        gone = self._one_of(childless)
        return replace(schema, tables=tuple(table for table in schema.tables if table is not gone))

    def _has_types(self, table: Table) -> bool:
        """Tell whether a table that is dropped leaves types behind, which stand in its way back."""
        has_enum = any(column.type == "enum" for column in table.columns)
        return self.maker.traits.has_enum_types and has_enum

    def _one_of(self, tables: Sequence[Table]) -> Table:
        return self.maker.draw(st.sampled_from(tables))


def _with_column(table: Table, column: Column) -> Table:
    columns = (column if found.id == column.id else found for found in table.columns)
    return replace(table, columns=tuple(columns))


def _is_used(schema: Schema, table: Table, column: Column) -> bool:
    is_in_key = any(column.id in key.columns for key in table.keys)
    return is_in_key or _is_in_key_of_tables(schema, table, column)


def _is_in_key_of_tables(schema: Schema, table: Table, column: Column) -> bool:
    own = any(column.id in key.columns for key in table.foreign_keys)
    others = any(column.id in key.parent_columns for key in schema.children(table.id))
    return own or others or column.id in table.primary_key


def _serves_foreign_key(schema: Schema, table: Table, key: Key) -> bool:
    """Tell whether a foreign key may need an index; MySQL and MariaDB refuse to drop that."""
    used = {n for found in table.foreign_keys for n in found.columns}
    used |= {n for found in schema.children(table.id) for n in found.parent_columns}
    return bool(used & set(key.columns))
