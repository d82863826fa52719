"""What the process of one history does: it runs it, tells what becomes of it, and ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from flask_migrate_decl.environment.failures import shown_traceback
from flask_migrate_decl.environment.interrupts import leave_to_parent
from flask_migrate_decl.errors import BindState, RunStoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from multiprocessing.connection import Connection

    from flask_migrate_decl.environment.history import History
    from flask_migrate_decl.environment.progress import AppliedRevision, BindProgress

    Work = Callable[[History, Callable[[BindProgress], None]], tuple[AppliedRevision, ...]]


@dataclass(frozen=True)
class Told:
    """How far a database has come, as it goes from one process to another."""

    bind: str | None
    is_done: bool
    applied: int
    total: int
    running: str | None
    at: tuple[str, ...] | None


@dataclass(frozen=True)
class Ended:
    """What was run of a history, once all of it was."""

    applied: tuple[AppliedRevision, ...]


@dataclass(frozen=True)
class Stopped:
    """A ``RunStoppedError``, as it goes from one process to another.

    :param traceback: what led to it, without passwords.
    """

    reason: str
    failed: tuple[str | None, ...]
    states: tuple[BindState, ...]
    next_steps: tuple[str, ...]
    traceback: str = ""


@dataclass
class Child:
    """The work on one history, in a process that was forked for it.

    :param connection: where it tells of each change, and at last whether it has ended or stopped.
    :param printed: takes what is printed meanwhile.
    """

    work: Work
    history: History
    connection: Connection
    printed: IO[bytes]
    _of_parent: list[Any] = field(default_factory=list)

    def __call__(self, held: Iterable[int]) -> None:
        """Run it, and end without what the parent does at its end.

        :param held: the signals that are to be held back.
        """
        exit_code = 0
        try:
            leave_to_parent(held)
            self._print_apart()
            self._forget_connections()
            self._tell(self._outcome())
            self._close_connections()
        except BaseException as error:
            sys.stderr.write(shown_traceback(error))
            exit_code = 1
        finally:
            flush_streams()
            os._exit(exit_code)

    def _outcome(self) -> Ended | Stopped:
        try:
            return Ended(self.work(self.history, self._tell_progress))
        except RunStoppedError as error:
            # The last step is to run it again, which is said once for all histories.
            steps = error.next_steps[:-1]
            text = shown_traceback(error)
            return Stopped(error.reason, error.failed, error.states, steps, text)

    def _tell_progress(self, found: BindProgress) -> None:
        at = None if found.before is None else found.at
        is_done, applied = found.is_done, len(found.applied)
        self._tell(Told(found.bind.key, is_done, applied, found.total, found.running, at))

    def _tell(self, message: Told | Ended | Stopped) -> None:
        # A migration does not depend on whether somebody listens.
        with suppress(OSError):
            self.connection.send(message)

    def _print_apart(self) -> None:
        """Keep what is printed apart from what the other processes print."""
        for descriptor in (1, 2):
            os.dup2(self.printed.fileno(), descriptor)
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            stream = os.fdopen(
                descriptor, "w", encoding="utf-8", errors="backslashreplace", closefd=False
            )
            setattr(sys, name, stream)

    def _forget_connections(self) -> None:
        """Leave the connections that the parent has opened to the parent."""
        for engine in self.history.project.registration.db.engines.values():
            # Some drivers take leave of the server, for both, once nobody holds a connection.
            self._of_parent.append(engine.pool)
            engine.dispose(close=False)

    def _close_connections(self) -> None:
        """Let databases tidy up, as at the end of any process: SQLite empties its WAL then."""
        for engine in self.history.project.registration.db.engines.values():
            engine.dispose()


def flush_streams() -> None:
    """Write out what is printed until now, also by those who hold on to the first streams."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.flush()
