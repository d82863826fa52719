"""Several histories that are run at once: a line for each database while they are at work."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from flask_migrate_decl.cli.building import flag
from flask_migrate_decl.cli.console import show, warnings_alone, write
from flask_migrate_decl.commands import running
from flask_migrate_decl.environment import JobState
from flask_migrate_decl.reporting.listing import bind_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    with _shown() as display:
        result = running.upgrade(jobs=jobs, watch=display.watch, **options)
    if display.shown:
        counts = f"{len(display.shown)} databases, {len(result.applied)} revisions"
        show(f"done: {counts}", sys.stderr)
    return result


@dataclass
class _Lines:
    """Plain lines, as databases begin and end."""

    stack: ExitStack
    shown: dict[str | None, JobProgress] = field(default_factory=dict)
    _states: dict[str | None, JobState] = field(default_factory=dict)

    def watch(self, progress: JobProgress) -> None:
        """Show what has changed, instead of messages that say no more than that."""
        if not self.shown:
            self.stack.enter_context(warnings_alone())
            self.begin()
        self.shown[progress.bind] = progress
        if progress.output:
            self.print(_headed(progress))
        self.show(progress)

    def begin(self) -> None:
        """Prepare for what is shown."""

    def print(self, text: str) -> None:
        """Show what was printed."""
        write(text, sys.stderr)

    def show(self, progress: JobProgress) -> None:
        """Show how far a database has come."""
        if self._states.setdefault(progress.bind, progress.state) != progress.state:
            self._states[progress.bind] = progress.state
            show(f"{bind_label(progress.bind)}: {_words(progress)}", sys.stderr)


@dataclass
class _Table(_Lines):
    """A line for each database, kept up to date."""

    console: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))
    live: Live = field(init=False)

    def begin(self) -> None:
        # Without a thread of its own, as processes are forked meanwhile.
        self.live = self.stack.enter_context(Live(console=self.console, auto_refresh=False))
        self.stack.callback(lambda: self.live.update(_table(self.shown.values())))

    def print(self, text: str) -> None:
        self.console.print(Text(text), end="")

    def show(self, _progress: JobProgress) -> None:
        rows = list(self.shown.values())
        if len(rows) >= self.console.height:
            # There is no room for all.
            rows.sort(key=lambda row: row.state is not JobState.RUNNING)
        self.live.update(_table(rows), refresh=True)


@contextmanager
def _shown() -> Iterator[_Lines]:
    """Show progress on standard error: kept up to date at a terminal, else as plain lines."""
    with ExitStack() as stack:
        # What rich takes for a terminal may be a file: FORCE_COLOR is about colours.
        is_terminal = sys.stderr.isatty() and not Console(stderr=True).is_dumb_terminal
        yield (_Table if is_terminal else _Lines)(stack)


def _headed(progress: JobProgress) -> str:
    output = progress.output if progress.output.endswith("\n") else f"{progress.output}\n"
    return f"{bind_label(progress.bind)} has printed:\n{output}"


def _words(progress: JobProgress) -> str:
    has_count = progress.state in _AT_THE_END and progress.total
    count = f" ({progress.applied} of {progress.total})" if has_count else ""
    return f"{progress.state}{count}"


def _table(rows: Iterable[JobProgress]) -> Table:
    table = Table.grid(padding=(0, 2))
    for _ in range(4):
        table.add_column(no_wrap=True, overflow="ellipsis")
    for progress in rows:
        count = f"{progress.applied}/{progress.total}" if progress.total else ""
        state = Text(str(progress.state), style=_STYLES.get(progress.state, "dim"))
        table.add_row(Text(bind_label(progress.bind)), state, count, Text(progress.running or ""))
    return table
