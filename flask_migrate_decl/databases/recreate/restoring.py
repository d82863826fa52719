"""What a copy would lose of a table itself, stated again in the table that takes its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Constraint,
    DefaultClause,
    ForeignKeyConstraint,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import UserDefinedType

from flask_migrate_decl.databases.recreate import traits as kinds
from flask_migrate_decl.databases.recreate.tokens import names, quoted, tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Column, Dialect, Table
    from sqlalchemy.sql.compiler import DDLCompiler

    from flask_migrate_decl.databases.recreate.changes import BatchChanges
    from flask_migrate_decl.databases.recreate.traits import Trait


class Stated(Constraint):
    """A constraint word for word."""

    def __init__(self, sql: str) -> None:
        super().__init__()
        self.sql = sql


@compiles(Stated)  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _compile_stated(element: Stated, _compiler: DDLCompiler, **_kw: object) -> str:
    return element.sql


class StatedType(UserDefinedType[Any]):
    """A type word for word, with what else a column says."""

    cache_ok = True

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def get_col_spec(self, **_kw: object) -> str:
        """Return what stands behind the name of the column."""
        return self.sql


def state_again(changes: BatchChanges, lost: Iterable[Trait], dialect: Dialect) -> None:
    """State in the new table what it would lose, as far as there is a way to."""
    by_column: dict[str, list[Trait]] = {}
    for trait in sorted(lost, key=lambda trait: trait.order):
        if trait.kind in _OF_COLUMN:
            by_column.setdefault(trait.columns[0], []).append(trait)
        else:
            _state_of_table(changes.new_table, trait)
    for name, of_column in by_column.items():
        _state_of_column(changes, name, {trait.kind: trait for trait in of_column}, dialect)


_OF_COLUMN = (kinds.TYPE, kinds.COLLATE, kinds.NOT_NULL, kinds.DEFAULT, kinds.GENERATED)


def _state_of_column(
    changes: BatchChanges, name: str, lost: Mapping[str, Trait], dialect: Dialect
) -> None:
    column: Column[Any] = changes.kept[name][1]
    if kinds.DEFAULT in lost:
        column.server_default = DefaultClause(text(_escaped(f"({lost[kinds.DEFAULT].sql})")))
    if kinds.NOT_NULL in lost:
        column.nullable = False
        conflict = lost[kinds.NOT_NULL].value or None
        column.dialect_options["sqlite"]["on_conflict_not_null"] = conflict
    tail = [lost[kind].sql for kind in (kinds.COLLATE, kinds.GENERATED) if kind in lost]
    if kinds.GENERATED in lost:
        column.computed = column.server_default = None
    if kinds.TYPE in lost:
        column.type = StatedType(" ".join([lost[kinds.TYPE].sql, *tail]))
    elif tail:
        column.type = StatedType(" ".join([column.type.compile(dialect=dialect), *tail]))


def _state_of_table(table: Table, trait: Trait) -> None:
    options = table.dialect_options["sqlite"]
    if trait.kind == kinds.AUTOINCREMENT:
        options["autoincrement"] = True
    elif trait.kind == kinds.OPTION:
        options.update(_OPTIONS.get(trait.value, {}))
    elif trait.kind == kinds.PRIMARY_KEY:
        _state_conflict_of_key(table, trait)
    elif trait.sql:
        for constraint in [c for c in table.constraints if _is_of(c, trait)]:
            table.constraints.discard(constraint)
        table.append_constraint(Stated(trait.sql))


_OPTIONS: dict[str, dict[str, Any]] = {
    "WITHOUT ROWID": {"with_rowid": False},
    "STRICT": {"strict": True},
}


def _state_conflict_of_key(table: Table, trait: Trait) -> None:
    words = trait.value.split()
    conflict = words[-1] if words and words[-1] in _CONFLICTS else None
    table.primary_key.dialect_options["sqlite"]["on_conflict"] = conflict
    for column in table.primary_key:
        column.dialect_options["sqlite"]["on_conflict_primary_key"] = conflict


_CONFLICTS = ("ROLLBACK", "FAIL", "IGNORE", "REPLACE")


def _is_of(constraint: Constraint, trait: Trait) -> bool:
    """Tell whether a constraint is what came out of a trait."""
    if isinstance(constraint, ForeignKeyConstraint):
        is_kind = trait.kind == kinds.FOREIGN_KEY
        parent = constraint.elements[0].target_fullname.split(".")[-2].casefold()
        is_kind = is_kind and parent in set(names(tree(trait.sql)))
    else:
        is_kind = trait.kind == kinds.UNIQUE and isinstance(constraint, UniqueConstraint)
    if not is_kind:
        return False
    found = [column.name.casefold() for column in constraint.columns]  # type: ignore[attr-defined]
    return sorted(found) == sorted(trait.columns)


def place_new_constraints(changes: BatchChanges) -> None:
    """Add the constraints over renamed columns, which Alembic leaves out without a word.

    It looks for them by the old names of the columns.
    """
    for constraint in changes.new_constraints:
        columns = [str(column.name) for column in constraint.columns]
        if not set(columns) & set(changes.renames.values()):
            continue
        sql = f"CONSTRAINT {quoted(str(constraint.name))} {_words(constraint, columns)}"
        changes.new_table.append_constraint(Stated(sql))


def _words(constraint: UniqueConstraint | ForeignKeyConstraint, columns: list[str]) -> str:
    own = ", ".join(map(quoted, columns))
    if isinstance(constraint, UniqueConstraint):
        return f"UNIQUE ({own})"
    referred = [element.target_fullname.split(".") for element in constraint.elements]
    there = ", ".join(quoted(parts[-1]) for parts in referred)
    actions = "".join(
        f" ON {event} {action}"
        for event, action in (("DELETE", constraint.ondelete), ("UPDATE", constraint.onupdate))
        if action
    )
    if constraint.deferrable is not None:
        actions += f"{'' if constraint.deferrable else ' NOT'} DEFERRABLE"
    if constraint.initially:
        actions += f" INITIALLY {constraint.initially}"
    return f"FOREIGN KEY ({own}) REFERENCES {quoted(referred[0][-2])} ({there}){actions}"


def _escaped(sql: str) -> str:
    """Keep colons from being taken for parameters."""
    return sql.replace(":", "\\:")
