"""One app's migrations: what its code and its file declare, put together."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app

from flask_migrate_decl.autogenerate import DeclaredRenames, Following
from flask_migrate_decl.config import DEFAULT_BIND, load_configuration
from flask_migrate_decl.databases import migrated_binds
from flask_migrate_decl.environment.history import histories_of
from flask_migrate_decl.environment.objects import imported_module, referenced_object
from flask_migrate_decl.errors import (
    ModelsModuleError,
    ObjectReferenceError,
)
from flask_migrate_decl.registration import registration_of

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from flask_migrate_decl.config import Configuration, RunOptions, Settings, Source
    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment.history import History
    from flask_migrate_decl.registration import Registration

REFERENCES = frozenset(
    {
        "compare_server_default",
        "compare_type",
        "include_name",
        "include_object",
        "on_version_apply",
        "process_revision_directives",
        "render_item",
    }
)
"""The options that a file gives as ``"package.module:name"``."""
ALWAYS_PASSED = ("compare_type", "render_as_batch")
"""What Flask-Migrate passes to ``configure()`` without being asked; Alembic's defaults differ."""


log = logging.getLogger("flask_migrate_decl.config")


@dataclass(frozen=True)
class Project:
    """The settings in force for one app.

    :param directory: the folder of the shared history, absolute.
    """

    registration: Registration
    configuration: Configuration
    directory: Path

    @property
    def settings(self) -> Settings:
        """The file's settings, with their defaults."""
        return self.configuration.settings

    @property
    def declared_renames(self) -> DeclaredRenames:
        """The rename hints, and which names follow them, for one run."""
        renames = self.settings.renames
        following = Following(renames.follow_names, renames.follow_default_names)
        return DeclaredRenames(self.configuration.renames, following)

    @cached_property
    def binds(self) -> tuple[Bind, ...]:
        """The databases that are migrated, in the order of a run. Needs an application context."""
        return migrated_binds(self.registration.db, self.configuration)

    def verify_binds(self) -> None:
        """Find out that the binds can't be those of the app. Needs an application context.

        :raises ConfigError: one is none of the app's, or may be two of them.
        """
        _ = self.binds

    @property
    def has_several_binds(self) -> bool:
        """Whether people have to be told which database is meant."""
        return self.settings.multidb or bool(set(self.settings.binds) - {DEFAULT_BIND})

    @cached_property
    def histories(self) -> tuple[History, ...]:
        """The folders of revisions: the shared one, then those that binds have for themselves."""
        return histories_of(self)

    def declared_database_options(self, bind: str | None) -> dict[str, Any]:
        """Return what the file and code set for one database, code before the file."""
        return self.configuration.declared_options(bind) | dict(self.registration.options)

    def run_options(self, bind: str | None) -> RunOptions:
        """Return how a run treats one database.

        :param bind: a bind key, ``None`` for the default database.
        """
        return self.configuration.run_options(bind)

    def options_of_bind(self, bind: str | None) -> dict[str, Any]:
        """Return the options for ``EnvironmentContext.configure()``, a new dictionary each time.

        Keyword arguments in code go before the file, and a bind's own options before the
        section's. What nobody set is left to Alembic, except where Flask-Migrate sets it.

        :raises ObjectReferenceError: a ``"package.module:name"`` leads nowhere.
        """
        options = {key: getattr(self.settings, key) for key in ALWAYS_PASSED}
        options |= self._with_objects(self.configuration.declared_options(bind))
        options |= self.registration.options
        return options

    def _with_objects(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Put objects in the place of references, but for those that code goes before."""
        return {
            key: referenced_object(key, value)
            if key in REFERENCES and isinstance(value, str)
            else value
            for key, value in options.items()
            if key not in self.registration.options
        }

    def import_models(self) -> None:
        """Import the modules that ``models`` names, so that their tables are there to compare.

        :raises ModelsModuleError: one can't be imported.
        """
        for module in self.settings.models:
            try:
                imported_module("models", module, module)
            except ObjectReferenceError as error:
                raise ModelsModuleError(module, error.reason) from error


def current_registration() -> Registration:
    """Return what the current app was registered with.

    :raises NotInitializedError: it was not registered with this package.
    """
    return registration_of(current_app)


def open_project(
    registration: Registration, directory: str | os.PathLike[str] | None = None
) -> Project:
    """Read the configuration of an app and put it together with what its code says.

    :param directory: the command line's choice, which goes before everything else.
    :raises ConfigError: the configuration can't be used.
    """
    configuration = load_configuration(registration.config_file, registration.search_folders)
    _mention_hidden(configuration.source)
    return project_of(registration, configuration, directory)


def project_of(
    registration: Registration,
    configuration: Configuration,
    directory: str | os.PathLike[str] | None = None,
) -> Project:
    """Put together what an app's code and a configuration say.

    :param directory: the command line's choice, which goes before everything else.
    """
    chosen = directory or registration.directory_argument
    declared = configuration.path(configuration.settings.directory)
    path = declared if chosen is None else Path(chosen)
    return Project(registration, configuration, path.absolute())


def _mention_hidden(source: Source) -> None:
    if source.hidden is not None:
        log.warning("the section in %s is not used, as %s is there", source.hidden, source.path)
