"""From settings to an Alembic environment, and what is done in it."""

from flask_migrate_decl.environment.alembic_config import script_directory, standing_config
from flask_migrate_decl.environment.changes import describe_changes
from flask_migrate_decl.environment.command_words import CommandWords
from flask_migrate_decl.environment.commits import Rehearsal
from flask_migrate_decl.environment.comparison import (
    Comparison,
    compare,
    compared_operations,
)
from flask_migrate_decl.environment.failures import mistake_in_words, shown_traceback, worded_errors
from flask_migrate_decl.environment.finding import (
    current_revisions,
    histories_with,
    revision_ids,
    scripts_at,
    scripts_of,
    verify_revision,
    verify_scripts,
    verify_steps,
    with_several_heads,
)
from flask_migrate_decl.environment.history import (
    History,
    chosen_binds,
    verify_function_names,
    verify_version_tables,
)
from flask_migrate_decl.environment.jobs import JobProgress, Jobs, JobState
from flask_migrate_decl.environment.new_scripts import (
    is_script_of,
    nothing_broken_left,
    script_files,
    verify_new_script,
)
from flask_migrate_decl.environment.objects import imported_module, referenced_object
from flask_migrate_decl.environment.outside import (
    behind_in_words,
    compared_hints,
    current_heads,
    error_in_short,
    unknown_in_words,
    unknown_revisions,
)
from flask_migrate_decl.environment.over_binds import run_over_binds
from flask_migrate_decl.environment.progress import AppliedRevision, BindProgress
from flask_migrate_decl.environment.project import (
    ALWAYS_PASSED,
    REFERENCES,
    Project,
    current_registration,
    open_project,
    project_of,
)
from flask_migrate_decl.environment.run import Run, configure_arguments
from flask_migrate_decl.environment.selection import Selection, select
from flask_migrate_decl.environment.session import (
    open_history,
    verify_directory,
    verify_history,
    verify_own_env,
)

__all__ = [
    "ALWAYS_PASSED",
    "REFERENCES",
    "AppliedRevision",
    "BindProgress",
    "CommandWords",
    "Comparison",
    "History",
    "JobProgress",
    "JobState",
    "Jobs",
    "Project",
    "Rehearsal",
    "Run",
    "Selection",
    "behind_in_words",
    "chosen_binds",
    "compare",
    "compared_hints",
    "compared_operations",
    "configure_arguments",
    "current_heads",
    "current_registration",
    "current_revisions",
    "describe_changes",
    "error_in_short",
    "histories_with",
    "imported_module",
    "is_script_of",
    "mistake_in_words",
    "nothing_broken_left",
    "open_history",
    "open_project",
    "project_of",
    "referenced_object",
    "revision_ids",
    "run_over_binds",
    "script_directory",
    "script_files",
    "scripts_at",
    "scripts_of",
    "select",
    "shown_traceback",
    "standing_config",
    "unknown_in_words",
    "unknown_revisions",
    "verify_directory",
    "verify_function_names",
    "verify_history",
    "verify_new_script",
    "verify_own_env",
    "verify_revision",
    "verify_scripts",
    "verify_steps",
    "verify_version_tables",
    "with_several_heads",
    "worded_errors",
]
