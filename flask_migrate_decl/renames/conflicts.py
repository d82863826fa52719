"""What can be wrong between hints, seen without a database."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.errors.rules import NEW_NAME_TWICE, RENAMED_TO_ITSELF, RENAMED_TWICE
from flask_migrate_decl.renames.hints import Kind, TableRename, key_ends
from flask_migrate_decl.renames.names import NameRules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from flask_migrate_decl.errors import Rule
    from flask_migrate_decl.renames.hints import Hint, Renames

Name = tuple[str | None, str]
"""A schema, where hints of one scope may differ in it, and a name in a form to be compared."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two hints, or one by itself, that can't be carried out.

    :param place: the later hint's place.
    :param key: its name that is in conflict, ``from`` or ``to``.
    :param earlier: the other hint's place, which the message names; ``None`` where there is none.
    """

    rule: Rule
    place: str
    key: str
    earlier: str | None
    message: str
    help: str


def find_conflicts(renames: Renames, rules: NameRules | None = None) -> tuple[Conflict, ...]:
    """Return every conflict among the hints, in the order in which they stand.

    :param rules: how the database compares names, where that is known.
    """
    rules = rules or NameRules()
    return tuple(
        conflict
        for scope in _scopes(renames, rules)
        for conflict in _conflicts_of_one_scope(scope, rules)
    )


def _scopes(renames: Renames, rules: NameRules) -> list[list[Hint]]:
    """Group the hints whose names live in one namespace, as two tables may share column names."""
    latest = _LatestNames(renames, rules)
    scopes: defaultdict[tuple[object, ...], list[Hint]] = defaultdict(list)
    for hint in renames.hints:
        owner = latest.owner(hint)
        schema = None if isinstance(hint, TableRename) or owner else hint.schema
        scopes[hint.kind, hint.bind, schema, owner].append(hint)
    return list(scopes.values())


Owner = tuple[str | None, str | None, str]
"""The bind, schema and name of a table or of a type."""


class _LatestNames:
    """What the tables and types are called in the end that own what other hints rename."""

    def __init__(self, renames: Renames, rules: NameRules) -> None:
        self.rules = rules
        self.tables = self._steps(renames.tables)
        self.enums = self._steps(renames.enums)

    def owner(self, hint: Hint) -> Name | None:
        if hint.owner is None:
            return None
        is_label = hint.kind is Kind.ENUM_VALUE
        steps, kind = (self.enums, Kind.ENUM) if is_label else (self.tables, Kind.TABLE)
        key = (hint.bind, hint.schema, self.rules.fold(kind, hint.owner))
        given = self._given[kind]
        is_taken_over = key in steps and given.get(key, -1) > steps[key][0]
        if is_taken_over or _comes_back(key, steps):
            # It is the new name of something else.
            return key[1:]
        return _end(key, steps)[1:]

    @cached_property
    def _given(self) -> Mapping[Kind, Mapping[Owner, int]]:
        """Where the hint of each new name stands."""
        return {
            kind: {new: position for position, new in steps.values()}
            for kind, steps in ((Kind.TABLE, self.tables), (Kind.ENUM, self.enums))
        }

    def _steps(self, hints: Sequence[Hint]) -> Mapping[Owner, tuple[int, Owner]]:
        return {
            (hint.bind, *old): (position, (hint.bind, *new))
            for position, hint in enumerate(hints)
            for old, new in (_names(hint, self.rules.fold),)
        }


def _end(owner: Owner, steps: Mapping[Owner, tuple[int, Owner]]) -> Owner:
    """Follow the hints that stand one after another."""
    position = -1
    while (step := steps.get(owner)) and step[0] > position:
        position, owner = step
    return owner


def _comes_back(owner: Owner, steps: Mapping[Owner, tuple[int, Owner]]) -> bool:
    """Tell whether the name is exchanged, so that it is one of something else afterwards."""
    seen: set[Owner] = set()
    name = owner
    while name in steps and name not in seen:
        seen.add(name)
        name = steps[name][1]
    return name == owner and bool(seen)


def _conflicts_of_one_scope(hints: Sequence[Hint], rules: NameRules) -> Iterator[Conflict]:
    by_old: dict[Name, Hint] = {}
    by_new: dict[Name, Hint] = {}
    for hint in hints:
        old, new = _names(hint, rules.fold)
        if hint.owner is not None:
            # The owner's schema is part of the scope, by whichever name a hint gives it.
            old, new = (None, old[1]), (None, new[1])
        if old == new:
            if hint.old == hint.new:
                yield _to_itself(hint)
            continue
        if earlier := by_old.get(old):
            yield _renamed_twice(earlier, hint)
        elif earlier := by_new.get(new):
            yield _new_name_twice(earlier, hint)
        by_old.setdefault(old, hint)
        by_new.setdefault(new, hint)


def _names(hint: Hint, fold: Callable[[Kind, str], str]) -> tuple[Name, Name]:
    (schema, old), (new_schema, new) = key_ends(hint)
    return (schema, fold(hint.kind, old)), (new_schema, fold(hint.kind, new))


def _to_itself(hint: Hint) -> Conflict:
    message = f'"{hint.old}" is renamed to itself'
    return Conflict(RENAMED_TO_ITSELF, hint.place, "to", None, message, "remove the hint")


def _renamed_twice(earlier: Hint, later: Hint) -> Conflict:
    message = f'"{later.old}" is renamed in {earlier.place} already'
    mend = "remove this hint" if earlier.new == later.new else "keep one of the two hints"
    return Conflict(RENAMED_TWICE, later.place, "from", earlier.place, message, mend)


def _new_name_twice(earlier: Hint, later: Hint) -> Conflict:
    message = f'"{later.new}" is the new name in {earlier.place} already'
    return Conflict(
        NEW_NAME_TWICE, later.place, "to", earlier.place, message, "keep one of the two hints"
    )
