"""The app that a command works for."""

from __future__ import annotations

import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from flask.cli import NoAppException, ScriptInfo

from flask_migrate_decl.config import load_configuration
from flask_migrate_decl.errors import (
    AppNotLoadedError,
    ConfigError,
    ConfiguredAppMissingError,
    MigrateError,
    NoAppError,
    without_passwords,
    without_secrets,
)

if TYPE_CHECKING:
    import click
    from flask import Flask

_FAILURE = "flask_migrate_decl.app_failure"


def load_app(context: click.Context, config_file: Path | None = None) -> Flask:
    """Return the app of the current context, or the one that is named.

    It is named by ``--app``, by ``FLASK_APP``, by ``app`` in the configuration, or found in
    ``wsgi.py`` or ``app.py``.

    :param config_file: the configuration, instead of the one that is found.
    :raises AppNotLoadedError: it can't be imported or made.
    :raises ConfigError: the configuration that may name it can't be read.
    """
    if current_app:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        return app
    failure = context.meta.get(_FAILURE)
    if failure and config_file is None:
        raise failure
    try:
        return _load_named_app(context.ensure_object(ScriptInfo), config_file)
    except MigrateError as error:
        context.meta[_FAILURE] = error
        raise


def try_to_load_app(context: click.Context) -> Flask | None:
    """Return the app, or ``None`` where it can't be had; ``load_app`` then says why."""
    try:
        return load_app(context)
    except (AppNotLoadedError, ConfigError):
        return None


def _load_named_app(info: ScriptInfo, config_file: Path | None) -> Flask:
    unread: ConfigError | None = None
    is_configured = False
    if info.create_app is None and info.app_import_path is None:
        try:
            info.app_import_path = _configured_app(config_file)
            is_configured = info.app_import_path is not None
        except ConfigError as error:
            # The app may be another package's; if it is ours, its command tells the error again.
            unread = error
    reference = f'"{info.app_import_path}"' if info.app_import_path else "of wsgi.py or app.py"
    try:
        return info.load_app()
    except NoAppException as error:
        if unread is not None:
            raise unread from None
        raise _not_found(reference, error, is_configured=is_configured) from error
    except (Exception, SystemExit) as error:
        raise _not_loaded(reference, error) from error


def _not_found(reference: str, error: NoAppException, *, is_configured: bool) -> AppNotLoadedError:
    """Tell an app that is not there from one that fails while it is imported."""
    cause = error.__context__
    if isinstance(cause, ImportError) and "ImportError was" in error.message:
        return _not_loaded(reference, cause)
    if is_configured:
        return ConfiguredAppMissingError(reference, error.format_message(), None)
    kind = AppNotLoadedError if reference.startswith('"') else NoAppError
    return kind(reference, error.format_message(), None)


def _configured_app(config_file: Path | None) -> str | None:
    """Return the app that the configuration names, as a path that is right from any folder."""
    configuration = load_configuration(None, [Path.cwd()], chosen=config_file)
    app = configuration.settings.app
    if app is None:
        return None
    module, *name = re.split(r":(?![\\/])", app, maxsplit=1)
    return ":".join([str(configuration.path(module)), *name])


def _not_loaded(reference: str, error: BaseException) -> AppNotLoadedError:
    """Word a failure inside the project's code, with the line that the project can mend."""
    if isinstance(error, SyntaxError):
        place = f"{error.filename}, line {error.lineno}"
    else:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if not _is_installed(frame.filename)]
        place = f"{own[-1].filename}, line {own[-1].lineno}" if own else ""
    reason = (
        type(error).__name__ if _may_repeat_a_url(error) else f"{type(error).__name__}: {error}"
    )
    reason = without_secrets(without_passwords(reason, passwords_in_use()))
    return AppNotLoadedError(reference, reason, place or None)


def passwords_in_use() -> frozenset[str]:
    """Return the passwords that are known, once something is to be said in which one may stand."""
    from flask_migrate_decl.databases import known_passwords

    return known_passwords()


def _may_repeat_a_url(error: BaseException) -> bool:
    """Tell whether an error is about a database's URL, which may have a password in it."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(Path(frame.filename).parts[-3:-1] == ("sqlalchemy", "engine") for frame in frames)


def _is_installed(filename: str) -> bool:
    path = Path(filename)
    in_library = path.is_relative_to(sys.base_prefix) or path.is_relative_to(sys.prefix)
    return filename.startswith("<") or (in_library and "lib" in path.parts)
