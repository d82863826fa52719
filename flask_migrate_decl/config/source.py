"""Where a configuration comes from: the file that is found, and the section in it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli

from flask_migrate_decl.errors import ConfigInvalidError, ConfigUnreadableError, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FILE_VARIABLE = "FLASK_MIGRATE_CONFIG"
MIGRATE_TOML = "migrate.toml"
PYPROJECT_TOML = "pyproject.toml"
SECTION = "flask-migrate"
_MISSPELT_SECTIONS = frozenset({"flaskmigrate", "flaskmigratedecl"})


@dataclass(frozen=True)
class Source:
    """A section as it was read.

    :param path: the file, or ``None`` where no file has a section.
    :param section: the section's plain values.
    :param hidden: a file in the same folder whose section is not used.
    """

    path: Path | None = None
    section: Mapping[str, Any] = field(default_factory=dict)
    hidden: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder that relative paths of the section start from."""
        return self.path.parent if self.path else Path.cwd()


def find_source(named: str | os.PathLike[str] | None, starts: Sequence[Path]) -> Source:
    """Find and read the section.

    :param named: the file that code names; ``FLASK_MIGRATE_CONFIG`` goes before it.
    :param starts: the folders to search from, each upward to the root, in this order.
    :raises ConfigUnreadableError: a named file is not there or can't be read.
    :raises ConfigInvalidError: the file is no TOML, or names the section wrongly.
    """
    if variable := os.environ.get(FILE_VARIABLE):
        return _named_source(Path(variable), FILE_VARIABLE)
    if named is not None:
        return _named_source(Path(named), "Migrate(config_file=…)")
    found = (_found_source(folder) for start in starts for folder in _upward(start))
    return next((source for source in found if source), Source())


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; a byte order mark is no part of it.

    :raises ConfigInvalidError: it is no TOML.
    :raises OSError: it can't be read.
    """
    try:
        return tomli.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        mistake = Mistake("", f"it is not UTF-8 text: byte {error.start} can't be read")
        raise ConfigInvalidError(path, (mistake,)) from None
    except tomli.TOMLDecodeError as error:
        mistake = Mistake("", error.msg, line=error.lineno, column=error.colno)
        raise ConfigInvalidError(path, (mistake,)) from None


def _upward(start: Path) -> Iterator[Path]:
    start = start.absolute()
    return iter((start, *start.parents))


def _looks_like_section(name: str) -> bool:
    return name.lower().replace("-", "").replace("_", "") in _MISSPELT_SECTIONS


def _named_source(path: Path, named_by: str) -> Source:
    path = path.absolute()
    try:
        section = _section_of(path)
    except OSError as error:
        raise ConfigUnreadableError(path, error.strerror or str(error), named_by) from None
    if section is None:
        raise ConfigUnreadableError(path, f"it has no [tool.{SECTION}]", named_by)
    return Source(path, section)


def _found_source(folder: Path) -> Source | None:
    try:
        return _source_in(folder)
    except PermissionError as error:
        reason = error.strerror or str(error)
        raise ConfigUnreadableError(Path(error.filename), reason, "the search for it") from None


def _source_in(folder: Path) -> Source | None:
    """Read the section that one folder declares; ``migrate.toml`` hides ``pyproject.toml``."""
    pyproject, own = folder / PYPROJECT_TOML, folder / MIGRATE_TOML
    if own.is_file():
        hides = pyproject.is_file() and _has_section(pyproject)
        return Source(own, read_toml(own), pyproject if hides else None)
    if pyproject.is_file() and (section := _section_of(pyproject)) is not None:
        return Source(pyproject, section)
    return None


def _has_section(path: Path) -> bool:
    try:
        return _section_of(path) is not None
    except ConfigInvalidError:
        return False


def _section_of(path: Path) -> Mapping[str, Any] | None:
    document = read_toml(path)
    if path.name != PYPROJECT_TOML:
        return document
    tools = document.get("tool")
    misspelt = [name for name in document if _looks_like_section(name)]
    if isinstance(tools, dict):
        misspelt += [f"tool.{name}" for name in tools if _looks_like_section(name)]
    misspelt = [name for name in misspelt if name != f"tool.{SECTION}"]
    if misspelt:
        help_ = f"call it tool.{SECTION}"
        mistakes = tuple(Mistake(name, "is not read", help_) for name in misspelt)
        raise ConfigInvalidError(path, mistakes)
    if not isinstance(tools, dict):
        return None
    section = tools.get(SECTION)
    if section is not None and not isinstance(section, dict):
        mistake = Mistake(f"tool.{SECTION}", "should be a table", f"write [tool.{SECTION}]")
        raise ConfigInvalidError(path, (mistake,))
    return section
