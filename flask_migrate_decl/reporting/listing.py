"""The rename hints of a project, each with what it comes to on its database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.errors import one_line
from flask_migrate_decl.reporting.full import shown_place

if TYPE_CHECKING:
    from pathlib import Path

    from flask_migrate_decl.errors import Place

UNKNOWN = "unknown"
"""The state of a hint whose database can't be looked at."""
NOT_MIGRATED = "not migrated"
"""The state of a hint whose database is not enabled."""
_JSON_VERSION = 1
"""The version of the JSON's layout; it is raised when a program would have to be changed."""


@dataclass(frozen=True, slots=True)
class ListedHint:
    """A rename hint and its state.

    :param key: the hint's place below the section, such as ``renames.columns[0]``.
    :param hint: in words, such as ``column account.name → full_name``, as the file says it.
    :param bind: the bind key, ``None`` for the default database.
    :param state: as ``renames.State`` names it, ``unknown`` or ``not migrated``.
    :param reason: why it is that.
    :param revision: the one on the way to what the database is at that records the hint.
    """

    key: str
    hint: str
    bind: str | None
    state: str
    reason: str
    revision: str | None = None
    place: Place | None = None

    @property
    def label(self) -> str:
        """The database's name for people."""
        return bind_label(self.bind)

    @property
    def where(self) -> str:
        """The place for people."""
        return shown_place(self.place) if self.place else self.key


@dataclass(frozen=True, slots=True)
class UnreachedDatabase:
    """A database that could not be looked at."""

    bind: str | None
    reason: str

    def __str__(self) -> str:
        return f"{bind_label(self.bind)} can't be reached: {self.reason}"


@dataclass(frozen=True, slots=True)
class HintList:
    """All rename hints.

    :param path: the configuration file, ``None`` where there is none.
    :param hints: in the order in which their kinds are carried out.
    """

    path: Path | None
    hints: tuple[ListedHint, ...]
    unreached: tuple[UnreachedDatabase, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every database could be looked at."""
        return not self.unreached

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """A table's rows: the database, the hint, its state, its revision and its place."""
        return [(h.label, h.hint, h.state, h.revision or "", h.where) for h in self.hints]

    def json(self) -> str:
        """Return the hints for programs, in ASCII."""
        document = {
            "version": _JSON_VERSION,
            "file": str(self.path) if self.path else None,
            "hints": [_for_json(hint) for hint in self.hints],
            "unreached": [{"bind": of.bind, "reason": of.reason} for of in self.unreached],
        }
        return json.dumps(document, indent=2) + "\n"


def bind_label(bind: str | None) -> str:
    """Return a bind's name for people."""
    return "<default>" if bind is None else one_line(str(bind))


def _for_json(hint: ListedHint) -> dict[str, Any]:
    return {
        "bind": hint.bind,
        "hint": hint.hint,
        "state": hint.state,
        "reason": hint.reason,
        "revision": hint.revision,
        "key": hint.key,
        "place": shown_place(hint.place) if hint.place else None,
    }
