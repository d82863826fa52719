"""The settings in force, each with where it comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import tomli_w

from flask_migrate_decl.reporting.full import shown_place
from flask_migrate_decl.reporting.keys import dotted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from flask_migrate_decl.errors import Place


class Origin(StrEnum):
    """Where a setting comes from; each goes before those that follow."""

    COMMAND_LINE = "command line"
    CODE = "code"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class SettingInForce:
    """A setting, its value and where that comes from.

    :param path: the keys that lead to it in the section.
    :param value: plain, as TOML has it; ``None`` where nothing is set. What code gives may be any
        object.
    :param place: in the file, where it comes from there.
    :param is_declarable: the section may have such a key.
    """

    path: tuple[str, ...]
    value: Any
    origin: Origin
    place: Place | None = None
    is_declarable: bool = True

    @property
    def key(self) -> str:
        """The dotted path."""
        return dotted(self.path)

    @property
    def source(self) -> str:
        """Where the value comes from, in words."""
        return shown_place(self.place) if self.place else str(self.origin)


@dataclass(frozen=True, slots=True)
class SettingsInForce:
    """All settings of a project, or those of one bind.

    :param path: the configuration file, ``None`` where there is none.
    :param bind: the bind, ``None`` for the whole section.
    """

    path: Path | None
    bind: str | None
    settings: tuple[SettingInForce, ...]

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """A table's rows: the key, the value as TOML, and where it comes from."""
        return [(s.key, _shown_value(s), s.source) for s in self.settings]


def toml(shown: SettingsInForce) -> str:
    """Return the settings as a ``migrate.toml`` that says the same.

    What is not set has no line. What code gives is named as a reference, where a file could.
    """
    document: dict[str, Any] = {}
    comments = []
    for setting in shown.settings:
        value = setting.value if is_plain(setting.value) else _reference(setting.value)
        if value is not None and setting.is_declarable:
            _put(document, setting.path, value)
        elif setting.value is not None:
            comments.append(f"# {setting.key}, given by code, can't be said in a file.\n")
    return "".join(comments) + tomli_w.dumps(document)


def json_text(shown: SettingsInForce) -> str:
    """Return the settings for programs."""
    path = str(shown.path) if shown.path else None
    settings = [_for_json(setting) for setting in shown.settings]
    document = {"version": 1, "file": path, "bind": shown.bind, "settings": settings}
    return json.dumps(document, indent=2) + "\n"


IN_FORCE_FORMATS: Mapping[str, Callable[[SettingsInForce], str]] = {
    "toml": toml,
    "json": json_text,
}
"""What makes a text of settings, by the format's name; a table is made where it is printed."""


def _for_json(setting: SettingInForce) -> dict[str, Any]:
    return {
        "key": setting.key,
        "value": setting.value if _is_shown(setting) else _named(setting.value),
        "origin": setting.origin,
        "place": shown_place(setting.place) if setting.place else None,
    }


def _put(document: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for key in path[:-1]:
        document = document.setdefault(key, {})
    document[path[-1]] = value


def is_plain(value: object) -> bool:
    """Tell whether TOML and JSON have such a value."""
    if isinstance(value, dict):
        return all(map(is_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return value is None or isinstance(value, str | bool | int | float)


def _reference(value: Any) -> str | None:
    """Name an object as a file could, if it has a name."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
    is_named = module and name and name.replace(".", "").isidentifier()
    return f"{module}:{name}" if is_named else None


def _named(value: Any) -> str:
    """Name an object, at least by its type; its own text may have a secret in it."""
    return _reference(value) or f"<{type(value).__name__}>"


def _is_shown(setting: SettingInForce) -> bool:
    """Tell whether a value may be shown: what no key stands for may be anything, a URL too."""
    return setting.is_declarable and is_plain(setting.value)


def _shown_value(setting: SettingInForce) -> str:
    value = setting.value
    if value is None:
        return ""
    if not _is_shown(setting):
        return _named(value)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "\n".join(map(_inline, value))
    return _inline(value)


def _inline(value: Any) -> str:
    """Return a plain value as TOML, in one line."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{dotted([key])} = {_inline(inner)}" for key, inner in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return tomli_w.dumps({"x": value}).strip().removeprefix("x = ")
