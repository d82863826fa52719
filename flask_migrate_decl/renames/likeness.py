"""How alike two names are, by the habits in which projects rename things."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_WEIGHT_BESIDE = 0.3
_NEGATIONS = ("dis", "im", "in", "non", "un")


def _pairs_in(text: str) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(pair.split("/")) for pair in text.split())


_SAID_BESIDE = frozenset({"at", "by", "fk", "has", "id", "is", "of", "on", "pk", "tbl", "the"})
"""Words that say what sort of thing a name is of, and are put before and behind at will."""
_COUNTERPARTS = _pairs_in(
    """
    active/archived active/disabled after/before alive/dead arrival/departure begin/end
    billing/shipping born/died bottom/top buyer/seller city/country closed/opened
    closing/opening created/deleted created/modified created/updated credit/debit day/month
    day/year destination/origin destination/source disabled/enabled down/up download/upload
    email/phone enabled/suspended end/start expense/income export/import failure/success
    female/male first/last followers/following from/to gross/net height/width hidden/shown
    hidden/visible high/low home/work in/out input/output last/next lat/lng lat/lon
    latitude/longitude left/right length/width maternal/paternal max/min maximum/minimum
    month/year new/old next/prev next/previous open/close parent/child price/quantity
    private/public read/write received/sent recipient/sender receiver/sender source/target
    x/y x/z y/z
    """
)
"""Words of things that stand beside each other, so that one is hardly the other's new name."""


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, in lower case; one without words is a word by itself."""
    words = _WORD.findall(_HUMP.sub("_", name))
    return tuple(word.lower() for word in words or filter(None, [name]))


def name_likeness(old: str, new: str) -> float:
    """Return how alike two names are, from 0 to 1."""
    return NamePair.of(old, new).likeness


@dataclass(frozen=True)
class NamePair:
    """Two names, in words."""

    old: Sequence[str]
    new: Sequence[str]

    @classmethod
    def of(cls, old: str, new: str) -> NamePair:
        """Read two names."""
        return cls(words_of(old), words_of(new))

    @property
    def likeness(self) -> float:
        """How alike they are, from 0 to 1."""
        if "".join(self.old) == "".join(self.new):
            return 1.0
        shared = sum((_weight(one) + _weight(other)) * alike for one, other, alike in self._pairs)
        return shared / (sum(map(_weight, (*self.old, *self.new))) or 1)

    @cached_property
    def _pairs(self) -> Sequence[tuple[str, str, float]]:
        """The words that are the same in other letters, the most alike first."""
        alike = sorted(
            (
                (word_likeness(one, other), place, other_place)
                for place, one in enumerate(self.old)
                for other_place, other in enumerate(self.new)
            ),
            key=lambda found: -found[0],
        )
        old, new = set(range(len(self.old))), set(range(len(self.new)))
        pairs = []
        for likeness, place, other_place in alike:
            if likeness and place in old and other_place in new:
                old.remove(place)
                new.remove(other_place)
                pairs.append((self.old[place], self.new[other_place], likeness))
        return pairs

    @property
    def are_counterparts(self) -> bool:
        """Whether they are of things that stand beside each other, as start and end do."""
        return any(
            frozenset((one, other)) in _COUNTERPARTS
            or (one.isdigit() and other.isdigit())
            or one in _negated(other)
            or other in _negated(one)
            for one in set(self.old) - set(self.new)
            for other in set(self.new) - set(self.old)
        )


def _weight(word: str) -> float:
    return _WEIGHT_BESIDE if word in _SAID_BESIDE else 1.0


def _negated(word: str) -> Iterator[str]:
    return (prefix + word for prefix in _NEGATIONS)


def word_likeness(one: str, other: str) -> float:
    """Return how alike two words are; 0 where no habit leads from one to the other."""
    if _singular(one) == _singular(other):
        return 1.0
    short, long = sorted((one, other), key=len)
    if len(short) > 1 and long.startswith(short):
        return 0.9
    if len(short) > 1 and long[0] == short[0] and _is_within(short, long):
        return 0.75
    ratio = SequenceMatcher(None, one, other).ratio()
    return ratio if ratio >= 0.75 else 0.0


def _is_within(short: str, long: str) -> bool:
    """Tell whether a word is another one with letters left out."""
    letters = iter(long)
    return all(letter in letters for letter in short)


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes", "uses")):
        return word[:-2]
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word
