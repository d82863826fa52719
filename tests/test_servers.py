import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from tests.servers import DatabaseServer, MariaDBBinaries, MariaDBServer, ServerError


@pytest.fixture(
    params=[
        pytest.param("postgres_server", marks=pytest.mark.postgresql),
        pytest.param("mariadb_server", marks=pytest.mark.mariadb),
    ]
)
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, DatabaseServer)
    found.start()
    return found


@contextlib.contextmanager
def fresh_url(server: DatabaseServer) -> Iterator[str]:
    url = server.new_database()
    try:
        yield url
    finally:
        server.drop_database(url)


def engine_for(url: str) -> Engine:
    return create_engine(url, poolclass=NullPool)


def create_table(connection: Connection, name: str) -> None:
    connection.execute(text(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY)"))


def table_names(url: str) -> list[str]:
    return inspect(engine_for(url)).get_table_names()


def test_a_started_server_is_running(server: DatabaseServer) -> None:
    assert server.running


def test_the_socket_path_is_short(server: DatabaseServer) -> None:
    sockets = [path for path in server.folder.iterdir() if path.is_socket()]

    assert sockets
    assert all(len(str(path)) < 100 for path in sockets)


def test_databases_are_independent(server: DatabaseServer) -> None:
    with fresh_url(server) as first, fresh_url(server) as second:
        with engine_for(first).begin() as connection:
            create_table(connection, "crew")

        assert table_names(first) == ["crew"]
        assert table_names(second) == []


def test_killed_server_keeps_every_commit(server: DatabaseServer) -> None:
    with fresh_url(server) as url:
        with engine_for(url).begin() as connection:
            create_table(connection, "crew")
        for number in range(20):
            with engine_for(url).begin() as connection:
                connection.execute(text("INSERT INTO crew VALUES (:id)"), {"id": number})

        server.kill()
        assert not server.running
        server.restart()

        with engine_for(url).connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM crew")) == 20


def test_killed_server_forgets_an_open_transaction(server: DatabaseServer) -> None:
    with fresh_url(server) as url:
        with engine_for(url).begin() as connection:
            create_table(connection, "crew")
        connection = engine_for(url).connect()
        connection.execute(text("INSERT INTO crew VALUES (1)"))

        server.kill()
        connection.invalidate()
        connection.close()
        server.restart()

        with engine_for(url).connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM crew")) == 0


def test_restart_of_a_running_server_keeps_the_data(server: DatabaseServer) -> None:
    with fresh_url(server) as url:
        with engine_for(url).begin() as connection:
            create_table(connection, "crew")

        server.restart()

        assert table_names(url) == ["crew"]


def test_a_database_is_dropped_under_an_open_transaction(server: DatabaseServer) -> None:
    url = server.new_database()
    with engine_for(url).begin() as connection:
        create_table(connection, "crew")
    connection = engine_for(url).connect()
    connection.execute(text("SELECT * FROM crew"))

    server.drop_database(url)

    connection.invalidate()
    connection.close()
    with fresh_url(server) as other:
        assert other != url


@pytest.mark.parametrize(
    ("install_db", "mariadbd", "message"),
    [("fails", "works", "could not be set up"), ("works", "fails", "exited while starting")],
)
def test_a_failed_start_shows_the_log(
    tmp_path: Path, install_db: str, mariadbd: str, message: str
) -> None:
    for name, script in {"works": "exit 0", "fails": "echo no room; exit 1"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    server = MariaDBServer(MariaDBBinaries(tmp_path / install_db, tmp_path / mariadbd))

    with pytest.raises(ServerError, match=rf"{message}(.|\n)*no room"):
        server.start()

    assert not server.running


def test_each_database_url_is_fresh(database_url: str) -> None:
    with engine_for(database_url).begin() as connection:
        create_table(connection, "crew")

    assert table_names(database_url) == ["crew"]


def test_stop_leaves_nothing(server: DatabaseServer) -> None:
    folder = server.folder

    server.stop()

    assert not server.running
    assert not folder.exists()
    with pytest.raises(ServerError, match="no data to restart on"):
        server.restart()
