"""The first section of a project, added to a file of which every other byte stays."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli
import tomli_w

from flask_migrate_decl.config.source import MIGRATE_TOML, PYPROJECT_TOML, SECTION

_STARTER = """\
# Migrations. Every key and its default: migrate.toml.example of Flask-Migrate-Decl.
{header}{values}# compare_server_default = true

# A table or column that got another name; without its line here it would be dropped and added.
# [{renames}]
# tables = [{{ from = "user", to = "account" }}]
# columns = [{{ table = "account", from = "name", to = "full_name" }}]
"""


@dataclass(frozen=True)
class StarterSection:
    """A section that was added, or the text to paste where it could not be.

    :param path: the file it belongs into.
    """

    path: Path
    text: str
    written: bool


def add_starter_section(folder: Path, directory: str, *, multidb: bool) -> StarterSection:
    """Add a commented section to the folder's ``pyproject.toml``, or make a ``migrate.toml``.

    :param directory: the value of ``directory``, as seen from the folder.
    :raises OSError: the file can't be written; it is as it was.
    """
    pyproject = folder / PYPROJECT_TOML
    values: dict[str, Any] = {"directory": directory} | ({"multidb": True} if multidb else {})
    if not pyproject.is_file():
        text = _starter_text(values, header="", renames="renames")
        (folder / MIGRATE_TOML).write_text(text, encoding="utf-8")
        return StarterSection(folder / MIGRATE_TOML, text, written=True)
    table = f"tool.{SECTION}"
    text = _starter_text(values, header=f"[{table}]\n", renames=f"{table}.renames")
    return StarterSection(pyproject, text, written=_append_section(pyproject, text, values))


def _starter_text(values: dict[str, Any], *, header: str, renames: str) -> str:
    return _STARTER.format(header=header, values=tomli_w.dumps(values), renames=renames)


def _append_section(path: Path, text: str, values: dict[str, Any]) -> bool:
    """Append the text, if the file then says what it said before and the section besides."""
    before = path.read_bytes()
    line_end = b"\r\n" if b"\r\n" in before else b"\n"
    addition = text.encode().replace(b"\n", line_end)
    gap = line_end if before.endswith(line_end) or not before else line_end * 2
    after = before + gap + addition
    if not _adds_exactly(before, after, values):
        return False
    _replace_file(path, after)
    return True


def _adds_exactly(before: bytes, after: bytes, values: dict[str, Any]) -> bool:
    expected = tomli.loads(before.decode("utf-8-sig"))
    tools = expected.setdefault("tool", {})
    if not isinstance(tools, dict) or SECTION in tools:
        return False
    tools[SECTION] = values
    try:
        return tomli.loads(after.decode("utf-8-sig")) == expected
    except tomli.TOMLDecodeError:
        return False


def _replace_file(path: Path, content: bytes) -> None:
    """Put new content in a file's place in one step, so that a crash leaves the old or the new."""
    target = path.resolve()
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "it is read-only", str(target))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(target, name)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
