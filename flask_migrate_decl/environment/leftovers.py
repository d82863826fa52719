"""What an earlier run has left in a database, told before the next one begins."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from flask_migrate_decl.autogenerate import warn_of_orphans
from flask_migrate_decl.databases import has_no_transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from flask_migrate_decl.databases import Bind


def tell_of_orphans(connection: Connection, bind: Bind) -> None:
    """Tell of the tables that a recreate on SQLite has left behind.

    A transaction that somebody else has opened on the connection is left to the run to refuse,
    and one that somebody else has locked to the run to wait for.
    """
    if has_no_transaction(connection):
        with suppress(OperationalError), connection.begin():
            warn_of_orphans(connection, bind.key)


def look_for_orphans(bind: Bind) -> None:
    """Do the same for a project's own ``env.py``, which connects by itself."""
    if bind.engine.dialect.name == "sqlite" and bind.missing_file is None:
        with bind.connect() as connection:
            tell_of_orphans(connection, bind)
