"""A table that somebody holds: the migration makes way for the app, and tries again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from tests.site import LONGEST_WAIT, Site, wait_to_say

servers = pytest.mark.parametrize(
    "database_url",
    [
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ],
    indirect=True,
)
ADD_COLUMN = 'op.add_column("done", sa.Column("note", sa.String(20)))'


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Site:
    found = Site(tmp_path, database_url)
    found.run("upgrade")
    return found


@contextmanager
def held(site: Site) -> Iterator[Connection]:
    """Hold the table as a long transaction of the app does."""
    engine = create_engine(site.url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT * FROM done")).fetchall()
        connection.execute(text("INSERT INTO done (number) VALUES (99)"))
        yield connection
        connection.rollback()


def session(connection: Connection) -> int:
    is_postgres = connection.dialect.name == "postgresql"
    function = "pg_backend_pid()" if is_postgres else "connection_id()"
    return int(connection.scalar(text(f"SELECT {function}")) or 0)


def columns(site: Site) -> list[str]:
    with site.connect() as connection:
        return list(connection.execute(text("SELECT * FROM done")).keys())


@servers
def test_it_is_tried_again_until_the_table_is_free(site: Site) -> None:
    site.configure('timeouts = { lock = "1s", retries = 50 }')
    site.add(1, ADD_COLUMN)
    with held(site):
        process = site.start("upgrade")
        wait_to_say(process, "r01 was rolled back, as a table was in use")
    _, errors = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 0, errors
    assert "note" in columns(site)
    assert site.revision() == ["r01"]


@pytest.mark.parametrize(
    "database_url",
    [
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=[pytest.mark.mariadb, pytest.mark.slow]),
    ],
    indirect=True,
)
def test_it_gives_up_and_names_who_is_in_the_way(site: Site) -> None:
    site.configure('timeouts = { lock = "1s", retries = 1 }')
    site.add(1, ADD_COLUMN)
    with held(site) as holder:
        number = session(holder)
        output = site.run("upgrade", exit_code=2)
    assert "the revision r01 was tried 2 times on the default database" in output
    assert f"In its way: the session {number} of " in output
    assert "ALTER TABLE done ADD COLUMN note" in output
    assert "Traceback" not in output
    assert site.revision() == ["r00"]
    site.run("upgrade")
    assert site.revision() == ["r01"]


@pytest.mark.slow
@pytest.mark.postgresql
def test_all_revisions_of_one_transaction_are_tried_again(
    tmp_path: Path, postgres_url: str
) -> None:
    site = Site(tmp_path, postgres_url)
    site.run("upgrade")
    site.configure('timeouts = { lock = "200ms", retries = 50 }')
    site.add(1, 'op.execute("CREATE TABLE other AS SELECT 1 AS number")')
    site.add(2, ADD_COLUMN)
    with held(site):
        process = site.start("upgrade")
        wait_to_say(process, "r02 was rolled back")
        assert "other" not in site.tables()
    _, errors = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 0, errors
    assert "other" in site.tables()
    assert site.revision() == ["r02"]


@pytest.mark.slow
@pytest.mark.postgresql
def test_the_queries_of_the_app_go_on(tmp_path: Path, postgres_url: str) -> None:
    """Behind a statement that waits for a table, everybody else waits for it too."""
    site = Site(tmp_path, postgres_url)
    begun = time.monotonic()
    site.run("upgrade")
    upgrade = time.monotonic() - begun
    site.configure('timeouts = { lock = "1s", retries = 50 }')
    site.add(1, ADD_COLUMN)
    # Whoever waits behind it waits for that second, and for a machine that has much to do.
    assert 0 < longest_query(site) < 2 + 2 * upgrade


def longest_query(site: Site) -> float:
    """Return how long a query of the app took at most, in seconds, while a migration waited."""
    longest = 0.0
    with held(site):
        process = site.start("upgrade")
        tried = threading.Thread(target=wait_twice, args=(process,))
        tried.start()
        with site.connect() as app:
            app.execute(text(f"SET statement_timeout = '{LONGEST_WAIT}s'"))
            app.commit()
            while tried.is_alive():
                begun = time.monotonic()
                app.execute(text("SELECT count(*) FROM done"))
                app.commit()
                longest = max(longest, time.monotonic() - begun)
                time.sleep(0.01)
    process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 0
    return longest


def wait_twice(process: subprocess.Popen[str]) -> None:
    """Wait until a process has given up its place in the queue for the second time."""
    for _ in range(2):
        wait_to_say(process, "was rolled back, as a table was in use")


@servers
def test_a_statement_may_take_so_long_and_no_longer(site: Site) -> None:
    site.configure('timeouts.statement = "1s"')
    is_postgres = site.url.startswith("postgresql")
    sleep = "SELECT pg_sleep(30)" if is_postgres else "SELECT SLEEP(30) FROM done"
    body = f'op.execute("INSERT INTO done (number) VALUES (1)"); op.execute("{sleep}")'
    site.add(1, body)
    output = site.run("upgrade", exit_code=2)
    assert "Traceback" not in output
    assert site.done() == []


POOLED = """\
import threading
from sqlalchemy import text
from flask_migrate_decl import upgrade
from app import app, db

with app.app_context():
    engine = db.engine
    is_postgres = engine.dialect.name == "postgresql"
    asked = "SHOW lock_timeout" if is_postgres else "SELECT @@lock_wait_timeout"
    with engine.connect() as connection:
        before = connection.scalar(text(asked))
    upgrade()
    found = set()
    connections = [engine.connect() for _ in range(4)]
    for connection in connections:
        found.add(connection.scalar(text(asked)))
        connection.close()
    assert found == {before}, found
    print(engine.pool.checkedout(), "checked out")
"""


@servers
def test_the_pool_of_the_app_gets_no_limits(site: Site) -> None:
    site.configure('timeouts = { lock = "1s", statement = "30s" }')
    site.add(1, ADD_COLUMN)
    (site.folder / "pooled.py").write_text(POOLED)
    done = subprocess.run(
        [sys.executable, "-W", "error", "pooled.py"],
        cwd=site.folder,
        env={**os.environ, "URL": site.url, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "0 checked out" in done.stdout


@pytest.mark.mariadb
def test_a_revision_of_which_a_part_is_done_goes_on_from_there(
    tmp_path: Path, mariadb_url: str
) -> None:
    site = Site(tmp_path, mariadb_url)
    site.run("upgrade")
    site.configure('timeouts = { lock = "1s", retries = 50 }')
    site.add(1, f'op.execute("CREATE TABLE other (number INT)")\n    {ADD_COLUMN}')
    with held(site):
        process = site.start("upgrade")
        wait_to_say(process, "r01 was rolled back")
        assert "other" in site.tables()
    _, errors = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 0, errors
    assert "note" in columns(site)
    assert site.revision() == ["r01"]


@servers
def test_a_revision_may_commit_by_itself_where_statements_are_limited(site: Site) -> None:
    site.configure('timeouts.lock = "5s"')
    site.add(
        1,
        "with op.get_context().autocommit_block():\n"
        '        op.create_index("by_number", "done", ["number"], postgresql_concurrently=True)\n'
        '    op.execute("INSERT INTO done (number) VALUES (1)")',
    )
    site.run("upgrade")
    assert site.done() == [1]
    with site.connect() as connection:
        assert [index["name"] for index in inspect(connection).get_indexes("done")] == ["by_number"]
