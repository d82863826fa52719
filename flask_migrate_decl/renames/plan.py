"""What gets another name on one database."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask_migrate_decl.renames.hints import Kind
from flask_migrate_decl.renames.mapping import NameMap, TableKey
from flask_migrate_decl.renames.ordering import ScopeSteps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flask_migrate_decl.renames.moves import Move, Step
    from flask_migrate_decl.renames.names import NameRules


@dataclass(frozen=True)
class RenamePlan:
    """The renames to carry out on one database.

    :param rules: how the database compares names.
    :param in_use: whether a name is borne before the plan, in a schema and an owner, by whatever
        shares names with a kind.
    """

    moves: tuple[Move, ...]
    rules: NameRules
    in_use: Callable[[Kind, str | None, str | None, str], bool] = lambda *_names: False

    def __bool__(self) -> bool:
        return bool(self.moves)

    def with_moves(self, moves: Iterable[Move]) -> RenamePlan:
        """Return a plan with more moves."""
        return replace(self, moves=(*self.moves, *moves))

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in the order in which they are carried out."""
        kinds = list(Kind)
        scopes: defaultdict[tuple[int, tuple[str, ...]], list[Move]] = defaultdict(list)
        for move in self.moves:
            if not move.comes_along:
                scopes[kinds.index(move.kind), self._scope(move)].append(move)
        return tuple(
            step
            for moves in (scopes[scope] for scope in sorted(scopes))
            for step in ScopeSteps(tuple(moves), self.rules, self.in_use).ordered()
        )

    def _scope(self, move: Move) -> tuple[str, ...]:
        """Return within what a move's name must differ from others."""
        if move.kind is Kind.TABLE:
            # Tables may move from schema to schema.
            return ()
        if move.kind in self.rules.shared_in_schema:
            return (move.schema or "",)
        return move.schema or "", move.owner or ""

    @property
    def touched_tables(self) -> frozenset[TableKey]:
        """The tables that are renamed or have something renamed in them, by their new names."""
        return frozenset(
            move.new_key if move.kind is Kind.TABLE else (move.schema, str(move.owner))
            for move in self.moves
            if move.kind in (Kind.TABLE, Kind.COLUMN, Kind.CONSTRAINT, Kind.INDEX)
        )

    def explained(self) -> Iterator[str]:
        """Word the steps, one line each, in their order."""
        for step in self.steps:
            yield f"rename {step}"

    @property
    def names(self) -> NameMap:
        """The names after the plan, seen from the names before it."""
        owned: defaultdict[Kind, defaultdict[TableKey, dict[str, str]]]
        owned = defaultdict(lambda: defaultdict(dict))
        plain: defaultdict[Kind, dict[TableKey, TableKey]] = defaultdict(dict)
        for move in self.moves:
            if move.owner is None:
                plain[move.kind][move.schema, move.old] = move.new_key
            else:
                owned[move.kind][move.schema, move.owner][move.old] = move.new
        return NameMap(
            tables=plain[Kind.TABLE],
            columns=owned[Kind.COLUMN],
            indexes=owned[Kind.INDEX],
            constraints=owned[Kind.CONSTRAINT],
            enums=plain[Kind.ENUM],
            labels=owned[Kind.ENUM_VALUE],
            sequences=plain[Kind.SEQUENCE],
            schemas={old: new for (_, old), (_, new) in plain[Kind.SCHEMA].items()},
        )
