"""Hints that exchange names which a database does not have yet.

It gets all of them as the models have them, and afterwards nobody could tell by the names that the
exchange is done. So the revision that adds them records these hints.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.renames.hints import in_owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from flask_migrate_decl.renames.hints import OwnedHint
    from flask_migrate_decl.renames.mapping import TableKey
    from flask_migrate_decl.renames.pairs import SameTable, TablePairs
    from flask_migrate_decl.renames.scopes import Scope


def settled_hints(
    hints: Sequence[Any],
    scopes: Mapping[SameTable, Scope[str, Any]],
    pairs: TablePairs,
    new_scope: Callable[[TableKey, Sequence[Any]], Scope[str, Any]],
) -> Iterator[OwnedHint]:
    """Give such hints of what tables or types own, each with its owner as it will be called.

    :param scopes: the hints of owners that are on both sides.
    :param new_scope: makes the scope of an owner that is to be added.
    """
    for owner, scope in scopes.items():
        yield from (in_owner(hint, owner.models) for hint in scope.settled())
    of_new: defaultdict[TableKey, list[Any]] = defaultdict(list)
    for hint in hints:
        if (key := pairs.new_owner(hint)) is not None:
            of_new[key].append(hint)
    for key, hints_of_owner in of_new.items():
        settled = new_scope(key, hints_of_owner).settled()
        yield from (in_owner(hint, key) for hint in settled)
