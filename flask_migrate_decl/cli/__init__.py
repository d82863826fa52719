"""``flask db``. Every ``flask`` call imports this module, so it holds the group and no command."""

from flask_migrate_decl.cli.group import MigrateGroup, SharedGroup

__all__ = ["MigrateGroup", "db"]

db = SharedGroup("db")
"""The group that Flask finds without an app, as its entry point names it."""
