import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from tests.project import Project
from tests.servers import (
    DatabaseServer,
    MariaDBBinaries,
    MariaDBServer,
    PostgresBinaries,
    PostgresServer,
    find_mariadb_binaries,
    find_postgres_binaries,
)

# How long an example takes says how much the machine has to do besides.
settings.register_profile(
    "any machine",
    settings(),
    deadline=None,
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.too_slow],
)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer(postgres_binaries())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDBServer]:
    server = MariaDBServer(mariadb_binaries())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    yield from _fresh_database(postgres_server)


@pytest.fixture
def mariadb_url(mariadb_server: MariaDBServer) -> Iterator[str]:
    yield from _fresh_database(mariadb_server)


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ]
)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    fixtures = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/app.db"
    return str(request.getfixturevalue(fixtures[request.param]))


def postgres_binaries() -> PostgresBinaries:
    """Return what a PostgreSQL server is started from, or skip the test."""
    _require_driver("psycopg")
    binaries = find_postgres_binaries()
    if binaries is None:
        _unavailable("PostgreSQL binaries not found: initdb, postgres")
    return binaries


def mariadb_binaries() -> MariaDBBinaries:
    """Return what a MariaDB server is started from, or skip the test."""
    _require_driver("pymysql")
    binaries = find_mariadb_binaries()
    if binaries is None:
        _unavailable("MariaDB binaries not found: mariadb-install-db, mariadbd")
    return binaries


def _fresh_database(server: DatabaseServer) -> Iterator[str]:
    """Start the server first: an earlier test may have killed it."""
    server.start()
    url = server.new_database()
    yield url
    if server.running:
        server.drop_database(url)


def _require_driver(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        _unavailable(f"database driver not installed: {module}")


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("REQUIRE_DATABASE_SERVERS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def project(database_url: str, tmp_path: Path) -> Project:
    """Give an empty project on each kind of database."""
    return Project(tmp_path, database_url)


@pytest.fixture
def sqlite_project(tmp_path: Path) -> Project:
    """Give an empty project on SQLite."""
    return Project(tmp_path, f"sqlite:///{tmp_path}/app.db")


@pytest.fixture
def postgres_project(postgres_url: str, tmp_path: Path) -> Project:
    """Give an empty project on PostgreSQL."""
    return Project(tmp_path, postgres_url)


@pytest.fixture
def mariadb_project(mariadb_url: str, tmp_path: Path) -> Project:
    """Give an empty project on MariaDB."""
    return Project(tmp_path, mariadb_url)


@pytest.fixture(autouse=True)
def folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test out of the repository's folder, and the caller's settings out of the test."""
    monkeypatch.chdir(tmp_path)
    for variable in ("FLASK_APP", "FLASK_MIGRATE_CONFIG", "FLASK_DB_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
