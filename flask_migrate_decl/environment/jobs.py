"""A run over several histories at once, each in a process of its own.

Alembic keeps the running environment in module globals, so there is a process for each history. It
is made by fork: an app that a factory made can't be handed over in any other way.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import traceback
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing.connection import wait
from typing import IO, TYPE_CHECKING

from flask_migrate_decl.environment.over_binds import next_run
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

    from flask_migrate_decl.environment.history import History
    from flask_migrate_decl.environment.progress import AppliedRevision, BindProgress


class JobState(StrEnum):
    """How far a database has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class JobProgress:
    """How far a database has come, among several that are run at once.

    :param bind: the bind key, ``None`` for the default database.
    :param applied: how many revisions were run, of ``total``.
    :param running: the revision that is at work.
    :param output: what the project's code has printed meanwhile, once its process has ended; that
        of a history is told with the first of its databases.
    """

    bind: str | None
    state: JobState
    applied: int = 0
    total: int = 0
    running: str | None = None
    output: str = ""


@dataclass(frozen=True)
class _Stopped:
    """A ``RunStoppedError``, as it goes from one process to another."""

    reason: str
    failed: tuple[str | None, ...]
    states: tuple[BindState, ...]
    next_steps: tuple[str, ...]


@dataclass
class _Job:
    """A history with its process.

    :param applied: what was run, once all of it was.
    """

    history: History
    process: ForkProcess | None = None
    connection: Connection | None = None
    printed: IO[bytes] | None = None
    progress: dict[str | None, JobProgress] = field(default_factory=dict)
    applied: tuple[AppliedRevision, ...] | None = None
    stopped: _Stopped | None = None

    @property
    def binds(self) -> list[str | None]:
        return [bind.key for bind in self.history.chosen_binds]

    @property
    def has_failed(self) -> bool:
        return self.process is not None and self.applied is None

    @property
    def states(self) -> tuple[BindState, ...]:
        """What is left of its databases."""
        if self.stopped is not None:
            return self.stopped.states
        if self.applied is None:
            return tuple(BindState(bind, Outcome.UNTOUCHED) for bind in self.binds)
        return tuple(BindState(bind, Outcome.DONE, self._at(bind)) for bind in self.binds)

    def _at(self, bind: str | None) -> tuple[str, ...] | None:
        """Return where a database has come to, if it has moved."""
        own = [step.destination for step in self.applied or () if step.bind == bind]
        return own[-1] if own else None


