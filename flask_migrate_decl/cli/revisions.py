"""The commands that work with revisions: parse, call the function of that name, print."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flask_migrate_decl.cli import jobs, trying
from flask_migrate_decl.cli.building import (
    bind_option,
    command,
    flag,
    format_option,
    stream_for_programs,
    text_option,
)
from flask_migrate_decl.cli.console import show, show_drops, show_hints
from flask_migrate_decl.cli.group import x_arg_option
from flask_migrate_decl.cli.listing import (
    show_checked,
    show_current,
    show_heads,
    show_history,
    show_texts,
)
from flask_migrate_decl.cli.undeclared import (
    OPTIONS,
    answering,
    show_revision_as_json,
    show_undeclared,
)
from flask_migrate_decl.commands import checking, folders, listing, running, writing
from flask_migrate_decl.errors import ModelsDifferError
from flask_migrate_decl.reporting.paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask_migrate_decl.results import (
        CheckResult,
        InitResult,
        RevisionResult,
        RunResult,
        Template,
    )

# --- options that several commands share -------------------------------------------------------


_MESSAGE = text_option("-m", "--message", help="Revision message.")
_SQL = flag("--sql", help="Don't emit SQL to database - dump to standard output instead.")
_TAG = text_option("--tag", help='Arbitrary "tag" name - can be used by custom env.py scripts.')
_BIND = bind_option()
_OUTPUT_DIR = click.Option(
    ["--output-dir"],
    type=click.Path(path_type=Path),
    help="With --sql, write the statements into this folder, a file for each database.",
)
_RESUMING = (
    flag(
        "--resume",
        help="Go on with a revision that an earlier run has left half done, on MariaDB or MySQL.",
    ),
    click.Option(
        ["--in-doubt"],
        type=click.Choice(["done", "undone"]),
        help="With --resume, say whether the last statement of that run was done, where the "
        "database does not tell.",
    ),
)
_VERBOSE = flag("-v", "--verbose", help="Use more verbose output.")
_BRANCH_LABEL = text_option(
    "--branch-label", help="Specify a branch label to apply to the new revision."
)
_REV_ID = text_option("--rev-id", help="Specify a hardcoded revision id instead of generating one.")
_REVISION_OPTIONS = (
    _MESSAGE,
    _SQL,
    text_option(
        "--head",
        default="head",
        help="Specify head revision or <branchname>@head to base new revision on.",
    ),
    flag("--splice", help='Allow a non-head revision as the "head" to splice onto.'),
    _BRANCH_LABEL,
    text_option("--version-path", help="Specify specific path from config for version file."),
    _REV_ID,
)


_SHOWN_IN_FULL = "flask_migrate_decl.verbose"


def _note_verbose(context: click.Context, _option: click.Parameter, value: bool) -> None:
    context.meta[_SHOWN_IN_FULL] = value


def _is_verbose() -> bool:
    return bool(click.get_current_context().meta.get(_SHOWN_IN_FULL))


_EXPLAIN = click.Option(
    ["-v", "--verbose"],
    is_flag=True,
    expose_value=False,
    callback=_note_verbose,
    help="Say of each rename hint why nothing was to be done, and show the steps.",
)


def _revision_argument(default: str) -> click.Argument:
    return click.Argument(["revision"], default=default)


# --- what is printed ---------------------------------------------------------------------------


def _show_templates(templates: tuple[Template, ...]) -> None:
    show("Available templates:\n")
    for template in templates:
        show(f"{template.name} - {template.synopsis}")


def _show_init(result: InitResult) -> None:
    for directory in (result.directory, *result.others):
        show(f"Created {directory}")
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
    _show_revision(result)
    if not result.scripts and stream_for_programs() is None:
        show("No changes in schema detected.")


def _show_revision(result: RevisionResult) -> None:
    if show_revision_as_json(result):
        return
    show_hints(result.hints, result.steps, verbose=_is_verbose())
    _show_generated(result)
    show_undeclared(result)
    show_drops(result.drops)


def _show_run(result: RunResult) -> None:
    for path in result.files:
        show(f"Wrote {shown_path(path)}")
    if result.sql is not None and not result.files:
        click.echo(result.sql, nl=False)
    if result.is_rehearsal:
        show(f"Rehearsed {_counted(result.applied)}; everything was rolled back.")


def _counted(revisions: Sequence[object]) -> str:
    number = len(revisions) or "no"
    return f"{number} revision" if number == 1 else f"{number} revisions"


def _show_checked(result: CheckResult) -> None:
    if show_checked(result.binds):
        return
    show_hints(result.hints, (), verbose=_is_verbose())
    show("No new upgrade operations detected.")


@wraps(checking.check)
def _check(**options: Any) -> CheckResult:
    """Check, and explain the hints where the models differ too."""
    try:
        return checking.check(**options)
    except ModelsDifferError as error:
        if not show_checked(error.binds) and _is_verbose():
            show_hints(error.hints, error.steps, verbose=True, done="to be renamed")
        raise


def _show_nothing(_result: object) -> None:
    pass


# --- the commands -----------------------------------------------------------------------------

_INIT_OPTIONS = (
    flag("--multidb", help="Support multiple databases."),
    text_option("-t", "--template", help='Repository template to use (default is "flask").'),
    flag(
        "--package",
        help="Write empty __init__.py files to the environment and version locations.",
    ),
)
_AUTOGENERATE = flag(
    "--autogenerate",
    help="Populate revision script with candidate migration operations, based on comparison of "
    "database to model.",
)
_MERGE_MESSAGE = text_option("-m", "--message", help="Merge revision message.")
_REVISIONS = click.Argument(["revisions"], nargs=-1)
_RANGE = text_option("-r", "--rev-range", help="Specify a revision range; format is [start]:[end].")
_INDICATE = flag("-i", "--indicate-current", help="Indicate the current revision.")
_DEPENDENCIES = flag("--resolve-dependencies", help="Treat dependency versions as down revisions.")
_PURGE = flag("--purge", help="Delete the version in the alembic_version table before stamping.")

COMMANDS = {
    made.name: made
    for made in (
        command(
            "list-templates", "List available templates.", folders.list_templates, _show_templates
        ),
        command(
            "init",
            "Creates a new migration repository.",
            folders.init,
            _show_init,
            *_INIT_OPTIONS,
            _BIND,
        ),
        command(
            "revision",
            "Create a new revision file.",
            answering(writing.revision),
            _show_revision,
            *_REVISION_OPTIONS,
            _AUTOGENERATE,
            *OPTIONS,
            _EXPLAIN,
            x_arg_option(),
            _BIND,
        ),
        command(
            "migrate",
            "Autogenerate a new revision file (Alias for 'revision --autogenerate').",
            answering(writing.migrate),
            _show_migrated,
            *_REVISION_OPTIONS,
            *OPTIONS,
            _EXPLAIN,
            x_arg_option(),
            _BIND,
        ),
        command(
            "edit",
            "Edit a revision file.",
            writing.edit,
            _show_nothing,
            _BIND,
            _revision_argument("head"),
        ),
        command(
            "merge",
            "Merge two revisions together, creating a new revision file.",
            writing.merge,
            _show_generated,
            _MERGE_MESSAGE,
            _BRANCH_LABEL,
            _REV_ID,
            _BIND,
            _REVISIONS,
        ),
        command(
            "upgrade",
            "Upgrade to a later version.",
            trying.upgrade,
            _show_run,
            _SQL,
            _TAG,
            x_arg_option(),
            _BIND,
            _OUTPUT_DIR,
            *jobs.OPTIONS,
            *trying.OPTIONS,
            *_RESUMING,
            _revision_argument("head"),
        ),
        command(
            "downgrade",
            "Revert to a previous version.",
            running.downgrade,
            _show_run,
            _SQL,
            _TAG,
            x_arg_option(),
            _BIND,
            _OUTPUT_DIR,
            *_RESUMING,
            _revision_argument("-1"),
        ),
        command(
            "show",
            "Show the revision denoted by the given symbol.",
            listing.show,
            show_texts,
            _BIND,
            _revision_argument("head"),
        ),
        command(
            "history",
            "List changeset scripts in chronological order.",
            listing.history,
            show_history,
            _RANGE,
            _VERBOSE,
            _INDICATE,
            _BIND,
            format_option(),
        ),
        command(
            "heads",
            "Show current available heads in the script directory.",
            listing.heads,
            show_heads,
            _VERBOSE,
            _DEPENDENCIES,
            _BIND,
            format_option(),
        ),
        command(
            "branches",
            "Show current branch points.",
            listing.branches,
            show_texts,
            _VERBOSE,
            _BIND,
        ),
        command(
            "current",
            "Display the current revision for each database.",
            listing.current,
            show_current,
            _VERBOSE,
            _BIND,
            format_option(),
        ),
        command(
            "stamp",
            "'stamp' the revision table with the given revision; don't run any migrations.",
            running.stamp,
            _show_run,
            _SQL,
            _TAG,
            _PURGE,
            _BIND,
            _OUTPUT_DIR,
            _revision_argument("head"),
        ),
        command(
            "check",
            "Check if there are any new operations to migrate.",
            _check,
            _show_checked,
            _EXPLAIN,
            _BIND,
            format_option(),
        ),
    )
}
