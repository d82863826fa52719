"""The commands that work with the configuration, also where there is no app."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flask_migrate_decl.cli.app import load_app
from flask_migrate_decl.cli.building import COULD_NOT_RUN, FOUND_SOMETHING, errors_shown, flag
from flask_migrate_decl.cli.console import messages_on_stderr, show, show_report
from flask_migrate_decl.cli.group import DIRECTORY, NO_APP, directory_option, push_app_context
from flask_migrate_decl.commands import configuration as commands
from flask_migrate_decl.errors import AppError, ConfigError, MigrateError
from flask_migrate_decl.reporting import FORMATS, Depth

if TYPE_CHECKING:
    from flask_migrate_decl.reporting import ConfigReport

_FOR_PEOPLE = frozenset({"full", "concise"})

_FILES = click.Argument(["files"], nargs=-1, type=click.Path(path_type=Path))
_CONFIG = click.Option(
    ["--config"],
    type=click.Path(path_type=Path),
    help="The configuration file, instead of the one that is found.",
)
_NO_APP = flag(NO_APP, help="Look at the file alone, and import nothing of the project.")
_DATABASE = flag("--database", help="Look at the databases as well.")
_STRICT = flag("--strict", help="Let warnings count as findings.")
_FORMAT = click.Option(
    ["--format", "format_"],
    type=click.Choice(list(FORMATS)),
    default="full",
    show_default=True,
    help="How findings are shown.",
)


def _check_config(
    files: tuple[Path, ...],
    config: Path | None,
    no_app: bool,
    database: bool,
    strict: bool,
    format_: str,
    directory: str | None,
) -> None:
    context = click.get_current_context()
    if files and (config or database):
        raise click.UsageError("files are checked by themselves: leave out --config and --database")
    if no_app and database:
        raise click.UsageError("databases can't be looked at without the app")
    with errors_shown(context), messages_on_stderr():
        if files:
            report = commands.check_files(files)
        else:
            depth = Depth.FILE if no_app else Depth.DATABASES if database else Depth.APP
            report = _checked(context, config, directory, depth)
        _show(report, format_)
        context.exit(_exit_code(report, strict=strict))


def _checked(
    context: click.Context, config: Path | None, directory: str | None, depth: Depth
) -> ConfigReport:
    """Check with the app where it is wanted and can be had."""
    directory = directory or context.meta.get(DIRECTORY)
    app_error: MigrateError | None = None
    # What the project's code prints while it is looked at is no part of the report.
    with redirect_stdout(sys.stderr):
        if depth is not Depth.FILE:
            try:
                push_app_context(load_app(context, config), context)
            except AppError as error:
                app_error = error
            except ConfigError:
                # The report has what is wrong with the file.
                pass
        return commands.check_config(config, directory, depth=depth, app_error=app_error)


def _show(report: ConfigReport, format_: str) -> None:
    text = FORMATS[format_](report)
    if format_ in _FOR_PEOPLE:
        show_report(text)
    else:
        show(text.removesuffix("\n"))


def _exit_code(report: ConfigReport, *, strict: bool) -> int:
    asked = [depth for depth in report.depths if depth.depth is Depth.DATABASES]
    if not all(depth.ran for depth in asked):
        return COULD_NOT_RUN
    return FOUND_SOMETHING if report.has_findings(strict=strict) else 0


COMMANDS = {
    command.name: command
    for command in (
        click.Command(
            "check-config",
            params=[
                _FILES,
                _CONFIG,
                _NO_APP,
                _DATABASE,
                _STRICT,
                _FORMAT,
                directory_option(),
            ],
            callback=_check_config,
            help="Check the configuration. With FILES, each of them by itself and nothing else.",
        ),
    )
}
