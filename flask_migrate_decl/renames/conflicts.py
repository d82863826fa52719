"""What can be wrong between hints, seen without a database."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
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
    """What the tables and types are called in the end that own what other hints rename.

    A name that one hint gives and another takes away may be that of two tables, as in a shift, or
    of one, as in a chain: only a database can tell, so that it is left as it is.
    """

    def __init__(self, renames: Renames, rules: NameRules) -> None:
        self.rules = rules
        self.new_names = {
            Kind.TABLE: self._new_names(renames.tables),
            Kind.ENUM: self._new_names(renames.enums),
        }

    def owner(self, hint: Hint) -> Name | None:
        if hint.owner is None:
            return None
        kind = Kind.ENUM if hint.kind is Kind.ENUM_VALUE else Kind.TABLE
        named = (hint.bind, hint.schema, self.rules.fold(kind, hint.owner))
        return self.new_names[kind].get(named, named)[1:]

    def _new_names(self, hints: Sequence[Hint]) -> Mapping[Owner, Owner]:
        """Return the new names of what has one other name, by that."""
        ends = [_names(hint, self.rules.fold) for hint in hints]
        binds = [hint.bind for hint in hints]
        steps = {(b, *old): (b, *new) for b, (old, new) in zip(binds, ends, strict=True)}
        between = steps.keys() & set(steps.values())
        return {old: new for old, new in steps.items() if not {old, new} & between}


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
