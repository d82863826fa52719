"""Whenever an upgrade is killed, the next one goes on from a revision, and no row is lost."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.conftest import postgres_binaries
from tests.kill_scripts import BEFORE, TEN
from tests.killing import Course, Databases, Snapshot, Victim, phase
from tests.servers import PostgresServer
from tests.site import LONGEST_WAIT, NEXT, ONE_STAYS, Site

ALL = [f"r{number:02}" for number in range(len(TEN) + 1)]
BEGIN, HEAD = ALL[0], ALL[-1]


class Way(NamedTuple):
    """How an upgrade is run.

    :param keys: of the binds besides the default database.
    :param stops: the revisions that a database may be at afterwards.
    """

    section: str
    keys: tuple[str, ...]
    stops: list[str]


WAYS = {
    "one transaction": Way("", (), [BEGIN, HEAD]),
    "one for each revision": Way("transaction_per_migration = true", (), ALL),
    "several binds": Way("", ("second",), [BEGIN, HEAD]),
}


@pytest.fixture
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    """Where to kill: a further server is a further name, and its fixture."""
    fixtures = {"postgresql": "postgres_server", "own server": "own_postgres_server"}
    name = fixtures.get(request.param)
    return Databases(tmp_path, request.getfixturevalue(name) if name else None)


@pytest.fixture(scope="module")
def own_postgres_server() -> Iterator[PostgresServer]:
    """Give a server that a test may kill."""
    server = PostgresServer(postgres_binaries())
    server.start()
    yield server
    server.stop()


@pytest.fixture(
    params=[
        pytest.param(way, marks=[pytest.mark.slow] if number else [], id=name)
        for number, (name, way) in enumerate(WAYS.items())
    ]
)
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


@pytest.fixture
def victim(way: Way, databases: Databases) -> Iterator[Victim]:
    victim = Victim(databases, way.section, way.keys)
    victim.write(BEFORE, *TEN)
    yield victim
    victim.drop()


def kills(*counts: tuple[str, int, int]) -> pytest.MarkDecorator:
    """Kill a few times in each way, and many times where there is time for it."""
    found = []
    for name, few, many in counts:
        marks = [] if name == "sqlite" else [pytest.mark.postgresql]
        found.append(pytest.param(name, few, marks=marks, id=f"{name}-{few}"))
        found.append(
            pytest.param(name, many, marks=[*marks, pytest.mark.slow], id=f"{name}-{many}")
        )
    return pytest.mark.parametrize(("databases", "count"), found, indirect=["databases"])


def look(victim: Victim, at: dict[str, Snapshot]) -> list[str]:
    """See that every database is at a revision and nowhere between; return which."""
    found: list[str] = []
    for name in victim.names:
        seen = victim.seen(name)
        (revision,) = [one for one in at if at[one]["alembic_version"] == seen["alembic_version"]]
        assert seen == at[revision]
        found.append(revision)
    # The databases go one after the other.
    assert found == sorted(found, reverse=True)
    return found


def finish(victim: Victim, at: dict[str, Snapshot], *more: str) -> None:
    """See that the next upgrade reaches the head, where all rows are, and none twice."""
    victim.run("upgrade", *more)
    assert look(victim, at) == [HEAD] * len(victim.names)


def parts(count: int) -> list[float]:
    """Return random moments, spread over the whole run."""
    return [(number + random.random()) / count for number in range(count)]


def in_the_middle(phases: Counter[str]) -> int:
    return phases.total() - phases["before"] - phases["after"] - phases["ended"]


@kills(("sqlite", 3, 67), ("postgresql", 3, 34))
def test_a_killed_process(
    way: Way, victim: Victim, count: int, record_property: Callable[[str, object], None]
) -> None:
    at, course = victim.boundaries(way.stops), Course.of(victim)
    phases: Counter[str] = Counter()
    half_written = 0
    for part in parts(count):
        victim.begin()
        process = victim.start("upgrade")
        course.wait(victim, process, part)
        process.kill()
        process.join()
        phases[phase(victim, process)] += 1
        half_written += any(map(victim.databases.has_journal, victim.urls.values()))
        look(victim, at)
        finish(victim, at)
    record_property("killed in", f"{dict(phases)}, files half written: {half_written}")
    assert in_the_middle(phases) >= count // 2
    # A few may all fall where nothing is written.
    assert victim.databases.server or half_written or count < 10


CUT_OFF = re.compile(r"^Error: .*(the database says|can't be reached|is lost)\b", re.MULTILINE)
"""The lock is lost where the server is killed as the lock is looked at, before a commit."""


@kills(("own server", 2, 7))
def test_a_killed_server(
    way: Way, victim: Victim, count: int, record_property: Callable[[str, object], None]
) -> None:
    server = victim.databases.server
    assert server is not None
    at, course = victim.boundaries(way.stops), Course.of(victim)
    phases: Counter[str] = Counter()
    for part in parts(count):
        victim.begin()
        process = victim.start("upgrade")
        # Later it would end well, as it may where it is fast meanwhile.
        course.wait(victim, process, 0.9 * part)
        server.kill()
        output = victim.end(process, 0, 2)
        phases[phase(victim, process)] += 1
        assert "Traceback" not in output
        server.restart()
        found = look(victim, at)
        if process.exitcode == 0:
            said = [HEAD] * len(victim.names)
        else:
            assert CUT_OFF.search(output), output
            said = re.findall(r"\bat (r\d\d)$", output, re.M)
        assert said == found[: len(said)]
        finish(victim, at)
    record_property("killed in", str(dict(phases)))
    assert in_the_middle(phases) >= count / 2


CONCURRENTLY = """\
with op.get_context().autocommit_block():
    op.drop_index("by_title", "book", postgresql_concurrently=True, if_exists=True)
    op.create_index("by_title", "book", [sa.text("slow(title)")], postgresql_concurrently=True)"""
SLOW = """
op.execute("CREATE FUNCTION slow(t text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN"
    " PERFORM pg_sleep(CAST(coalesce(current_setting('slow.pause', true), '0.002') AS float));"
    " RETURN t; END $$")"""
IS_VALID = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('by_title')")


@pytest.fixture
def builder(databases: Databases) -> Iterator[Victim]:
    """Give a project that builds an index concurrently, in a revision that can be repeated."""
    victim = Victim(databases, "")
    victim.write(BEFORE + SLOW, CONCURRENTLY, TEN[0])
    yield victim
    victim.drop()


def is_valid(victim: Victim) -> bool | None:
    """Tell whether the index can be used; ``None`` where there is none."""
    with victim.databases.seen(victim.urls["default"]) as connection:
        found: bool | None = connection.scalar(IS_VALID)
        return found


def execute(victim: Victim, statement: str) -> None:
    """Run a statement by itself, where ``{}`` is the database's name."""
    url = victim.urls["default"]
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement.format(make_url(url).database))


