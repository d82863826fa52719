"""``flask db`` as a person types it, in processes of its own."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer

import flask_migrate_decl
from flask_migrate_decl.cli.group import COMMANDS, MigrateGroup
from flask_migrate_decl.renames import Kind
from tests.project import Project

APP = """
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_migrate_decl import Migrate

db = SQLAlchemy()

class Person(db.Model):
    id = db.Column(db.Integer, primary_key=True)

def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///app.db"
    db.init_app(app)
    Migrate(app, db)
    return app
"""


class Shell:
    """A folder in which commands are typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, **files: str) -> None:
        for name, content in files.items():
            (self.folder / name.replace("__", ".")).write_text(content)

    def flask(
        self, *args: str, exit_code: int = 0, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FLASK_")}
        run = subprocess.run(
            [sys.executable, "-m", "flask", *args],
            cwd=self.folder,
            env=environment | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == exit_code, run.stdout + run.stderr
        assert "Traceback" not in run.stderr
        return run


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


# --- with an app and without -------------------------------------------------------------------


def test_without_an_app(shell: Shell) -> None:
    assert "flask-multidb" in shell.flask("db", "list-templates").stdout
    assert "Autogenerate a new revision" in shell.flask("db", "--help").stdout
    run = shell.flask("db", "upgrade", exit_code=2)
    assert run.stderr.startswith("Error: the app of wsgi.py or app.py can't be loaded: Could not")


@pytest.mark.parametrize(
    ("app", "message"),
    [
        ("def broken(:\n", "SyntaxError: invalid syntax (app.py, line 1)"),
        ("import flask\nimport nowhere\n", "No module named 'nowhere'"),
        ("def create_app():\n    raise ValueError('no key')\n", "ValueError: no key"),
        ("from flask import Flask\napp = Flask('bare')\n", 'the app "bare" has no migrations'),
    ],
)
def test_an_app_that_can_not_be_used(shell: Shell, app: str, message: str) -> None:
    shell.write(app__py=app)
    run = shell.flask("db", "heads", exit_code=2)
    assert message in run.stderr
    assert "can't be loaded" not in message or f"{shell.folder}/app.py, line" in run.stderr


def test_the_configuration_names_the_app(shell: Shell) -> None:
    (shell.folder / "shop").mkdir()
    (shell.folder / "shop" / "__init__.py").write_text(APP)
    shell.write(migrate__toml='app = "shop:create_app"\ndirectory = "changes"\n')
    below = Shell(shell.folder / "shop")
    below.flask("db", "init")
    assert (shell.folder / "changes" / "versions").is_dir()
    shell.write(migrate__toml='app = "shop:nothing"\n')
    assert "Failed to find attribute 'nothing'" in shell.flask("db", "init", exit_code=2).stderr
    shell.flask("--app", "shop", "db", "init", "-d", "elsewhere")
    shell.write(migrate__toml="app = 1\n")
    assert (
        '"app" should be a text, and is a whole number'
        in shell.flask("db", "init", exit_code=2).stderr
    )
    shell.write(migrate__toml="app = \n")
    assert "migrate.toml:1:7: error FMD101" in shell.flask("db", "init", exit_code=2).stderr


# --- the commands of others --------------------------------------------------------------------


def test_a_project_of_flask_migrate_keeps_its_commands(shell: Shell) -> None:
    shell.write(app__py=APP.replace("flask_migrate_decl", "flask_migrate"))
    assert '(default is "migrations")\n' in shell.flask("db", "upgrade", "--help").stdout
    shell.flask("db", "init")
    assert (shell.folder / "migrations" / "env.py").is_file()
    assert not (shell.folder / "migrate.toml").exists()
    shell.flask("db", "migrate")
    shell.flask("db", "upgrade")


def test_neither_arguments_nor_our_configuration_take_a_project_over(shell: Shell) -> None:
    shell.write(app__py=APP.replace("flask_migrate_decl", "flask_migrate"))
    assert "aioflask" in shell.flask("db", "list-templates").stdout
    shell.flask("db", "init", "-d", "list-templates")
    assert (shell.folder / "list-templates" / "env.py").is_file()
    shell.write(pyproject__toml="not toml", migrate__toml="app = 1")
    shell.flask("db", "init")
    assert (shell.folder / "migrations" / "env.py").is_file()


def test_a_project_with_a_db_group_of_its_own_keeps_it(shell: Shell) -> None:
    shell.write(
        app__py="from flask import Flask, current_app\n"
        "app = Flask('own')\n"
        "@app.cli.group('db')\n"
        "def db(): pass\n"
        "@db.command('fill')\n"
        "def fill(): print('filled', current_app.name)\n"
    )
    assert shell.flask("db", "fill").stdout == "filled own\n"
    assert "upgrade" not in shell.flask("db", "--help").stdout


def test_the_group_has_the_name_that_code_gives_it(shell: Shell) -> None:
    shell.write(app__py=APP.replace("Migrate(app, db)", "Migrate(app, db, command='database')"))
    shell.flask("database", "init")
    shell.flask("database", "migrate")
    assert "Person" not in shell.flask("database", "heads").stdout


# --- options, streams and exit codes -----------------------------------------------------------


def test_the_directory_is_taken_from_wherever_it_is_given(shell: Shell) -> None:
    shell.write(app__py=APP)
    shell.flask("db", "-d", "a", "init")
    shell.flask("db", "init", "-d", "b")
    shell.flask("db", "init", FLASK_DB_DIRECTORY="c")
    shell.flask("db", "init", FLASK_DB_INIT_DIRECTORY="d")
    shell.flask("db", "-d", "no", "init", "-d", "e")
    found = {path.name for path in shell.folder.iterdir() if (path / "versions").is_dir()}
    assert found == {"a", "b", "c", "d", "e"}


def test_what_is_said_goes_to_stderr_and_results_to_stdout(shell: Shell) -> None:
    shell.write(app__py=APP)
    shell.flask("db", "init", "--package")
    assert (shell.folder / "migrations" / "versions" / "__init__.py").is_file()
    written = shell.flask("db", "migrate", "-m", "first", "--rev-id", "one1")
    assert written.stdout.splitlines() == [
        f"Generating {shell.folder}/migrations/versions/one1_first.py ...  done"
    ]
    assert "INFO  [alembic.autogenerate.compare.tables] Detected added table" in written.stderr
    assert "plugin" not in written.stderr
    sql = shell.flask("db", "upgrade", "--sql")
    assert "CREATE TABLE person" in sql.stdout
    assert "INFO" not in sql.stdout
    upgraded = shell.flask("db", "upgrade")
    assert upgraded.stdout == ""
    assert upgraded.stderr.count("Running upgrade  -> one1, first") == 1
    assert upgraded.stderr.count("Context impl") == 1
    assert shell.flask("db", "current").stdout == "one1 (head)\n"
    assert shell.flask("db", "heads").stdout == "one1 (head)\n"
    assert shell.flask("db", "history").stdout == "<base> -> one1 (head), first\n"
    assert shell.flask("db", "show").stdout.startswith("Rev: one1 (head)\n")
    assert shell.flask("db", "check").stdout == "No new upgrade operations detected.\n"
    assert "can't" in shell.flask("db", "show", "nowhere", exit_code=2).stderr.lower()
    shell.write(app__py=APP.replace("id =", "age = db.Column(db.Integer)\n    id ="))
    assert "add column person.age" in shell.flask("db", "check", exit_code=1).stderr


def test_the_group_names_all_commands_without_importing_them() -> None:
    context = click.Context(MigrateGroup("db"))
    functions = {name.replace("-", "_") for name in COMMANDS} - {"rename", "renames"}
    others = {"Depth", "Migrate", "MigrateError", "FindingsError", "check_files"}
    others |= {"list_renames", "prune_renames", "rehearse_upgrade", "show_upgrade"}
    others |= {f"rename_{kind.name.lower()}" for kind in Kind}
    assert functions | others == set(flask_migrate_decl.__all__)
    for name in COMMANDS:
        command = context.command.get_command(context, name)  # type: ignore[attr-defined]
        assert command.name == name
        assert command.help


def test_colour_only_where_it_is_wanted(shell: Shell) -> None:
    shell.write(app__py=APP)
    assert "\x1b" not in shell.flask("db", "heads", exit_code=2).stderr
    coloured = shell.flask("db", "heads", exit_code=2, FORCE_COLOR="1").stderr
    assert coloured.startswith("\x1b[1;31mError: ")


def test_edit_opens_the_revision(shell: Shell) -> None:
    shell.write(app__py=APP)
    shell.flask("db", "init")
    shell.flask("db", "revision", "--rev-id", "one1")
    editor = shell.folder / "editor"
    editor.write_text('#!/bin/sh\necho "# edited" >> "$1"\n')
    editor.chmod(0o755)
    shell.flask("db", "edit", "one1", EDITOR=str(editor))
    assert "# edited" in next((shell.folder / "migrations/versions").glob("one1*")).read_text()


@pytest.mark.parametrize(
    "message",
    ['"""; raise SystemExit(9) #', "back\\slash", 'quote"', "'''", "{x} %s ${1+1} é", "two\nlines"],
)
def test_a_message_is_never_code(sqlite_project: Project, message: str) -> None:
    app = sqlite_project.app(lambda _db: None)
    app.run("db", "init")
    app.run("db", "revision", "-m", message)
    (script,) = sqlite_project.scripts().values()
    namespace: dict[str, str] = {}
    exec(compile(script, "script", "exec"), namespace)
    assert namespace["__doc__"].startswith(message)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("revision = (\n", "{path}, line 1: '(' was never closed"),
        ("revision = '\0'\n", "a revision can't be read: source code string cannot contain null"),
    ],
)
def test_a_revision_that_is_no_python_gets_a_clear_error(
    sqlite_project: Project, script: str, message: str
) -> None:
    app = sqlite_project.app(lambda _db: None)
    app.run("db", "init")
    path = sqlite_project.folder / "migrations" / "versions" / "a1_.py"
    path.write_text(script)
    assert f"Error: {message.format(path=path)}" in app.run("db", "heads", exit_code=2)
    assert "versions/a1_.py" in app.run("db", "check-config", exit_code=1)


# --- logging -----------------------------------------------------------------------------------


def people(db: SQLAlchemy) -> None:
    db.Table("person", Column("id", Integer, primary_key=True))


def test_an_apps_logging_is_left_alone(sqlite_project: Project) -> None:
    root, own = logging.getLogger(), logging.getLogger("project.views")
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign,assignment]
    own.addHandler(handler)
    loggers = [root, own, logging.getLogger("alembic"), logging.getLogger("sqlalchemy")]
    before = [(log.level, list(log.handlers), log.disabled, log.propagate) for log in loggers]
    app = sqlite_project.app(people)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    assert [
        (log.level, list(log.handlers), log.disabled, log.propagate) for log in loggers
    ] == before
    own.warning("still heard")
    assert [record.getMessage() for record in records] == ["still heard"]
    own.removeHandler(handler)
