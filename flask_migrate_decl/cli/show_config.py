"""``flask db show-config``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flask_migrate_decl.cli.building import errors_shown, text_option
from flask_migrate_decl.cli.console import (
    messages_on_stderr,
    results_alone_on_stdout,
    show,
    show_table,
    show_warning,
)
from flask_migrate_decl.cli.group import directory_option
from flask_migrate_decl.cli.optional_app import (
    absolute,
    config_option,
    given_directory,
    no_app_option,
    push_app_if_any,
)
from flask_migrate_decl.commands.show_config import show_config
from flask_migrate_decl.reporting import IN_FORCE_FORMATS

if TYPE_CHECKING:
    from pathlib import Path

_BIND_HELP = 'Show one bind, with what it takes from the section; "default" is the main database.'
_TABLE = "table"
_FORMAT = click.Option(
    ["--format", "format_"],
    type=click.Choice([_TABLE, *IN_FORCE_FORMATS]),
    default=_TABLE,
    show_default=True,
    help="How settings are shown.",
)


def _show_config(
    config: Path | None, no_app: bool, bind: str | None, format_: str, directory: str | None
) -> None:
    context = click.get_current_context()
    stdout = context.with_resource(results_alone_on_stdout())
    config, folder = absolute(config), absolute(given_directory(context, directory))
    with errors_shown(context), messages_on_stderr():
        app_error = None if no_app else push_app_if_any(context, config)
        shown = show_config(config, folder, bind=bind)
        if app_error is not None:
            show_warning(f"what code says is not shown: {app_error}")
        if format_ == _TABLE:
            show_table(("Key", "Value", "From"), shown.rows, stdout)
        else:
            show(IN_FORCE_FORMATS[format_](shown).removesuffix("\n"), stdout)


COMMANDS = {
    "show-config": click.Command(
        "show-config",
        params=[
            config_option(),
            no_app_option(),
            text_option("--bind", help=_BIND_HELP),
            _FORMAT,
            directory_option(),
        ],
        callback=_show_config,
        help="Show the settings in force, each with where it comes from.",
    )
}
