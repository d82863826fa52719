"""What indexes and constraints are but for their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import ClauseElement, Column, UniqueConstraint

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Index

Definition = tuple[object, ...]
_DEFAULT_OPTIONS = {"using": "btree"}
_LITERAL = {"literal_binds": True}


@dataclass(frozen=True)
class Definitions:
    """Says of operations that create or drop something what it is."""

    context: AutogenContext

    def of(self, operation: Any) -> Definition:
        """Return what an index or constraint is but for its name; of others, nothing equals it."""
        migration = self.context.migration_context
        if isinstance(operation, ops.DropIndexOp | ops.CreateIndexOp):
            return self._of_index(operation.to_index(migration))
        constraint = operation.to_constraint()
        if not isinstance(constraint, UniqueConstraint):
            return (operation,)
        return (
            tuple(column.name for column in constraint.columns),
            bool(constraint.deferrable),
            constraint.initially,
            self._options(constraint),
        )

    def _of_index(self, index: Index) -> Definition:
        parts = tuple(self._text(part) for part in index.expressions)
        return bool(index.unique), parts, self._options(index)

    def _text(self, part: Any) -> str:
        """Return a column's name, or an expression, which is equal word for word only."""
        if isinstance(part, Column):
            return part.name
        return str(part.compile(dialect=self.context.dialect))

    def _options(self, item: Index | UniqueConstraint) -> Definition:
        """Return the options of a dialect that say more than the default does."""
        said = {
            name: self._written(value)
            for name, value in item.dialect_kwargs.items()
            if isinstance(value, ClauseElement) or value
        }
        return tuple(
            (name, text)
            for name, text in sorted(said.items())
            if _DEFAULT_OPTIONS.get(name.partition("_")[2]) != text
        )

    def _written(self, value: Any) -> str:
        if not isinstance(value, ClauseElement):
            return str(value)
        return str(value.compile(dialect=self.context.dialect, compile_kwargs=_LITERAL))


def name_of(operation: Any) -> str:
    """Return the name of what an operation drops or creates, ``""`` where it has none."""
    is_index = isinstance(operation, ops.DropIndexOp | ops.CreateIndexOp)
    return str((operation.index_name if is_index else operation.constraint_name) or "")
