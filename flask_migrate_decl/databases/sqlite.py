"""A schema change on SQLite, run as SQLite says it has to be.

https://www.sqlite.org/lang_altertable.html#otheralter asks for foreign keys to be off *before*
the transaction begins: with them on, dropping a table while it is rebuilt deletes or empties the
rows that point to it. Inside a transaction the switch does nothing and says nothing, so it is
read back. ``BEGIN IMMEDIATE`` takes the write lock at once and makes the whole upgrade one
transaction, which the driver's own implicit ``BEGIN`` does not.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from flask_migrate_decl.databases.urls import shown_url
from flask_migrate_decl.errors import ForeignKeysBrokenError, TransactionOpenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

    from flask_migrate_decl.databases.sqlite_busy import SQLiteWait

_BEGIN = re.compile(
    r"\s*BEGIN(\s+(DEFERRED|IMMEDIATE|EXCLUSIVE))?(\s+TRANSACTION)?\s*;?\s*", re.IGNORECASE
)
_LEGACY_TRANSACTIONS = -1
"""``sqlite3.LEGACY_TRANSACTION_CONTROL``, which Python 3.11 does not have yet."""


def is_guardable(connection: Connection) -> bool:
    """Tell whether the connection is one of Python's own SQLite driver."""
    return isinstance(connection.connection.driver_connection, sqlite3.Connection)


def has_no_transaction(connection: Connection) -> bool:
    """Tell whether it is an SQLite connection on which nobody else's transaction is open."""
    driver = connection.connection.driver_connection
    return isinstance(driver, sqlite3.Connection) and not driver.in_transaction


@contextmanager
def guarded(connection: Connection, wait: SQLiteWait) -> Iterator[Callable[[], None]]:
    """Switch foreign keys off and take over transactions for the time of a migration.

    :param wait: how to wait for whoever writes to the file.
    :return: a function to call inside the transaction, after the migration; it raises
        ``ForeignKeysBrokenError`` where rows have lost their parents since ``guarded`` began.
    :raises TransactionOpenError: the connection is inside a transaction already.
    """
    driver, label = connection.connection.driver_connection, shown_url(connection.engine.url)
    assert isinstance(driver, sqlite3.Connection)
    if driver.in_transaction:
        raise TransactionOpenError(label)
    with (
        _explicit_transactions(connection, driver, wait),
        _foreign_keys_off(driver, label) as were_on,
    ):
        yield _violation_check(driver, label) if were_on else lambda: None


@contextmanager
def _explicit_transactions(
    connection: Connection, driver: sqlite3.Connection, wait: SQLiteWait
) -> Iterator[None]:
    """Begin each transaction of the connection ourselves, with the write lock.

    An app may do so too, as SQLAlchemy's documentation shows; its ``BEGIN`` then is ours.
    """
    begins = _Begins(driver, wait, _is_autocommit(connection))
    isolation_level = driver.isolation_level
    autocommit = getattr(driver, "autocommit", None)
    if autocommit is not None:
        driver.autocommit = _LEGACY_TRANSACTIONS  # type: ignore[attr-defined, unused-ignore]
    driver.isolation_level = None
    event.listen(connection, "begin", begins.begin)
    event.listen(connection, "before_cursor_execute", begins.replace_begin, retval=True)
    try:
        yield
    finally:
        event.remove(connection, "begin", begins.begin)
        event.remove(connection, "before_cursor_execute", begins.replace_begin)
        if driver.in_transaction:
            connection.rollback()
        driver.isolation_level = isolation_level
        if autocommit is not None:
            driver.autocommit = autocommit  # type: ignore[attr-defined, unused-ignore]