def wait_until_there(victim: Victim, process: ForkServerProcess) -> None:
    """Wait until the server is at the index, which nobody can use yet."""
    engine = create_engine(victim.urls["default"], poolclass=NullPool, isolation_level="AUTOCOMMIT")
    deadline = time.monotonic() + LONGEST_WAIT
    with engine.connect() as connection:
        while connection.scalar(IS_VALID) is None:
            assert process.is_alive(), victim.output
            assert time.monotonic() < deadline
            time.sleep(0.01)


@kills(("postgresql", 3, 20))
def test_a_killed_process_that_builds_an_index_concurrently(builder: Victim, count: int) -> None:
    at, course = builder.boundaries(["r00", "r01", "r02"]), Course.of(builder)
    for part in parts(count):
        builder.begin()
        process = builder.start("upgrade")
        course.wait(builder, process, part)
        process.kill()
        process.join()
        # The server may be at it still.
        builder.run("upgrade")
        assert builder.seen("default") == at["r02"]
        assert is_valid(builder)


@kills(("own server", 1, 5))
def test_a_server_killed_while_it_builds_an_index(builder: Victim, count: int) -> None:
    server = builder.databases.server
    assert server is not None
    at = builder.boundaries(["r00", "r01", "r02"])
    for part in parts(count):
        builder.begin()
        # So it takes minutes, and is not over before the server is killed.
        execute(builder, "ALTER DATABASE {} SET slow.pause = '1'")
        process = builder.start("upgrade")
        wait_until_there(builder, process)
        time.sleep(0.3 * part)
        server.kill()
        output = builder.end(process, 2)
        assert "Traceback" not in output
        assert "a part of r01 may be done" in output
        server.restart()
        assert is_valid(builder) is False
        execute(builder, "ALTER DATABASE {} RESET slow.pause")
        builder.run("upgrade")
        assert builder.seen("default") == at["r02"]
        assert is_valid(builder)


@pytest.mark.slow
@pytest.mark.parametrize("per_migration", ["true", "false"])
@pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
    indirect=True,
)
def test_the_holder_of_sixteen_is_killed(
    tmp_path: Path, database_url: str, per_migration: str
) -> None:
    site = Site(tmp_path, database_url)
    site.configure(f"transaction_per_migration = {per_migration}")
    site.add_ordinary(10)
    site.add(4, (ONE_STAYS + NEXT).format(number=4, pause=0))
    kill_the_holder_of_sixteen(site)


@pytest.mark.slow
@pytest.mark.mariadb
def test_the_holder_of_sixteen_is_killed_in_the_middle(tmp_path: Path, mariadb_url: str) -> None:
    """A half of the revision can't be rolled back, and another process goes on with it."""
    site = Site(tmp_path, mariadb_url)
    site.add_ordinary(10)
    begin, end = NEXT.format(number=4, pause=0).split("\n", 1)
    site.add(4, f"{begin}\n    {ONE_STAYS.format(number=4)}{end.strip()}")
    kill_the_holder_of_sixteen(site, "--resume")


def kill_the_holder_of_sixteen(site: Site, *options: str) -> None:
    processes = [site.start("upgrade", *options) for _ in range(16)]
    site.wait_for(4)
    os.kill(int((site.folder / "holder").read_text()), signal.SIGKILL)
    ended = [process.communicate(timeout=240) for process in processes]
    codes = sorted(process.returncode for process in processes)
    assert codes == [-signal.SIGKILL, *[0] * 15], ended
    assert site.done() == list(range(1, 11))
    assert site.revision() == ["r10"]
