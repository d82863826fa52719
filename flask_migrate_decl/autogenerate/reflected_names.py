"""The names that a database has."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from flask_migrate_decl.renames import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.engine import Inspector

    from flask_migrate_decl.renames import TableKey

_HEIRS = text(
    """
    SELECT heirs.nspname, heir.relname, parents.nspname, parent.relname
    FROM pg_inherits
    JOIN pg_class AS heir ON heir.oid = inhrelid
    JOIN pg_namespace AS heirs ON heirs.oid = heir.relnamespace
    JOIN pg_class AS parent ON parent.oid = inhparent
    JOIN pg_namespace AS parents ON parents.oid = parent.relnamespace
    WHERE heir.relkind IN ('r', 'p', 'f')
    ORDER BY inhseqno
    """
)
_CONSTRAINT_TYPES = {
    "primary": "get_multi_pk_constraint",
    "unique": "get_multi_unique_constraints",
    "foreignkey": "get_multi_foreign_keys",
    "check": "get_multi_check_constraints",
}


@dataclass(frozen=True)
class ReflectedNames:
    """Reads names in bulk, a whole schema at once, and each kind only when it is asked for.

    :param inspector: the database's own; the comparison's may be a view by the time.
    :param schemas: those that are compared.
    """

    context: AutogenContext
    inspector: Inspector
    schemas: Sequence[str | None]

    def of(self, kind: Kind, schema: str | None, owner: str | None) -> Sequence[str]:
        """Return the names of a kind in a schema, or in a table or enum type of it."""
        if kind is Kind.SCHEMA:
            return self._schema_names
        if schema not in self.schemas:
            return ()
        if owner is None:
            return self._plain[kind](schema)
        return self._owned[kind](schema).get(owner, ())

    def constraint_type(self, schema: str | None, table: str, name: str) -> str | None:
        """Return what Alembic's ``drop_constraint`` calls the type of a constraint."""
        return next(
            (type_ for type_, names in self._constraints(schema)[table] if name in names), None
        )

    def taken(self, kind: Kind, schema: str | None) -> Mapping[str, str]:
        """Return the names that something of a kind can't have, with what bears them."""
        if kind not in (Kind.TABLE, Kind.SEQUENCE, Kind.INDEX):
            return {}
        return {
            name: f'the {noun} "{name}"'
            for noun, names in self._relations(schema).items()
            if noun != kind.noun
            for name in names
        }

    def relation_names(self, schema: str | None) -> set[str]:
        """Return the names of all that shares them with tables."""
        return {name for names in self._relations(schema).values() for name in names}

    def parents(self, schema: str | None, table: str) -> Sequence[TableKey]:
        """Return the tables from which PostgreSQL lets a table inherit."""
        return self._parents.get((schema, table), ())

    @cached_property
    def _schema_names(self) -> Sequence[str]:
        return [schema for schema in self.schemas if schema is not None]

    @cached_property
    def _plain(self) -> Mapping[Kind, Callable[[str | None], Sequence[str]]]:
        return {
            Kind.TABLE: self._tables,
            Kind.SEQUENCE: self._sequences,
            Kind.ENUM: lambda schema: list(self._labels(schema)),
        }

    @cached_property
    def _owned(self) -> Mapping[Kind, Callable[[str | None], Mapping[str, Sequence[str]]]]:
        return {
            Kind.COLUMN: self._columns,
            Kind.INDEX: self._indexes,
            Kind.CONSTRAINT: self._constraint_names,
            Kind.ENUM_VALUE: self._labels,
        }

    @cached_property
    def _tables(self) -> Callable[[str | None], Sequence[str]]:
        migration = self.context.migration_context
        version_table = (migration.version_table_schema, migration.version_table)

        @cache
        def tables(schema: str | None) -> Sequence[str]:
            names = self.inspector.get_table_names(schema=schema)
            return [name for name in names if (schema, name) != version_table]

        return tables

    @cached_property
    def _columns(self) -> Callable[[str | None], Mapping[str, Sequence[str]]]:
        @cache
        def columns(schema: str | None) -> Mapping[str, Sequence[str]]:
            found = self.inspector.get_multi_columns(schema=schema)
            return {
                table: [column["name"] for column in described]
                for (_, table), described in found.items()
            }

        return columns

    @cached_property
    def _indexes(self) -> Callable[[str | None], Mapping[str, Sequence[str]]]:
        @cache
        def indexes(schema: str | None) -> Mapping[str, Sequence[str]]:
            found = self.inspector.get_multi_indexes(schema=schema)
            return {
                table: [
                    str(index["name"])
                    for index in described
                    if not index.get("duplicates_constraint")
                ]
                for (_, table), described in found.items()
            }

        return indexes

    @cached_property
    def _constraints(
        self,
    ) -> Callable[[str | None], defaultdict[str, list[tuple[str, Sequence[str]]]]]:
        """The constraints of a schema, by their table: types, and the names of each."""

        @cache
        def constraints(schema: str | None) -> defaultdict[str, list[tuple[str, Sequence[str]]]]:
            found: defaultdict[str, list[tuple[str, Sequence[str]]]] = defaultdict(list)
            for type_, method in _CONSTRAINT_TYPES.items():
                reflected = getattr(self.inspector, method)(schema=schema)
                for (_, table), described in reflected.items():
                    found[table].append((type_, list(_names(described))))
            return found

        return constraints

    def _index_backed(self, schema: str | None) -> Sequence[str]:
        """Return the constraints for which PostgreSQL makes indexes of the same names."""
        return [
            name
            for of_types in self._constraints(schema).values()
            for type_, names in of_types
            for name in names
            if type_ in ("primary", "unique")
        ]

    def _constraint_names(self, schema: str | None) -> Mapping[str, Sequence[str]]:
        return {
            table: [name for _, names in of_types for name in names]
            for table, of_types in self._constraints(schema).items()
        }

    @cached_property
    def _labels(self) -> Callable[[str | None], Mapping[str, Sequence[str]]]:
        """The enum types of a schema, with their labels."""

        @cache
        def labels(schema: str | None) -> Mapping[str, Sequence[str]]:
            get_enums = getattr(self.inspector, "get_enums", None)
            if get_enums is None:
                return {}
            return {enum["name"]: enum["labels"] for enum in get_enums(schema=schema)}

        return labels

    @cached_property
    def _sequences(self) -> Callable[[str | None], Sequence[str]]:
        @cache
        def sequences(schema: str | None) -> Sequence[str]:
            if not self.context.dialect.supports_sequences:
                return ()
            return self.inspector.get_sequence_names(schema=schema)

        return sequences

    @cached_property
    def _relations(self) -> Callable[[str | None], Mapping[str, Sequence[str]]]:
        """What shares its names with tables, by what it is."""

        @cache
        def relations(schema: str | None) -> Mapping[str, Sequence[str]]:
            found: dict[str, Sequence[str]] = {}
            found["view"] = self.inspector.get_view_names(schema=schema)
            if self.context.dialect.name == "postgresql":
                found["materialized view"] = self.inspector.get_materialized_view_names(schema)
                found["constraint"] = self._index_backed(schema)
            found["sequence"] = list(self._sequences(schema))
            if self.context.dialect.name in ("postgresql", "sqlite"):
                found["index"] = [
                    name for names in self._indexes(schema).values() for name in names
                ]
                found["table"] = list(self._tables(schema))
            return found

        return relations

    @cached_property
    def _parents(self) -> Mapping[TableKey, Sequence[TableKey]]:
        bind = self.inspector.bind
        if self.context.dialect.name != "postgresql" or not isinstance(bind, Connection):
            return {}
        parents: defaultdict[TableKey, list[TableKey]] = defaultdict(list)
        for heir_schema, heir, parent_schema, parent in bind.execute(_HEIRS):
            parents[self._key(heir_schema, heir)].append(self._key(parent_schema, parent))
        return parents

    def _key(self, schema: str, table: str) -> TableKey:
        return (None if schema == self.inspector.default_schema_name else schema), table


def constraint_types(inspector: Inspector, table: TableKey) -> Mapping[str, str]:
    """Return what Alembic's ``drop_constraint`` calls the types of a table's constraints."""
    return {
        name: type_
        for type_, method in _CONSTRAINT_TYPES.items()
        for name in _names(getattr(inspector, method)(table[0], [table[1]]).get(table))
    }


def _names(described: Any) -> Iterator[str]:
    """Give the names of reflected constraints, or of the one primary key."""
    for constraint in described if isinstance(described, list) else [described]:
        if constraint and constraint.get("name"):
            yield str(constraint["name"])
