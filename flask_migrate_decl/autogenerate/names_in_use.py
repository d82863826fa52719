"""Names of indexes and constraints that a renamed table keeps, and something new asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from alembic.operations import ops
from sqlalchemy import Constraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from flask_migrate_decl.autogenerate.corrections import MYSQL_FAMILY
from flask_migrate_decl.errors import NamesInUseError

Op = TypeVar("Op", bound=ops.MigrateOperation)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations.ops import UpgradeOps

    from flask_migrate_decl.autogenerate.view import RenamedInspector
    from flask_migrate_decl.renames import TableKey

_SHARED_BY_ALL_TABLES: dict[str, tuple[type[Constraint], ...]] = {
    "postgresql": (PrimaryKeyConstraint, UniqueConstraint),
    "mysql": (ForeignKeyConstraint,),
    "mariadb": (ForeignKeyConstraint,),
}
"""The constraints whose names must differ between tables: PostgreSQL makes indexes for them."""


def drop_indexes_before_their_names_are_used_again(
    dialect: str, upgrade_ops: UpgradeOps, view: RenamedInspector
) -> list[ops.ModifyTableOps]:
    """Take out the drops of indexes whose names are used again in another table.

    Alembic creates a table that takes an old name, and its indexes, before it changes the renamed
    one. An index has its name for the whole schema, except on MySQL and MariaDB.

    :return: the drops, to be put right behind the renames.
    """
    if dialect in MYSQL_FAMILY:
        return []
    created = {
        (op.index_name, op.table_name) for _, op in _operations(upgrade_ops, ops.CreateIndexOp)
    }
    early = []
    for changes, op in list(_operations(upgrade_ops, ops.DropIndexOp)):
        is_used_again = any(
            name == op.index_name and table != op.table_name for name, table in created
        )
        if is_used_again and (changes.schema, changes.table_name) in view.plan.touched_tables:
            changes.ops.remove(op)
            early.append(ops.ModifyTableOps(changes.table_name, [op], schema=changes.schema))
    return early


def refuse_names_in_use(dialect: str, upgrade_ops: UpgradeOps, view: RenamedInspector) -> None:
    """Stop where something new would get a name that a renamed table's constraint still has.

    :raises NamesInUseError: the revision would fail, or on SQLite put one in the other's place.
    """
    taken = {key: _constraint_names(view, key) for key in view.plan.touched_tables}
    for changes, op in _operations(upgrade_ops, ops.DropConstraintOp):
        taken.get((changes.schema, changes.table_name), set()).discard(str(op.constraint_name))
    wanted = set(_wanted_names(dialect, upgrade_ops))
    clashes = {
        (name, key[1])
        for key, names in taken.items()
        for name in names
        if (name, key) in wanted or (name, None) in wanted
    }
    if clashes:
        raise NamesInUseError(tuple(sorted(clashes)))


def _wanted_names(dialect: str, upgrade_ops: UpgradeOps) -> Iterator[tuple[str, TableKey | None]]:
    """Give the names of new constraints, with their table where they need to differ in it only."""
    shared = _SHARED_BY_ALL_TABLES.get(dialect, ())
    for op in upgrade_ops.ops:
        if isinstance(op, ops.CreateTableOp):
            for item in op.columns:
                if isinstance(item, shared) and item.name:
                    yield str(item.name), None
    for changes, added in _operations(upgrade_ops, ops.AddConstraintOp):  # type: ignore[type-abstract]
        constraint = added.to_constraint()
        if constraint.name:
            yield str(constraint.name), (changes.schema, changes.table_name)
            if isinstance(constraint, shared):
                yield str(constraint.name), None


def _constraint_names(view: RenamedInspector, key: TableKey) -> set[str]:
    schema, table = key
    found = [
        view.get_pk_constraint(table, schema),
        *view.get_foreign_keys(table, schema),
        *view.get_unique_constraints(table, schema),
    ]
    return {str(constraint["name"]) for constraint in found if constraint.get("name")}


def _operations(upgrade_ops: UpgradeOps, kind: type[Op]) -> Iterator[tuple[ops.ModifyTableOps, Op]]:
    """Give each operation of a kind, with the table's operations that it stands among."""
    for changes in upgrade_ops.ops:
        if isinstance(changes, ops.ModifyTableOps):
            for op in changes.ops:
                if isinstance(op, kind):
                    yield changes, op
