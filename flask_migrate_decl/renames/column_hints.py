"""The hints of columns, held against a database and the models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

from flask_migrate_decl.renames import reports
from flask_migrate_decl.renames.hints import qualified
from flask_migrate_decl.renames.names import Exchange, missing_from, nearest
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

    schema: str | None
    database: str | None
    models: str | None


@dataclass(frozen=True, slots=True)
class SameTable:
    """A table that is on both sides, under its two names."""

    schema: str | None
    database: str
    models: str

    def __str__(self) -> str:
        name = f'"{qualified(self.schema, self.database)}"'
        if self.database == self.models:
            return name
        return f'{name}, if that is what the models call "{self.models}"'


@dataclass(frozen=True)
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
        if report.is_problem or report.state is State.PENDING:
            return report
        pair = TablePair(table.schema, table.database, table.models)
        return self._unless_meant_elsewhere(hint, pair, report.state)

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

    def would_rename(self, hint: ColumnRename) -> bool:
        """Tell whether a hint fits here and no hint of this database declares the same."""
        table = self._same_table(hint)
        return table in self._unclaimed_tables(hint)

    # --- the table that a hint means ---

    def _same_table(self, hint: ColumnRename) -> SameTable | None:
        """Find the hint's table on both sides, by the name given or by its other name.

        Where an old table name is used again, both tables fit: the one in which the hint was
        carried out is meant, else the one in which it is still to be.
        """
        whole = [table for pair in self._pairs(hint) if (table := _whole(pair))]
        done = [table for table in whole if self._presence(hint, table).is_done]
        pending = [table for table in whole if self._presence(hint, table).is_pending]
        return next(iter((*done, *pending, *whole)), None)

    def _pairs(self, hint: ColumnRename) -> list[TablePair]:
        """Pair the tables that the hint's table name may stand for, those that are there first."""
        fold = self.database.rules.fold_table
        named = fold(hint.table)
        others = [
            table.new if named == fold(table.old) else table.old
            for table in self.renames.tables
            if table.schema == hint.schema and named in (fold(table.old), fold(table.new))
        ]
        pairs = [self._pair(hint.schema, name) for name in (hint.table, *others)]
        return sorted(pairs, key=lambda pair: pair.database is None and pair.models is None)

    def _pair(self, schema: str | None, table: str) -> TablePair:
        """Pair the table that bears a name after the renames."""
        models = self.models.find_table(schema, table)
        for step in self.table_steps:
            if step.schema == schema and step.new == (models or table):
                return TablePair(schema, step.old, models)
        database = self.database.find_table(schema, table)
        given_away = any((s.schema, s.old) == (schema, database) for s in self.table_steps)
        return TablePair(schema, None if given_away else database, models)

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
            return reports.contradicted(hint, presence, "columns", "values")
        name = qualified(hint.schema, hint.table)
        if state is State.UNMATCHED and presence.db_old:
            known = self.models.column_names(hint.schema, table.models)
            message = f'the model of "{name}" has no column "{hint.new}"'
            return reports.new_name_missing(hint, message, known)
        is_idle = state is not State.EARLY and not presence.models_new
        if state is State.UNMATCHED or (is_idle and self._looks_misspelt(hint, table)):
            known = self.database.column_names(hint.schema, table.database)
            message = f'the table "{name}" has no column "{hint.old}"'
            return reports.old_name_missing(hint, message, known)
        return reports.harmless(hint, state)

    def _presence(self, hint: ColumnRename, table: SameTable) -> Presence:
        find_in_database, find_in_models = self.database.find_column, self.models.find_column
        return Presence(
            find_in_database(table.schema, table.database, hint.old) is not None,
            find_in_database(table.schema, table.database, hint.new) is not None,
            find_in_models(table.schema, table.models, hint.old) is not None,
            find_in_models(table.schema, table.models, hint.new) is not None,
        )

    def _gained_columns(self, table: SameTable) -> list[str]:
        """Return the columns that the models have and the database has not."""
        return [
            name
            for name in self.models.column_names(table.schema, table.models)
            if self.database.find_column(table.schema, table.database, name) is None
        ]

    def _looks_misspelt(self, hint: ColumnRename, table: SameTable) -> bool:
        """Tell whether a hint with nothing to do may mean a column that would be dropped."""
        lost = [
            name
            for name in self.database.column_names(table.schema, table.database)
            if self.models.find_column(table.schema, table.models, name) is None
        ]
        exchange = Exchange(lost, self._gained_columns(table), self.database.rules.fold_column)
        others = [other for other in self.renames.columns if self._same_table(other) == table]
        return exchange.is_meant_by(hint.old, hint.new, [other.old for other in others])

    # --- another table that a hint may mean ---

    def _unless_meant_elsewhere(
        self, hint: ColumnRename, pair: TablePair, state: State
    ) -> HintReport:
        """Report a hint with nothing to do in its table.

        That is harmless, unless there is another table in which it would be carried out and of
        which no other hint speaks: then the table is named wrongly, or its rename not declared.
        """
        elsewhere = self._unclaimed_tables(hint)
        if not elsewhere:
            return reports.harmless(hint, state)
        near = nearest(hint.table, self.models.table_names(hint.schema))
        meant = min(elsewhere, key=lambda table: table.models not in near)
        fate = f'but "{hint.old}" would become "{hint.new}" in {meant}'
        return reports.misplaced(hint, f"{_lacking(hint, pair)}, {fate}")

    def _unclaimed_tables(self, hint: ColumnRename) -> list[SameTable]:
        """Return the tables in which a hint would be carried out and no other declares that."""
        fitting = [
            table for table in self._growing_tables if self._presence(hint, table).would_lose
        ]
        claimed = [
            self._same_table(other)
            for other in (self.renames.columns if fitting else ())
            if other is not hint and (other.old, other.new) == (hint.old, hint.new)
        ]
        return [table for table in fitting if table not in claimed]

    @cached_property
    def _growing_tables(self) -> list[SameTable]:
        """The tables that get a column, as each rename that is still to be done gives one."""
        return [
            table
            for schema in self.database.schemas
            for pair in self._all_pairs(schema)
            if (table := _whole(pair))
            and self.models.is_compared(table.schema, table.models)
            and self._gained_columns(table)
        ]

    def _all_pairs(self, schema: str | None) -> Iterator[TablePair]:
        for name in self.models.table_names(schema):
            yield self._pair(schema, name)
        lost = missing_from(self.models, self.database, schema)
        gained = missing_from(self.database, self.models, schema)
        renamed = {(step.schema, step.old) for step in self.table_steps}
        renamed |= {(step.schema, step.new) for step in self.table_steps}
        for old, new in product(lost, gained):
            if not renamed & {(schema, old), (schema, new)}:
                yield TablePair(schema, old, new)


def _lacking(hint: ColumnRename, pair: TablePair) -> str:
    if pair.database is None and pair.models is None:
        return f'there is no table "{hint.table}"'
    if pair.database is None:
        return f'the database has no table "{hint.table}"'
    if pair.models is None:
        return f'the models have no table "{hint.table}"'
    return f'there is nothing to rename in "{pair.models}"'


def _whole(pair: TablePair) -> SameTable | None:
    if pair.database is None or pair.models is None:
        return None
    return SameTable(pair.schema, pair.database, pair.models)
