"""How likely it is that one column or table became another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from flask_migrate_decl.renames.likeness import NamePair
from flask_migrate_decl.renames.pairing import best_pairs
from flask_migrate_decl.renames.traits import ColumnTraits, TableTraits

if TYPE_CHECKING:
    from collections.abc import Iterator


_CONVERTED = frozenset(
    frozenset(pair.split())
    for pair in (
        "integer number",
        "integer boolean",
        "integer text",
        "text enum",
        "text uuid",
        "text json",
        "date moment",
        "text moment",
        "text date",
    )
)
"""Families between which projects convert their columns."""
_COUNTERPARTS = 0.6
_OTHER_TYPE = 0.4
"""Factors of what speaks against a rename."""
_INNER_FLOOR = 0.6
"""The score from which a column of one table counts for a renamed one of another."""


_Traits = TypeVar("_Traits", ColumnTraits, TableTraits)


@dataclass(frozen=True)
class _Pair(Generic[_Traits]):
    """Something that goes and something that comes."""

    old: _Traits
    new: _Traits

    @cached_property
    def _names(self) -> NamePair:
        return NamePair.of(self.old.name, self.new.name)

    @cached_property
    def name(self) -> float:
        """How alike the names are."""
        return self._names.likeness


@dataclass(frozen=True)
class ColumnPair(_Pair[ColumnTraits]):
    """A column that goes and one that comes."""

    @cached_property
    def score(self) -> float:
        """How likely it is a rename, from 0 to 1."""
        weighed = 0.4 * self.name + 0.25 * self.type + 0.15 * self.place + 0.2 * self.traits
        factor = _COUNTERPARTS if self._names.are_counterparts else 1.0
        return weighed * factor * (1.0 if self.type else _OTHER_TYPE)

    @cached_property
    def type(self) -> float:
        """How alike the types are, and what foreign keys point to."""
        if self._point_elsewhere:
            return 0.4
        if self.old.type == self.new.type:
            return 1.0
        if not (self.old.family and self.new.family):
            # A type of the project's own is read back as whatever the database made of it.
            return 0.4
        if self.old.family == self.new.family:
            return 0.8
        return 0.4 if frozenset((self.old.family, self.new.family)) in _CONVERTED else 0.0

    @cached_property
    def place(self) -> float:
        """How near to each other they stand."""
        return 1 / (1 + abs(self.old.place - self.new.place))

    @cached_property
    def traits(self) -> float:
        """How much of the rest is equal."""
        equal = (
            self.old.nullable == self.new.nullable,
            self.old.default == self.new.default,
            ("primary key" in self.old.keys) == ("primary key" in self.new.keys),
            self.old.keys == self.new.keys,
        )
        return sum(equal) / len(equal)

    @property
    def _point_elsewhere(self) -> bool:
        old, new = self.old.references, self.new.references
        return bool(old and new and not old & new)

    @property
    def reasons(self) -> Iterator[str]:
        """Give what speaks for it, in words."""
        if self.name >= 0.5:
            yield "names alike"
        if self.type:
            yield "same type" if self.type == 1 else "types alike"
        if self.place == 1:
            yield "same place"
        if self.traits == 1 and self.old.keys:
            yield "same keys"


@dataclass(frozen=True)
class TablePair(_Pair[TableTraits]):
    """A table that goes and one that comes."""

    @cached_property
    def score(self) -> float:
        """How likely it is a rename, from 0 to 1."""
        weighed = 0.45 * self.name + 0.55 * self.columns
        return weighed * (_COUNTERPARTS if self._names.are_counterparts else 1.0)

    @cached_property
    def columns(self) -> float:
        """The share of columns that both have; keys alone say little, as every table has one."""
        total = len(self.old.columns) + len(self.new.columns)
        return 2 * (self.equal + 0.7 * self.renamed) / total if total else 0.0

    @cached_property
    def equal(self) -> float:
        """How many columns have the same name, and types alike."""
        new = self.new.by_name
        return sum(ColumnPair(c, new[c.name]).type for c in self.old.columns if c.name in new)

    @cached_property
    def renamed(self) -> int:
        """How many columns seem to be renamed as well."""
        old, new = self.old.by_name, self.new.by_name
        pairs = (
            (ColumnPair(old[one], new[other]).score, one, other)
            for one in old
            for other in new
            if one not in new and other not in old
        )
        return len(list(best_pairs(pairs, _INNER_FLOOR)))

    @property
    def reasons(self) -> Iterator[str]:
        """Give what speaks for it, in words."""
        if self.name >= 0.5:
            yield "names alike"
        yield f"{self.columns:.0%} of the columns the same"
