"""Revisions, and what databases are at, over several databases: for people and for programs."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
from alembic import command as alembic_command
from alembic.config import Config

from tests.project import App, Project
from tests.test_choosing import OWN, SHARED, begun, items, revisions, three

__all__ = ["three"]


def told(app: App, *args: str, exit_code: int = 0) -> dict[str, Any]:
    """Return what a command tells programs."""
    found = app.result("db", *args, "--format", "json")
    assert found.exit_code == exit_code, found.output
    document: dict[str, Any] = json.loads(found.stdout)
    assert document.pop("version") == 1
    return document


def table(text: str) -> list[list[str]]:
    """Return the cells of a table, its headers included."""
    lines = [line for line in text.splitlines() if line.strip()]
    starts = [match.start() for match in re.finditer(r"(?<!\S)\S+( \S+)*", lines[0])]
    ends = [*starts[1:], None]
    return [[line[s:e].strip() for s, e in zip(starts, ends, strict=True)] for line in lines]


def test_current_is_one_table(three: Project) -> None:
    app = begun(three, OWN)
    app.run("db", "upgrade", "--bind", "second")
    (_, head), (_, other) = revisions(app, "second"), revisions(app, "third")
    rows = {row[0]: row[1:] for row in table(app.run("db", "current"))}
    assert rows["Database"] == ["Revision", "State", "History", "URL"]
    assert rows["second"] == [head, "head", "second", three.binds["second"]]
    assert rows["third"][:3] == ["<base>", f"head is {other}", "third"]
    databases = told(app, "current")["databases"]
    assert [database["bind"] for database in databases] == [None, "second", "third"]
    assert databases[1] == {
        "bind": "second",
        "url": three.binds["second"],
        "directory": str(three.folder / "second"),
        "revisions": [head],
        "heads": [head],
        "is_at_head": True,
    }
    assert (databases[2]["revisions"], databases[2]["is_at_head"]) == ([], False)


def test_current_of_a_shared_history(three: Project) -> None:
    app = begun(three, SHARED)
    app.run("db", "upgrade", "--bind", "third")
    states = [row[2] for row in table(app.run("db", "current"))]
    assert states[3] == "head"
    assert [state.startswith("head is ") for state in states] == [False, True, True, False]


def test_a_revision_that_nobody_knows(three: Project) -> None:
    app = begun(three, OWN)
    app.run("db", "upgrade")
    app.execute("UPDATE alembic_version SET version_num = 'gone'", bind="second")
    said = app.run("db", "current", exit_code=2)
    assert "Can't locate revision identified by 'gone'" in said


def test_heads_are_one_table(three: Project) -> None:
    app = begun(three, OWN)
    heads = [revisions(app, folder)[-1] for folder in ("migrations", "second", "third")]
    rows = table(app.run("db", "heads"))
    assert rows[0] == ["History", "Databases", "Head", "Message"]
    assert rows[2] == ["second", "second", heads[1], "second"]
    histories = told(app, "heads")["histories"]
    assert [history["revisions"][0]["revision"] for history in histories] == heads
    assert histories[0]["binds"] == [None]
    assert histories[0]["current"] is None


def test_a_history_without_revisions_is_there(three: Project) -> None:
    three.configure(OWN)
    app = three.app(items())
    app.run("db", "init")
    assert [row[2] for row in table(app.run("db", "heads"))[1:]] == ["<base>"] * 3
    assert [history["revisions"] for history in told(app, "heads")["histories"]] == [[], [], []]


def test_history_is_one_table(three: Project) -> None:
    app = begun(three, OWN)
    app.run("db", "upgrade", "+1")
    first, second = revisions(app, "third")
    rows = table(app.run("db", "history", "-i"))
    assert rows[0] == ["History", "Revision", "Follows", "Marks", "Message"]
    assert rows[-2:] == [
        ["third", second, first, "head", "second"],
        ["third", first, "<base>", "current of third", "first"],
    ]
    history = told(app, "history", "-i")["histories"][2]
    path = next((three.folder / "third" / "versions").glob(f"{second}_*.py"))
    assert history["revisions"][0] == {
        "revision": second,
        "down_revisions": [first],
        "branch_labels": [],
        "message": "second",
        "is_head": True,
        "path": str(path),
    }
    assert history["current"] == [{"bind": "third", "revisions": [first]}]
    assert f"Revision ID: {second}" in app.run("db", "history", "-v")


def test_history_of_a_range(three: Project) -> None:
    app = begun(three, OWN)
    first, second = revisions(app, "third")
    assert f"{first} -> {second}" in app.run("db", "history", "-r", f"{first}:")
    assert len(table(app.run("db", "history", "-r", ":heads"))) == 7


def test_revisions_are_shown_under_their_folders(three: Project) -> None:
    app = begun(three, OWN)
    shown = app.run("db", "show", "head")
    assert [line for line in shown.splitlines() if line.endswith(":")] == [
        "migrations (<default>):",
        "second (second):",
        "third (third):",
    ]
    assert shown.count("Revision ID: ") == 3
    assert app.run("db", "branches").count(":") == 3


@pytest.mark.parametrize("section", [SHARED, OWN], ids=["shared", "own"])
def test_check_is_one_table(three: Project, section: str) -> None:
    app = begun(three, section)
    app.run("db", "upgrade")
    assert [row[1] for row in table(app.run("db", "check"))[1:4]] == ["as the models"] * 3
    assert told(app, "check")["databases"] == [
        {"bind": bind, "changes": []} for bind in (None, "second", "third")
    ]
    app.execute("ALTER TABLE item ADD COLUMN size INTEGER", bind="second")
    found = app.result("db", "check")
    assert found.exit_code == 1
    assert [row[1] for row in table(found.stdout)[1:]] == [
        "as the models",
        "1 change",
        "as the models",
    ]
    assert '- remove column item.size in the bind "second"' in found.stderr
    databases = told(app, "check", exit_code=1)["databases"]
    assert [database["changes"] for database in databases] == [[], ["remove column item.size"], []]


def test_a_database_that_can_not_be_reached(three: Project) -> None:
    app = begun(three, OWN)
    app.run("db", "upgrade")
    three.binds["second"] = "sqlite:////no/such/folder/x.db"
    app = three.app(items("name"))
    for command in ("current", "check"):
        assert "unable to open database file" in app.run("db", command, exit_code=2)
    assert "head" in app.run("db", "current", "--bind", "third")


def test_one_database_is_shown_as_alembic_does(sqlite_project: Project) -> None:
    app = sqlite_project.app(lambda _db: None)
    app.run("db", "init")
    for message in ("first", "second"):
        app.run("db", "revision", "-m", message)
    app.run("db", "upgrade", "+1")
    config = Config(stdout=StringIO())
    config.set_main_option("script_location", str(sqlite_project.folder / "migrations"))
    (sqlite_project.folder / "migrations" / "env.py").write_text("")
    for name in ("heads", "history", "branches"):
        for options in ({}, {"verbose": True}):
            config.stdout = StringIO()
            getattr(alembic_command, name)(config, **options)
            expected = config.stdout.getvalue()
            flags = ["-v"] if options else []
            (sqlite_project.folder / "migrations" / "env.py").unlink(missing_ok=True)
            assert app.run("db", name, *flags) == expected
    (revision,) = at_one(app)
    assert app.run("db", "current") == f"{revision}\n"
    assert told(app, "current")["databases"][0]["revisions"] == [revision]


def at_one(app: App) -> tuple[str, ...]:
    (database,) = told(app, "current")["databases"]
    return tuple(database["revisions"])
