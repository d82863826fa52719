"""What a project declares: finding the section, reading it, and adding the first one."""

from flask_migrate_decl.config.check import CheckedSource, check_source
from flask_migrate_decl.config.durations import seconds
from flask_migrate_decl.config.edit import Edit, edit_with_hint, edit_without_hints, with_section
from flask_migrate_decl.config.editing import NewHint
from flask_migrate_decl.config.folders import (
    HistoryFolders,
    findings_of_folders,
    folders_read_twice,
    followed,
)
from flask_migrate_decl.config.hints import hint_path
from flask_migrate_decl.config.load import Configuration, configuration_of, load_configuration
from flask_migrate_decl.config.patterns import matches
from flask_migrate_decl.config.run_options import (
    LockOptions,
    RunOptions,
    SQLiteOptions,
    TimeoutOptions,
)
from flask_migrate_decl.config.settings import (
    DEFAULT_BIND,
    INHERITED,
    BindSettings,
    DatabaseOptions,
    ScriptOptions,
    Settings,
)
from flask_migrate_decl.config.source import (
    Source,
    find_source,
    named_source,
    source_in,
    source_of_file,
)
from flask_migrate_decl.config.starter import StarterSection, add_starter_section
from flask_migrate_decl.config.toml.layout import KeyPath
from flask_migrate_decl.config.toml.lines import Lines
from flask_migrate_decl.reporting.keys import dotted

__all__ = [
    "DEFAULT_BIND",
    "INHERITED",
    "BindSettings",
    "CheckedSource",
    "Configuration",
    "DatabaseOptions",
    "Edit",
    "HistoryFolders",
    "KeyPath",
    "Lines",
    "LockOptions",
    "NewHint",
    "RunOptions",
    "SQLiteOptions",
    "ScriptOptions",
    "Settings",
    "Source",
    "StarterSection",
    "TimeoutOptions",
    "add_starter_section",
    "check_source",
    "configuration_of",
    "dotted",
    "edit_with_hint",
    "edit_without_hints",
    "find_source",
    "findings_of_folders",
    "folders_read_twice",
    "followed",
    "hint_path",
    "load_configuration",
    "matches",
    "named_source",
    "seconds",
    "source_in",
    "source_of_file",
    "with_section",
]
