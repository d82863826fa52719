"""Names that a rename leaves to indexes and constraints, and that something new asks for."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy import Constraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from flask_migrate_decl.autogenerate.operations import table_operations
from flask_migrate_decl.errors import NamesInUseError
from flask_migrate_decl.operations.statements import MYSQL_FAMILY
from flask_migrate_decl.renames import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.operations.ops import UpgradeOps
    from sqlalchemy.engine import Inspector

    from flask_migrate_decl.renames import RenamePlan


_SHARED_BY_ALL_TABLES: dict[str, tuple[type[Constraint], ...]] = {
    "postgresql": (PrimaryKeyConstraint, UniqueConstraint),
    "mysql": (ForeignKeyConstraint,),
    "mariadb": (ForeignKeyConstraint,),
}
"""The constraints whose names must differ between tables: PostgreSQL makes indexes for them."""
_CONSTRAINTS = ("pk_constraint", "foreign_keys", "unique_constraints")
_REFLECTED_SHARED = {
    "postgresql": ("pk_constraint", "unique_constraints", "indexes"),
    "mysql": ("foreign_keys",),
    "mariadb": ("foreign_keys",),
}
"""What an inspector calls all whose names must differ between tables."""


def drop_indexes_before_their_names_are_used_again(
    dialect: str, upgrade_ops: UpgradeOps
) -> list[ops.ModifyTableOps]:
    """Take out the drops of indexes whose names are used again in another table.

    Alembic creates a table that takes an old name, and its indexes, before it changes the renamed
    one. An index has its name for the whole schema, except on MySQL and MariaDB.

    :return: the drops, to be put right behind the renames.
    """
    if dialect in MYSQL_FAMILY:
        return []
    created = {
        (op.index_name, op.table_name) for _, op in table_operations(upgrade_ops, ops.CreateIndexOp)
    }
    early = []
    for changes, op in list(table_operations(upgrade_ops, ops.DropIndexOp)):
        is_used_again = any(
            name == op.index_name and table != op.table_name for name, table in created
        )
        if is_used_again:
            changes.ops.remove(op)
            early.append(ops.ModifyTableOps(changes.table_name, [op], schema=changes.schema))
    return early


def refuse_names_in_use(
    dialect: str, upgrade_ops: UpgradeOps, inspector: Inspector, plan: RenamePlan
) -> None:
    """Stop where something new or renamed would get a name that another constraint still has.

    A rename leaves constraints their names, so this may come of one that was done long ago.

    :param inspector: of the database as the revision's other operations will find it.
    :param plan: the renames, before which nothing is dropped.
    :raises NamesInUseError: the revision would fail, or on SQLite put one in the other's place.
    """
    wanted = set(_wanted_names(dialect, upgrade_ops))
    dropped_tables = {
        (op.schema, op.table_name) for op in upgrade_ops.ops if isinstance(op, ops.DropTableOp)
    }
    dropped = {
        (str(op.constraint_name), changes.schema, changes.table_name)
        for changes, op in table_operations(upgrade_ops, ops.DropConstraintOp)
    }
    clashes = {
        (name, table)
        for schema in {schema for _, (schema, _) in wanted}
        for name, table in _names(inspector, schema, _CONSTRAINTS)
        if wanted & {(name, (schema, table)), (name, (schema, None))}
        and (schema, table) not in dropped_tables
        and (name, schema, table) not in dropped
    }
    clashes.update(_names_given_twice(dialect, inspector, plan))
    if clashes:
        raise NamesInUseError(tuple(sorted(clashes)))


def _wanted_names(
    dialect: str, upgrade_ops: UpgradeOps
) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    """Give the names of new constraints, with their schema.

    Their table is given too, where they need to differ within it only.
    """
    shared = _SHARED_BY_ALL_TABLES.get(dialect, ())
    for op in upgrade_ops.ops:
        if isinstance(op, ops.CreateTableOp):
            for item in op.columns:
                if isinstance(item, shared) and item.name:
                    yield str(item.name), (op.schema, None)
    for changes, added in table_operations(upgrade_ops, ops.AddConstraintOp):  # type: ignore[type-abstract]
        constraint = added.to_constraint()
        if constraint.name:
            table = None if isinstance(constraint, shared) else changes.table_name
            yield str(constraint.name), (changes.schema, table)


def _names_given_twice(
    dialect: str, inspector: Inspector, plan: RenamePlan
) -> Iterator[tuple[str, str]]:
    """Give the names that a plan gives and that another table's constraint or index keeps."""
    given: defaultdict[str | None, set[tuple[str, str]]] = defaultdict(set)
    for move in plan.moves:
        if move.kind in (Kind.CONSTRAINT, Kind.INDEX):
            given[move.schema].add((move.new, str(move.owner)))
    for schema, names in given.items():
        shared = set(_names(inspector, schema, _REFLECTED_SHARED.get(dialect, ())))
        taking = {name for name, _ in names & shared}
        yield from ((name, table) for name, table in shared - names if name in taking)


def _names(
    inspector: Inspector, schema: str | None, kinds: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Give the names of a schema's constraints or indexes, each with its table."""
    for kind in kinds:
        for (_, table), found in getattr(inspector, f"get_multi_{kind}")(schema).items():
            for item in found if isinstance(found, list) else [found]:
                if item and item["name"]:
                    yield str(item["name"]), table
