"""The statements of each database, in a file of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask_migrate_decl.config import DEFAULT_BIND
from flask_migrate_decl.errors import AmbiguousBindError, StatementsNotWrittenError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_statements(folder: Path, statements: Mapping[str | None, str]) -> tuple[Path, ...]:
    """Write a file for each database, and none over another file.

    :param statements: by bind key.
    :raises StatementsNotWrittenError: one can't be written; those before it stay.
    :raises AmbiguousBindError: two databases would have one file.
    """
    if {None, DEFAULT_BIND} <= set(statements):
        raise AmbiguousBindError
    paths = {file_name(bind): folder / file_name(bind) for bind in statements}
    for path in paths.values():
        if path.exists():
            raise StatementsNotWrittenError(
                path, "it is there already; remove it, or take another folder"
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for bind, text in statements.items():
            path = paths[file_name(bind)]
            with path.open("x", encoding="utf-8", newline="") as file:
                file.write(text)
    except OSError as error:
        raise StatementsNotWrittenError(
            path if statements else folder, os.strerror(error.errno or 0)
        ) from error
    return tuple(paths.values())


def file_name(bind: str | None) -> str:
    """Return a file's name for a bind, whatever the bind is called."""
    name = DEFAULT_BIND if bind is None else bind
    # A dot is not quoted by itself, and names of dots alone are folders.
    return f"{quote(name, safe='').replace('.', '%2E')}.sql"
