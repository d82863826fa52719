"""What holds of every plan, whatever the names and hints are."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flask_migrate_decl.renames import (
    ColumnRename,
    Hint,
    Kind,
    Move,
    NameRules,
    Record,
    RenamePlan,
    Renames,
    Resolution,
    State,
    Step,
    TableKey,
    TableRename,
    find_conflicts,
    resolve,
)
from tests.catalogs import Names

POOL = ["a", "b", "c", "d", "B", "renamed_1"]
KEYS: list[TableKey] = [(None, name) for name in POOL]
MOVING: list[TableKey] = [(schema, name) for schema in (None, "s") for name in ("a", "b", "c")]
RULES = [NameRules(), NameRules(tables_ignore_case=True, columns_ignore_case=True)]


@dataclass(frozen=True)
class Case:
    """A database, models and hints that are no conflict among themselves."""

    database: Names
    models: Names
    hints: Renames
    rules: NameRules

    def resolved(self, record: Record | None = None, hints: Renames | None = None) -> Resolution:
        database, models = (side.catalog(self.rules) for side in (self.database, self.models))
        return resolve(hints or self.hints, database, models, record=record)


def some(names: Sequence[TableKey], rules: NameRules) -> st.SearchStrategy[list[TableKey]]:
    """Choose names that one database can have side by side, in any order."""
    return st.lists(
        st.sampled_from(names),
        unique_by=lambda key: (key[0], rules.fold(Kind.TABLE, key[1])),
        max_size=6,
    )


@st.composite
def links(draw: st.DrawFn, names: Sequence[TableKey]) -> list[tuple[TableKey, TableKey]]:
    """Make old and new names: chains, shifts, cycles, and another case alone."""
    olds = draw(st.permutations(names))
    news = draw(st.permutations(names))
    size = draw(st.integers(0, 6))
    return [(old, new) for old, new in zip(olds[:size], news, strict=False) if old != new]


@st.composite
def table_cases(draw: st.DrawFn) -> Case:
    rules = draw(st.sampled_from(RULES))
    keys = draw(st.sampled_from([KEYS, MOVING]))
    hints = Renames(
        tables=tuple(
            TableRename(old, new, schema, place=f"renames.tables[{n}]", to_schema=new_schema or "")
            for n, ((schema, old), (new_schema, new)) in enumerate(draw(links(keys)))
        )
    )
    assume(not find_conflicts(hints, rules))
    database, models = draw(some(keys, rules)), draw(some(keys, rules))
    return Case(tables(database), tables(models), hints, rules)


def tables(keys: Iterable[TableKey]) -> Names:
    names = {f"{schema}.{name}" if schema else name: ["id"] for schema, name in keys}
    return Names(tables=names, schemas=["s"])


@st.composite
def column_cases(draw: st.DrawFn) -> Case:
    """Make two tables, which may change their names, with hints for the columns of both."""
    rules = draw(st.sampled_from(RULES))
    new = draw(st.sampled_from([{"t": "t", "u": "u"}, {"t": "v", "u": "u"}, {"t": "u", "u": "t"}]))
    renamed = [TableRename(old, name) for old, name in new.items() if old != name]
    columns = [
        ColumnRename(named or name, old, other)
        for table, name in new.items()
        # Hints that say both names of swapped tables may all mean the same one of them.
        for named in (draw(st.sampled_from([table, name])) if len(renamed) < 2 else None,)
        for (_, old), (_, other) in draw(links(KEYS))
    ]
    hints = Renames(
        tables=tuple(renamed),
        columns=tuple(
            ColumnRename(hint.table, hint.old, hint.new, place=f"renames.columns[{n}]")
            for n, hint in enumerate(columns)
        ),
    )
    assume(not find_conflicts(hints, rules))
    before = {table: ["id", *(name for _, name in draw(some(KEYS, rules)))] for table in new}
    after = {name: ["id", *(c for _, c in draw(some(KEYS, rules)))] for name in new.values()}
    return Case(Names(tables=before), Names(tables=after), hints, rules)


ANY_CASE = table_cases() | column_cases()


# --- a database that carries steps out ---------------------------------------------------------

Column = tuple[TableKey, str]


@dataclass
class Database:
    """Tables and columns, each with the name that it has at a time by the one that it had first."""

    tables: dict[TableKey, TableKey]
    columns: dict[Column, Column]
    rules: NameRules

    def carry_out(self, kind: Kind, old: tuple[TableKey, str], new: tuple[TableKey, str]) -> None:
        if kind is Kind.TABLE:
            self._rename_table(old[0], new[0])
        else:
            self._rename_column(old, new)

    def _rename_table(self, old: TableKey, new: TableKey) -> None:
        assert old in self.tables.values()
        borne = {(key[0], self.rules.fold_table(key[1])) for key in self.tables.values()}
        assert (new[0], self.rules.fold_table(new[1])) not in borne
        assert (old[0] == new[0]) is not (old[1] == new[1])
        self.tables = {name: new if key == old else key for name, key in self.tables.items()}
        self.columns = {
            name: (new, column) if key == old else (key, column)
            for name, (key, column) in self.columns.items()
        }

    def _rename_column(self, old: Column, new: Column) -> None:
        assert old in self.columns.values()
        assert old[0] == new[0]
        borne = {self.rules.fold_column(c) for key, c in self.columns.values() if key == old[0]}
        assert self.rules.fold_column(new[1]) not in borne
        self.columns = {name: new if c == old else c for name, c in self.columns.items()}


def begun(case: Case) -> Database:
    """Make the database of a case."""
    found = {key_of(name): columns for name, columns in case.database.tables.items()}
    return Database(
        {key: key for key in found},
        {(key, column): (key, column) for key, columns in found.items() for column in columns},
        case.rules,
    )


def key_of(name: str) -> TableKey:
    schema, _, plain = name.rpartition(".")
    return schema or None, plain


def ends(step: Step) -> tuple[Column, Column]:
    """Return what a step renames, as tables and columns of the simulated database."""
    if step.kind is Kind.TABLE:
        return ((step.schema, step.old), ""), ((step.new_schema, step.new), "")
    owner = (step.schema, str(step.owner))
    return (owner, step.old), (owner, step.new)


def after(plan: RenamePlan, case: Case) -> Database:
    database = begun(case)
    for step in plan.steps:
        database.carry_out(step.kind, *ends(step))
    return database


# --- the laws ----------------------------------------------------------------------------------


@settings(max_examples=400, deadline=None)
@given(ANY_CASE)
def test_no_step_takes_a_name_that_is_borne_and_all_end_in_the_plans_names(case: Case) -> None:
    plan = case.resolved().plan
    database, names = after(plan, case), plan.names
    assert database.tables == {key: names.new_table(key) for key in database.tables}
    assert database.columns == {
        (key, column): (names.new_table(key), names.new_column(key, column))
        for key, column in database.columns
    }


@settings(max_examples=400, deadline=None)
@given(ANY_CASE)
def test_the_steps_in_reverse_give_the_old_names_back(case: Case) -> None:
    plan = case.resolved().plan
    database = after(plan, case)
    for step in reversed(plan.steps):
        old, new = ends(step)
        database.carry_out(step.kind, new, old)
    assert database == begun(case)


@settings(max_examples=400, deadline=None)
@given(ANY_CASE)
def test_every_table_and_column_is_found_by_its_new_name_and_back(case: Case) -> None:
    names = case.resolved().plan.names
    news = set()
    for key, columns in ((key_of(name), found) for name, found in case.database.tables.items()):
        new = names.new_table(key)
        news.add(new)
        assert names.old_table(new) == key
        back = {new: old for old, new in names.new_columns(key).items()}
        renamed = [names.new_column(key, column) for column in columns]
        assert len(set(renamed)) == len(columns)
        assert [back.get(name, name) for name in renamed] == list(columns)
    assert len(news) == len(case.database.tables)


@settings(max_examples=400, deadline=None)
@given(ANY_CASE)
def test_what_is_renamed_is_in_the_database_and_wanted_by_the_models(case: Case) -> None:
    for move in case.resolved().plan.moves:
        if move.kind is Kind.TABLE:
            assert (move.schema, move.old) in map(key_of, case.database.tables)
            assert move.new_key in map(key_of, case.models.tables)
        else:
            assert move.new in case.models.tables[str(move.owner)]


def recorded(plan: RenamePlan) -> list[Hint]:
    """Return the hints that a plan carries out, as its revision records them."""
    found: list[Hint] = []
    moves: list[Move] = []
    for step in plan.steps:
        if step.move not in moves:
            moves.append(step.move)
            found += [
                ColumnRename(str(step.owner), hint.old, hint.new)
                if isinstance(hint, ColumnRename)
                else hint
                for hint in step.move.hints
            ]
    return found


@settings(max_examples=400, deadline=None)
@given(ANY_CASE)
def test_a_plan_that_is_carried_out_is_not_made_again(case: Case) -> None:
    first = case.resolved()
    assume(not first.problems)
    record = Record()
    record.add("r1", [*recorded(first.plan), *first.settled])
    again = Case(case.models, case.models, case.hints, case.rules).resolved(record)
    assert again.plan.moves == ()
    assert {report.state for report in again.reports} <= {
        State.APPLIED,
        State.EARLY,
        State.SPENT,
    }


@settings(max_examples=400, deadline=None)
@given(ANY_CASE, st.randoms(use_true_random=False))
def test_the_order_of_hints_of_different_scopes_changes_nothing(
    case: Case, rng: random.Random
) -> None:
    of_table: dict[str, list[ColumnRename]] = {}
    latest = {hint.old: hint.new for hint in case.hints.tables}
    for hint in case.hints.columns:
        of_table.setdefault(latest.get(hint.table, hint.table), []).append(hint)
    assume(len(of_table) < 3)
    queues, columns = list(of_table.values()), []
    while any(queues):
        columns.append(rng.choice([queue for queue in queues if queue]).pop(0))
    shuffled = Renames(tables=case.hints.tables, columns=tuple(columns))
    first, other = case.resolved(), case.resolved(hints=shuffled)
    assert set(first.plan.moves) == set(other.plan.moves)
    assert first.plan.names == other.plan.names
    states = {report.hint.place: report.state for report in first.reports}
    assert {report.hint.place: report.state for report in other.reports} == states


@settings(max_examples=400, deadline=None)
@given(ANY_CASE, st.integers(0, 5))
def test_spent_hints_change_nothing(case: Case, place: int) -> None:
    tables, columns = case.hints.tables, case.hints.columns
    spent = Renames(
        tables=(*tables[:place], TableRename("xxxxxx", "yyyyyy"), *tables[place:]),
        columns=(
            *columns[:place],
            *(ColumnRename(name, "xxxxxx", "yyyyyy") for name in ("t", "gone")),
            *columns[place:],
        ),
    )
    found = case.resolved(hints=spent)
    assert found.plan.steps == case.resolved().plan.steps
    assert len(found.problems) == len(case.resolved().problems)
