"""The hints of one scope, read as a log: which name becomes which.

No name is the old one of two hints, or the new one of two. So the hints of a scope fall into
paths, which are chains and shifts, and into cycles, of which a swap is the shortest. Everything
the database has moves along its path by as many hints as there are between its name and the name
that the models give it; nothing overtakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence

N = TypeVar("N", bound="Hashable")
"""A name, in a form in which names of one thing are equal."""


@dataclass(frozen=True, slots=True)
class Link(Generic[N]):
    """One hint of the log.

    :param is_recorded: a revision that the database is past says that it carried the hint out.
    """

    old: N
    new: N
    is_recorded: bool = False


@dataclass(frozen=True, slots=True)
class Course(Generic[N]):
    """What becomes of the names of a database.

    :param targets: of what gets another name: its old and its new one.
    :param carried_out: the positions in the log of the hints by which names move.
    :param undecided: the positions of hints of which neither names nor records say enough.
    :param settled: the positions of hints of cycles by which nothing moves, and of which nobody
        could tell so once the database has all the names that the models have.
    """

    targets: Mapping[N, N]
    carried_out: frozenset[int]
    undecided: frozenset[int] = frozenset()
    settled: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Path(Generic[N]):
    """Names, each of which leads to the next one by a hint.

    :param positions: of the hints in the log, one fewer than there are names.
    """

    names: tuple[N, ...]
    positions: tuple[int, ...]


def course_of(log: Sequence[Link[N]], database: Collection[N], models: Collection[N]) -> Course[N]:
    """Decide which names of the database become which names of the models.

    :param log: the hints, in the order in which they stand.
    """
    targets: dict[N, N] = {}
    carried_out: set[int] = set()
    undecided: set[int] = set()
    settled: set[int] = set()
    paths, cycles = _components(log)
    for cycle in cycles:
        unrecorded = {n for n in cycle.positions if not log[n].is_recorded}
        known = [name for name in cycle.names if name in database or name in models]
        there = [name for name in known if name in database]
        if len(known) < 2 or not there or not all(name in models for name in known):
            paths.append(_cut(cycle, database, models))
            settled |= unrecorded if sum(name in models for name in known) > 1 else set()
        elif len(unrecorded) == len(cycle.positions) and there == known:
            targets |= dict(zip(known, [*known[1:], known[0]], strict=True))
            carried_out |= unrecorded
        else:
            undecided |= unrecorded
    for path in paths:
        moved = _moves(path, log, database, models)
        targets |= {path.names[start]: path.names[end] for start, end in moved.items()}
        carried_out |= {n for start, end in moved.items() for n in path.positions[start:end]}
    return Course(
        targets, frozenset(carried_out), frozenset(undecided), frozenset(settled - carried_out)
    )


def positions_by_old_name(log: Sequence[Link[N]]) -> dict[N, int]:
    """Return where the hint of each old name stands, but for those that change upper case only."""
    return {link.old: position for position, link in enumerate(log) if link.old != link.new}


def exchanged_names(log: Sequence[Link[N]]) -> set[N]:
    """Return the names that go round in circles."""
    return {name for cycle in _components(log)[1] for name in cycle.names}


def _components(log: Sequence[Link[N]]) -> tuple[list[Path[N]], list[Path[N]]]:
    """Return the paths and the cycles; a cycle's first name is not repeated at its end."""
    by_old = positions_by_old_name(log)
    news = {log[n].new for n in by_old.values()}
    paths = [_walk(log, by_old, name) for name in list(by_old) if name not in news]
    cycles = []
    while by_old:
        names, positions = _walked(log, by_old, next(iter(by_old)))
        cycles.append(Path(tuple(names[:-1]), tuple(positions)))
    return paths, cycles


def _walk(log: Sequence[Link[N]], by_old: dict[N, int], name: N) -> Path[N]:
    names, positions = _walked(log, by_old, name)
    return Path(tuple(names), tuple(positions))


def _walked(log: Sequence[Link[N]], by_old: dict[N, int], name: N) -> tuple[list[N], list[int]]:
    """Follow the hints from a name to the end, and take them out."""
    names, positions = [name], []
    while (position := by_old.pop(names[-1], None)) is not None:
        names.append(log[position].new)
        positions.append(position)
    return names, positions


def _cut(cycle: Path[N], database: Collection[N], models: Collection[N]) -> Path[N]:
    """Return a cycle as a path, without a hint by which nothing can move."""
    size = len(cycle.names)
    missing = [n for n in range(size) if cycle.names[n] not in database]
    unwanted = [n for n in range(size) if cycle.names[n] not in models]
    begin = missing[0] + 1 if missing else unwanted[0]
    order = [(begin + n) % size for n in range(size)]
    return Path(tuple(cycle.names[n] for n in order), tuple(cycle.positions[n] for n in order[:-1]))


def _moves(
    path: Path[N], log: Sequence[Link[N]], database: Collection[N], models: Collection[N]
) -> Mapping[int, int]:
    """Return the moves along a path, as places of its names.

    What is recorded is done, and nothing moves by it; but where something would be dropped that
    the hint can keep, the hint is needed again.
    """
    recorded = {n for n, position in enumerate(path.positions) if log[position].is_recorded}
    ends = _ends(path, recorded, database, models)
    if recorded:
        with_all = _ends(path, set(), database, models)
        if len(with_all) > len(ends):
            ends = with_all
    return {start: end for start, end in ends.items() if start != end}


def _ends(
    path: Path[N], closed: set[int], database: Collection[N], models: Collection[N]
) -> dict[int, int]:
    """Return where everything gets to that is kept; what the models know no more is left out.

    What is farthest goes first, and as far as it can, so that names behind it become free.
    """
    ends: dict[int, int] = {}
    limit = len(path.names)
    for start in reversed(range(len(path.names))):
        if path.names[start] not in database:
            continue
        wanted = [
            place
            for place in _in_reach(path, closed, start)
            if place < limit and path.names[place] in models
        ]
        if wanted:
            limit = ends[start] = wanted[-1]
    return ends


def _in_reach(path: Path[N], closed: set[int], start: int) -> Iterator[int]:
    """Give the places that a name gets to by hints that stand one after another."""
    yield start
    last = -1
    for place in range(start, len(path.positions)):
        if place in closed or path.positions[place] < last:
            return
        last = path.positions[place]
        yield place + 1
