"""The laws of renames, on made-up models, rows and hints; and Alembic left alone without hints."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings

from tests.laws.cases import Case, cases
from tests.laws.databases import ALL_TRAITS, GROUNDS, Ground
from tests.laws.stock import NotCreatedError, assert_the_same_without_hints
from tests.laws.trial import NotCleanError, Trial, alembic_manages

log = logging.getLogger(__name__)

# Alembic's own words on what it will not be able to carry out.
pytestmark = pytest.mark.filterwarnings("ignore:Autogenerate rendered a:UserWarning")

MARKS = {"postgresql": pytest.mark.postgresql, "mariadb": pytest.mark.mariadb}
QUICK = {"sqlite": 25, "postgresql": 6, "mariadb": 6}
LONG = {"sqlite": 2_000, "postgresql": 300, "mariadb": 300}
SETTINGS: dict[str, Any] = {
    # The same cases in each run, so that nobody's change is stopped by what it did not do; to look
    # for new ones, set the variable.
    "derandomize": "LAWS_AT_RANDOM" not in os.environ,
    "deadline": None,
    "database": None,
    "print_blob": True,
    "suppress_health_check": list(HealthCheck),
}


def runs(quick: dict[str, int], long: dict[str, int]) -> list[Any]:
    """Return how many cases are tried on each database; many of them only in CI."""
    return [
        pytest.param(database, number, marks=[*marks, *slow], id=f"{database}-{number}")
        for numbers, slow in ((quick, []), (long, [pytest.mark.slow]))
        for database, number in numbers.items()
        for marks in ([MARKS[database]] if database in MARKS else [],)
    ]


@pytest.fixture
def ground(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    fixtures = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}
    if database == "sqlite":
        return GROUNDS[database](tmp_path, f"sqlite:///{tmp_path}/app.db")
    return GROUNDS[database](tmp_path, request.getfixturevalue(fixtures[database]))


def assert_kept(database: str, number: int, outcome: Callable[[Case], str]) -> None:
    """Try a law on made-up cases.

    :param outcome: raises where a case breaks the law, and returns "kept" or why a case does not
        count.
    """
    counts: Counter[str] = Counter()

    @settings(max_examples=number, **SETTINGS)
    @given(cases(ALL_TRAITS[database]))
    def law(case: Case) -> None:
        for line in case.explained():
            note(line)
        counts[outcome(case)] += 1

    law()
    log.info("%s: %s", database, dict(counts))
    assert counts["kept"] >= 0.8 * counts.total()


@pytest.mark.parametrize(("database", "number"), runs(QUICK, LONG))
def test_the_laws_hold(database: str, number: int, ground: Ground) -> None:
    def outcome(case: Case) -> str:
        try:
            with ground.project() as project:
                Trial(case, project).obeys_the_laws()
        except NotCleanError:
            return "not clean to begin with"
        except Exception:
            # What Alembic does not manage without any rename says nothing of renames.
            if alembic_manages(case, ground):
                raise
            return "beyond Alembic itself"
        return "kept"

    assert_kept(database, number, outcome)


@pytest.mark.parametrize(
    ("database", "number"), runs(QUICK, {"sqlite": 300, "postgresql": 100, "mariadb": 100})
)
def test_alembic_is_left_alone_where_there_are_no_hints(
    database: str, number: int, ground: Ground
) -> None:
    def outcome(case: Case) -> str:
        try:
            with ground.project() as project:
                assert_the_same_without_hints(case, project)
        except NotCreatedError:
            return "beyond the database"
        return "kept"

    assert_kept(database, number, outcome)
