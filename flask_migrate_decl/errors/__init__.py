"""Every error this package raises on purpose, as one tree.

Each error carries its facts as fields and words them itself, so that a program can read what
a person is shown. ``FindingsError`` marks what was found in a run that worked (the command line
answers 1); every other ``MigrateError`` says that a run could not be done (it answers 2).
"""

from flask_migrate_decl.errors.application import (
    AlreadyInitializedError,
    AppError,
    AppNotLoadedError,
    ConfiguredAppMissingError,
    DatabaseMissingError,
    DatabaseNotReadyError,
    NoAppError,
    NoConfigReturnedError,
    NotInitializedError,
)
from flask_migrate_decl.errors.base import FindingsError, MigrateError
from flask_migrate_decl.errors.configuration import (
    BindNameError,
    ConfigChangedError,
    ConfigError,
    ConfigInvalidError,
    ConfigUnreadableError,
    ConfigUnwritableError,
    HintNotAddedError,
    HintRefusedError,
    ModelsModuleError,
    ObjectReferenceError,
    UnknownBindError,
)
from flask_migrate_decl.errors.databases import (
    DatabaseError,
    ForeignKeysBrokenError,
    StatementFailedError,
    TransactionOpenError,
)
from flask_migrate_decl.errors.findings import Finding, Place, Related, Rule, Severity
from flask_migrate_decl.errors.history import (
    AlembicCommandError,
    DirectoryIsFileError,
    DirectoryMissingError,
    DirectoryNotEmptyError,
    EnvironmentConflictError,
    EnvironmentFailedError,
    HistoryError,
    ModelsDifferError,
    NotPermittedError,
    RevisionIdError,
    ScriptFailedError,
    ScriptUnreadableError,
    UnknownTemplateError,
)
from flask_migrate_decl.errors.renames import (
    HintProblem,
    HintsNotSeenError,
    IndexStaysBehindError,
    NamesInUseError,
    RenameHintsError,
)
from flask_migrate_decl.errors.secrets import secret_lines, without_secrets

__all__ = [
    "AlembicCommandError",
    "AlreadyInitializedError",
    "AppError",
    "AppNotLoadedError",
    "BindNameError",
    "ConfigChangedError",
    "ConfigError",
    "ConfigInvalidError",
    "ConfigUnreadableError",
    "ConfigUnwritableError",
    "ConfiguredAppMissingError",
    "DatabaseError",
    "DatabaseMissingError",
    "DatabaseNotReadyError",
    "DirectoryIsFileError",
    "DirectoryMissingError",
    "DirectoryNotEmptyError",
    "EnvironmentConflictError",
    "EnvironmentFailedError",
    "Finding",
    "FindingsError",
    "ForeignKeysBrokenError",
    "HintNotAddedError",
    "HintProblem",
    "HintRefusedError",
    "HintsNotSeenError",
    "HistoryError",
    "IndexStaysBehindError",
    "MigrateError",
    "ModelsDifferError",
    "ModelsModuleError",
    "NamesInUseError",
    "NoAppError",
    "NoConfigReturnedError",
    "NotInitializedError",
    "NotPermittedError",
    "ObjectReferenceError",
    "Place",
    "Related",
    "RenameHintsError",
    "RevisionIdError",
    "Rule",
    "ScriptFailedError",
    "ScriptUnreadableError",
    "Severity",
    "StatementFailedError",
    "TransactionOpenError",
    "UnknownBindError",
    "UnknownTemplateError",
    "secret_lines",
    "without_secrets",
]
