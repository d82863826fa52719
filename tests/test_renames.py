"""The pure room: states, conflicts, the log, plans, the record and names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_migrate_decl.errors.rules import NEW_NAME_TWICE, RENAMED_TO_ITSELF, RENAMED_TWICE
from flask_migrate_decl.renames import (
    ColumnRename,
    ConstraintRename,
    EnumRename,
    EnumValueRename,
    Hint,
    IndexRename,
    Kind,
    Link,
    Move,
    NameMap,
    NameRules,
    Record,
    RenamePlan,
    Renames,
    SchemaRename,
    ScopeStates,
    SequenceRename,
    State,
    TableKey,
    TableRename,
    course_of,
    find_conflicts,
    in_order,
    in_schema,
    key_ends,
    nearest,
    rename_identifiers,
)

# --- the states of one hint --------------------------------------------------------------------

# What the database and the models have of the old and the new name; the state, and the state
# where a revision records the hint.
STATES = [
    (True, False, False, True, State.PENDING, State.PENDING),
    (True, False, True, True, State.PENDING, State.APPLIED),
    (False, True, False, False, State.APPLIED, State.APPLIED),
    (False, True, False, True, State.APPLIED, State.APPLIED),
    (False, True, True, False, State.CONTRADICTED, State.CONTRADICTED),
    (False, True, True, True, State.APPLIED, State.APPLIED),
    (True, True, True, True, State.APPLIED, State.APPLIED),
    (True, True, False, True, State.CONTRADICTED, State.APPLIED),
    (True, True, True, False, State.EARLY, State.APPLIED),
    (True, True, False, False, State.SPENT, State.APPLIED),
    (True, False, True, False, State.EARLY, State.APPLIED),
    (True, False, False, False, State.UNMATCHED, State.APPLIED),
    (False, False, False, True, State.UNMATCHED, State.APPLIED),
    (False, False, True, True, State.UNMATCHED, State.APPLIED),
    (False, False, False, False, State.SPENT, State.APPLIED),
    (False, False, True, False, State.SPENT, State.APPLIED),
]


@pytest.mark.parametrize(
    ("db_old", "db_new", "models_old", "models_new", "state", "recorded"), STATES
)
def test_states(
    db_old: bool,
    db_new: bool,
    models_old: bool,
    models_new: bool,
    state: State,
    recorded: State,
) -> None:
    database = [name for name, there in (("old", db_old), ("new", db_new)) if there]
    models = [name for name, there in (("old", models_old), ("new", models_new)) if there]
    assert ScopeStates([Link("old", "new")], database, models).state(0) is state
    done = ScopeStates([Link("old", "new", is_recorded=True)], database, models)
    assert done.state(0) is recorded


def test_the_states_are_all_there_can_be() -> None:
    assert len({case[:4] for case in STATES}) == 16


# --- the log -----------------------------------------------------------------------------------


@dataclass
class Log:
    """Hints as ``a>b``, with ``!`` where a revision records one, and what becomes of names."""

    name: str
    hints: str
    database: str
    models: str
    targets: dict[str, str]
    states: str
    undecided: set[int] = field(default_factory=set)


def links(hints: str) -> list[Link[str]]:
    found = []
    for hint in hints.split():
        old, new = hint.removesuffix("!").split(">")
        found.append(Link(old, new, is_recorded=hint.endswith("!")))
    return found


LOGS = [
    Log("a chain from its begin", "a>b b>c", "a", "c", {"a": "c"}, "pending pending"),
    Log("a chain from its middle", "a>b b>c", "b", "c", {"b": "c"}, "applied pending"),
    Log("a chain at its end", "a>b b>c", "c", "c", {}, "spent applied"),
    Log("a chain that models follow half", "a>b b>c", "a", "b", {"a": "b"}, "pending early"),
    Log("a chain that models don't follow", "a>b b>c", "a", "a", {}, "early spent"),
    Log("a chain back to front", "b>c a>b", "a", "c", {}, "unmatched unmatched"),
    Log("a long chain", "a>b b>c c>d", "a", "d", {"a": "d"}, "pending pending pending"),
    Log("a chain whose begin is used again", "a>b b>c", "a", "a c", {"a": "c"}, "pending pending"),
    Log(
        "a chain whose middle is used again", "a>b b>c", "a", "b c", {"a": "c"}, "pending pending"
    ),
    Log("a chain to a name that is lost", "a>b b>c", "a", "x", {}, "unmatched spent"),
    Log("a shift", "a>b b>c", "a b", "b c", {"a": "b", "b": "c"}, "pending pending"),
    Log("a shift declared late first", "b>c a>b", "a b", "b c", {"a": "b", "b": "c"},
        "pending pending"),
    Log("a shift with its begin used again", "a>b b>c", "b a", "c b a", {"a": "b", "b": "c"},
        "pending pending"),
    Log("a shift that is done", "a>b b>c", "b c", "b c", {}, "applied applied"),
    Log("nothing overtakes", "a>b b>c c>d", "a b", "c d", {"a": "c", "b": "d"},
        "pending pending pending"),
    Log("a shift by one of two", "a>b b>c c>d", "a b", "b d", {"a": "b", "b": "d"},
        "pending pending pending"),
    Log("a shift of which a part is dropped", "a>b b>c", "a b", "b", {}, "contradicted early"),
    Log("a swap", "a>b b>a", "a b", "a b", {"a": "b", "b": "a"}, "pending pending"),
    Log("a swap that is done", "a>b! b>a!", "a b", "a b", {}, "applied applied"),
    Log("half a swap", "a>b! b>a", "a b", "a b", {}, "applied undecided", {1}),
    Log("the other half of a swap", "a>b b>a!", "a b", "a b", {}, "undecided applied", {0}),
    Log("a cycle", "a>b b>c c>a", "a b c", "c b a", {"a": "b", "b": "c", "c": "a"},
        "pending pending pending"),
    Log("a cycle that is done", "a>b! b>c! c>a!", "a b c", "a b c", {}, "applied applied applied"),
    Log("a third of a cycle", "a>b b>c c>a!", "a b c", "a b c", {},
        "undecided undecided applied", {0, 1}),
    Log("two swaps", "a>b c>d b>a d>c", "a b c d", "a b c d",
        {"a": "b", "b": "a", "c": "d", "d": "c"}, "pending pending pending pending"),
    Log("there and back, at the begin", "a>b b>a", "a", "a", {}, "early applied"),
    Log("there and back, in between", "a>b b>a", "b", "a", {"b": "a"}, "early pending"),
    Log("there and back, that is half done", "a>b! b>a", "b", "a", {"b": "a"}, "applied pending"),
    Log("there, with the way back declared", "a>b b>a", "a", "b", {"a": "b"}, "pending early"),
    Log("a swap with one name dropped", "a>b b>a", "a b", "a", {}, "early contradicted"),
    Log("a cycle with a free place", "a>b b>c c>a", "a b", "b c", {"a": "b", "b": "c"},
        "pending pending early"),
    Log("a cycle with a free place in the middle", "a>b b>c c>a", "a c", "a b",
        {"a": "b", "c": "a"}, "pending early pending"),
    Log("a name that is used again", "a>b", "a", "a b", {"a": "b"}, "pending"),
    Log("a rename that is done, and a chain goes on", "a>b! b>c", "b", "c", {"b": "c"},
        "applied pending"),
    Log("what is recorded is not done again to what took the old name", "a>b! b>c", "a b",
        "a b c", {"b": "c"}, "applied pending"),
    Log("the same, where it is not recorded", "a>b b>c", "a b", "a b c",
        {"a": "b", "b": "c"}, "pending pending"),
    Log("what is recorded is done again, where something would be lost", "a>b!", "a", "b",
        {"a": "b"}, "pending"),
    Log("so are all of a chain", "a>b! b>c!", "a", "c", {"a": "c"}, "pending pending"),
    Log("what took the old name may be dropped", "a>b!", "a b", "b", {}, "applied"),
    Log("hints that have nothing to do with one another", "a>b x>y", "a x", "b y",
        {"a": "b", "x": "y"}, "pending pending"),
    Log("what was renamed long ago is dropped, and its old name is another's new one",
        "a>b c>a", "b c", "a", {"c": "a"}, "early pending"),
    Log("a hint to itself does nothing", "a>a", "a", "a", {}, "applied"),
]  # fmt: skip


@pytest.mark.parametrize("case", LOGS, ids=lambda case: case.name)
def test_what_becomes_of_names(case: Log) -> None:
    log, database, models = links(case.hints), case.database.split(), case.models.split()
    course = course_of(log, database, models)
    assert course.targets == case.targets
    assert course.undecided == case.undecided
    states = ScopeStates(log, database, models)
    assert [states.state(n) for n in range(len(log))] == case.states.split()
    pending = {n for n, state in enumerate(case.states.split()) if state == State.PENDING}
    assert course.carried_out == pending


@pytest.mark.parametrize(
    ("hints", "database", "models", "lost", "gained"),
    [
        ("a>b", "a x", "b y", ["x"], ["y"]),
        ("a>b", "a", "a b", [], ["a"]),
        ("a>b b>c", "a b", "c b a", [], ["a"]),
        ("a>b", "a b", "b", ["a"], []),
        ("a>b b>a", "a b", "a b", [], []),
        ("", "x a", "y a", ["x"], ["y"]),
    ],
)
def test_what_is_lost_and_gained(
    hints: str, database: str, models: str, lost: list[str], gained: list[str]
) -> None:
    states = ScopeStates(links(hints), database.split(), models.split())
    assert states.lost == lost
    assert states.gained == gained


@pytest.mark.parametrize(
    ("hints", "database", "models", "crossing"),
    [
        ("a>b b>c", "a", "c", {"a": (0, 1)}),
        ("b>c a>b", "a b", "b c", {"a": (1,), "b": (0,)}),
        ("a>b b>c c>d", "a b", "c d", {"a": (0, 1), "b": (1, 2)}),
        ("a>b b>a", "a b", "a b", {"a": (0,), "b": (1,)}),
    ],
)
def test_by_which_hints_a_name_becomes_another(
    hints: str, database: str, models: str, crossing: dict[str, tuple[int, ...]]
) -> None:
    states = ScopeStates(links(hints), database.split(), models.split())
    assert {name: states.crossing(name) for name in states.targets} == crossing


# --- the order of steps ------------------------------------------------------------------------


def ordered(targets: dict[str, str]) -> list[tuple[str, str]]:
    """Order renames of names of which the database ignores the case."""
    spares = iter(["spare", "other"])
    return list(in_order(targets, str.lower, lambda _old: next(spares)))


@pytest.mark.parametrize(
    ("targets", "order"),
    [
        ({"a": "x", "b": "y"}, [("a", "x"), ("b", "y")]),
        ({"a": "b", "b": "c", "c": "d"}, [("c", "d"), ("b", "c"), ("a", "b")]),
        ({"b": "c", "a": "b"}, [("b", "c"), ("a", "b")]),
        ({"a": "b", "b": "a"}, [("a", "spare"), ("b", "a"), ("spare", "b")]),
        (
            {"a": "b", "b": "c", "c": "a"},
            [("a", "spare"), ("c", "a"), ("b", "c"), ("spare", "b")],
        ),
        (
            {"a": "b", "b": "a", "x": "y", "y": "x"},
            [("a", "spare"), ("b", "a"), ("spare", "b"),
             ("x", "other"), ("y", "x"), ("other", "y")],
        ),
        ({"Name": "name"}, [("Name", "spare"), ("spare", "name")]),
        ({"a": "B", "b": "c"}, [("b", "c"), ("a", "B")]),
        ({"a": "B", "b": "A"}, [("a", "spare"), ("b", "A"), ("spare", "B")]),
    ],
)  # fmt: skip
def test_each_name_is_free_when_it_is_its_turn(
    targets: dict[str, str], order: list[tuple[str, str]]
) -> None:
    assert ordered(targets) == order


IGNORING_CASE = NameRules(tables_ignore_case=True, columns_ignore_case=True)


def table_move(old: str, new: str) -> Move:
    """Move a table; a schema stands before a dot."""
    (schema, name), (new_schema, new_name) = (
        (end.rpartition(".")[0] or None, end.rpartition(".")[2]) for end in (old, new)
    )
    return Move(Kind.TABLE, name, new_name, schema, new_schema=new_schema)


def column_move(old: str, new: str, table: str = "t", schema: str | None = None) -> Move:
    return Move(Kind.COLUMN, old, new, schema, table)


def plan(*moves: Move, rules: NameRules | None = None, in_use: str = "") -> RenamePlan:
    """Make a plan for a database in which some names are borne, by whatever it is."""
    used = set(in_use.split())
    return RenamePlan(
        moves,
        rules or NameRules(),
        lambda _kind, schema, _owner, name: (f"{schema}.{name}" if schema else name) in used,
    )


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (plan(), []),
        (plan(table_move("a", "b")), ["rename table a → b"]),
        (plan(table_move("s.a", "s.b")), ["rename table s.a → b"]),
        (
            plan(column_move("b", "c", schema="s"), column_move("a", "b", schema="s")),
            ["rename column s.t.b → c", "rename column s.t.a → b"],
        ),
        (
            plan(
                Move(Kind.INDEX, "i", "j", None, "t"),
                Move(Kind.CONSTRAINT, "k", "l", None, "t"),
                column_move("a", "b"),
                table_move("o", "t"),
                Move(Kind.SEQUENCE, "n", "m"),
                Move(Kind.ENUM_VALUE, "x", "y", None, "f"),
                Move(Kind.ENUM, "e", "f"),
                Move(Kind.SCHEMA, "u", "v"),
            ),
            [
                "rename schema u → v",
                "rename enum e → f",
                "rename enum value f.x → y",
                "rename sequence n → m",
                "rename table o → t",
                "rename column t.a → b",
                "rename constraint t.k → l",
                "rename index t.i → j",
            ],
        ),
        (
            plan(table_move("a", "b"), table_move("b", "a")),
            [
                "rename table a → renamed_1, for a while",
                "rename table b → a",
                "rename table renamed_1 → b",
            ],
        ),
        (
            plan(column_move("a", "b"), column_move("b", "a"), in_use="renamed_1 renamed_2"),
            [
                "rename column t.a → renamed_3, for a while",
                "rename column t.b → a",
                "rename column t.renamed_3 → b",
            ],
        ),
        (
            plan(
                column_move("a", "b"),
                column_move("b", "a"),
                column_move("x", "renamed_1"),
                column_move("renamed_2", "y"),
            ),
            [
                "rename column t.a → renamed_3, for a while",
                "rename column t.b → a",
                "rename column t.renamed_3 → b",
                "rename column t.x → renamed_1",
                "rename column t.renamed_2 → y",
            ],
        ),
        (
            plan(column_move("Name", "name"), rules=IGNORING_CASE),
            ["rename column t.Name → renamed_1, for a while", "rename column t.renamed_1 → name"],
        ),
        (plan(column_move("Name", "name")), ["rename column t.Name → name"]),
        (
            plan(column_move("a", "b"), column_move("b", "a", "u")),
            ["rename column t.a → b", "rename column u.b → a"],
        ),
        (
            plan(column_move("a", "b"), column_move("a", "b", schema="s")),
            ["rename column t.a → b", "rename column s.t.a → b"],
        ),
        (plan(table_move("a", "s.a")), ["rename table a → s.a"]),
        (plan(table_move("s.a", "a")), ["rename table s.a → a"]),
        (
            plan(table_move("a", "s.b")),
            ["rename table a → b, for a while", "rename table b → s.b"],
        ),
        (
            plan(table_move("a", "s.b"), in_use="b"),
            [
                "rename table a → renamed_1, for a while",
                "rename table renamed_1 → s.renamed_1, for a while",
                "rename table s.renamed_1 → b",
            ],
        ),
        (
            plan(table_move("a", "s.b"), in_use="b s.renamed_1"),
            [
                "rename table a → renamed_2, for a while",
                "rename table renamed_2 → s.renamed_2, for a while",
                "rename table s.renamed_2 → b",
            ],
        ),
        (
            plan(table_move("a", "s.a"), table_move("s.a", "a")),
            [
                "rename table a → renamed_1, for a while",
                "rename table s.a → a",
                "rename table renamed_1 → renamed_2, for a while",
                "rename table renamed_2 → s.renamed_2, for a while",
                "rename table s.renamed_2 → a",
            ],
        ),
        (
            plan(
                Move(Kind.COLUMN, "a", "b", None, "heir", comes_along=True), column_move("a", "b")
            ),
            ["rename column t.a → b"],
        ),
    ],
)  # fmt: skip
def test_the_steps_of_a_plan(of: RenamePlan, said: list[str]) -> None:
    assert list(of.explained()) == said


@pytest.mark.parametrize(
    ("shared", "said"),
    [
        (
            {Kind.INDEX},
            ["t.a → renamed_1, for a while", "u.b → a", "t.renamed_1 → b", "s.t.a → b"],
        ),
        ({Kind.CONSTRAINT}, ["t.a → b", "u.b → a", "s.t.a → b"]),
    ],
)
def test_names_that_all_tables_of_a_schema_share(shared: set[Kind], said: list[str]) -> None:
    of = plan(
        Move(Kind.INDEX, "a", "b", None, "t"),
        Move(Kind.INDEX, "b", "a", None, "u"),
        Move(Kind.INDEX, "a", "b", "s", "t"),
        rules=NameRules(shared_in_schema=frozenset(shared)),
    )
    assert list(of.explained()) == [f"rename index {step}" for step in said]


def test_a_plan_knows_the_tables_that_it_touches() -> None:
    of = plan(
        table_move("a", "s.b"),
        column_move("x", "y", "t", "s"),
        Move(Kind.INDEX, "i", "j", None, "u"),
        Move(Kind.CONSTRAINT, "i", "j", None, "w"),
        Move(Kind.ENUM, "e", "f"),
        Move(Kind.ENUM_VALUE, "x", "y", None, "f"),
    )
    assert of.touched_tables == {("s", "b"), ("s", "t"), (None, "u"), (None, "w")}
    assert of
    assert not plan()


# --- the map of names --------------------------------------------------------------------------

EVERYTHING = plan(
    Move(Kind.SCHEMA, "old", "new"),
    table_move("new.a", "new.b"),
    table_move("b", "new.a"),
    column_move("x", "y", "b", "new"),
    Move(Kind.INDEX, "i", "j", "new", "b"),
    Move(Kind.CONSTRAINT, "k", "l", "new", "b"),
    Move(Kind.ENUM, "e", "f", "new"),
    Move(Kind.ENUM_VALUE, "m", "n", "new", "f"),
    Move(Kind.SEQUENCE, "q", "r", "new"),
).names


def test_the_old_side_is_found_on_the_new_one() -> None:
    names = EVERYTHING
    assert names.new_schema("old") == "new"
    assert names.new_schema("other") == "other"
    assert names.new_schema(None) is None
    assert names.new_table(("old", "a")) == ("new", "b")
    assert names.new_table((None, "b")) == ("new", "a")
    assert names.new_table(("old", "c")) == ("new", "c")
    assert names.new_column(("old", "a"), "x") == "y"
    assert names.new_column(("old", "a"), "z") == "z"
    assert names.new_column((None, "b"), "x") == "x"
    assert names.new_index(("old", "a"), "i") == "j"
    assert names.new_constraint(("old", "a"), "k") == "l"
    assert names.new_constraint((None, "a"), "k") == "k"
    assert names.new_enum(("old", "e")) == ("new", "f")
    assert names.new_labels(("old", "e")) == {"m": "n"}
    assert names.new_labels(("old", "g")) == {}
    assert names.new_sequence(("old", "q")) == ("new", "r")
    assert names.new_sequence((None, "q")) == (None, "q")


def test_the_new_side_is_found_on_the_old_one() -> None:
    names = EVERYTHING
    assert names.old_schema("new") == "old"
    assert names.old_schema("other") == "other"
    assert names.old_schema(None) is None
    assert names.old_table(("new", "b")) == ("old", "a")
    assert names.old_table(("new", "a")) == (None, "b")
    assert names.old_table(("new", "c")) == ("old", "c")
    assert names.old_table((None, "b")) is None
    assert NameMap().old_table((None, "b")) == (None, "b")


# --- the record --------------------------------------------------------------------------------

HINT = ColumnRename("t", "a", "b")


@pytest.mark.parametrize(
    ("revisions", "hint", "owner", "revision"),
    [
        ([[HINT]], HINT, "t", "r1"),
        ([[HINT]], HINT, "u", None),
        ([[HINT]], ColumnRename("old name of t", "a", "b"), "t", "r1"),
        ([[HINT]], ColumnRename("t", "a", "c"), "t", None),
        ([[HINT]], IndexRename("t", "a", "b"), "t", None),
        ([[HINT]], ColumnRename("t", "a", "b", id="again"), "t", None),
        ([[HINT], [ColumnRename("t", "a", "b", id="again")]], HINT, "t", "r1"),
        ([[HINT], [HINT]], HINT, "t", "r2"),
        ([[HINT], [ColumnRename("t", "b", "a")]], HINT, "t", None),
        ([[HINT], [ColumnRename("t", "b", "a")]], ColumnRename("t", "b", "a"), "t", "r2"),
        ([[HINT], [ColumnRename("t", "b", "a")], [HINT]], HINT, "t", "r3"),
        ([[HINT], [ColumnRename("u", "b", "a")]], HINT, "t", "r1"),
        ([[HINT], [IndexRename("t", "b", "a")]], HINT, "t", "r1"),
        ([[HINT], [ColumnRename("t", "b", "c")]], HINT, "t", "r1"),
        ([[HINT, ColumnRename("t", "b", "a")]], HINT, "t", "r1"),
        ([[HINT, ColumnRename("t", "b", "a")]], ColumnRename("t", "b", "a"), "t", "r1"),
        ([[HINT], [TableRename("t", "u")]], HINT, "u", "r1"),
        ([[HINT], [TableRename("t", "u")]], HINT, "t", None),
        ([[HINT], [TableRename("t", "u"), TableRename("u", "v")]], HINT, "v", "r1"),
        ([[HINT], [TableRename("t", "u")], [TableRename("u", "v")]], HINT, "v", "r1"),
        ([[HINT], [TableRename("u", "v"), TableRename("t", "u")]], HINT, "u", "r1"),
        ([[HINT], [TableRename("t", "u"), TableRename("u", "t")]], HINT, "u", "r1"),
        ([[HINT], [TableRename("t", "u"), TableRename("u", "t")]], HINT, "t", None),
        ([[HINT], [EnumRename("t", "u")]], HINT, "t", "r1"),
        ([[TableRename("t", "u"), ColumnRename("u", "a", "b")]], HINT, "u", "r1"),
        ([[EnumValueRename("e", "a", "b")], [EnumRename("e", "f")]],
            EnumValueRename("f", "a", "b"), "f", "r1"),
        ([[EnumValueRename("e", "a", "b")], [TableRename("e", "f")]],
            EnumValueRename("e", "a", "b"), "e", "r1"),
    ],
)  # fmt: skip
def test_which_revision_carried_a_hint_of_a_table_out(
    revisions: list[list[Hint]], hint: Hint, owner: str, revision: str | None
) -> None:
    assert record_of(*revisions).revision_of(hint, (None, owner)) == revision


def record_of(*revisions: list[Hint]) -> Record:
    record = Record()
    for number, hints in enumerate(revisions, 1):
        record.add(f"r{number}", hints)
    return record


@pytest.mark.parametrize(
    ("revisions", "hint", "revision"),
    [
        ([[TableRename("a", "b")]], TableRename("a", "b"), "r1"),
        ([[TableRename("a", "b")]], TableRename("a", "b", schema="s"), None),
        ([[TableRename("a", "b")]], TableRename("a", "b", to_schema="s"), None),
        ([[TableRename("a", "b", to_schema="s")]], TableRename("a", "b", to_schema="s"), "r1"),
        ([[TableRename("a", "b")], [TableRename("b", "a")]], TableRename("a", "b"), None),
        ([[TableRename("a", "b")], [TableRename("b", "c")]], TableRename("a", "b"), "r1"),
        ([[TableRename("a", "b"), TableRename("b", "a")]], TableRename("a", "b"), "r1"),
        ([[EnumRename("a", "b")]], EnumRename("a", "b"), "r1"),
        ([[EnumRename("a", "b")]], SequenceRename("a", "b"), None),
        ([[SchemaRename("o", "n")]], SchemaRename("o", "n"), "r1"),
        (
            [[TableRename("a", "b", schema="o")], [SchemaRename("o", "n")]],
            TableRename("a", "b", schema="n"),
            "r1",
        ),
        (
            [[TableRename("a", "b", schema="o")], [SchemaRename("o", "n")]],
            TableRename("a", "b", schema="o"),
            None,
        ),
        (
            [[TableRename("a", "b", to_schema="o")], [SchemaRename("o", "n")]],
            TableRename("a", "b", to_schema="n"),
            "r1",
        ),
    ],
)
def test_which_revision_carried_a_hint_out(
    revisions: list[list[Hint]], hint: Hint, revision: str | None
) -> None:
    assert record_of(*revisions).revision_of(hint) == revision


def test_what_belongs_to_tables_of_a_renamed_schema_is_found_by_its_new_name() -> None:
    index = IndexRename("t", "a", "b", schema="o")
    record = record_of([index], [SchemaRename("o", "n"), TableRename("t", "u", schema="n")])
    assert record.revision_of(index, ("n", "u")) == "r1"
    assert record.revision_of(index, ("o", "t")) is None


def test_tables_that_pass_one_another_keep_their_own_record() -> None:
    shift = [TableRename("b", "c"), TableRename("c", "d"), TableRename("a", "b")]
    record = record_of([ColumnRename("a", "x", "y")], [*shift, TableRename("b", "c")])
    assert record.revision_of(ColumnRename("a", "x", "y"), (None, "c")) == "r1"


def test_what_a_record_says_afterwards_leaves_it_as_it_is() -> None:
    record = record_of([HINT])
    assert record.after([TableRename("t", "u")]).revision_of(HINT, (None, "u")) == "r1"
    assert record.revision_of(HINT, (None, "t")) == "r1"


# --- conflicts ---------------------------------------------------------------------------------


def hints(*of: Hint) -> Renames:
    """List hints by their kinds, each with its place."""
    lists: dict[str, list[Hint]] = {}
    for hint in of:
        listed = lists.setdefault(hint.kind.value, [])
        listed.append(replace(hint, place=f"renames.{hint.kind}[{len(listed)}]"))
    found: dict[str, Any] = {kind: tuple(listed) for kind, listed in lists.items()}
    return Renames(**found)


FROM, TO, ITSELF = RENAMED_TWICE, NEW_NAME_TWICE, RENAMED_TO_ITSELF
CONFLICTS = {
    "table to itself": (hints(TableRename("a", "a")), ITSELF),
    "table to itself in a schema": (hints(TableRename("a", "a", "s")), ITSELF),
    "table to its own schema": (hints(TableRename("a", "a", "s", to_schema="s")), ITSELF),
    "table from one name": (hints(TableRename("a", "b"), TableRename("a", "c")), FROM),
    "table twice": (hints(TableRename("a", "b"), TableRename("a", "b")), FROM),
    "table to one name": (hints(TableRename("a", "c"), TableRename("b", "c")), TO),
    "table to one name in another schema": (
        hints(TableRename("a", "c", to_schema="s"), TableRename("b", "c", "s")),
        TO,
    ),
    "table from one name to two schemas": (
        hints(TableRename("a", "a", to_schema="s"), TableRename("a", "b")),
        FROM,
    ),
    "column": (hints(ColumnRename("t", "a", "b"), ColumnRename("t", "a", "c")), FROM),
    "column to one name": (hints(ColumnRename("t", "a", "c"), ColumnRename("t", "b", "c")), TO),
    "column by the old and the new name of its table": (
        hints(TableRename("t", "u"), ColumnRename("t", "a", "b"), ColumnRename("u", "a", "c")),
        FROM,
    ),
    "column by the schemas of its table": (
        hints(
            TableRename("t", "u", to_schema="s"),
            ColumnRename("t", "a", "b"),
            ColumnRename("u", "a", "c", "s"),
        ),
        FROM,
    ),
    "column of a swapped table": (
        hints(
            TableRename("t", "u"),
            TableRename("u", "t"),
            ColumnRename("t", "a", "b"),
            ColumnRename("t", "a", "c"),
        ),
        FROM,
    ),
    "index": (hints(IndexRename("t", "a", "b"), IndexRename("t", "a", "c")), FROM),
    "constraint": (hints(ConstraintRename("t", "a", "c"), ConstraintRename("t", "b", "c")), TO),
    "enum": (hints(EnumRename("a", "b"), EnumRename("a", "c")), FROM),
    "enum value": (hints(EnumValueRename("e", "a", "c"), EnumValueRename("e", "b", "c")), TO),
    "enum value by the old and the new name of its type": (
        hints(EnumRename("e", "f"), EnumValueRename("e", "a", "b"), EnumValueRename("f", "a", "c")),
        FROM,
    ),
    "enum value to itself": (hints(EnumValueRename("e", "a", "a")), ITSELF),
    "sequence": (hints(SequenceRename("a", "b"), SequenceRename("a", "c")), FROM),
    "schema": (hints(SchemaRename("a", "b"), SchemaRename("a", "c")), FROM),
    "schema to one name": (hints(SchemaRename("a", "c"), SchemaRename("b", "c")), TO),
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_conflicts(name: str) -> None:
    renames, rule = CONFLICTS[name]
    (conflict,) = find_conflicts(renames)
    assert conflict.rule is rule
    places = {hint.place for hint in renames.hints}
    assert conflict.place in places
    assert conflict.key == ("from" if rule is FROM else "to")
    if rule is ITSELF:
        assert conflict.earlier is None
    else:
        assert conflict.earlier in places - {conflict.place}
        assert conflict.place > conflict.earlier
        assert conflict.earlier in conflict.message


def test_what_helps_against_a_hint_from_one_name() -> None:
    (same,) = find_conflicts(hints(TableRename("a", "b"), TableRename("a", "b")))
    (other,) = find_conflicts(hints(TableRename("a", "b"), TableRename("a", "c")))
    assert same.help == "remove this hint"
    assert other.help == "keep one of the two hints"


NO_CONFLICTS = {
    "column by names of a chain, which may be those of a shift": hints(
        TableRename("t", "u"),
        TableRename("u", "v"),
        ColumnRename("t", "a", "b"),
        ColumnRename("v", "a", "c"),
    ),
    "other schemas": hints(TableRename("a", "b"), TableRename("a", "b", "s")),
    "other binds": hints(TableRename("a", "b"), TableRename("a", "b", bind="other")),
    "columns of other binds": hints(
        ColumnRename("t", "a", "b"), ColumnRename("t", "a", "b", bind="other")
    ),
    "a table's rename on another bind": hints(
        TableRename("t", "u", bind="other"),
        ColumnRename("t", "a", "b"),
        ColumnRename("u", "a", "b"),
    ),
    "other tables": hints(ColumnRename("s", "a", "b"), ColumnRename("t", "a", "b")),
    "other kinds": hints(
        TableRename("a", "b"),
        ColumnRename("b", "a", "b"),
        IndexRename("b", "a", "b"),
        ConstraintRename("b", "a", "b"),
        EnumRename("a", "b"),
        EnumValueRename("b", "a", "b"),
        SequenceRename("a", "b"),
        SchemaRename("a", "b"),
    ),
    "a chain": hints(TableRename("a", "b"), TableRename("b", "c")),
    "a shift": hints(TableRename("b", "c"), TableRename("a", "b")),
    "a swap": hints(TableRename("a", "b"), TableRename("b", "a")),
    "there and back": hints(ColumnRename("t", "a", "b"), ColumnRename("t", "b", "a")),
    "a chain of columns": hints(ColumnRename("t", "a", "b"), ColumnRename("t", "b", "c")),
    "a move to another schema": hints(TableRename("a", "a", to_schema="s")),
    "a move to the default schema": hints(TableRename("a", "a", "s", to_schema="")),
    "one name in two schemas": hints(
        TableRename("a", "c", to_schema="s"), TableRename("b", "c", to_schema="u")
    ),
    "columns of swapped tables": hints(
        TableRename("t", "u"),
        TableRename("u", "t"),
        ColumnRename("t", "a", "b"),
        ColumnRename("u", "a", "c"),
    ),
    "columns of shifted tables": hints(
        TableRename("u", "v"),
        TableRename("t", "u"),
        ColumnRename("t", "a", "b"),
        ColumnRename("v", "a", "c"),
    ),
    "a column of the table that takes a name over": hints(
        TableRename("u", "v"),
        TableRename("t", "u"),
        ColumnRename("u", "a", "b"),
        ColumnRename("v", "a", "c"),
    ),
    "another case": hints(TableRename("Name", "name")),
}


@pytest.mark.parametrize("name", NO_CONFLICTS)
def test_no_conflicts(name: str) -> None:
    assert find_conflicts(NO_CONFLICTS[name]) == ()


@pytest.mark.parametrize(
    ("renames", "rules", "count"),
    [
        (hints(TableRename("a", "b"), TableRename("A", "c")), IGNORING_CASE, 1),
        (hints(TableRename("a", "b"), TableRename("A", "c")), NameRules(), 0),
        (
            hints(TableRename("a", "b"), TableRename("A", "c")),
            NameRules(columns_ignore_case=True),
            0,
        ),
        (hints(ColumnRename("t", "a", "b"), ColumnRename("T", "A", "c")), IGNORING_CASE, 1),
        (
            hints(ColumnRename("t", "a", "b"), ColumnRename("T", "A", "c")),
            NameRules(columns_ignore_case=True),
            0,
        ),
        (hints(IndexRename("t", "a", "b"), IndexRename("t", "c", "B")), IGNORING_CASE, 1),
        (hints(ConstraintRename("t", "a", "b"), ConstraintRename("t", "c", "B")),
            IGNORING_CASE, 1),
        (hints(EnumValueRename("t", "a", "b"), EnumValueRename("t", "A", "c")), IGNORING_CASE, 0),
        (hints(TableRename("Name", "name")), IGNORING_CASE, 0),
        (hints(ColumnRename("t", "Ä", "b"), ColumnRename("t", "ä", "c")), IGNORING_CASE, 0),
    ],
)  # fmt: skip
def test_conflicts_as_a_database_compares_names(
    renames: Renames, rules: NameRules, count: int
) -> None:
    assert len(find_conflicts(renames, rules)) == count


# --- hints as values ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hint", "text", "ends"),
    [
        (SchemaRename("a", "b"), "schema a → b", ((None, "a"), (None, "b"))),
        (EnumRename("a", "b", "s"), "enum s.a → b", (("s", "a"), ("s", "b"))),
        (EnumValueRename("e", "a", "b"), "enum value e.a → b", ((None, "a"), (None, "b"))),
        (SequenceRename("a", "b"), "sequence a → b", ((None, "a"), (None, "b"))),
        (TableRename("a", "b"), "table a → b", ((None, "a"), (None, "b"))),
        (TableRename("a", "b", "s"), "table s.a → b", (("s", "a"), ("s", "b"))),
        (TableRename("a", "b", to_schema="s"), "table a → s.b", ((None, "a"), ("s", "b"))),
        (TableRename("a", "b", "s", to_schema=""), "table s.a → b", (("s", "a"), (None, "b"))),
        (ColumnRename("t", "a", "b", "s"), "column s.t.a → b", (("s", "a"), ("s", "b"))),
        (ConstraintRename("t", "a", "b"), "constraint t.a → b", ((None, "a"), (None, "b"))),
        (IndexRename("t", "a", "b"), "index t.a → b", ((None, "a"), (None, "b"))),
    ],
)
def test_hints_in_words(hint: Hint, text: str, ends: tuple[TableKey, TableKey]) -> None:
    assert str(hint) == text
    assert key_ends(hint) == ends


def test_hints_are_chosen_by_their_bind_and_place() -> None:
    of = hints(TableRename("a", "b"), TableRename("a", "b", bind="x"), IndexRename("t", "i", "j"))
    assert [hint.place for hint in of.of_bind(None).hints] == [
        "renames.tables[0]",
        "renames.indexes[0]",
    ]
    assert [hint.place for hint in of.of_other_binds(None).hints] == ["renames.tables[1]"]
    assert of.without(["renames.tables[0]"]).of_bind(None).tables == ()
    assert not of.without([hint.place for hint in of.hints])
    assert of


def test_hints_of_the_default_schema_are_as_if_they_named_none() -> None:
    of = hints(
        TableRename("a", "b", "public", to_schema="s"),
        TableRename("c", "d", "s", to_schema="public"),
        ColumnRename("t", "a", "b", "public"),
        SchemaRename("public", "s"),
    ).in_default_schema("public")
    assert [key_ends(hint) for hint in of.tables] == [
        ((None, "a"), ("s", "b")),
        (("s", "c"), (None, "d")),
    ]
    assert of.columns[0].schema is None
    assert of.schemas == (SchemaRename("public", "s"),)
    assert in_schema(TableRename("a", "b"), str) == TableRename("a", "b")


# --- expressions and names ---------------------------------------------------------------------


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


def test_a_called_function_is_not_taken_for_a_column_by_its_beginning() -> None:
    renamed = rename_identifiers("no < now() AND ab < abs (ab)", {"no": "x", "ab": "y"}, str)
    assert renamed == "x < now() AND y < abs (y)"


def test_expressions_where_case_does_not_matter() -> None:
    renamed = rename_identifiers("NAME > 0", {"Name": "a b"}, lambda n: f'"{n}"', ignore_case=True)
    assert renamed == '"a b" > 0'


def test_nearest_names_come_in_order() -> None:
    assert nearest("nmae", ["town", "names", "name"]) == ("name", "names")
    assert nearest("zzz", ["name"]) == ()


NAMES = st.sampled_from([f"n{number}" for number in range(12)])


@given(st.text(max_size=40), st.dictionaries(NAMES, NAMES, max_size=3))
def test_any_text_survives_the_renaming_of_what_is_not_in_it(
    sql: str, names: dict[str, str]
) -> None:
    untouched = {f"{old}_absent_from_it": new for old, new in names.items()}
    assert rename_identifiers(sql, untouched, str) == sql


@pytest.mark.parametrize(
    ("rules", "name", "is_too_long"),
    [
        (NameRules(), "a" * 1000, False),
        (NameRules(max_length=3), "abc", False),
        (NameRules(max_length=3), "abcd", True),
        (NameRules(max_length=3), "äöü", False),
        (NameRules(max_length=3, length_in_bytes=True), "äö", True),
        (NameRules(max_length=4, length_in_bytes=True), "äö", False),
    ],
)
def test_names_that_are_too_long(rules: NameRules, name: str, is_too_long: bool) -> None:
    assert rules.is_too_long(name) is is_too_long


@pytest.mark.parametrize(
    ("rules", "folded"),
    [
        (NameRules(), set()),
        (NameRules(tables_ignore_case=True), {Kind.TABLE}),
        (NameRules(columns_ignore_case=True), {Kind.COLUMN, Kind.INDEX, Kind.CONSTRAINT}),
    ],
)
def test_of_what_the_case_is_ignored(rules: NameRules, folded: set[Kind]) -> None:
    assert {kind for kind in Kind if rules.fold(kind, "Ab") == "ab"} == folded
    assert {kind for kind in Kind if rules.fold(kind, "Ab") == "Ab"} == set(Kind) - folded
