"""What stands in the way of a rename, found before a revision is written."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from flask_migrate_decl.autogenerate.corrections import MYSQL_FAMILY
from flask_migrate_decl.renames import Kind, mentions, qualified

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.engine import Inspector

    from flask_migrate_decl.renames import Catalog, Move, RenamePlan, Step, TableKey

_VIEWS = text("SELECT table_name, view_definition FROM information_schema.views")
_TRIGGERS = text(
    "SELECT trigger_schema, trigger_name, event_object_table, action_statement"
    " FROM information_schema.triggers"
)
_REMAKE = (
    "drop it in a revision of your own before this one, and create it again, with the new name, "
    "in one behind it"
)


class Obstacle(NamedTuple):
    """Something because of which a move would fail, or break something else."""

    move: Move
    message: str
    help: str


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
        yield from _MySQL(context, plan).all()
    elif dialect == "postgresql":
        yield from _inherited(database, plan)
        yield from _namesakes(context.inspector, database, plan)


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
    """Try the renames on an empty copy of the schema.

    SQLite reads the whole schema again at each rename, and refuses where a view or a trigger
    names something that is not there, be it by the rename or since long ago.
    """
    quote = context.dialect.identifier_preparer.quote
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        for statement in _schema_statements(context):
            # What needs a module or function of the app's own can't be copied.
            with suppress(sqlite3.Error):
                copy.execute(statement)
        for step in plan.steps:
            statement = _sqlite_statement(step, quote)
            try:
                copy.execute(statement)
            except sqlite3.Error as error:
                yield Obstacle(step.move, f"SQLite refuses it: {error}", "mend that first")
                return


def _schema_statements(context: AutogenContext) -> Sequence[str]:
    assert context.connection is not None
    found = context.connection.execute(
        text(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%'"
            " ESCAPE '!' ORDER BY CASE type WHEN 'table' THEN 0 ELSE 1 END, rowid"
        )
    )
    return [row[0] for row in found]


def _sqlite_statement(step: Step, quote: object) -> str:
    assert callable(quote)
    if step.kind is Kind.TABLE:
        return f"ALTER TABLE {quote(step.old)} RENAME TO {quote(step.new)}"
    table = quote(step.owner)
    return f"ALTER TABLE {table} RENAME COLUMN {quote(step.old)} TO {quote(step.new)}"


# --- MySQL and MariaDB -------------------------------------------------------------------------


@dataclass(frozen=True)
class _MySQL:
    """Views and triggers, which keep the old names and fail when they are used."""

    context: AutogenContext
    plan: RenamePlan

    def all(self) -> Iterator[Obstacle]:
        for move in self.plan.moves:
            if move.kind is Kind.TABLE:
                yield from self._of_table(move)
            elif move.kind is Kind.COLUMN:
                yield from self._of_column(move)

    def _of_table(self, move: Move) -> Iterator[Obstacle]:
        key = (move.schema, move.old)
        for view, definition in self._views:
            if _View(definition, self._named(key)).names_table:
                yield self._obstacle(move, f'the view "{view}"', f'the table "{move.old}"')
        for trigger, table, statement in self._triggers:
            if table != move.old and mentions(statement, move.old):
                yield self._obstacle(move, f'the trigger "{trigger}"', f'the table "{move.old}"')

    def _of_column(self, move: Move) -> Iterator[Obstacle]:
        key = self.plan.names.old_table((move.schema, str(move.owner))) or (None, "")
        what = f'the column "{move.old}" of "{key[1]}"'
        for view, definition in self._views:
            if _View(definition, self._named(key)).names_column(move.old):
                yield self._obstacle(move, f'the view "{view}"', what)
        for trigger, table, statement in self._triggers:
            is_meant = table == key[1] or mentions(statement, key[1])
            if is_meant and mentions(statement, move.old):
                yield self._obstacle(move, f'the trigger "{trigger}"', what)
        yield from self._expressions(move, key)

    def _expressions(self, move: Move, key: TableKey) -> Iterator[Obstacle]:
        """Find generated columns and checks, with which MariaDB renames a column and MySQL not."""
        if getattr(self.context.dialect, "is_mariadb", False):
            return
        inspector = self.context.inspector
        for column in inspector.get_columns(key[1], key[0]):
            if mentions(column.get("computed", {}).get("sqltext", ""), move.old):
                what = f'the generated column "{column["name"]}"'
                yield Obstacle(move, f'{what} uses "{move.old}", so that MySQL refuses', _REMAKE)
        for check in inspector.get_check_constraints(key[1], key[0]):
            if mentions(check["sqltext"], move.old):
                what = f'the check "{check["name"]}"'
                yield Obstacle(move, f'{what} uses "{move.old}", so that MySQL refuses', _REMAKE)

    def _obstacle(self, move: Move, what: str, named: str) -> Obstacle:
        message = f"{what} names {named}, and would fail from then on"
        return Obstacle(move, message, _REMAKE)

    def _named(self, key: TableKey) -> TableKey:
        return key[0] or self.context.inspector.default_schema_name, key[1]

    @cached_property
    def _views(self) -> Sequence[tuple[str, str]]:
        """Every view, with its statement."""
        assert self.context.connection is not None
        return [(name, sql) for name, sql in self.context.connection.execute(_VIEWS)]

    @cached_property
    def _triggers(self) -> Sequence[tuple[str, str, str]]:
        """Every trigger of the schemas in question, with its table and its statement."""
        assert self.context.connection is not None
        default = self.context.inspector.default_schema_name
        schemas = {default, *(move.schema or default for move in self.plan.moves)}
        found = self.context.connection.execute(_TRIGGERS)
        return [(name, table, sql) for schema, name, table, sql in found if schema in schemas]


@dataclass(frozen=True)
class _View:
    """A view as MySQL and MariaDB keep it: every name with its schema or alias, in backticks.

    :param table: the table that is looked for.
    """

    definition: str
    table: TableKey

    @property
    def names_table(self) -> bool:
        return self._qualified in self.definition

    def names_column(self, column: str) -> bool:
        used = re.findall(
            rf"(?:from|join|,|\() *{re.escape(self._qualified)} `((?:[^`]|``)+)`", self.definition
        )
        owners = [self._qualified, *(f"`{alias}`" for alias in used)]
        return self.names_table and any(
            f"{owner}.{_ticked(column)}".lower() in self.definition.lower() for owner in owners
        )

    @property
    def _qualified(self) -> str:
        return ".".join(_ticked(part or "") for part in self.table)


def _ticked(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


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
