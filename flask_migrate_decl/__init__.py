"""Declarative database migrations for Flask.

Everything is imported when it is first asked for, so that an app that only serves pays for
nothing but ``Migrate``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask_migrate_decl.commands.check_config import check_config, check_files
    from flask_migrate_decl.commands.checking import check
    from flask_migrate_decl.commands.folders import init, list_templates
    from flask_migrate_decl.commands.listing import branches, current, heads, history, show
    from flask_migrate_decl.commands.rename import (
        rename_column,
        rename_constraint,
        rename_enum,
        rename_enum_value,
        rename_index,
        rename_schema,
        rename_sequence,
        rename_table,
    )
    from flask_migrate_decl.commands.renames import list_renames, prune_renames
    from flask_migrate_decl.commands.running import downgrade, stamp, upgrade
    from flask_migrate_decl.commands.show_config import show_config
    from flask_migrate_decl.commands.trying import rehearse_upgrade, show_upgrade
    from flask_migrate_decl.commands.writing import (
        edit,
        merge,
        migrate,
        revision,
        suggest_renames,
    )
    from flask_migrate_decl.errors import FindingsError, MigrateError
    from flask_migrate_decl.extension import Migrate
    from flask_migrate_decl.reporting import Depth

__all__ = [
    "Depth",
    "FindingsError",
    "Migrate",
    "MigrateError",
    "branches",
    "check",
    "check_config",
    "check_files",
    "current",
    "downgrade",
    "edit",
    "heads",
    "history",
    "init",
    "list_renames",
    "list_templates",
    "merge",
    "migrate",
    "prune_renames",
    "rehearse_upgrade",
    "rename_column",
    "rename_constraint",
    "rename_enum",
    "rename_enum_value",
    "rename_index",
    "rename_schema",
    "rename_sequence",
    "rename_table",
    "revision",
    "show",
    "show_config",
    "show_upgrade",
    "stamp",
    "suggest_renames",
    "upgrade",
]

_MODULES = {
    "Migrate": "extension",
    "MigrateError": "errors",
    "FindingsError": "errors",
    "Depth": "reporting",
    "branches": "commands.listing",
    "check": "commands.checking",
    "check_config": "commands.check_config",
    "check_files": "commands.check_config",
    "current": "commands.listing",
    "downgrade": "commands.running",
    "edit": "commands.writing",
    "heads": "commands.listing",
    "history": "commands.listing",
    "init": "commands.folders",
    "list_templates": "commands.folders",
    "merge": "commands.writing",
    "migrate": "commands.writing",
    "revision": "commands.writing",
    "show": "commands.listing",
    "stamp": "commands.running",
    "suggest_renames": "commands.writing",
    "upgrade": "commands.running",
    "rehearse_upgrade": "commands.trying",
    "show_upgrade": "commands.trying",
    "list_renames": "commands.renames",
    "prune_renames": "commands.renames",
    "rename_column": "commands.rename",
    "rename_constraint": "commands.rename",
    "rename_enum": "commands.rename",
    "rename_enum_value": "commands.rename",
    "rename_index": "commands.rename",
    "rename_schema": "commands.rename",
    "rename_sequence": "commands.rename",
    "rename_table": "commands.rename",
    "show_config": "commands.show_config",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_MODULES[name]}")
    return getattr(module, name)
