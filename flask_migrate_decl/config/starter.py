"""The first section of a project, added to a file of which every other byte stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomli_w

from flask_migrate_decl.config.edit import Edit, first_right
from flask_migrate_decl.config.source import MIGRATE_TOML, PYPROJECT_TOML, SECTION
from flask_migrate_decl.config.toml.brackets import newline_of
from flask_migrate_decl.config.toml.document import parse_document, read_document

if TYPE_CHECKING:
    from pathlib import Path

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
    :raises ConfigChangedError: somebody else changed or made the file just now.
    :raises OSError: the file can't be written; it is as it was.
    """
    pyproject = folder / PYPROJECT_TOML
    values: dict[str, Any] = {"directory": directory} | ({"multidb": True} if multidb else {})
    if not pyproject.is_file():
        text = _starter_text(values, header="", renames="renames")
        path = folder / MIGRATE_TOML
        Edit(path, None, parse_document(path, text.encode())).write()
        return StarterSection(folder / MIGRATE_TOML, text, written=True)
    table = f"tool.{SECTION}"
    text = _starter_text(values, header=f"[{table}]\n", renames=f"{table}.renames")
    return StarterSection(pyproject, text, written=_append_section(pyproject, text, values))


def _starter_text(values: dict[str, Any], *, header: str, renames: str) -> str:
    return _STARTER.format(header=header, values=tomli_w.dumps(values), renames=renames)


def _append_section(path: Path, text: str, values: dict[str, Any]) -> bool:
    """Append the text, if the file then says what it said before and the section besides."""
    document = read_document(path)
    newline = newline_of(document.text)
    gap = newline if document.text.endswith(newline) or not document.text else newline * 2
    tools = document.data.get("tool", {})
    if not isinstance(tools, dict) or SECTION in tools:
        return False
    after = f"{document.text}{gap}{text.replace(chr(10), newline)}"
    appended = first_right(
        document, [after], lambda data: data.setdefault("tool", {}).update({SECTION: values})
    )
    if appended is None:
        return False
    Edit(path, document.content, appended).write()
    return True
