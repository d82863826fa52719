"""The hints of columns, held against a database and the models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from flask_migrate_decl.renames import reports
from flask_migrate_decl.renames.hints import qualified
from flask_migrate_decl.renames.names import missing_from, nearest
from flask_migrate_decl.renames.plan import ColumnStep
from flask_migrate_decl.renames.states import Presence, State, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask_migrate_decl.renames.hints import ColumnRename, Renames
    from flask_migrate_decl.renames.names import Catalog
    from flask_migrate_decl.renames.plan import TableStep
    from flask_migrate_decl.renames.states import HintReport


@dataclass(frozen=True, slots=True)
class TablePair:
    """One table on both sides; a side that has no such table has ``None``."""

    database: str | None
    models: str | None

    def __str__(self) -> str:
        if self.database == self.models:
            return f'"{self.models}"'
        return f'"{self.database}", if that is what the models call "{self.models}"'


@dataclass(frozen=True, slots=True)
class SameTable:
    """A table that is on both sides, under its two names."""

    schema: str | None
    database: str
    models: str


@dataclass(frozen=True, slots=True)
class ColumnHints:
    """Decides the state of hints of columns, once the tables' renames are known."""

    database: Catalog
    models: Catalog
    renames: Renames
    table_steps: Sequence[TableStep]

    def report(self, hint: ColumnRename) -> HintReport:
        """Return a hint's state and the reason; its table is named as it will be called."""
        table = self._same_table(hint)
        if table is None:
            pair = self._pairs(hint)[0]
            lacking = State.SPENT if pair.models is None else State.APPLIED
            return self._unless_meant_elsewhere(hint, pair, lacking)
        report = self._report_in(replace(hint, table=table.models), table)
        if report.state in (State.SPENT, State.EARLY):
            pair = TablePair(table.database, table.models)
            return self._unless_meant_elsewhere(hint, pair, report.state)
        return report

    def step(self, hint: ColumnRename) -> ColumnStep:
        """Return the step of a pending hint, its names spelled as each side spells them."""
        table = self._same_table(hint)
        assert table is not None
        renamed = {(step.schema, step.old): step.new for step in self.table_steps}
        return ColumnStep(
            hint.schema,
            renamed.get((hint.schema, table.database), table.database),
            self.database.find_column(hint.schema, table.database, hint.old) or hint.old,
            self.models.find_column(hint.schema, table.models, hint.new) or hint.new,
        )

    # --- the table that a hint means ---

    def _same_table(self, hint: ColumnRename) -> SameTable | None:
        """Find the hint's table on both sides, by the name given or by its other name.

        Where an old table name is used again, both tables fit: the one in which the hint is
        still to be carried out is meant.
        """
        whole = [table for pair in self._pairs(hint) if (table := _whole(hint.schema, pair))]
        pending = [table for table in whole if self._would_rename(hint, table)]
        return next(iter((*pending, *whole)), None)

    def _pairs(self, hint: ColumnRename) -> list[TablePair]:
        others = [
            table.new if hint.table == table.old else table.old
            for table in self.renames.tables
            if table.schema == hint.schema and hint.table in (table.old, table.new)
        ]
        pairs = [self._pair(hint.schema, name) for name in (hint.table, *others)]
        return sorted(pairs, key=lambda pair: pair == TablePair(None, None))

    def _pair(self, schema: str | None, table: str) -> TablePair:
        """Pair the table that bears a name after the renames."""
        models = self.models.find_table(schema, table)
        for step in self.table_steps:
            if step.schema == schema and step.new == (models or table):
                return TablePair(step.old, models)
        database = self.database.find_table(schema, table)
        given_away = any((s.schema, s.old) == (schema, database) for s in self.table_steps)
        return TablePair(None if given_away else database, models)

    # --- the state inside a table ---

    def _report_in(self, hint: ColumnRename, table: SameTable) -> HintReport:
        rules = self.database.rules
        in_database = self.database.find_column(hint.schema, table.database, hint.old)
        if in_database and rules.fold_column(hint.old) == rules.fold_column(hint.new):
            in_models = self.models.find_column(hint.schema, table.models, hint.new)
            return reports.of_case_only(hint, in_database, in_models)
        presence = self._presence(hint, table)
        state = state_of(presence, new_name_may_be_fresh=False)
        if state is State.PENDING:
            return reports.pending(hint, rules)
        if state is State.CONTRADICTED:
            return reports.contradicted(hint, "columns", "values")
        name = qualified(hint.schema, hint.table)
        if state is State.UNMATCHED and presence.db_old:
            known = self.models.column_names(hint.schema, table.models)
            message = f'the model of "{name}" has no column "{hint.new}"'
            return reports.new_name_missing(hint, message, known)
        if state is State.UNMATCHED or (state is State.SPENT and self._looks_misspelt(hint, table)):
            known = self.database.column_names(hint.schema, table.database)
            message = f'the table "{name}" has no column "{hint.old}"'
            return reports.old_name_missing(hint, message, known)
        return reports.harmless(hint, state)

    def _presence(self, hint: ColumnRename, table: SameTable) -> Presence:
        find_in_database, find_in_models = self.database.find_column, self.models.find_column
        return Presence(
            find_in_database(hint.schema, table.database, hint.old) is not None,
            find_in_database(hint.schema, table.database, hint.new) is not None,
            find_in_models(hint.schema, table.models, hint.old) is not None,
            find_in_models(hint.schema, table.models, hint.new) is not None,
        )

    def _would_rename(self, hint: ColumnRename, table: SameTable) -> bool:
        presence = self._presence(hint, table)
        return presence.db_old and not presence.db_new and presence.models_new

    def _looks_misspelt(self, hint: ColumnRename, table: SameTable) -> bool:
        """Tell whether a hint of unknown names may mean a column that would be dropped."""
        schema, find_in_models = hint.schema, self.models.find_column
        lost = [
            name
            for name in self.database.column_names(schema, table.database)
            if find_in_models(schema, table.models, name) is None
        ]
        gained = any(
            self.database.find_column(schema, table.database, name) is None
            for name in self.models.column_names(schema, table.models)
        )
        return gained and bool(nearest(hint.old, lost))

    # --- another table that a hint may mean ---

    def _unless_meant_elsewhere(
        self, hint: ColumnRename, pair: TablePair, state: State
    ) -> HintReport:
        """Report a hint with nothing to do in its table.

        That is harmless, unless there is another table in which it would be carried out and which
        no other hint speaks of: then the table's name is wrong, or its own rename not declared.
        """
        meant = next(self._meant_elsewhere(hint), None)
        if meant is None:
            return reports.harmless(hint, state)
        fate = f'but "{hint.old}" would become "{hint.new}" in {meant}'
        return reports.misplaced(hint, f"{_lacking(hint, pair)}, {fate}")

    def _meant_elsewhere(self, hint: ColumnRename) -> Iterator[TablePair]:
        """Find the tables in which a hint would be carried out, the nearest names first."""
        lost = missing_from(self.models, self.database, hint.schema)
        gained = missing_from(self.database, self.models, hint.schema)
        in_models = self.models.table_names(hint.schema)
        kept = [self._pair(hint.schema, name) for name in in_models if name not in gained]
        pairs = [*kept, *(TablePair(old, new) for old, new in product(lost, gained))]
        near = nearest(hint.table, in_models)
        others = [other for other in self.renames.columns if other is not hint]
        for pair in sorted(pairs, key=lambda pair: pair.models not in near):
            table = _whole(hint.schema, pair)
            if table is None or any(self._is_about(other, hint, table) for other in others):
                continue
            if self._would_rename(hint, table):
                yield pair

    def _is_about(self, other: ColumnRename, hint: ColumnRename, table: SameTable) -> bool:
        """Tell whether another hint declares the same rename in a table."""
        return (other.schema, other.old, other.new) == (hint.schema, hint.old, hint.new) and (
            self._same_table(other) == table
        )


def _lacking(hint: ColumnRename, pair: TablePair) -> str:
    if pair.database is None and pair.models is None:
        return f'there is no table "{hint.table}"'
    if pair.database is None:
        return f'the database has no table "{hint.table}"'
    if pair.models is None:
        return f'the models have no table "{hint.table}"'
    return f'there is nothing to rename in "{hint.table}"'


def _whole(schema: str | None, pair: TablePair) -> SameTable | None:
    if pair.database is None or pair.models is None:
        return None
    return SameTable(schema, pair.database, pair.models)
