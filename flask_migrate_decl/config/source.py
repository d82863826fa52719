"""Where a configuration comes from: the file that is found, and the section in it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from flask_migrate_decl.config.toml.document import read_document
from flask_migrate_decl.errors import ConfigInvalidError, ConfigUnreadableError, Finding
from flask_migrate_decl.errors.rules import (
    SECTION_HIDDEN,
    SECTION_MISNAMED,
    SECTION_NO_TABLE,
    SECTION_PREFIXED,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flask_migrate_decl.config.toml.document import Document
    from flask_migrate_decl.config.toml.layout import KeyPath
    from flask_migrate_decl.errors import Place

FILE_VARIABLE = "FLASK_MIGRATE_CONFIG"
MIGRATE_TOML = "migrate.toml"
PYPROJECT_TOML = "pyproject.toml"
SECTION = "flask-migrate"
SECTION_PATH = ("tool", SECTION)
_SECTION_WORDS = frozenset({"flaskmigrate", "flaskmigratedecl"})


@dataclass(frozen=True)
class Source:
    """A section as it was read.

    :param document: the file, or ``None`` where no file has a section.
    :param prefix: the keys that lead to the section in the file.
    :param section: the section's plain values.
    :param findings: what is wrong around the section.
    """

    document: Document | None = None
    prefix: KeyPath = ()
    section: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def path(self) -> Path | None:
        """The file."""
        return self.document.path if self.document else None

    @property
    def folder(self) -> Path:
        """The folder that relative paths of the section start from."""
        return self.path.parent if self.path else Path.cwd()

    def place(self, path: KeyPath, of: Literal["key", "value"] = "key") -> Place | None:
        """Return where a key of the section, or its value, stands; see ``Document.place``."""
        return self.document.place((*self.prefix, *path), of) if self.document else None

    @property
    def hidden(self) -> Path | None:
        """A file in the same folder whose section is not used."""
        places = [finding.place for finding in self.findings if finding.rule is SECTION_HIDDEN]
        return next((place.path for place in places if place), None)


def source_of_file(path: Path) -> Source | None:
    """Read the section of a file, or ``None`` where it has none; see what it hides beside it.

    :raises ConfigInvalidError: the file is no TOML.
    :raises OSError: it can't be read.
    """
    source = source_in(read_document(path))
    if source is None or path.name != MIGRATE_TOML:
        return source
    hidden = _hidden_sections(path.with_name(PYPROJECT_TOML))
    return replace(source, findings=(*source.findings, *hidden))


def source_in(document: Document) -> Source | None:
    """Return the section of a file, or ``None`` where it has none."""
    if document.path.name != PYPROJECT_TOML:
        return _whole_file(document)
    tools = document.data.get("tool")
    tools = tools if isinstance(tools, dict) else {}
    findings = [_misnamed(document, (name,)) for name in document.data if _is_like_section(name)]
    findings += [
        _misnamed(document, ("tool", name))
        for name in tools
        if _is_like_section(name) and name != SECTION
    ]
    section = tools.get(SECTION)
    if section is None and not findings:
        return None
    if section is not None and not isinstance(section, dict):
        findings.append(_no_table(document))
    section = section if isinstance(section, dict) else {}
    return Source(document, SECTION_PATH, section, tuple(findings))


def _whole_file(document: Document) -> Source:
    """Take the whole file for the section, but for a header that a ``pyproject.toml`` has."""
    tools = document.data.get("tool")
    tools = tools if isinstance(tools, dict) else {}
    wrapped: list[KeyPath] = [("tool", name) for name in tools if _is_like_section(name)]
    wrapped += [(name,) for name in document.data if _is_like_section(name)]
    keys = {path[0] for path in wrapped}
    section = {key: value for key, value in document.data.items() if key not in keys}
    return Source(document, (), section, tuple(_prefixed(document, path) for path in wrapped))


def _is_like_section(name: str) -> bool:
    return name.lower().replace("-", "").replace("_", "") in _SECTION_WORDS


def _misnamed(document: Document, path: KeyPath) -> Finding:
    name = ".".join(map(str, path))
    return Finding(
        SECTION_MISNAMED,
        f"[{name}] is not read",
        f"call it [tool.{SECTION}]",
        document.place(path),
        name,
    )


def _no_table(document: Document) -> Finding:
    is_list = isinstance(document.data["tool"][SECTION], list)
    return Finding(
        SECTION_NO_TABLE,
        f"tool.{SECTION} should be a table",
        f"write [tool.{SECTION}]" + (", in single brackets" if is_list else ""),
        document.place(SECTION_PATH),
        f"tool.{SECTION}",
    )


def _prefixed(document: Document, path: KeyPath) -> Finding:
    name = ".".join(map(str, path))
    return Finding(
        SECTION_PREFIXED,
        f"{name} is not read, as the whole of {document.path.name} is the section",
        f'take "{name}" out of the headers: its keys stand at the top, [{name}.renames] is '
        "[renames]",
        document.place(path),
        name,
    )


def find_source(
    named: str | os.PathLike[str] | None,
    starts: Sequence[Path],
    *,
    chosen: str | os.PathLike[str] | None = None,
) -> Source:
    """Find and read the section.

    :param named: the file that code names; ``FLASK_MIGRATE_CONFIG`` goes before it.
    :param starts: the folders to search from, each upward to the root, in this order.
    :param chosen: the file that the command line names; it goes before both.
    :raises ConfigUnreadableError: a named file is not there or can't be read.
    :raises ConfigInvalidError: the file is no TOML.
    """
    if chosen is not None:
        return named_source(Path(chosen), "--config")
    if variable := os.environ.get(FILE_VARIABLE):
        return named_source(Path(variable), FILE_VARIABLE)
    if named is not None:
        return named_source(Path(named), "Migrate(config_file=…)")
    found = (_found_source(folder) for start in starts for folder in _upward(start))
    return next((source for source in found if source), Source())


def _upward(start: Path) -> Iterator[Path]:
    start = start.absolute()
    return iter((start, *start.parents))


def named_source(path: Path, named_by: str, *, may_lack_section: bool = False) -> Source:
    """Read the section of a file that somebody names.

    :param named_by: who does, for the error.
    :param may_lack_section: one without keys is returned where the file has none.
    :raises ConfigUnreadableError: it is not there, can't be read or has no section.
    :raises ConfigInvalidError: it is no TOML.
    """
    path = path.absolute()
    try:
        source = source_of_file(path)
        if source is None and may_lack_section:
            return Source(read_document(path), SECTION_PATH)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigUnreadableError(path, reason, named_by) from None
    if source is None:
        raise ConfigUnreadableError(path, f"it has no [tool.{SECTION}]", named_by)
    return source


def _found_source(folder: Path) -> Source | None:
    try:
        return _source_of_folder(folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigUnreadableError(Path(error.filename), reason, "the search for it") from None


def _source_of_folder(folder: Path) -> Source | None:
    """Read the section that one folder declares; ``migrate.toml`` hides ``pyproject.toml``."""
    pyproject, own = folder / PYPROJECT_TOML, folder / MIGRATE_TOML
    if own.is_file():
        return source_of_file(own)
    return source_of_file(pyproject) if pyproject.is_file() else None


def _hidden_sections(pyproject: Path) -> Iterator[Finding]:
    try:
        document = read_document(pyproject)
    except (OSError, ConfigInvalidError):
        return
    tools = document.data.get("tool")
    if isinstance(tools, dict) and SECTION in tools:
        yield Finding(
            SECTION_HIDDEN,
            f"[tool.{SECTION}] is not read, as {MIGRATE_TOML} lies beside this file",
            f"move what is still needed to {MIGRATE_TOML}, and remove the section here",
            document.place(SECTION_PATH),
            f"tool.{SECTION}",
        )
