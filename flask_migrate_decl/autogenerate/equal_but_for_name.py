"""Indexes and unique constraints that Alembic would drop and create for their name alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from alembic.operations import ops

from flask_migrate_decl.autogenerate.definitions import Definitions, name_of
from flask_migrate_decl.renames import Kind, Move

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations.ops import MigrateOperation, ModifyTableOps, UpgradeOps

    from flask_migrate_decl.autogenerate.compared import ComparedHints
    from flask_migrate_decl.autogenerate.definitions import Definition
    from flask_migrate_decl.renames import RenamePlan


def equal_but_for_name(
    compared: ComparedHints, plan: RenamePlan, upgrade_ops: UpgradeOps
) -> list[Move]:
    """Return what is to be renamed instead, and take it out of a comparison's result.

    :param plan: the renames after which the database was compared.
    """
    pairs = _Pairs(compared, plan)
    moves: list[Move] = []
    for changes in list(upgrade_ops.ops):
        if isinstance(changes, ops.ModifyTableOps):
            moves += pairs.taken_from(changes)
            if not changes.ops:
                upgrade_ops.ops.remove(changes)
    return moves


@dataclass(frozen=True)
class _Pairs:
    """Pairs of a drop and a creation in one table."""

    compared: ComparedHints
    plan: RenamePlan

    def taken_from(self, changes: ModifyTableOps) -> Iterator[Move]:
        for drop, create in list(self._pairs(changes)):
            kind = Kind.INDEX if isinstance(drop, ops.DropIndexOp) else Kind.CONSTRAINT
            move = Move(kind, name_of(drop), name_of(create), changes.schema, changes.table_name)
            if move.old and move.new and self._is_possible(move):
                changes.ops.remove(drop)
                changes.ops.remove(create)
                yield move

    def _pairs(
        self, changes: ModifyTableOps
    ) -> Iterator[tuple[MigrateOperation, MigrateOperation]]:
        """Give the drops and creations of one definition, where there is but one of each."""
        drops: defaultdict[Definition, list[MigrateOperation]] = defaultdict(list)
        creations: defaultdict[Definition, list[MigrateOperation]] = defaultdict(list)
        for operation in changes.ops:
            if isinstance(operation, ops.DropIndexOp | ops.DropConstraintOp):
                drops[self._definitions.of(operation)].append(operation)
            elif isinstance(operation, ops.CreateIndexOp | ops.CreateUniqueConstraintOp):
                creations[self._definitions.of(operation)].append(operation)
        for definition, dropped in drops.items():
            created = creations.get(definition, [])
            if len(dropped) == len(created) == 1:
                yield dropped[0], created[0]

    @property
    def _definitions(self) -> Definitions:
        return Definitions(self.compared.context)

    def _is_possible(self, move: Move) -> bool:
        table = self.plan.names.old_table((move.schema, str(move.owner)))
        if (
            table is None
            or (move.schema, move.owner, move.old) in self._given
            or not self.compared.database.ability(move.kind, *table, move.old).is_native
        ):
            return False
        names = self.compared.names
        if self.compared.context.dialect.name == "postgresql":
            return move.new not in names.relation_names(table[0])
        return move.new not in names.of(Kind.INDEX, *table)

    @cached_property
    def _given(self) -> set[tuple[str | None, str | None, str]]:
        """The names that the plan gives already; what gets one can't get another one as well."""
        kinds = (Kind.INDEX, Kind.CONSTRAINT)
        return {(m.schema, m.owner, m.new) for m in self.plan.moves if m.kind in kinds}
