"""From a file to validated settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.config.check import check_source
from flask_migrate_decl.config.hints import renames_of
from flask_migrate_decl.config.settings import (
    DEFAULT_BIND,
    INHERITED,
    BindSettings,
    DatabaseOptions,
    ScriptOptions,
    Settings,
)
from flask_migrate_decl.config.source import find_source
from flask_migrate_decl.errors import ConfigInvalidError, Severity

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from flask_migrate_decl.config.run_options import RunOptions
    from flask_migrate_decl.config.section import Section
    from flask_migrate_decl.config.source import Source
    from flask_migrate_decl.renames import Renames


@dataclass(frozen=True)
class Configuration:
    """Validated settings and where they come from."""

    settings: Settings
    source: Source

    @cached_property
    def renames(self) -> Renames:
        """The declared renames as values."""
        return renames_of(self.settings.renames)

    def path(self, relative: str) -> Path:
        """Return a path of the file, seen from the folder that the file lies in."""
        return self.source.folder / relative

    def bind_settings(self, bind: str | None) -> BindSettings:
        """Return what the file says of one database.

        :param bind: a bind key, ``None`` for the default database.
        """
        return self.settings.binds.get(DEFAULT_BIND if bind is None else bind, BindSettings())

    def history_owner(self, bind: str | None) -> str | None:
        """Return under which name a database has a history of its own, ``None`` if it shares one.

        :param bind: a bind key, ``None`` for the default database.
        """
        own = self.bind_settings(bind).directory
        return None if own is None else DEFAULT_BIND if bind is None else bind

    @property
    def has_shared_history(self) -> bool:
        """Whether a database may share the section's folder of revisions."""
        default = self.bind_settings(None)
        others = (bind for name, bind in self.settings.binds.items() if name != DEFAULT_BIND)
        return self.settings.multidb or any(
            bind.enabled and bind.directory is None for bind in (default, *others)
        )

    def declared_options(self, bind: str | None) -> dict[str, Any]:
        """Return the options that the file sets for one database, the bind's before the section's.

        :param bind: a bind key, ``None`` for the default database.
        """
        layers = (self.settings, self.bind_settings(bind))
        return _declared(DatabaseOptions, layers)

    def run_options(self, bind: str | None) -> RunOptions:
        """Return how a run treats one database, the bind's keys before the section's.

        :param bind: a bind key, ``None`` for the default database.
        """
        return self.bind_settings(bind).over(self.settings)

    def declared_script_options(self, owner: str | None) -> dict[str, Any]:
        """Return the options that the file sets for the scripts of one history.

        :param owner: the bind that has the history for itself, ``None`` for the shared one.
        """
        shared = _declared(ScriptOptions, (self.settings,))
        if owner is None:
            return shared
        inherited = {key: value for key, value in shared.items() if key in INHERITED}
        return inherited | _declared(ScriptOptions, (self.settings.binds[owner],))


def _declared(model: type[Section], layers: Iterable[Section]) -> dict[str, Any]:
    """Return which keys of a model are set, the later layers before the earlier ones."""
    return {
        key: getattr(layer, key)
        for layer in layers
        for key in model.model_fields
        if key in layer.model_fields_set
    }


def load_configuration(
    named: str | os.PathLike[str] | None,
    starts: Sequence[Path],
    *,
    chosen: str | os.PathLike[str] | None = None,
) -> Configuration:
    """Find, read and validate the section; without any, all settings have their defaults.

    :param named: a configuration file, instead of searching for one.
    :param starts: the folders to search from, upward.
    :param chosen: the file that the command line names, which goes before everything else.
    :raises ConfigError: the file can't be used; every mistake in it is named.
    """
    return configuration_of(find_source(named, starts, chosen=chosen))


def configuration_of(source: Source) -> Configuration:
    """Return what a section says.

    :raises ConfigInvalidError: with every mistake there is.
    """
    checked = check_source(source)
    errors = [found for found in checked.findings if found.rule.severity is Severity.ERROR]
    if checked.settings is None or errors:
        assert source.path is not None
        raise ConfigInvalidError(source.path, tuple(errors))
    return Configuration(checked.settings, source)
