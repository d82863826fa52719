"""The hints of columns, held against a database and the models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.renames import reports
from flask_migrate_decl.renames.hints import ColumnRename, Kind, in_owner, qualified
from flask_migrate_decl.renames.moves import Move
from flask_migrate_decl.renames.names import Exchange, nearest
from flask_migrate_decl.renames.pairs import TablePair
from flask_migrate_decl.renames.reports import Facts
from flask_migrate_decl.renames.scopes import Scope, plain_ends
from flask_migrate_decl.renames.settled import settled_hints
from flask_migrate_decl.renames.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flask_migrate_decl.renames.hints import OwnedHint
    from flask_migrate_decl.renames.mapping import TableKey
    from flask_migrate_decl.renames.names import Catalog
    from flask_migrate_decl.renames.pairs import SameTable, TablePairs
    from flask_migrate_decl.renames.states import HintReport

ColumnScope = Scope[str, "ColumnRename"]
LosingTables = Mapping[str, Sequence[tuple["SameTable", set[str]]]]
"""By the name of a column that is lost: the tables that lose it, and what they get."""


@dataclass(frozen=True)
class ColumnHints:
    """Decides the state of hints of columns, once the tables' renames are known.

    :param recorded: the revision that carried a hint out, by the present name of its table.
    """

    database: Catalog
    models: Catalog
    hints: Sequence[ColumnRename]
    pairs: TablePairs
    recorded: Callable[[ColumnRename, TableKey], str | None] = field(
        default=lambda _hint, _table: None
    )

    def report(self, hint: ColumnRename) -> HintReport:
        """Return a hint's state and the reason; its table is named as it will be called."""
        table = self._tables[hint]
        if table is None:
            pair = self.pairs.meant_by(hint)[0]
            lacking = State.SPENT if pair.models is None else State.APPLIED
            return self._unless_meant_elsewhere(hint, pair, lacking)
        report = self._report_in(hint, table)
        if (
            report.is_problem
            or report.state is State.PENDING
            or self.recorded(hint, table.database)
        ):
            return report
        return self._unless_meant_elsewhere(hint, _pair_of(table), report.state)

    def owner_names(self, hint: ColumnRename) -> Iterator[TableKey]:
        """Give the names under which the hint's table may be recorded."""
        return self.pairs.names_of(hint, self._tables[hint])

    def moves(self) -> Iterator[Move]:
        """Give the columns that get another name."""
        for table, scope in self._scopes.items():
            schema, name = table.models
            for change in scope.changes():
                yield Move(
                    Kind.COLUMN, change.old, change.new, schema, name, hints=tuple(change.hints)
                )

    def settled(self) -> Iterator[OwnedHint]:
        """Give the hints that exchange columns which are all to be added."""
        return settled_hints(self.hints, self._scopes, self.pairs, self._new_scope)

    def _new_scope(self, key: TableKey, hints: Sequence[ColumnRename]) -> ColumnScope:
        fold = self.database.rules.fold_column
        return Scope(hints, [], self.models.column_names(*key), plain_ends, fold)

    def would_rename(self, hint: ColumnRename) -> bool:
        """Tell whether a hint fits here and no hint of this database declares the same."""
        table = self._same_table(hint)
        return table in self._unclaimed_tables(hint)

    # --- the table that a hint means ---

    @cached_property
    def _tables(self) -> Mapping[ColumnRename, SameTable | None]:
        return {hint: self._same_table(hint) for hint in self.hints}

    def _same_table(self, hint: ColumnRename) -> SameTable | None:
        """Find the hint's table on both sides.

        Where a name is used again, several tables fit: the one in which the hint was carried out
        is meant, else the one in which it is still to be. If the name is just being given away,
        that is the other way round, as table and column are renamed together.
        """
        whole = [table for pair in self.pairs.meant_by(hint) if (table := pair.whole)]
        if len(whole) < 2:
            return next(iter(whole), None)
        recorded = [table for table in whole if self.recorded(hint, table.database)]
        done = [table for table in whole if self._has_only(hint.new, hint.old, table)]
        pending = [table for table in whole if self._is_wanted(hint, table)]
        likely = (*pending, *done) if self.pairs.is_moving(hint) else (*done, *pending)
        return next(iter((*recorded, *likely, *whole)))

    def _has_only(self, name: str, other: str, table: SameTable) -> bool:
        """Tell whether the database has one name and not the other, and the models the new one."""
        find, (schema, in_database) = self.database.find_column, table.database
        return (
            find(schema, in_database, name) is not None
            and find(schema, in_database, other) is None
            and self.models.find_column(*table.models, name) is not None
        )

    def _is_wanted(self, hint: ColumnRename, table: SameTable) -> bool:
        """Tell whether the rename is still to be done in a table.

        All hints that may mean the table are tried together, as one may wait for another; and
        those by the same name of it, where others get in their way.
        """
        of_name = [other for other in self.hints if _table_name(other) == _table_name(hint)]
        return any(
            hint in together and self._is_pending(hint, table, together)
            for together in (self._possible_hints.get(table, []), of_name, [hint])
        )

    def _is_pending(
        self, hint: ColumnRename, table: SameTable, together: Sequence[ColumnRename]
    ) -> bool:
        scope = self._scope(table, together)
        return hint not in scope.doubled and scope.state(hint) is State.PENDING

    @cached_property
    def _possible_hints(self) -> Mapping[SameTable, Sequence[ColumnRename]]:
        """The hints that may mean each table, in the order in which they stand."""
        found: defaultdict[SameTable, list[ColumnRename]] = defaultdict(list)
        for hint in self.hints:
            for pair in self.pairs.meant_by(hint):
                if pair.whole:
                    found[pair.whole].append(hint)
        return found

    @cached_property
    def _scopes(self) -> Mapping[SameTable, ColumnScope]:
        by_table: defaultdict[SameTable, list[ColumnRename]] = defaultdict(list)
        for hint, table in self._tables.items():
            if table is not None:
                by_table[table].append(hint)
        return {table: self._scope(table, hints) for table, hints in by_table.items()}

    def _scope(self, table: SameTable, hints: Sequence[ColumnRename]) -> ColumnScope:
        return Scope(
            hints,
            self.database.column_names(*table.database),
            self.models.column_names(*table.models),
            plain_ends,
            self.database.rules.fold_column,
            lambda hint: self.recorded(hint, table.database),
        )

    # --- the state inside a table ---

    def _report_in(self, hint: ColumnRename, table: SameTable) -> HintReport:
        scope = self._scopes[table]
        if earlier := scope.doubled.get(hint):
            return reports.doubled(hint, earlier)
        state, is_old_there = scope.state(hint), scope.in_database(hint.old) is not None
        shown = _shown(hint, table.models)
        if state is State.PENDING:
            return self._pending(shown, table)
        if state is State.CONTRADICTED:
            return reports.contradicted(shown, Facts(is_old_there, "columns", "values"))
        if revision := self.recorded(hint, table.database):
            return reports.recorded(shown, revision)
        if state is State.UNDECIDED:
            return reports.undecided(shown)
        name = qualified(*table.models)
        if state is State.UNMATCHED and is_old_there:
            message = f'the model of "{name}" has no column "{hint.new}"'
            return reports.new_name_missing(shown, message, scope.models)
        if state is State.UNMATCHED or self._looks_misspelt(hint, state, scope):
            message = f'the table "{name}" has no column "{hint.old}"'
            return reports.old_name_missing(shown, message, scope.database)
        return reports.harmless(shown, state)

    def _pending(self, shown: ColumnRename, table: SameTable) -> HintReport:
        ability = self.database.ability(Kind.COLUMN, *table.database, shown.old)
        if not ability.is_native:
            return reports.unable(shown, ability.reason, ability.help)
        return reports.pending(shown, self.database)

    def _looks_misspelt(self, hint: ColumnRename, state: State, scope: ColumnScope) -> bool:
        """Tell whether a hint with nothing to do may mean a column that would be dropped."""
        if state is State.EARLY or scope.in_models(hint.new) is not None:
            return False
        exchange = Exchange(scope.lost, scope.gained, self.database.rules.fold_column)
        return exchange.is_meant_by(hint.old, hint.new, [other.old for other in scope.hints])

    # --- another table that a hint may mean ---

    def _unless_meant_elsewhere(
        self, hint: ColumnRename, pair: TablePair, state: State
    ) -> HintReport:
        """Report a hint with nothing to do in its table.

        That is harmless, unless there is another table in which it would be carried out and of
        which no other hint speaks: then the table is named wrongly, or, where it is not on both
        sides, its rename not declared.
        """
        elsewhere = self._unclaimed_tables(hint)
        if pair.whole is None:
            elsewhere += self._fitting(hint, self._losing_pairs)
        if not elsewhere:
            return reports.harmless(_shown(hint, pair.models), state)
        near = nearest(hint.table, self.models.table_names(hint.schema))
        meant = min(elsewhere, key=lambda table: table.models[1] not in near)
        fate = f'but "{hint.old}" would become "{hint.new}" in {meant}'
        return reports.misplaced(hint, f"{_lacking(hint, pair)}, {fate}")

    def _unclaimed_tables(self, hint: ColumnRename) -> list[SameTable]:
        """Return the tables in which a hint would be carried out and no other declares that."""
        fitting = self._fitting(hint, self._losing_tables)
        claimed = [
            self._tables.get(other)
            for other in (self.hints if fitting else ())
            if other is not hint and (other.old, other.new) == (hint.old, hint.new)
        ]
        return [table for table in fitting if table not in claimed]

    def _fitting(self, hint: ColumnRename, losing: LosingTables) -> list[SameTable]:
        """Return the tables that would lose a hint's old name and get its new one."""
        fold = self.database.rules.fold_column
        return [
            table for table, gained in losing.get(fold(hint.old), ()) if fold(hint.new) in gained
        ]

    @cached_property
    def _losing_tables(self) -> LosingTables:
        return self._losing(self.pairs.same_tables())

    @cached_property
    def _losing_pairs(self) -> LosingTables:
        return self._losing(self.pairs.undeclared_tables())

    def _losing(self, tables: Iterable[SameTable]) -> LosingTables:
        """Return the tables that would lose a column and get others.

        What hints of the table itself keep is not lost.
        """
        losing = defaultdict(list)
        for table in tables:
            states = (self._scopes.get(table) or self._scope(table, [])).states
            if states.gained and states.lost and self.models.is_compared(*table.models):
                for name in states.lost:
                    losing[name].append((table, set(states.gained)))
        return losing


def _shown(hint: ColumnRename, table: TableKey | None) -> ColumnRename:
    """Return a hint with its table as it will be called, where it is in the models."""
    if table is None:
        return hint
    shown = in_owner(hint, table)
    assert isinstance(shown, ColumnRename)
    return shown


def _table_name(hint: ColumnRename) -> TableKey:
    return hint.schema, hint.table


def _pair_of(table: SameTable) -> TablePair:
    return TablePair(table.database, table.models)


def _lacking(hint: ColumnRename, pair: TablePair) -> str:
    if pair.database is None and pair.models is None:
        return f'there is no table "{hint.table}"'
    if pair.database is None:
        return f'the database has no table "{hint.table}"'
    if pair.models is None:
        return f'the models have no table "{hint.table}"'
    return f'there is nothing to rename in "{pair.models[1]}"'
