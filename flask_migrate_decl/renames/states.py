"""The state of a hint, decided by the names that the database and the models have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Generic

from flask_migrate_decl.renames.log import (
    Course,
    Link,
    N,
    course_of,
    positions_by_old_name,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from flask_migrate_decl.renames.hints import Hint


class State(StrEnum):
    """What is to be done with a hint."""

    PENDING = "pending"
    """The rename is to be written."""
    APPLIED = "applied"
    """The database has the new name already."""
    EARLY = "early"
    """The models still have the old name."""
    SPENT = "spent"
    """Neither side has anything to rename any more."""
    CONTRADICTED = "contradicted"
    """Something would be dropped that the hint means to keep: the database has both names and the
    models only the new one, or the rename is taken back: the database has only the new name and
    the models only the old one."""
    UNMATCHED = "unmatched"
    """The hint names something that is not there."""
    UNDECIDED = "undecided"
    """The hint is part of an exchange of names of which only another part is recorded."""


@dataclass(frozen=True)
class ScopeStates(Generic[N]):
    """The states of the hints of one scope, and what they come to together.

    :param log: the hints, in the order in which they stand.
    :param database: the names that the database has now.
    :param models: the names that the models ask for.
    """

    log: Sequence[Link[N]]
    database: Collection[N]
    models: Collection[N]

    @property
    def targets(self) -> Mapping[N, N]:
        """The names that something gets: its old one to its new one."""
        return self._course.targets

    @property
    def settled(self) -> frozenset[int]:
        """The hints that are settled when their names are added, by their positions."""
        return self._course.settled

    @cached_property
    def lost(self) -> list[N]:
        """The names that the database has and would lose, in its order."""
        return [name for name in self.database if name not in self._kept]

    @cached_property
    def gained(self) -> list[N]:
        """The names that the models ask for and that no rename gives, in their order."""
        got = set(self.targets.values()) | {
            name for name in self.database if name not in self.targets
        }
        return [name for name in self.models if name not in got]

    @cached_property
    def _course(self) -> Course[N]:
        return course_of(self.log, self.database, self.models)

    @cached_property
    def _positions(self) -> Mapping[N, int]:
        return positions_by_old_name(self.log)

    @cached_property
    def _kept(self) -> set[N]:
        return {name for name in self.database if name in self.targets or name in self.models}

    def state(self, position: int) -> State:
        """Return the state of one hint.

        Where only the models have the new name, it is ``UNMATCHED``: its caller knows whether
        anything is there that could be its misspelt old self.
        """
        link = self.log[position]
        if position in self._course.carried_out:
            return State.PENDING
        if position in self._course.settled and link.new in self.models:
            return State.APPLIED
        if position in self._course.undecided:
            return State.UNDECIDED
        if self._is_taken_back(link):
            return State.CONTRADICTED
        if link.is_recorded:
            return State.APPLIED
        if link.old in self.database and link.old not in self._kept:
            return self._state_of_lost(link)
        return self._state_of_idle(link)

    def reachable(self, name: N) -> Iterator[N]:
        """Give the names that something gets, hint after hint, in the order in which they stand."""
        last = -1
        while (position := self._positions.get(name, -1)) > last:
            last, name = position, self.log[position].new
            yield name

    def crossing(self, old: N) -> tuple[int, ...]:
        """Return the hints by which a name becomes its target, by their positions."""
        crossed: list[int] = []
        name = old
        while name != self.targets[old] or not crossed:
            crossed.append(self._positions[name])
            name = self.log[self._positions[name]].new
        return tuple(crossed)

    def _is_taken_back(self, link: Link[N]) -> bool:
        """Tell whether the database has only the new name and the models only the old one."""
        return (
            link.new in self.database
            and link.new not in self._kept
            and link.old in self.models
            and link.old not in self.database
            and link.old not in self.targets.values()
        )

    def _state_of_lost(self, link: Link[N]) -> State:
        if any(name in self.models for name in self.reachable(link.old)):
            return State.CONTRADICTED
        return State.SPENT if link.new in self.database else State.UNMATCHED

    def _state_of_idle(self, link: Link[N]) -> State:
        if link.new in self.models:
            is_there = link.new in self.database or link.new in self.targets.values()
            return State.APPLIED if is_there else State.UNMATCHED
        if link.old in self.models:
            is_there = link.old in self.database or link.old in self.targets.values()
            return State.EARLY if is_there else State.SPENT
        return State.APPLIED if link.new in self.database else State.SPENT


@dataclass(frozen=True, slots=True)
class HintReport:
    """A hint, its state, and the reason in words.

    :param hint: with its table as it is called after the renames, where that is known.
    :param help: what a person can do; ``""`` where nothing is to be done.
    :param is_problem: no revision may be written while the hint stands as it does.
    :param way: how a pending hint is carried out, where the database can't rename.
    :param revision: the one on the database's way that records the hint.
    """

    hint: Hint
    state: State
    message: str
    help: str = ""
    is_problem: bool = False
    way: str = ""
    revision: str | None = None
