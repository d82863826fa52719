"""Which hints can go while everything is said of the others as before."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_migrate_decl.renames import (
    Case,
    ColumnRename,
    Hint,
    Record,
    Removal,
    TableRename,
    find_conflicts,
    removal_of,
)
from tests.catalogs import Names
from tests.test_renames import hints


def case_of(
    declared: Sequence[Hint], database: Names, models: Names, record: Sequence[Hint] = ()
) -> Case:
    recorded = Record()
    recorded.add("r1", record)
    return Case(hints(*declared), database.catalog(), models.catalog(), record=recorded)


def states(case: Case) -> dict[str, str]:
    return {report.hint.place: str(report.state) for report in case.resolution().reports}


def done(case: Case) -> set[str]:
    """Return the places of the hints that have nothing to do any more."""
    return {place for place, state in states(case).items() if state in ("applied", "spent")}


TABLE = TableRename("user", "account", place="renames.tables[0]")


def test_a_table_goes_before_the_column_that_is_named_by_it() -> None:
    column = ColumnRename("user", "name", "full_name", place="renames.columns[0]")
    names = Names(tables={"account": ["id", "full_name"]})
    case = case_of([TABLE, column], names, names, [TABLE, column])
    found = removal_of(case, done(case))
    assert found == Removal(frozenset({TABLE.place, column.place}), {})


def test_a_table_stays_while_a_pending_column_is_named_by_its_old_name() -> None:
    column = ColumnRename("user", "name", "full_name", place="renames.columns[0]")
    database = Names(tables={"account": ["id", "name"]})
    models = Names(tables={"account": ["id", "full_name"]})
    case = case_of([TABLE, column], database, models, [TABLE])
    found = removal_of(case, done(case))
    assert found == Removal(frozenset(), {TABLE.place: column.place})


SWAP = [
    TableRename("a", "b", place="renames.tables[0]"),
    TableRename("b", "a", place="renames.tables[1]"),
]


def test_a_swap_goes_as_a_whole_or_stays() -> None:
    names = Names(tables={"a": ["id"], "b": ["id"], "c": ["id"]})
    case = case_of(SWAP, names, names, SWAP)
    assert removal_of(case, done(case)).removable == {SWAP[0].place, SWAP[1].place}
    case = case_of(SWAP, names, names, SWAP[:1])
    assert states(case) == {SWAP[0].place: "applied", SWAP[1].place: "undecided"}
    found = removal_of(case, done(case))
    assert found == Removal(frozenset(), {SWAP[0].place: SWAP[1].place})


def test_a_swap_goes_although_something_else_stays() -> None:
    tables = [*SWAP, TableRename("user", "account", place="renames.tables[2]")]
    column = ColumnRename("user", "x", "y", place="renames.columns[0]")
    database = Names(tables={"a": ["id"], "b": ["id"], "account": ["x"]})
    models = Names(tables={"a": ["id"], "b": ["id"], "account": ["y"]})
    case = case_of([*tables, column], database, models, tables)
    found = removal_of(case, done(case))
    assert found.removable == {SWAP[0].place, SWAP[1].place}
    assert found.needed == {tables[2].place: column.place}


# --- whatever the hints are --------------------------------------------------------------------

NAMES = st.sampled_from("abcd")
TABLES = st.builds(TableRename, NAMES, NAMES)
COLUMNS = st.builds(ColumnRename, NAMES, NAMES, NAMES)
SIDES = st.dictionaries(NAMES, st.lists(NAMES, unique=True, min_size=1), max_size=4)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    declared = draw(st.lists(TABLES | COLUMNS, max_size=6, unique=True))
    record = draw(st.lists(st.sampled_from(declared), unique=True)) if declared else []
    database, models = Names(tables=draw(SIDES)), Names(tables=draw(SIDES))
    renames = hints(*declared)
    conflicts = {conflict.place for conflict in find_conflicts(renames)}
    return case_of(renames.without(conflicts).hints, database, models, record)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_what_stays_is_said_to_be_what_it_was(case: Case) -> None:
    before, places = states(case), done(case)
    found = removal_of(case, places)
    assert found.removable | found.needed.keys() == places
    assert not found.removable & found.needed.keys()
    left = case.without(found.removable)
    assert states(left) == {p: s for p, s in before.items() if p not in found.removable}
    assert set(left.resolution().plan.moves) == set(case.resolution().plan.moves)


@pytest.mark.parametrize("taken_back", [False, True])
def test_a_hint_that_was_taken_back_is_recorded_still(taken_back: bool) -> None:
    record = Record()
    record.add("r1", [SWAP[0]])
    if taken_back:
        record.add("r2", [SWAP[1]])
    assert record.mention_of(SWAP[0]) == "r1"
    assert record.revision_of(SWAP[0]) == (None if taken_back else "r1")
