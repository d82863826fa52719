"""Hints that are right, early, spent or wrong: what is said, and that nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String

from flask_migrate_decl import check, migrate
from flask_migrate_decl.errors import RenameHintsError
from flask_migrate_decl.renames import State
from tests.golden import assert_golden
from tests.project import App, Define, Project

EXPECTED = Path(__file__).parent / "expected" / "hints"

Tables = dict[str, list[str]]


def models(tables: Tables) -> Define:
    def define(db: SQLAlchemy) -> None:
        for name, columns in tables.items():
            db.Table(
                name,
                Column("id", Integer, primary_key=True),
                *(Column(column, String(40)) for column in columns),
            )

    return define


def begun(project: Project, tables: Tables) -> App:
    app = project.app(models(tables))
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    return app


@dataclass
class Case:
    """A database, models and hints that don't go together."""

    name: str
    database: Tables
    models: Tables
    hints: str


USER_NAME = {"user": ["name"]}
TABLE = 'renames.tables = [{{ from = "{}", to = "{}" }}]\n'
COLUMN = 'renames.columns = [{{ table = "{}", from = "{}", to = "{}" }}]\n'

WRONG = [
    Case(
        "column_from_misspelt",
        USER_NAME,
        {"user": ["full_name"]},
        COLUMN.format("user", "nmae", "full_name"),
    ),
    Case(
        "column_to_misspelt",
        USER_NAME,
        {"user": ["full_name"]},
        COLUMN.format("user", "name", "fullname"),
    ),
    Case(
        "column_contradicted",
        {"user": ["name", "full_name"]},
        {"user": ["full_name"]},
        COLUMN.format("user", "name", "full_name"),
    ),
    Case(
        "column_table_misspelt",
        USER_NAME,
        {"user": ["full_name"]},
        COLUMN.format("usr", "name", "full_name"),
    ),
    Case(
        "column_table_rename_not_declared",
        USER_NAME,
        {"account": ["full_name"]},
        COLUMN.format("account", "name", "full_name"),
    ),
    Case(
        "column_old_table_rename_not_declared",
        USER_NAME,
        {"account": ["full_name"]},
        COLUMN.format("user", "name", "full_name"),
    ),
    Case("table_from_misspelt", USER_NAME, {"account": ["name"]}, TABLE.format("usr", "account")),
    Case("table_to_misspelt", USER_NAME, {"account": ["name"]}, TABLE.format("user", "acount")),
    Case(
        "table_contradicted",
        {"user": ["name"], "account": ["name"]},
        {"account": ["name"]},
        TABLE.format("user", "account"),
    ),
    Case(
        "several_at_once",
        {"user": ["name", "mail"]},
        {"account": ["full_name", "email"]},
        """[renames]
        tables = [{ from = "user", to = "account" }]
        columns = [
          { table = "account", from = "nam", to = "full_name" },
          { table = "account", from = "mail", to = "e_mail" },
        ]""",
    ),
    Case(
        "column_of_another_table",
        {"user": ["name"], "product": ["title"]},
        {"user": ["full_name"], "product": ["title"]},
        COLUMN.format("product", "name", "full_name"),
    ),
    Case(
        "column_of_another_table_that_has_it_too",
        {"user": ["name"], "product": ["name"]},
        {"user": ["full_name"], "product": ["name"]},
        COLUMN.format("product", "name", "full_name"),
    ),
    Case(
        "column_misspelt_twice",
        USER_NAME,
        {"user": ["full_name"]},
        COLUMN.format("user", "nmae", "full_nmae"),
    ),
    Case("table_misspelt_twice", USER_NAME, {"users": ["name"]}, TABLE.format("usr", "uusers")),
    Case(
        "column_taken_back",
        {"user": ["full_name"]},
        USER_NAME,
        COLUMN.format("user", "name", "full_name"),
    ),
    Case("table_taken_back", {"account": []}, {"user": []}, TABLE.format("user", "account")),
    Case(
        "column_of_another_table_that_has_the_new_name",
        {"user": ["name"], "post": ["full_name"]},
        {"user": ["full_name"], "post": ["full_name"]},
        COLUMN.format("post", "name", "full_name"),
    ),
    Case(
        "column_table_misspelt_and_old_table_name_used_again",
        USER_NAME,
        {"account": ["full_name"], "user": ["token"]},
        TABLE.format("user", "account") + COLUMN.format("acount", "name", "full_name"),
    ),
    Case(
        "table_to_misspelt_and_old_name_used_again",
        USER_NAME,
        {"account": ["name"], "user": ["token"]},
        TABLE.format("user", "acount"),
    ),
    Case(
        "column_of_the_table_that_took_the_old_name",
        {"account": ["full_name"], "user": ["name"]},
        {"account": ["full_name"], "user": ["full_name"]},
        TABLE.format("user", "account") + COLUMN.format("user", "name", "full_name"),
    ),
    Case(
        "twice_to_this_database",
        {"user": ["name"]},
        {"user": ["b", "d"]},
        """renames.columns = [
          { table = "user", from = "name", to = "b" },
          { table = "user", from = "NAME", to = "d" },
        ]""",
    ),
    Case(
        "column_misspelt_twice_to_one_that_goes",
        {"user": ["author_id", "content"]},
        {"user": ["contents", "body"]},
        COLUMN.format("user", "author_i", "content"),
    ),
    Case(
        "column_misspelt_twice_beside_a_hint_of_another_table",
        {"user": ["name"], "firm": ["title"]},
        {"user": ["full_name"], "firm": ["title"]},
        """renames.columns = [
          { table = "firm", from = "name", to = "title" },
          { table = "user", from = "nmae", to = "full_nmae" },
        ]""",
    ),
    Case(
        "column_misspelt_to_the_one_that_is_meant",
        {"user": ["content"]},
        {"user": ["contents"]},
        COLUMN.format("user", "conten", "content"),
    ),
    Case(
        "table_misspelt_to_the_one_that_is_meant",
        {"customer": []},
        {"customers": []},
        TABLE.format("custome", "customer"),
    ),
    Case(
        "table_misspelt_to_one_that_goes",
        {"customer": [], "client": []},
        {"customers": []},
        TABLE.format("custome", "client"),
    ),
    Case(
        "schema_not_compared",
        USER_NAME,
        {"user": ["full_name"]},
        'renames.columns = [{ table = "user", from = "name", to = "full_name", schema = "crm" }]',
    ),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_a_wrong_hint_writes_nothing_and_says_what_helps(
    case: Case, sqlite_project: Project
) -> None:
    app = begun(sqlite_project, case.database)
    scripts = sqlite_project.scripts()
    sqlite_project.configure(case.hints)
    after = sqlite_project.app(models(case.models))
    output = after.run("db", "migrate", exit_code=1)
    assert_golden(EXPECTED / f"{case.name}.txt", output)
    assert after.run("db", "check", exit_code=1) == output
    with after.flask.app_context(), pytest.raises(RenameHintsError) as caught:
        migrate()
    assert all(problem.place.startswith("renames.") for problem in caught.value.problems)
    assert sqlite_project.scripts() == scripts
    assert app.differences() == []


HARMLESS = [
    (State.EARLY, USER_NAME, USER_NAME, COLUMN.format("user", "name", "full_name")),
    (State.EARLY, USER_NAME, USER_NAME, TABLE.format("user", "account")),
    (State.EARLY, USER_NAME, USER_NAME, COLUMN.format("account", "name", "full_name")
        + TABLE.format("user", "account")),
    (State.APPLIED, {"user": ["full_name"]}, {"user": ["full_name"]},
        COLUMN.format("user", "name", "full_name")),
    (State.APPLIED, {"account": []}, {"account": []}, TABLE.format("user", "account")),
    (State.APPLIED, {"account": ["a"], "user": ["b"]}, {"account": ["a"], "user": ["b"]},
        TABLE.format("user", "account")),
    (State.SPENT, USER_NAME, USER_NAME, TABLE.format("long", "gone")),
    (State.SPENT, USER_NAME, USER_NAME, COLUMN.format("gone", "name", "full_name")),
    (State.SPENT, USER_NAME, USER_NAME, COLUMN.format("user", "long", "gone")),
]  # fmt: skip


@pytest.mark.parametrize(("state", "database", "now", "hints"), HARMLESS)
def test_a_hint_with_nothing_to_do_does_nothing(
    state: State, database: Tables, now: Tables, hints: str, sqlite_project: Project
) -> None:
    begun(sqlite_project, database)
    sqlite_project.configure(hints)
    app = sqlite_project.app(models(now))
    with app.flask.app_context():
        assert state in {report.state for report in check().hints}
        assert migrate().scripts == ()


LONG_LIVED: dict[str, tuple[Tables, Tables, str]] = {
    "the new name comes beside the old one in another table": (
        {"user": ["full_name"], "firm": ["name"]},
        {"user": ["full_name"], "firm": ["name", "full_name"]},
        COLUMN.format("user", "name", "full_name"),
    ),
    "a table of the new name comes beside one of the old name": (
        {"account": [], "other": []},
        {"account": [], "other": [], "accounts": []},
        TABLE.format("user", "account"),
    ),
    "a spent hint beside a right one of a similar name": (
        {"user": ["nickname"]},
        {"user": ["handle"]},
        """renames.columns = [
          { table = "user", from = "name", to = "full_name" },
          { table = "user", from = "nickname", to = "handle" },
        ]""",
    ),
    "a spent hint of a table beside a right one of a similar name": (
        {"line": []},
        {"article": []},
        """renames.tables = [
          { from = "lines", to = "invoices" },
          { from = "line", to = "article" },
        ]""",
    ),
    "an early hint while another branch adds a similar column": (
        {"user": ["email"]},
        {"user": ["email", "user_name"]},
        COLUMN.format("user", "email", "username"),
    ),
    "an early hint while another branch adds a similar table": (
        {"post": ["a"]},
        {"post": ["a"], "article_tag": []},
        TABLE.format("post", "article"),
    ),
}


@pytest.mark.parametrize("name", LONG_LIVED)
def test_a_hint_does_not_stop_what_loses_nothing(name: str, sqlite_project: Project) -> None:
    database, now, hints = LONG_LIVED[name]
    begun(sqlite_project, database)
    sqlite_project.configure(hints)
    app = sqlite_project.app(models(now))
    app.run("db", "migrate")
    app.run("db", "upgrade")
    assert "No new upgrade operations" in app.run("db", "check")
    assert "drop" not in sqlite_project.newest_script().partition("def downgrade")[0]


def test_a_filter_that_looks_at_columns_is_asked_about_whole_tables(
    sqlite_project: Project,
) -> None:
    begun(sqlite_project, USER_NAME)
    sqlite_project.configure(TABLE.format("usr", "account"))

    def include(item: Any, _name: str, type_: str, reflected: bool, _other: Any) -> bool:
        return type_ != "table" or not reflected or item.c["id"] is not None

    app = sqlite_project.app(models({"account": ["name"]}), include_object=include)
    assert 'nearest in the database: "user"' in app.run("db", "migrate", exit_code=1)


def test_an_early_hint_is_mentioned(sqlite_project: Project) -> None:
    begun(sqlite_project, USER_NAME)
    sqlite_project.configure(COLUMN.format("user", "name", "full_name"))
    output = sqlite_project.app(models(USER_NAME)).run("db", "migrate")
    assert 'not renamed: column user.name → full_name (the models still say "name")' in output


def test_hints_may_stay_for_a_database_that_is_begun_anew(sqlite_project: Project) -> None:
    sqlite_project.configure(
        """[renames]
        tables = [{ from = "user", to = "account" }]
        columns = [{ table = "account", from = "name", to = "full_name" }]"""
    )
    app = sqlite_project.app(models({"account": ["full_name"], "other": []}))
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    assert set(app.rows()) == {"account", "other"}


@pytest.mark.parametrize(
    "options",
    [
        {"include_name": lambda name, type_, _parents: (name, type_) != ("foreign", "table")},
        {"include_object": lambda _object, name, type_, *_: (name, type_) != ("foreign", "table")},
    ],
    ids=["include_name", "include_object"],
)
def test_a_table_that_is_not_compared_is_not_taken_for_a_misspelt_one(
    sqlite_project: Project, options: dict[str, Any]
) -> None:
    sqlite_project.configure(TABLE.format("user", "account"))
    app = sqlite_project.app(models({"account": ["name"]}), **options)
    app.execute('CREATE TABLE "foreign" (id INTEGER)')
    app.run("db", "init")
    app.run("db", "migrate")
    assert "foreign" not in sqlite_project.newest_script()


def test_the_old_table_name_finds_the_renamed_table_also_where_it_is_used_again(
    sqlite_project: Project,
) -> None:
    app = begun(sqlite_project, USER_NAME)
    app.execute("INSERT INTO user (name) VALUES ('Ann')")
    sqlite_project.configure(
        TABLE.format("user", "account") + COLUMN.format("user", "name", "full_name")
    )
    after = sqlite_project.app(models({"account": ["full_name"], "user": ["token"]}))
    after.run("db", "migrate")
    after.run("db", "upgrade")
    assert after.rows() == {"account": [{"id": 1, "full_name": "Ann"}], "user": []}


def test_names_are_compared_as_sqlite_compares_them(sqlite_project: Project) -> None:
    app = begun(sqlite_project, {"User": ["Name"]})
    app.execute("INSERT INTO User (Name) VALUES ('Ann')")
    sqlite_project.configure(
        TABLE.format("user", "account") + COLUMN.format("ACCOUNT", "NAME", "full_name")
    )
    after = sqlite_project.app(models({"account": ["full_name"]}))
    after.run("db", "migrate")
    after.run("db", "upgrade")
    assert after.rows() == {"account": [{"id": 1, "full_name": "Ann"}]}


def test_a_letter_outside_ascii_is_not_folded(sqlite_project: Project) -> None:
    begun(sqlite_project, {"user": ["x", "Ä"]})
    sqlite_project.configure(COLUMN.format("user", "x", "ä"))
    app = sqlite_project.app(models({"user": ["Ä", "ä"]}))
    app.run("db", "migrate")
    assert "new_column_name='ä'" in sqlite_project.newest_script()


def test_more_tables_than_alembic_reads_one_by_one(sqlite_project: Project) -> None:
    many: Tables = {f"t{number}": ["name"] for number in range(130)}
    app = begun(sqlite_project, many)
    app.execute("INSERT INTO t7 (name) VALUES ('Ann')")
    sqlite_project.configure(TABLE.format("t7", "seven") + COLUMN.format("t7", "name", "label"))
    after = sqlite_project.app(
        models(
            {name: columns for name, columns in many.items() if name != "t7"} | {"seven": ["label"]}
        )
    )
    after.run("db", "migrate")
    after.run("db", "upgrade")
    assert after.rows()["seven"] == [{"id": 1, "label": "Ann"}]
    assert "No new upgrade operations" in after.run("db", "check")
