"""How long the statements of a migration may wait and work.

The limits are those of the migration's session, which ends with it: the connection leaves its pool.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
https://mariadb.com/kb/en/server-system-variables/#lock_wait_timeout
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from flask_migrate_decl.config import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

    from flask_migrate_decl.config import TimeoutOptions

log = logging.getLogger("flask_migrate_decl.databases")

_LOCK_NOT_AVAILABLE = "55P03"
_LOCK_WAIT_TIMEOUT = 1205


def limit_session(connection: Connection, timeouts: TimeoutOptions) -> None:
    """Set the limits of a session, which is not given back to its pool.

    :param connection: one that is in no transaction yet.
    """
    statements = tuple(_statements(connection, timeouts))
    if not statements:
        return
    _detach(connection)
    with connection.begin():
        for statement in statements:
            connection.exec_driver_sql(statement)


def _detach(connection: Connection) -> None:
    """Take a connection out of its pool, and let ``autocommit_block()`` work on it all the same."""
    connection.detach()
    if not event.contains(connection, "set_connection_execution_options", _set_isolation_level):
        event.listen(connection, "set_connection_execution_options", _set_isolation_level)


def _set_isolation_level(connection: Connection, options: dict[str, Any]) -> None:
    """Set the level ourselves: SQLAlchemy fails as it leaves it to the pool to set it back."""
    level = options.pop("isolation_level", None)
    driver = connection.connection.dbapi_connection
    if level is not None and driver is not None:
        connection.dialect.set_isolation_level(driver, level)


def _statements(connection: Connection, timeouts: TimeoutOptions) -> Iterator[str]:
    dialect = connection.dialect.name
    lock = None if timeouts.lock is None else seconds(timeouts.lock)
    statement = None if timeouts.statement is None else seconds(timeouts.statement)
    if dialect == "postgresql":
        if lock is not None:
            yield f"SET lock_timeout = {math.ceil(lock * 1000)}"
        if statement is not None:
            yield f"SET statement_timeout = {math.ceil(statement * 1000)}"
    elif dialect in ("mysql", "mariadb"):
        if lock is not None:
            yield f"SET SESSION lock_wait_timeout = {math.ceil(lock)}"
            yield f"SET SESSION innodb_lock_wait_timeout = {math.ceil(lock)}"
        if statement is not None and getattr(connection.dialect, "is_mariadb", False):
            yield f"SET SESSION max_statement_time = {statement:.3f}"
        elif statement is not None:
            log.warning("timeouts.statement has no effect: MySQL limits nothing but SELECT")


def is_lock_timeout(error: DBAPIError) -> bool:
    """Tell whether a statement has waited for a lock for as long as it may."""
    cause = error.orig
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if state == _LOCK_NOT_AVAILABLE:
        return True
    arguments: tuple[object, ...] = getattr(cause, "args", ())
    return arguments[:1] == (_LOCK_WAIT_TIMEOUT,)
