"""``flask db check-config``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flask_migrate_decl.cli.building import COULD_NOT_RUN, FOUND_SOMETHING, errors_shown, flag
from flask_migrate_decl.cli.console import (
    messages_on_stderr,
    results_alone_on_stdout,
    show_report,
    write,
)
from flask_migrate_decl.cli.group import directory_option
from flask_migrate_decl.cli.optional_app import (
    absolute,
    config_option,
    given_directory,
    no_app_option,
    push_app_if_any,
)
from flask_migrate_decl.commands.check_config import check_files, check_with_app
from flask_migrate_decl.reporting import FORMATS, Depth
from flask_migrate_decl.reporting.formats import summary

if TYPE_CHECKING:
    from flask_migrate_decl.reporting import ConfigReport

_FOR_PEOPLE = frozenset({"full", "concise"})
_WITHOUT_DEPTHS = "github"
"""The format that has no room for what was looked at."""
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
    stdout = context.with_resource(results_alone_on_stdout())
    config, folder = absolute(config), absolute(given_directory(context, directory))
    with errors_shown(context), messages_on_stderr(logging.WARNING):
        if files:
            report = check_files(files)
        else:
            depth = Depth.FILE if no_app else Depth.DATABASES if database else Depth.APP
            app_error = None if no_app else push_app_if_any(context, config)
            report = check_with_app(config, folder, depth, app_error)
        text = FORMATS[format_](report)
        if format_ in _FOR_PEOPLE:
            show_report(text, stdout)
        else:
            write(text, stdout)
        if format_ == _WITHOUT_DEPTHS:
            write(f"{summary(report)}\n", sys.stderr)
        context.exit(_exit_code(report, strict=strict))


def _exit_code(report: ConfigReport, *, strict: bool) -> int:
    if not report.is_complete:
        return COULD_NOT_RUN
    return FOUND_SOMETHING if report.has_findings(strict=strict) else 0


COMMANDS = {
    "check-config": click.Command(
        "check-config",
        params=[
            click.Argument(["files"], nargs=-1, type=click.Path(path_type=Path)),
            config_option(),
            no_app_option(),
            flag("--database", help="Look at the databases as well."),
            flag("--strict", help="Let warnings count as findings."),
            _FORMAT,
            directory_option(),
        ],
        callback=_check_config,
        help="Check the configuration. With FILES, each of them by itself and nothing else.",
    )
}
