"""One run at a time on a database, by a lock of the database's own.

PostgreSQL's advisory lock is polled: a session that *waits* in ``pg_advisory_lock`` would hold up
``CREATE INDEX CONCURRENTLY`` in the run that has the lock. It belongs to a session of its own, as
does ``GET_LOCK`` of MariaDB and MySQL, which outlives the commits of schema changes: both go with
that session, however it ends. SQLite's lock is that of the transaction; see ``sqlite.py``.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
https://mariadb.com/kb/en/get_lock/
"""

from __future__ import annotations

import hashlib
import logging
import os
import socket
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from flask_migrate_decl.config import seconds
from flask_migrate_decl.databases.patience import Patience
from flask_migrate_decl.errors import LockLostError, LockTimeoutError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from flask_migrate_decl.config import LockOptions
    from flask_migrate_decl.databases.binds import Bind

log = logging.getLogger("flask_migrate_decl.databases")

_NAME = "flask_migrate_decl"
_KEY = int.from_bytes(hashlib.sha256(_NAME.encode()).digest()[:8], "big", signed=True)


class _Kind(Protocol):
    """How one kind of database locks; what is passed and returned is the session's."""

    def prepare(self, connection: Connection) -> None: ...
    def session(self, connection: Connection) -> object: ...
    def take(self, connection: Connection) -> bool: ...
    def holder(self, connection: Connection) -> str: ...
    def is_held(self, connection: Connection) -> bool: ...
    def release(self, connection: Connection) -> None: ...


class _PostgreSQL:
    _SET_NAME = text("SELECT set_config('application_name', :name, false)")
    _TAKE = text("SELECT pg_try_advisory_lock(:key)")
    _RELEASE = text("SELECT pg_advisory_unlock(:key)")
    _OF_KEY = (
        "locktype = 'advisory' AND objsubid = 1 AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND classid::bigint = (:key >> 32) & 4294967295 AND objid::bigint = :key & 4294967295"
    )
    _HOLDER = text(
        "SELECT pid, coalesce(usename, '?'), coalesce(application_name, '')"
        f" FROM pg_locks LEFT JOIN pg_stat_activity USING (pid) WHERE {_OF_KEY}"
    )
    _IS_HELD = text(f"SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND {_OF_KEY}")

    def prepare(self, connection: Connection) -> None:
        """Say whose session it is, and keep the server from ending it while it is idle."""
        name = f"flask db on {socket.gethostname()[:30]}, process {os.getpid()}"
        connection.execute(
            text("SELECT set_config('application_name', :name, false)"), {"name": name}
        )
        if (connection.dialect.server_version_info or (0,)) >= (14,):
            connection.exec_driver_sql("SET idle_session_timeout = 0")

    def session(self, connection: Connection) -> object:
        return connection.scalar(text("SELECT pg_backend_pid()"))

    def take(self, connection: Connection) -> bool:
        return bool(connection.scalar(self._TAKE, {"key": _KEY}))

    def holder(self, connection: Connection) -> str:
        found = connection.execute(self._HOLDER, {"key": _KEY}).first()
        if found is None:
            return ""
        pid, user, name = found
        return f"the session {pid} of {user}" + (f" ({name})" if name else "")

    def is_held(self, connection: Connection) -> bool:
        return bool(connection.scalar(self._IS_HELD, {"key": _KEY}))

    def release(self, connection: Connection) -> None:
        connection.execute(self._RELEASE, {"key": _KEY})


class _MariaDB:
    """MariaDB and MySQL, where a lock's name is the whole server's."""

    _LOCK = f"CONCAT('{_NAME}_', SHA1(COALESCE(DATABASE(), '')))"
    """It may have 64 characters."""
    _TAKE = text(f"SELECT GET_LOCK({_LOCK}, 0)")
    _RELEASE = text(f"SELECT RELEASE_LOCK({_LOCK})")
    _USED_BY = text(f"SELECT IS_USED_LOCK({_LOCK})")
    _IS_USED_HERE = text(f"SELECT IS_USED_LOCK({_LOCK}) = CONNECTION_ID()")
    _SESSION = text("SELECT CONNECTION_ID()")
    _HOLDER = text("SELECT user, host FROM information_schema.processlist WHERE id = :id")
    _LONGEST_IDLE = 31_536_000

    def prepare(self, connection: Connection) -> None:
        """Keep the server from ending the session while it is idle."""
        connection.exec_driver_sql(f"SET SESSION wait_timeout = {self._LONGEST_IDLE}")

    def session(self, connection: Connection) -> object:
        return connection.scalar(self._SESSION)

    def take(self, connection: Connection) -> bool:
        return bool(connection.scalar(self._TAKE))

    def holder(self, connection: Connection) -> str:
        session = connection.scalar(self._USED_BY)
        if session is None:
            return ""
        # Only who may see other users' processes is told whose it is.
        found = connection.execute(self._HOLDER, {"id": session}).first()
        return f"the session {session}" + (f" of {found[0]} from {found[1]}" if found else "")

    def is_held(self, connection: Connection) -> bool:
        return bool(connection.scalar(self._IS_USED_HERE))

    def release(self, connection: Connection) -> None:
        connection.execute(self._RELEASE)


