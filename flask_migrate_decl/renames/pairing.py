"""Each thing in one pair at most, the best pairs first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def best_pairs(
    scored: Iterable[tuple[float, str, str]], floor: float
) -> Iterator[tuple[float, str, str]]:
    """Give the pairs with the highest scores, so that nothing is in two.

    :param scored: a score, and what it pairs; of equal scores the first goes first.
    :param floor: the lowest score that counts.
    """
    old: set[str] = set()
    new: set[str] = set()
    for score, one, other in sorted(scored, key=lambda pair: -pair[0]):
        if score >= floor and one not in old and other not in new:
            old.add(one)
            new.add(other)
            yield score, one, other
