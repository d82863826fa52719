"""What a person is shown. Nothing outside this package prints."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flask_migrate_decl.errors import ConfigInvalidError
from flask_migrate_decl.renames import State
from flask_migrate_decl.reporting import full_finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask_migrate_decl.errors import MigrateError
    from flask_migrate_decl.renames import HintReport

_LOGGERS = ("alembic", "flask_migrate_decl")
_FORMAT = "%(levelname)-5.5s [%(name)s] %(message)s"


def show(text: str) -> None:
    """Print to standard output."""
    click.echo(text)


def show_error(error: MigrateError) -> None:
    """Print an error to standard error, in colour on a terminal unless ``NO_COLOR`` is set."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    if isinstance(error, ConfigInvalidError):
        for finding in error.findings:
            console.print(_coloured(full_finding(finding)), end="\n\n")
    summary = error.summary if isinstance(error, ConfigInvalidError) else str(error)
    console.print(Text.assemble(("Error: ", "bold red"), summary))


def show_warning(text: str) -> None:
    """Print to standard error what somebody should know of a result."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(Text.assemble(("Warning: ", "bold yellow"), text))


def show_report(text: str) -> None:
    """Print what was found to standard output, in colour on a terminal."""
    console = Console(soft_wrap=True, highlight=False)
    if console.color_system is None:
        click.echo(text, nl=False)
    else:
        console.print(_coloured(text), end="")


def show_settings(rows: Sequence[tuple[str, str, str]]) -> None:
    """Print a table of settings, as wide as the terminal is, or as it needs elsewhere."""
    table = Table("Key", "Value", "From", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = Console(width=_NO_LIMIT).measure(table).maximum
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


_NO_LIMIT = 100_000


_COLOURS = {
    r"(?m)^.*?\b(error FMD\d+)(?=: )": "bold red",
    r"(?m)^.*?\b(warning FMD\d+)(?=: )": "bold yellow",
    r"(?m)^.*?\b(note FMD\d+)(?=: )": "bold blue",
    r"(?m)^ *\d* ?(\|) ": "blue",
    r"(?m)^ +\| +(\^+)$": "bold red",
    r"(?m)^ += (help:)": "bold cyan",
}


def _coloured(text: str) -> Text:
    coloured = Text(text)
    for pattern, style in _COLOURS.items():
        for match in re.finditer(pattern, text):
            coloured.stylize(style, *match.span(1))
    return coloured


def show_hint(report: HintReport) -> None:
    """Print what a hint came to, where somebody would want to know."""
    if report.state is State.PENDING:
        click.echo(f"renamed {report.hint}")
    elif report.state is State.EARLY:
        click.echo(f"not renamed: {report.hint} ({report.message})")


class _NoPluginSetup(logging.Filter):
    """Leaves out Alembic's list of its own plug-ins, which says nothing about a migration."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name != "alembic.runtime.plugins" or record.levelno > logging.INFO


@contextmanager
def messages_on_stderr() -> Iterator[None]:
    """Show Alembic's and our messages on standard error, if the app has no logging of its own."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    if any(_is_configured(logger) for logger in loggers):
        yield
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(_FORMAT))
    handler.addFilter(_NoPluginSetup())
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)


def _is_configured(logger: logging.Logger) -> bool:
    """Tell whether somebody has given the logger a level or a handler that shows something."""
    handlers = (*logger.handlers, *logging.root.handlers)
    return logger.level != logging.NOTSET or any(
        not isinstance(handler, logging.NullHandler) for handler in handlers
    )
