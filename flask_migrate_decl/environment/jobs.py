"""A run over several histories at once, each in a process of its own.

Alembic keeps the running environment in module globals, so there is a process for each history. It
is made by fork: an app that a factory made can't be handed over in any other way.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import tempfile
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from multiprocessing.connection import wait
from typing import IO, TYPE_CHECKING

from flask_migrate_decl.environment.forked import Child, Ended, Stopped, Told, flush_streams
from flask_migrate_decl.environment.interrupts import Interrupts, held_back
from flask_migrate_decl.environment.over_binds import look_at
from flask_migrate_decl.environment.progress import Outcome
from flask_migrate_decl.errors import (
    BindState,
    InterruptedRunError,
    JobsUnavailableError,
    RunStoppedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

    from flask_migrate_decl.environment.command_words import CommandWords
    from flask_migrate_decl.environment.forked import Work
    from flask_migrate_decl.environment.history import History
    from flask_migrate_decl.environment.progress import AppliedRevision

log = logging.getLogger("flask_migrate_decl.environment")


class JobState(StrEnum):
    """How far a database has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


_AT_THE_END: dict[str, JobState] = {
    Outcome.DONE: JobState.DONE,
    Outcome.UNTOUCHED: JobState.WAITING,
}


@dataclass(frozen=True)
class JobProgress:
    """How far a database has come, among several that are run at once.

    :param bind: the bind key, ``None`` for the default database.
    :param applied: how many revisions were run, of ``total``.
    :param running: the revision that is at work.
    :param output: what the project's code has printed meanwhile, once its process has ended; that
        of a history is told with the first of its databases.
    :param at: the revisions it is at, ``None`` where that is not known.
    """

    bind: str | None
    state: JobState
    applied: int = 0
    total: int = 0
    running: str | None = None
    output: str = ""
    at: tuple[str, ...] | None = None


@dataclass
class _Job:
    """A history with its process.

    :param ended: what it has told at last, or what is to be said in its place.
    """

    history: History
    process: ForkProcess | None = None
    connection: Connection | None = None
    printed: IO[bytes] | None = None
    progress: dict[str | None, JobProgress] = field(default_factory=dict)
    ended: Ended | Stopped | None = None

    @property
    def binds(self) -> list[str | None]:
        return [bind.key for bind in self.history.chosen_binds]

    @cached_property
    def places(self) -> set[object]:
        """Where its databases are, as far as their URLs and those for migrations tell."""
        binds = self.history.chosen_binds
        return {place for bind in binds for place in (bind.place, bind.migrated_place)}

    @property
    def applied(self) -> tuple[AppliedRevision, ...]:
        return self.ended.applied if isinstance(self.ended, Ended) else ()

    @property
    def states(self) -> tuple[BindState, ...]:
        """What is left of its databases."""
        if isinstance(self.ended, Stopped):
            return self.ended.states
        outcome = Outcome.UNTOUCHED if self.ended is None else Outcome.DONE
        return tuple(
            BindState(bind, outcome, None if self.ended is None else self.progress[bind].at)
            for bind in self.binds
        )

    def state_at_the_end(self, bind: str | None) -> JobState:
        """Return the state of a database, once the process has ended."""
        if isinstance(self.ended, Stopped) and bind in self.ended.failed:
            return JobState.FAILED
        outcome = next(state.outcome for state in self.states if state.bind == bind)
        return _AT_THE_END.get(outcome, JobState.FAILED)


