"""What a script may do that a journal could lose sight of, on MariaDB."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.site import Site

pytestmark = pytest.mark.mariadb

DIES = 'os.path.exists("dead") or open("dead", "w").close() or os._exit(9)'
RUNS = "run = op.get_bind().exec_driver_sql; raw = op.get_bind().connection.driver_connection"


@pytest.fixture
def site(tmp_path: Path, mariadb_url: str) -> Site:
    site = Site(tmp_path, mariadb_url)
    site.run("upgrade")
    return site


def add(site: Site, *lines: str) -> None:
    site.add(1, "\n    ".join((RUNS, *lines)))


def die_and_go_on(site: Site, *lines: str) -> None:
    """Run a script that dies where it says so, and go on with it."""
    add(site, *lines)
    site.run("upgrade", exit_code=9)
    site.run("upgrade", "--resume")
    assert site.revision() == ["r01"]


def execute(site: Site, *statements: str) -> None:
    with site.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()


def test_updates_that_need_a_key(site: Site) -> None:
    die_and_go_on(
        site,
        'run("SET sql_safe_updates = 1")',
        'run("CREATE TABLE t (x INT)")',
        DIES,
        'run("INSERT INTO done (number) VALUES (1)")',
    )
    assert site.done() == [1]
