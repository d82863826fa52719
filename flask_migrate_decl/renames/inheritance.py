"""Columns and constraints that tables inherit, which follow those of their parents.

PostgreSQL renames them together, in all heirs, and refuses to rename one in an heir alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from flask_migrate_decl.renames.hints import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flask_migrate_decl.renames.mapping import TableKey
    from flask_migrate_decl.renames.moves import Move
    from flask_migrate_decl.renames.names import Catalog
    from flask_migrate_decl.renames.pairs import TablePairs

_INHERITED = (Kind.COLUMN, Kind.CONSTRAINT)


def with_heirs(moves: Sequence[Move], database: Catalog, pairs: TablePairs) -> tuple[Move, ...]:
    """Return the moves, with those that the database makes by itself in heirs."""
    tables = list(pairs.same_tables()) if any(move.kind in _INHERITED for move in moves) else []
    parents = {table.database: database.parents(*table.database) for table in tables}
    if not any(parents.values()):
        return tuple(moves)
    of_table: defaultdict[TableKey, list[Move]] = defaultdict(list)
    for move in moves:
        if move.kind in _INHERITED:
            of_table[pairs.old_key((move.schema, str(move.owner)))].append(move)
    along = {
        replace(move, schema=table.models[0], owner=table.models[1], comes_along=True): move
        for table in tables
        for ancestor in _ancestors(table.database, parents)
        for move in of_table[ancestor]
        if database.find(move.kind, *table.database, move.old) is not None
    }
    own = {_thing(move): move for move in moves}
    hints = {_thing(move): own[_thing(move)].hints for move in along if _thing(move) in own}
    heirs = {_thing(move): replace(move, hints=hints.get(_thing(move), ())) for move in along}
    return tuple((own | heirs).values())


def _ancestors(
    table: TableKey, parents: Mapping[TableKey, Sequence[TableKey]]
) -> Iterator[TableKey]:
    for parent in parents.get(table, ()):
        yield parent
        yield from _ancestors(parent, parents)


def _thing(move: Move) -> tuple[object, ...]:
    return move.kind, move.schema, move.owner, move.old
