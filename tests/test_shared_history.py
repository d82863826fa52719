"""What Alembic would say or do once for each database of a shared history is said and done once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.project import App, Project
from tests.test_choosing import OWN, SHARED, begun, each, items, revisions, three

__all__ = ["three"]


@pytest.fixture
def at_both(three: Project) -> tuple[App, str, str]:
    """Let two databases be at the second revision, and one at the first."""
    app = begun(three, SHARED)
    first, second = revisions(app, "migrations")
    app.run("db", "upgrade", *each("default", "third"))
    app.run("db", "upgrade", first, *each("second"))
    return app, first, second


def test_history_says_what_each_database_is_at(at_both: tuple[App, str, str]) -> None:
    app, first, second = at_both
    lines = app.run("db", "history", "-i").splitlines()
    assert lines[0].split() == ["History", "Revision", "Follows", "Marks", "Message"]
    found = [re.split("  +", line)[1:] for line in lines[1:]]
    assert found == [
        [second, first, "head, current of <default>, third", "second"],
        [first, "<base>", "current of second", "first"],
    ]
    said = app.run("db", "history", "-i", "-v")
    assert said.count("Rev: ") == 2
    assert f"current of <default>, third:\nRev: {second} (head)\n" in said
    assert app.run("db", "history", "-i", "--bind", "second").splitlines() == [
        f"{first} -> {second} (head), second",
        f"<base> -> {first} (current), first",
    ]
    found = json.loads(app.result("db", "history", "-i", "--format", "json").stdout)
    (history,) = found["histories"]
    assert {one["bind"]: one["revisions"] for one in history["current"]} == {
        None: [second],
        "second": [first],
        "third": [second],
    }


@pytest.mark.parametrize("range_", ["current:", ":current", "base:current", "current:heads"])
def test_a_range_from_what_the_databases_are_at(at_both: tuple[App, str, str], range_: str) -> None:
    app, first, second = at_both
    lines = app.run("db", "history", "-r", range_).splitlines()
    assert lines == [f"{first} -> {second} (head), second", f"<base> -> {first}, first"]


def test_what_the_databases_are_at_is_shown_once(at_both: tuple[App, str, str]) -> None:
    app, first, second = at_both
    said = app.run("db", "show", "current")
    assert sorted(line for line in said.splitlines() if line.startswith("Rev: ")) == sorted(
        [f"Rev: {first}", f"Rev: {second} (head)"]
    )


def test_what_the_databases_are_at_is_edited_once(
    at_both: tuple[App, str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app, first, _ = at_both
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "# edited" >> "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    app.run("db", "edit", "current")
    texts = [path.read_text() for path in (tmp_path / "migrations" / "versions").glob("*.py")]
    assert [text.count("# edited") for text in texts] == [1, 1]
    app.run("db", "edit", "current", "--bind", "second")
    (path,) = (tmp_path / "migrations" / "versions").glob(f"{first}_*.py")
    assert path.read_text().count("# edited") == 2
    app.run("db", "downgrade", "base")
    assert "No current revisions" in app.run("db", "edit", "current", exit_code=2)


@pytest.mark.parametrize("range_", ["gone:", ":gone", "-2:", "base:gone-1", "current:gone"])
@pytest.mark.parametrize("section", ["", SHARED, OWN], ids=["one", "shared", "own"])
def test_a_range_that_is_none_is_told_of(three: Project, section: str, range_: str) -> None:
    app = begun(three, section or SHARED)
    three.configure(section)
    app = three.app(items("name"))
    said = app.run("db", "history", "-r", range_, exit_code=2)
    assert said.startswith("Error: ")
