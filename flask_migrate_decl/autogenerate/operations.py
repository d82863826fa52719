"""Rename operations: Alembic's own, with the renderer, reverse and diff that they lack."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, TypeVar

from alembic.autogenerate import renderers
from alembic.operations import ops
from sqlalchemy import DefaultClause, TextClause

from flask_migrate_decl.autogenerate.corrections import ticked
from flask_migrate_decl.operations.statements import MYSQL_FAMILY

Op = TypeVar("Op", bound=ops.MigrateOperation)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from sqlalchemy import Column

    from flask_migrate_decl.renames import Step

_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w)|\\(?=:\w)")
"""What SQLAlchemy's ``text()`` takes for a parameter, or for the escape of one."""
_ESCAPED = r"\\\g<0>"
_INDENT = " " * 11
"""How far Alembic indents the arguments of ``alter_column``."""


class RenameTableOp(ops.RenameTableOp):
    """A declared rename of a table; it renders as ``op.rename_table``.

    :ivar record: lines that a script shows before the operation, as comments.
    """

    record: tuple[str, ...] = ()

    @classmethod
    def of_step(cls, step: Step) -> RenameTableOp:
        """Make the operation that carries a step out."""
        return cls(step.old, step.new, schema=step.schema)

    def reverse(self) -> RenameTableOp:
        """Return the operation that gives the old name back."""
        return RenameTableOp(self.new_table_name, self.table_name, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return ``("rename_table", schema, old, new)``."""
        return ("rename_table", self.schema, self.table_name, self.new_table_name)


class RenameColumnOp(ops.AlterColumnOp):
    """A declared rename of a column; it renders as ``op.alter_column(…, new_column_name=…)``.

    Everything the column has is repeated as ``existing_*``: under plain Alembic, MySQL and
    MariaDB drop what is not.

    :param existing_autoincrement: the column is MySQL's AUTO_INCREMENT column.
    :param is_restatable: Alembic has words for all that the column has. For a generated one, and
        for one with a check of its own, as of JSON on MariaDB, it has none, so that the script
        gives the server's own statement.
    :ivar record: lines that a script shows before the operation, as comments.
    """

    record: tuple[str, ...] = ()

    def __init__(
        self,
        *args: Any,
        existing_autoincrement: bool = False,
        is_restatable: bool = True,
        **kw: Any,
    ) -> None:
        super().__init__(*args, **kw)
        self.existing_autoincrement = existing_autoincrement
        self.is_restatable = is_restatable

    @classmethod
    def of_step(
        cls, step: Step, column: Column[Any], dialect: str, *, has_check: bool
    ) -> RenameColumnOp:
        """Make the operation that carries a step out.

        :param column: the column as it was reflected, under its new name.
        :param has_check: a check is part of the column.
        """
        default = column.server_default
        is_restated = dialect in MYSQL_FAMILY
        return cls(
            str(step.owner),
            step.old,
            schema=step.schema,
            modify_name=step.new,
            existing_type=column.type,
            existing_nullable=column.nullable,
            existing_comment=column.comment,
            existing_server_default=False if default is None else default,
            existing_autoincrement=is_restated and column.autoincrement is True,
            is_restatable=not is_restated or (column.computed is None and not has_check),
        )

    def reverse(self) -> RenameColumnOp:
        """Return the operation that gives the old name back."""
        assert self.modify_name is not None
        return RenameColumnOp(
            self.table_name,
            self.modify_name,
            schema=self.schema,
            modify_name=self.column_name,
            existing_type=self.existing_type,
            existing_nullable=self.existing_nullable,
            existing_comment=self.existing_comment,
            existing_server_default=self.existing_server_default,
            existing_autoincrement=self.existing_autoincrement,
            is_restatable=self.is_restatable,
        )

    def has_changes(self) -> bool:
        """Return ``True``: to Alembic a new name alone is no change."""
        return True

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return ``("rename_column", schema, table, old, new)``."""
        return ("rename_column", self.schema, self.table_name, self.column_name, self.modify_name)


class RecordOp(ops.OpContainer):
    """Nothing but comments in a script, which record hints; to Alembic it is no change."""

    def __init__(self, record: Sequence[str] = ()) -> None:
        super().__init__()
        self.record = tuple(record)

    def reverse(self) -> RecordOp:
        """Return nothing: what is undone is not recorded."""
        return RecordOp()


@renderers.dispatch_for(RecordOp)
def _render_record(_context: AutogenContext, op: RecordOp) -> list[str]:
    return list(op.record)


@renderers.dispatch_for(RenameTableOp)
def _render_rename_table(context: AutogenContext, op: RenameTableOp) -> list[str]:
    prefix = context.opts["alembic_module_prefix"] or ""
    schema = f", schema={op.schema!r}" if op.schema else ""
    call = f"{prefix}rename_table({op.table_name!r}, {op.new_table_name!r}{schema})"
    return [*op.record, call]


@renderers.dispatch_for(RenameColumnOp)
def _render_rename_column(context: AutogenContext, op: RenameColumnOp) -> list[str]:
    if not op.is_restatable:
        return [*op.record, _rendered_statement(context, op)]
    plain, default = copy.copy(op), _default_text(op)
    if default is not None:
        plain.existing_server_default = False
    rendered: str = renderers.dispatch(ops.AlterColumnOp)(context, plain)
    if default is not None:
        written = _rendered_text(context, default)
        rendered = _with_keyword(rendered, "existing_server_default", written)
    if op.existing_autoincrement:
        rendered = _with_keyword(rendered, "existing_autoincrement", "True")
    return [*op.record, rendered]


def _rendered_statement(context: AutogenContext, op: RenameColumnOp) -> str:
    """Return the statement that MySQL and MariaDB have for a rename, as a call of ``execute``."""
    table = ".".join(ticked(part) for part in (op.schema, op.table_name) if part)
    old, new = ticked(op.column_name), ticked(str(op.modify_name))
    sql = _PARAMETER.sub(_ESCAPED, f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    return f"{context.opts['alembic_module_prefix'] or ''}execute({sql!r})"


def _default_text(op: RenameColumnOp) -> TextClause | None:
    default = op.existing_server_default
    if isinstance(default, DefaultClause) and isinstance(default.arg, TextClause):
        return default.arg
    return None


def _with_keyword(call: str, name: str, value: str) -> str:
    return f"{call[:-1]},\n{_INDENT}{name}={value})"


def _rendered_text(context: AutogenContext, default: TextClause) -> str:
    """Return a default word for word, so that plain Alembic can restate it.

    Alembic itself doubles percent signs for the driver, as the script's own statement will do once
    more, and takes what stands behind a colon for a parameter.
    """
    prefix = context.opts["sqlalchemy_module_prefix"] or ""
    return f"{prefix}text({_PARAMETER.sub(_ESCAPED, default.text)!r})"


def table_operations(
    upgrade_ops: UpgradeOps, kind: type[Op]
) -> Iterator[tuple[ops.ModifyTableOps, Op]]:
    """Give each operation of a kind, with the table's operations that it stands among."""
    for changes in upgrade_ops.ops:
        if isinstance(changes, ops.ModifyTableOps):
            for op in changes.ops:
                if isinstance(op, kind):
                    yield changes, op
