"""From declared hints, a database's names and the models' names to a plan and a report."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.renames.column_hints import ColumnHints
from flask_migrate_decl.renames.hints import Kind, Renames
from flask_migrate_decl.renames.inheritance import with_heirs
from flask_migrate_decl.renames.other_hints import FlatHints, OwnedHints
from flask_migrate_decl.renames.pairs import TablePairs
from flask_migrate_decl.renames.plan import RenamePlan
from flask_migrate_decl.renames.record import Record
from flask_migrate_decl.renames.table_hints import TableHints

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from flask_migrate_decl.renames.hints import Hint
    from flask_migrate_decl.renames.moves import Move
    from flask_migrate_decl.renames.names import Catalog
    from flask_migrate_decl.renames.states import HintReport


@dataclass(frozen=True, slots=True)
class Resolution:
    """What one database's hints come to.

    :param reports: one for each hint, in the order in which their kinds are carried out.
    :param fitting_others: hints of other databases that would be carried out in this one.
    :param settled: hints that need no renames, and that a revision records all the same.
    """

    plan: RenamePlan
    reports: tuple[HintReport, ...]
    fitting_others: tuple[Hint, ...] = ()
    settled: tuple[Hint, ...] = ()

    @property
    def problems(self) -> tuple[HintReport, ...]:
        """The reports that forbid to write a revision."""
        return tuple(report for report in self.reports if report.is_problem)


@dataclass(frozen=True)
class Case:
    """All that the states of one database's hints depend on; see ``resolve``."""

    renames: Renames
    database: Catalog
    models: Catalog
    others: Renames = field(default_factory=Renames)
    record: Record = field(default_factory=Record)

    def resolution(self) -> Resolution:
        """Decide every hint's state."""
        return resolve(
            self.renames, self.database, self.models, others=self.others, record=self.record
        )

    def without(self, places: Collection[str]) -> Case:
        """Return the case without some of the hints."""
        return replace(self, renames=self.renames.without(places))


def resolve(
    renames: Renames,
    database: Catalog,
    models: Catalog,
    *,
    others: Renames | None = None,
    record: Record | None = None,
) -> Resolution:
    """Decide every hint's state and put the pending ones in order.

    :param renames: the hints of one database, without conflicts among them.
    :param database: what the database has now.
    :param models: what the models ask for.
    :param others: the hints of other databases.
    :param record: what the revisions on the database's way have carried out.
    """
    record = record or Record()
    schemas = FlatHints(Kind.SCHEMA, database, models, renames.schemas, record.revision_of)
    moves = tuple(schemas.moves())
    decided = _Decided(
        _in_new_schemas(renames, models, {move.old: move.new for move in moves}),
        database.with_schemas({move.old: move.new for move in moves}),
        models,
        record.after(hint for move in moves for hint in move.hints),
        schemas,
    )
    return Resolution(
        RenamePlan((*moves, *decided.moves), database.rules, decided.in_use),
        tuple(decided.report(hint) for hint in decided.renames.hints),
        tuple(decided.fitting(others or Renames())),
        tuple(decided.settled()),
    )


