"""The group of commands, whose commands are imported when one is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask

DIRECTORY = "flask_migrate_decl.directory"
X_ARG = "flask_migrate_decl.x_arg"
"""The keys under which the group's options lie in click's ``Context.meta``."""

COMMANDS = {
    "branches": "revisions",
    "check": "revisions",
    "check-config": "check_config",
    "current": "revisions",
    "downgrade": "revisions",
    "edit": "revisions",
    "heads": "revisions",
    "history": "revisions",
    "init": "revisions",
    "list-templates": "revisions",
    "merge": "revisions",
    "migrate": "revisions",
    "rename": "rename",
    "renames": "renames",
    "revision": "revisions",
    "show": "revisions",
    "show-config": "show_config",
    "stamp": "revisions",
    "suggest-renames": "undeclared",
    "upgrade": "revisions",
}
"""The names of all commands, each with the module that holds it."""
_OURS_ALONE = frozenset({"check-config", "renames", "show-config"})
"""The commands for which no app is asked whether it has a group of its own."""
RENAME = "rename"
NO_APP = "--no-app"
NEED_NO_APP = frozenset({"list-templates"})


def directory_option() -> click.Option:
    """Return the option that names the folder of revisions."""
    help_ = 'Migration script directory (default is "migrations").'
    return click.Option(["-d", "--directory"], help=help_)


def x_arg_option() -> click.Option:
    """Return the option whose values reach a project's own ``env.py``."""
    help_ = "Additional arguments consumed by custom env.py scripts."
    return click.Option(["-x", "--x-arg"], multiple=True, help=help_)


class MigrateGroup(click.Group):
    """The commands of one app, under the name that ``Migrate(command=…)`` gives them."""

    def __init__(self, name: str) -> None:
        super().__init__(
            name,
            help="Perform database migrations.",
            params=[directory_option(), x_arg_option()],
            callback=_keep_options,
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, without importing them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"flask_migrate_decl.cli.{COMMANDS[cmd_name]}")
        command: click.Command = module.COMMANDS[cmd_name]
        return command


def _keep_options(directory: str | None, x_arg: Sequence[str]) -> None:
    meta = click.get_current_context().meta
    meta[DIRECTORY], meta[X_ARG] = directory, x_arg


class SharedGroup(MigrateGroup):
    """The group that is there for every project of this Python, with an app or without.

    Flask looks it up before the app's own commands. Where the app has a group of that name which
    is not ours, such as Flask-Migrate's, the command is that group's; what only we have stays ours.
    """

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Begin a command, the app's own one where it has another."""
        if parent is not None and not _is_ours_alone(args):
            command = _command_of_app(info_name or "", args, parent)
            if command is not None:
                return command.make_context(info_name, args, parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)


_WITH_VALUE = frozenset({"-d", "--directory", "-x", "--x-arg"})


def _subcommand(args: Sequence[str]) -> str | None:
    """Return the name of the command among a group's arguments, behind the group's options."""
    words = iter(args)
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


def _is_ours_alone(args: Sequence[str]) -> bool:
    """Tell whether the app need not be asked: it would be loaded before its options are read."""
    name = _subcommand(args)
    return name in _OURS_ALONE or (name == RENAME and NO_APP in args)


def _command_of_app(name: str, args: Sequence[str], parent: click.Context) -> click.Command | None:
    """Return the app's own command of a name, unless it is ours or there is no app to ask.

    What only we have is ours, unless the app's own group has it too.
    """
    from flask_migrate_decl.cli.app import try_to_load_app

    app = try_to_load_app(parent)
    command = app.cli.get_command(parent, name) if app else None
    if app is None or command is None or isinstance(command, MigrateGroup):
        return None
    own = command.commands if isinstance(command, click.Group) else {RENAME: command}
    if _subcommand(args) == RENAME and RENAME not in own:
        return None
    push_app_context(app, parent)
    return command


def push_app_context(app: Flask, context: click.Context) -> None:
    """Do for a command what Flask does for every command of an app."""
    from flask import current_app

    if not current_app:
        context.with_resource(app.app_context())
