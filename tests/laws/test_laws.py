"""The laws of renames, on made-up models, rows and hints; and Alembic left alone without hints."""

from __future__ import annotations

import logging
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings

from tests.laws.cases import Case, cases
from tests.laws.databases import ALL_TRAITS, GROUNDS
from tests.laws.stock import NotCreatedError, assert_the_same_without_hints
from tests.laws.trial import NotCleanError, Trial, alembic_manages

log = logging.getLogger(__name__)

# Alembic's own words on what it will not be able to carry out.
pytestmark = pytest.mark.filterwarnings("ignore:Autogenerate rendered a:UserWarning")

MARKS = {"postgresql": pytest.mark.postgresql, "mariadb": pytest.mark.mariadb}
QUICK = {"sqlite": 40, "postgresql": 10, "mariadb": 10}
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


def url_of(database: str, request: pytest.FixtureRequest, folder: Path) -> str:
    fixtures = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}
    if database == "sqlite":
        return f"sqlite:///{folder}/app.db"
    return str(request.getfixturevalue(fixtures[database]))


@pytest.mark.parametrize(("database", "number"), runs(QUICK, LONG))
def test_the_laws_hold(
    database: str, number: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    ground = GROUNDS[database](tmp_path, url_of(database, request, tmp_path))
    counts: Counter[str] = Counter()

    @settings(max_examples=number, **SETTINGS)
    @given(cases(ALL_TRAITS[database]))
    def law(case: Case) -> None:
        for line in case.explained():
            note(line)
        try:
            with ground.project() as project:
                Trial(case, project).obeys_the_laws()
        except NotCleanError:
            counts["not clean to begin with"] += 1
        except Exception:
            # What Alembic does not manage without any rename says nothing of renames.
            if alembic_manages(case, ground):
                raise
            counts["beyond Alembic itself"] += 1
        else:
            counts["kept"] += 1

    law()
    log.info("%s: %s", database, dict(counts))
    assert counts["kept"] >= 0.8 * counts.total()


@pytest.mark.parametrize(
    ("database", "number"), runs(QUICK, {"sqlite": 300, "postgresql": 100, "mariadb": 100})
)
def test_alembic_is_left_alone_where_there_are_no_hints(
    database: str, number: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    ground = GROUNDS[database](tmp_path, url_of(database, request, tmp_path))
    counts: Counter[str] = Counter()

    @settings(max_examples=number, **SETTINGS)
    @given(cases(ALL_TRAITS[database]))
    def law(case: Case) -> None:
        for line in case.explained():
            note(line)
        with ground.project() as project:
            try:
                assert_the_same_without_hints(case, project)
            except NotCreatedError:
                counts["beyond the database"] += 1
            else:
                counts["the same"] += 1

    law()
    log.info("%s: %s", database, dict(counts))
    assert counts["the same"] >= 0.8 * counts.total()
