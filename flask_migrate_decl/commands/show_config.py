"""The settings in force. No application context is needed, and none shows the file alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from flask_migrate_decl.commands.sources import current_registration_if_any, source_for
from flask_migrate_decl.config import (
    DEFAULT_BIND,
    INHERITED,
    BindSettings,
    Configuration,
    DatabaseOptions,
    RunOptions,
    ScriptOptions,
    Settings,
    configuration_of,
)
from flask_migrate_decl.errors import AmbiguousBindError, UndeclaredBindError, UnknownBindError
from flask_migrate_decl.reporting import Origin, SettingInForce, SettingsInForce

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask_migrate_decl.registration import Registration

_OF_RUNS = tuple(RunOptions.model_fields)
_TABLES = frozenset({"binds", "renames", "safety", *_OF_RUNS})
_OF_BINDS_ALONE = ("enabled", "directory", "url_env")


def show_config(
    config_file: str | os.PathLike[str] | None = None,
    directory: str | os.PathLike[str] | None = None,
    *,
    bind: str | None = None,
) -> SettingsInForce:
    """Return every setting, its value and where that comes from.

    :param config_file: the file, instead of the one that the app or the working folder has.
    :param directory: the folder of revisions, instead of the configured one.
    :param bind: show what holds for this bind, with what it takes from the section;
        ``"default"`` is the main database.
    :raises ConfigError: the configuration can't be used.
    :raises UndeclaredBindError: the section does not declare the bind.
    :raises UnknownBindError: the app does not have it.
    :raises AmbiguousBindError: it may be two databases.
    """
    registration = current_registration_if_any()
    configuration = configuration_of(source_for(registration, config_file))
    if bind is not None:
        _demand_bind(bind, configuration, registration)
    view = _View(configuration, registration, directory)
    shown = view.of_section() if bind is None else view.of_bind(bind)
    return SettingsInForce(configuration.source.path, bind, tuple(shown))


def _demand_bind(
    bind: str, configuration: Configuration, registration: Registration | None
) -> None:
    settings = configuration.settings
    is_declared = bind in settings.binds or bind == DEFAULT_BIND
    if not is_declared and not settings.multidb:
        raise UndeclaredBindError(bind, tuple(settings.binds))
    if registration is None:
        return
    from flask_migrate_decl.databases import keys_called, known_binds

    keys = keys_called(bind, registration.db)
    if not keys and bind not in settings.binds:
        raise UnknownBindError("--bind", bind, known_binds(registration.db))
    if len(keys) > 1 and (settings.multidb or bind in settings.binds):
        raise AmbiguousBindError


@dataclass(frozen=True)
class _View:
    """A configuration, seen with what code and the command line say."""

    configuration: Configuration
    registration: Registration | None
    command_line_directory: str | os.PathLike[str] | None

    @property
    def _settings(self) -> Settings:
        return self.configuration.settings

    @property
    def _code(self) -> Mapping[str, Any]:
        """The options that code gives."""
        return self.registration.options if self.registration else {}

    def of_section(self) -> Iterator[SettingInForce]:
        """Return the whole section, table by table."""
        yield self._directory()
        for key in Settings.model_fields:
            if key not in _TABLES and key != "directory":
                yield self._option((key,), self._settings)
        for key in sorted(set(self._code) - set(Settings.model_fields)):
            yield SettingInForce((key,), self._code[key], Origin.CODE, is_declarable=False)
        for name, options in self._settings.binds.items():
            place = self.configuration.source.place(("binds", name))
            nothing = SettingInForce(("binds", name), {}, Origin.FILE, place)
            yield from list(self._set_by_bind(name, options)) or [nothing]
        for table in ("safety", *_OF_RUNS):
            yield from self._table(table)
        yield from self._hints(None)

    def of_bind(self, name: str) -> Iterator[SettingInForce]:
        """Return all that holds for a bind, as if the bind itself said it.

        What it shares with other binds, as the section says it.
        """
        own = self._settings.binds.get(name, BindSettings())
        if own.directory is None:
            yield self._directory()
            for key in ScriptOptions.model_fields:
                yield self._option((key,), self._settings)
        for key in _OF_BINDS_ALONE:
            if key != "directory" or own.directory is not None:
                yield self._option(("binds", name, key), own)
        for key in DatabaseOptions.model_fields:
            yield self._option_of_bind(name, key, own)
        for key in ScriptOptions.model_fields if own.directory is not None else ():
            yield self._option_of_bind(name, key, own)
        yield from self._table("safety")
        for table in _OF_RUNS:
            yield from self._table_of_bind(name, table, getattr(own, table))
        yield from self._hints(name)

    def _set_by_bind(self, name: str, options: BindSettings) -> Iterator[SettingInForce]:
        """Return what a bind itself says."""
        for key in BindSettings.model_fields:
            if key in options.model_fields_set and key not in _OF_RUNS:
                yield self._option(("binds", name, key), options)
        for table in _OF_RUNS:
            own = getattr(options, table)
            for key in type(own).model_fields:
                if key in own.model_fields_set:
                    yield self._option(("binds", name, table, key), own)

    def _table_of_bind(self, name: str, table: str, own: BaseModel) -> Iterator[SettingInForce]:
        """Return the options of a table as if the bind said them."""
        for key in type(own).model_fields:
            path = ("binds", name, table, key)
            if key in own.model_fields_set:
                yield self._option(path, own)
            else:
                found = self._option((table, key), getattr(self._settings, table))
                yield SettingInForce(path, found.value, found.origin, found.place)

    def _option_of_bind(self, name: str, key: str, own: BindSettings) -> SettingInForce:
        """Return an option as if the bind said it, which may take it from the section."""
        path = ("binds", name, key)
        if key in own.model_fields_set or key not in INHERITED:
            return self._option(path, own)
        found = self._option((key,), self._settings)
        return SettingInForce(path, found.value, found.origin, found.place)

    def _directory(self) -> SettingInForce:
        """Return the folder of revisions, as the file would name it."""
        argument = self.registration.directory_argument if self.registration else None
        given = {Origin.COMMAND_LINE: self.command_line_directory, Origin.CODE: argument}
        for origin, folder in given.items():
            if folder is not None:
                start = self.configuration.source.folder
                relative = os.path.relpath(Path(folder).absolute(), start)
                return SettingInForce(("directory",), Path(relative).as_posix(), origin)
        return self._option(("directory",), self._settings)

    def _option(self, path: tuple[str, ...], options: BaseModel) -> SettingInForce:
        key = path[-1]
        if key in self._code:
            return SettingInForce(path, self._code[key], Origin.CODE)
        value = _plain(getattr(options, key))
        if key not in options.model_fields_set:
            return SettingInForce(path, value, Origin.DEFAULT)
        return SettingInForce(path, value, Origin.FILE, self.configuration.source.place(path))

    def _table(self, name: str) -> Iterator[SettingInForce]:
        """Return the options of one of the section's own tables."""
        options = getattr(self._settings, name)
        for key in type(options).model_fields:
            yield self._option((name, key), options)

    def _hints(self, bind: str | None) -> Iterator[SettingInForce]:
        """Return what is declared of renames, all of it or the hints of one bind."""
        renames = self._settings.renames
        for kind, hints in renames:
            if isinstance(hints, bool | str):
                yield self._option(("renames", kind), renames)
                continue
            shown = [_plain(hint) for hint in hints if bind is None or _is_of(hint.bind, bind)]
            path = ("renames", kind)
            place = self.configuration.source.place(path) if shown else None
            yield SettingInForce(path, shown, Origin.FILE if shown else Origin.DEFAULT, place)


def _is_of(named: str | None, bind: str) -> bool:
    """Tell whether a hint is for a bind: an app without a main database may have a "default"."""
    return named == bind or (named is None and bind == DEFAULT_BIND)


def _plain(value: Any) -> Any:
    """Return a setting as TOML has it."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, exclude_unset=True)
    return value
