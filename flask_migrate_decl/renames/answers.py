"""What somebody said of likely renames, at a terminal or on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from flask_migrate_decl.renames.hints import ColumnRename, TableRename

if TYPE_CHECKING:
    from flask_migrate_decl.renames.candidates import Candidate, Dropped, Parts
    from flask_migrate_decl.renames.hints import Hint

_PART = r'(?:"(?:[^"]|"")+"|[^".=]+)'
_DROPPED = re.compile(rf"{_PART}(?:\.{_PART}){{0,2}}")
_RENAMED = re.compile(rf"(?P<old>{_DROPPED.pattern})=(?P<new>{_PART})")


class SaidRename(NamedTuple):
    """A rename as the command line says it, such as ``account.name=full_name``."""

    dropped: Parts
    new: str

    @property
    def hint(self) -> Hint:
        """What it declares where no candidate is like it: one part is a table, more a column."""
        *schema, table, old = ("", "", *self.dropped)[-3:]
        if not table:
            return TableRename(old, self.new)
        return ColumnRename(table, old, self.new, schema[0] or None)

    def is_of(self, candidate: Candidate) -> bool:
        """Tell whether a candidate is meant."""
        return candidate.dropped.is_named(self.dropped) and candidate.new == self.new


def read_rename(text: str) -> SaidRename | None:
    """Read ``account.name=full_name``; ``None`` where it is not of that form.

    A part with a dot or an equals sign in it stands in double quotes, a quote in it is doubled.
    """
    match = _RENAMED.fullmatch(text)
    return SaidRename(_parts(match["old"]), _parts(match["new"])[0]) if match else None


def read_dropped(text: str) -> Parts | None:
    """Read ``account.name``, as ``read_rename`` does."""
    return _parts(text) if _DROPPED.fullmatch(text) else None


def _parts(text: str) -> Parts:
    return tuple(
        part[1:-1].replace('""', '"') if part.startswith('"') else part
        for part in re.findall(_PART, text)
    )


@dataclass
class Refusals:
    """What is no rename, so that it may be dropped.

    :param said: by the command line.
    :param answered: by somebody who was asked.
    :param met: of what the command line says, what a comparison would drop.
    """

    said: frozenset[Parts] = frozenset()
    answered: set[Dropped] = field(default_factory=set)
    met: set[Parts] = field(default_factory=set)

    def cover(self, dropped: Dropped) -> bool:
        """Tell whether something was refused, and note that the command line's word was met."""
        met = {parts for parts in self.said if dropped.is_named(parts)}
        self.met |= met
        return bool(met) or dropped in self.answered

    @property
    def unmet(self) -> tuple[Parts, ...]:
        """What the command line says of things that no comparison would drop."""
        return tuple(sorted(self.said - self.met))
