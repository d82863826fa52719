"""The operations that carry a plan out."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table

from flask_migrate_decl.autogenerate.operations import RenameColumnOp, RenameTableOp
from flask_migrate_decl.autogenerate.reflected_names import constraint_types
from flask_migrate_decl.config.record import record_line
from flask_migrate_decl.operations import (
    RenameConstraintOp,
    RenameEnumOp,
    RenameEnumValueOp,
    RenameIndexOp,
    RenameSchemaOp,
    RenameSequenceOp,
    SetTableSchemaOp,
)
from flask_migrate_decl.renames import Kind, TableRename

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Column
    from sqlalchemy.engine import Inspector

    from flask_migrate_decl.renames import Hint, Move, RenamePlan, Step, TableKey

log = logging.getLogger("flask_migrate_decl.renames")

_FLAT = {
    Kind.SCHEMA: RenameSchemaOp,
    Kind.ENUM: RenameEnumOp,
    Kind.SEQUENCE: RenameSequenceOp,
}
_OWNED = {Kind.ENUM_VALUE: RenameEnumValueOp, Kind.INDEX: RenameIndexOp}


@dataclass(frozen=True)
class PlannedOperations:
    """Makes the operations of a plan.

    :param view: the database as it is after the plan.
    """

    plan: RenamePlan
    view: Inspector

    def all(self) -> list[Any]:
        """Return the operations, each with the hints that it carries out."""
        operations, recorded = [], set()
        for step in self.plan.steps:
            log.info("Detected renamed %s", step)
            operation = self._operation(step)
            if step.move not in recorded:
                recorded.add(step.move)
                operation.record = tuple(self._record(step.move))
            operations.append(operation)
        if operations:
            along = (move for move in self.plan.moves if move.comes_along)
            operations[-1].record += tuple(line for move in along for line in self._record(move))
        return operations

    def _operation(self, step: Step) -> Any:
        kind, schema = step.kind, step.schema
        if kind is Kind.TABLE:
            return self._of_table(step)
        if kind is Kind.COLUMN:
            column = self._columns[schema, str(step.owner)][step.move.new]
            return RenameColumnOp.of_step(step, column, self.view.dialect.name)
        if kind is Kind.CONSTRAINT:
            return RenameConstraintOp(
                step.old, step.new, str(step.owner), type_=self._type(step.move), schema=schema
            )
        if kind in _OWNED:
            return _OWNED[kind](step.old, step.new, str(step.owner), schema=schema)
        return _FLAT[kind](step.old, step.new, schema=schema)

    def _of_table(self, step: Step) -> RenameTableOp | SetTableSchemaOp:
        if step.new_schema == step.schema:
            return RenameTableOp.of_step(step)
        default = self.view.default_schema_name or ""
        new = step.new_schema or default
        return SetTableSchemaOp(step.old, new, schema=step.schema, default_schema=default)

    def _type(self, move: Move) -> str:
        """Return what Alembic calls the type of a constraint."""
        types = constraint_types(self.view, (move.schema, str(move.owner)))
        return types[move.new if move.new in types else move.old]

    @cached_property
    def _columns(self) -> dict[TableKey, dict[str, Column[Any]]]:
        """The renamed columns of each table, as they are after the plan."""
        wanted: dict[TableKey, list[str]] = {}
        for move in self.plan.moves:
            if move.kind is Kind.COLUMN and not move.comes_along:
                wanted.setdefault((move.schema, str(move.owner)), []).append(move.new)
        return {key: self._reflected(key, columns) for key, columns in wanted.items()}

    def _reflected(self, key: TableKey, columns: Sequence[str]) -> dict[str, Column[Any]]:
        schema, name = key
        table = Table(name, MetaData(), schema=schema)
        self.view.reflect_table(table, include_columns=list(columns), resolve_fks=False)
        return {column.name: column for column in table.columns}

    def _record(self, move: Move) -> Iterator[str]:
        for hint in move.hints:
            yield record_line(self._as_carried_out(hint, move))

    def _as_carried_out(self, hint: Hint, move: Move) -> Hint:
        """Return a hint with its table or type as it is called afterwards."""
        if isinstance(hint, TableRename) and hint.to_schema == "":
            return replace(hint, to_schema=self.view.default_schema_name)
        if move.owner is None:
            return hint
        owner = "enum" if move.kind is Kind.ENUM_VALUE else "table"
        changes: dict[str, Any] = {"schema": move.schema, owner: move.owner}
        return replace(hint, **changes)
