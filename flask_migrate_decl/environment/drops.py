"""What a generated revision drops, and how many rows go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations.ops import (
    CreateTableOp,
    DropColumnOp,
    DropTableOp,
    OpContainer,
)
from sqlalchemy import func, literal_column, select, table
from sqlalchemy.exc import SQLAlchemyError

from flask_migrate_decl.config import matches
from flask_migrate_decl.errors import MANY_ROWS, Drop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alembic.operations.ops import MigrateOperation
    from sqlalchemy import Connection, Select

    from flask_migrate_decl.renames import TableKey


def drops_in(operations: Iterable[MigrateOperation], bind: str | None) -> Iterator[Drop]:
    """Find the tables and columns that operations drop, without the numbers of rows."""
    for operation in flat(operations):
        if isinstance(operation, DropTableOp):
            yield Drop(bind, operation.schema, operation.table_name)
        elif isinstance(operation, DropColumnOp):
            yield Drop(bind, operation.schema, operation.table_name, operation.column_name)


def new_tables_in(operations: Iterable[MigrateOperation]) -> int:
    """Return how many tables operations create."""
    return sum(isinstance(operation, CreateTableOp) for operation in flat(operations))


def flat(operations: Iterable[MigrateOperation]) -> Iterator[MigrateOperation]:
    """Give operations, and those in them, in their order."""
    for operation in operations:
        if isinstance(operation, OpContainer):
            yield from flat(operation.ops)
        else:
            yield operation


def is_allowed(drop: Drop, patterns: Sequence[str], default_schema: str | None) -> bool:
    """Tell whether a pattern means what is dropped; that of the default schema may name it."""
    name = (drop.table,) if drop.column is None else (drop.table, drop.column)
    names = [name] if drop.schema in (None, default_schema) else []
    if schema := drop.schema or default_schema:
        names.append((schema, *name))
    return any(matches(pattern, name) for pattern in patterns for name in names)


def number_of_rows(connection: Connection, key: TableKey) -> int | None:
    """Count a table's rows, up to one more than ``MANY_ROWS``; ``None`` where it can't be done."""
    schema, name = key
    ones: Select[tuple[Any]] = select(literal_column("1").label("one"))
    some = ones.select_from(table(name, schema=schema)).limit(MANY_ROWS + 1).subquery()
    try:
        with connection.begin_nested():
            return connection.scalar(select(func.count()).select_from(some))
    except SQLAlchemyError:
        return None
