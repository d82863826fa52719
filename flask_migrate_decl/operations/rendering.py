"""How renames stand in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import renderers

from flask_migrate_decl.operations.directives import RenameOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

IMPORT = "import flask_migrate_decl.operations  # noqa: F401"
"""What a script needs that uses an operation of ours under plain Alembic."""


@renderers.dispatch_for(RenameOp)
def render_rename(context: AutogenContext, operation: RenameOp) -> list[str]:
    """Return the record's comments and the call."""
    context.imports.add(IMPORT)
    prefix = context.opts["alembic_module_prefix"] or ""
    arguments = [repr(argument) for argument in operation.arguments()]
    arguments += [f"{name}={value!r}" for name, value in operation.keywords().items()]
    return [*operation.record, f"{prefix}{operation.function}({', '.join(arguments)})"]
