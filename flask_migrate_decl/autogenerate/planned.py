"""The operations that carry a plan out."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, MetaData, Table

from flask_migrate_decl.autogenerate.corrections import columns_with_checks
from flask_migrate_decl.autogenerate.operations import RecordOp, RenameColumnOp, RenameTableOp
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
from flask_migrate_decl.renames import Kind, TableRename, in_owner
from flask_migrate_decl.renames.hints import OwnedHint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
        return operations

    def settled(self, hints: Iterable[Hint]) -> RecordOp:
        """Return what records hints for which there are no operations.

        :param hints: those that are settled without a rename.
        """
        along = (line for m in self.plan.moves if m.comes_along for line in self._record(m))
        return RecordOp((*along, *(record_line(self._named(hint)) for hint in hints)))

    def _operation(self, step: Step) -> Any:
        kind, schema = step.kind, step.schema
        if kind is Kind.TABLE:
            return self._of_table(step)
        if kind is Kind.COLUMN:
            column = self._columns[schema, str(step.owner)][step.move.new]
            has_check = step.move.old in self._checked_columns.get((schema, str(step.owner)), ())
            dialect = self.view.dialect.name
            return RenameColumnOp.of_step(step, column, dialect, has_check=has_check)
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
        return constraint_types(self.view, (move.schema, str(move.owner)))[move.new]

    @cached_property
    def _columns(self) -> dict[TableKey, dict[str, Column[Any]]]:
        """The renamed columns of each table, as they are after the plan."""
        wanted: dict[TableKey, list[str]] = {}
        for move in self.plan.moves:
            if move.kind is Kind.COLUMN and not move.comes_along:
                wanted.setdefault((move.schema, str(move.owner)), []).append(move.new)
        return {key: self._reflected(key, columns) for key, columns in wanted.items()}

    @cached_property
    def _checked_columns(self) -> dict[TableKey, set[str]]:
        """The columns of each table that have checks of their own, by their old names."""
        names, bind = self.plan.names, self.view.bind
        if not isinstance(bind, Connection):
            return {}
        old_keys = {key: names.old_table(key) for key in self._columns}
        return {key: columns_with_checks(bind, old) for key, old in old_keys.items() if old}

    def _reflected(self, key: TableKey, columns: Sequence[str]) -> dict[str, Column[Any]]:
        schema, name = key
        table = Table(name, MetaData(), schema=schema)
        self.view.reflect_table(table, include_columns=list(columns), resolve_fks=False)
        return {column.name: column for column in table.columns}

    def _record(self, move: Move) -> Iterator[str]:
        """Give the comments for a move's hints, their tables as they are called afterwards."""
        for hint in move.hints:
            if isinstance(hint, OwnedHint) and move.owner is not None:
                yield record_line(in_owner(hint, (move.schema, move.owner)))
            else:
                yield record_line(self._named(hint))

    def _named(self, hint: Hint) -> Hint:
        """Return a hint with the default schema's name, where it says that a table moves there."""
        if isinstance(hint, TableRename) and hint.to_schema == "":
            return replace(hint, to_schema=self.view.default_schema_name)
        return hint
