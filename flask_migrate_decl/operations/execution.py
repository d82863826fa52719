"""How renames are carried out where one statement is not all there is to it."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from alembic.operations import Operations
from alembic.util import CommandError
from sqlalchemy import inspect, text

from flask_migrate_decl.operations import statements
from flask_migrate_decl.operations.directives import (
    RenameConstraintOp,
    RenameEnumOp,
    RenameEnumValueOp,
    RenameIndexOp,
    RenameOp,
    RenameSchemaOp,
    RenameSequenceOp,
    SetTableSchemaOp,
)
from flask_migrate_decl.operations.restated import ReplaceConstraint
from flask_migrate_decl.operations.statements import MYSQL_FAMILY

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NAME = r"""(?:"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[^\s.(]+)"""
_CREATE_INDEX = re.compile(
    rf"(?P<create>\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:{_NAME}\.)?){_NAME}(?P<rest>\s+ON\b.*)",
    re.IGNORECASE | re.DOTALL,
)

log = logging.getLogger("flask_migrate_decl.operations")


@Operations.implementation_for(RenameSchemaOp)
@Operations.implementation_for(SetTableSchemaOp)
@Operations.implementation_for(RenameEnumValueOp)
def _rename(operations: Operations, operation: RenameOp) -> None:
    """Rename by the database's own statement."""
    context = operations.migration_context
    if not statements.has_statement(context.dialect.name, operation.kind):
        raise CommandError(
            f'the {operation.kind} "{operation.old}" can\'t become "{operation.new}", as '
            f"{context.dialect.name} has no statement for that"
        )
    context.impl.execute(operation.statement())


@Operations.implementation_for(RenameEnumOp)
@Operations.implementation_for(RenameSequenceOp)
def _rename_if_there(operations: Operations, operation: RenameOp) -> None:
    """Rename where the database has such things at all; a column is of its own kind elsewhere."""
    dialect = operations.migration_context.dialect.name
    if not statements.has_statement(dialect, operation.kind):
        return
    if dialect == "oracle" and operation.schema:
        # Its RENAME would take a thing of that name in one's own schema.
        raise CommandError(f'Oracle can\'t rename "{operation.old}" in another schema')
    _rename(operations, operation)


@Operations.implementation_for(RenameIndexOp)
def _rename_index(operations: Operations, operation: RenameIndexOp) -> None:
    context = operations.migration_context
    if context.dialect.name != "sqlite":
        _rename(operations, operation)
        return
    if context.as_sql or context.connection is None:
        raise CommandError(
            f'SQLite makes the index "{operation.old}" anew under another name, from a statement '
            "that only the database knows; it can't be done in --sql mode"
        )
    create = _statement_of_index(context.connection, operation)
    quote = context.dialect.identifier_preparer.quote
    context.impl.execute(text(f"DROP INDEX {_escaped(quote(operation.old))}"))
    context.impl.execute(text(_escaped(create)))


def _statement_of_index(connection: Connection, operation: RenameIndexOp) -> str:
    """Return the statement that made an index, with its new name."""
    found = connection.execute(
        text("SELECT sql FROM sqlite_master WHERE type = 'index' AND lower(name) = lower(:name)"),
        {"name": operation.old},
    ).scalar()
    match = _CREATE_INDEX.fullmatch(found or "")
    if match is None:
        raise CommandError(f'there is no index "{operation.old}" that could be renamed')
    quote = connection.dialect.identifier_preparer.quote
    return f"{match['create']}{quote(operation.new)}{match['rest']}"


def _escaped(sql: str) -> str:
    """Keep colons from being taken for parameters."""
    return sql.replace(":", "\\:")


@Operations.implementation_for(RenameConstraintOp)
def _rename_constraint(operations: Operations, operation: RenameConstraintOp) -> None:
    context = operations.migration_context
    dialect = context.dialect.name
    if dialect == "sqlite":
        log.warning(
            'SQLite can\'t rename a constraint: "%s" of "%s" keeps its name',
            operation.old,
            operation.table,
        )
    elif dialect in MYSQL_FAMILY and operation.type_ in ("foreignkey", "check"):
        context.impl.execute(_replacement(operations, operation))
    elif dialect not in MYSQL_FAMILY or operation.type_ != "primary":
        # The primary key of MySQL and MariaDB has no name.
        _rename(operations, operation)


def _replacement(operations: Operations, operation: RenameConstraintOp) -> ReplaceConstraint:
    """Restate a foreign key or a check of MySQL or MariaDB, which can't rename it."""
    context = operations.migration_context
    if context.as_sql or context.connection is None:
        raise CommandError(
            f'{context.dialect.name} restates the constraint "{operation.old}" under another name, '
            "for which the database has to be asked; it can't be done in --sql mode"
        )
    inspector = inspect(context.connection)
    table, schema = operation.table, operation.schema
    if operation.type_ == "check":
        found = inspector.get_check_constraints(table, schema)
    else:
        found = inspector.get_foreign_keys(table, schema)  # type: ignore[assignment]
    for constraint in found:
        if constraint["name"] == operation.old:
            return ReplaceConstraint(operation, constraint)
    raise CommandError(f'"{table}" has no constraint "{operation.old}" that could be renamed')
