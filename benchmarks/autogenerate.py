"""Comparing many tables without a pending change: what applied rename hints cost."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from measuring import alternate, child_environment, positive, print_comparison, print_versions
from projects import LABELS, OURS, THEIRS, Cost, Project, make_project

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODELS = """
for number in range({tables}):
    parent = f"table_{{max(number - 1, 0)}}"
    db.Table(
        f"table_{{number}}",
        db.Column("id", db.Integer, primary_key=True),
        db.Column("parent_id", db.ForeignKey(f"{{parent}}.id")),
        db.Column("column_0", db.String(80), nullable=False, index=True),
        db.Column("column_1", db.String(200)),
        db.Column("column_2", db.Text),
        db.Column("column_3", db.Integer, nullable=False),
        db.Column("column_4", db.Numeric(10, 2)),
        db.Column("column_5", db.Boolean, nullable=False),
        db.Column("column_6", db.DateTime),
        db.Column("column_7", db.Float),
    )
"""


def applied_hints(number: int) -> Iterator[str]:
    """Write hints whose new name database and models have; every second one is of a table."""
    for position in range(number):
        table = position // 2
        if position % 2:
            yield f'[[renames.columns]]\ntable = "table_{table}"\nfrom = "name"\nto = "column_0"\n'
        else:
            yield f'[[renames.tables]]\nfrom = "former_{table}"\nto = "table_{table}"\n'


def migrated_project(
    folder: Path, package: str, environment: dict[str, str], *, tables: int, hints: int
) -> Project:
    """Make a project whose database has all that its models ask for."""
    models = _MODELS.format(tables=tables)
    project = make_project(
        folder, package, environment, models=models, hints="\n".join(applied_hints(hints))
    )
    project.run("migrate")
    project.run("upgrade")
    project.run("check")
    return project


def compare(command: str, tables: int, hints: int, rounds: int) -> dict[str, list[Cost]]:
    contestants = {
        LABELS[THEIRS]: (THEIRS, 0),
        f"{LABELS[OURS]}, no hints": (OURS, 0),
        f"{LABELS[OURS]}, {hints} hints": (OURS, hints),
    }
    with TemporaryDirectory(prefix="autogenerate-") as name, child_environment() as environment:
        runs = {}
        for label, (package, number) in contestants.items():
            folder = Path(name, f"{package}_{number}")
            project = migrated_project(folder, package, environment, tables=tables, hints=number)
            runs[label] = partial(project.run, command)
        return alternate(runs, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", choices=("check", "migrate"), default="check")
    parser.add_argument("--tables", type=positive, default=300, help="default 300")
    parser.add_argument("--hints", type=positive, default=200, help="default 200")
    parser.add_argument("--rounds", type=positive, default=15, help="runs of each (default 15)")
    given = parser.parse_args()
    if given.hints > 2 * given.tables:
        parser.error("two hints for each table at most")
    print_versions()
    samples = compare(given.command, given.tables, given.hints, given.rounds)
    title = f"{given.command}() of {given.tables} tables, ms, median of {given.rounds}"
    for clock in ("wall", "cpu"):
        times = {label: [getattr(cost, clock) for cost in of] for label, of in samples.items()}
        print_comparison(f"{title}, {clock}", times, LABELS[THEIRS])


if __name__ == "__main__":
    main()
