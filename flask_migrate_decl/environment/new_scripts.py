"""Where a new script is to be, before it is written, and what is left when that fails."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory

from flask_migrate_decl.autogenerate import script_path
from flask_migrate_decl.errors import RevisionTakenError, ScriptPathError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from alembic.config import Config

_LONGEST_NAME = 255
"""How many bytes the usual file systems take for a name."""


def verify_new_script(
    scripts: ScriptDirectory, revision: str, message: str | None, version_path: str | None
) -> None:
    """Find out that a script would be written over another, or outside of its folder.

    Alembic would do so.

    :param version_path: the folder that is asked for, where there are several.
    :raises RevisionTakenError: there is a revision of that identifier.
    :raises ScriptPathError: the file can't be there.
    """
    for script in scripts.walk_revisions():
        if script.revision == revision:
            raise RevisionTakenError(revision, Path(script.path))
    for folder in _folders(scripts) if version_path is None else [Path(version_path)]:
        try:
            path = script_path(scripts, folder, revision, message)
        except (KeyError, ValueError, TypeError) as error:
            reason = f"file_template can't be filled in: {type(error).__name__}: {error}"
            raise ScriptPathError(folder, reason) from error
        if reason := _why_not(path, folder):
            raise ScriptPathError(path, reason)


def _why_not(path: Path, folder: Path) -> str:
    """Return why a script can't be written, an empty text where it can."""
    try:
        names = [os.fsencode(part) for part in path.parts]
    except UnicodeEncodeError:
        names = [b"\x00"]
    if any(b"\x00" in name for name in names):
        return "no file can be called so"
    if any(len(name) > _LONGEST_NAME for name in names):
        return "its name is too long for a file: take a shorter message or identifier"
    if not path.resolve().is_relative_to(folder.resolve()):
        return f"it is not in {folder}: see to file_template"
    if os.path.lexists(path):
        return "it is there already: take another message, or a file_template with the identifier"
    return ""


@contextmanager
def nothing_broken_left(config: Config, is_own: Callable[[Path], bool]) -> Iterator[None]:
    """Remove the script of a command that fails, where it keeps the history from being read.

    One after which a hook has failed is whole, and stays.

    :param is_own: tells whether a file is of the command; what somebody else wrote is theirs.
    """
    scripts = ScriptDirectory.from_config(config)
    before = script_files(scripts)
    try:
        yield
    except BaseException:
        written = [path for path in script_files(scripts) - before if is_own(path)]
        if written and not _is_readable(config):
            for path in written:
                path.unlink(missing_ok=True)
        raise


def _is_readable(config: Config) -> bool:
    try:
        ScriptDirectory.from_config(config).get_heads()
    except (Exception, SystemExit):
        return False
    return True


def is_script_of(revisions: Iterable[str], path: Path) -> bool:
    """Tell whether a file is the script of one of several revisions, or nothing as yet."""
    ids = "|".join(map(re.escape, revisions))
    text = path.read_text(encoding="utf-8", errors="replace")
    found = re.search(rf"(?m)^revision\b[^=\n]*= *['\"]({ids})['\"]", text)
    return not text or (bool(ids) and found is not None)


def script_files(scripts: ScriptDirectory) -> frozenset[Path]:
    """Return the files of a history, as they are now."""
    return frozenset(path for folder in _folders(scripts) for path in folder.rglob("*.py"))


def _folders(scripts: ScriptDirectory) -> list[Path]:
    return [Path(one) for one in scripts.version_locations or [f"{scripts.dir}/versions"]]
