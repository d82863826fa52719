"""Folders that Flask-Migrate itself made for three kinds of databases, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String

from tests.project import App, Define, Project

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.mariadb,
    pytest.mark.filterwarnings("ignore:'get_engine' is deprecated"),
]

BINDS = (None, "pg", "maria")
APP = """
import json, os
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String

app = Flask(__name__)
app.config.update(json.loads(os.environ["DATABASES"]))
db = SQLAlchemy(app)
Migrate(app, db)
for bind in (None, "pg", "maria"):
    options = {} if bind is None else {"bind_key": bind}
    texts = [Column(f"text_{n}", String(20)) for n in range(int(os.environ["COLUMNS_OF_ITEM"]))]
    db.Table("item", Column("id", Integer, primary_key=True), *texts, **options)
"""


def items(*columns: str, **of_binds: tuple[str, ...]) -> Define:
    """Have a table of texts in all databases, with other columns in some."""

    def define(db: SQLAlchemy) -> None:
        for bind in BINDS:
            options = {} if bind is None else {"bind_key": bind}
            texts = [Column(name, String(20)) for name in of_binds.get(bind or "", columns)]
            db.Table("item", Column("id", Integer, primary_key=True), *texts, **options)

    return define


@pytest.fixture
def old(tmp_path: Path, postgres_url: str, mariadb_url: str) -> Project:
    """Give a project whose folder, three revisions and databases Flask-Migrate made."""
    project = Project(
        tmp_path, f"sqlite:///{tmp_path}/app.db", {"pg": postgres_url, "maria": mariadb_url}
    )
    (tmp_path / "app.py").write_text(APP)
    by_flask_migrate(project, 0, "init", "--multidb")
    for columns in range(3):
        by_flask_migrate(project, columns, "migrate", "-m", f"with {columns}")
        by_flask_migrate(project, columns, "upgrade")
    (tmp_path / "app.py").unlink()
    return project


def by_flask_migrate(project: Project, columns: int, *command: str) -> None:
    urls = {"SQLALCHEMY_DATABASE_URI": project.url, "SQLALCHEMY_BINDS": project.binds}
    variables = {"DATABASES": json.dumps(urls), "COLUMNS_OF_ITEM": str(columns)}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "db", *command],
        cwd=project.folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def rows(app: App) -> list[Any]:
    return [app.rows(bind=bind).get("item") for bind in BINDS]


def taken_over(project: Project, *, is_packaged: bool) -> dict[str, bytes]:
    """Go on under this package, and return the files as they are."""
    migrations = project.folder / "migrations"
    if is_packaged:
        for name in ("env.py", "alembic.ini", "script.py.mako", "README"):
            (migrations / name).unlink()
    project.configure("multidb = true")
    return files(migrations)


def goes_up_and_down(old: Project) -> None:
    """Run the commands that change no file."""
    app = old.app(items("text_0", "text_1"))
    app.run("db", "check")
    found = json.loads(app.result("db", "current", "--format", "json").stdout)["databases"]
    assert [(one["bind"], one["is_at_head"]) for one in found] == [(bind, True) for bind in BINDS]
    lines = app.result("db", "history", "-i").stdout.splitlines()
    assert len(lines) == 4
    assert "head, current of <default>, pg, maria  with 2" in lines[1]
    for _ in range(2):
        app.run("db", "downgrade", "base")
        assert rows(app) == [None] * 3
        app.run("db", "upgrade", "+1")
        app.run("db", "upgrade")
        assert rows(app) == [[]] * 3


RENAMED = """
multidb = true
[[renames.columns]]
table = "item"
from = "text_0"
to = "title"
bind = "{}"
"""


@pytest.mark.parametrize(
    ("is_packaged", "bind"),
    [
        pytest.param(False, "pg", id="own env.py"),
        pytest.param(True, "maria", id="packaged", marks=pytest.mark.slow),
    ],
)
def test_the_folder_goes_on_with_no_file_changed(
    old: Project, is_packaged: bool, bind: str
) -> None:
    before = taken_over(old, is_packaged=is_packaged)
    goes_up_and_down(old)
    assert files(old.folder / "migrations") == before
    app = old.app(items("text_0", "text_1"))
    for one in BINDS:
        app.execute("INSERT INTO item (id, text_0, text_1) VALUES (1, 'a', 'b')", bind=one)
    old.configure(RENAMED.format(bind))
    app = old.app(items("text_0", "text_1", **{bind: ("title", "text_1")}))
    said = app.run("db", "migrate", "-m", "titles")
    assert f'renamed column item.text_0 → title of the bind "{bind}"' in said
    text = {"id": 1, "text_0": "a", "text_1": "b"}
    title = {"id": 1, "title": "a", "text_1": "b"}
    for _ in range(2):
        app.run("db", "upgrade")
        assert rows(app) == [[title if one == bind else text] for one in BINDS]
        app.run("db", "check")
        assert "No changes in schema" in app.run("db", "migrate")
        app.run("db", "downgrade")
        assert rows(app) == [[text]] * 3
    after = files(old.folder / "migrations")
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 1
