"""The pure room: states, conflicts, plans and names."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_migrate_decl.renames import (
    Catalog,
    ColumnRename,
    NameMap,
    NameRules,
    Presence,
    Renames,
    State,
    TableRename,
    find_conflicts,
    nearest,
    rename_identifiers,
    resolve,
    state_of,
)

Tables = Mapping[str, tuple[str, ...]]


def catalog(tables: Tables, rules: NameRules | None = None) -> Catalog:
    return Catalog(
        lambda schema: [] if schema else list(tables),
        lambda _schema, table: tables[table],
        rules or NameRules(),
    )


# The rows of the contract: what the database and the models have of the old and the new name.
STATES = [
    (True, False, False, True, State.PENDING),
    (True, False, True, True, State.PENDING),
    (False, True, False, False, State.APPLIED),
    (False, True, False, True, State.APPLIED),
    (False, True, True, False, State.CONTRADICTED),
    (False, True, True, True, State.APPLIED),
    (True, True, True, True, State.APPLIED),
    (True, True, False, True, State.CONTRADICTED),
    (True, True, True, False, State.EARLY),
    (True, True, False, False, State.SPENT),
    (True, False, True, False, State.EARLY),
    (True, False, False, False, State.UNMATCHED),
    (False, False, False, True, State.UNMATCHED),
    (False, False, True, True, State.UNMATCHED),
    (False, False, False, False, State.SPENT),
    (False, False, True, False, State.SPENT),
]


@pytest.mark.parametrize(("db_old", "db_new", "models_old", "models_new", "state"), STATES)
def test_states(
    db_old: bool, db_new: bool, models_old: bool, models_new: bool, state: State
) -> None:
    presence = Presence(db_old, db_new, models_old, models_new)
    assert state_of(presence, new_name_may_be_fresh=False) is state
    fresh = State.APPLIED if state is State.UNMATCHED and models_new else state
    assert state_of(presence, new_name_may_be_fresh=True) is fresh


def test_the_states_are_all_there_can_be() -> None:
    assert len({case[:4] for case in STATES}) == 16


@pytest.mark.parametrize(
    ("renames", "message"),
    [
        (Renames((TableRename("a", "a"),)), "renamed to itself"),
        (Renames((TableRename("a", "b"), TableRename("a", "c"))), "is renamed in"),
        (Renames((TableRename("a", "c"), TableRename("b", "c"))), "is the new name in"),
        (Renames((TableRename("a", "b"), TableRename("b", "c"))), "chain or a swap"),
        (Renames((TableRename("b", "c"), TableRename("a", "b"))), "chain or a swap"),
        (Renames((TableRename("a", "b"), TableRename("b", "a"))), "chain or a swap"),
        (
            Renames(
                (TableRename("t", "s"),),
                (ColumnRename("t", "a", "b"), ColumnRename("s", "a", "c")),
            ),
            "is renamed in",
        ),
    ],
)
def test_conflicts(renames: Renames, message: str) -> None:
    (conflict,) = find_conflicts(renames)
    assert message in conflict.message


@pytest.mark.parametrize(
    "renames",
    [
        Renames((TableRename("a", "b"), TableRename("a", "b", schema="s"))),
        Renames((TableRename("a", "b"), TableRename("a", "b", bind="other"))),
        Renames((), (ColumnRename("s", "a", "b"), ColumnRename("t", "a", "b"))),
        Renames((TableRename("a", "b"),), (ColumnRename("b", "a", "b"),)),
    ],
)
def test_names_of_different_scopes_do_not_conflict(renames: Renames) -> None:
    assert find_conflicts(renames) == ()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("name <> 'name'", "full_name <> 'name'"),
        ("lower(name)", "lower(full_name)"),
        ("lower((name)::text)", "lower((full_name)::text)"),
        ("name(1) + name", "name(1) + full_name"),
        ("'a'::name || name", "'a'::name || full_name"),
        ('"name" > 0', "full_name > 0"),
        ("`name` > 0", "full_name > 0"),
        ("[name] > 0", "full_name > 0"),
        ("name2 > rename", "name2 > rename"),
        ("'it''s name' = name -- name", "'it''s name' = full_name -- name"),
        ("/* name */ name", "/* name */ full_name"),
        ("NAME > 0", "NAME > 0"),
        ("a = 'x\ny' AND name > 1", "a = 'x\ny' AND full_name > 1"),
        ("", ""),
    ],
)
def test_expressions(sql: str, expected: str) -> None:
    assert rename_identifiers(sql, {"name": "full_name"}, str) == expected


def test_expressions_where_case_does_not_matter() -> None:
    renamed = rename_identifiers("NAME > 0", {"Name": "a b"}, lambda n: f'"{n}"', ignore_case=True)
    assert renamed == '"a b" > 0'


def test_nearest_names_come_in_order() -> None:
    assert nearest("nmae", ["town", "names", "name"]) == ("name", "names")
    assert nearest("zzz", ["name"]) == ()


# --- laws --------------------------------------------------------------------------------------

NAMES = st.sampled_from([f"n{number}" for number in range(12)])


@st.composite
def schemas_with_renames(draw: st.DrawFn) -> tuple[dict[str, tuple[str, ...]], Renames]:
    """Make a database and hints that each rename something to a name that is free."""
    names = draw(st.lists(NAMES, min_size=2, max_size=12, unique=True))
    tables = {
        name: tuple(draw(st.lists(NAMES, min_size=1, max_size=6, unique=True)))
        for name in names[: len(names) // 2]
    }
    free = names[len(names) // 2 :]
    renamed = dict(zip(tables, free, strict=False)) if draw(st.booleans()) else {}
    columns = [
        ColumnRename(draw(st.sampled_from([table, renamed.get(table, table)])), old, f"new_{old}")
        for table, existing in tables.items()
        for old in existing
        if draw(st.booleans())
    ]
    hints = Renames(
        tuple(TableRename(old, new) for old, new in renamed.items()),
        tuple(draw(st.permutations(columns))),
    )
    return tables, hints


def applied(tables: Tables, renames: Renames) -> dict[str, tuple[str, ...]]:
    """Return what the models look like that the hints belong to."""
    new = {hint.old: hint.new for hint in renames.tables}
    columns = {(new.get(hint.table, hint.table), hint.old): hint.new for hint in renames.columns}
    return {
        new.get(table, table): tuple(
            columns.get((new.get(table, table), column), column) for column in existing
        )
        for table, existing in tables.items()
    }


def seen(tables: Tables, names: NameMap) -> dict[str, tuple[str, ...]]:
    """Return the tables and columns under their new names."""
    return {
        names.new_table((None, table))[1]: tuple(
            names.new_column((None, table), column) for column in columns
        )
        for table, columns in tables.items()
    }


def inverse(names: NameMap) -> NameMap:
    """Return the map of the downgrade."""
    return NameMap(
        {(schema, new): old for (schema, old), new in names.tables.items()},
        {
            names.old_table(key) or key: {new: old for old, new in columns.items()}
            for key, columns in names.columns.items()
        },
    )


@given(schemas_with_renames())
def test_the_plan_gives_the_models_and_its_inverse_the_database(
    case: tuple[dict[str, tuple[str, ...]], Renames],
) -> None:
    database, hints = case
    models = applied(database, hints)
    resolution = resolve(hints, catalog(database), catalog(models))
    assert {report.state for report in resolution.reports} <= {State.PENDING}
    names = resolution.plan.names

    assert seen(database, names) == models
    assert seen(models, inverse(names)) == database
    for table in models:
        old = names.old_table((None, table))
        assert old is not None
        assert names.new_table(old) == (None, table)


@given(schemas_with_renames())
def test_applying_twice_is_applying_once(
    case: tuple[dict[str, tuple[str, ...]], Renames],
) -> None:
    database, hints = case
    models = applied(database, hints)
    again = resolve(hints, catalog(models), catalog(models))
    assert not again.plan
    assert {report.state for report in again.reports} <= {State.APPLIED}


@given(schemas_with_renames(), st.randoms())
def test_neither_the_order_of_kinds_nor_spent_hints_change_the_plan(
    case: tuple[dict[str, tuple[str, ...]], Renames], random: object
) -> None:
    database, hints = case
    models = applied(database, hints)
    plan = resolve(hints, catalog(database), catalog(models)).plan
    spent = Renames(
        (*hints.tables, TableRename("long", "gone")),
        (*hints.columns, ColumnRename("lost", "long", "gone")),
    )
    assert resolve(spent, catalog(database), catalog(models)).plan == plan
    reordered = Renames(hints.tables[::-1], hints.columns[::-1])
    found = resolve(reordered, catalog(database), catalog(models)).plan
    assert set(found.steps) == set(plan.steps)


@given(st.text(max_size=40), st.dictionaries(NAMES, NAMES, max_size=3))
def test_any_text_survives_the_renaming_of_what_is_not_in_it(
    sql: str, names: dict[str, str]
) -> None:
    untouched = {f"{old}_absent_from_it": new for old, new in names.items()}
    assert rename_identifiers(sql, untouched, str) == sql
