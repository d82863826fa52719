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


def two(db: SQLAlchemy) -> None:
    db.Table("item", Column("id", Integer, primary_key=True))
    db.Table("item", Column("id", Integer, primary_key=True), bind_key="second")


@pytest.fixture
def two_binds(sqlite_project: Project) -> Project:
    sqlite_project.binds["second"] = f"sqlite:///{sqlite_project.folder}/second.db"
    return sqlite_project


@pytest.mark.parametrize("command", ["init", "migrate", "upgrade", "check", "current", "merge"])
def test_there_has_to_be_a_database(two_binds: Project, command: str) -> None:
    two_binds.configure("[binds.default]\nenabled = false")
    said = two_binds.app(two).run("db", command, exit_code=2)
    assert "no database is migrated" in said


@pytest.mark.parametrize("command", ["init", "migrate", "upgrade"])
def test_code_may_not_bring_histories_together(two_binds: Project, command: str) -> None:
    two_binds.configure('[binds.second]\ndirectory = "eu"')
    app = two_binds.app(two, directory="eu")
    assert "are not apart" in app.run("db", command, exit_code=2)
    assert not (two_binds.folder / "eu").exists()


def test_one_database_keeps_one_revision_a_table(two_binds: Project) -> None:
    section = '[binds.second]\ndirectory = "eu"'
    two_binds.binds["second"] = f"sqlite:///file:{two_binds.folder}/app.db?uri=true"
    two_binds.configure(section)
    app = two_binds.app(two)
    said = app.run("db", "upgrade", exit_code=2)
    assert "keep their revisions in one table of one database" in said
    two_binds.configure(f'{section}\nversion_table = "at"')
    app = two_binds.app(two)
    for command in ("init", "upgrade", "current"):
        app.run("db", command)
    assert tables(app, None) == {"alembic_version", "at"}


def test_hints_of_a_bind_that_is_not_enabled(two_binds: Project) -> None:
    hint = '{ table = "item", from = "a", to = "b", bind = "second" }'
    two_binds.configure(f"renames.columns = [{hint}]\nbinds.second.enabled = false")
    app = two_binds.app(two)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    assert re.search(r"(?m)^second .* not migrated ", app.run("db", "renames"))
    said = app.run("db", "renames", "prune", "--yes")
    assert 'not migrated on the bind "second": the bind is not enabled' in said


def test_a_hint_of_the_main_database_names_no_bind(two_binds: Project) -> None:
    two_binds.configure("multidb = true\n")
    two_binds.app(two).run("db", "rename", "table", "a", "b", "--bind", "default")
    written = (two_binds.folder / "migrate.toml").read_text()
    assert "bind" not in written.partition("\n")[2]
