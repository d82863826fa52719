"""A revision on MariaDB whose process dies at a chosen query, and is gone on with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from unittest import mock

import pymysql  # type: ignore[import-untyped]
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import NullPool, create_engine, text

from flask_migrate_decl import Migrate, upgrade
from flask_migrate_decl.errors import MigrateError
from tests.servers import MariaDBServer

SCRIPT = '''\
"""a revision"""
import sqlalchemy as sa
from alembic import op
import flask_migrate_decl.operations

revision = "r1"
down_revision = None


def upgrade():
    connection = op.get_bind()
{body}


def downgrade():
    pass
'''


class DiedError(BaseException):
    """The process is gone: no code of ours is told."""


class End(StrEnum):
    """How an upgrade ends at a query."""

    DIES_BEFORE = "the process dies before it"
    DIES_AFTER = "the process dies after it"
    INTERRUPTED_BEFORE = "somebody interrupts before it"
    INTERRUPTED_AFTER = "somebody interrupts after it"
    REFUSED = "the server refuses it"

    @property
    def is_after(self) -> bool:
        """Whether the server has run it."""
        return self in (End.DIES_AFTER, End.INTERRUPTED_AFTER)


@dataclass
class Crash:
    """Ends an upgrade at one query.

    :param at: the number of that query, from 1 on; 0 for none.
    """

    at: int = 0
    end: End = End.DIES_BEFORE
    count: int = 0
    last: str = ""
    is_dead: bool = False
    _connections: list[Any] = field(default_factory=list)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        query = pymysql.connections.Connection.query
        connect = pymysql.connections.Connection.connect

        def watched_query(connection: Any, sql: Any, unbuffered: bool = False) -> Any:
            self._verify()
            self.count += 1
            is_there = self.count == self.at
            if is_there and not self.end.is_after:
                self._end(sql)
            result = query(connection, sql, unbuffered)
            if is_there:
                self._end(sql)
            return result

        def watched_connect(connection: Any, sock: Any = None) -> Any:
            self._verify()
            self._connections.append(connection)
            return connect(connection, sock)

        with (
            mock.patch.object(pymysql.connections.Connection, "query", watched_query),
            mock.patch.object(pymysql.connections.Connection, "connect", watched_connect),
        ):
            yield

    def _verify(self) -> None:
        if self.is_dead:
            raise DiedError

    def _end(self, sql: str | bytes) -> None:
        self.last = sql.decode(errors="replace") if isinstance(sql, bytes) else sql
        if self.end is End.REFUSED:
            raise pymysql.err.OperationalError(1205, "Lock wait timeout exceeded")
        if self.end in (End.INTERRUPTED_BEFORE, End.INTERRUPTED_AFTER):
            raise KeyboardInterrupt
        self.is_dead = True
        for connection in self._connections:
            connection._force_close()
        raise DiedError


@dataclass
class Patient:
    """A project with one revision, on a database that is made anew for each crash.

    :param before: statements that are run before.
    :param engine_options: those of the app.
    """

    folder: Path
    server: MariaDBServer
    body: str
    before: tuple[str, ...] = ()
    engine_options: dict[str, Any] = field(default_factory=dict)
    url: str = ""

    def __post_init__(self) -> None:
        versions = self.folder / "migrations" / "versions"
        versions.mkdir(parents=True)
        lines = [
            f"    {line}" if line.strip() else "" for line in self.body.strip("\n").split("\n")
        ]
        (versions / "r1.py").write_text(SCRIPT.format(body="\n".join(lines)))
        (self.folder / "migrate.toml").write_text("")

    def begin(self) -> None:
        """Make the database anew."""
        if self.url:
            self.server.drop_database(self.url)
        self.url = self.server.new_database()
        execute(self.url, *self.before)

    @contextlib.contextmanager
    def connected(self) -> Iterator[Callable[[str], list[Any]]]:
        """Give what runs a statement and returns its rows."""
        engine = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:

            def run(statement: str) -> list[Any]:
                found = connection.execute(text(statement))
                return [tuple(row) for row in found] if found.returns_rows else []

            yield run

    def upgrade(self, **options: Any) -> None:
        app = Flask("patient", root_path=str(self.folder))
        app.config["SQLALCHEMY_DATABASE_URI"] = self.url
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"poolclass": NullPool, **self.engine_options}
        Migrate(app, SQLAlchemy(app))
        with app.app_context():
            upgrade(**options)

    def crash(self, at: int = 0, end: End = End.DIES_BEFORE) -> Crash:
        """Upgrade, and end at a query."""
        self.begin()
        crash = Crash(at, end)
        # SQLAlchemy's pool does not word what fails as it takes a connection back.
        ends = (DiedError, KeyboardInterrupt, MigrateError, pymysql.err.OperationalError)
        with crash.watching(), contextlib.suppress(*ends if at else ()):
            self.upgrade()
        return crash

    def content(self) -> dict[str, Any]:
        """Return all there is in the database: every table's columns and rows."""
        with self.connected() as run:
            names = [name for (name,) in run("SHOW TABLES")]
            return {
                name: (run(f"SHOW CREATE TABLE `{name}`"), self._rows(run, name)) for name in names
            }

    @staticmethod
    def _rows(run: Callable[[str], list[Any]], name: str) -> list[str]:
        return sorted(map(repr, run(f"SELECT * FROM `{name}`")))


def execute(url: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


def error_of(run: Callable[[], object]) -> MigrateError | None:
    """Return why something could not be done, or ``None``."""
    try:
        run()
    except MigrateError as error:
        return error
    return None
