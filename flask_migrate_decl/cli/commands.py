"""The commands: parse, call the function of that name, print."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from flask import g

from flask_migrate_decl import commands
from flask_migrate_decl.cli.app import load_app
from flask_migrate_decl.cli.console import messages_on_stderr, show, show_error, show_hint
from flask_migrate_decl.cli.group import (
    DIRECTORY,
    NEED_NO_APP,
    X_ARG,
    directory_option,
    push_app_context,
    x_arg_option,
)
from flask_migrate_decl.errors import FindingsError, MigrateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask_migrate_decl.results import (
        CheckResult,
        CurrentResult,
        InitResult,
        Listing,
        RevisionResult,
        RunResult,
        Template,
    )

_FOUND_SOMETHING = 1
_COULD_NOT_RUN = 2


def command_named(name: str) -> click.Command:
    """Return a command by the name it has on the command line."""
    return _COMMANDS[name]


# --- options that several commands share -------------------------------------------------------


def _flag(*names: str, help: str) -> click.Option:  # noqa: A002
    return click.Option(names, is_flag=True, help=help)


def _text_option(*names: str, help: str, default: str | None = None) -> click.Option:  # noqa: A002
    return click.Option(names, default=default, help=help)


_MESSAGE = _text_option("-m", "--message", help="Revision message.")
_SQL = _flag("--sql", help="Don't emit SQL to database - dump to standard output instead.")
_TAG = _text_option("--tag", help='Arbitrary "tag" name - can be used by custom env.py scripts.')
_VERBOSE = _flag("-v", "--verbose", help="Use more verbose output.")
_BRANCH_LABEL = _text_option(
    "--branch-label", help="Specify a branch label to apply to the new revision."
)
_REV_ID = _text_option(
    "--rev-id", help="Specify a hardcoded revision id instead of generating one."
)
_REVISION_OPTIONS = (
    _MESSAGE,
    _SQL,
    _text_option(
        "--head",
        default="head",
        help="Specify head revision or <branchname>@head to base new revision on.",
    ),
    _flag("--splice", help='Allow a non-head revision as the "head" to splice onto.'),
    _BRANCH_LABEL,
    _text_option("--version-path", help="Specify specific path from config for version file."),
    _REV_ID,
)


def _revision_argument(default: str) -> click.Argument:
    return click.Argument(["revision"], default=default)


# --- what is printed ---------------------------------------------------------------------------


def _show_templates(templates: tuple[Template, ...]) -> None:
    show("Available templates:\n")
    for template in templates:
        show(f"{template.name} - {template.synopsis}")


def _show_init(result: InitResult) -> None:
    show(f"Created {result.directory}")
    if result.section is None:
        return
    if result.section.written:
        show(f"Added a section to {result.section.path}")
    else:
        show(f"Please add this to {result.section.path}:\n\n{result.section.text}")


def _show_generated(result: RevisionResult) -> None:
    for script in result.scripts:
        show(f"Generating {script.path} ...  done")


def _show_migrated(result: RevisionResult) -> None:
    for report in result.hints:
        show_hint(report)
    _show_generated(result)
    if not result.scripts:
        show("No changes in schema detected.")


def _show_run(result: RunResult) -> None:
    if result.sql is not None:
        click.echo(result.sql, nl=False)


def _show_text(result: Listing | CurrentResult) -> None:
    click.echo(result.text, nl=False)


def _show_checked(result: CheckResult) -> None:
    for report in result.hints:
        show_hint(report)
    show("No new upgrade operations detected.")


def _show_nothing(_result: object) -> None:
    pass


# --- how a command is run ----------------------------------------------------------------------


def _command(
    name: str,
    help_: str,
    function: Callable[..., Any],
    show_result: Callable[[Any], None],
    *params: click.Parameter,
) -> click.Command:
    """Make the command that calls a function with its options and shows what it returns."""
    needs_app = name not in NEED_NO_APP
    own_params = [*params, directory_option()] if needs_app else [*params]

    @wraps(function)
    def callback(**options: Any) -> None:
        context = click.get_current_context()
        try:
            with messages_on_stderr():
                if needs_app:
                    push_app_context(load_app(context), context)
                    options = _with_group_options(context, options)
                result = function(**options)
            show_result(result)
        except MigrateError as error:
            show_error(error)
            code = _FOUND_SOMETHING if isinstance(error, FindingsError) else _COULD_NOT_RUN
            context.exit(code)

    return click.Command(name, params=own_params, callback=callback, help=help_)


def _with_group_options(context: click.Context, options: dict[str, Any]) -> dict[str, Any]:
    """Take from the group what the command itself was not given."""
    g.x_arg = context.meta.get(X_ARG, ())
    return options | {"directory": options["directory"] or context.meta.get(DIRECTORY)}


_INIT_OPTIONS = (
    _flag("--multidb", help="Support multiple databases."),
    _text_option("-t", "--template", help='Repository template to use (default is "flask").'),
    _flag(
        "--package",
        help="Write empty __init__.py files to the environment and version locations.",
    ),
)
_AUTOGENERATE = _flag(
    "--autogenerate",
    help="Populate revision script with candidate migration operations, based on comparison of "
    "database to model.",
)
_MERGE_MESSAGE = _text_option("-m", "--message", help="Merge revision message.")
_REVISIONS = click.Argument(["revisions"], nargs=-1)
_RANGE = _text_option(
    "-r", "--rev-range", help="Specify a revision range; format is [start]:[end]."
)
_INDICATE = _flag("-i", "--indicate-current", help="Indicate the current revision.")
_DEPENDENCIES = _flag("--resolve-dependencies", help="Treat dependency versions as down revisions.")
_PURGE = _flag("--purge", help="Delete the version in the alembic_version table before stamping.")

_COMMANDS = {
    command.name or "": command
    for command in (
        _command(
            "list-templates", "List available templates.", commands.list_templates, _show_templates
        ),
        _command(
            "init", "Creates a new migration repository.", commands.init, _show_init, *_INIT_OPTIONS
        ),
        _command(
            "revision",
            "Create a new revision file.",
            commands.revision,
            _show_generated,
            *_REVISION_OPTIONS,
            _AUTOGENERATE,
            x_arg_option(),
        ),
        _command(
            "migrate",
            "Autogenerate a new revision file (Alias for 'revision --autogenerate').",
            commands.migrate,
            _show_migrated,
            *_REVISION_OPTIONS,
            x_arg_option(),
        ),
        _command(
            "edit",
            "Edit a revision file.",
            commands.edit,
            _show_nothing,
            _revision_argument("head"),
        ),
        _command(
            "merge",
            "Merge two revisions together, creating a new revision file.",
            commands.merge,
            _show_generated,
            _MERGE_MESSAGE,
            _BRANCH_LABEL,
            _REV_ID,
            _REVISIONS,
        ),
        _command(
            "upgrade",
            "Upgrade to a later version.",
            commands.upgrade,
            _show_run,
            _SQL,
            _TAG,
            x_arg_option(),
            _revision_argument("head"),
        ),
        _command(
            "downgrade",
            "Revert to a previous version.",
            commands.downgrade,
            _show_run,
            _SQL,
            _TAG,
            x_arg_option(),
            _revision_argument("-1"),
        ),
        _command(
            "show",
            "Show the revision denoted by the given symbol.",
            commands.show,
            _show_text,
            _revision_argument("head"),
        ),
        _command(
            "history",
            "List changeset scripts in chronological order.",
            commands.history,
            _show_text,
            _RANGE,
            _VERBOSE,
            _INDICATE,
        ),
        _command(
            "heads",
            "Show current available heads in the script directory.",
            commands.heads,
            _show_text,
            _VERBOSE,
            _DEPENDENCIES,
        ),
        _command(
            "branches", "Show current branch points.", commands.branches, _show_text, _VERBOSE
        ),
        _command(
            "current",
            "Display the current revision for each database.",
            commands.current,
            _show_text,
            _VERBOSE,
        ),
        _command(
            "stamp",
            "'stamp' the revision table with the given revision; don't run any migrations.",
            commands.stamp,
            _show_run,
            _SQL,
            _TAG,
            _PURGE,
            _revision_argument("head"),
        ),
        _command(
            "check",
            "Check if there are any new operations to migrate.",
            commands.check,
            _show_checked,
        ),
    )
}
