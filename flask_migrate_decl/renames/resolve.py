"""From declared hints, a database's names and the models' names to a plan and a report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from flask_migrate_decl.renames.hints import ColumnRename, qualified
from flask_migrate_decl.renames.names import nearest
from flask_migrate_decl.renames.plan import ColumnStep, RenamePlan, TableStep
from flask_migrate_decl.renames.states import HintReport, Presence, State, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask_migrate_decl.renames.hints import Hint, Renames, TableRename
    from flask_migrate_decl.renames.names import Catalog, NameRules


@dataclass(frozen=True, slots=True)
class Resolution:
    """What one database's hints come to.

    :param reports: one for each hint, in the order in which they stand.
    """

    plan: RenamePlan
    reports: tuple[HintReport, ...]

    @property
    def problems(self) -> tuple[HintReport, ...]:
        """The reports that forbid to write a revision."""
        return tuple(report for report in self.reports if report.is_problem)


def resolve(renames: Renames, database: Catalog, models: Catalog) -> Resolution:
    """Decide every hint's state and put the pending ones in order.

    :param renames: the hints of one database, without conflicts among them.
    :param database: what the database has now.
    :param models: what the models ask for.
    """
    table_reports = [_TableHints(database, models).report(hint) for hint in renames.tables]
    tables = tuple(
        _table_step(report.hint, database, models)
        for report in table_reports
        if report.state is State.PENDING
    )
    columns = _ColumnHints(database, models, renames.tables, tables)
    column_reports = [columns.report(hint) for hint in renames.columns]
    steps = tuple(columns.step(r.hint) for r in column_reports if r.state is State.PENDING)
    return Resolution(RenamePlan(tables, steps), (*table_reports, *column_reports))


def _table_step(hint: Hint, database: Catalog, models: Catalog) -> TableStep:
    return TableStep(
        hint.schema,
        database.find_table(hint.schema, hint.old) or hint.old,
        models.find_table(hint.schema, hint.new) or hint.new,
    )


def _pending(hint: Hint, rules: NameRules, same_name: bool) -> HintReport:
    """Report a pending hint, unless the database could not carry it out faithfully."""
    if same_name:
        return HintReport(
            hint,
            State.PENDING,
            "the two names differ in upper and lower case only, and this database takes them "
            "for the same",
            "such a rename can't be carried out yet: keep the old spelling in the models",
            is_problem=True,
        )
    if rules.is_too_long(hint.new):
        unit = "bytes" if rules.length_in_bytes else "characters"
        return HintReport(
            hint,
            State.PENDING,
            f'"{hint.new}" is longer than the {rules.max_length} {unit} this database keeps',
            "choose a shorter name",
            is_problem=True,
        )
    return HintReport(hint, State.PENDING, "the database has the old name")


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names) or "none"


def _harmless(hint: Hint, state: State) -> HintReport:
    messages = {
        State.APPLIED: "the database has the new name",
        State.EARLY: f'the models still say "{hint.old}"',
        State.SPENT: "neither side has anything to rename; the hint may be removed",
    }
    return HintReport(hint, state, messages[state])


@dataclass(frozen=True, slots=True)
class _TableHints:
    database: Catalog
    models: Catalog

    def report(self, hint: TableRename) -> HintReport:
        presence = Presence(
            self.database.find_table(hint.schema, hint.old) is not None,
            self.database.find_table(hint.schema, hint.new) is not None,
            self.models.find_table(hint.schema, hint.old) is not None,
            self.models.find_table(hint.schema, hint.new) is not None,
        )
        rules = self.database.rules
        if rules.fold_table(hint.old) == rules.fold_table(hint.new):
            return self._report_of_case(hint)
        dropped = self._dropped_tables(hint.schema)
        state = state_of(presence, new_name_may_be_fresh=not dropped)
        if state is State.PENDING:
            return _pending(hint, rules, same_name=False)
        if state is State.CONTRADICTED:
            return self._contradicted(hint)
        if state is State.UNMATCHED:
            return self._unmatched(hint, presence, dropped)
        return _harmless(hint, state)

    def _report_of_case(self, hint: TableRename) -> HintReport:
        if self.database.find_table(hint.schema, hint.old) == hint.old:
            return _pending(hint, self.database.rules, same_name=True)
        return _harmless(hint, State.APPLIED)

    def _dropped_tables(self, schema: str | None) -> list[str]:
        """Return the tables that the comparison would drop: one may be a hint's true old name."""
        return [
            name
            for name in self.database.table_names(schema)
            if self.models.find_table(schema, name) is None
        ]

    def _contradicted(self, hint: TableRename) -> HintReport:
        return HintReport(
            hint,
            State.CONTRADICTED,
            f'the database has both tables and the models only "{hint.new}", so that '
            f'"{hint.old}" would be dropped with its rows',
            f'move its rows and drop it in a revision of your own, or keep "{hint.old}" in the '
            "models",
            is_problem=True,
        )

    def _unmatched(
        self, hint: TableRename, presence: Presence, dropped: Sequence[str]
    ) -> HintReport:
        if presence.db_old:
            near = nearest(hint.new, self.models.table_names(hint.schema))
            return HintReport(
                hint,
                State.UNMATCHED,
                f'no model has the table "{hint.new}"',
                f"nearest in the models: {_quoted(near)}",
                is_problem=True,
            )
        return HintReport(
            hint,
            State.UNMATCHED,
            f'the database has no table "{hint.old}", and would lose {_quoted(dropped)}',
            f"nearest in the database: {_quoted(nearest(hint.old, dropped))}; where the rename "
            "was done long ago, remove the hint",
            is_problem=True,
        )


