"""Several histories that are run at once: a line for each database while they are at work."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from flask_migrate_decl.cli.building import flag
from flask_migrate_decl.cli.console import warnings_alone, write
from flask_migrate_decl.commands import running
from flask_migrate_decl.environment import JobState
from flask_migrate_decl.reporting.listing import bind_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask_migrate_decl.environment import JobProgress
    from flask_migrate_decl.results import RunResult

OPTIONS = (
    click.Option(
        ["--jobs"],
        type=click.IntRange(min=1),
        metavar="N",
        help="Run histories at once, in up to N processes.",
    ),
    flag("--fail-fast", help="With --jobs, begin with no other history once one has failed."),
)
_STYLES = {JobState.RUNNING: "bold", JobState.DONE: "green", JobState.FAILED: "bold red"}
_AT_THE_END = (JobState.DONE, JobState.FAILED)


@wraps(running.upgrade)
def upgrade(jobs: int | None, **options: Any) -> RunResult:
    """Upgrade, and show how far each database has come where several are at work."""
    if jobs is None:
        return running.upgrade(**options)
    with warnings_alone(), _shown() as watch:
        return running.upgrade(jobs=jobs, watch=watch, **options)


@contextmanager
def _shown() -> Iterator[Callable[[JobProgress], None]]:
    """Show progress on standard error: live at a terminal, else as plain lines."""
    console = Console(stderr=True, highlight=False)
    shown: dict[str | None, JobProgress] = {}
    if not console.is_terminal:
        yield lambda progress: _show_line(shown, progress)
        return
    # Without a thread of its own, as processes are forked meanwhile.
    with Live(console=console, auto_refresh=False) as live:

        def watch(progress: JobProgress) -> None:
            shown[progress.bind] = progress
            if progress.output:
                live.console.print(Text(_headed(progress)), end="")
            live.update(_table(shown), refresh=True)

        yield watch


def _show_line(shown: dict[str | None, JobProgress], progress: JobProgress) -> None:
    """Show that a database has begun or ended."""
    last = shown.get(progress.bind)
    shown[progress.bind] = progress
    if progress.output:
        write(_headed(progress), sys.stderr)
    if last is not None and last.state != progress.state:
        write(f"{bind_label(progress.bind)}: {' '.join(_words(progress))}\n", sys.stderr)


def _headed(progress: JobProgress) -> str:
    output = progress.output if progress.output.endswith("\n") else f"{progress.output}\n"
    return f"{bind_label(progress.bind)} has printed:\n{output}"


def _words(progress: JobProgress) -> tuple[str, str]:
    count = f"({progress.applied} of {progress.total})"
    return str(progress.state), count if progress.state in _AT_THE_END else ""


def _table(shown: dict[str | None, JobProgress]) -> Table:
    table = Table.grid(padding=(0, 2))
    for progress in shown.values():
        count = f"{progress.applied}/{progress.total}" if progress.total else ""
        state = Text(str(progress.state), style=_STYLES.get(progress.state, "dim"))
        table.add_row(Text(bind_label(progress.bind)), state, count, Text(progress.running or ""))
    return table
