"""``flask db rename``: a rename hint added to the configuration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from flask_migrate_decl.cli.building import errors_shown, text_option
from flask_migrate_decl.cli.console import messages_on_stderr, show, show_warning
from flask_migrate_decl.cli.optional_app import config_option, no_app_option, push_app_if_any
from flask_migrate_decl.commands.rename import rename_column, rename_table
from flask_migrate_decl.errors import NoAppError
from flask_migrate_decl.reporting.paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask_migrate_decl.results import AddedHint

_NAME_PART = re.compile(r'"((?:[^"]|"")+)"|([^."]+)')


def names_in(text: str, count: int) -> tuple[str | None, tuple[str, ...]]:
    """Return the schema and the names in a text such as ``crm.account.name`` or ``"a.b".c``.

    :param count: how many names there are behind the schema.
    :raises click.BadParameter: there are more or fewer.
    """
    matches = list(_NAME_PART.finditer(text))
    names = tuple((match[1] or match[2]).replace('""', '"') for match in matches)
    is_whole = ".".join(match[0] for match in matches) == text
    if is_whole and len(names) == count:
        return None, names
    if is_whole and len(names) == count + 1:
        return names[0], names[1:]
    wanted = ".".join(("TABLE", "COLUMN")[:count])
    raise click.BadParameter(
        f"write {wanted} or SCHEMA.{wanted}, with double quotes around a name that has a dot in it"
    )


def new_name(text: str) -> str:
    """Return a new name; a dot in it may be a mistake, so it has to be quoted then.

    :raises click.BadParameter: it is not one name.
    """
    schema, (name,) = names_in(text, 1)
    if schema is not None:
        raise click.BadParameter(
            "write the new name alone, with double quotes around it if the dot is a part of it"
        )
    return name


def _rename_table(old: str, new: str, bind: str | None, config: Path | None, no_app: bool) -> None:
    schema, (table,), name = *names_in(old, 1), new_name(new)
    _rename(
        lambda: rename_table(table, name, schema=schema, bind=bind, config_file=config),
        config,
        no_app=no_app,
    )


def _rename_column(old: str, new: str, bind: str | None, config: Path | None, no_app: bool) -> None:
    schema, (table, column), name = *names_in(old, 2), new_name(new)
    _rename(
        lambda: rename_column(table, column, name, schema=schema, bind=bind, config_file=config),
        config,
        no_app=no_app,
    )


def _rename(add: Callable[[], AddedHint], config: Path | None, *, no_app: bool) -> None:
    """Add a hint to the file of the app, or to that of the working folder where there is none."""
    context = click.get_current_context()
    with errors_shown(context), messages_on_stderr():
        if not no_app and config is None:
            _push_app(context)
        added = add()
        line = f":{added.place.line}" if added.place else ""
        show(f"Added {added.key} to {shown_path(added.path)}{line}")


def _push_app(context: click.Context) -> None:
    """Push the app's context, so that its own file is changed; where it is broken, stop."""
    error = push_app_if_any(context, None)
    if error is not None and not isinstance(error, NoAppError):
        show_warning("the app may have another file; --no-app or --config say which one is meant")
        raise error


def _subcommand(name: str, old: str, help_: str, callback: Callable[..., None]) -> click.Command:
    params = [
        click.Argument(["old"], metavar=old),
        click.Argument(["new"]),
        text_option("--bind", help="The bind; left out: the default database."),
        config_option(),
        no_app_option(),
    ]
    return click.Command(name, params=params, callback=callback, help=help_)


COMMANDS = {
    "rename": click.Group(
        "rename",
        commands=[
            _subcommand(
                "table",
                "[SCHEMA.]TABLE",
                "Declare that a table gets another name.",
                _rename_table,
            ),
            _subcommand(
                "column",
                "[SCHEMA.]TABLE.COLUMN",
                "Declare that a column gets another name.",
                _rename_column,
            ),
        ],
        help="Add a rename hint to the configuration.",
    )
}
