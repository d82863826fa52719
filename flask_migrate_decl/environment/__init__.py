"""From settings to an Alembic environment, and what is done in it."""

from flask_migrate_decl.environment.alembic_config import script_directory, standing_config
from flask_migrate_decl.environment.changes import describe_changes
from flask_migrate_decl.environment.comparison import Comparison, compare
from flask_migrate_decl.environment.objects import imported_module, referenced_object
from flask_migrate_decl.environment.outside import (
    behind_in_words,
    compared_hints,
    current_heads,
    error_in_short,
    unknown_in_words,
    unknown_revisions,
)
from flask_migrate_decl.environment.project import (
    ALWAYS_PASSED,
    REFERENCES,
    Project,
    current_registration,
    open_project,
    project_of,
)
from flask_migrate_decl.environment.run import AppliedRevision, Run, configure_arguments
from flask_migrate_decl.environment.session import open_command, worded_errors

__all__ = [
    "ALWAYS_PASSED",
    "REFERENCES",
    "AppliedRevision",
    "Comparison",
    "Project",
    "Run",
    "behind_in_words",
    "compare",
    "compared_hints",
    "configure_arguments",
    "current_heads",
    "current_registration",
    "describe_changes",
    "error_in_short",
    "imported_module",
    "open_command",
    "open_project",
    "project_of",
    "referenced_object",
    "script_directory",
    "standing_config",
    "unknown_in_words",
    "unknown_revisions",
    "worded_errors",
]