@dataclass
class Jobs:
    """Histories that are run at once, but for those of one database: there, order counts.

    :param work: runs one history, and tells of each change; it raises ``RunStoppedError`` where
        that stops.
    :param watch: is told of each change; one that fails is not told any more.
    :param limit: how many processes there may be.
    :param fail_fast: begin with no other history once one has failed.
    :param words: the command as somebody types it.
    """

    histories: Sequence[History]
    work: Work
    watch: Callable[[JobProgress], None]
    limit: int
    fail_fast: bool
    words: CommandWords
    _is_interrupted: bool = False
    _is_watched: bool = True

    def run(self) -> tuple[AppliedRevision, ...]:
        """Run all of them, and return what was run, in the order of the histories.

        :raises JobsUnavailableError: this system has no fork.
        :raises RunStoppedError: one of them or more stopped, or was not begun.
        """
        if "fork" not in multiprocessing.get_all_start_methods():
            raise JobsUnavailableError
        jobs = [_Job(history) for history in self.histories]
        for job in jobs:
            for bind in job.binds:
                self._tell(job, JobProgress(bind, JobState.WAITING))
        with Interrupts() as interrupts:
            self._run(jobs, interrupts)
        if not all(isinstance(job.ended, Ended) for job in jobs):
            raise self._error(jobs) from _in_processes(jobs)
        return tuple(step for job in jobs for step in job.applied)

    def _run(self, jobs: Sequence[_Job], interrupts: Interrupts) -> None:
        waiting, running = [*jobs], list[_Job]()
        while True:
            while (job := self._next(jobs, waiting, running)) is not None:
                waiting.remove(job)
                if self._begin(job):
                    running.append(job)
            if not running:
                return
            connections = {job.connection: job for job in running if job.connection is not None}
            for found in wait([interrupts.fileno(), *connections]):
                if isinstance(found, int):
                    interrupts.take()
                    self._interrupt(running)
                elif not self._take(job := connections[found]):  # type: ignore[index]
                    running.remove(job)
                    self._end(job)

    def _next(
        self, jobs: Sequence[_Job], waiting: Sequence[_Job], running: Sequence[_Job]
    ) -> _Job | None:
        """Return the next that may begin: no other, before it, is about the same database."""
        has_failed = self.fail_fast and any(isinstance(job.ended, Stopped) for job in jobs)
        if self._is_interrupted or has_failed or len(running) >= self.limit:
            return None
        taken = {place for job in running for place in job.places}
        for job in waiting:
            if not job.places & taken:
                return job
            taken |= job.places
        return None

    def _interrupt(self, running: Sequence[_Job]) -> None:
        """Let what is at work come to its end; whoever can't wait for that says so again."""
        if not self._is_interrupted:
            self._is_interrupted = True
            log.warning(
                "interrupted: nothing else is begun, and what is at work comes to its end; "
                "interrupt again to cut it off"
            )
            return
        for job in running:
            if job.process is not None:
                job.process.terminate()

    def _begin(self, job: _Job) -> bool:
        """Make its process, and tell whether that was possible."""
        context = multiprocessing.get_context("fork")
        try:
            job.printed = tempfile.TemporaryFile()  # noqa: SIM115
            job.connection, theirs = context.Pipe(duplex=False)
            flush_streams()
            with theirs, held_back() as held:
                child = Child(self.work, job.history, theirs, job.printed)
                job.process = context.Process(target=child, args=(held,))
                job.process.start()
        except OSError as error:
            states = tuple(BindState(bind, Outcome.UNTOUCHED) for bind in job.binds)
            reason = f"no process could be made: {error}"
            job.ended = Stopped(reason, tuple(job.binds), states, ())
            for opened in (job.printed, job.connection):
                if opened is not None:
                    opened.close()
            self._tell_end(job, "")
            return False
        self._tell(job, JobProgress(job.binds[0], JobState.RUNNING))
        return True

    def _take(self, job: _Job) -> bool:
        """Take a message, and tell whether there may be more."""
        assert job.connection is not None
        try:
            message = job.connection.recv()
        except (EOFError, OSError):
            return False
        if not isinstance(message, Told):
            job.ended = message
            return False
        state = JobState.DONE if message.is_done else JobState.RUNNING
        counts = message.applied, message.total, message.running
        self._tell(job, JobProgress(message.bind, state, *counts, at=message.at))
        return True

    def _end(self, job: _Job) -> None:
        assert job.process is not None
        assert job.connection is not None
        assert job.printed is not None
        job.process.join()
        job.connection.close()
        if job.ended is None:
            job.ended = _killed(job, job.process.exitcode)
        job.process.close()
        with job.printed:
            job.printed.seek(0)
            self._tell_end(job, job.printed.read().decode(errors="replace"))

    def _tell_end(self, job: _Job, output: str) -> None:
        for bind, last in list(job.progress.items()):
            state = job.state_at_the_end(bind)
            progress = JobProgress(bind, state, last.applied, last.total, None, output, last.at)
            self._tell(job, progress)
            output = ""

    def _tell(self, job: _Job, progress: JobProgress) -> None:
        job.progress[progress.bind] = progress
        if not self._is_watched:
            return
        try:
            self.watch(progress)
        except Exception:
            # Processes are at work, of which only this one can tell at the end.
            self._is_watched = False
            log.exception("Progress can't be shown any more")

    def _error(self, jobs: Sequence[_Job]) -> RunStoppedError:
        stopped = [job.ended for job in jobs if isinstance(job.ended, Stopped)]
        reasons = [f"{', '.join(_labels(one))}: {one.reason}" for one in stopped]
        if self._is_interrupted:
            reasons.insert(0, str(InterruptedRunError()))
        by_hand = [step for one in stopped for step in one.next_steps]
        states = tuple(state for job in jobs for state in job.states)
        return RunStoppedError(
            "\n".join(reasons),
            tuple(bind for one in stopped for bind in one.failed),
            states,
            (*by_hand, self.words.next_run(states)),
        )


class ErrorsInProcesses(Exception):  # noqa: N818
    """What was raised in other processes: their tracebacks as text, as they can't be had here."""

    def __str__(self) -> str:
        return "\n".join(("", *self.args))


def _in_processes(jobs: Sequence[_Job]) -> ErrorsInProcesses | None:
    texts = [one.ended.traceback for one in jobs if isinstance(one.ended, Stopped)]
    found = [text for text in texts if text]
    return ErrorsInProcesses(*found) if found else None


def _labels(stopped: Stopped) -> Iterator[str]:
    return (state.label for state in stopped.states if state.bind in stopped.failed)


def _killed(job: _Job, exit_code: int | None) -> Stopped:
    """Say that a process has ended before it could tell what it has done."""
    reason = f"its process has ended with the exit code {exit_code}"
    if exit_code is not None and exit_code < 0:
        reason = f"its process was killed by {_name(-exit_code)}"
    done = {bind for bind, last in job.progress.items() if last.state is JobState.DONE}
    states = tuple(
        BindState(bind, Outcome.DONE, job.progress[bind].at)
        if bind in done
        else BindState(bind, Outcome.UNKNOWN, None, f"as {reason}")
        for bind in job.binds
    )
    failed = [bind for bind in job.history.chosen_binds if bind.key not in done]
    keys = tuple(bind.key for bind in failed)
    return Stopped(reason, keys, states, tuple(map(look_at, failed)))


def _name(number: int) -> str:
    """Return the name of a signal, if it has one."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"the signal {number}"
