"""Statements instead of a run: one stream for all databases, or a file for each."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path
from typing import IO

import flask_migrate  # type: ignore[import-untyped]
import pytest

from flask_migrate_decl import upgrade
from flask_migrate_decl.commands import statements
from flask_migrate_decl.errors import StatementsNotWrittenError
from tests.project import Project
from tests.test_choosing import OWN, SHARED, at, begun, items, revisions, three

__all__ = ["three"]

FILES = ("second.sql", "third.sql")
HEADINGS = ["<default>", "second", "third"]


def headings(text: str) -> list[str]:
    return re.findall(r"(?m)^-- Database: (.*)$", text)


@pytest.mark.parametrize("section", [SHARED, OWN], ids=["shared", "own"])
def test_one_stream_has_a_heading_for_each_database(three: Project, section: str) -> None:
    app = begun(three, section)
    said = app.result("db", "upgrade", "--sql").stdout
    assert headings(said) == HEADINGS
    assert said.count("CREATE TABLE item") == 3
    assert at(app) == [(), (), ()]
    assert headings(app.run("db", "upgrade", "--sql", "--bind", "third")) == ["third"]
    assert headings(app.run("db", "stamp", "--sql", "head")) == HEADINGS


def test_a_downgrade_of_one_history(three: Project) -> None:
    app = begun(three, OWN)
    first, _ = revisions(app, "third")
    said = app.run("db", "downgrade", "--sql", f"{first}:base")
    assert headings(said) == ["third"]
    assert "DROP TABLE item" in said
    assert "say which history is meant" in app.run("db", "downgrade", "--sql", exit_code=2)


@pytest.mark.parametrize("section", [SHARED, OWN], ids=["shared", "own"])
def test_a_file_for_each_database(three: Project, section: str) -> None:
    app = begun(three, section)
    stream = app.result("db", "upgrade", "--sql").stdout
    said = app.result("db", "upgrade", "--sql", "--output-dir", "deep/sql").stdout
    folder = three.folder / "deep" / "sql"
    names = ["default.sql", "second.sql", "third.sql"]
    assert said.splitlines() == [f"Wrote {Path('deep', 'sql', name)}" for name in names]
    assert "".join((folder / name).read_text() for name in names) == stream
    for name, heading in zip(names, HEADINGS, strict=True):
        assert headings((folder / name).read_text()) == [heading]


def test_no_file_is_written_over(three: Project) -> None:
    app = begun(three, OWN)
    folder = three.folder / "sql"
    folder.mkdir()
    (folder / "third.sql").write_text("precious")
    said = app.run("db", "upgrade", "--sql", "--output-dir", "sql", exit_code=2)
    assert "third.sql was not written: it is there already" in said
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"third.sql": "precious"}


def test_no_link_is_written_through(three: Project) -> None:
    app = begun(three, OWN)
    folder, target = three.folder / "sql", three.folder / "elsewhere.sql"
    folder.mkdir()
    (folder / "third.sql").symlink_to(target)
    said = app.run("db", "upgrade", "--sql", "--output-dir", "sql", exit_code=2)
    assert "third.sql was not written: it is there already" in said
    assert [path.name for path in folder.iterdir()] == ["third.sql"]
    assert not target.exists()


def test_all_files_are_written_or_none(three: Project) -> None:
    name = "x" * 300
    three.binds[name] = f"sqlite:///{three.folder}/long.db"
    three.configure(f"[binds.second]\n[binds.{name}]\n")
    app = three.app(items())
    for command in ("init", "migrate"):
        app.run("db", command)
    said = app.run("db", "upgrade", "--sql", "--output-dir", "a/b", exit_code=2)
    assert re.search(r"a/b/x+\.sql was not written: File name too long", said)
    assert not (three.folder / "a").exists()
    (three.folder / "a").mkdir()
    app.run("db", "upgrade", "--sql", "--output-dir", "a", exit_code=2)
    assert list((three.folder / "a").iterdir()) == []


def test_what_can_not_be_written_any_more_leaves_nothing(
    three: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = begun(three, OWN)
    written = statements.write

    def full(file: IO[str], text: str) -> None:
        if file.name.endswith("third.sql"):
            raise OSError(errno.ENOSPC, "full")
        written(file, text)

    monkeypatch.setattr(statements, "write", full)
    said = app.run("db", "upgrade", "--sql", "--output-dir", "sql", exit_code=2)
    assert "sql/third.sql was not written: No space left on device" in said
    assert not (three.folder / "sql").exists()


def test_files_are_of_statements(three: Project) -> None:
    app = begun(three, OWN)
    said = app.run("db", "upgrade", "--output-dir", "sql", exit_code=2)
    assert "it is for --sql, which was not given" in said
    assert at(app) == [(), (), ()]
    assert not (three.folder / "sql").exists()


def test_a_folder_that_is_none(three: Project) -> None:
    app = begun(three, OWN)
    (three.folder / "sql").write_text("a file")
    said = app.run("db", "upgrade", "--sql", "--output-dir", "sql", exit_code=2)
    assert "\nError: sql was not written: File exists" in f"\n{said}"
    said = app.run("db", "upgrade", "--sql", "--output-dir", "sql/of/it", exit_code=2)
    assert "Error: sql/of/it was not written: Not a directory" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="everything may be written by root")
def test_a_folder_that_may_not_be_written(three: Project) -> None:
    app = begun(three, OWN)
    (three.folder / "sql").mkdir(mode=0o500)
    said = app.run("db", "upgrade", "--sql", "--output-dir", "sql", exit_code=2)
    assert "Permission denied" in said


def test_one_database_has_no_heading(sqlite_project: Project) -> None:
    app = sqlite_project.app(lambda _db: None)
    app.run("db", "init")
    app.run("db", "revision")
    stream = app.result("db", "upgrade", "--sql").stdout
    assert headings(stream) == []
    app.run("db", "upgrade", "--sql", "--output-dir", "sql")
    (path,) = (sqlite_project.folder / "sql").iterdir()
    assert (path.name, path.read_text()) == ("default.sql", stream)


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
def test_an_env_of_ones_own_writes_where_it_likes(three: Project) -> None:
    begun(three, SHARED)
    template = Path(flask_migrate.__file__).parent / "templates" / "flask-multidb"
    shutil.copy(template / "env.py", three.folder / "migrations")
    shutil.copy(template / "alembic.ini.mako", three.folder / "migrations" / "alembic.ini")
    app = three.app(items("name"))
    with app.flask.app_context():
        upgrade(sql=True)
        assert {path.name for path in three.folder.glob("*.sql")} == {".sql", *FILES}
        with pytest.raises(StatementsNotWrittenError) as caught:
            upgrade(sql=True, output_dir="sql")
    assert "an env.py of the project's writes where it likes" in str(caught.value)
    assert not (three.folder / "sql").exists()
