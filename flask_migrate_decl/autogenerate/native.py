"""Renames on MySQL and MariaDB, where Alembic would restate the whole column.

``CHANGE COLUMN`` loses what it does not repeat: NOT NULL, the default, the comment, the collation,
AUTO_INCREMENT, ON UPDATE, checks. ``RENAME COLUMN`` (MySQL 8.0, MariaDB 10.5.2) loses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.ddl.base import AlterTable, alter_table
from alembic.operations import Operations, ops, toimpl
from sqlalchemy import inspect
from sqlalchemy.ext.compiler import compiles

from flask_migrate_decl.autogenerate.corrections import (
    index_follows_column,
)
from flask_migrate_decl.autogenerate.declared import declared_renames
from flask_migrate_decl.autogenerate.operations import table_operations
from flask_migrate_decl.errors import IndexStaysBehindError
from flask_migrate_decl.operations.statements import MYSQL_FAMILY
from flask_migrate_decl.renames import Kind

if TYPE_CHECKING:
    from alembic.operations.ops import UpgradeOps
    from sqlalchemy.sql.compiler import DDLCompiler

    from flask_migrate_decl.renames import RenamePlan

_NATIVE_SINCE = {True: (10, 5, 2), False: (8, 0)}
"""The first version that has ``RENAME COLUMN``: of MariaDB, and of MySQL."""


class RenameColumn(AlterTable):
    """``ALTER TABLE … RENAME COLUMN …``, with an index that bears the column's name."""

    inherit_cache = False

    def __init__(
        self, table: str, old: str, new: str, *, schema: str | None, rename_index: str
    ) -> None:
        super().__init__(table, schema=schema)
        self.old = old
        self.new = new
        self.rename_index = rename_index


@compiles(RenameColumn)  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _compile_rename_column(element: RenameColumn, compiler: DDLCompiler, **_kw: object) -> str:
    table = alter_table(compiler, element.table_name, element.schema)
    old, new = compiler.preparer.quote(element.old), compiler.preparer.quote(element.new)
    index = f", {element.rename_index} {old} TO {new}" if element.rename_index else ""
    return f"{table} RENAME COLUMN {old} TO {new}{index}"


def register() -> None:
    """Let ``op.alter_column`` carry a pure rename out natively, in runs of this package.

    Every other call, and every other user of Alembic in the process, gets Alembic's own.
    """
    Operations.implementation_for(ops.AlterColumnOp, replace=True)(_alter_column)


def _alter_column(operations: Operations, operation: ops.AlterColumnOp) -> None:
    ours = declared_renames(operations.migration_context) is not None
    if not (ours and _is_pure_rename(operation) and _renames_natively(operations)):
        toimpl.alter_column(operations, operation)
        return
    table, old, new = operation.table_name, operation.column_name, operation.modify_name
    assert new is not None
    operations.migration_context.impl.execute(
        RenameColumn(
            table,
            old,
            new,
            schema=operation.schema,
            rename_index=_rename_index_clause(operations, operation),
        )
    )


def _is_pure_rename(operation: ops.AlterColumnOp) -> bool:
    return (
        operation.modify_name is not None
        and operation.modify_type is None
        and operation.modify_nullable is None
        and operation.modify_server_default is False
        and operation.modify_comment is False
        and not {key for key in operation.kw if not key.startswith("existing_")}
    )


def _renames_natively(operations: Operations) -> bool:
    """Tell whether this is a server with ``RENAME COLUMN``; SQL for a file is for such a one."""
    context = operations.migration_context
    dialect = context.dialect
    if dialect.name not in MYSQL_FAMILY:
        return False
    is_mariadb = bool(getattr(dialect, "is_mariadb", False))
    version = getattr(dialect, "server_version_info", None)
    return context.as_sql or (version is not None and version >= _NATIVE_SINCE[is_mariadb])


def _rename_index_clause(operations: Operations, operation: ops.AlterColumnOp) -> str:
    """Return what renames the index that the server made for an unnamed foreign key.

    SQL for a file can't know whether there is one; MariaDB lets it say so.
    """
    context = operations.migration_context
    if context.connection is None or context.as_sql:
        return "RENAME INDEX IF EXISTS" if context.dialect.name == "mariadb" else ""
    indexes = inspect(context.connection).get_indexes(operation.table_name, operation.schema)
    names = {operation.column_name: str(operation.modify_name)}
    follows = any(index_follows_column(index, indexes, names) for index in indexes)
    return "RENAME INDEX" if follows else ""


def order_index_changes(dialect: str, upgrade_ops: UpgradeOps, plan: RenamePlan) -> None:
    """Make an index before its predecessor is dropped, in tables that the plan touches.

    MySQL and MariaDB refuse to drop an index that a foreign key needs; once another one on the
    same columns is there, they don't. In the downgrade the order is mirrored, and holds too.

    :raises IndexStaysBehindError: the server would refuse the drop all the same.
    """
    if dialect not in MYSQL_FAMILY:
        return
    _refuse_indexes_that_stay_behind(upgrade_ops, plan)
    for operation in upgrade_ops.ops:
        if not isinstance(operation, ops.ModifyTableOps):
            continue
        if (operation.schema, operation.table_name) in plan.touched_tables:
            operation.ops[:] = _creations_before_drops(operation.ops)


def _refuse_indexes_that_stay_behind(upgrade_ops: UpgradeOps, plan: RenamePlan) -> None:
    """Stop where Alembic would drop the index of a renamed foreign key, which the server refuses.

    By then the rename would be done, and could not be rolled back.
    """
    renamed = {
        (move.schema, move.owner, move.old): move.new
        for move in plan.moves
        if move.kind is Kind.COLUMN
    }
    for table, drop in table_operations(upgrade_ops, ops.DropIndexOp):
        new = renamed.get((table.schema, table.table_name, str(drop.index_name)))
        if new is not None:
            raise IndexStaysBehindError(table.table_name, str(drop.index_name), new)


def _creations_before_drops(operations: list[ops.MigrateOperation]) -> list[ops.MigrateOperation]:
    """Move the creation of indexes before the drop of indexes of other names."""
    drops = [op for op in operations if isinstance(op, ops.DropIndexOp)]
    if not drops:
        return operations
    dropped = {op.index_name for op in drops}
    early = [
        op
        for op in operations
        if isinstance(op, ops.CreateIndexOp) and op.index_name not in dropped
    ]
    others = [op for op in operations if op not in early]
    first_drop = others.index(drops[0])
    return [*others[:first_drop], *early, *others[first_drop:]]
