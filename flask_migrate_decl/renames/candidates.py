"""What looks like a rename that no hint declares.

Nothing here is ever carried out without somebody's word: two names of a comparison, one that goes
and one that comes, are offered with a score, and each of them once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from flask_migrate_decl.renames.hints import HINT_CLASSES, Kind, qualified
from flask_migrate_decl.renames.likeness import name_likeness
from flask_migrate_decl.renames.pairing import best_pairs
from flask_migrate_decl.renames.scoring import ColumnPair, TablePair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from flask_migrate_decl.renames.hints import Hint
    from flask_migrate_decl.renames.mapping import TableKey
    from flask_migrate_decl.renames.traits import ColumnTraits, TableTraits

FLOOR = 0.5
"""The lowest score with which something is offered."""


Parts = tuple[str, ...]
"""A name in its parts: a table, something with its owner, or these with their schema."""


class Dropped(NamedTuple):
    """What a comparison would drop.

    :param owner: the table or enum type that it belongs to.
    """

    kind: Kind
    name: str
    schema: str | None = None
    owner: str | None = None
    bind: str | None = None

    def is_named(self, parts: Parts) -> bool:
        """Tell whether it is meant by a name; the schema may be left out."""
        named = (self.owner, self.name) if self.owner else (self.name,)
        return parts in (named, (self.schema, *named))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A likely rename.

    :param schema: the schema of the old name, ``None`` for the default one.
    :param owner: the table or enum type, as it is called after the declared renames.
    :param new_schema: of a table: the schema that the new one is in.
    :param score: how likely it is, from 0 to 1.
    :param reasons: what speaks for it, in words.
    :param definitions: what goes and what comes, as the database would have them.
    """

    kind: Kind
    old: str
    new: str
    score: float
    schema: str | None = None
    owner: str | None = None
    new_schema: str | None = None
    bind: str | None = None
    reasons: tuple[str, ...] = field(default=(), compare=False)
    definitions: tuple[str, str] = field(default=("", ""), compare=False)

    @property
    def hint(self) -> Hint:
        """The hint that would declare it."""
        values: dict[str, Any] = {"schema": self.schema, "bind": self.bind}
        if self.kind is Kind.TABLE and self.new_schema != self.schema:
            values["to_schema"] = self.new_schema or ""
        if self.owner is not None:
            values["enum" if self.kind is Kind.ENUM_VALUE else "table"] = self.owner
        hint: Hint = HINT_CLASSES[self.kind.value](old=self.old, new=self.new, **values)
        return hint

    @property
    def dropped(self) -> Dropped:
        """What would go."""
        return Dropped(self.kind, self.old, self.schema, self.owner, self.bind)

    def __str__(self) -> str:
        return str(self.hint)


def candidates_of_columns(
    table: TableKey, dropped: Sequence[ColumnTraits], added: Sequence[ColumnTraits]
) -> Iterator[Candidate]:
    """Give the likely renames among the columns that go and come in one table."""
    old, new = ({c.name: c for c in columns} for columns in (dropped, added))
    pairs = {(one, other): ColumnPair(old[one], new[other]) for one in old for other in new}
    for score, one, other in best_pairs(_scores(pairs), FLOOR):
        pair = pairs[one, other]
        yield Candidate(
            Kind.COLUMN,
            one,
            other,
            score,
            table[0],
            table[1],
            reasons=tuple(pair.reasons),
            definitions=(str(pair.old), str(pair.new)),
        )


def candidates_of_tables(
    dropped: Sequence[TableTraits], created: Sequence[TableTraits]
) -> Iterator[Candidate]:
    """Give the likely renames among the tables that go and come; to another schema go equals."""
    old, new = ({qualified(t.schema, t.name): t for t in tables} for tables in (dropped, created))
    pairs = {
        (one, other): TablePair(old[one], new[other])
        for one in old
        for other in new
        if old[one].schema == new[other].schema or old[one].name == new[other].name
    }
    for score, one, other in best_pairs(_scores(pairs), FLOOR):
        pair = pairs[one, other]
        yield Candidate(
            Kind.TABLE,
            pair.old.name,
            pair.new.name,
            score,
            pair.old.schema,
            new_schema=pair.new.schema,
            reasons=tuple(pair.reasons),
            definitions=(str(pair.old), str(pair.new)),
        )


def _scores(
    pairs: Mapping[tuple[str, str], ColumnPair | TablePair],
) -> Iterable[tuple[float, str, str]]:
    return ((pair.score, *names) for names, pair in pairs.items())


def candidates_of_enums(
    schema: str | None,
    dropped: Mapping[str, Sequence[str]],
    created: Mapping[str, Sequence[str]],
) -> Iterator[Candidate]:
    """Give the likely renames among the enum types of a schema.

    :param dropped: the labels of each type that goes.
    """
    scored = (
        (0.4 * name_likeness(one, other) + 0.6 * _share(dropped[one], created[other]), one, other)
        for one in dropped
        for other in created
    )
    for score, one, other in best_pairs(scored, FLOOR):
        shared = f"{_share(dropped[one], created[other]):.0%} of the labels the same"
        definitions = (_labelled(one, dropped[one]), _labelled(other, created[other]))
        yield Candidate(
            Kind.ENUM, one, other, score, schema, reasons=(shared,), definitions=definitions
        )


def candidates_of_labels(
    enum: TableKey, old: Sequence[str], new: Sequence[str]
) -> Iterator[Candidate]:
    """Give the likely renames among the labels of an enum type.

    :param old: its labels in the database, and ``new`` those of the models.
    """
    gone = [label for label in old if label not in new]
    come = [label for label in new if label not in old]
    scored = (
        (
            0.6 * name_likeness(one, other) + 0.4 * (old.index(one) == new.index(other)),
            one,
            other,
        )
        for one in gone
        for other in come
    )
    definitions = (_labelled(enum[1], old), _labelled(enum[1], new))
    for score, one, other in best_pairs(scored, _FLOOR_OF_LABELS):
        reasons = ("same place",) if old.index(one) == new.index(other) else ("names alike",)
        yield Candidate(
            Kind.ENUM_VALUE,
            one,
            other,
            score,
            *enum,
            reasons=reasons,
            definitions=definitions,
        )


_FLOOR_OF_LABELS = 0.4
"""A label has nothing but its name and its place."""


def candidates_of_definitions(
    kind: Kind,
    table: TableKey,
    dropped: Mapping[str, object],
    created: Mapping[str, object],
) -> Iterator[Candidate]:
    """Give the indexes or constraints of a table of which the name alone differs.

    :param dropped: what each of them is but for its name.
    """
    scored = (
        (0.8 + 0.2 * name_likeness(one, other), one, other)
        for one in dropped
        for other in created
        if dropped[one] == created[other]
    )
    for score, one, other in best_pairs(scored, FLOOR):
        reasons = ("equal but for the name",)
        yield Candidate(kind, one, other, score, *table, reasons=reasons, definitions=(one, other))


def _share(one: Sequence[str], other: Sequence[str]) -> float:
    both = (Counter(one) & Counter(other)).total()
    return 2 * both / ((len(one) + len(other)) or 1)


def _labelled(name: str, labels: Sequence[str]) -> str:
    return f"{name} ({', '.join(labels)})"
