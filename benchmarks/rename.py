"""Renaming a column of a large SQLite table: our generated script against a stock batch."""

from __future__ import annotations

import argparse
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import alternate, child_environment, positive, print_comparison, print_versions
from projects import LABELS, OURS, THEIRS, Project, make_project

_SCHEMA = """
    CREATE TABLE owner (id INTEGER NOT NULL PRIMARY KEY);
    INSERT INTO owner VALUES (0), (1), (2);
    CREATE TABLE item (
        id INTEGER NOT NULL PRIMARY KEY,
        name VARCHAR(80) NOT NULL,
        note TEXT,
        price NUMERIC(10, 2) NOT NULL,
        created DATETIME NOT NULL,
        owner_id INTEGER NOT NULL REFERENCES owner (id)
    );
"""
_MODELS = """
db.Table("owner", db.Column("id", db.Integer, primary_key=True))
db.Table(
    "item",
    db.Column("id", db.Integer, primary_key=True),
    db.Column("title", db.String(80), nullable=False),
    db.Column("note", db.Text),
    db.Column("price", db.Numeric(10, 2), nullable=False),
    db.Column("created", db.DateTime, nullable=False),
    db.Column("owner_id", db.ForeignKey("owner.id"), nullable=False),
)
"""
_FOREIGN_KEYS_ON = """
from sqlalchemy import Engine, event


@event.listens_for(Engine, "connect")
def switch_foreign_keys_on(driver, _record):
    driver.execute("PRAGMA foreign_keys = ON")
"""
_HINTS = """
[[renames.columns]]
table = "item"
from = "name"
to = "title"
"""
_STOCK_REVISION = """
from alembic import op
import sqlalchemy as sa

revision = "1"
down_revision = None


def upgrade():
    with op.batch_alter_table("item") as batch_op:
        batch_op.alter_column(
            "name", new_column_name="title", existing_type=sa.String(80), existing_nullable=False
        )


def downgrade():
    pass
"""


def fill(database: Path, rows: int) -> None:
    """Make the database as it is before the rename."""
    values = ((f"item {n}", "a note " * 8, n % 1000, n % 3) for n in range(rows))
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(_SCHEMA)
        connection.executemany(
            "INSERT INTO item (name, note, price, created, owner_id)"
            " VALUES (?, ?, ?, '2025-01-01 00:00:00.000000', ?)",
            values,
        )
        connection.commit()


def begin_project(
    folder: Path, package: str, environment: dict[str, str], *, foreign_keys: bool
) -> Project:
    models = _MODELS + (_FOREIGN_KEYS_ON if foreign_keys else "")
    return make_project(folder / package, package, environment, models=models, hints=_HINTS)


def write_revision(project: Project, before: Path) -> None:
    """Let ``migrate`` write the rename, or write what a person does under Flask-Migrate."""
    if project.package == OURS:
        project.put_database(before)
        project.run("migrate")
        return
    path = project.folder / "migrations" / "versions" / "1_rename.py"
    path.write_text(_STOCK_REVISION, encoding="utf-8")


def measure(project: Project, before: Path, rows: int) -> float:
    """Upgrade a fresh copy of the database."""
    project.put_database(before)
    milliseconds = project.run("upgrade").wall
    check_renamed(project.database, rows)
    return milliseconds


def check_renamed(database: Path, rows: int) -> None:
    """Make sure that the measured work was done, and that no name was lost."""
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT count(title) FROM item").fetchone()[0]
    if found != rows:
        raise SystemExit(f"{database}: {found} of {rows} names are left")


def compare(rows: int, rounds: int, *, foreign_keys: bool) -> dict[str, list[float]]:
    with TemporaryDirectory(prefix="rename-") as name, child_environment() as environment:
        folder = Path(name)
        before = folder / "before.db"
        fill(before, rows)
        runs = {}
        for package in (OURS, THEIRS):
            project = begin_project(folder, package, environment, foreign_keys=foreign_keys)
            write_revision(project, before)
            runs[LABELS[package]] = partial(measure, project, before, rows)
        return alternate(runs, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=positive, default=500_000, help="default 500000")
    parser.add_argument("--rounds", type=positive, default=9, help="runs of each (default 9)")
    parser.add_argument(
        "--foreign-keys", action="store_true", help="the app switches foreign keys on"
    )
    given = parser.parse_args()
    print_versions()
    samples = compare(given.rows, given.rounds, foreign_keys=given.foreign_keys)
    switch = "on" if given.foreign_keys else "off"
    print_comparison(
        f"upgrade() of {given.rows} rows, foreign keys {switch}, ms, median of {given.rounds}",
        samples,
        LABELS[THEIRS],
    )


if __name__ == "__main__":
    main()
