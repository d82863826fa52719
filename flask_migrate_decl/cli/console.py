"""What a person is shown. Nothing outside this package prints."""

from __future__ import annotations

import logging
import os
import re
import sys
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, TextIO

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flask_migrate_decl.errors import ConfigInvalidError, database_in_words, one_line
from flask_migrate_decl.renames import State
from flask_migrate_decl.reporting import full_finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flask_migrate_decl.errors import Drop, MigrateError
    from flask_migrate_decl.renames import HintReport

_LOGGERS = ("alembic", "flask_migrate_decl")
_FORMAT = "%(levelname)-5.5s [%(name)s] %(message)s"


def show(text: str, stream: TextIO | None = None) -> None:
    """Print a line to standard output, or to the stream that stands for it."""
    write(f"{text}\n", stream or sys.stdout)


def write(text: str, stream: TextIO) -> None:
    """Print a text as it is, but for characters that the stream's encoding lacks."""
    click.echo(_encodable(text, stream.encoding), file=stream, nl=False)


def _encodable(text: str, encoding: str | None) -> str:
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        plain = text.replace("→", "->").replace("…", "...")
        return plain.encode(encoding or "utf-8", "backslashreplace").decode(encoding or "utf-8")
    return text


@contextmanager
def results_alone_on_stdout() -> Iterator[TextIO]:
    """Give the stream for a command's result, and send all else that is printed to stderr.

    The project's code prints what it likes, also through programs that it runs; a report for
    programs has to be alone on standard output. At a terminal nothing is moved.
    """
    stdout = sys.stdout
    if stdout.isatty():
        yield stdout
        return
    try:
        descriptor = stdout.fileno()
        saved = os.dup(descriptor)
    except (OSError, ValueError):
        with redirect_stdout(sys.stderr):
            yield stdout
        return
    stdout.flush()
    os.dup2(sys.stderr.fileno(), descriptor)
    stream = os.fdopen(saved, "w", encoding=stdout.encoding, closefd=False)
    try:
        with stream, redirect_stdout(sys.stderr):
            yield stream
    finally:
        stdout.flush()
        os.dup2(saved, descriptor)
        os.close(saved)


def show_error(error: MigrateError) -> None:
    """Print an error to standard error, in colour on a terminal unless ``NO_COLOR`` is set."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    if isinstance(error, ConfigInvalidError):
        for finding in error.findings:
            console.print(_coloured(full_finding(finding)), end="\n\n")
    summary = error.summary if isinstance(error, ConfigInvalidError) else str(error)
    text = "\n".join((summary, *getattr(error, "__notes__", ())))
    console.print(Text.assemble(("Error: ", "bold red"), text))


def show_traceback(text: str) -> None:
    """Print what led to an error to standard error."""
    write(text, sys.stderr)


def show_warning(text: str) -> None:
    """Print to standard error what somebody should know of a result."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(Text.assemble(("Warning: ", "bold yellow"), text))


def show_report(text: str, stream: TextIO) -> None:
    """Print what was found, in colour on a terminal."""
    console = Console(file=stream, soft_wrap=True, highlight=False)
    if console.color_system is None:
        write(text, stream)
    else:
        console.print(_coloured(_encodable(text, stream.encoding)), end="")


def show_table(headers: Sequence[str], rows: Iterable[Sequence[str]], stream: TextIO) -> None:
    """Print a table, as wide as the terminal is, or as it needs elsewhere."""
    table = Table(*headers, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    console = Console(file=stream, highlight=False)
    if not console.is_terminal:
        console.width = Console(width=_NO_LIMIT).measure(table).maximum
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        show(line.rstrip(), stream)


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


def show_hints(
    reports: Sequence[HintReport], steps: Sequence[str], *, verbose: bool, done: str = "renamed"
) -> None:
    """Print what became of each hint.

    :param steps: the renames one after another, in words.
    :param done: what is said of a pending hint.
    :param verbose: tell of hints too with which nothing was to be done, and of the steps.
    """
    for report in reports:
        bind = report.hint.bind
        hint = f"{report.hint}" + ("" if bind is None else f" of {database_in_words(bind)}")
        if report.state is State.PENDING:
            show(f"{done} {hint}{f' ({report.way})' if report.way else ''}")
        elif report.state is State.EARLY or verbose:
            show(f"not renamed: {hint} ({report.message})")
    for number, step in enumerate(steps if verbose else (), start=1):
        show(f"step {number}: {step}")


def show_drops(drops: Sequence[Drop]) -> None:
    """Warn of what a revision drops."""
    for drop in drops:
        show_warning(f"drops {drop}")


class _Messages(logging.StreamHandler[TextIO]):
    """Shows messages where the app has no logging of its own.

    What stands for standard error changes, such as while lines are kept up to date.
    """

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


@contextmanager
def warnings_alone() -> Iterator[None]:
    """Leave out messages that say no more than what is shown otherwise."""
    handlers = [
        handler
        for name in _LOGGERS
        for handler in logging.getLogger(name).handlers
        if isinstance(handler, _Messages)
    ]
    for handler in handlers:
        handler.setLevel(logging.WARNING)
    yield


class _NoPluginSetup(logging.Filter):
    """Leaves out Alembic's list of its own plug-ins, which says nothing about a migration."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name != "alembic.runtime.plugins" or record.levelno > logging.INFO


@contextmanager
def messages_on_stderr(level: int = logging.INFO) -> Iterator[None]:
    """Show Alembic's and our messages on standard error, if the app has no logging of its own.

    :param level: of the least important ones.
    """
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    if any(_is_configured(logger) for logger in loggers):
        yield
        return
    handler = _Messages()
    handler.setFormatter(logging.Formatter(_FORMAT))
    handler.addFilter(_NoPluginSetup())
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(level)
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
