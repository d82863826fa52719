"""An empty copy of an SQLite database, on which statements can be tried and read."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import StaticPool, create_engine

from flask_migrate_decl.databases.recreate.empty_copy import statements
from flask_migrate_decl.errors import NotCopiedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from flask_migrate_decl.databases.binds import Bind

_READS = ("SELECT", "PRAGMA", "--", "EXPLAIN")


@dataclass(frozen=True)
class Copy:
    """An empty copy in memory.

    :param bind: the bind as it is, but for its engine.
    :param statements: what was run on it since, with its parameters; reading left out.
    """

    bind: Bind
    statements: list[str] = field(default_factory=list)

    def note(self, statement: str) -> None:
        """Note a statement."""
        if not statement.lstrip().upper().startswith(_READS):
            self.statements.append(statement.strip().rstrip(";"))


@contextmanager
def empty_copy(bind: Bind, version_table: str) -> Iterator[Copy]:
    """Copy all but the rows, of which those of the version table alone are copied.

    :raises NotCopiedError: the schema needs something that only the app's connections have.
    """
    engine = create_engine("sqlite://", poolclass=StaticPool)
    copy = Copy(replace(bind, app_engine=engine, url_env=None))
    try:
        with engine.connect() as target:
            driver = target.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            if bind.missing_file is None:
                with bind.engine.connect() as source:
                    _copy(source, driver, bind, version_table)
            driver.set_trace_callback(copy.note)
        yield copy
    finally:
        engine.dispose()


def _copy(source: Connection, target: sqlite3.Connection, bind: Bind, version_table: str) -> None:
    quoted = source.dialect.identifier_preparer.quote(version_table)
    try:
        for statement in statements(source, None):
            target.execute(statement.sql)
        has_versions = "SELECT 1 FROM sqlite_master WHERE name = ?"
        if target.execute(has_versions, (version_table,)).fetchall():
            rows = source.exec_driver_sql(f"SELECT version_num FROM {quoted}").fetchall()
            target.executemany(f"INSERT INTO {quoted} VALUES (?)", [tuple(row) for row in rows])
        target.commit()
    except sqlite3.Error as error:
        raise NotCopiedError(bind.key, str(error)) from error
