"""Old names to new ones and back, for everything that carries names."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TableKey = tuple[str | None, str]
"""A schema (``None``: the default one) and the name of a table, type or sequence in it."""


@dataclass(frozen=True)
class NameMap:
    """A one-to-one renaming.

    Keys of the old side have the old name and the *new* schema's name, but for a table that moves
    to another schema, which has the one that it leaves. What belongs to a table or a type is
    found by the *new* key of that.

    :param tables: old key to new key.
    :param columns: the new key of a table to its columns, old name to new name.
    :param indexes: the same for indexes.
    :param constraints: the same for constraints.
    :param enums: old key to new key.
    :param labels: the new key of an enum type to its labels, old one to new one.
    :param sequences: old key to new key.
    :param schemas: old name to new name.
    """

    tables: Mapping[TableKey, TableKey] = field(default_factory=dict)
    columns: Mapping[TableKey, Mapping[str, str]] = field(default_factory=dict)
    indexes: Mapping[TableKey, Mapping[str, str]] = field(default_factory=dict)
    constraints: Mapping[TableKey, Mapping[str, str]] = field(default_factory=dict)
    enums: Mapping[TableKey, TableKey] = field(default_factory=dict)
    labels: Mapping[TableKey, Mapping[str, str]] = field(default_factory=dict)
    sequences: Mapping[TableKey, TableKey] = field(default_factory=dict)
    schemas: Mapping[str, str] = field(default_factory=dict)

    def new_schema(self, schema: str | None) -> str | None:
        """Return what a schema of the old side is called on the new side."""
        return schema if schema is None else self.schemas.get(schema, schema)

    def old_schema(self, schema: str | None) -> str | None:
        """Return what a schema of the new side is called on the old side."""
        return schema if schema is None else self._old_schemas.get(schema, schema)

    def new_table(self, key: TableKey) -> TableKey:
        """Return what a table of the old side is called on the new side."""
        key = self.new_schema(key[0]), key[1]
        return self.tables.get(key, key)

    def old_table(self, key: TableKey) -> TableKey | None:
        """Return what a table of the new side is called on the old side.

        ``None`` where the new side has no such table, as its name was given away.
        """
        unrenamed = None if key in self.tables else key
        old = self._old_tables.get(key, unrenamed)
        return old and (self.old_schema(old[0]), old[1])

    def new_columns(self, old_key: TableKey) -> Mapping[str, str]:
        """Return the renamed columns of a table of the old side, old name to new name."""
        return self.columns.get(self.new_table(old_key), {})

    def new_column(self, old_key: TableKey, column: str) -> str:
        """Return what a column of a table of the old side is called on the new side."""
        return self.new_columns(old_key).get(column, column)

    def new_index(self, old_key: TableKey, index: str) -> str:
        """Return what an index of a table of the old side is called on the new side."""
        return self.indexes.get(self.new_table(old_key), {}).get(index, index)

    def new_constraint(self, old_key: TableKey, constraint: str) -> str:
        """Return what a constraint of a table of the old side is called on the new side."""
        return self.constraints.get(self.new_table(old_key), {}).get(constraint, constraint)

    def new_enum(self, key: TableKey) -> TableKey:
        """Return what an enum type of the old side is called on the new side."""
        key = self.new_schema(key[0]), key[1]
        return self.enums.get(key, key)

    def new_labels(self, old_key: TableKey) -> Mapping[str, str]:
        """Return the renamed labels of an enum type of the old side, old one to new one."""
        return self.labels.get(self.new_enum(old_key), {})

    def new_sequence(self, key: TableKey) -> TableKey:
        """Return what a sequence of the old side is called on the new side."""
        key = self.new_schema(key[0]), key[1]
        return self.sequences.get(key, key)

    @cached_property
    def _old_tables(self) -> Mapping[TableKey, TableKey]:
        return {new: old for old, new in self.tables.items()}

    @cached_property
    def _old_schemas(self) -> Mapping[str, str]:
        return {new: old for old, new in self.schemas.items()}
