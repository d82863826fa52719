"""Old names to new ones and back, for everything that carries names of tables and columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TableKey = tuple[str | None, str]
"""A schema (``None``: the default one) and a table's name."""


@dataclass(frozen=True)
class NameMap:
    """A one-to-one renaming of tables and of their columns.

    :param tables: old key to new name.
    :param columns: the *new* key of a table to its columns, old name to new name.
    """

    tables: Mapping[TableKey, str] = field(default_factory=dict)
    columns: Mapping[TableKey, Mapping[str, str]] = field(default_factory=dict)

    def new_table(self, key: TableKey) -> TableKey:
        """Return what a table of the old side is called on the new side."""
        return key[0], self.tables.get(key, key[1])

    def old_table(self, key: TableKey) -> TableKey | None:
        """Return what a table of the new side is called on the old side.

        ``None`` where the new side has no such table, as its name was given away.
        """
        unrenamed = None if key in self.tables else key
        return self._old_tables.get(key, unrenamed)

    @cached_property
    def _old_tables(self) -> Mapping[TableKey, TableKey]:
        return {(schema, new): (schema, old) for (schema, old), new in self.tables.items()}

    def new_columns(self, old_key: TableKey) -> Mapping[str, str]:
        """Return the renamed columns of a table of the old side, old name to new name."""
        return self.columns.get(self.new_table(old_key), {})

    def new_column(self, old_key: TableKey, column: str) -> str:
        """Return what a column of a table of the old side is called on the new side."""
        return self.new_columns(old_key).get(column, column)
