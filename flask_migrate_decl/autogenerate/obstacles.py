"""What stands in the way of a rename, found before a revision is written."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from flask_migrate_decl.autogenerate.mysql_obstacles import MySQLObstacles
from flask_migrate_decl.autogenerate.obstacle import Obstacle
from flask_migrate_decl.operations.statements import MYSQL_FAMILY
from flask_migrate_decl.renames import Kind, qualified

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.engine import Inspector

    from flask_migrate_decl.renames import Catalog, Move, RenamePlan, Step, TableKey


def obstacles(context: AutogenContext, database: Catalog, plan: RenamePlan) -> Iterator[Obstacle]:
    """Find what stands in the way of a plan's moves.

    :param database: the database before the plan.
    """
    if not plan:
        return
    yield from _of_schemas(context, plan)
    yield from _missing_schemas(context, plan)
    dialect = context.dialect.name
    if dialect == "sqlite":
        yield from _sqlite(context, plan)
    elif dialect in MYSQL_FAMILY:
        yield from MySQLObstacles(context, plan).all()
    elif dialect == "postgresql":
        yield from _inherited(database, plan)
        yield from _inherited_twice(database, plan)
        yield from _namesakes(context.inspector, database, plan)
        yield from _type_names(database, plan)


# --- every database ----------------------------------------------------------------------------


def _of_schemas(context: AutogenContext, plan: RenamePlan) -> Iterator[Obstacle]:
    """Find schemas that Alembic or the connection need by their old name."""
    for move in plan.moves:
        if move.kind is not Kind.SCHEMA:
            continue
        if move.old == context.migration_context.version_table_schema:
            message = f'"{move.old}" holds the table of the current revision'
            mend = "move that table first, and set version_table_schema to where it is"
            yield Obstacle(move, message, mend)
        if move.old == context.inspector.default_schema_name:
            message = f'"{move.old}" is the default schema of the connection'
            mend = "let the connection have another one first, by its search_path"
            yield Obstacle(move, message, mend)


def _missing_schemas(context: AutogenContext, plan: RenamePlan) -> Iterator[Obstacle]:
    """Find schemas to which a table is to move and that nobody has made."""
    moves = [m for m in plan.moves if m.kind is Kind.TABLE and m.schema != m.new_schema]
    known: set[str | None] = {None}
    if moves:
        known |= {plan.names.new_schema(name) for name in context.inspector.get_schema_names()}
    for move in moves:
        if move.new_schema not in known:
            message = f'the database has no schema "{move.new_schema}"'
            yield Obstacle(move, message, "create it in a revision of your own before this one")


# --- SQLite ------------------------------------------------------------------------------------


def _sqlite(context: AutogenContext, plan: RenamePlan) -> Iterator[Obstacle]:
    """Try the renames on an empty copy of each schema.

    SQLite reads the whole schema again at each rename, and refuses where a view or a trigger
    names something that is not there, be it by the rename or since long ago.
    """
    for schema in dict.fromkeys(step.schema for step in plan.steps):
        steps = [step for step in plan.steps if step.schema == schema == step.new_schema]
        yield from _refused_by_sqlite(context, schema, steps)


def _refused_by_sqlite(
    context: AutogenContext, schema: str | None, steps: Sequence[Step]
) -> Iterator[Obstacle]:
    quote = context.dialect.identifier_preparer.quote
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        statements = _schema_statements(context, schema)
        for statement in statements.values():
            with suppress(sqlite3.Error):
                copy.execute(statement)
        if not statements.keys() <= set(copy.execute("SELECT type, name FROM sqlite_master")):
            # What needs a module, function or collation of the app's own can't be copied.
            return
        for step in steps:
            statement = _sqlite_statement(step, quote)
            try:
                copy.execute(statement)
            except sqlite3.Error as error:
                yield Obstacle(step.move, f"SQLite refuses it: {error}", "mend that first")
                return


def _schema_statements(
    context: AutogenContext, schema: str | None
) -> Mapping[tuple[str, str], str]:
    """Return the statements that made what is in a schema, by the type and the name of that."""
    assert context.connection is not None
    catalog = f"{context.dialect.identifier_preparer.quote(schema or 'main')}.sqlite_master"
    found = context.connection.exec_driver_sql(
        f"SELECT type, name, sql FROM {catalog} WHERE sql IS NOT NULL AND name NOT LIKE"
        " 'sqlite!_%' ESCAPE '!' ORDER BY CASE type WHEN 'table' THEN 0 ELSE 1 END, rowid"
    )
    return {(type_, name): sql for type_, name, sql in found}


def _sqlite_statement(step: Step, quote: object) -> str:
    assert callable(quote)
    if step.kind is Kind.TABLE:
        return f"ALTER TABLE {quote(step.old)} RENAME TO {quote(step.new)}"
    table = quote(step.owner)
    return f"ALTER TABLE {table} RENAME COLUMN {quote(step.old)} TO {quote(step.new)}"


# --- PostgreSQL --------------------------------------------------------------------------------


def _inherited(database: Catalog, plan: RenamePlan) -> Iterator[Obstacle]:
    """Find columns and constraints that PostgreSQL renames only together with a parent's."""
    names = plan.names
    for move in plan.moves:
        if move.kind not in (Kind.COLUMN, Kind.CONSTRAINT) or move.comes_along:
            continue
        key = names.old_table((move.schema, str(move.owner)))
        for parent in database.parents(*key) if key else ():
            if database.find(move.kind, *parent, move.old) is not None:
                what = f'"{qualified(*parent)}", which has it too and would keep the old name'
                yield Obstacle(
                    move,
                    f'"{move.owner}" inherits "{move.old}" from {what}',
                    "declare the same rename of the parent; the heir follows by itself",
                )


