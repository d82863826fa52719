"""A copy of an SQLite file, rows and all, before something is lost."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask_migrate_decl.errors import BackupFailedError

if TYPE_CHECKING:
    from pathlib import Path

    from flask_migrate_decl.databases.binds import Bind


def back_up(bind: Bind) -> Path | None:
    """Copy a database as it was last committed into a file beside it.

    It may be called while this process has begun to write, and has not written yet.

    :return: the new file, or ``None`` where there is no file to be copied.
    :raises BackupFailedError: it could not be copied.
    """
    source = bind.sqlite_file
    if source is None or not source.exists() or not source.stat().st_size:
        return None
    try:
        target = _new_file(source)
        try:
            _copy(source, target)
        except BaseException:
            target.unlink()
            raise
    except (OSError, sqlite3.Error) as error:
        raise BackupFailedError(bind.key, source, str(error)) from error
    return target


def _new_file(source: Path) -> Path:
    """Make the file, which may be read by those alone who may read the other one."""
    now = f"{datetime.now():%Y%m%dT%H%M%S}"
    for number in count(1):
        end = now if number == 1 else f"{now}-{number}"
        target = source.with_name(f"{source.name}.{end}.backup")
        try:
            opened = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            continue
        os.close(opened)
        target.chmod(source.stat().st_mode & 0o777)
        return target
    raise AssertionError


def _copy(source: Path, target: Path) -> None:
    url = f"file:{quote(str(source.absolute()))}?mode=ro"
    with (
        closing(sqlite3.connect(url, uri=True)) as reader,
        closing(sqlite3.connect(target)) as writer,
    ):
        reader.backup(writer)
    with target.open("rb") as written:
        os.fsync(written.fileno())
