"""``flask db migrate`` at a terminal: real sessions, and what they leave in the folder."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.site import LONGEST_WAIT

APP = """
from pathlib import Path

import models
from flask import Flask
from flask_migrate_decl import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{Path(__file__).parent}/app.db"
models.db.init_app(app)
Migrate(app, models.db)
"""
MODELS = """
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
for table, columns in {tables!r}.items():
    keys = [db.Column("id", db.Integer, primary_key=True)]
    db.Table(table, *keys, *[db.Column(name, db.String(20)) for name in columns])
"""
SECTION = "# A file of one's own.\ndirectory = 'migrations'  # here\n"
BEFORE = {"account": ["name", "mail"], "post": ["title"]}
AFTER = {"account": ["full_name", "mail"], "post": ["headline"]}
FIRST = "column account.name → full_name?"
SECOND = "column post.title → headline?"


_TERMINAL = {
    "TERM": "dumb",
    "NO_COLOR": "1",
    "COLUMNS": "120",
    # The models change faster than the times of files tell.
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True)
class Desk:
    """A project on SQLite, and a terminal."""

    folder: Path

    def say(self, tables: dict[str, list[str]]) -> None:
        """Write the models."""
        (self.folder / "models.py").write_text(MODELS.format(tables=tables))

    def flask(self, *args: str) -> pexpect.spawn[str]:
        """Start a command at the terminal."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FLASK_")}
        return pexpect.spawn(
            sys.executable,
            ["-m", "flask", "db", *args],
            cwd=str(self.folder),
            env=environment | _TERMINAL,
            encoding="utf-8",
            timeout=LONGEST_WAIT,
            dimensions=(40, 120),
        )

    def run(self, *args: str) -> str:
        """Run a command that asks nothing."""
        return ended(self.flask(*args), 0)

    def files(self) -> dict[str, str]:
        """Return what a session may change."""
        paths = (*self.folder.glob("*.toml"), *self.folder.glob("migrations/**/*.py"))
        return {str(path.relative_to(self.folder)): path.read_text() for path in paths}

    def hints(self) -> list[str]:
        """Return the hints' lines."""
        text = (self.folder / "migrate.toml").read_text()
        assert text.startswith(SECTION)
        return [line for line in text.removeprefix(SECTION).splitlines() if line]

    def rows(self, table: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "app.db")) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]

    def newest(self) -> str:
        folder = self.folder / "migrations" / "versions"
        path: Path = max(folder.glob("*.py"), key=lambda path: path.stat().st_mtime_ns)
        return path.read_text()


def ended(session: pexpect.spawn[str], exit_code: int) -> str:
    """Wait for the end of a command, and return what it printed since the last question."""
    session.expect(pexpect.EOF)
    session.wait()
    session.close()
    assert session.exitstatus == exit_code, session.before
    assert "Traceback" not in (session.before or "")
    return session.before or ""


def answered(session: pexpect.spawn[str], question: str, answer: str) -> None:
    session.expect_exact(question)
    session.expect_exact("Renamed? [y/N/q]")
    session.sendline(answer)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project at its first revision, with rows, to be copied."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    (desk.folder / "app.py").write_text(APP)
    (desk.folder / "migrate.toml").write_text(SECTION)
    desk.say(BEFORE)
    for command in ("init", "migrate", "upgrade"):
        desk.run(command)
    with closing(sqlite3.connect(desk.folder / "app.db")) as connection, connection:
        connection.execute("INSERT INTO account VALUES (1, 'Ada', 'a@b.c')")
        connection.execute("INSERT INTO post VALUES (1, 'Notes')")
    desk.say(AFTER)
    return desk.folder


@pytest.fixture
def desk(begun: Path, tmp_path: Path) -> Desk:
    return Desk(Path(shutil.copytree(begun, tmp_path / "desk")))


@contextmanager
def unchanged(desk: Desk) -> Iterator[None]:
    before = desk.files()
    yield
    assert desk.files() == before


def test_yes_renames_in_the_same_run(desk: Desk) -> None:
    session = desk.flask("migrate")
    answered(session, FIRST, "y")
    answered(session, SECOND, "yes")
    printed = ended(session, 0)
    assert "renamed column account.name → full_name" in printed
    assert "added renames.columns[1] to" in printed
    assert desk.hints() == [
        "[[renames.columns]]",
        'table = "account"',
        'from = "name"',
        'to = "full_name"',
        "[[renames.columns]]",
        'table = "post"',
        'from = "title"',
        'to = "headline"',
    ]
    desk.run("upgrade")
    assert desk.rows("account") == [{"id": 1, "full_name": "Ada", "mail": "a@b.c"}]
    assert desk.rows("post") == [{"id": 1, "headline": "Notes"}]
    assert "No new upgrade operations" in desk.run("check")
    assert "No changes in schema detected" in desk.run("migrate")


