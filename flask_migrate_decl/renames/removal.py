"""Which hints of one database can be removed while everything is said of the others as before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.renames.conflicts import find_conflicts
from flask_migrate_decl.renames.hints import key_ends

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from flask_migrate_decl.renames.hints import Hint
    from flask_migrate_decl.renames.resolve import Case, Resolution


@dataclass(frozen=True)
class Removal:
    """Hints that nothing needs any more, and those that others rely on, by their places.

    :param needed: the latter, each with what relies on it, in words.
    """

    removable: frozenset[str]
    needed: Mapping[str, str]


def removal_of(case: Case, places: Collection[str]) -> Removal:
    """Find out which of some hints can go.

    :param places: of the hints that have nothing to do any more.
    """
    trials = _Trials(case)
    if not trials.reliant(places):
        return Removal(frozenset(places), {})
    removed: set[str] = set()
    needed: dict[str, str] = {}
    for exchange in _exchanges([hint for hint in case.renames.hints if hint.place in places]):
        together = {hint.place for hint in exchange}
        if not trials.reliant(removed | together):
            removed |= together
            continue
        for hint in exchange:
            if reliant := trials.reliant({*removed, hint.place}):
                needed[hint.place] = reliant
            else:
                removed.add(hint.place)
    return Removal(frozenset(removed), needed)


def _exchanges(hints: Sequence[Hint]) -> Iterator[list[Hint]]:
    """Group hints that hand names on to each other; what relies on others goes before them."""
    groups: list[list[Hint]] = []
    for hint in reversed(hints):
        joined = [g for g in groups if any(_names(hint) & _names(other) for other in g)]
        groups = [group for group in groups if group not in joined]
        groups.append([*(other for group in joined for other in group), hint])
    kinds = {hint.kind: number for number, hint in enumerate(hints)}
    yield from sorted(groups, key=lambda group: -kinds[group[0].kind])


def _names(hint: Hint) -> set[object]:
    return {(hint.kind, hint.owner, end) for end in key_ends(hint)}


@dataclass(frozen=True)
class _Trials:
    """Tries what would be said without some of the hints."""

    case: Case

    def reliant(self, places: Collection[str]) -> str:
        """Return a hint of which something else would be said then, in words; or nothing."""
        case = self.case.without(places)
        conflicts = find_conflicts(case.renames, case.database.rules)
        if conflicts:
            return conflicts[0].place
        before, after = self._before, _said(case.resolution())
        changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        return next((key for key in changed if key not in places), "")

    @cached_property
    def _before(self) -> Mapping[str, object]:
        return _said(self.case.resolution())


def _said(resolution: Resolution) -> Mapping[str, object]:
    """Return what is said of each hint, by its place, and what would be renamed.

    A move that no hint of its own gives is known by its words.
    """
    fitting = {hint.place for hint in resolution.fitting_others}
    settled = {hint.place for hint in resolution.settled}
    said: dict[str, object] = {
        report.hint.place: (report.state, report.is_problem, report.hint.place in settled)
        for report in resolution.reports
    }
    said |= dict.fromkeys(fitting, "elsewhere")
    said |= {str(move): move for move in resolution.plan.moves}
    return said
