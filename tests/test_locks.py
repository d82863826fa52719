"""One run at a time: the rest wait, say for whom, and find nothing left to do."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.site import APP, LONGEST_WAIT, NEXT, ONE_STAYS, UNTIL_TOLD, Site, wait_to_say


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Site:
    return Site(tmp_path, database_url)


@pytest.fixture
def lite_site(tmp_path: Path) -> Site:
    return Site(tmp_path, f"sqlite:///{tmp_path}/app.db")


def together(site: Site, count: int) -> list[str]:
    processes = [site.start("upgrade") for _ in range(count)]
    outputs = []
    for process in processes:
        output, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
        outputs.append(output + errors)
    return outputs


def test_each_revision_runs_once_however_many_begin_at_once(site: Site) -> None:
    site.add_ordinary(4, pause=0.05)
    together(site, 6)
    assert site.done() == [1, 2, 3, 4]
    assert site.revision() == ["r04"]


@pytest.mark.slow
def test_also_where_each_revision_has_its_own_transaction(site: Site) -> None:
    site.configure("transaction_per_migration = true")
    site.add_ordinary(6, pause=0.05)
    together(site, 4)
    assert site.done() == [1, 2, 3, 4, 5, 6]


@pytest.mark.slow
@pytest.mark.parametrize("per_migration", ["true", "false"])
def test_sixteen_at_once(site: Site, per_migration: str) -> None:
    site.configure(f"transaction_per_migration = {per_migration}")
    site.add_ordinary(10, pause=0.02)
    together(site, 16)
    assert site.done() == list(range(1, 11))
    assert site.revision() == ["r10"]


CONCURRENTLY = """\
with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY by_number ON done (number)")
    op.execute("INSERT INTO done (number) VALUES (1)")"""


@pytest.mark.postgresql
@pytest.mark.parametrize("processes", [4, pytest.param(16, marks=pytest.mark.slow)])
def test_an_index_is_built_concurrently_while_others_wait(
    tmp_path: Path, postgres_url: str, processes: int
) -> None:
    site = Site(tmp_path, postgres_url)
    site.add(1, CONCURRENTLY)
    site.add(2, NEXT.format(number=2, pause=0))
    together(site, processes)
    assert site.done() == [1, 2]
    with site.connect() as connection:
        is_valid = text(
            "SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid"
            " WHERE relname = 'by_number'"
        )
        assert connection.scalar(is_valid)


def test_whoever_waits_says_for_whom(site: Site) -> None:
    site.add(1, UNTIL_TOLD.format(number=1))
    with site.at_work(1) as first:
        second = site.start("upgrade")
        line = wait_to_say(second, "waiting for the default database")
        named = "whose lock the session" if "pymysql" in site.url else f"process {first.pid}"
        assert named in line
        (site.folder / "told").touch()
        for process in (first, second):
            process.communicate(timeout=LONGEST_WAIT)
            assert process.returncode == 0


@pytest.mark.parametrize(
    ("timeout", "least"), [("0", 0), pytest.param('"1s"', 1, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    "command",
    [
        ["upgrade"],
        pytest.param(["downgrade", "base"], marks=pytest.mark.slow),
        pytest.param(["stamp", "r00"], marks=pytest.mark.slow),
    ],
)
def test_the_wait_has_an_end(site: Site, timeout: str, least: float, command: list[str]) -> None:
    site.configure(f"lock.timeout = {timeout}")
    site.add(1, UNTIL_TOLD.format(number=1))
    with site.at_work(1) as first:
        begun = time.monotonic()
        output = site.run(*command, exit_code=2)
        assert time.monotonic() - begun >= least
        assert first.poll() is None
    assert ("waiting for the default database" in output) is (least > 0)
    assert "Traceback" not in output
    assert "is in use by another run, and lock.timeout, which is" in output


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_holder_that_is_killed_lets_go(site: Site, number: signal.Signals) -> None:
    insert = 'op.execute("INSERT INTO done (number) VALUES (1)")'
    site.add(1, ONE_STAYS.format(number=1) + insert)
    with site.at_work(1) as first:
        second = site.start("upgrade")
        wait_to_say(second, "waiting for the default database")
        first.send_signal(number)
        second.communicate(timeout=LONGEST_WAIT)
    assert (first.returncode, second.returncode) == (-number, 0)
    assert site.done() == [1]


def test_it_may_be_switched_off(site: Site) -> None:
    if site.url.startswith("sqlite"):
        pytest.skip("SQLite's own lock is always taken")
    site.configure("lock.enabled = false\nlock.timeout = 0")
    site.run("upgrade")
    site.add(1, UNTIL_TOLD.format(number=1))
    with site.at_work(1) as first:
        assert "in use" not in site.run("stamp", "r00")
        assert first.poll() is None


def test_an_app_with_one_connection_can_be_migrated(site: Site) -> None:
    app = APP.replace(
        "db = SQLAlchemy(app)",
        'app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 1, "max_overflow": 0,'
        ' "pool_timeout": 1}\ndb = SQLAlchemy(app)',
    )
    (site.folder / "app.py").write_text(app)
    site.add_ordinary(2)
    site.run("upgrade")
    assert site.done() == [1, 2]


def test_a_statement_alone_takes_no_lock(site: Site) -> None:
    site.add(1, UNTIL_TOLD.format(number=1))
    site.configure("lock.timeout = 0")
    with site.at_work(1) as first:
        site.add(1, NEXT.format(number=1, pause=0))
        assert "INSERT INTO done" in site.run("upgrade", "--sql")
        site.run("history")
        assert first.poll() is None


END_OWN_LOCK = """\
op.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    )
    op.execute("INSERT INTO done (number) VALUES (1)")"""


@pytest.mark.postgresql
def test_a_lock_that_is_lost_stops_the_run(tmp_path: Path, postgres_url: str) -> None:
    site = Site(tmp_path, postgres_url)
    site.add(1, END_OWN_LOCK)
    site.add(2, NEXT.format(number=2, pause=0))
    output = site.run("upgrade", exit_code=2)
    assert "the lock on the default database is lost" in output
    assert "PgBouncer" in output
    assert site.done() == []


def test_a_writer_of_the_app_is_waited_for(lite_site: Site) -> None:
    lite_site.add_ordinary(1)
    writer = sqlite3.connect(lite_site.folder / "app.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    process = lite_site.start("upgrade")
    line = wait_to_say(process, "waiting for the default database")
    assert f"process {os.getpid()}" in line
    assert lite_site.done() == []
    writer.rollback()
    _, errors = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 0, errors
    writer.close()
    assert lite_site.done() == [1]
