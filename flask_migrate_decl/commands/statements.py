"""The statements of each database, in a file of its own."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from flask_migrate_decl.config import DEFAULT_BIND
from flask_migrate_decl.errors import AmbiguousBindError, StatementsNotWrittenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


def write_statements(folder: Path, statements: Mapping[str | None, str]) -> tuple[Path, ...]:
    """Write a file for each database, and none over another file: all of them, or none.

    :param statements: by bind key.
    :raises StatementsNotWrittenError: one can't be written.
    :raises AmbiguousBindError: two databases would have one file.
    """
    if {None, DEFAULT_BIND} <= set(statements):
        raise AmbiguousBindError
    texts = {folder / file_name(bind): text for bind, text in statements.items()}
    for path in texts:
        # A link that leads nowhere does not exist, and would be written through.
        if os.path.lexists(path):
            reason = "it is there already; remove it, or take another folder"
            raise StatementsNotWrittenError(path, reason)
    with ExitStack() as undo:
        _make_folder(folder, undo)
        for path, text in texts.items():
            _write_new(path, text, undo)
        undo.pop_all()
    return tuple(texts)


def _make_folder(folder: Path, undo: ExitStack) -> None:
    missing = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    for path in reversed(missing):
        undo.callback(_without_errors, path.rmdir)
    with _worded(folder):
        folder.mkdir(parents=True, exist_ok=True)


def _write_new(path: Path, text: str, undo: ExitStack) -> None:
    with _worded(path), path.open("x", encoding="utf-8", newline="") as file:
        undo.callback(_without_errors, path.unlink)
        write(file, text)


def write(file: IO[str], text: str) -> None:
    """Write a text, and see that it was written: a full disk is told of at the end."""
    file.write(text)
    file.flush()


@contextmanager
def _worded(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise StatementsNotWrittenError(path, reason) from error


def _without_errors(undo: Callable[[], None]) -> None:
    """Tidy up as far as that goes: the first error is the one to be told of."""
    with suppress(OSError):
        undo()


def file_name(bind: str | None) -> str:
    """Return a file's name for a bind, whatever the bind is called."""
    name = DEFAULT_BIND if bind is None else bind
    # A dot is not quoted by itself, and names of dots alone are folders.
    return f"{quote(name, safe='').replace('.', '%2E')}.sql"
