"""The folders of histories, none of which may read the scripts of another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.config.settings import DEFAULT_BIND, Settings
from flask_migrate_decl.errors import Finding, Related
from flask_migrate_decl.errors.rules import DIRECTORY_SHARED
from flask_migrate_decl.reporting.keys import dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from flask_migrate_decl.config.source import Source
    from flask_migrate_decl.config.toml.layout import KeyPath


@dataclass(frozen=True)
class HistoryFolders:
    """Where a history is and looks for scripts, in paths as the operating system follows them.

    :param table: the keys of the table that declares it, none for the section.
    """

    table: KeyPath
    directory: Path
    locations: tuple[Path, ...]
    is_recursive: bool

    def reads_of(self, other: HistoryFolders) -> bool:
        """Tell whether it takes scripts of another history for its own."""
        return any(
            theirs == own or (self.is_recursive and theirs.is_relative_to(own))
            for own in self.locations
            for theirs in other.locations
        )


def folders_read_twice(
    histories: Iterable[HistoryFolders],
) -> Iterator[tuple[HistoryFolders, HistoryFolders, str, str]]:
    """Give each two histories that are not apart, what is wrong with the second, and what helps."""
    told: set[KeyPath] = set()
    for first, second in combinations(histories, 2):
        said = _said_of(first, second)
        if said and second.table not in told:
            told.add(second.table)
            yield first, second, *said


def _said_of(first: HistoryFolders, second: HistoryFolders) -> tuple[str, str] | None:
    if first.directory == second.directory:
        share = "" if first.table else "leave it out to share that history, or "
        return "this is the folder of another history", f"{share}name another folder"
    help_ = "name a folder apart from it"
    if set(first.locations).isdisjoint(second.locations):
        help_ += ", or set recursive_version_locations = false"
    if first.reads_of(second):
        return "another history reads the scripts in there too", help_
    if second.reads_of(first):
        return "it reads the scripts of another history too", help_
    return None


def findings_of_folders(source: Source) -> Iterator[Finding]:
    """Find declared histories that are not apart, however their folders are written."""
    for first, second, message, help_ in folders_read_twice(_declared_histories(source)):
        of_locations = first.directory != second.directory
        path = _path(source.section, second, of_locations=of_locations)
        place = source.place(_path(source.section, first, of_locations=of_locations), of="value")
        related = (Related(place, "the other one is here"),) if place and place.line else ()
        here = source.place(path, of="value")
        yield Finding(DIRECTORY_SHARED, message, help_, here, dotted(path), related)


def _path(section: Mapping[str, Any], history: HistoryFolders, *, of_locations: bool) -> KeyPath:
    """Return the key that says where a history is, or where its scripts are."""
    table: Mapping[str, Any] = section
    for key in history.table:
        table = table[str(key)]
    is_declared = of_locations and "version_locations" in table
    return (*history.table, "version_locations" if is_declared else "directory")


def _declared_histories(source: Source) -> Iterator[HistoryFolders]:
    """Give what the section declares, but for what is none."""
    section, binds = source.section, source.section.get("binds")
    tables = [
        (name, table)
        for name, table in (binds.items() if isinstance(binds, dict) else ())
        if isinstance(table, dict)
    ]
    recursive = section.get("recursive_version_locations")
    if _is_shared(section, dict(tables)):
        yield from _history(source.folder, (), section, recursive)
    for name, table in tables:
        if "directory" in table:
            yield from _history(source.folder, ("binds", name), table, recursive)


def _is_shared(section: Mapping[str, Any], binds: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether a database may follow the section's history."""
    tables: Mapping[str, Mapping[str, Any]] = {DEFAULT_BIND: {}, **binds}
    return section.get("multidb") is True or any(
        "directory" not in table and table.get("enabled") is not False for table in tables.values()
    )


def _history(
    folder: Path, path: KeyPath, table: Mapping[str, Any], recursive: Any
) -> Iterator[HistoryFolders]:
    directory = table.get("directory", Settings.model_fields["directory"].default)
    if not _is_path(directory):
        return
    declared = table.get("version_locations")
    locations: Sequence[Any] = declared if isinstance(declared, list) else [f"{directory}/versions"]
    yield HistoryFolders(
        path,
        followed(folder / directory),
        tuple(followed(folder / location) for location in locations if _is_path(location)),
        table.get("recursive_version_locations", recursive) is True,
    )


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value != "" and "\x00" not in value


def followed(path: Path) -> Path:
    """Return a path without links and detours, also where nothing is there."""
    return Path(os.path.realpath(path))
