"""From settings to an Alembic environment, and what is done in it."""

from flask_migrate_decl.environment.alembic_config import standing_config
from flask_migrate_decl.environment.changes import describe_changes
from flask_migrate_decl.environment.project import Project, current_registration, open_project
from flask_migrate_decl.environment.run import AppliedRevision, Run, configure_arguments
from flask_migrate_decl.environment.session import open_command, worded_errors

__all__ = [
    "AppliedRevision",
    "Project",
    "Run",
    "configure_arguments",
    "current_registration",
    "describe_changes",
    "open_command",
    "open_project",
    "standing_config",
    "worded_errors",
]
