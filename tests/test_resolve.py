"""Hints of every kind, held against what a database and models have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from flask_migrate_decl.renames import (
    Ability,
    ColumnRename,
    ConstraintRename,
    EnumRename,
    EnumValueRename,
    Hint,
    IndexRename,
    Kind,
    NameRules,
    Record,
    Renames,
    Resolution,
    SchemaRename,
    SequenceRename,
    TableRename,
    Way,
    of_other_bind,
    resolve,
)
from tests.catalogs import Names
from tests.test_renames import IGNORING_CASE, hints

SHORT = NameRules(max_length=8)


@dataclass
class Case:
    """Hints, and what comes of them: the steps, and the states in the order of their kinds.

    :param problems: a part of what is said of each hint that forbids a revision.
    """

    name: str
    hints: Sequence[Hint]
    database: Names
    models: Names
    steps: Sequence[str] = ()
    states: str = "pending"
    problems: Sequence[str] = ()
    rules: NameRules = field(default_factory=NameRules)
    record: Sequence[Hint] = ()

    def resolved(self) -> Resolution:
        database, models = (side.catalog(self.rules) for side in (self.database, self.models))
        record = Record()
        record.add("r1", self.record)
        return resolve(hints(*self.hints), database, models, record=record)


def tables(**columns: str) -> Names:
    return Names(tables={table: names.split() for table, names in columns.items()})


def indexes(*names: str) -> Names:
    return Names(tables={"t": ["x"]}, indexes={"t": names})


def constraints(*names: str) -> Names:
    return Names(tables={"t": ["x"]}, constraints={"t": names})


def of_schema(name: str, **tables: str) -> Names:
    named = {f"{name}.{table}": columns.split() for table, columns in tables.items()}
    return Names(tables=named, schemas=[name])


def unable(kind: Kind, way: Way, names: Names) -> Names:
    names.abilities = {kind: Ability(way, f"because of {way.name}", "do it by hand")}
    return names


CASES = [
    # --- every kind
    Case("table", [TableRename("a", "b")], tables(a="x"), tables(b="x"), ["table a → b"]),
    Case("column", [ColumnRename("t", "a", "b")], tables(t="a"), tables(t="b"),
        ["column t.a → b"]),
    Case("index", [IndexRename("t", "a", "b")], indexes("a"), indexes("b"), ["index t.a → b"]),
    Case("constraint", [ConstraintRename("t", "a", "b")], constraints("a"), constraints("b"),
        ["constraint t.a → b"]),
    Case("enum", [EnumRename("a", "b")], Names(enums={"a": []}), Names(enums={"b": []}),
        ["enum a → b"]),
    Case("label", [EnumValueRename("e", "a", "b")], Names(enums={"e": ["a"]}),
        Names(enums={"e": ["b"]}), ["enum value e.a → b"]),
    Case("label of a renamed type, by its old name",
        [EnumRename("e", "f"), EnumValueRename("e", "a", "b")],
        Names(enums={"e": ["a"]}), Names(enums={"f": ["b"]}),
        ["enum e → f", "enum value f.a → b"], "pending pending"),
    Case("sequence", [SequenceRename("a", "b")], Names(sequences=["a"]), Names(sequences=["b"]),
        ["sequence a → b"]),
    Case("schema", [SchemaRename("a", "b")], Names(schemas=["a"]), Names(schemas=["b"]),
        ["schema a → b"]),
    # --- harmless states
    Case("an index of a table that is new", [IndexRename("t", "a", "b")], Names(), indexes("b"),
        states="applied"),
    Case("an index of no table", [IndexRename("t", "a", "b")], Names(), Names(), states="spent"),
    Case("an index that is new", [IndexRename("t", "a", "b")], indexes(), indexes("b"),
        states="applied"),
    Case("an index that the models still have", [IndexRename("t", "a", "b")], indexes("a"),
        indexes("a"), states="early"),
    Case("an enum that is renamed already", [EnumRename("a", "b")], Names(enums={"b": []}),
        Names(enums={"b": []}), states="applied"),
    Case("a column of a table that is new", [ColumnRename("t", "a", "b")], Names(),
        tables(t="b"), states="applied"),
    Case("a column of no table", [ColumnRename("t", "a", "b")], Names(), Names(), states="spent"),
    # --- errors
    Case("an index that would be dropped", [IndexRename("t", "a", "b")], indexes("a", "b"),
        indexes("b"), states="contradicted", problems=["both indexes"]),
    Case("an index taken back", [IndexRename("t", "a", "b")], indexes("b"), indexes("a"),
        states="contradicted", problems=['only "b" and the models only "a"']),
    Case("an enum whose new name is in no model", [EnumRename("mood", "feeling")],
        Names(enums={"mood": []}), Names(enums={"feelings": []}), states="unmatched",
        problems=['the models have no enum "feeling"']),
    Case("a sequence whose old name is misspelt", [SequenceRename("numbres", "counts")],
        Names(sequences=["numbers"]), Names(sequences=["counts"]), states="unmatched",
        problems=['the database has no sequence "numbres"']),
    Case("a sequence whose old name is unlike", [SequenceRename("zzz", "counts")],
        Names(sequences=["numbers"]), Names(sequences=["counts"]), states="applied"),
    Case("a table that is too long", [TableRename("a", "far_too_long")], tables(a="x"),
        tables(far_too_long="x"), ["table a → far_too_long"], problems=["longer than the 8"],
        rules=SHORT),
    Case("a table whose name a view has", [TableRename("a", "b")],
        Names(tables={"a": ["x"]}, taken={"b": 'the view "b"'}), tables(b="x"),
        ["table a → b"], problems=['"b" is the name of the view "b"']),
    Case("a column of a table that is not there", [ColumnRename("usr", "name", "full")],
        tables(user="name"), tables(user="full"), states="unmatched",
        problems=['there is no table "usr"']),
    Case("a hint of another schema", [TableRename("a", "b")],
        of_schema("s", a="x"), of_schema("s", b="x"), states="unmatched",
        problems=['"a" would become "b" in "s"']),
    Case("a column by the name that its table gives away in an exchange",
        [TableRename("t", "u"), TableRename("u", "t"), ColumnRename("t", "a", "b")],
        tables(t="a", u="x"), tables(u="b", t="x"),
        ["table t → renamed_1, for a while", "table u → t", "table renamed_1 → u"],
        "pending pending unmatched", ['there is nothing to rename in "t", but "a" would become']),
    Case("two hints of one column", [ColumnRename("t", "a", "b"), ColumnRename("t", "a", "c")],
        tables(t="a"), tables(t="b c"), states="contradicted contradicted",
        problems=["the same column as renames.columns[1]",
            "the same column as renames.columns[0]"]),
    Case("two hints of one index", [IndexRename("t", "a", "c"), IndexRename("t", "b", "c")],
        indexes("a", "b"), indexes("c"), states="contradicted contradicted",
        problems=["the same index as renames.indexes[1]",
            "the same index as renames.indexes[0]"]),
    # --- abilities
    Case("an enum where there are none", [EnumRename("a", "b")],
        unable(Kind.ENUM, Way.ABSENT, Names()), Names(enums={"b": []}), states="spent"),
    Case("an index that is made anew", [IndexRename("t", "a", "b")],
        unable(Kind.INDEX, Way.RECREATED, indexes("a")), indexes("b")),
    Case("a constraint whose name is of no use", [ConstraintRename("t", "a", "b")],
        unable(Kind.CONSTRAINT, Way.ABSENT, constraints("a")), constraints("b"), states="spent"),
    Case("a schema that can't be renamed", [SchemaRename("a", "b")],
        unable(Kind.SCHEMA, Way.IMPOSSIBLE, Names(schemas=["a"])), Names(schemas=["b"]),
        problems=["because of IMPOSSIBLE"]),
    Case("a table that can't move", [TableRename("a", "a", to_schema="s")],
        unable(Kind.TABLE, Way.IMPOSSIBLE, Names(tables={"a": ["x"]}, schemas=["s"])),
        of_schema("s", a="x"), ["table a → s.a"], problems=["because of IMPOSSIBLE"]),
    Case("a table that needs not move", [TableRename("a", "b")],
        unable(Kind.TABLE, Way.IMPOSSIBLE, tables(a="x")), tables(b="x"), ["table a → b"]),
    # --- tables by earlier names
    Case("columns by each name of a chain",
        [TableRename("a", "b"), TableRename("b", "c"), ColumnRename("a", "x", "x2"),
            ColumnRename("b", "y", "y2"), ColumnRename("c", "z", "z2")],
        tables(a="x y z"), tables(c="x2 y2 z2"),
        ["table a → c", "column c.x → x2", "column c.y → y2", "column c.z → z2"],
        "pending pending pending pending pending"),
    Case("a column by an earlier name, where the table is renamed already",
        [TableRename("a", "b"), TableRename("b", "c"), ColumnRename("a", "x", "x2")],
        tables(c="x"), tables(c="x2"), ["column c.x → x2"], "spent applied pending"),
    Case("a column by the old name that is used again",
        [TableRename("a", "b"), ColumnRename("a", "x", "x2")],
        tables(a="x"), tables(b="x2", a="token"), ["table a → b", "column b.x → x2"],
        "pending pending"),
    Case("columns of exchanged tables, by their new names",
        [TableRename("a", "b"), TableRename("b", "a"),
            ColumnRename("b", "x", "x2"), ColumnRename("a", "y", "y2")],
        tables(a="x", b="y"), tables(b="x2", a="y2"),
        ["table a → renamed_1, for a while", "table b → a", "table renamed_1 → b",
            "column a.y → y2", "column b.x → x2"],
        "pending pending pending pending"),
    Case("a recorded exchange of tables, with a column of one",
        [TableRename("a", "b"), TableRename("b", "a"), ColumnRename("b", "x", "x2")],
        tables(a="y", b="x"), tables(a="y", b="x2"), ["column b.x → x2"],
        "applied applied pending", record=[TableRename("a", "b"), TableRename("b", "a")]),
    Case("an index of a table by its earlier name",
        [TableRename("t", "u"), IndexRename("t", "a", "b")],
        indexes("a"), Names(tables={"u": ["x"]}, indexes={"u": ["b"]}),
        ["table t → u", "index u.a → b"], "pending pending"),
    # --- schemas
    Case("tables of a renamed schema, by both names",
        [SchemaRename("old", "new"), TableRename("a", "a2", "old"), TableRename("b", "b2", "new"),
            ColumnRename("c", "x", "x2", "old"), ColumnRename("d", "x", "x2", "new")],
        of_schema("old", a="x", b="x", c="x", d="x"),
        of_schema("new", a2="x", b2="x", c="x2", d="x2"),
        ["schema old → new", "table new.a → a2", "table new.b → b2", "column new.c.x → x2",
            "column new.d.x → x2"],
        "pending pending pending pending pending"),
    Case("the old name of a schema that is renamed already",
        [SchemaRename("old", "new"), TableRename("a", "b", "old")],
        of_schema("new", a="x"), of_schema("new", b="x"), ["table new.a → b"],
        "applied pending"),
    Case("an earlier name of a schema in a chain",
        [SchemaRename("a", "b"), SchemaRename("b", "c"), TableRename("t", "u", "a")],
        of_schema("a", t="x"), of_schema("c", u="x"), ["schema a → c", "table c.t → u"],
        "pending pending pending"),
    Case("a table that leaves a renamed schema",
        [SchemaRename("old", "new"), TableRename("a", "a", "old", to_schema="")],
        of_schema("old", a="x", b="x"), Names(tables={"a": ["x"], "new.b": ["x"]},
            schemas=["new"]),
        ["schema old → new", "table new.a → a"], "pending pending"),
    Case("the record of a table in a renamed schema",
        [SchemaRename("old", "new"), TableRename("a", "b", "new")],
        of_schema("old", b="x", a="y"), of_schema("new", b="x", a="y"), ["schema old → new"],
        "pending applied", record=[TableRename("a", "b", "old")]),
    # --- inheritance
    Case("an inherited column",
        [ColumnRename("parent", "a", "b")],
        Names(tables={"parent": ["a"], "heir": ["a", "x"]}, parents={"heir": ["parent"]}),
        tables(parent="b", heir="b x"), ["column parent.a → b"]),
    Case("an inherited column of which both say so",
        [ColumnRename("parent", "a", "b"), ColumnRename("heir", "a", "b")],
        Names(tables={"parent": ["a"], "heir": ["a"]}, parents={"heir": ["parent"]}),
        tables(parent="b", heir="b"), ["column parent.a → b"], "pending pending"),
    # --- case
    Case("another case alone", [ColumnRename("T", "NAME", "name")], tables(t="Name"),
        tables(t="name"),
        ["column t.Name → renamed_1, for a while", "column t.renamed_1 → name"],
        rules=IGNORING_CASE),
    Case("another case alone, that is done", [ColumnRename("t", "Name", "name")],
        tables(t="name"), tables(t="name"), states="applied", rules=IGNORING_CASE),
    Case("another case alone, that is early", [TableRename("Name", "name")],
        tables(Name="x"), tables(Name="x"), states="early", rules=IGNORING_CASE),
    Case("another case, then another name",
        [ColumnRename("t", "Name", "name"), ColumnRename("t", "name", "label")],
        tables(t="Name"), tables(t="label"), ["column t.Name → label"], "spent pending",
        rules=IGNORING_CASE),
    Case("names in another case", [TableRename("A", "b"), ColumnRename("B", "X", "y")],
        tables(a="x"), tables(b="y"), ["table a → b", "column b.x → y"], "pending pending",
        rules=IGNORING_CASE),
    # --- order
    Case("kinds stand in their order, whatever the hints' order",
        [IndexRename("u", "i", "j"), ColumnRename("u", "a", "b"), TableRename("t", "u"),
            EnumRename("e", "f")],
        Names(tables={"t": ["a"]}, indexes={"t": ["i"]}, enums={"e": []}),
        Names(tables={"u": ["b"]}, indexes={"u": ["j"]}, enums={"f": []}),
        ["enum e → f", "table t → u", "column u.a → b", "index u.i → j"],
        "pending pending pending pending"),
    Case("half an exchange is recorded",
        [ColumnRename("t", "a", "b"), ColumnRename("t", "b", "a")],
        tables(t="a b"), tables(t="a b"), states="applied undecided",
        problems=["part of an exchange"], record=[ColumnRename("t", "a", "b")]),
    Case("an exchange that is done a second time",
        [ColumnRename("t", "a", "b", id="1"), ColumnRename("t", "b", "a", id="2")],
        tables(t="a b"), tables(t="a b"),
        ["column t.a → renamed_1, for a while", "column t.b → a", "column t.renamed_1 → b"],
        "pending pending", record=[ColumnRename("t", "a", "b"), ColumnRename("t", "b", "a")]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_comes_of_hints(case: Case) -> None:
    found = case.resolved()
    assert list(found.plan.explained()) == [f"rename {step}" for step in case.steps]
    states = [str(report.state) for report in found.reports]
    assert states == case.states.split()
    assert len(found.problems) == len(case.problems)
    for report, part in zip(found.problems, case.problems, strict=True):
        assert part in report.message
        assert report.help


def test_heirs_come_along_and_are_seen_under_the_new_name() -> None:
    database = Names(
        tables={"a": ["x"], "b": ["x"], "c": ["x", "y"], "d": ["x"]},
        constraints={"a": ["k"], "b": ["k"], "c": []},
        parents={"b": ["a"], "c": ["b"]},
    )
    models = Names(
        tables={"a": ["z"], "b": ["z"], "c": ["z", "y"], "d": ["x"]},
        constraints={"a": ["l"], "b": ["l"], "c": []},
    )
    renames = hints(ColumnRename("a", "x", "z"), ConstraintRename("a", "k", "l"))
    plan = resolve(renames, database.catalog(), models.catalog()).plan
    along = {(str(move), move.comes_along, move.hints) for move in plan.moves}
    assert along == {
        ("column a.x → z", False, renames.columns),
        ("column b.x → z", True, ()),
        ("column c.x → z", True, ()),
        ("constraint a.k → l", False, renames.constraints),
        ("constraint b.k → l", True, ()),
    }
    assert plan.names.new_column((None, "c"), "x") == "z"
    assert plan.names.new_column((None, "d"), "x") == "x"
    assert list(plan.explained()) == ["rename column a.x → z", "rename constraint a.k → l"]


def test_a_hint_of_an_heir_stays_with_what_comes_along() -> None:
    database = Names(tables={"a": ["x"], "b": ["x"]}, parents={"b": ["a"]})
    models = tables(a="z", b="z")
    renames = hints(ColumnRename("b", "x", "z"), ColumnRename("a", "x", "z"))
    plan = resolve(renames, database.catalog(), models.catalog()).plan
    assert {(move.owner, move.comes_along, move.hints) for move in plan.moves} == {
        ("a", False, (renames.columns[1],)),
        ("b", True, (renames.columns[0],)),
    }


@pytest.mark.parametrize(
    ("other", "own", "fits"),
    [
        (TableRename("a", "b", bind="o"), [], True),
        (TableRename("x", "b", bind="o"), [], False),
        (TableRename("a", "x", bind="o"), [], False),
        (TableRename("a", "b", bind="o"), [TableRename("a", "b")], False),
        (TableRename("a", "b", bind="o"), [TableRename("x", "b")], False),
        (ColumnRename("t", "m", "n", bind="o"), [], True),
        (ColumnRename("x", "m", "n", bind="o"), [], False),
        (ColumnRename("t", "x", "n", bind="o"), [], False),
        (ColumnRename("t", "m", "x", bind="o"), [], False),
        (ColumnRename("t", "m", "n", bind="o"), [ColumnRename("t", "m", "n")], False),
        (IndexRename("t", "m", "n", bind="o"), [], False),
    ],
)
def test_hints_of_other_databases_that_fit_here(other: Hint, own: list[Hint], fits: bool) -> None:
    database, models = tables(a="id", t="m"), tables(b="id", t="n")
    found = resolve(hints(*own), database.catalog(), models.catalog(), others=hints(other))
    assert found.fitting_others == ((other,) if fits else ())
    assert other not in [report.hint for report in found.reports]


def test_what_is_not_compared_fits_nothing() -> None:
    database, models = tables(a="id", t="m"), tables(b="id", t="n")
    models.uncompared = ["b", "t"]
    others = hints(TableRename("a", "b", bind="o"), ColumnRename("t", "m", "n", bind="o"))
    found = resolve(hints(), database.catalog(), models.catalog(), others=others)
    assert found.fitting_others == ()


def test_what_is_said_of_a_hint_of_another_database() -> None:
    report = of_other_bind(TableRename("a", "b"), "o")
    assert 'would become "b" in the bind "o"' in report.message
    assert report.help == 'add bind = "o" to the hint'
    back = of_other_bind(TableRename("a", "b", bind="o"), None)
    assert back.help == "take bind out of the hint"
    assert report.is_problem


def test_the_hints_by_one_name_of_a_table_are_tried_together() -> None:
    """The new column of the one waits for the other's, in a table that is part of a shift."""
    database = Names({"p": ["id", "a"], "a": ["id", "note", "a"]})
    models = Names({"q": ["id", "a"], "p": ["id", "a", "post"]})
    renames = Renames(
        tables=(TableRename("a", "p"), TableRename("p", "q")),
        columns=(ColumnRename("p", "a", "post"), ColumnRename("p", "note", "a")),
    )
    plan = resolve(renames, database.catalog(), models.catalog()).plan
    assert [str(step) for step in plan.steps][2:] == ["column p.a → post", "column p.note → a"]