_KINDS: dict[str, _Kind] = {
    "postgresql": _PostgreSQL(),
    "mysql": _MariaDB(),
    "mariadb": _MariaDB(),
}


@dataclass(frozen=True)
class _Held:
    """A lock that is held."""

    bind: Bind
    kind: _Kind
    connection: Connection
    session: object

    def verify(self) -> None:
        try:
            is_held = self.kind.is_held(self.connection)
            is_same = self.kind.session(self.connection) == self.session
        except SQLAlchemyError as error:
            reason = "its session has ended"
            raise LockLostError(self.bind.key, reason) from error
        if not is_held or not is_same:
            raise LockLostError(self.bind.key, "its session is another one")


@dataclass
class Locks:
    """The locks of one run, held until it ends. Two binds of one database share theirs.

    It is a context manager, and may be entered again by what runs inside.
    """

    _held: dict[tuple[object, ...], _Held] = field(default_factory=dict)
    _opened: ExitStack = field(default_factory=ExitStack)
    _depth: int = 0

    def __enter__(self) -> Locks:
        self._depth += 1
        return self

    def __exit__(self, *_error: object) -> None:
        """Release all."""
        self._depth -= 1
        if self._depth == 0:
            self._held.clear()
            self._opened.close()

    def take(self, bind: Bind, options: LockOptions) -> None:
        """Keep other runs from a database, where that is not done already.

        :raises LockTimeoutError: another run has held the lock for too long.
        :raises SQLAlchemyError: the database can't be asked.
        """
        kind = _KINDS.get(bind.engine.dialect.name)
        if kind is None or not options.enabled or self.keeps_others_from(bind):
            return
        connection = self._opened.enter_context(own_connection(bind))
        kind.prepare(connection)
        _wait(kind, connection, bind, options)
        self._opened.callback(_release, kind, connection)
        self._held[bind.migrated_place] = _Held(bind, kind, connection, kind.session(connection))

    def keeps_others_from(self, bind: Bind) -> bool:
        """Tell whether the lock of a database is held."""
        return bind.migrated_place in self._held

    def verify(self, bind: Bind) -> None:
        """Find out that nothing keeps another run from a database any more.

        :raises LockLostError: the lock's session has ended.
        """
        if held := self._held.get(bind.migrated_place):
            held.verify()


def _release(kind: _Kind, connection: Connection) -> None:
    # With a connection that is lost, the lock has gone.
    with suppress(SQLAlchemyError):
        kind.release(connection)


@contextmanager
def closed_if_invalid(connection: Connection) -> Iterator[None]:
    """Close a connection that is given up, such as by an interrupt.

    SQLAlchemy only forgets one that is detached from its pool, and with it go neither its locks nor
    its transaction.
    """
    driver = connection.connection.dbapi_connection
    try:
        yield
    finally:
        if connection.invalidated and driver is not None:
            with suppress(Exception):
                driver.close()


@contextmanager
def own_connection(bind: Bind) -> Iterator[Connection]:
    """Connect as the app does, and apart from its pool, which may have one connection only."""
    with bind.connect() as pooled, closed_if_invalid(pooled):
        connection = pooled.execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        yield connection


def _wait(kind: _Kind, connection: Connection, bind: Bind, options: LockOptions) -> None:
    patience = Patience(seconds(options.timeout))
    told = None
    while not kind.take(connection):
        holder = kind.holder(connection)
        if not patience.pause():
            raise LockTimeoutError(bind.key, options.timeout, holder)
        if holder and holder != told:
            log.warning("waiting for %s, whose lock %s holds", bind.words, holder)
            told = holder
