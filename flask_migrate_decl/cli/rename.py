"""``flask db rename``: a rename hint added to the configuration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from flask_migrate_decl.cli.building import errors_shown, text_option
from flask_migrate_decl.cli.console import messages_on_stderr, show, show_warning
from flask_migrate_decl.cli.optional_app import config_option, no_app_option, push_app_if_any
from flask_migrate_decl.commands.rename import (
    rename_column,
    rename_constraint,
    rename_enum,
    rename_enum_value,
    rename_index,
    rename_schema,
    rename_sequence,
    rename_table,
)
from flask_migrate_decl.errors import NoAppError
from flask_migrate_decl.reporting.paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from flask_migrate_decl.results import AddedHint

_NAME_PART = re.compile(r'"((?:[^"]|"")+)"|([^."]+)')


def names_in(text: str, words: Sequence[str]) -> tuple[str | None, tuple[str, ...]]:
    """Return the schema and the names in a text such as ``crm.account.name`` or ``"a.b".c``.

    :param words: what the names behind the schema are those of.
    :raises click.BadParameter: there are more or fewer.
    """
    matches = list(_NAME_PART.finditer(text))
    names = tuple((match[1] or match[2]).replace('""', '"') for match in matches)
    is_whole = ".".join(match[0] for match in matches) == text
    if is_whole and len(names) == len(words):
        return None, names
    if is_whole and len(names) == len(words) + 1:
        return names[0], names[1:]
    wanted = ".".join(words)
    raise click.BadParameter(
        f"write {wanted} or SCHEMA.{wanted}, with double quotes around a name that has a dot in it"
    )


def single_name(text: str) -> str:
    """Return a name; a dot in it may be a mistake, so it has to be quoted then.

    :raises click.BadParameter: it is not one name.
    """
    schema, (name,) = names_in(text, ["NAME"])
    if schema is not None:
        raise click.BadParameter(
            f"write one name for {text}, with double quotes around it if the dot is a part of it"
        )
    return name


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


def _subcommand(
    name: str, what: str, words: Sequence[str], add: Callable[..., AddedHint], *more: click.Option
) -> click.Command:
    """Make the command that adds hints of one kind.

    :param what: what such a hint declares.
    :param words: what the names are those of that stand before the new one; none for a schema,
        which is in no other one.
    :param add: the function that is called with the names and the options.
    """

    def callback(
        old: str, new: str, config: Path | None, no_app: bool, **options: str | None
    ) -> None:
        if words:
            options["schema"], names = names_in(old, words)
        else:
            names = (single_name(old),)
        to = single_name(new)
        _rename(lambda: add(*names, to, config_file=config, **options), config, no_app=no_app)

    params = [
        click.Argument(["old"], metavar=f"[SCHEMA.]{'.'.join(words)}" if words else "SCHEMA"),
        click.Argument(["new"]),
        *more,
        text_option("--bind", help="The bind; left out: the default database."),
        config_option(),
        no_app_option(),
    ]
    return click.Command(name, params=params, callback=callback, help=f"Declare that {what}.")


_TO_SCHEMA = text_option("--to-schema", help="The schema that the table moves to.")
_SUBCOMMANDS = [
    _subcommand(
        "table",
        "a table gets another name, or moves to another schema",
        ["TABLE"],
        rename_table,
        _TO_SCHEMA,
    ),
    _subcommand("column", "a column gets another name", ["TABLE", "COLUMN"], rename_column),
    _subcommand("index", "an index gets another name", ["TABLE", "INDEX"], rename_index),
    _subcommand(
        "constraint",
        "a unique, check, foreign-key or primary-key constraint gets another name",
        ["TABLE", "CONSTRAINT"],
        rename_constraint,
    ),
    _subcommand("enum", "an enum type gets another name", ["ENUM"], rename_enum),
    _subcommand(
        "enum-value", "a label of an enum type changes", ["ENUM", "VALUE"], rename_enum_value
    ),
    _subcommand("sequence", "a sequence gets another name", ["SEQUENCE"], rename_sequence),
    _subcommand("schema", "a schema gets another name", [], rename_schema),
]
COMMANDS = {
    "rename": click.Group(
        "rename", commands=_SUBCOMMANDS, help="Add a rename hint to the configuration."
    )
}