def _inherited_twice(database: Catalog, plan: RenamePlan) -> Iterator[Obstacle]:
    """Find columns and constraints that PostgreSQL can't rename, as two parents gave them."""
    for heir in plan.moves:
        key = plan.names.old_table((heir.schema, str(heir.owner))) if heir.comes_along else None
        origins = sorted(set(_origins(database, heir, key))) if key else []
        if len(origins) < 2:
            continue
        for move in plan.moves:
            is_same = (move.kind, move.old, move.comes_along) == (heir.kind, heir.old, False)
            if is_same and plan.names.old_table((move.schema, str(move.owner))) in origins:
                what = " and ".join(f'"{qualified(*origin)}"' for origin in origins)
                yield Obstacle(
                    move,
                    f'"{heir.owner}" inherits "{move.old}" from {what}, and PostgreSQL refuses',
                    "take one of them from it (NO INHERIT) in a revision of your own before this "
                    "one, and give it back in one behind the renames of both",
                )


def _origins(database: Catalog, move: Move, table: TableKey) -> Iterator[TableKey]:
    """Give the tables from which a table has what is renamed, and which have it from none."""
    parents = [
        parent
        for parent in database.parents(*table)
        if database.find(move.kind, *parent, move.old) is not None
    ]
    for parent in parents:
        yield from _origins(database, move, parent)
    if not parents:
        yield table


def _namesakes(inspector: Inspector, database: Catalog, plan: RenamePlan) -> Iterator[Obstacle]:
    """Find what goes with a table to another schema, where something has its name already."""
    for move in plan.moves:
        if move.kind is not Kind.TABLE or move.schema == move.new_schema:
            continue
        old_schema, new_schema = map(plan.names.old_schema, (move.schema, move.new_schema))
        there = set(database.taken(Kind.TABLE, new_schema))
        for name in sorted(_going_along(inspector, old_schema, move.old) & there):
            yield Obstacle(
                move,
                f'"{name}" of "{move.old}" would go along, and the schema '
                f'"{new_schema or inspector.default_schema_name}" has something of that name',
                "rename one of the two in a revision of your own before this one",
            )


def _going_along(inspector: Inspector, schema: str | None, table: str) -> set[str]:
    """Return the names of a table's indexes, and the first names of its sequences."""
    indexes = {str(index["name"]) for index in inspector.get_indexes(table, schema)}
    key = inspector.get_pk_constraint(table, schema)["name"]
    columns = inspector.get_columns(table, schema)
    return {*indexes, str(key), *(f"{table}_{column['name']}_seq" for column in columns)}


def _type_names(database: Catalog, plan: RenamePlan) -> Iterator[Obstacle]:
    """Find tables and enum types that would meet in one name: each table is a type as well.

    The enum types get their names first.
    """
    names, others = plan.names, {Kind.TABLE: Kind.ENUM, Kind.ENUM: Kind.TABLE}
    for move in plan.moves:
        if (other := others.get(move.kind)) is None:
            continue
        old = names.old_schema(move.new_key[0]), move.new
        gives_way = other is Kind.ENUM and names.new_enum(old) != move.new_key
        if not gives_way and database.find(other, old[0], None, move.new) is not None:
            what = f'the {other.noun} "{qualified(*old)}"'
            yield Obstacle(
                move,
                f"the database has {what}, and each table is a type as well",
                f"rename or drop {what} in a revision of your own before this one",
            )
