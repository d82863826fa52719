"""The hints of one scope, held against the names that the database and the models have in it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from flask_migrate_decl.renames.hints import Hint
from flask_migrate_decl.renames.log import Link
from flask_migrate_decl.renames.states import ScopeStates, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Name = TypeVar("Name", bound=Hashable)
"""A name; of a table, which may move, with its schema."""
AHint = TypeVar("AHint", bound=Hint)


@dataclass(frozen=True, slots=True)
class Change(Generic[Name, AHint]):
    """Something that gets another name, each as its side spells it.

    :param hints: those that say so, the first one first.
    """

    old: Name
    new: Name
    hints: tuple[AHint, ...]


@dataclass(frozen=True)
class Scope(Generic[Name, AHint]):
    """Hints whose names live in one namespace.

    :param ends: the old and the new name of a hint, as names of this scope.
    :param fold: gives a form in which two names of one thing are equal.
    :param recorded: the revision on the database's way that carried a hint out, ``None`` where
        there is none.
    """

    hints: Sequence[AHint]
    database: Sequence[Name]
    models: Sequence[Name]
    ends: Callable[[AHint], tuple[Name, Name]]
    fold: Callable[[Name], Name]
    recorded: Callable[[AHint], str | None] = field(default=lambda _hint: None)

    def state(self, hint: AHint) -> State:
        """Return a hint's state, where ``UNMATCHED`` may be an ordinary addition."""
        old, new = self.ends(hint)
        spelled = self.in_database(old)
        if spelled is None or self.fold(old) != self.fold(new):
            return self.states.state(self._positions[hint])
        if self.fold(old) in self.states.targets:
            return State.SPENT
        if spelled == new:
            return State.APPLIED
        return State.PENDING if self.in_models(new) == new else State.EARLY

    def changes(self) -> list[Change[Name, AHint]]:
        """Return what gets another name, in the database's order."""
        targets, respelled = self.states.targets, self._respelled
        found = []
        for name in self.database:
            folded = self.fold(name)
            if folded in targets:
                hints = tuple(self._log[n] for n in self.states.crossing(folded))
                found.append(Change(name, self._models[targets[folded]], hints))
            elif folded in respelled:
                found.append(Change(name, self._models[folded], (respelled[folded],)))
        return found

    def settled(self) -> list[AHint]:
        """Return the hints that exchange names of which the database has none yet."""
        return [self._log[position] for position in sorted(self.states.settled)]

    def in_database(self, name: Name) -> Name | None:
        """Return a name as the database spells it, or ``None``."""
        return self._database.get(self.fold(name))

    def in_models(self, name: Name) -> Name | None:
        """Return a name as the models spell it, or ``None``."""
        return self._models.get(self.fold(name))

    @property
    def lost(self) -> list[Name]:
        """What the database has and would lose."""
        return [self._database[name] for name in self.states.lost]

    @property
    def gained(self) -> list[Name]:
        """What the models ask for and no rename gives."""
        return [self._models[name] for name in self.states.gained]

    @cached_property
    def states(self) -> ScopeStates[Name]:
        """The states, by names in their folded form."""
        ends = [tuple(map(self.fold, self.ends(hint))) for hint in self._log]
        done = [self.recorded(hint) is not None for hint in self._log]
        last = {end: position for position, end in enumerate(ends) if done[position]}
        # A hint that a later one has taken back is done as well.
        links = [
            Link(old, new, done[position] or last.get((new, old), -1) > position)
            for position, (old, new) in enumerate(ends)
        ]
        return ScopeStates(links, self._database, self._models)

    @cached_property
    def doubled(self) -> Mapping[AHint, AHint]:
        """The hints of which the old or the new name is that of another one too, with that."""
        found: dict[AHint, AHint] = {}
        first: dict[tuple[int, Name], AHint] = {}
        for hint in self.hints:
            old, new = map(self.fold, self.ends(hint))
            for side, end in ((0, old), (1, new)) if old != new else ():
                earlier = first.setdefault((side, end), hint)
                if earlier != hint:
                    found |= {hint: earlier, earlier: hint}
        return found

    @cached_property
    def _positions(self) -> Mapping[AHint, int]:
        return {hint: position for position, hint in enumerate(self._log)}

    @cached_property
    def _log(self) -> Sequence[AHint]:
        return [hint for hint in self.hints if hint not in self.doubled]

    @cached_property
    def _database(self) -> Mapping[Name, Name]:
        return {self.fold(name): name for name in self.database}

    @cached_property
    def _models(self) -> Mapping[Name, Name]:
        return {self.fold(name): name for name in self.models}

    @cached_property
    def _respelled(self) -> Mapping[Name, AHint]:
        """The pending hints whose two names are one to the database."""
        return {
            self.fold(old): hint
            for hint in self.hints
            for old, new in (self.ends(hint),)
            if self.fold(old) == self.fold(new) and self.state(hint) is State.PENDING
        }


def plain_ends(hint: Hint) -> tuple[str, str]:
    """Return the names of a hint whose scope lies in one schema."""
    return hint.old, hint.new
