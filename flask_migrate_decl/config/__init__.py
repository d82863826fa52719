"""What a project declares: finding the section, reading it, and adding the first one."""

from flask_migrate_decl.config.load import Configuration, configuration_of, load_configuration
from flask_migrate_decl.config.settings import BindSettings, DatabaseOptions, Settings
from flask_migrate_decl.config.source import Source, find_source
from flask_migrate_decl.config.starter import StarterSection, add_starter_section

__all__ = [
    "BindSettings",
    "Configuration",
    "DatabaseOptions",
    "Settings",
    "Source",
    "StarterSection",
    "add_starter_section",
    "configuration_of",
    "find_source",
    "load_configuration",
]
