"""Whenever an upgrade is killed, the next one goes on from a revision, and no row is lost."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import postgres_binaries
from tests.kill_scripts import BEFORE, TEN
from tests.killing import Course, Databases, Snapshot, Victim, phase
from tests.servers import PostgresServer

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


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
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


@kills(("sqlite", 5, 67), ("postgresql", 5, 34))
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
    assert in_the_middle(phases) >= count / 2
    assert victim.databases.server or half_written
