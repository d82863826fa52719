"""What a database needs around a migration, whichever database it is."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.databases.sqlite import guarded, is_guardable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from flask_migrate_decl.databases.sqlite_busy import SQLiteWait


@dataclass(frozen=True)
class Preparation:
    """What a prepared connection asks of the run.

    :param options: options for ``EnvironmentContext.configure()``; a project's own go before.
    :param check: to be called inside the transaction, before it is committed.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[], None] = lambda: None


@contextmanager
def prepared(connection: Connection, wait: SQLiteWait) -> Iterator[Preparation]:
    """Prepare a connection for schema changes, and give it back as it was.

    :param wait: how to wait for whoever writes to an SQLite file.
    :raises TransactionOpenError: the connection is inside a transaction already.
    """
    if not is_guardable(connection):
        yield Preparation()
        return
    with guarded(connection, wait) as check:
        yield Preparation({"transactional_ddl": True}, check)
