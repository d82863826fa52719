"""The steps that carry hints out, in their order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from flask_migrate_decl.renames.hints import qualified
from flask_migrate_decl.renames.mapping import NameMap, TableKey


@dataclass(frozen=True, slots=True)
class TableStep:
    """Rename a table within its schema."""

    schema: str | None
    old: str
    new: str

    def __str__(self) -> str:
        return f"table {qualified(self.schema, self.old)} → {self.new}"


@dataclass(frozen=True, slots=True)
class ColumnStep:
    """Rename a column of a table that has its new name already."""

    schema: str | None
    table: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"column {qualified(self.schema, self.table)}.{self.old} → {self.new}"


Step = TableStep | ColumnStep


@dataclass(frozen=True, slots=True)
class RenamePlan:
    """The renames to carry out on one database: tables first, then the columns inside them."""

    tables: tuple[TableStep, ...] = ()
    columns: tuple[ColumnStep, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in the order in which they are carried out."""
        return (*self.tables, *self.columns)

    @property
    def touched_tables(self) -> frozenset[TableKey]:
        """The tables that are renamed or have renamed columns, by their new names."""
        return frozenset(
            (step.schema, step.new if isinstance(step, TableStep) else step.table)
            for step in self.steps
        )

    @property
    def names(self) -> NameMap:
        """The names after the plan, seen from the names before it."""
        columns: defaultdict[TableKey, dict[str, str]] = defaultdict(dict)
        for step in self.columns:
            columns[step.schema, step.table][step.old] = step.new
        return NameMap(
            tables={(step.schema, step.old): step.new for step in self.tables},
            columns=dict(columns),
        )