def test_the_definitions_stand_side_by_side(desk: Desk) -> None:
    session = desk.flask("migrate")
    session.expect_exact("1 of 2: column account.name → full_name?")
    session.expect(r"score 0\.\d\d: names alike, same type, same place")
    session.expect(r"In the database +In the models *\r\n")
    session.expect(r"name VARCHAR\(20\) +full_name VARCHAR\(20\)")
    session.sendline("q")
    ended(session, 1)


@pytest.mark.parametrize("no", ["", "n", "NO "])
def test_no_is_the_default_and_drops(desk: Desk, no: str) -> None:
    session = desk.flask("migrate")
    answered(session, FIRST, no)
    answered(session, SECOND, no)
    assert "renamed" not in ended(session, 0)
    assert desk.hints() == []
    assert "op.drop_column('name')" in desk.newest().replace("batch_op", "op")


def test_yes_to_one_and_no_to_the_other(desk: Desk) -> None:
    session = desk.flask("migrate")
    answered(session, FIRST, "n")
    answered(session, SECOND, "y")
    ended(session, 0)
    assert 'table = "post"' in desk.hints()
    assert 'table = "account"' not in desk.hints()
    desk.run("upgrade")
    assert desk.rows("account") == [{"id": 1, "full_name": None, "mail": "a@b.c"}]
    assert desk.rows("post") == [{"id": 1, "headline": "Notes"}]


@pytest.mark.parametrize("answers", [["q"], ["y", "q"], ["n", "quit"]])
def test_quit_writes_nothing(desk: Desk, answers: list[str]) -> None:
    with unchanged(desk):
        session = desk.flask("migrate")
        for question, answer in zip((FIRST, SECOND), answers, strict=False):
            answered(session, question, answer)
        assert "stopped: no revision and no hint was written" in ended(session, 1)


@pytest.mark.parametrize("end", ["sendintr", "sendeof"])
@pytest.mark.parametrize("first", [None, "y"])
def test_an_end_in_the_middle_writes_nothing(desk: Desk, end: str, first: str | None) -> None:
    with unchanged(desk):
        session = desk.flask("migrate")
        if first is not None:
            answered(session, FIRST, first)
        session.expect_exact("Renamed? [y/N/q]")
        getattr(session, end)()
        assert "stopped: no revision and no hint was written" in ended(session, 1)


def test_what_is_no_answer_is_asked_again(desk: Desk) -> None:
    session = desk.flask("migrate")
    answered(session, FIRST, "maybe")
    session.expect_exact("Say y (yes), n (no: it is dropped) or q (stop and write nothing).")
    answered(session, "", "y")
    answered(session, SECOND, "n")
    ended(session, 0)
    assert 'to = "full_name"' in desk.hints()


def test_answers_typed_ahead_go_to_their_questions(desk: Desk) -> None:
    session = desk.flask("migrate")
    session.send("n\ny\n")
    ended(session, 0)
    assert 'table = "post"' in desk.hints()
    assert 'table = "account"' not in desk.hints()


def test_columns_of_a_table_that_was_renamed_are_asked_about_next(desk: Desk) -> None:
    desk.say({"account": ["name", "mail"], "article": ["headline"]})
    session = desk.flask("migrate", "--rename", "post=article")
    answered(session, "1 of 1: column article.title → headline?", "y")
    ended(session, 0)
    desk.run("upgrade")
    assert desk.rows("article") == [{"id": 1, "headline": "Notes"}]


def test_after_a_no_the_next_likely_column_is_offered(desk: Desk) -> None:
    desk.say({"account": ["names"], "post": ["title"]})
    session = desk.flask("migrate")
    answered(session, "1 of 1: column account.name → names?", "n")
    answered(session, "1 of 1: column account.mail → names?", "y")
    ended(session, 0)
    desk.run("upgrade")
    assert desk.rows("account") == [{"id": 1, "names": "a@b.c"}]


def test_a_file_that_somebody_changes_meanwhile_stays_theirs(desk: Desk) -> None:
    session = desk.flask("migrate")
    answered(session, FIRST, "y")
    session.expect_exact("Renamed? [y/N/q]")
    theirs = f"{SECTION}# theirs\n"
    (desk.folder / "migrate.toml").write_text(theirs)
    with unchanged(desk):
        session.sendline("y")
        assert "was changed by somebody else" in ended(session, 2)
    assert (desk.folder / "migrate.toml").read_text() == theirs


def test_no_input_asks_nothing(desk: Desk) -> None:
    assert "this may be renamed and not declared" in desk.run("migrate", "--no-input")
    assert desk.hints() == []


def test_twenty_candidates(desk: Desk) -> None:
    tables = [f"table_{number:02}" for number in range(20)]
    desk.say(BEFORE | {table: ["desc"] for table in tables})
    desk.run("migrate", "--no-input")
    desk.run("upgrade")
    desk.say(BEFORE | {table: ["description"] for table in tables})
    session = desk.flask("migrate")
    for number, table in enumerate(tables, start=1):
        answered(session, f"{number} of 20: column {table}.desc", "y" if number % 3 else "n")
    ended(session, 0)
    script = desk.newest()
    assert script.count("new_column_name='description'") == 14
    assert script.count("drop_column('desc')") == 6
