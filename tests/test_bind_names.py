"""Binds may have any name."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, create_engine, inspect

from flask_migrate_decl.commands.statements import file_name
from flask_migrate_decl.environment.dispatch import function_suffixes
from flask_migrate_decl.errors import shell_word
from tests.project import App, Define, Project

NAMES = [
    "my-bind",
    "2024",
    "class",
    "../x",
    "ﬁ",
    "a b",
    'it\'s "q"',
    "two\nlines; DROP TABLE item",
    "größe",
    "None",
    "{x}",
    "%(here)s",
    "<% 1/0 %>",
    "${1/0}",
]


def items(*binds: str) -> Define:
    """Have a table in the main database, and one in each bind."""

    def define(db: SQLAlchemy) -> None:
        db.Table("item", Column("id", Integer, primary_key=True))
        for number, bind in enumerate(binds):
            db.Table(f"of_{number}", Column("id", Integer, primary_key=True), bind_key=bind)

    return define


def toml(name: str) -> str:
    """Return a name as a key of TOML."""
    return json.dumps(name)


def begun(project: Project, directory: str, *names: str) -> App:
    for number, name in enumerate(names):
        project.binds[name] = f"sqlite:///{project.folder}/bind{number}.db"
    tables = [f"[binds.{toml(name)}]\n{directory}" for name in names]
    project.configure("\n".join(tables))
    app = project.app(items(*names))
    for command in ("init", "migrate"):
        app.run("db", command)
    return app


def outside(project: Project) -> set[Path]:
    """Return what lies beside a project."""
    return {path for path in project.folder.parent.glob("*") if path != project.folder}


@pytest.mark.parametrize("directory", ["", 'directory = "own"'], ids=["shared", "own"])
@pytest.mark.parametrize("name", NAMES)
def test_a_bind_may_be_called_so(sqlite_project: Project, name: str, directory: str) -> None:
    beside = outside(sqlite_project)
    app = begun(sqlite_project, directory, name)
    app.run("db", "upgrade")
    assert app.rows(bind=name) == {"of_0": []}
    assert app.rows() == {"item": []}
    for command in ("check", "current", "heads", "history", "check-config"):
        app.run("db", command)
    app.run("db", "downgrade", "--bind", name)
    assert app.rows(bind=name) == {}
    statements = app.run("db", "upgrade", "--sql", "--bind", name)
    assert "CREATE TABLE of_0" in statements
    comments = [line for line in statements.splitlines() if line.startswith("--")]
    assert comments[0].startswith("-- Database: ")
    assert not re.search(r"(?m)^lines", statements)
    app.run("db", "upgrade", "--sql", "--output-dir", "sql")
    folder = sqlite_project.folder / "sql"
    assert {path.name for path in folder.iterdir()} == {"default.sql", file_name(name)}
    assert "CREATE TABLE of_0" in (folder / file_name(name)).read_text()
    assert outside(sqlite_project) == beside


@pytest.mark.parametrize("name", NAMES)
def test_the_script_runs_under_flask_migrate(sqlite_project: Project, name: str) -> None:
    begun(sqlite_project, "", name)
    (path,) = sqlite_project.versions.glob("*.py")
    module = loaded(path)
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            module.upgrade(name)
        assert inspect(connection).get_table_names() == ["of_0"]
        with Operations.context(MigrationContext.configure(connection)):
            module.downgrade(engine_name=name)
        assert inspect(connection).get_table_names() == []
    engine.dispose()


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("script", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_names_that_would_be_one_function_are_two(sqlite_project: Project) -> None:
    names = ("my-bind", "my_bind", "my bind", "my_bind_")
    app = begun(sqlite_project, "", *names)
    app.run("db", "upgrade")
    for number, name in enumerate(names):
        assert app.rows(bind=name) == {f"of_{number}": []}


@pytest.mark.parametrize(("first", "later"), [("my-bind", "my_bind"), ("ﬁ", "_"), ("a.b", "a_b")])
def test_a_bind_that_comes_later_has_nothing_of_anothers(
    sqlite_project: Project, first: str, later: str
) -> None:
    app = begun(sqlite_project, "", first)
    app.run("db", "upgrade")
    sqlite_project.binds[later] = f"sqlite:///{sqlite_project.folder}/later.db"
    sqlite_project.configure(f"[binds.{toml(first)}]\n[binds.{toml(later)}]")
    app = sqlite_project.app(items(first, later))
    app.run("db", "upgrade")
    assert app.rows(bind=later) == {}
    for command in ("migrate", "upgrade", "check"):
        app.run("db", command)
    assert app.rows(bind=later) == {"of_1": []}
    assert app.rows(bind=first) == {"of_0": []}
    app.run("db", "downgrade", "base")
    assert (app.rows(bind=first), app.rows(bind=later)) == ({}, {})


NASTY = "a\nb\x1b[31m\u2028 'c"
SHOWN = r"a\nb\x1b[31m\u2028 'c"


def verify_shown(said: str) -> None:
    """See that what a bind is called has done nothing to what is shown."""
    assert SHOWN in said
    assert not re.search(r"[\x1b\u2028]|(?m:^b)", said)


@pytest.mark.parametrize("directory", ["", 'directory = "own"'], ids=["shared", "own"])
def test_what_a_bind_is_called_stays_on_its_line(sqlite_project: Project, directory: str) -> None:
    app = begun(sqlite_project, directory, NASTY)
    verify_shown(app.run("db", "upgrade", "--sql"))
    app.run("db", "upgrade", "--bind", "default")
    verify_shown(app.run("db", "check", exit_code=2))
    app.run("db", "upgrade")
    commands = ["check", "current", "current -v", "history -i", "check-config --database"]
    commands += ["heads"] if directory else []
    for command in commands:
        verify_shown(app.run("db", *command.split()))
    verify_shown(app.run("db", "upgrade", "--bind", "other", exit_code=2))


@pytest.mark.parametrize("directory", ["", 'directory = "own"'], ids=["shared", "own"])
@pytest.mark.parametrize("jobs", [[], ["--jobs", "2"]], ids=["one", "jobs"])
def test_what_a_bind_is_called_stays_on_its_line_where_a_run_stops(
    sqlite_project: Project, directory: str, jobs: list[str]
) -> None:
    app = begun(sqlite_project, directory, NASTY)
    app.execute("CREATE TABLE of_0 (id INTEGER)", bind=NASTY)
    said = app.result("db", "upgrade", *jobs, "+1").stderr
    verify_shown(said)
    again = said.rstrip().rpartition("when the cause is mended: ")[2]
    program = f"flask() {{ printf '%s\\n' \"$4\"; }}; {again}"
    read = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert read.stdout == f"{NASTY}\n"


@pytest.mark.parametrize("word", [NASTY, "it's", "\x85", "\U000e0001a", "a\\b\n", "'", ""])
def test_a_shell_reads_a_word_as_it_is(word: str) -> None:
    written = shell_word(word)
    assert written.isprintable()
    environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
    program = f"printf %s {written}"
    read = subprocess.run(["bash", "-c", program], capture_output=True, check=True, env=environment)
    assert read.stdout.decode() == word


def test_suffixes_are_names_and_differ() -> None:
    keys = ["", *NAMES, "my_bind", "fi", "a_b", "a.b", "ﬁ_", "___x"]
    suffixes = function_suffixes(keys)
    assert list(suffixes) == keys
    assert len(set(suffixes.values())) == len(keys)
    assert all(f"upgrade_{suffix}".isidentifier() for suffix in suffixes.values())
    assert (suffixes["my_bind"], suffixes["fi"]) == ("my_bind", "fi")


@pytest.mark.parametrize(
    ("bind", "expected"),
    [
        (None, "default.sql"),
        ("my-bind", "my-bind.sql"),
        ("../x", "%2E%2E%2Fx.sql"),
        ("..", "%2E%2E.sql"),
        ("a\\b", "a%5Cb.sql"),
        ("größe", "gr%C3%B6%C3%9Fe.sql"),
        ("CON:", "CON%3A.sql"),
        ("a\x00b\n", "a%00b%0A.sql"),
    ],
)
def test_a_file_has_a_name_that_leads_nowhere(bind: str | None, expected: str) -> None:
    assert file_name(bind) == expected


def test_a_template_of_ones_own_can_not_name_all(sqlite_project: Project) -> None:
    sqlite_project.binds["my-bind"] = "sqlite://"
    sqlite_project.configure('[binds."my-bind"]')
    app = sqlite_project.app(items("my-bind"))
    app.run("db", "init")
    template = sqlite_project.folder / "migrations" / "script.py.mako"
    template.write_text("")
    said = app.run("db", "migrate", exit_code=2)
    assert "would write a function upgrade_my-bind() for the bind" in said
    assert list(sqlite_project.versions.glob("*.py")) == []


def test_a_bind_may_be_called_default_where_it_is_the_only_one(sqlite_project: Project) -> None:
    sqlite_project.binds["default"] = f"sqlite:///{sqlite_project.folder}/bind.db"
    sqlite_project.configure("multidb = true")

    def define(db: SQLAlchemy) -> None:
        db.Table("of_bind", Column("id", Integer, primary_key=True), bind_key="default")

    app = sqlite_project.app(define, has_main_database=False)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    assert app.rows(bind="default") == {"of_bind": []}
    app.run("db", "downgrade", "--bind", "default")
    assert app.rows(bind="default") == {}


def test_default_may_not_mean_two_databases(sqlite_project: Project) -> None:
    sqlite_project.binds["default"] = f"sqlite:///{sqlite_project.folder}/bind.db"
    sqlite_project.configure("multidb = true")
    app = sqlite_project.app(items("default"))
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    assert (app.rows(), app.rows(bind="default")) == ({"item": []}, {"of_0": []})
    said = app.run("db", "downgrade", "--bind", "default", exit_code=2)
    assert 'the app has a bind "default"' in said
    assert (app.rows(), app.rows(bind="default")) == ({"item": []}, {"of_0": []})


ALL_AT_ONCE = (*NAMES, "my_bind", "..", "_", "a.b", "\\", '"""', "<default>", "heads", "default ")


