"""From hints and the names of both sides to a plan and a report of each hint."""

from __future__ import annotations

from flask_migrate_decl.renames import ColumnRename, Renames, TableRename, resolve
from tests.catalogs import Names


def test_the_hints_by_one_name_of_a_table_are_tried_together() -> None:
    """The new column of the one waits for the other's, in a table that is part of a shift."""
    database = Names({"p": ["id", "a"], "a": ["id", "note", "a"]})
    models = Names({"q": ["id", "a"], "p": ["id", "a", "post"]})
    hints = Renames(
        tables=(TableRename("a", "p"), TableRename("p", "q")),
        columns=(ColumnRename("p", "a", "post"), ColumnRename("p", "note", "a")),
    )
    plan = resolve(hints, database.catalog(), models.catalog()).plan
    assert [str(step) for step in plan.steps][2:] == ["column p.a → post", "column p.note → a"]
