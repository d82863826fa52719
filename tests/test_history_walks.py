"""Many commands in any order: only chosen databases change, and each is where it says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer

from flask_migrate_decl import current
from tests.project import App, Define, Project

BINDS = (None, "second", "third", "fourth")
LAYOUTS = {
    "shared": "[binds.second]\n[binds.third]\n[binds.fourth]\n",
    "own": "".join(f'[binds.{bind}]\ndirectory = "{bind}"\n' for bind in BINDS[1:]),
    "mixed": '[binds.second]\n[binds.third]\ndirectory = "third"\n[binds.fourth]\n',
    "main apart": 'directory = "shared"\n[binds.second]\n[binds.default]\ndirectory = "main"\n'
    "[binds.third]\n[binds.fourth]\n",
}
STEPS = 4


def tables(steps: int) -> Define:
    """Have as many tables in each database."""

    def define(db: SQLAlchemy) -> None:
        for bind in BINDS:
            options = {} if bind is None else {"bind_key": bind}
            for step in range(steps):
                db.Table(f"table_{step}", Column("id", Integer, primary_key=True), **options)

    return define


@pytest.fixture(params=LAYOUTS)
def walked(request: pytest.FixtureRequest, tmp_path: Path) -> App:
    """Give a project in which each history has revisions that make one table each."""
    urls = {str(bind): f"sqlite:///{tmp_path}/{bind}.db" for bind in BINDS[1:]}
    project = Project(tmp_path, f"sqlite:///{tmp_path}/app.db", urls)
    project.configure(LAYOUTS[request.param])
    for steps in range(1, STEPS + 1):
        app = project.app(tables(steps))
        if steps == 1:
            app.run("db", "init")
        app.run("db", "migrate")
        app.run("db", "upgrade")
    return app


def places(app: App) -> dict[str | None, int]:
    """Return how many tables each database has, and see that they are those of its revision."""
    found = {bind: len(app.rows(bind=bind)) for bind in BINDS}
    with app.flask.app_context():
        databases = current().databases
    for database in databases:
        assert bool(database.revisions) is bool(found[database.bind])
        assert database.is_at_head is (found[database.bind] == STEPS)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_each_command_does_what_it_says(walked: App, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(12):
        chosen = chance.sample(BINDS, chance.randint(1, len(BINDS)))
        names = [word for bind in chosen for word in ("--bind", bind or "default")]
        command = chance.choice(["upgrade", "downgrade", "upgrade to head", "downgrade to base"])
        before = places(walked)
        after = dict(before)
        for bind in chosen:
            after[bind] = moved(command, before[bind])
        arguments = {
            "upgrade": ["upgrade", "+1"],
            "downgrade": ["downgrade"],
            "upgrade to head": ["upgrade"],
            "downgrade to base": ["downgrade", "base"],
        }[command]
        is_possible = all(0 <= after[bind] <= STEPS for bind in chosen)
        result = walked.result("db", arguments[0], *names, *arguments[1:])
        assert (result.exit_code == 0) is is_possible, result.output
        if is_possible:
            assert places(walked) == after
        else:
            assert all(
                place in (before[bind], after[bind]) for bind, place in places(walked).items()
            )


def moved(command: str, place: int) -> int:
    steps = {"upgrade": place + 1, "downgrade": place - 1, "upgrade to head": STEPS}
    return steps.get(command, 0)