@pytest.mark.parametrize("directory", ["", 'directory = "own_{}"'], ids=["shared", "own"])
@pytest.mark.parametrize("name", ["my-bind", "ﬁ", NAMES[7]])
def test_a_rename_is_carried_out_on_the_bind_that_it_names(
    sqlite_project: Project, name: str, directory: str
) -> None:
    for number, bind in enumerate(ALL_AT_ONCE):
        sqlite_project.binds[bind] = f"sqlite:///{sqlite_project.folder}/bind{number}.db"
    section = "".join(
        f"[binds.{toml(bind)}]\n{directory.format(number)}\n"
        for number, bind in enumerate(ALL_AT_ONCE)
    )

    def define(db: SQLAlchemy) -> None:
        for bind in ALL_AT_ONCE:
            table = "renamed" if is_renamed and bind == name else "item"
            db.Table(table, Column("id", Integer, primary_key=True), bind_key=bind)

    is_renamed = False
    sqlite_project.configure(section)
    app = sqlite_project.app(define)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    for bind in ALL_AT_ONCE:
        app.execute("INSERT INTO item VALUES (1)", bind=bind)
    is_renamed = True
    hint = f'[[renames.tables]]\nfrom = "item"\nto = "renamed"\nbind = {toml(name)}\n'
    sqlite_project.configure(section + hint)
    app = sqlite_project.app(define)
    before = set(sqlite_project.folder.rglob("*.py"))
    app.run("db", "migrate")
    (path,) = set(sqlite_project.folder.rglob("*.py")) - before
    assert path.read_text().count("op.rename_table(") == 2
    app.run("db", "upgrade")
    for bind in ALL_AT_ONCE:
        assert app.rows(bind=bind) == {"renamed" if bind == name else "item": [{"id": 1}]}
    app.run("db", "check")
    app.run("db", "downgrade", "--bind", name)
    assert app.rows(bind=name) == {"item": [{"id": 1}]}
