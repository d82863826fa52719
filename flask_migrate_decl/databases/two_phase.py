"""Whether databases can commit in two phases.

PostgreSQL can, where its server has it switched on:
https://www.postgresql.org/docs/current/sql-prepare-transaction.html. The XA transactions of MariaDB
and MySQL take no schema changes, and SQLite has none at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from flask_migrate_decl.errors import PreparedTransactionsError, TwoPhaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flask_migrate_decl.databases.binds import Bind

_LIMIT = text("SHOW max_prepared_transactions")
_PREPARED = text(
    "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() "
    "AND starts_with(gid, :prefix) ORDER BY gid"
)


def verify_two_phase(binds: Iterable[Bind], prefix: str) -> None:
    """Find out before a run that its databases can't commit in two phases.

    :param prefix: how the identifiers of our transactions begin.
    :raises TwoPhaseUnavailableError: one can't.
    :raises PreparedTransactionsError: an earlier run is not over.
    """
    binds = tuple(binds)
    problems = tuple(filter(None, map(_problem, binds)))
    if problems:
        raise TwoPhaseUnavailableError(problems)
    left = tuple(line for bind in binds for line in _left(bind, prefix))
    if left:
        raise PreparedTransactionsError(left)


def _problem(bind: Bind) -> str:
    if bind.engine.dialect.name != "postgresql":
        return f"{bind.words} is on {bind.engine.dialect.name}, which can't prepare schema changes"
    with bind.engine.connect() as connection:
        if int(connection.scalar(_LIMIT) or 0) > 0:
            return ""
    return (
        f"the server of {bind.words} has max_prepared_transactions = 0: set it there, at least to 1"
    )


def _left(bind: Bind, prefix: str) -> Iterator[str]:
    with bind.engine.connect() as connection:
        for identifier in connection.scalars(_PREPARED, {"prefix": prefix}):
            statements = [f"{word} PREPARED '{identifier}'" for word in ("COMMIT", "ROLLBACK")]
            yield f"in {bind.words}: {' or '.join(statements)}"
