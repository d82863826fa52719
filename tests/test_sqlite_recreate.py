"""SQLite makes a table anew to change it: what Flask-Migrate loses by that, and this does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import random_tables
from tests.recreates import KEPT, TRAPS, Trap, behaviour, migrated

# Each runs the same under Flask-Migrate too, in processes of their own.
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_what_is_kept_anyway(kept: Trap, tmp_path: Path) -> None:
    before = behaviour(kept, kept.made(tmp_path / "before.db"))
    ours = migrated(kept, tmp_path / "ours", "flask_migrate_decl")
    assert ours.error == ""
    assert behaviour(kept, ours.database) == before


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_a_trap(trap: Trap, tmp_path: Path) -> None:
    before = behaviour(trap, trap.made(tmp_path / "before.db"))
    theirs = migrated(trap, tmp_path / "theirs", "flask_migrate")
    ours = migrated(trap, tmp_path / "ours", "flask_migrate_decl")
    assert ours.error == ""
    assert behaviour(trap, ours.database) == before
    lost = theirs.error or behaviour(trap, theirs.database) != before
    assert lost, "Flask-Migrate loses nothing here: this is no trap"


FAILING = """op.add_column("t", sa.Column("more", sa.Text))
    with op.batch_alter_table("t") as batch:
        batch.alter_column("z", nullable=False)"""


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    """The driver begins no transaction before a change of the schema."""
    failing = Trap(
        "failure",
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT)", "INSERT INTO t VALUES (1, NULL)"),
        ("SELECT * FROM t", "SELECT sql FROM sqlite_master WHERE name LIKE '%t'"),
        body=FAILING,
    )
    before = behaviour(failing, failing.made(tmp_path / "before.db"))
    theirs = migrated(failing, tmp_path / "theirs", "flask_migrate")
    ours = migrated(failing, tmp_path / "ours", "flask_migrate_decl")
    assert "NOT NULL constraint failed" in theirs.error
    assert "NOT NULL constraint failed" in ours.error
    assert behaviour(failing, theirs.database) != before
    assert behaviour(failing, ours.database) == before


def test_a_drop_of_the_only_copy_is_not_written(tmp_path: Path) -> None:
    orphaned = Trap(
        "orphan",
        ("CREATE TABLE _alembic_tmp_t (a TEXT)", "INSERT INTO _alembic_tmp_t VALUES ('only')"),
        ("SELECT * FROM _alembic_tmp_t",),
        body="pass",
    )
    for package in ("flask_migrate", "flask_migrate_decl"):
        outcome = migrated(orphaned, tmp_path / package, package, then="migrate(); upgrade()")
        is_ours = package == "flask_migrate_decl"
        assert outcome.error == ""
        found = behaviour(orphaned, outcome.database)
        assert found == [[("only",)]] if is_ours else found == ["no such table: _alembic_tmp_t"]


@pytest.mark.parametrize("change", ["not null", "renames"])
@pytest.mark.parametrize("seed", range(0, 200, 50))
def test_any_table(tmp_path: Path, seed: int, change: str) -> None:
    """Tables in every way of writing, held against what SQLite does to a twin of them."""
    for number in range(seed, seed + 50):
        assert random_tables.outcome(number, tmp_path, change) in ("kept", "not valid", "refused")
