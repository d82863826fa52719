"""Likely renames where nobody can be asked: told, refused, or answered on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import flask_migrate  # type: ignore[import-untyped]
import pytest
from alembic.operations.ops import DropColumnOp, MigrationScript, ModifyTableOps
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Column,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import UserDefinedType

from flask_migrate_decl import migrate
from flask_migrate_decl.errors import StoppedError
from flask_migrate_decl.results import Suggestion
from tests.project import NEEDS_SQLALCHEMY_2_1, App, Define, Project, begun

# Alembic's own words on unnamed foreign keys of SQLite.
pytestmark = pytest.mark.filterwarnings("ignore:Autogenerate rendered a:UserWarning")


def shop(person: str, name: str, *, size: int = 20) -> Define:
    """Define people, and orders that point to them."""

    def define(db: SQLAlchemy) -> None:
        db.Table(
            person,
            Column("id", Integer, primary_key=True),
            Column(name, String(size), nullable=False),
            Column("mail", String(80)),
        )
        db.Table(
            "order",
            Column("id", Integer, primary_key=True),
            Column(f"{person}_id", ForeignKey(f"{person}.id")),
        )

    return define


ROWS: dict[str, list[dict[str, Any]]] = {
    "user": [{"id": 1, "name": "Ada", "mail": "a@b.c"}],
    "order": [{"id": 7, "user_id": 1}],
}
ANSWERED = ("--rename", "user=users", "--rename", "users.name=full_name")
JSON = ("--format", "json")
KEY = ("--rename", "order.user_id=users_id")


@pytest.fixture
def project(database_url: str, tmp_path: Any) -> Project:
    return Project(tmp_path, database_url)


@pytest.fixture
def before(project: Project) -> App:
    app = begun(project, shop("user", "name"))
    app.insert(ROWS)
    return app


@pytest.fixture
def lite(sqlite_project: Project) -> App:
    app = begun(sqlite_project, shop("user", "name"))
    app.insert(ROWS)
    return app


def hints(project: Project) -> str:
    path = project.folder / "migrate.toml"
    return path.read_text() if path.exists() else ""


# --- on every database -------------------------------------------------------------------------


def test_answers_on_the_command_line_rename_and_are_declared(project: Project, before: App) -> None:
    after = project.app(shop("users", "full_name"))
    output = after.run("db", "migrate", *ANSWERED, *KEY)
    assert "renamed table user → users" in output
    assert "added renames.tables[0] to" in output
    assert "may be renamed" not in output
    after.run("db", "upgrade")
    assert after.rows() == {
        "users": [{"id": 1, "full_name": "Ada", "mail": "a@b.c"}],
        "order": [{"id": 7, "users_id": 1}],
    }
    assert "No new upgrade operations" in after.run("db", "check")
    after.run("db", "downgrade")
    assert before.rows() == ROWS


def test_the_lines_of_the_warning_declare_what_it_tells_of(project: Project, before: App) -> None:
    """Three times the lines are added and the revision is removed, as the warning says."""
    after = project.app(shop("users", "full_name"))
    for _ in range(3):
        output = after.run("db", "migrate")
        if "this may be renamed" not in output:
            break
        told = output.partition("so that the revision drops it:\n")[2].partition("\nIf so,")[0]
        lines = [line[4:] for line in told.splitlines() if line.startswith("    ")]
        with (project.folder / "migrate.toml").open("a") as file:
            file.write("\n" + "\n".join(lines) + "\n")
        max(project.versions.glob("*.py"), key=lambda path: path.stat().st_mtime_ns).unlink()
    after.run("db", "upgrade")
    assert after.rows()["users"] == [{"id": 1, "full_name": "Ada", "mail": "a@b.c"}]
    assert after.rows()["order"] == [{"id": 7, "users_id": 1}]


# --- what is done where nobody answers ---------------------------------------------------------


def test_a_warning_is_the_default_and_applies_nothing(sqlite_project: Project, lite: App) -> None:
    section = hints(sqlite_project)
    output = sqlite_project.app(shop("user", "full_name")).run("db", "migrate")
    assert "Warning: this may be renamed and not declared, so that the revision drops it:" in output
    assert "column user.name → full_name (score 0.8" in output
    assert 'table = "user"\n    from = "name"\n    to = "full_name"' in output
    assert hints(sqlite_project) == section
    assert "drop_column('name')" in sqlite_project.newest_script()


def test_an_error_writes_no_revision(sqlite_project: Project, lite: App) -> None:
    sqlite_project.configure('renames.undeclared = "error"')
    scripts = sqlite_project.scripts()
    after = sqlite_project.app(shop("user", "full_name"))
    output = after.run("db", "migrate", exit_code=1)
    assert "Error: no revision was written, as renames may be undeclared" in output
    assert "- column user.name → full_name (score" in output
    assert sqlite_project.scripts() == scripts
    assert "Generating" in after.run("db", "migrate", "--not-renamed", "user.name")


def test_drops_that_are_refused_are_told_with_what_looks_renamed(
    sqlite_project: Project, lite: App
) -> None:
    sqlite_project.configure('[safety]\non_drop = "error"')
    scripts = sqlite_project.scripts()
    output = sqlite_project.app(shop("user", "full_name")).run("db", "migrate", exit_code=1)
    assert "- the column user.name (1 row)" in output
    assert "This may be renamed and not declared:\n  - column user.name → full_name" in output
    assert sqlite_project.scripts() == scripts


def test_ignore_is_silent(sqlite_project: Project, lite: App) -> None:
    sqlite_project.configure('renames.undeclared = "ignore"\n[safety]\non_drop = "ignore"')
    output = sqlite_project.app(shop("user", "full_name")).run("db", "migrate")
    assert "rename" not in output
    assert "Warning" not in output


def test_what_a_hook_of_the_project_keeps_is_not_spoken_of(
    sqlite_project: Project, lite: App
) -> None:
    def keep(_context: Any, _revision: Any, directives: list[MigrationScript]) -> None:
        for operations in directives[0].upgrade_ops_list:
            for changes in operations.ops:
                assert isinstance(changes, ModifyTableOps)
                changes.ops[:] = [op for op in changes.ops if not isinstance(op, DropColumnOp)]

    sqlite_project.configure('renames.undeclared = "error"')
    after = sqlite_project.app(shop("user", "full_name"), process_revision_directives=keep)
    assert "rename" not in after.run("db", "migrate")
    assert "add_column" in sqlite_project.newest_script()


def test_declared_hints_come_first(sqlite_project: Project, lite: App) -> None:
    sqlite_project.configure('renames.tables = [{ from = "user", to = "person" }]')
    after = sqlite_project.app(shop("person", "full_name"))
    output = after.run("db", "suggest-renames")
    assert output.count("score") == 2
    assert "column person.name → full_name" in output
    assert "column order.user_id → person_id" in output
    assert "{" not in hints(sqlite_project).replace('{ from = "user", to = "person" }', "")


# --- answers -----------------------------------------------------------------------------------


def test_what_is_not_renamed_is_dropped_without_a_word(sqlite_project: Project, lite: App) -> None:
    after = sqlite_project.app(shop("user", "full_name"))
    output = after.run("db", "migrate", "--not-renamed", "user.name", "--not-renamed", "no.such")
    assert "may be renamed" not in output
    assert "--not-renamed no.such: nothing of that name would be dropped" in output
    assert "drop_column('name')" in sqlite_project.newest_script()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (("--rename", "user.name"), '--rename "user.name" can\'t be read: say "old=new"'),
        (("--not-renamed", "a=b"), '--not-renamed "a=b" can\'t be read: say a name such as'),
    ],
)
def test_an_answer_that_can_not_be_read(
    sqlite_project: Project, lite: App, answer: tuple[str, ...], message: str
) -> None:
    scripts = sqlite_project.scripts()
    after = sqlite_project.app(shop("user", "full_name"))
    assert message in after.run("db", "migrate", *answer, exit_code=2)
    assert sqlite_project.scripts() == scripts


def test_an_answer_that_fits_nothing_writes_nothing(sqlite_project: Project, lite: App) -> None:
    section, scripts = hints(sqlite_project), sqlite_project.scripts()
    after = sqlite_project.app(shop("user", "full_name"))
    output = after.run("db", "migrate", "--rename", "user.nmae=full_name", exit_code=1)
    assert "renames.columns[0] (column user.nmae → full_name) is unmatched" in output
    assert (hints(sqlite_project), sqlite_project.scripts()) == (section, scripts)


@pytest.mark.parametrize(
    ("said", "state"),
    [("user.nick=alias", "spent"), ("usr=account", "spent"), ("user.nick=mail", "applied")],
)
def test_an_answer_with_nothing_to_rename_writes_nothing(
    sqlite_project: Project, lite: App, said: str, state: str
) -> None:
    section, scripts = hints(sqlite_project), sqlite_project.scripts()
    after = sqlite_project.app(shop("user", "full_name"))
    output = after.run("db", "migrate", "--rename", said, exit_code=1)
    assert f"is {state}: " in output
    assert (hints(sqlite_project), sqlite_project.scripts()) == (section, scripts)


def test_the_same_answer_may_be_given_twice(sqlite_project: Project, lite: App) -> None:
    after = sqlite_project.app(shop("user", "full_name"))
    said = ("--rename", "user.name=full_name", "--rename", '"user".name=full_name')
    assert "renamed column user.name → full_name" in after.run("db", "migrate", *said)
    assert hints(sqlite_project).count('\nto = "full_name"') == 1


def test_a_name_that_no_file_takes_writes_nothing(sqlite_project: Project, lite: App) -> None:
    section, scripts = hints(sqlite_project), sqlite_project.scripts()
    after = sqlite_project.app(shop("user", "full_name"))
    output = after.run("db", "migrate", "--rename", "user.name=\udcff", exit_code=2)
    assert "a name has characters that UTF-8 lacks" in output
    assert (hints(sqlite_project), sqlite_project.scripts()) == (section, scripts)


def test_a_hook_that_fails_leaves_neither_a_revision_nor_a_hint(
    sqlite_project: Project, lite: App
) -> None:
    hook = 'name = "missing"\ntype = "console_scripts"\nentrypoint = "no_such_entry_point"'
    sqlite_project.configure(f"[[post_write_hooks]]\n{hook}\n")
    section, scripts = hints(sqlite_project), sqlite_project.scripts()
    after = sqlite_project.app(shop("user", "full_name"))
    output = after.run("db", "migrate", "--rename", "user.name=full_name", exit_code=2)
    assert "no_such_entry_point" in output
    assert (hints(sqlite_project), sqlite_project.scripts()) == (section, scripts)


def test_what_alembic_finds_no_likeness_in_can_be_said(sqlite_project: Project, lite: App) -> None:
    after = sqlite_project.app(shop("member", "zzz", size=5))
    answers = ("user=member", "member.name=zzz", "order.user_id=member_id")
    after.run("db", "migrate", *(part for said in answers for part in ("--rename", said)))
    after.run("db", "upgrade")
    assert after.rows()["member"] == [{"id": 1, "zzz": "Ada", "mail": "a@b.c"}]


def test_an_answer_may_be_repeated(sqlite_project: Project, lite: App) -> None:
    after = sqlite_project.app(shop("user", "full_name"))
    answer = ("--rename", "user.name=full_name")
    after.run("db", "migrate", *answer, *answer)
    after.run("db", "upgrade")
    assert "No changes in schema detected" in after.run("db", "migrate", *answer)
    assert hints(sqlite_project).count('\nto = "full_name"') == 1
    assert after.rows()["user"][0]["full_name"] == "Ada"


def test_an_empty_revision_takes_no_answers(sqlite_project: Project, lite: App) -> None:
    output = lite.run("db", "revision", "--rename", "a=b", exit_code=2)
    assert "--rename and --not-renamed need --autogenerate" in output


# --- for programs ------------------------------------------------------------------------------


def test_candidates_and_answers_as_json(sqlite_project: Project, lite: App) -> None:
    after = sqlite_project.app(shop("users", "full_name"))
    told = json.loads(after.result("db", "migrate", *JSON, "--rename", "user=users").stdout)
    assert [revision["id"] for revision in told["revisions"]]
    assert {("name", 1), ("user_id", 1)} == {(d["column"], d["rows"]) for d in told["drops"]}
    by_name = {(found["owner"], found["from"]): found for found in told["suggestions"]}
    assert by_name[None, "user"]["answer"] == "renamed"
    name = by_name["users", "name"]
    assert name["answer"] is None
    assert name["hint"] == {"table": "users", "from": "name", "to": "full_name"}
    assert name["list"] == "renames.columns"
    assert (name["kind"], name["bind"], name["schema"]) == ("column", None, None)
    assert name["database"] == "name VARCHAR(20) NOT NULL"
    assert 0.5 <= name["score"] <= 1


def test_an_error_tells_programs_too(sqlite_project: Project, lite: App) -> None:
    sqlite_project.configure('renames.undeclared = "error"')
    result = sqlite_project.app(shop("user", "full_name")).result("db", "migrate", *JSON)
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["revisions"] == []
    assert [found["answer"] for found in told["suggestions"]] == [None]


def test_refused_drops_tell_programs_too(sqlite_project: Project, lite: App) -> None:
    sqlite_project.configure('[safety]\non_drop = "error"')
    result = sqlite_project.app(shop("user", "full_name")).result("db", "migrate", *JSON)
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["revisions"] == []
    assert [found["to"] for found in told["suggestions"]] == ["full_name"]
    assert [(drop["column"], drop["rows"]) for drop in told["drops"]] == [("name", 1)]


def test_suggestions_write_nothing(sqlite_project: Project, lite: App) -> None:
    section, scripts = hints(sqlite_project), sqlite_project.scripts()
    after = sqlite_project.app(shop("user", "full_name"))
    assert "column user.name → full_name (score" in after.run("db", "suggest-renames")
    told = json.loads(after.result("db", "suggest-renames", *JSON).stdout)
    assert [found["to"] for found in told["suggestions"]] == ["full_name"]
    assert (hints(sqlite_project), sqlite_project.scripts()) == (section, scripts)
    assert "Nothing looks like a rename" in lite.run("db", "suggest-renames")


def test_python_asks_and_stops(sqlite_project: Project, lite: App) -> None:
    after = sqlite_project.app(shop("user", "full_name"))
    asked: list[str] = []

    def stop(suggestion: Suggestion, number: int, total: int) -> bool:
        asked.append(f"{number} of {total}: {suggestion.candidate}")
        raise StoppedError

    scripts = sqlite_project.scripts()
    with after.flask.app_context(), pytest.raises(StoppedError):
        migrate(ask=stop)
    assert asked == ["1 of 1: column user.name → full_name"]
    assert sqlite_project.scripts() == scripts
    with after.flask.app_context():
        result = migrate(ask=lambda *_question: True)
    assert [hint.key for hint in result.added] == ["renames.columns[0]"]
    assert [found.answer for found in result.suggestions] == [True]


# --- unusual models ----------------------------------------------------------------------------


def test_partial_indexes_are_compared(project: Project) -> None:
    def define(partial: str) -> Define:
        where: dict[str, Any] = {
            f"{dialect}_where": text("name > 'a'") for dialect in ("sqlite", "postgresql")
        }

        def defined(db: SQLAlchemy) -> None:
            db.Table(
                "item",
                Column("id", Integer, primary_key=True),
                Column("name", String(9)),
                Index(partial, "name", **where),
            )

        return defined

    begun(project, define("by_name"))
    after = project.app(define("ix_item_name"))
    assert "Generating" in after.run("db", "migrate")
    assert "drop_index(batch_op.f('by_name')" in project.newest_script()


class Unwritable(UserDefinedType[Any]):
    """A type of which no column can be created."""


def test_a_type_that_can_not_be_compiled_is_no_obstacle(sqlite_project: Project, lite: App) -> None:
    def define(db: SQLAlchemy) -> None:
        columns = [Column("name", String(20), nullable=False), Column("mails", Unwritable())]
        db.Table("user", Column("id", Integer, primary_key=True), *columns)
        db.Table("order", Column("id", Integer, primary_key=True), Column("user_id", Integer))

    assert "Generating" in sqlite_project.app(define).run("db", "migrate")


class Now(FunctionElement[Any]):
    """A function that SQLAlchemy can write for SQLite only."""

    type = DateTime()
    inherit_cache = True


@compiles(Now, "sqlite")
def _now(_element: Now, _compiler: Any, **_kw: Any) -> str:
    return "CURRENT_TIMESTAMP"


def test_a_default_of_one_database_is_read(sqlite_project: Project, lite: App) -> None:
    def define(db: SQLAlchemy) -> None:
        key = Column("id", Integer, primary_key=True)
        named = Column("full_name", String(20), nullable=False, server_default=Now())
        db.Table("user", key, named, Column("mail", String(80)))

    output = sqlite_project.app(define).run("db", "suggest-renames")
    assert "column user.name → full_name" in output


# --- several databases, and kinds of one database ----------------------------------------------


def test_each_database_has_its_own(sqlite_project: Project) -> None:
    sqlite_project.binds["other"] = f"sqlite:///{sqlite_project.folder}/other.db"
    sqlite_project.configure("multidb = true")

    def define(name: str, other: str) -> Define:
        def defined(db: SQLAlchemy) -> None:
            db.Table("item", Column("id", Integer, primary_key=True), Column(name, String(9)))
            db.metadatas["other"] = MetaData()
            db.Table(
                "item",
                Column("id", Integer, primary_key=True),
                Column(other, String(9)),
                bind_key="other",
            )

        return defined

    begun(sqlite_project, define("desc", "qty"))
    after = sqlite_project.app(define("description", "quantity"))
    output = after.run("db", "suggest-renames")
    assert 'column item.qty → quantity of the bind "other" (score' in output
    output = after.run("db", "migrate", "--rename", "item.qty=quantity")
    assert "column item.desc → description (score" in output
    assert 'bind = "other"' in hints(sqlite_project)
    script = sqlite_project.newest_script()
    assert script.count("new_column_name='quantity'") == 1


@pytest.mark.filterwarnings("ignore:.*get_engine:DeprecationWarning")
def test_under_an_env_py_of_the_projects_own(sqlite_project: Project) -> None:
    before = sqlite_project.app(shop("user", "name"))
    template = Path(flask_migrate.__file__).parent / "templates" / "flask"
    before.run("db", "init", "--template", str(template))
    before.run("db", "migrate")
    before.run("db", "upgrade")
    before.insert(ROWS)
    sqlite_project.configure('renames.undeclared = "error"')
    after = sqlite_project.app(shop("user", "full_name"))
    assert "column user.name → full_name" in after.run("db", "migrate", exit_code=1)
    after.run("db", "migrate", "--rename", "user.name=full_name")
    after.run("db", "upgrade")
    assert after.rows()["user"] == [{"id": 1, "full_name": "Ada", "mail": "a@b.c"}]


@NEEDS_SQLALCHEMY_2_1
@pytest.mark.postgresql
def test_enum_types_labels_and_indexes(postgres_project: Project) -> None:
    def define(type_: str, label: str, index: str, unique: str) -> Define:
        def defined(db: SQLAlchemy) -> None:
            db.Table(
                "paint",
                Column("id", Integer, primary_key=True),
                Column("colour", Enum("red", "blue", name=type_, metadata=db.metadata)),
                Column("finish", Enum(label, "matt", name="finish", metadata=db.metadata)),
                Column("name", String(9)),
                Index(index, "name"),
                UniqueConstraint("name", "id", name=unique),
            )

        return defined

    before = begun(postgres_project, define("colour", "shiny", "by_name", "once"))
    before.execute("INSERT INTO paint VALUES (1, 'red', 'shiny', 'x')")
    after = postgres_project.app(define("shade", "glossy", "ix_paint_name", "uq_paint"))
    output = after.run("db", "suggest-renames")
    for found in (
        "enum colour → shade",
        "enum value finish.shiny → glossy",
        "index paint.by_name → ix_paint_name",
        "constraint paint.once → uq_paint",
    ):
        assert found in output
    with after.flask.app_context():
        migrate(ask=lambda *_question: True)
    after.run("db", "upgrade")
    assert after.rows()["paint"] == [{"id": 1, "colour": "red", "finish": "glossy", "name": "x"}]
    assert "No new upgrade operations" in after.run("db", "check")
