"""Alembic's way into the environment; see ``flask_migrate_decl.environment.run``."""

from alembic import context

from flask_migrate_decl.environment.run import run_environment

run_environment(context)
