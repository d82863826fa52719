"""A schema change on SQLite, run as SQLite says it has to be.

https://www.sqlite.org/lang_altertable.html#otheralter asks for foreign keys to be off *before*
the transaction begins: with them on, dropping a table while it is rebuilt deletes or empties the
rows that point to it. Inside a transaction the switch does nothing and says nothing, so it is
read back. ``BEGIN IMMEDIATE`` takes the write lock at once and makes the whole upgrade one
transaction, which the driver's own implicit ``BEGIN`` does not.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import event

from flask_migrate_decl.databases.urls import shown_url
from flask_migrate_decl.errors import ForeignKeysBrokenError, TransactionOpenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

_LEGACY_TRANSACTIONS = -1
"""``sqlite3.LEGACY_TRANSACTION_CONTROL``, which Python 3.11 does not have yet."""


def is_guardable(connection: Connection) -> bool:
    """Tell whether the connection is one of Python's own SQLite driver."""
    return isinstance(connection.connection.driver_connection, sqlite3.Connection)


@contextmanager
def guarded(connection: Connection) -> Iterator[Callable[[], None]]:
    """Switch foreign keys off and take over transactions for the time of a migration.

    :return: a function to call inside the transaction, after the migration; it raises
        ``ForeignKeysBrokenError`` where rows have lost their parents since ``guarded`` began.
    :raises TransactionOpenError: the connection is inside a transaction already.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    if driver.in_transaction:
        raise TransactionOpenError(shown_url(connection.engine.url))
    with _explicit_transactions(connection, driver), _foreign_keys_off(driver) as were_on:
        if were_on:
            yield _violation_check(driver, shown_url(connection.engine.url))
        else:
            yield lambda: None


@contextmanager
def _explicit_transactions(connection: Connection, driver: sqlite3.Connection) -> Iterator[None]:
    isolation_level = driver.isolation_level
    autocommit = getattr(driver, "autocommit", None)
    if autocommit is not None:
        driver.autocommit = _LEGACY_TRANSACTIONS  # type: ignore[attr-defined, unused-ignore]
    driver.isolation_level = None
    event.listen(connection, "begin", _begin_immediate)
    try:
        yield
    finally:
        event.remove(connection, "begin", _begin_immediate)
        if driver.in_transaction:
            connection.rollback()
        driver.isolation_level = isolation_level
        if autocommit is not None:
            driver.autocommit = autocommit  # type: ignore[attr-defined, unused-ignore]


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _foreign_keys_off(driver: sqlite3.Connection) -> Iterator[bool]:
    were_on = _foreign_keys(driver)
    if were_on:
        driver.execute("PRAGMA foreign_keys = OFF")
        assert not _foreign_keys(driver), "foreign keys stay on"
    try:
        yield were_on
    finally:
        if were_on:
            driver.execute("PRAGMA foreign_keys = ON")


def _foreign_keys(driver: sqlite3.Connection) -> bool:
    return bool(driver.execute("PRAGMA foreign_keys").fetchone()[0])


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
    return {row[0] for row in driver.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _orphans(driver: sqlite3.Connection) -> Counter[str]:
    """Count the rows without a parent in each table.

    Counts, as names and row ids change when a table is renamed or rebuilt.
    """
    return Counter(row[0] for row in driver.execute("PRAGMA foreign_key_check"))


def _total(orphans: Counter[str], tables: set[str]) -> int:
    return sum(orphans[table] for table in tables)


def _words(broken: dict[str, int]) -> Iterator[str]:
    for table, count in sorted(broken.items()):
        lost = "1 row has lost its" if count == 1 else f"{count} rows have lost their"
        yield f'in "{table}" {lost} parent'
