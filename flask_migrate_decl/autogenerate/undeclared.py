"""What looks like a rename that no hint declares, among a comparison's operations."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from flask_migrate_decl.autogenerate.definitions import Definitions, name_of
from flask_migrate_decl.autogenerate.traits import TraitsReader
from flask_migrate_decl.renames import (
    Dropped,
    Kind,
    NameMap,
    candidates_of_columns,
    candidates_of_definitions,
    candidates_of_enums,
    candidates_of_labels,
    candidates_of_tables,
    qualified,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from alembic.operations.ops import MigrateOperation, ModifyTableOps, OpContainer
    from sqlalchemy import Column

    from flask_migrate_decl.autogenerate.compared import ComparedHints
    from flask_migrate_decl.autogenerate.definitions import Definition
    from flask_migrate_decl.renames import (
        Candidate,
        ColumnTraits,
        RenamePlan,
        TableKey,
        TableTraits,
    )


def undeclared_renames(
    compared: ComparedHints,
    plan: RenamePlan | None,
    operations: OpContainer,
    is_refused: Callable[[Dropped], bool],
) -> tuple[Candidate, ...]:
    """Return what looks like a rename among what goes and comes, the tables first.

    :param plan: the declared renames, which are done as far as the operations know.
    :param operations: what a revision would do.
    :param is_refused: tells of what goes whether it is known to be no rename.
    """
    names = plan.names if plan else NameMap()
    found = _Undeclared(compared, names, _flat(operations), is_refused)
    return tuple(replace(candidate, bind=compared.bind) for candidate in found.all())


def _flat(container: OpContainer) -> Sequence[MigrateOperation]:
    """Return the operations, and those of each table within them."""
    return [
        operation
        for outer in container.ops
        for operation in (outer, *(outer.ops if isinstance(outer, ops.ModifyTableOps) else ()))
    ]


@dataclass(frozen=True)
class _Undeclared:
    """Finds pairs of what goes and what comes.

    :param names: the declared renames.
    """

    compared: ComparedHints
    names: NameMap
    operations: Sequence[MigrateOperation]
    is_refused: Callable[[Dropped], bool]

    def all(self) -> Iterator[Candidate]:
        yield from self.tables
        yield from self._columns()
        yield from self._definitions()
        yield from self._enums()

    @cached_property
    def tables(self) -> Sequence[Candidate]:
        """The tables, of which a column's foreign key may speak as well."""
        dropped = [
            table
            for table in self._tables(ops.DropTableOp)
            if self._is_offered(Kind.TABLE, (table.schema, None), table.name)
        ]
        found = candidates_of_tables(dropped, self._tables(ops.CreateTableOp))
        return [replace(each, new_schema=self._named_schema(each)) for each in found]

    def _named_schema(self, found: Candidate) -> str | None:
        """Return the new schema of a table, by its name where it moves to the default one."""
        if found.new_schema is None and found.schema is not None:
            return self.compared.context.inspector.default_schema_name
        return found.new_schema

    def _tables(self, class_: type[ops.DropTableOp | ops.CreateTableOp]) -> list[TableTraits]:
        reader = TraitsReader(self.compared.context.dialect)
        return [
            reader.of_table(operation.to_table(), self._schema(operation.schema))
            for operation in self.operations
            if isinstance(operation, class_)
        ]

    def _columns(self) -> Iterator[Candidate]:
        renamed = {
            qualified(found.schema, found.old): qualified(found.new_schema, found.new)
            for found in self.tables
        }
        dialect = self.compared.context.dialect
        old, new = TraitsReader(dialect, renamed), TraitsReader(dialect)
        added = self._added()
        for key, columns in self._dropped().items():
            dropped = [
                column
                for column in _read(old, columns)
                if self._is_offered(Kind.COLUMN, key, column.name)
            ]
            yield from candidates_of_columns(key, dropped, _read(new, added.get(key, [])))

    def _dropped(self) -> Mapping[TableKey, list[Column[Any]]]:
        """Return the columns that go, by their tables; of a script of one's own none is known."""
        found = defaultdict(list)
        for operation in self.operations:
            if isinstance(operation, ops.DropColumnOp):
                with suppress(ValueError):
                    found[self._key(operation)].append(operation.reverse().column)
        return found

    def _added(self) -> Mapping[TableKey, list[Column[Any]]]:
        found = defaultdict(list)
        for operation in self.operations:
            if isinstance(operation, ops.AddColumnOp):
                found[self._key(operation)].append(operation.column)
        return found

    def _definitions(self) -> Iterator[Candidate]:
        """Give the indexes and unique constraints, where the database can rename them.

        A project whose names are not to follow wants them dropped and created.
        """
        if not self.compared.following.conventions:
            return
        for changes in self.operations:
            if not isinstance(changes, ops.ModifyTableOps):
                continue
            key = self._key(changes)
            for kind, drop, create in _REBUILT:
                dropped = {
                    name: definition
                    for name, definition in self._defined(changes, drop)
                    if self._is_native(kind, key, name) and self._is_offered(kind, key, name)
                }
                created = dict(self._defined(changes, create))
                yield from candidates_of_definitions(kind, key, dropped, created)

    def _defined(
        self, changes: ModifyTableOps, class_: type[Any]
    ) -> Iterator[tuple[str, Definition]]:
        definitions = Definitions(self.compared.context)
        for operation in changes.ops:
            if isinstance(operation, class_) and (name := name_of(operation)):
                yield name, definitions.of(operation)

    def _is_native(self, kind: Kind, key: TableKey, name: str) -> bool:
        old = self.names.old_table(key)
        return old is not None and self.compared.database.ability(kind, *old, name).is_native

    def _enums(self) -> Iterator[Candidate]:
        """Give PostgreSQL's enum types, and labels of those that stay."""
        models = self.compared.models.enums
        database = self._enums_of_database() if models else {}
        for schema in self.compared.database.schemas:
            gone = {n: labels for (s, n), labels in database.items() if s == schema}
            come = {n: enum.enums for (s, n), enum in models.items() if s == schema}
            for name in gone.keys() & come.keys():
                labels = candidates_of_labels((schema, name), gone[name], come[name])
                yield from (found for found in labels if not self.is_refused(found.dropped))
            yield from candidates_of_enums(
                schema,
                {
                    name: labels
                    for name, labels in gone.items()
                    if name not in come and self._is_offered(Kind.ENUM, (schema, None), name)
                },
                {name: labels for name, labels in come.items() if name not in gone},
            )

    def _enums_of_database(self) -> Mapping[TableKey, Sequence[str]]:
        """Return the labels of each type, all as they are called after the declared renames."""
        catalog, names = self.compared.database, self.names
        found = {}
        for schema in catalog.schemas:
            for name in catalog.names(Kind.ENUM, schema, None):
                labels = names.new_labels((schema, name))
                found[names.new_enum((schema, name))] = [
                    labels.get(label, label)
                    for label in catalog.names(Kind.ENUM_VALUE, schema, name)
                ]
        return found

    def _is_offered(self, kind: Kind, owner: tuple[str | None, str | None], name: str) -> bool:
        return not self.is_refused(Dropped(kind, name, *owner, self.compared.bind))

    def _key(self, operation: Any) -> TableKey:
        return self._schema(operation.schema), operation.table_name

    def _schema(self, schema: str | None) -> str | None:
        return None if schema == self.compared.context.inspector.default_schema_name else schema


_REBUILT = (
    (Kind.INDEX, ops.DropIndexOp, ops.CreateIndexOp),
    (Kind.CONSTRAINT, ops.DropConstraintOp, ops.CreateUniqueConstraintOp),
)
"""What is dropped and created, as Alembic compares it by its name."""


def _read(reader: TraitsReader, columns: Sequence[Column[Any]]) -> list[ColumnTraits]:
    """Read columns in the order in which they stand in their table."""
    if not columns:
        return []
    changing = {column.name for column in columns}
    return list(reader.of_columns(columns[0].table.columns, changing))
