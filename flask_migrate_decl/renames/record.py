"""Which hints the revisions on a database's way have carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask_migrate_decl.renames.hints import Kind, SchemaRename, key_ends
from flask_migrate_decl.renames.mapping import TableKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flask_migrate_decl.renames.hints import Hint

_Entry = tuple[Kind, TableKey | None, TableKey, TableKey, str | None]
"""A kind, the key of an owner, the old and the new key, and the hint's id."""


@dataclass
class Record:
    """The hints that are carried out, by what their tables are called now.

    A hint that takes an earlier one back strikes that out: names that were given back can be
    given once more.
    """

    _revisions: dict[_Entry, str] = field(default_factory=dict)
    _taken_back: dict[_Entry, str] = field(default_factory=dict)

    def revision_of(self, hint: Hint, owner: TableKey | None = None) -> str | None:
        """Return the revision that carried a hint out, ``None`` where there is none.

        :param owner: the present schema and name of the table or type that the hint speaks of.
        """
        return self._revisions.get(_entry(hint, owner))

    def mention_of(self, hint: Hint, owner: TableKey | None = None) -> str | None:
        """Return the revision that carried a hint out, also where a later one has taken it back.

        :param owner: as in ``revision_of``.
        """
        return self.revision_of(hint, owner) or self._taken_back.get(_entry(hint, owner))

    def add(self, revision: str, hints: Sequence[Hint]) -> None:
        """Take in what a revision records, after those that it goes on from."""
        before = self.after(hints)
        entries = [
            _entry(hint, None if hint.owner is None else (hint.schema, hint.owner))
            for hint in hints
        ]
        taken_back = {(kind, owner, new, old) for kind, owner, old, new, _ in entries}
        self._revisions = {}
        self._taken_back = before._taken_back
        for entry, earlier in before._revisions.items():
            struck = entry[:4] in taken_back
            (self._taken_back if struck else self._revisions)[entry] = earlier
        self._revisions |= dict.fromkeys(entries, revision)

    def after(self, hints: Iterable[Hint]) -> Record:
        """Return the same, by the names that some hints give to what earlier ones speak of."""
        hints = list(hints)
        schemas = {hint.old: hint.new for hint in hints if isinstance(hint, SchemaRename)}
        tables, types = _targets(hints, Kind.TABLE), _targets(hints, Kind.ENUM)

        def in_schema(key: TableKey) -> TableKey:
            return schemas.get(key[0] or "", key[0]), key[1]

        def followed(entries: Mapping[_Entry, str]) -> dict[_Entry, str]:
            found = {}
            for (kind, owner, old, new, identifier), revision in entries.items():
                if owner is not None:
                    owner = in_schema(owner)
                    owner = (types if kind is Kind.ENUM_VALUE else tables).get(owner, owner)
                found[kind, owner, in_schema(old), in_schema(new), identifier] = revision
            return found

        return Record(followed(self._revisions), followed(self._taken_back))


def _entry(hint: Hint, owner: TableKey | None) -> _Entry:
    old, new = key_ends(hint)
    if owner is not None:
        old, new = (None, old[1]), (None, new[1])
    return hint.kind, owner, old, new, hint.id


def _targets(hints: Iterable[Hint], kind: Kind) -> dict[TableKey, TableKey]:
    """Return what things are called after all hints of a kind that one revision carried out.

    They stand in the order in which they were carried out; a circle is one exchange.
    """
    links = [key_ends(hint) for hint in hints if hint.kind is kind]
    exchanged = {old: new for old, new in links if _goes_round(old, dict(links))}
    targets = dict(exchanged)
    for old, new in links:
        if old not in exchanged:
            first = next((name for name, last in targets.items() if last == old), old)
            targets[first] = new
    return targets


def _goes_round(name: TableKey, links: Mapping[TableKey, TableKey]) -> bool:
    seen, current = {name}, links[name]
    while current in links and current not in seen:
        seen.add(current)
        current = links[current]
    return current == name
