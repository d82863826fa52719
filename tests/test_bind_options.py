"""Options of a bind are its own: they reach neither the databases after it nor their scripts."""

from __future__ import annotations

import re

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String, create_engine, inspect

from flask_migrate_decl import MigrateError, upgrade
from tests.project import App, Project, begun


def three(db: SQLAlchemy, length: int = 10) -> None:
    for bind in (None, "second", "third"):
        metadata = {} if bind is None else {"bind_key": bind}
        columns = (Column("id", Integer, primary_key=True), Column("name", String(length)))
        db.Table("item", *columns, **metadata)


def three_longer(db: SQLAlchemy) -> None:
    three(db, 20)


@pytest.fixture
def three_binds(sqlite_project: Project) -> Project:
    for bind in ("second", "third"):
        sqlite_project.binds[bind] = f"sqlite:///{sqlite_project.folder}/{bind}.db"
    return sqlite_project


def tables(app: App, bind: str | None) -> set[str]:
    with app.connect(bind) as connection:
        return set(inspect(connection).get_table_names())


def functions(script: str) -> dict[str, str]:
    """Return the body of each function of a script for upgrades."""
    return dict(re.findall(r"(?ms)^def upgrade_(\w*)\(\):\n(.*?)(?=^def |\Z)", script))


def test_a_bind_has_its_own_version_table(three_binds: Project) -> None:
    three_binds.configure('multidb = true\n[binds.second]\nversion_table = "at"')
    app = begun(three_binds, three)
    assert tables(app, None) == {"alembic_version", "item"}
    assert tables(app, "second") == {"at", "item"}
    assert tables(app, "third") == {"alembic_version", "item"}
    assert "head" in app.run("db", "current", "--bind", "third")


def test_a_script_is_written_for_each_bind_as_it_asks_for(three_binds: Project) -> None:
    three_binds.configure(
        """multidb = true
        [binds.second]
        render_as_batch = false
        """
    )
    begun(three_binds, three)
    after = three_binds.app(three_longer)
    after.run("db", "migrate")
    written = functions(three_binds.newest_script())
    assert "    op.alter_column('item', 'name'," in written["second"]
    for bind in ("", "third"):
        assert "    with op.batch_alter_table('item'" in written[bind]


@pytest.mark.mariadb
def test_mariadb_behind_sqlite_commits_each_revision(
    sqlite_project: Project, mariadb_url: str
) -> None:
    sqlite_project.binds |= {"second": mariadb_url, "third": "sqlite://"}
    sqlite_project.configure("[binds.second]")
    app = sqlite_project.app(three)
    app.run("db", "init")
    app.run("db", "migrate", "--rev-id", "r1")
    app.run("db", "upgrade")
    for revision, insert in ("r2", "INSERT INTO item (id) VALUES (1)"), ("r3", "INSERT INTO no"):
        app.run("db", "revision", "--rev-id", revision)
        path = next(sqlite_project.versions.glob(f"{revision}_*.py"))
        path.write_text(
            path.read_text().replace(
                "def upgrade_second():\n    pass",
                f'def upgrade_second():\n    op.execute("{insert}")',
            )
        )
    with app.flask.app_context(), pytest.raises(MigrateError):
        upgrade()
    assert app.rows(bind="second")["item"] == [{"id": 1, "name": None}]
    engine = create_engine(mariadb_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM alembic_version").scalar() == "r2"
    engine.dispose()
