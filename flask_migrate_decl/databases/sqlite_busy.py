"""Waiting for whoever writes to an SQLite file."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import DBAPIError

from flask_migrate_decl.config import seconds
from flask_migrate_decl.databases.patience import Patience
from flask_migrate_decl.databases.sqlite import rows_of
from flask_migrate_decl.errors import LockTimeoutError, database_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = logging.getLogger("flask_migrate_decl.databases")

T = TypeVar("T")

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_WRITER = {"": 0x40000001, "-shm": 120}
"""Which byte a writer locks, of the file itself and of what goes with its write-ahead log.

https://www.sqlite.org/src/file/src/os.h and https://www.sqlite.org/walformat.html#wal_locks
"""


@dataclass(frozen=True)
class SQLiteWait:
    """How to wait for a file.

    :param bind: the bind key, ``None`` for the default database.
    :param timeout: how long, as the section says it.
    """

    bind: str | None
    timeout: float | str

    def for_writer(self, driver: sqlite3.Connection, action: Callable[[], T]) -> T:
        """Do what nobody else may be writing for, and wait until that is so.

        :raises LockTimeoutError: somebody has been writing for too long.
        """
        path = _path_of(driver)
        patience = Patience(seconds(self.timeout))
        is_told = False
        with _without_busy_timeout(driver):
            while True:
                try:
                    return action()
                except (sqlite3.OperationalError, DBAPIError) as error:
                    if not _is_busy(error):
                        raise
                    holder = _holder(path)
                    if not patience.pause():
                        raise LockTimeoutError(self.bind, self.timeout, holder) from error
                if not is_told:
                    is_told = True
                    words = database_in_words(self.bind)
                    log.warning("waiting for %s, which %s is writing to", words, holder)


@contextmanager
def _without_busy_timeout(driver: sqlite3.Connection) -> Iterator[None]:
    """Let SQLite say at once that a file is busy, instead of waiting by itself."""
    ((timeout,),) = rows_of(driver, "PRAGMA busy_timeout")
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(timeout)}")


def _is_busy(error: Exception) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _BUSY


def _path_of(driver: sqlite3.Connection) -> Path | None:
    for _, name, path in rows_of(driver, "PRAGMA database_list"):
        if name == "main" and path:
            return Path(path)
    return None


def _holder(path: Path | None) -> str:
    """Say who is writing, where the system tells: SQLite itself does not."""
    if path is not None:
        with suppress(OSError, ValueError):
            for process in _writers(path):
                return f"process {process}"
    return "another process or connection"


def _writers(path: Path) -> Iterator[int]:
    """Read Linux's list of locks: https://man7.org/linux/man-pages/man5/proc_locks.5.html."""
    bytes_of = {
        Path(f"{path}{end}").stat().st_ino: byte
        for end, byte in _WRITER.items()
        if Path(f"{path}{end}").exists()
    }
    for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
        words = line.split()
        if words[1] == "->" or words[3] != "WRITE":
            continue
        process, inode, start, end = int(words[4]), int(words[5].split(":")[2]), words[6], words[7]
        byte = bytes_of.get(inode)
        if byte is None or byte < int(start) or (end != "EOF" and byte > int(end)):
            continue
        if process > 0:
            yield process
