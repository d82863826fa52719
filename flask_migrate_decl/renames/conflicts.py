"""What can be wrong between hints, seen without a database."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask_migrate_decl.renames.hints import AnyHint, ColumnRename, Renames
from flask_migrate_decl.renames.names import NameRules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask_migrate_decl.renames.hints import Hint


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two hints, or one by itself, that can't be carried out.

    :param place: the later hint's place; the message names the earlier one.
    """

    place: str
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
    for position, hint in enumerate(hints):
        if hint.old == hint.new:
            yield Conflict(hint.place, f'"{hint.old}" is renamed to itself', "remove the hint")
            continue
        for earlier in hints[:position]:
            if earlier.old != earlier.new:
                yield from _conflict_between(earlier, hint)


def _conflict_between(earlier: Hint, later: Hint) -> Iterator[Conflict]:
    if earlier.old == later.old:
        yield Conflict(
            later.place,
            f'"{later.old}" is renamed in {earlier.place} already',
            "keep one of the two hints",
        )
    elif earlier.new == later.new:
        yield Conflict(
            later.place,
            f'"{later.new}" is the new name in {earlier.place} already',
            "keep one of the two hints",
        )
    elif later.old == earlier.new or later.new == earlier.old:
        yield Conflict(
            later.place,
            f"it makes a chain or a swap with {earlier.place} ({earlier}), "
            "which can't be carried out yet",
            "upgrade every database past the earlier rename, remove its hint, then add this one",
        )
