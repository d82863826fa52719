"""Alembic's way into the environment; see ``flask_migrate_decl.environment.migrating``."""

from alembic import context

from flask_migrate_decl.environment.migrating import run_environment

run_environment(context)
