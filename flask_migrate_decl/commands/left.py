"""What is left where a revision could not be written to its end."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.util import CommandError

from flask_migrate_decl.errors import WritingStoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path


@contextmanager
def told_what_is_left(files: Callable[[], Collection[Path]]) -> Iterator[None]:
    """Say which scripts are there all the same, such as one after which a hook has failed.

    :param files: returns the files of the histories, as they are when it is called.
    :raises WritingStoppedError: it was stopped.
    """
    before = set(files())
    try:
        yield
    except (CommandError, OSError) as error:
        left = tuple(sorted(set(files()) - before))
        # Without a script, these say it all: what Alembic wants, and what may not be written.
        if not left and isinstance(error, CommandError | PermissionError):
            raise
        raise WritingStoppedError(_reason(error), left) from error


def _reason(error: CommandError | OSError) -> str:
    if isinstance(error, CommandError):
        return str(error)
    return f"{error.filename}: {os.strerror(error.errno or 0)}"
