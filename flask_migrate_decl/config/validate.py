"""What pydantic says of a section, as findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from flask_migrate_decl.config.refusals import meant_key, said_of
from flask_migrate_decl.config.settings import Settings
from flask_migrate_decl.errors import Finding
from flask_migrate_decl.reporting.keys import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic_core import ErrorDetails

    from flask_migrate_decl.config.source import Source
    from flask_migrate_decl.config.toml.layout import KeyPath


def validated(source: Source) -> tuple[Settings | None, list[Finding]]:
    """Validate a section; there are no settings where there are findings."""
    try:
        return Settings.model_validate(dict(source.section)), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True, include_input=False)
    groups = _by_place(source.section, details)
    return None, [_finding(source, path, group) for path, group in groups]


_MISSING, _UNKNOWN = "missing", "extra_forbidden"


def _by_place(
    section: Mapping[str, Any], details: Sequence[ErrorDetails]
) -> Iterator[tuple[KeyPath, list[ErrorDetails]]]:
    """Group what is said of one place: a value of two types is refused once for each of them.

    That a key is missing is left out where another one beside it is probably meant for it.
    """
    groups: dict[KeyPath, list[ErrorDetails]] = {}
    meant: set[KeyPath] = set()
    for detail in details:
        path = _path_in_file(section, detail["loc"])
        if detail["type"] == _UNKNOWN:
            meant.add((*path[:-1], meant_key(path) or ""))
        if detail["type"] == _MISSING:
            path = (*path, detail["loc"][-1])
        groups.setdefault(path, []).append(detail)
    for path, group in groups.items():
        if group[0]["type"] != _MISSING or path not in meant:
            yield path, group


def _path_in_file(section: Mapping[str, Any], location: Sequence[int | str]) -> KeyPath:
    """Leave out the steps that are no keys: the types that pydantic tried, ``[key]`` and so on."""
    path: KeyPath = ()
    value: Any = section
    for step in location:
        if isinstance(value, dict) and step in value:
            path, value = (*path, step), value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            path, value = (*path, step), value[step]
    return path


def _finding(source: Source, path: KeyPath, group: Sequence[ErrorDetails]) -> Finding:
    said = said_of(source.section, path, group)
    place = source.place(path, of="value" if said.blames_value else "key")
    return Finding(said.rule, said.message, said.help, place, dotted(path))