@dataclass(frozen=True)
class _Begins:
    """How transactions begin, but for Alembic's ``autocommit_block()``.

    :param always_autocommits: the app's engine is in that mode by itself.
    """

    driver: sqlite3.Connection
    wait: SQLiteWait
    always_autocommits: bool

    def begin(self, connection: Connection) -> None:
        if not self.driver.in_transaction and not self._is_autocommit_block(connection):
            self._begin()

    def _begin(self) -> None:
        self.wait.for_writer(self.driver, lambda: self.driver.execute("BEGIN IMMEDIATE"))

    def replace_begin(
        self, connection: Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any
    ) -> tuple[str, Any]:
        if not _BEGIN.fullmatch(statement):
            return statement, parameters
        self.begin(connection)
        return "SELECT 1", parameters

    def _is_autocommit_block(self, connection: Connection) -> bool:
        return _is_autocommit(connection) and not self.always_autocommits


def _is_autocommit(connection: Connection) -> bool:
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


@contextmanager
def _foreign_keys_off(driver: sqlite3.Connection, label: str) -> Iterator[bool]:
    were_on = _foreign_keys(driver)
    if were_on:
        driver.execute("PRAGMA foreign_keys = OFF")
    if _foreign_keys(driver):
        raise TransactionOpenError(label)
    try:
        yield were_on
    finally:
        if were_on:
            driver.execute("PRAGMA foreign_keys = ON")


def _foreign_keys(driver: sqlite3.Connection) -> bool:
    return rows_of(driver, "PRAGMA foreign_keys") == [(1,)]


@contextmanager
def foreign_keys_off(engine: Engine) -> Iterator[None]:
    """Switch foreign keys off on every connection that the engine gives out meanwhile.

    It is what can be done for a project's own ``env.py``, which opens the connection itself.
    """
    switched: list[sqlite3.Connection] = []

    def switch_off(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection) and _foreign_keys(driver):
            driver.execute("PRAGMA foreign_keys = OFF")
            switched.append(driver)

    def switch_on(driver: Any, _record: Any) -> None:
        if driver in switched:
            driver.execute("PRAGMA foreign_keys = ON")
            switched.remove(driver)

    event.listen(engine, "engine_connect", switch_off)
    event.listen(engine, "checkin", switch_on)
    try:
        yield
    finally:
        event.remove(engine, "engine_connect", switch_off)
        event.remove(engine, "checkin", switch_on)


def _violation_check(driver: sqlite3.Connection, label: str) -> Callable[[], None]:
    tables_before, orphans_before = _tables(driver), _orphans(driver)

    def check() -> None:
        orphans = _orphans(driver)
        appeared = _tables(driver) - tables_before
        renamed_from = tables_before - _tables(driver)
        broken = {
            table: count
            for table, count in orphans.items()
            if table not in appeared and count > orphans_before[table]
        }
        if _total(orphans, appeared) > _total(orphans_before, renamed_from):
            broken |= {table: orphans[table] for table in appeared if orphans[table]}
        if broken:
            raise ForeignKeysBrokenError(label, tuple(_words(broken)))

    return check


def _tables(driver: sqlite3.Connection) -> set[str]:
    return {
        row[0] for row in rows_of(driver, "SELECT name FROM sqlite_master WHERE type = 'table'")
    }


def _orphans(driver: sqlite3.Connection) -> Counter[str]:
    """Count the rows without a parent in each table.

    Counts, as names and row ids change when a table is renamed or rebuilt.
    """
    return Counter(row[0] for row in rows_of(driver, "PRAGMA foreign_key_check"))


def rows_of(driver: sqlite3.Connection, sql: str) -> list[tuple[Any, ...]]:
    """Return rows as tuples, whatever the app's connection makes of rows."""
    cursor = driver.cursor()
    cursor.row_factory = None
    return cursor.execute(sql).fetchall()


def _total(orphans: Counter[str], tables: set[str]) -> int:
    return sum(orphans[table] for table in tables)


def _words(broken: dict[str, int]) -> Iterator[str]:
    for table, count in sorted(broken.items()):
        lost = "1 row has lost its" if count == 1 else f"{count} rows have lost their"
        yield f'in "{table}" {lost} parent'