@dataclass
class Jobs:
    """Histories that are run at once.

    :param work: runs one history, and tells of each change; it raises ``RunStoppedError`` where
        that stops.
    :param watch: is told of each change.
    :param limit: how many processes there may be.
    :param fail_fast: begin with no other history once one has failed.
    :param words: the command as somebody types it.
    """

    histories: Sequence[History]
    work: Callable[[History, Callable[[BindProgress], None]], tuple[AppliedRevision, ...]]
    watch: Callable[[JobProgress], None]
    limit: int
    fail_fast: bool
    words: str
    _is_interrupted: bool = False

    def run(self) -> tuple[AppliedRevision, ...]:
        """Run all of them, and return what was run, in the order of the histories.

        :raises JobsUnavailableError: this system has no fork.
        :raises RunStoppedError: one of them or more stopped.
        """
        if "fork" not in multiprocessing.get_all_start_methods():
            raise JobsUnavailableError
        jobs = [_Job(history) for history in self.histories]
        for job in jobs:
            for bind in job.binds:
                self._tell(job, JobProgress(bind, JobState.WAITING))
        with _uninterrupted():
            self._run(jobs)
        if self._is_interrupted or any(job.has_failed for job in jobs):
            raise self._error(jobs)
        return tuple(step for job in jobs for step in job.applied or ())

    def _run(self, jobs: Sequence[_Job]) -> None:
        waiting, running = deque(jobs), list[_Job]()
        while running or (waiting and self._may_begin(jobs)):
            while waiting and len(running) < self.limit and self._may_begin(jobs):
                running.append(job := waiting.popleft())
                self._begin(job)
            for job in self._ready(running):
                if not self._take(job):
                    running.remove(job)

    def _ready(self, running: Sequence[_Job]) -> list[_Job]:
        """Wait for messages, and return the jobs that have one."""
        connections = {job.connection: job for job in running if job.connection is not None}
        try:
            with _interruptible():
                found = wait(list(connections))
        except KeyboardInterrupt:
            # What is at work comes to its end; whoever can't wait for that says so again.
            if self._is_interrupted:
                _end_all(running)
            self._is_interrupted = True
            return []
        return [connections[connection] for connection in found]  # type: ignore[index]

    def _may_begin(self, jobs: Sequence[_Job]) -> bool:
        has_failed = self.fail_fast and any(job.stopped is not None for job in jobs)
        return not (self._is_interrupted or has_failed)

    def _begin(self, job: _Job) -> None:
        context = multiprocessing.get_context("fork")
        job.connection, theirs = context.Pipe(duplex=False)
        job.printed = tempfile.TemporaryFile()  # noqa: SIM115
        _flush()
        job.process = context.Process(target=_child, args=(self.work, job, theirs))
        job.process.start()
        theirs.close()
        for bind in job.binds:
            self._tell(job, JobProgress(bind, JobState.RUNNING))

    def _take(self, job: _Job) -> bool:
        """Take a message, and tell whether there may be more."""
        assert job.connection is not None
        try:
            message = job.connection.recv()
        except (EOFError, OSError):
            self._end(job)
            return False
        if isinstance(message, JobProgress):
            self._tell(job, message)
        elif isinstance(message, _Stopped):
            job.stopped = message
        else:
            job.applied = message
        return True

    def _end(self, job: _Job) -> None:
        assert job.process is not None
        assert job.connection is not None
        assert job.printed is not None
        job.process.join()
        job.connection.close()
        if job.applied is None and job.stopped is None:
            job.stopped = _killed(job, job.process.exitcode)
        with job.printed:
            job.printed.seek(0)
            output = job.printed.read().decode(errors="replace")
        states = {state.bind: state.outcome for state in job.states}
        for bind, last in list(job.progress.items()):
            state = JobState.DONE if states[bind] == Outcome.DONE else JobState.FAILED
            self._tell(job, JobProgress(bind, state, last.applied, last.total, None, output))
            output = ""

    def _tell(self, job: _Job, progress: JobProgress) -> None:
        job.progress[progress.bind] = progress
        self.watch(progress)

    def _error(self, jobs: Sequence[_Job]) -> RunStoppedError:
        stopped = [job.stopped for job in jobs if job.stopped is not None]
        reasons = [f"{', '.join(_labels(one))}: {one.reason}" for one in stopped]
        if self._is_interrupted:
            reasons.insert(0, str(InterruptedRunError()))
        by_hand = [step for one in stopped for step in one.next_steps]
        return RunStoppedError(
            "\n".join(reasons),
            tuple(bind for one in stopped for bind in one.failed),
            tuple(state for job in jobs for state in job.states),
            (*by_hand, next_run(self.words)),
        )


def _labels(stopped: _Stopped) -> Iterator[str]:
    return (state.label for state in stopped.states if state.bind in stopped.failed)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep an interrupt back, as half a message or a process half begun can't be mended."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let an interrupt through."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _end_all(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if job.process is not None:
            job.process.terminate()


def _killed(job: _Job, exit_code: int | None) -> _Stopped:
    """Say that a process has ended before it could tell what it has done."""
    binds = tuple(job.binds)
    reason = f"its process has ended with the exit code {exit_code}"
    if exit_code is not None and exit_code < 0:
        reason = f"its process was killed by {signal.Signals(-exit_code).name}"
    states = tuple(BindState(bind, Outcome.UNKNOWN, None, f"as {reason}") for bind in binds)
    return _Stopped(reason, binds, states, ("see where it is: flask db current",))


# --- in the process of a history ---------------------------------------------------------------


def _child(
    work: Callable[[History, Callable[[BindProgress], None]], tuple[AppliedRevision, ...]],
    job: _Job,
    connection: Connection,
) -> None:
    """Run a history, tell what becomes of it, and end without what the parent does at its end."""
    # The terminal sends an interrupt to all; a migration is not to be cut off by it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _print_into(job.printed)
    exit_code = 0
    try:
        _forget_connections(job.history)
        connection.send(work(job.history, lambda found: _send(connection, found)))
    except RunStoppedError as error:
        connection.send(_Stopped(error.reason, error.failed, error.states, error.next_steps[:-1]))
    except BaseException:
        traceback.print_exc()
        exit_code = 1
    finally:
        _flush()
        connection.close()
        os._exit(exit_code)


def _print_into(file: IO[bytes] | None) -> None:
    """Keep what is printed apart from what the other processes print."""
    assert file is not None
    for descriptor in (1, 2):
        os.dup2(file.fileno(), descriptor)
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = os.fdopen(descriptor, "w", closefd=False, errors="backslashreplace")
        setattr(sys, name, stream)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


def _forget_connections(history: History) -> None:
    """Leave the connections that the parent has opened to the parent."""
    for engine in history.project.registration.db.engines.values():
        engine.dispose(close=False)


def _send(connection: Connection, found: BindProgress) -> None:
    connection.send(
        JobProgress(
            found.bind.key, JobState.RUNNING, len(found.applied), found.total, found.running
        )
    )
