"""Alembic operations for renames: a script that uses them imports this module.

They are known to Alembic once it is imported: ``op.rename_index``, ``op.rename_constraint``,
``op.rename_enum``, ``op.rename_enum_value``, ``op.rename_sequence``, ``op.rename_schema`` and
``op.set_table_schema``; in a batch, ``batch_op.rename_index`` and ``batch_op.rename_constraint``.
"""

from flask_migrate_decl.operations import execution, rendering
from flask_migrate_decl.operations.directives import (
    RenameConstraintOp,
    RenameEnumOp,
    RenameEnumValueOp,
    RenameIndexOp,
    RenameOp,
    RenameOwnedOp,
    RenameSchemaOp,
    RenameSequenceOp,
    SetTableSchemaOp,
)

__all__ = [
    "RenameConstraintOp",
    "RenameEnumOp",
    "RenameEnumValueOp",
    "RenameIndexOp",
    "RenameOp",
    "RenameOwnedOp",
    "RenameSchemaOp",
    "RenameSequenceOp",
    "SetTableSchemaOp",
    "execution",
    "rendering",
]
