"""An upgrade that is only shown, or only rehearsed, and the copy before something is lost."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.site import NEXT, Site

ADD_COLUMN = 'op.add_column("done", sa.Column("note", sa.String(20)))'
RECREATE = (
    'with op.batch_alter_table("done") as batch_op:\n'
    '        batch_op.alter_column("number", existing_type=sa.Integer(), nullable=False)'
)
RENAME = 'op.rename_table("done", "log")'


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Site:
    found = Site(tmp_path, database_url)
    found.run("upgrade")
    found.add(1, ADD_COLUMN)
    found.add(2, NEXT.format(number=2, pause=0))
    return found


@pytest.fixture
def lite(tmp_path: Path) -> Site:
    found = Site(tmp_path, f"sqlite:///{tmp_path}/app.db")
    found.run("upgrade")
    return found


def test_a_dry_run_shows_the_statements_from_where_the_database_is(site: Site) -> None:
    output = site.run("upgrade", "--dry-run")
    assert "-- <default>, from r00" in output
    assert "CREATE TABLE done" not in output
    assert "ADD COLUMN note VARCHAR(20)" in output
    assert "INSERT INTO done (number) VALUES (2)" in output
    assert "UPDATE alembic_version" in output
    assert site.revision() == ["r00"]
    assert site.tables() == {"done"}
    assert "ADD COLUMN note" not in "".join(site.run("upgrade", "r01").split("INFO"))
    assert "ADD COLUMN note" not in site.run("upgrade", "--dry-run")


@pytest.mark.slow
def test_a_dry_run_at_head_says_that_there_is_nothing(site: Site) -> None:
    site.run("upgrade")
    output = site.run("upgrade", "--dry-run")
    assert "-- <default>, from r02\n-- nothing to be run\n" in output
    assert "INSERT" not in output


def test_a_dry_run_on_sqlite_shows_how_a_table_is_made_anew(lite: Site) -> None:
    lite.add(1, RECREATE)
    output = lite.run("upgrade", "--dry-run")
    assert "CREATE TABLE _alembic_tmp_done" in output
    assert "DROP TABLE done" in output
    assert "PRAGMA" not in output
    assert lite.revision() == ["r00"]


def test_what_a_dry_run_on_sqlite_shows_does_what_the_upgrade_does(lite: Site) -> None:
    with sqlite3.connect(lite.folder / "app.db") as connection:
        connection.execute("INSERT INTO done (number, pid) VALUES (7, 8)")
    before = (lite.folder / "app.db").read_bytes()
    lite.add(1, RECREATE)
    lite.add(2, "op.execute(\"INSERT INTO done (number) VALUES ('it''s; one')\")")
    shown = lite.start("upgrade", "--dry-run").communicate()[0]
    assert (lite.folder / "app.db").read_bytes() == before
    by_hand = sqlite3.connect(":memory:", isolation_level=None)
    by_hand.deserialize(before)
    by_hand.executescript(shown)
    lite.run("upgrade")
    upgraded = sqlite3.connect(lite.folder / "app.db")
    for query in (
        "SELECT name, sql FROM sqlite_master ORDER BY name",
        "SELECT * FROM done ORDER BY number",
        "SELECT * FROM alembic_version",
    ):
        assert by_hand.execute(query).fetchall() == upgraded.execute(query).fetchall()
    by_hand.close()
    upgraded.close()


def test_a_dry_run_makes_no_file(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path}/app.db")
    output = site.run("upgrade", "--dry-run")
    assert "CREATE TABLE done" in output
    assert "from base" in output
    assert not (tmp_path / "app.db").exists()


def test_a_dry_run_waits_for_nobody(lite: Site) -> None:
    lite.add(1, ADD_COLUMN)
    writer = sqlite3.connect(lite.folder / "app.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert "ADD COLUMN note" in lite.run("upgrade", "--dry-run")
    writer.close()


def test_a_schema_that_can_not_be_copied_is_told(lite: Site) -> None:
    with sqlite3.connect(lite.folder / "app.db") as connection:
        connection.create_function("own", 1, lambda value: value, deterministic=True)
        connection.execute("CREATE INDEX by_own ON done (own(number))")
    connection.close()
    output = lite.run("upgrade", "--dry-run", exit_code=2)
    assert "no such function: own" in output
    assert "--rehearse" in output


def test_a_rehearsal_runs_everything_and_keeps_nothing(site: Site) -> None:
    if "pymysql" in site.url:
        output = site.run("upgrade", "--rehearse", exit_code=2)
        assert "the run can't be rehearsed, and nothing was run" in output
        assert site.revision() == ["r00"]
        return
    before = _content(site)
    output = site.run("upgrade", "--rehearse")
    assert "Rehearsed 2 revisions; everything was rolled back." in output
    assert _content(site) == before
    site.run("upgrade")
    assert "Rehearsed no revisions" in site.run("upgrade", "--rehearse")


def _content(site: Site) -> object:
    with site.connect() as connection:
        rows = connection.execute(text("SELECT * FROM done")).fetchall()
    return site.revision(), site.tables(), rows


def test_a_rehearsal_finds_what_fails(site: Site) -> None:
    if "pymysql" in site.url:
        pytest.skip("MariaDB can't rehearse")
    site.add(3, 'op.execute("INSERT INTO nowhere VALUES (1)")')
    output = site.run("upgrade", "--rehearse", exit_code=2)
    assert "nowhere" in output
    assert "Traceback" not in output
    assert site.revision() == ["r00"]


def test_a_rehearsal_finds_lost_parents(lite: Site) -> None:
    app = lite.folder / "app.py"
    app.write_text(
        app.read_text()
        + "from sqlalchemy import event\nwith app.app_context():\n"
        + "    @event.listens_for(db.engine, 'connect')\n"
        + "    def switch(connection, _record):\n"
        + "        connection.execute('PRAGMA foreign_keys = ON')\n"
    )
    with sqlite3.connect(lite.folder / "app.db") as connection:
        connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE child (of INTEGER REFERENCES parent)")
        connection.execute("INSERT INTO parent VALUES (1)")
        connection.execute("INSERT INTO child VALUES (1)")
    lite.add(1, 'op.execute("DELETE FROM parent")')
    assert "lost its parent" in lite.run("upgrade", "--rehearse", exit_code=2)


DEFERRED = """\
op.execute(
        "CREATE TABLE parent (id int PRIMARY KEY);"
        "CREATE TABLE child (of int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);"
        "INSERT INTO child VALUES (1)"
    )"""
CONCURRENT = """\
with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY by_number ON done (number)")"""


