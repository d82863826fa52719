"""Autogenerate with renames: Alembic compares, after the renames are seen as done."""

from flask_migrate_decl.autogenerate import native, plugin
from flask_migrate_decl.autogenerate.compared import ComparedHints
from flask_migrate_decl.autogenerate.corrections import unconnected_name_rules
from flask_migrate_decl.autogenerate.declared import (
    ATTRIBUTE,
    BIND_OPTION,
    DeclaredRenames,
    Following,
    bind_of,
    bind_of_token,
)
from flask_migrate_decl.autogenerate.orphans import (
    orphan_in_words,
    orphaned_tables,
    warn_of_orphans,
)
from flask_migrate_decl.autogenerate.plugin import PLUGIN
from flask_migrate_decl.autogenerate.private import replace_steps, script_path
from flask_migrate_decl.autogenerate.undeclared import undeclared_renames

__all__ = [
    "ATTRIBUTE",
    "BIND_OPTION",
    "PLUGIN",
    "ComparedHints",
    "DeclaredRenames",
    "Following",
    "bind_of",
    "bind_of_token",
    "orphan_in_words",
    "orphaned_tables",
    "register",
    "replace_steps",
    "script_path",
    "unconnected_name_rules",
    "undeclared_renames",
    "warn_of_orphans",
]


def register() -> None:
    """Make our plug-in and operations known to Alembic; to do so again changes nothing."""
    plugin.register()
    native.register()
