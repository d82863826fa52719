"""What databases refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.errors.base import MigrateError, database_in_words, listed

if TYPE_CHECKING:
    from pathlib import Path


class DatabaseError(MigrateError):
    """A database could not be used."""


@dataclass(eq=False)
class StatementFailedError(DatabaseError):
    """The database refused a statement or a connection. Parameters are left out on purpose."""

    message: str
    statement: str | None

    def __str__(self) -> str:
        statement = f"\n  {self.statement.strip()}" if self.statement else ""
        return f"the database says: {self.message}{statement}"


@dataclass(eq=False)
class ConnectionFailedError(StatementFailedError):
    """There was no connection to a database.

    :param bind: the bind key, ``None`` for the default database.
    """

    bind: str | None

    def __str__(self) -> str:
        return f"{database_in_words(self.bind)} can't be reached: {self.message}"


@dataclass(eq=False)
class MigrationUrlError(DatabaseError):
    """An environment variable does not hold the URL that a database is migrated by.

    :param bind: the bind key, ``None`` for the default database.
    """

    bind: str | None
    variable: str
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.variable}, from which {database_in_words(self.bind)} takes its URL for "
            f"migrations, {self.reason}"
        )


@dataclass(eq=False)
class TransactionOpenError(DatabaseError):
    """The SQLite connection is inside a transaction, where foreign keys can't be switched off."""

    database: str

    def __str__(self) -> str:
        return (
            f"another transaction is open on the same connection to {self.database}; commit it "
            "or roll it back first, as a migration needs a transaction of its own"
        )


@dataclass(eq=False)
class ForeignKeysBrokenError(DatabaseError):
    """A migration left rows without their parents; it was rolled back.

    :param violations: lines such as ``in "post" 1 row has lost its parent``.
    """

    database: str
    violations: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.database} was rolled back, as the migration broke foreign keys:"
            f"{listed(self.violations)}"
        )


@dataclass(eq=False)
class LockTimeoutError(DatabaseError):
    """Another run was at work on the database for longer than this one may wait.

    :param bind: the bind key, ``None`` for the default database.
    :param timeout: how long it has waited, as the section says it.
    :param holder: who has the lock, as far as the database tells.
    """

    bind: str | None
    timeout: float | str
    holder: str

    def __str__(self) -> str:
        waited = f"{self.timeout} s" if isinstance(self.timeout, int | float) else self.timeout
        holder = f" Its lock is held by {self.holder}." if self.holder else ""
        return (
            f"{database_in_words(self.bind)} is in use by another run, and lock.timeout, which is "
            f"{waited}, is over.{holder}\n"
            "Run it again when that one has ended, or raise lock.timeout."
        )


@dataclass(eq=False)
class LockLostError(DatabaseError):
    """The lock that keeps other runs from a database has gone in the middle of a run.

    :param bind: the bind key, ``None`` for the default database.
    """

    bind: str | None
    reason: str

    def __str__(self) -> str:
        return (
            f"the lock on {database_in_words(self.bind)} is lost, and another run may have begun: "
            f"{self.reason}\n"
            "It needs a session of its own for the whole run. Behind PgBouncer in transaction or "
            "statement mode, or another proxy that shares sessions, give migrations a URL that "
            "leads to the server itself, with url_env; where that can't be, set "
            "lock.enabled = false and see to it that one run at a time is started."
        )


@dataclass(eq=False)
class BlockedError(DatabaseError):
    """A table was in use by somebody else each time that a revision was tried.

    :param bind: the bind key, ``None`` for the default database.
    :param tries: how often it was tried.
    :param blockers: who was in the way at last, as far as the database tells.
    """

    bind: str | None
    revision: str | None
    statement: str | None
    tries: int
    blockers: str

    def __str__(self) -> str:
        statement = f"\n  {self.statement.strip()}" if self.statement else ""
        times = "once" if self.tries == 1 else f"{self.tries} times"
        blockers = f" In its way: {self.blockers}." if self.blockers else ""
        return (
            f"the revision {self.revision} was tried {times} on {database_in_words(self.bind)} and "
            "rolled back: each time a statement has waited for a lock for longer than "
            f"timeouts.lock lets it.{blockers}{statement}\n"
            "Run it again when that is over, or raise timeouts.lock or timeouts.retries."
        )


@dataclass(eq=False)
class BackupFailedError(DatabaseError):
    """An SQLite file could not be copied before a run.

    :param bind: the bind key, ``None`` for the default database.
    """

    bind: str | None
    path: Path
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.path} could not be copied, and nothing was run on "
            f"{database_in_words(self.bind)}: {self.reason}\n"
            "Make room for a copy beside it, or set sqlite.backup = false."
        )


@dataclass(eq=False)
class NotCopiedError(DatabaseError):
    """The statements for an SQLite database can't be tried on an empty copy of it.

    :param bind: the bind key, ``None`` for the default database.
    """

    bind: str | None
    reason: str

    def __str__(self) -> str:
        return (
            f"{database_in_words(self.bind)} has something that an empty copy can't have: "
            f"{self.reason}\n"
            "Rehearse it instead, which runs everything on the database itself and rolls it back: "
            "flask db upgrade --rehearse"
        )
