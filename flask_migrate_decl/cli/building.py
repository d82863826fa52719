"""How a command is made of its options, the function that it calls, and what it prints."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, TextIO

import click
from click.exceptions import Exit
from flask import g

from flask_migrate_decl.cli.app import load_app, passwords_in_use
from flask_migrate_decl.cli.console import (
    messages_on_stderr,
    results_alone_on_stdout,
    show_error,
    show_traceback,
)
from flask_migrate_decl.cli.group import (
    DIRECTORY,
    NEED_NO_APP,
    X_ARG,
    directory_option,
    push_app_context,
)
from flask_migrate_decl.errors import (
    FindingsError,
    MigrateError,
    covered_traceback,
    repeats_password,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOUND_SOMETHING = 1
COULD_NOT_RUN = 2
_ENDED_BY_MISTAKE = 1
_STDOUT = "flask_migrate_decl.stdout"
_WITH_TRACEBACK = "flask_migrate_decl.traceback"


def flag(*names: str, help: str) -> click.Option:  # noqa: A002
    """Return an option that is given or not."""
    return click.Option(names, is_flag=True, help=help)


def text_option(*names: str, help: str, default: str | None = None) -> click.Option:  # noqa: A002
    """Return an option with a text."""
    return click.Option(names, default=default, help=help)


def bind_option() -> click.Option:
    """Return the option that names binds."""
    help_ = 'A bind that the command is about, "default" being the main database; may be repeated.'
    return click.Option(["--bind"], multiple=True, metavar="NAME", help=help_)


def format_option() -> click.Option:
    """Return the option by which a result is for programs, alone on standard output."""
    return click.Option(
        ["--format"],
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        expose_value=False,
        callback=_note_format,
        help="How the result is shown.",
    )


def _note_format(context: click.Context, _option: click.Parameter, value: str) -> None:
    if value == "json":
        context.meta[_STDOUT] = context.with_resource(results_alone_on_stdout())


def traceback_option() -> click.Option:
    """Return the option by which an error is followed by what led to it."""
    return click.Option(
        ["--traceback"],
        is_flag=True,
        expose_value=False,
        callback=_note_traceback,
        help="Show the traceback of an error too, without passwords.",
    )


def _note_traceback(context: click.Context, _option: click.Parameter, value: bool) -> None:
    context.meta[_WITH_TRACEBACK] = value


def stream_for_programs() -> TextIO | None:
    """Return where JSON is to be written, or ``None`` where a person reads."""
    stream: TextIO | None = click.get_current_context().meta.get(_STDOUT)
    return stream


def command(
    name: str,
    help_: str,
    function: Callable[..., Any],
    show_result: Callable[[Any], None],
    *params: click.Parameter,
) -> click.Command:
    """Make the command that calls a function with its options and shows what it returns."""
    needs_app = name not in NEED_NO_APP
    own_params = [*params, directory_option(), traceback_option()] if needs_app else [*params]

    @wraps(function)
    def callback(**options: Any) -> None:
        context = click.get_current_context()
        with errors_shown(context):
            with messages_on_stderr():
                if needs_app:
                    push_app_context(load_app(context), context)
                    options = _with_group_options(context, options)
                result = function(**options)
            show_result(result)

    return click.Command(name, params=own_params, callback=callback, help=help_)


@contextmanager
def errors_shown(context: click.Context) -> Iterator[None]:
    """Show an error, and end the command with the exit code that it stands for."""
    try:
        yield
    except MigrateError as error:
        show_error(error)
        if context.meta.get(_WITH_TRACEBACK):
            show_traceback(covered_traceback(error, passwords_in_use()))
        context.exit(FOUND_SOMETHING if isinstance(error, FindingsError) else COULD_NOT_RUN)
    except (click.ClickException, click.Abort, Exit):
        raise
    except Exception as error:
        # It is a mistake in somebody's code. Python shows it, and would show a password too.
        if not repeats_password(error, passwords_in_use()):
            raise
        show_traceback(covered_traceback(error, passwords_in_use()))
        context.exit(_ENDED_BY_MISTAKE)


def _with_group_options(context: click.Context, options: dict[str, Any]) -> dict[str, Any]:
    """Take from the group what the command itself was not given."""
    g.x_arg = context.meta.get(X_ARG, ())
    return options | {"directory": options["directory"] or context.meta.get(DIRECTORY)}