@dataclass(frozen=True)
class _Decided:
    """The hints of all kinds, each decided on what the kinds before it have done.

    :param renames: the hints, by the new names of schemas.
    :param database: the database, its schemas renamed.
    """

    renames: Renames
    database: Catalog
    models: Catalog
    record: Record
    schemas: FlatHints

    @cached_property
    def tables(self) -> TableHints:
        return TableHints(self.database, self.models, self.renames.tables, self.record.revision_of)

    @cached_property
    def enums(self) -> FlatHints:
        return self._flat(Kind.ENUM)

    @cached_property
    def sequences(self) -> FlatHints:
        return self._flat(Kind.SEQUENCE)

    @cached_property
    def table_pairs(self) -> TablePairs:
        return TablePairs(self.tables.scope, tuple(self.tables.moves()))

    @cached_property
    def columns(self) -> ColumnHints:
        hints, revision_of = self.renames.columns, self.record.revision_of
        return ColumnHints(self.database, self.models, hints, self.table_pairs, revision_of)

    @cached_property
    def labels(self) -> OwnedHints:
        return self._owned(Kind.ENUM_VALUE, TablePairs(self.enums.scope, tuple(self.enums.moves())))

    @cached_property
    def indexes(self) -> OwnedHints:
        return self._owned(Kind.INDEX, self.table_pairs)

    @cached_property
    def constraints(self) -> OwnedHints:
        return self._owned(Kind.CONSTRAINT, self.table_pairs)

    def _flat(self, kind: Kind) -> FlatHints:
        hints, revision_of = self.renames.of_kind(kind), self.record.revision_of
        return FlatHints(kind, self.database, self.models, hints, revision_of)

    def _owned(self, kind: Kind, pairs: TablePairs) -> OwnedHints:
        hints, revision_of = self.renames.of_kind(kind), self.record.revision_of
        return OwnedHints(kind, self.database, self.models, hints, pairs, revision_of)

    @cached_property
    def _of_kind(self) -> Mapping[Kind, FlatHints | OwnedHints | TableHints | ColumnHints]:
        return {
            Kind.SCHEMA: self.schemas,
            Kind.ENUM: self.enums,
            Kind.ENUM_VALUE: self.labels,
            Kind.SEQUENCE: self.sequences,
            Kind.TABLE: self.tables,
            Kind.COLUMN: self.columns,
            Kind.CONSTRAINT: self.constraints,
            Kind.INDEX: self.indexes,
        }

    @property
    def moves(self) -> tuple[Move, ...]:
        """What gets another name, but for the schemas."""
        found = [
            move
            for kind, hints in self._of_kind.items()
            if kind is not Kind.SCHEMA
            for move in hints.moves()
        ]
        return with_heirs(found, self.database, self.table_pairs)

    def report(self, hint: Any) -> HintReport:
        report = self._of_kind[hint.kind].report(hint)
        return replace(report, revision=self._revision(hint))

    def _revision(self, hint: Any) -> str | None:
        """Return the revision that records a hint, also where the names alone decide its state."""
        hints = self._of_kind[hint.kind]
        if not isinstance(hints, OwnedHints | ColumnHints):
            return self.record.mention_of(hint)
        found = (self.record.mention_of(hint, owner) for owner in hints.owner_names(hint))
        return next((revision for revision in found if revision), None)

    def settled(self) -> Iterator[Hint]:
        """Give the hints that exchange names which the database does not have yet."""
        for hints in self._of_kind.values():
            if isinstance(hints, OwnedHints | ColumnHints):
                yield from hints.settled()
            else:
                yield from hints.scope.settled()

    def fitting(self, others: Renames) -> Iterator[Hint]:
        """Give the hints of other databases that would be carried out in this one."""
        yield from (hint for hint in others.tables if self.tables.would_rename(hint))
        yield from (hint for hint in others.columns if self.columns.would_rename(hint))

    def in_use(self, kind: Kind, schema: str | None, owner: str | None, name: str) -> bool:
        """Tell whether the database has a name, by the new name of its owner."""
        if owner is not None:
            pairs = self.labels.pairs if kind is Kind.ENUM_VALUE else self.table_pairs
            schema, owner = pairs.old_key((schema, owner))
        find, shared = self.database.find, self.database.rules.shared_in_schema
        if kind not in shared:
            is_there = find(kind, schema, owner, name) is not None
            return is_there or name in self.database.taken(kind, schema)
        owners = self.database.table_names(schema)
        return name in self.database.taken(Kind.INDEX, schema) or any(
            find(other, schema, table, name) is not None for other in shared for table in owners
        )


def _in_new_schemas(renames: Renames, models: Catalog, moved: Mapping[str, str]) -> Renames:
    """Let hints that name a schema by an earlier name name it by the one that it has afterwards."""
    links = {hint.old: hint.new for hint in renames.schemas}
    known = set(models.names(Kind.SCHEMA, None, None))

    def latest(schema: str | None) -> str | None:
        if schema is None or schema in moved:
            return schema and moved[schema]
        seen: set[str] = set()
        while schema in links and schema not in known and schema not in seen:
            seen.add(schema)
            schema = links[schema]
        return schema

    return renames.in_schemas(latest)
