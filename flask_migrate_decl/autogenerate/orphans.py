"""Tables that a recreate on SQLite has left behind when it was stopped."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alembic.operations import ops
from alembic.util import PriorityDispatchResult

from flask_migrate_decl.autogenerate.declared import bind_of, declared_renames
from flask_migrate_decl.errors import database_in_words

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import MigrateOperation, UpgradeOps
    from sqlalchemy import Connection

log = logging.getLogger("flask_migrate_decl.autogenerate")

PREFIX = "_alembic_tmp_"
"""How Alembic calls a table until it takes the place of another."""


def orphaned_tables(connection: Connection, schema: str | None = None) -> list[str]:
    """Return the tables that a recreate has left behind, none where it is not SQLite."""
    if connection.dialect.name != "sqlite":
        return []
    catalog = f"{connection.dialect.identifier_preparer.quote(schema or 'main')}.sqlite_master"
    found = connection.exec_driver_sql(
        f"SELECT name FROM {catalog} WHERE type = 'table' AND name LIKE ? ESCAPE '!' ORDER BY name",
        (f"{PREFIX.replace('_', '!_')}%",),
    )
    return [str(row[0]) for row in found]


def orphan_in_words(orphan: str) -> str:
    """Say what such a table is, and what to do with it."""
    table = orphan.removeprefix(PREFIX)
    return (
        f'"{orphan}" was left behind when a migration of "{table}" was stopped, and may be the '
        f'only copy of its rows: if "{table}" has them all, drop "{orphan}"; if "{table}" is '
        f'gone, rename "{orphan}" to it'
    )


def warn_of_orphans(connection: Connection, bind: str | None) -> None:
    """Log each of them as a warning.

    :param bind: the bind key of the database.
    """
    for orphan in orphaned_tables(connection):
        log.warning("%s: %s", database_in_words(bind), orphan_in_words(orphan))


def leave_orphans_alone(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Tell of the tables that were left behind, and let no revision drop them."""
    if declared_renames(context.migration_context) is None or context.connection is None:
        return PriorityDispatchResult.CONTINUE
    orphans = set(orphaned_tables(context.connection))
    if orphans:
        warn_of_orphans(context.connection, bind_of(context.migration_context))
        upgrade_ops.ops[:] = [op for op in upgrade_ops.ops if _table_of(op) not in orphans]
    return PriorityDispatchResult.CONTINUE


def _table_of(operation: MigrateOperation) -> str | None:
    if isinstance(operation, ops.DropTableOp | ops.ModifyTableOps):
        return operation.table_name
    return None
