"""From a file to validated settings, with every mistake told at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from flask_migrate_decl.config.settings import (
    NOT_YET,
    BindSettings,
    ColumnHint,
    DatabaseOptions,
    PostWriteHook,
    RenameHints,
    Settings,
    TableHint,
)
from flask_migrate_decl.config.source import find_source
from flask_migrate_decl.errors import ConfigInvalidError, Mistake
from flask_migrate_decl.renames import ColumnRename, Renames, TableRename, find_conflicts, nearest

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from flask_migrate_decl.config.source import Source


@dataclass(frozen=True)
class Configuration:
    """Validated settings and where they come from."""

    settings: Settings
    source: Source

    @cached_property
    def renames(self) -> Renames:
        """The declared renames as values."""
        return _renames_of(self.settings)

    def path(self, relative: str) -> Path:
        """Return a path of the file, seen from the folder that the file lies in."""
        return self.source.folder / relative

    def declared_options(self, bind: str | None) -> dict[str, Any]:
        """Return the options that the file sets for one database, the bind's before the section's.

        :param bind: a bind's name, ``None`` for the default database.
        """
        layers: list[DatabaseOptions] = [self.settings]
        if bind is not None and bind in self.settings.binds:
            layers.append(self.settings.binds[bind])
        return {
            key: getattr(layer, key)
            for layer in layers
            for key in DatabaseOptions.model_fields
            if key in layer.model_fields_set
        }


def load_configuration(
    named: str | os.PathLike[str] | None, starts: Sequence[Path]
) -> Configuration:
    """Find, read and validate the section; without any, all settings have their defaults.

    :param named: a configuration file, instead of searching for one.
    :param starts: the folders to search from, upward.
    :raises ConfigError: the file can't be used; every mistake in it is named.
    """
    source = find_source(named, starts)
    return Configuration(parse_settings(source), source)


def parse_settings(source: Source) -> Settings:
    """Validate a section.

    :raises ConfigInvalidError: with every mistake there is.
    """
    try:
        settings = Settings.model_validate(dict(source.section))
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True, include_input=False)
        mistakes = _without_branches([_mistake(detail) for detail in details])
    else:
        mistakes = [*_mistakes_between(settings)]
        if not mistakes:
            return settings
    assert source.path is not None
    raise ConfigInvalidError(source.path, tuple(mistakes))


def _renames_of(settings: Settings) -> Renames:
    def common(kind: str, position: int, hint: TableHint | ColumnHint) -> dict[str, Any]:
        return {
            "old": hint.old,
            "new": hint.new,
            "schema": hint.schema_,
            "bind": hint.bind,
            "place": f"renames.{kind}[{position}]",
        }

    renames = settings.renames
    return Renames(
        tuple(TableRename(**common("tables", n, hint)) for n, hint in enumerate(renames.tables)),
        tuple(
            ColumnRename(table=hint.table, **common("columns", n, hint))
            for n, hint in enumerate(renames.columns)
        ),
    )


def _mistakes_between(settings: Settings) -> list[Mistake]:
    """Find what is wrong between values that are right, each by itself."""
    renames = _renames_of(settings)
    mistakes = [
        Mistake(conflict.place, conflict.message, conflict.help)
        for conflict in find_conflicts(renames)
    ]
    if settings.multidb:
        return mistakes
    known = ", ".join(settings.binds) or "none"
    return mistakes + [
        Mistake(
            f"{hint.place}.bind",
            f'the bind "{hint.bind}" is not declared (declared: {known})',
            f"add [binds.{hint.bind}], or set multidb = true",
        )
        for hint in renames.hints
        if hint.bind is not None and hint.bind not in settings.binds
    ]


def _mistake(detail: ErrorDetails) -> Mistake:
    keys = detail["loc"]
    message = detail["msg"].replace("Input should", "should").replace("a valid tuple", "a list")
    help_ = None
    if detail["type"] == "extra_forbidden":
        message = "there is no such key"
        help_ = _nearest_key(keys)
    elif detail["type"] == "missing":
        message = "is missing"
    elif detail["type"] == "string_pattern_mismatch":
        message = "should not be empty or have control characters in it"
    return Mistake(_dotted(keys), message, help_)


def _dotted(keys: Sequence[int | str]) -> str:
    """Word a place as a person would, without the steps that are no keys of the file."""
    dotted = ""
    for key in keys:
        if isinstance(key, int):
            dotted += f"[{key}]"
        elif key not in _UNION_BRANCHES and not key.startswith("function-"):
            dotted += f".{key}" if dotted else key
    return dotted


_UNION_BRANCHES = frozenset({"bool", "str"})
"""What pydantic puts into a place to say which type of several it tried."""


def _without_branches(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """Keep one mistake a key: a value of two types is refused once for each of them."""
    by_key: dict[str, list[Mistake]] = {}
    for mistake in mistakes:
        by_key.setdefault(mistake.key, []).append(mistake)
    return [
        Mistake(
            key, " or ".join(dict.fromkeys(mistake.message for mistake in group)), group[0].help
        )
        for key, group in by_key.items()
    ]


def _nearest_key(keys: Sequence[int | str]) -> str | None:
    known = _keys_known_at(keys[:-1])
    near = nearest(str(keys[-1]), known)
    return f"did you mean {near[0]}?" if near else None


def _keys_known_at(keys: Sequence[int | str]) -> tuple[str, ...]:
    """Return the keys that the table at a place may have."""
    model: type[BaseModel] = Settings
    for key in keys:
        if key == "binds":
            model = BindSettings
        elif isinstance(key, str) and (inner := _TABLES.get(key)):
            model = inner
    return tuple(
        info.alias or name
        for name, info in model.model_fields.items()
        if NOT_YET not in info.metadata
    )


_TABLES: Mapping[str, type[BaseModel]] = {
    "renames": RenameHints,
    "tables": TableHint,
    "columns": ColumnHint,
    "post_write_hooks": PostWriteHook,
}
