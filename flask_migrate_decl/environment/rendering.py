"""How a script's operations are written, where it has functions for several databases.

Alembic writes all of them with the options and the dialect of the last database; each has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrateOperation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic.operations.ops import MigrationScript, OpContainer
    from alembic.runtime.migration import MigrationContext


class OperationOfBind(MigrateOperation):
    """An operation on one of several databases."""

    def __init__(self, operation: MigrateOperation, context: AutogenContext) -> None:
        self.operation = operation
        self.context = context


@renderers.dispatch_for(OperationOfBind)
def _rendered(context: AutogenContext, wrapped: OperationOfBind) -> list[str]:
    wrapped.context.imports = context.imports
    lines: str | list[str] = renderers.dispatch(wrapped.operation)(
        wrapped.context, wrapped.operation
    )
    return [lines] if isinstance(lines, str) else lines


def render_each_by_itself(
    script: MigrationScript, contexts: Mapping[str, MigrationContext]
) -> None:
    """Let the operations on each database be written as that asks for.

    :param contexts: those of the databases, by the names of the template's variables.
    """
    if len(script.upgrade_ops_list) < 2:
        return
    for upgrade in script.upgrade_ops_list:
        _wrap(upgrade, contexts.get(upgrade.upgrade_token))
    for downgrade in script.downgrade_ops_list:
        _wrap(downgrade, contexts.get(downgrade.downgrade_token))


def _wrap(operations: OpContainer, context: MigrationContext | None) -> None:
    if context is not None:
        own = AutogenContext(context, autogenerate=False)
        operations.ops = [OperationOfBind(operation, own) for operation in operations.ops]
