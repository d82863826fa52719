"""How long the statements of a migration may wait and work.

The limits are those of the migration's session, which ends with it: the connection leaves its pool.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
https://mariadb.com/kb/en/server-system-variables/#lock_wait_timeout
"""

from __future__ import annotations

import logging
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from flask_migrate_decl.config import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

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
    event.listen(connection, "set_connection_execution_options", _set_isolation_level)


def _set_isolation_level(connection: Connection, options: dict[str, Any]) -> None:
    """Set the level ourselves: SQLAlchemy fails as it leaves it to the pool to set it back."""
    level = options.pop("isolation_level", None)
    driver = connection.connection.dbapi_connection
    if level is not None and driver is not None:
        connection.dialect.set_isolation_level(driver, level)


_CHECK_CLIENT = (
    "SELECT set_config('client_connection_check_interval', '500', false)"
    " WHERE current_setting('client_connection_check_interval', true) = '0'"
)
"""Half of ``deadlock_timeout``'s default: who waits for what is left is not in a deadlock first."""


def end_with_client(connection: Connection) -> None:
    """Let the server end a statement of the session's soon after the process was killed.

    By default PostgreSQL goes on with it, and an index that is built concurrently ends in a
    deadlock with the next run, which has the lock and drops what is left of it. The setting stays
    in a connection that is given back to its pool, where it does no harm.

    https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL

    :param connection: one that is in no transaction yet.
    """
    if connection.dialect.name != "postgresql":
        return
    # Some systems of a server can't, and PostgreSQL before 14 does not know of it.
    with suppress(DBAPIError), connection.begin():
        connection.exec_driver_sql(_CHECK_CLIENT)


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
