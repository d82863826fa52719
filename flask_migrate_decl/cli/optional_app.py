"""What commands share that work with the configuration, also where there is no app."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flask_migrate_decl.cli.app import load_app
from flask_migrate_decl.cli.building import flag
from flask_migrate_decl.cli.group import DIRECTORY, NO_APP, push_app_context
from flask_migrate_decl.errors import AppError, ConfigError

if TYPE_CHECKING:
    from flask_migrate_decl.errors import MigrateError


def config_option() -> click.Option:
    """Return the option that names the configuration file."""
    return click.Option(
        ["--config"],
        type=click.Path(path_type=Path),
        help="The configuration file, instead of the one that is found.",
    )


def no_app_option() -> click.Option:
    """Return the option that leaves the app out."""
    return flag(NO_APP, help="Look at the file alone, and import nothing of the project.")


def given_directory(context: click.Context, directory: str | None) -> str | None:
    """Return the folder of revisions that the command or its group was given."""
    return directory or context.meta.get(DIRECTORY)


def absolute(path: str | Path | None) -> Path | None:
    """Return a path that is still right when the app changes the working folder."""
    return None if path is None else Path(path).absolute()


def push_app_if_any(context: click.Context, config: Path | None) -> MigrateError | None:
    """Push the app's context; return what is wrong with an app that can't be had."""
    try:
        push_app_context(load_app(context, config), context)
    except AppError as error:
        return error
    except ConfigError:
        # The command itself reads the file, and tells what is wrong with it.
        return None
    return None
