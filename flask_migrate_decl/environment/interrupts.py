"""Signals that ask a run to stop, taken between two of its steps."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

_ASKING = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Interrupts:
    """Interrupts of the time while it is entered, which can be waited for.

    As exceptions they would come between any two steps, and the process of which nobody has
    taken note yet would be lost. Outside the main thread none comes.
    """

    _reader: int = -1
    _writer: int = -1
    _before: dict[signal.Signals, Any] = field(default_factory=dict)

    def __enter__(self) -> Interrupts:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        if threading.current_thread() is threading.main_thread():
            for number in _ASKING:
                # Under nohup and the like, the signal is to be ignored; None is none of Python's.
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._reader)
        os.close(self._writer)

    def fileno(self) -> int:
        """Return what is readable once there was an interrupt."""
        return self._reader

    def take(self) -> None:
        """Note that one was seen to."""
        os.read(self._reader, 1)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        with suppress(BlockingIOError):
            os.write(self._writer, b".")


@contextmanager
def held_back() -> Iterator[Iterable[int]]:
    """Hold interrupts back while a process is made: it inherits the handlers, for a moment.

    :return: the signals that are held back otherwise.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ASKING)
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave_to_parent(held: Iterable[int]) -> None:
    """Let a new process come to its end where somebody interrupts all of them.

    The terminal does; a migration is not to be cut off by it.

    :param held: the signals that are to be held back.
    """
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, held)
