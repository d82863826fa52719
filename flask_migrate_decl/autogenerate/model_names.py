"""The names that the models give."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from alembic.util import to_list
from sqlalchemy import Table

from flask_migrate_decl.autogenerate.private import final_name, own_sequences
from flask_migrate_decl.autogenerate.table_names import (
    constraint_names,
    default_sequences,
    enums_of,
    index_names,
)
from flask_migrate_decl.renames import Kind

if TYPE_CHECKING:
    import collections.abc
    from collections.abc import Mapping

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Enum, FromClause

    from flask_migrate_decl.renames import TableKey


@dataclass(frozen=True)
class ModelNames:
    """The names of all that the models ask for, those of the default schema without it."""

    context: AutogenContext

    @cached_property
    def tables(self) -> Mapping[TableKey, Table]:
        """All tables."""
        return {self.key(table): table for table in self.context.table_key_to_table.values()}

    def key(self, table: FromClause) -> TableKey:
        """Return a table's schema, ``None`` for the default one, and its name."""
        assert isinstance(table, Table)
        return self._schema(table.schema), table.name

    def default_has_cast(self, key: TableKey, column: str) -> bool:
        """Tell whether a column's default, as SQL, has one of PostgreSQL's casts in it."""
        table = self.tables.get(key)
        found = None if table is None else table.columns.get(column)
        default = None if found is None else found.server_default
        return "::" in str(getattr(default, "arg", ""))

    def is_foreign_key(self, key: TableKey, name: str) -> bool:
        """Tell whether a foreign key of a table has a name."""
        keys = self.tables[key].foreign_key_constraints
        return any(final_name(item, self.context.dialect) == name for item in keys)

    @cached_property
    def schemas(self) -> tuple[str | None, ...]:
        """The schemas of all tables, and the default one."""
        return tuple(dict.fromkeys((None, *(schema for schema, _ in self.tables))))

    def of(
        self, kind: Kind, schema: str | None, owner: str | None
    ) -> collections.abc.Sequence[str]:
        """Return the names of a kind in a schema, or in a table or enum type of it."""
        if kind is Kind.SCHEMA:
            return [name for name in self.schemas if name is not None]
        if kind is Kind.TABLE:
            return self._table_names[schema]
        if kind is Kind.SEQUENCE:
            return [name for of_schema, name in self._sequences if of_schema == schema]
        if kind is Kind.ENUM:
            return [name for of_schema, name in self.enums if of_schema == schema]
        if owner is None:
            return ()
        if kind is Kind.ENUM_VALUE:
            return self.enums[schema, owner].enums
        return self._names_in(kind, self.tables[schema, owner])

    @cached_property
    def enums(self) -> Mapping[TableKey, Enum]:
        """All enum types that have a name."""
        return {
            (self._schema(enum.schema), str(enum.name)): enum
            for table in self.tables.values()
            for enum in enums_of(table)
        }

    @cached_property
    def _table_names(self) -> Mapping[str | None, list[str]]:
        found: defaultdict[str | None, list[str]] = defaultdict(list)
        for schema, name in self.tables:
            found[schema].append(name)
        return found

    def _names_in(self, kind: Kind, table: Table) -> collections.abc.Sequence[str]:
        if kind is Kind.COLUMN:
            return [column.name for column in table.columns]
        dialect = self.context.dialect
        if kind is Kind.INDEX:
            return index_names(table, dialect)
        return constraint_names(table, dialect)

    @cached_property
    def _sequences(self) -> collections.abc.Sequence[TableKey]:
        declared = [
            (self._schema(sequence.schema), str(sequence.name))
            for metadata in to_list(self.context.metadata)
            for sequence in own_sequences(metadata)
        ]
        by_default = [
            (schema, sequence)
            for (schema, _), table in self.tables.items()
            for sequence in default_sequences(table, self.context.dialect)
        ]
        return list(dict.fromkeys((*declared, *by_default)))

    def _schema(self, schema: str | None) -> str | None:
        return None if schema == self.context.inspector.default_schema_name else schema
