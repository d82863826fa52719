"""What can be wrong between hints, seen without a database."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask_migrate_decl.errors.rules import (
    CHAIN_OR_SWAP,
    NEW_NAME_TWICE,
    RENAMED_TO_ITSELF,
    RENAMED_TWICE,
)
from flask_migrate_decl.renames.hints import AnyHint, ColumnRename, Renames
from flask_migrate_decl.renames.names import NameRules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask_migrate_decl.errors import Rule
    from flask_migrate_decl.renames.hints import Hint


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
    folded = Renames(
        tuple(_folded(hint, rules.fold_table) for hint in renames.tables),
        tuple(
            replace(_folded(hint, rules.fold_column), table=rules.fold_table(hint.table))
            for hint in renames.columns
        ),
    )
    return tuple(
        conflict for scope in _scopes(folded) for conflict in _conflicts_of_one_scope(scope)
    )


def _folded(hint: AnyHint, fold: Callable[[str], str]) -> AnyHint:
    return replace(hint, old=fold(hint.old), new=fold(hint.new))


def _scopes(renames: Renames) -> list[list[Hint]]:
    """Group the hints whose names live in one namespace, as two tables may share column names."""
    new_names = {(hint.bind, hint.schema, hint.old): hint.new for hint in renames.tables}
    scopes: defaultdict[tuple[str | None, ...], list[Hint]] = defaultdict(list)
    for hint in renames.hints:
        scope: tuple[str | None, ...] = (hint.bind, hint.schema)
        if isinstance(hint, ColumnRename):
            scope = (*scope, new_names.get((hint.bind, hint.schema, hint.table), hint.table))
        scopes[scope].append(hint)
    return list(scopes.values())


def _conflicts_of_one_scope(hints: Sequence[Hint]) -> Iterator[Conflict]:
    by_old: dict[str, Hint] = {}
    by_new: dict[str, Hint] = {}
    for hint in hints:
        if hint.old == hint.new:
            yield _to_itself(hint)
            continue
        if earlier := by_old.get(hint.old):
            yield _renamed_twice(earlier, hint)
        elif earlier := by_new.get(hint.new):
            yield _new_name_twice(earlier, hint)
        elif earlier := by_new.get(hint.old):
            yield _chain_or_swap(earlier, hint, "from")
        elif earlier := by_old.get(hint.new):
            yield _chain_or_swap(earlier, hint, "to")
        by_old.setdefault(hint.old, hint)
        by_new.setdefault(hint.new, hint)


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


def _chain_or_swap(earlier: Hint, later: Hint, key: str) -> Conflict:
    return Conflict(
        CHAIN_OR_SWAP,
        later.place,
        key,
        earlier.place,
        f"it makes a chain or a swap with {earlier.place} ({earlier}), "
        "which can't be carried out yet",
        "upgrade every database past the earlier rename, remove its hint, then add this one",
    )
