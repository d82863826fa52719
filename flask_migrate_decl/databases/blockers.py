"""Who holds what a migration waits for."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from flask_migrate_decl.databases.locks import own_connection
from flask_migrate_decl.databases.time_limits import is_lock_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, TextClause

    from flask_migrate_decl.databases.binds import Bind

_PID = text("SELECT pg_backend_pid()")
_BLOCKING = text(
    "SELECT pid, coalesce(usename, '?'), coalesce(application_name, ''), coalesce(state, '')"
    " FROM unnest(pg_blocking_pids(:pid)) AS blocking(pid) LEFT JOIN pg_stat_activity USING (pid)"
)
_OPEN = text(
    "SELECT DISTINCT p.id, p.user, p.host, p.command FROM information_schema.innodb_trx AS t"
    " JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id"
    " WHERE p.db = DATABASE() AND p.id <> :own ORDER BY p.id"
)


@contextmanager
def blockers_noted(
    bind: Bind, connection: Connection, limit: float, note: Callable[[str], None]
) -> Iterator[None]:
    """Find out who is in the way where a statement waits for too long.

    :param limit: how long it may wait, in seconds.
    :param note: is told who it was, in words; with an empty text where that can't be told.
    """
    if connection.dialect.name == "postgresql":
        noted = _noted_on_postgresql(bind, connection, limit, note)
    else:
        noted = _noted_on_mariadb(bind, connection, note)
    with noted:
        yield


@dataclass
class _Watch:
    """A thread that asks again and again: once the statement has given up, nobody can tell."""

    connection: Connection
    pid: int
    interval: float
    seen: str = ""
    _is_over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> _Watch:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        # What it can't find out is left unsaid: the migration itself goes on.
        with suppress(DBAPIError):
            while not self._is_over.wait(self.interval):
                self.seen = _found(self.connection, _BLOCKING, pid=self.pid) or self.seen


@contextmanager
def _noted_on_postgresql(
    bind: Bind, connection: Connection, limit: float, note: Callable[[str], None]
) -> Iterator[None]:
    with connection.begin():
        pid = connection.scalar(_PID)
    assert isinstance(pid, int)
    with own_connection(bind) as other:
        watch = _Watch(other, pid, min(max(limit / 5, 0.02), 1.0))
        with watch:
            try:
                yield
            except DBAPIError as error:
                if is_lock_timeout(error):
                    note(watch.seen)
                raise


@contextmanager
def _noted_on_mariadb(
    bind: Bind, connection: Connection, note: Callable[[str], None]
) -> Iterator[None]:
    """Name the sessions with an open transaction: what they hold, MariaDB does not tell."""
    with connection.begin():
        own = connection.scalar(text("SELECT CONNECTION_ID()"))
    try:
        yield
    except DBAPIError as error:
        if is_lock_timeout(error):
            note("")
            # Only who may see other users' transactions is told.
            with suppress(DBAPIError), own_connection(bind) as other:
                note(_found(other, _OPEN, own=own))
        raise


def _found(connection: Connection, query: TextClause, **parameters: object) -> str:
    return ", ".join(_words(*row) for row in connection.execute(query, parameters))


def _words(number: int, user: str, origin: str, state: str) -> str:
    return f"the session {number} of {user} ({', '.join(filter(None, (origin, state)))})"