@dataclass(frozen=True, slots=True)
class _TablePair:
    """One table on both sides; a side that has no such table has ``None``."""

    database: str | None
    models: str | None

    def __str__(self) -> str:
        if self.database == self.models:
            return f'"{self.models}"'
        return f'"{self.database}", if that is what the models call "{self.models}"'


@dataclass(frozen=True, slots=True)
class _ColumnHints:
    database: Catalog
    models: Catalog
    table_hints: Sequence[TableRename]
    table_steps: Sequence[TableStep]

    def report(self, hint: ColumnRename) -> HintReport:
        pair = self._pair_of(hint)
        if pair.database is None or pair.models is None:
            return self._report_of_missing_table(hint, pair)
        found = replace(hint, table=pair.models)
        presence = self._presence(hint, pair)
        rules = self.database.rules
        if rules.fold_column(hint.old) == rules.fold_column(hint.new):
            return self._report_of_case(found, pair)
        state = state_of(presence, new_name_may_be_fresh=False)
        if state is State.PENDING:
            return _pending(found, rules, same_name=False)
        if state is State.CONTRADICTED:
            return self._contradicted(found)
        if state is State.UNMATCHED:
            return self._unmatched(found, pair, presence)
        return _harmless(found, state)

    def step(self, hint: Hint) -> ColumnStep:
        """Return the step of a pending hint, its names spelled as each side spells them."""
        assert isinstance(hint, ColumnRename)
        pair = self._pair_of(hint)
        assert pair.database is not None
        assert pair.models is not None
        return ColumnStep(
            hint.schema,
            self._table_after(hint.schema, pair.database),
            self.database.find_column(hint.schema, pair.database, hint.old) or hint.old,
            self.models.find_column(hint.schema, pair.models, hint.new) or hint.new,
        )

    def _table_after(self, schema: str | None, table: str) -> str:
        renamed = {(step.schema, step.old): step.new for step in self.table_steps}
        return renamed.get((schema, table), table)

    def _pair_of(self, hint: ColumnRename) -> _TablePair:
        """Find the hint's table on both sides, by the name given or by its other name.

        Where an old table name is used again, both tables fit: the one in which the hint is
        still to be carried out is meant.
        """
        pairs = [self._pair(hint.schema, name) for name in self._names_of(hint)]
        whole = [pair for pair in pairs if pair.database is not None and pair.models is not None]
        pending = [pair for pair in whole if self._would_rename(hint, pair)]
        half = [pair for pair in pairs if pair.database is not None or pair.models is not None]
        return next(iter((*pending, *whole, *half)), pairs[0])

    def _names_of(self, hint: ColumnRename) -> list[str]:
        others = [
            table.new if hint.table == table.old else table.old
            for table in self.table_hints
            if table.schema == hint.schema and hint.table in (table.old, table.new)
        ]
        return [hint.table, *others]

    def _pair(self, schema: str | None, table: str) -> _TablePair:
        """Pair the table that bears a name after the renames."""
        models = self.models.find_table(schema, table)
        for step in self.table_steps:
            if step.schema == schema and step.new == (models or table):
                return _TablePair(step.old, models)
        database = self.database.find_table(schema, table)
        given_away = any((s.schema, s.old) == (schema, database) for s in self.table_steps)
        return _TablePair(None if given_away else database, models)

    def _presence(self, hint: ColumnRename, pair: _TablePair) -> Presence:
        assert pair.database is not None
        assert pair.models is not None
        find_in_database, find_in_models = self.database.find_column, self.models.find_column
        return Presence(
            find_in_database(hint.schema, pair.database, hint.old) is not None,
            find_in_database(hint.schema, pair.database, hint.new) is not None,
            find_in_models(hint.schema, pair.models, hint.old) is not None,
            find_in_models(hint.schema, pair.models, hint.new) is not None,
        )

    def _would_rename(self, hint: ColumnRename, pair: _TablePair) -> bool:
        presence = self._presence(hint, pair)
        return presence.db_old and not presence.db_new and presence.models_new

    def _report_of_case(self, hint: ColumnRename, pair: _TablePair) -> HintReport:
        assert pair.database is not None
        if self.database.find_column(hint.schema, pair.database, hint.old) == hint.old:
            return _pending(hint, self.database.rules, same_name=True)
        return _harmless(hint, State.APPLIED)

    def _contradicted(self, hint: ColumnRename) -> HintReport:
        return HintReport(
            hint,
            State.CONTRADICTED,
            f'the database has both columns and the models only "{hint.new}", so that '
            f'"{hint.old}" would be dropped with its values',
            f'move its values and drop it in a revision of your own, or keep "{hint.old}" in the '
            "models",
            is_problem=True,
        )

    def _unmatched(self, hint: ColumnRename, pair: _TablePair, presence: Presence) -> HintReport:
        assert pair.database is not None
        assert pair.models is not None
        table = qualified(hint.schema, hint.table)
        if presence.db_old:
            near = nearest(hint.new, self.models.column_names(hint.schema, pair.models))
            message = f'the model of "{table}" has no column "{hint.new}"'
            help_ = f"nearest in the model: {_quoted(near)}"
        else:
            near = nearest(hint.old, self.database.column_names(hint.schema, pair.database))
            message = f'the table "{table}" has no column "{hint.old}"'
            help_ = (
                f"nearest in the database: {_quoted(near)}; where the rename was done long ago, "
                "remove the hint"
            )
        return HintReport(hint, State.UNMATCHED, message, help_, is_problem=True)

    def _report_of_missing_table(self, hint: ColumnRename, pair: _TablePair) -> HintReport:
        """Report a hint whose table one side lacks or both.

        That is harmless, unless another table is there in which the hint would be carried out:
        then the table's name is misspelt, or its own rename is not declared.
        """
        meant = next(self._tables_meant(hint), None)
        if meant is None:
            return _harmless(hint, State.SPENT if pair.models is None else State.APPLIED)
        lacking = "the database" if pair.models is not None else "the models"
        if pair == _TablePair(None, None):
            lacking = "the database or the models"
        return HintReport(
            hint,
            State.UNMATCHED,
            f'there is no table "{hint.table}" in {lacking}, but "{hint.old}" would become '
            f'"{hint.new}" in {meant}',
            "correct the table's name, or declare the table's own rename in renames.tables",
            is_problem=True,
        )

    def _tables_meant(self, hint: ColumnRename) -> Iterator[_TablePair]:
        """Find the pairs of tables in which the hint would be carried out."""
        in_database = self.database.table_names(hint.schema)
        in_models = self.models.table_names(hint.schema)
        lost = [name for name in in_database if self.models.find_table(hint.schema, name) is None]
        added = [name for name in in_models if self.database.find_table(hint.schema, name) is None]
        kept = [self._pair(hint.schema, name) for name in in_models if name not in added]
        swapped = [_TablePair(old, new) for old, new in product(lost, added)]
        near = nearest(hint.table, in_models)
        for pair in sorted([*kept, *swapped], key=lambda pair: pair.models not in near):
            if pair.database is not None and self._would_rename(hint, pair):
                yield pair
