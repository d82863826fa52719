"""Files that are written as a whole, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from uuid import uuid4


def write_file(path: Path, content: bytes) -> None:
    """Put content in a file's place in one step, so that a crash leaves the old or the new.

    The mode and owner of a file that is there stay, and a symlink stays one.

    :raises OSError: it can't be written, or is no ordinary file; it is as it was.
    """
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, "its link leads back to itself", str(path))
    before = target.stat() if target.exists() else None
    if before is not None and not stat.S_ISREG(before.st_mode):
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    if before is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "it is read-only", str(path))
    try:
        _replace(target, content, before)
    except OSError as error:
        # The name in it may be that of the temporary file.
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(target: Path, content: bytes, before: os.stat_result | None) -> None:
    name = target.with_name(f".{target.name}.{uuid4().hex}")
    # Opened for everybody whom the mask lets in, as a file of an editor's is.
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            with suppress(PermissionError):
                os.chown(name, before.st_uid, before.st_gid)
            shutil.copymode(target, name)
        name.replace(target)
    except BaseException:
        name.unlink(missing_ok=True)
        raise
