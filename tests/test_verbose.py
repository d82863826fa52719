"""``-v``: what becomes of each hint, why, and in which steps."""

from __future__ import annotations

from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String, UniqueConstraint

from tests.project import Define, Project, begun, refused


def table(name: str, *columns: str) -> Define:
    def define(db: SQLAlchemy) -> None:
        of_table: list[Column[Any]] = [Column(column, String(20)) for column in columns]
        db.Table(name, Column("id", Integer, primary_key=True), *of_table)

    return define


def hint(old: str, new: str) -> str:
    return f'{{ table = "person", from = "{old}", to = "{new}" }}'


def hints(*entries: str) -> str:
    return f"renames.columns = [{', '.join(entries)}]"


# The columns before and after, and what is said of the hint.
FITTING = {
    "pending": (["a"], ["b"], "renamed column person.a → b"),
    "pending, and the old name used again": (["a"], ["a", "b"], "renamed column person.a → b"),
    "applied": (["b"], ["b"], "not renamed: column person.a → b (the database has the new name)"),
    "early": (["a"], ["a"], 'not renamed: column person.a → b (the models still say "a")'),
    "spent": (["c"], ["c"], "not renamed: column person.a → b (neither side has anything to"),
}
WRONG = {
    "both there": (["a", "b"], ["b"], "contradicted: the database has both columns and the models"),
    "taken back": (["b"], ["a"], 'contradicted: the database has only "b" and the models only "a"'),
    "old name missing": (["a1"], ["b"], 'unmatched: the table "person" has no column "a"'),
    "new name missing": (["a"], ["b1"], 'unmatched: the model of "person" has no column "b"'),
}


@pytest.mark.parametrize("name", FITTING)
def test_each_state_is_explained(project: Project, name: str) -> None:
    before, after, said = FITTING[name]
    begun(project, table("person", *before))
    project.configure(hints(hint("a", "b")))
    assert said in project.app(table("person", *after)).run("db", "migrate", "-v")


@pytest.mark.parametrize("name", WRONG)
def test_each_mistake_is_explained_without_v_too(project: Project, name: str) -> None:
    before, after, said = WRONG[name]
    begun(project, table("person", *before))
    output = refused(project, table("person", *after), hints(hint("a", "b")))
    assert f"renames.columns[0] (column person.a → b) is {said}" in output


@pytest.mark.parametrize("name", ["applied", "early", "spent"])
def test_check_explains_why_nothing_is_to_be_done(sqlite_project: Project, name: str) -> None:
    columns, _, said = FITTING[name]
    begun(sqlite_project, table("person", *columns))
    sqlite_project.configure(hints(hint("a", "b")))
    app = sqlite_project.app(table("person", *columns))
    assert said in app.run("db", "check", "-v")
    assert (said in app.run("db", "check")) is (name == "early")


def test_check_explains_the_other_hints_where_models_differ(sqlite_project: Project) -> None:
    begun(sqlite_project, table("person", "a"))
    sqlite_project.configure(hints(hint("a", "b"), hint("x", "y")))
    app = sqlite_project.app(table("person", "b"))
    output = app.run("db", "check", "-v", exit_code=1)
    assert "to be renamed column person.a → b" in output
    assert "column person.x → y (neither side has anything to rename" in output
    assert "step 1: rename column person.a → b" in output


def test_a_recorded_hint_names_its_revision(project: Project) -> None:
    swap = hints(hint("a", "b"), hint("b", "a"))
    begun(project, table("person", "a", "b"))
    project.configure(swap)
    app = project.app(table("person", "a", "b"))
    app.run("db", "migrate", "--rev-id", "swapped")
    app.run("db", "upgrade")
    for command in ("migrate", "check"):
        output = app.run("db", command, "-v")
        assert "column person.a → b (the revision swapped carried it out)" in output
        assert "column person.b → a (the revision swapped carried it out)" in output


def test_the_steps_of_a_swap_show_the_temporary_name(project: Project) -> None:
    begun(project, table("person", "a", "b"))
    project.configure(hints(hint("a", "b"), hint("b", "a")))
    app = project.app(table("person", "a", "b"))
    lines = app.run("db", "migrate", "-v").splitlines()
    assert [line for line in lines if line.startswith("step")] == [
        "step 1: rename column person.a → renamed_1, for a while",
        "step 2: rename column person.b → a",
        "step 3: rename column person.renamed_1 → b",
    ]
    assert [line for line in lines if line.startswith("renamed")] == [
        "renamed column person.a → b",
        "renamed column person.b → a",
    ]


def test_without_v_no_step_is_shown(sqlite_project: Project) -> None:
    begun(sqlite_project, table("person", "a"))
    sqlite_project.configure(hints(hint("a", "b"), hint("x", "y")))
    output = sqlite_project.app(table("person", "b")).run("db", "migrate")
    assert "renamed column person.a → b" in output
    assert "step 1" not in output
    assert "x → y" not in output


def test_a_chain_is_one_step(sqlite_project: Project) -> None:
    begun(sqlite_project, table("person", "a"))
    sqlite_project.configure(hints(hint("a", "b"), hint("b", "c")))
    output = sqlite_project.app(table("person", "c")).run("db", "migrate", "-v")
    assert "step 1: rename column person.a → c\n" in output
    assert "step 2" not in output


def test_what_a_database_can_not_rename_is_said(sqlite_project: Project) -> None:
    def define(name: str) -> Define:
        return lambda db: db.Table(
            "person",
            Column("id", Integer, primary_key=True),
            Column("mail", String(20)),
            UniqueConstraint("mail", name=name),
        )

    begun(sqlite_project, define("uq_old"))
    sqlite_project.configure(
        """renames.constraints = [{ table = "person", from = "uq_old", to = "uq_new" }]
        renames.sequences = [{ from = "old_seq", to = "new_seq" }]"""
    )
    output = sqlite_project.app(define("uq_new")).run("db", "migrate", "-v")
    assert (
        "renamed constraint person.uq_old → uq_new (it is dropped and created under its new name, "
        "as SQLite can't rename a constraint)" in output
    )
    assert "not renamed: sequence old_seq → new_seq (SQLite has no sequences)" in output


@pytest.mark.postgresql
def test_names_that_follow_are_steps_too(postgres_project: Project) -> None:
    begun(postgres_project, table("person"))
    postgres_project.configure(
        """[renames]
        follow_default_names = true
        tables = [{ from = "person", to = "human" }]"""
    )
    output = postgres_project.app(table("human")).run("db", "migrate", "-v")
    steps = [line.partition(": ")[2] for line in output.splitlines() if line.startswith("step")]
    assert steps == [
        "rename sequence person_id_seq → human_id_seq",
        "rename table person → human",
        "rename constraint human.person_pkey → human_pkey",
    ]
