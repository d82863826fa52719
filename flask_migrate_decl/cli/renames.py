"""``flask db renames``: the declared hints and their states, and ``renames prune``."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import click

from flask_migrate_decl.cli.app import load_app
from flask_migrate_decl.cli.building import COULD_NOT_RUN, errors_shown, flag
from flask_migrate_decl.cli.console import (
    messages_on_stderr,
    results_alone_on_stdout,
    show,
    show_table,
    show_warning,
    write,
)
from flask_migrate_decl.cli.group import DIRECTORY, directory_option, push_app_context
from flask_migrate_decl.cli.optional_app import given_directory
from flask_migrate_decl.commands.renames import list_renames, prune_renames
from flask_migrate_decl.errors import NotConfirmedError
from flask_migrate_decl.reporting.paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask_migrate_decl.reporting import HintList
    from flask_migrate_decl.results import PrunePlan

_TABLE, _JSON = "table", "json"
_FORMAT = click.Option(
    ["--format", "format_"],
    type=click.Choice([_TABLE, _JSON]),
    help=f"How hints are shown.  [default: {_TABLE}]",
)


def _renames(format_: str | None, directory: str | None) -> None:
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        _list(context, format_ or _TABLE, directory)
    elif format_ is not None:
        raise click.UsageError("--format is for the list of hints: leave it out here")
    elif directory is not None:
        context.meta[DIRECTORY] = directory


def _list(context: click.Context, format_: str, directory: str | None) -> None:
    stdout = context.with_resource(results_alone_on_stdout())
    with errors_shown(context), messages_on_stderr(logging.WARNING):
        push_app_context(load_app(context), context)
        found = list_renames(given_directory(context, directory))
        for database in found.unreached:
            show_warning(str(database))
        if format_ == _JSON:
            write(found.json(), stdout)
        elif found.hints:
            show_table(("Database", "Hint", "State", "Revision", "Place"), found.rows, stdout)
        else:
            show("no rename hints are declared", stdout)
        context.exit(_exit_code(found))


def _exit_code(found: HintList) -> int:
    return 0 if found.is_complete else COULD_NOT_RUN


def _prune(yes: bool, directory: str | None) -> None:
    context = click.get_current_context()

    def confirm(plan: PrunePlan) -> bool:
        _show_plan(plan)
        if not yes and not sys.stdin.isatty():
            raise NotConfirmedError
        file = shown_path(plan.path) if plan.path else ""
        return yes or click.confirm(f"Remove {_counted(plan.removable)} from {file}?")

    with errors_shown(context), messages_on_stderr(logging.WARNING):
        push_app_context(load_app(context), context)
        result = prune_renames(confirm, given_directory(context, directory))
        if result.removed and result.plan.path:
            show(f"Removed {_counted(result.removed)} from {shown_path(result.plan.path)}")
        elif result.plan.removable:
            show("Nothing was removed")
        else:
            _show_plan(result.plan)
            show("Nothing to remove")


def _show_plan(plan: PrunePlan) -> None:
    """Show what is going to be removed, and why the rest is not."""
    if plan.removable:
        rows = [(h.hint, h.state, h.revision or "", h.where) for h in plan.removable]
        show_table(("Not needed any more", "State", "Revision", "Place"), rows, sys.stdout)
        show("")
    if plan.kept:
        show_table(("Kept", "Why"), [(k.hint.hint, k.reason) for k in plan.kept], sys.stdout)
        show("")


def _counted(hints: Sequence[object]) -> str:
    return "1 hint" if len(hints) == 1 else f"{len(hints)} hints"


COMMANDS = {
    "renames": click.Group(
        "renames",
        commands=[
            click.Command(
                "prune",
                params=[
                    flag("--yes", "-y", help="Remove them without asking."),
                    directory_option(),
                ],
                callback=_prune,
                help="Remove the hints that no database needs any more.",
            )
        ],
        params=[_FORMAT, directory_option()],
        callback=_renames,
        invoke_without_command=True,
        help="Show every rename hint, with its state on its database.",
    )
}