@pytest.mark.postgresql
def test_a_rehearsal_makes_the_checks_of_a_commit(tmp_path: Path, postgres_url: str) -> None:
    site = Site(tmp_path, postgres_url)
    site.add(1, DEFERRED)
    output = site.run("upgrade", "--rehearse", exit_code=2)
    assert "violates foreign key constraint" in output
    assert site.tables() == set()


@pytest.mark.postgresql
def test_what_commits_by_itself_is_not_rehearsed(tmp_path: Path, postgres_url: str) -> None:
    site = Site(tmp_path, postgres_url)
    site.add(1, CONCURRENT)
    output = site.run("upgrade", "--rehearse", exit_code=2)
    assert "the revision r01 commits by itself on the default database" in output
    assert site.tables() == set()


@pytest.mark.parametrize("other", ["--sql", "--jobs=2", "--rehearse", "--fail-fast"])
def test_options_that_exclude_each_other(tmp_path: Path, other: str) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path}/app.db")
    output = site.run("upgrade", "--dry-run", other, exit_code=2)
    assert f"{other.partition('=')[0]}" in output
    assert "can't be combined" in output


# --- sqlite.backup -----------------------------------------------------------------------------


def _backups(site: Site) -> list[Path]:
    return sorted(site.folder.glob("app.db.*.backup"))


@pytest.mark.parametrize(
    "body",
    [
        RECREATE,
        RENAME,
        'op.execute("DELETE FROM done")',
        'op.get_bind().exec_driver_sql("SELECT 1")',
    ],
)
def test_the_file_is_copied_before_something_may_be_lost(lite: Site, body: str) -> None:
    lite.configure("sqlite.backup = true")
    with sqlite3.connect(lite.folder / "app.db") as connection:
        connection.execute("INSERT INTO done (number) VALUES (7)")
    (lite.folder / "app.db").chmod(0o640)
    lite.add(1, body)
    output = lite.run("upgrade")
    (path,) = _backups(lite)
    assert path.name in output
    with sqlite3.connect(path) as copy:
        assert copy.execute("SELECT number FROM done").fetchall() == [(7,)]
        assert copy.execute("SELECT * FROM alembic_version").fetchall() == [("r00",)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_downgrade_is_preceded_by_a_copy_too(lite: Site) -> None:
    lite.configure("sqlite.backup = true")
    lite.add(1, NEXT.format(number=1, pause=0).partition("\n")[0])
    lite.run("upgrade")
    assert _backups(lite) == []
    lite.run("downgrade")
    assert len(_backups(lite)) == 1


def test_nothing_is_copied_where_nothing_is_lost(lite: Site) -> None:
    lite.configure("sqlite.backup = true")
    lite.add(1, ADD_COLUMN)
    lite.run("upgrade")
    lite.add(2, RECREATE)
    lite.run("upgrade", "--rehearse")
    lite.run("upgrade", "--dry-run")
    lite.configure("")
    lite.run("upgrade")
    assert _backups(lite) == []


def test_a_copy_that_can_not_be_made_stops_the_run(lite: Site) -> None:
    lite.configure("sqlite.backup = true")
    lite.add(1, RECREATE)
    app = lite.folder / "app.py"
    app.write_text(
        app.read_text()
        + "import flask_migrate_decl.databases.sqlite_backup as module\n"
        + "def full(*_args):\n    raise OSError('no space left on device')\n"
        + "module._copy = full\n"
    )
    output = lite.run("upgrade", exit_code=2)
    assert "app.db could not be copied, and nothing was run on the default database" in output
    assert lite.revision() == ["r00"]
    assert _backups(lite) == []
