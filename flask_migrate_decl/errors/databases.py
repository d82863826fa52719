"""What databases refuse."""

from __future__ import annotations

from dataclasses import dataclass

from flask_migrate_decl.errors.base import MigrateError, database_in_words, listed


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
