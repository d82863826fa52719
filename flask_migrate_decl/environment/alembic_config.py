"""From a project's settings to Alembic's ``Config``."""

from __future__ import annotations

import configparser
import os
import shutil
from argparse import Namespace
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import g

from flask_migrate_decl.autogenerate import ATTRIBUTE, register
from flask_migrate_decl.databases import LOSSES_ATTRIBUTE, register_lossless_sqlite
from flask_migrate_decl.environment.history import History
from flask_migrate_decl.environment.project import current_registration, open_project
from flask_migrate_decl.environment.run import RUN_ATTRIBUTE, Run
from flask_migrate_decl.errors import EnvironmentFailedError, NoConfigReturnedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PACKAGED_SCRIPTS = Path(__file__).parent / "script"
"""The Alembic script folder that every project shares."""

TEXT_OPTIONS = ("file_template", "truncate_slug_length", "timezone", "output_encoding")
FLAG_OPTIONS = ("recursive_version_locations", "sourceless", "revision_environment")


_PATH_SEPARATORS = {"newline": "\n", "os": os.pathsep, "space": " "}
"""What Alembic's words for a separator stand for; any other is the character itself."""


@contextmanager
def alembic_config(
    run: Run, *, x_arg: Sequence[str] = (), flags: Sequence[str] = ()
) -> Iterator[Config]:
    """Make the ``Config`` for one command; no URL is ever put into it.

    :param x_arg: what ``-x`` gave, for the project's own ``env.py``.
    :param flags: switches for ``cmd_opts``: those that an ``env.py`` may ask for, and Alembic's
        ``quiet``, which keeps it from printing what it does.
    """
    with _script_location(run.history) as location:
        try:
            config = _config(run, location, x_arg, flags)
        except (configparser.Error, UnicodeDecodeError) as error:
            # Its own words may repeat a URL.
            reason = f"it is no INI file: {type(error).__name__}"
            raise EnvironmentFailedError(run.history.directory / "alembic.ini", reason) from None
        yield config


@contextmanager
def script_directory(history: History) -> Iterator[ScriptDirectory]:
    """Give Alembic's view of a history, to be looked at without running anything."""
    with alembic_config(Run(history)) as config:
        yield ScriptDirectory.from_config(config)


def standing_config(
    directory: str | os.PathLike[str] | None,
    *,
    x_arg: Sequence[str] | str | None,
    flags: Sequence[str],
) -> Config:
    """Make a ``Config`` that outlives this package's commands, for programs that use Alembic.

    A template of the project's own is left out where the folder has no ``env.py`` beside it.
    """
    register()
    register_lossless_sqlite()
    project = open_project(current_registration(), directory)
    history = History(project, project.directory)
    own_files = history.own_env and history.own_script_template
    location = history.directory if own_files else PACKAGED_SCRIPTS
    return _config(Run(history, changes_databases=True), location, all_x_args(x_arg), flags)


def all_x_args(given: Sequence[str] | str | None) -> list[str]:
    """Return the values for a project's own ``env.py``: those of ``flask.g``, then those given."""
    own = [given] if isinstance(given, str) else list(given or ())
    return [*g.get("x_arg", ()), *own]


def _config(run: Run, location: Path, x_arg: Sequence[str], flags: Sequence[str]) -> Config:
    history = run.history
    config = Config(history.directory / "alembic.ini") if history.own_env else Config()
    config.output_buffer = StringIO()
    config.cmd_opts = Namespace(x=list(x_arg), **dict.fromkeys(flags, True))
    _set(config, "script_location", str(location))
    _set_script_options(config, history.script_options)
    if location != history.directory or "version_locations" in history.script_options:
        _set_version_locations(config, history.version_locations)
    config.attributes[RUN_ATTRIBUTE] = run
    config.attributes[ATTRIBUTE] = run.declared
    config.attributes[LOSSES_ATTRIBUTE] = _on_loss(run)
    return _configured(config, run.project.registration.configure_callbacks)


def _on_loss(run: Run) -> Callable[[str | None], str]:
    """Return what says of a bind key what is done where SQLite would lose something."""
    return lambda bind: run.project.run_options(bind).sqlite.on_loss


def _configured(config: Config, callbacks: Sequence[Callable[[Config], Config]]) -> Config:
    """Give the ``Config`` to the app's functions, each of which may return another."""
    for callback in callbacks:
        returned = callback(config)
        if not isinstance(returned, Config):
            raise NoConfigReturnedError(getattr(callback, "__name__", str(callback)))
        if returned is not config:
            returned.attributes.update(config.attributes)
            returned.output_buffer, returned.cmd_opts = config.output_buffer, config.cmd_opts
        config = returned
    return config


@contextmanager
def _script_location(history: History) -> Iterator[Path]:
    """Give the folder from which Alembic takes ``env.py`` and ``script.py.mako``.

    Alembic knows one folder for both. The packaged ``env.py`` runs a project's own one, where the
    template is missing; where only the template is there, the two are brought together in a
    folder that lives as long as the command.
    """
    if history.own_script_template is None:
        yield PACKAGED_SCRIPTS
    elif history.own_env:
        yield history.directory
    else:
        with TemporaryDirectory(prefix="flask-migrate-") as folder:
            shutil.copy(PACKAGED_SCRIPTS / "env.py", folder)
            shutil.copy(history.own_script_template, folder)
            yield Path(folder)


def _set_script_options(config: Config, declared: Mapping[str, Any]) -> None:
    """Set what the file sets; the rest is left to a project's ``alembic.ini`` and to Alembic."""
    for option in TEXT_OPTIONS:
        if declared.get(option) is not None:
            _set(config, option, str(declared[option]))
    for option in FLAG_OPTIONS:
        if option in declared:
            _set(config, option, "true" if declared[option] else "false")
    hooks = declared.get("post_write_hooks", ())
    _set_hooks(config, [hook.model_dump(exclude_none=True) for hook in hooks])


def _set_version_locations(config: Config, locations: Sequence[Path]) -> None:
    separator = config.get_main_option("path_separator")
    if separator is None:
        _set(config, "path_separator", separator := "newline")
    character = _PATH_SEPARATORS.get(separator, separator)
    _set(config, "version_locations", character.join(map(str, locations)))


def _set_hooks(config: Config, hooks: Sequence[Mapping[str, str]]) -> None:
    if not hooks:
        return
    _set(config, "hooks", ",".join(hook["name"] for hook in hooks), "post_write_hooks")
    for hook in hooks:
        for key, value in hook.items():
            if key != "name":
                _set(config, f"{hook['name']}.{key}", value, "post_write_hooks")


def _set(config: Config, option: str, value: str, section: str | None = None) -> None:
    """Set an option to just this text: in Alembic's files a percent sign begins a reference."""
    section = section or config.config_ini_section
    config.set_section_option(section, option, value.replace("%", "%%"))
