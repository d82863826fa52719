"""What MySQL and MariaDB keep under the old names, so that it fails when it is used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import text

from flask_migrate_decl.autogenerate.corrections import ticked
from flask_migrate_decl.autogenerate.obstacle import Obstacle
from flask_migrate_decl.renames import Kind, mentions_column, mentions_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from alembic.autogenerate.api import AutogenContext

    from flask_migrate_decl.renames import Move, RenamePlan, TableKey

_VIEWS = text("SELECT table_name, view_definition FROM information_schema.views")
_TRIGGERS = text(
    "SELECT trigger_schema, trigger_name, event_object_table, action_statement"
    " FROM information_schema.triggers"
)
_PROGRAMS = text(
    "SELECT lower(routine_type), routine_schema, routine_name, routine_definition"
    " FROM information_schema.routines"
    " UNION SELECT 'event', event_schema, event_name, event_definition"
    " FROM information_schema.events"
)
_SEQUENCE_DEFAULTS = text(
    "SELECT table_name, column_name, column_default FROM information_schema.columns"
    " WHERE column_default LIKE '%nextval(%'"
)
_REMAKE = (
    "drop it in a revision of your own before this one, and create it again, with the new name, "
    "in one behind it"
)


@dataclass(frozen=True)
class MySQLObstacles:
    """Views, triggers, routines, events and defaults, which keep the old names and fail."""

    context: AutogenContext
    plan: RenamePlan

    def all(self) -> Iterator[Obstacle]:
        """Give those that a plan's renames of tables, sequences and columns would break."""
        for move in self.plan.moves:
            if move.kind in (Kind.TABLE, Kind.SEQUENCE):
                yield from self._of_relation(move)
            if move.kind is Kind.SEQUENCE:
                yield from self._defaults(move)
            if move.kind is Kind.COLUMN:
                yield from self._of_column(move)

    def _of_relation(self, move: Move) -> Iterator[Obstacle]:
        named, what = self._named((move.schema, move.old)), f'the {move.kind.noun} "{move.old}"'
        for view, definition in self._views:
            if _View(definition, named).names_table:
                yield self._obstacle(move, f'the view "{view}"', what)
        for trigger, table, statement in self._triggers:
            if table != move.old and mentions_table(statement, move.old):
                yield self._obstacle(move, f'the trigger "{trigger}"', what)
        for program, statement in self._programs:
            if mentions_table(statement, move.old):
                yield self._obstacle(move, program, what)

    def _defaults(self, move: Move) -> Iterator[Obstacle]:
        named = self._named((move.schema, move.old))
        for column, default in self._sequence_defaults:
            if _View(default, named).names_table:
                what = f'the default of "{column}"'
                yield self._obstacle(move, what, f'the sequence "{move.old}"')

    def _of_column(self, move: Move) -> Iterator[Obstacle]:
        key = self.plan.names.old_table((move.schema, str(move.owner))) or (None, "")
        what = f'the column "{move.old}" of "{key[1]}"'
        for view, definition in self._views:
            if _View(definition, self._named(key)).names_column(move.old):
                yield self._obstacle(move, f'the view "{view}"', what)
        for trigger, table, statement in self._triggers:
            is_meant = table == key[1] or mentions_table(statement, key[1])
            if is_meant and mentions_column(statement, move.old):
                yield self._obstacle(move, f'the trigger "{trigger}"', what)
        for program, statement in self._programs:
            if mentions_table(statement, key[1]) and mentions_column(statement, move.old):
                yield self._obstacle(move, program, what)
        yield from self._expressions(move, key)

    def _expressions(self, move: Move, key: TableKey) -> Iterator[Obstacle]:
        """Find generated columns and checks, with which MariaDB renames a column and MySQL not."""
        if getattr(self.context.dialect, "is_mariadb", False):
            return
        inspector = self.context.inspector
        for column in inspector.get_columns(key[1], key[0]):
            if mentions_column(column.get("computed", {}).get("sqltext", ""), move.old):
                what = f'the generated column "{column["name"]}"'
                yield Obstacle(move, f'{what} uses "{move.old}", so that MySQL refuses', _REMAKE)
        for check in inspector.get_check_constraints(key[1], key[0]):
            if mentions_column(check["sqltext"], move.old):
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
        found = self.context.connection.execute(_TRIGGERS)
        return [(name, table, sql) for schema, name, table, sql in found if schema in self._schemas]

    @cached_property
    def _programs(self) -> Sequence[tuple[str, str]]:
        """Every routine and event of the schemas in question, in words, with its statement.

        The server hides the statements of those that are another user's.
        """
        assert self.context.connection is not None
        found = self.context.connection.execute(_PROGRAMS)
        return [
            (f'the {kind} "{name}"', sql)
            for kind, schema, name, sql in found
            if schema in self._schemas and sql is not None
        ]

    @cached_property
    def _sequence_defaults(self) -> Sequence[tuple[str, str]]:
        """Every column that a sequence counts up, with its default."""
        assert self.context.connection is not None
        found = self.context.connection.execute(_SEQUENCE_DEFAULTS)
        return [(f"{table}.{column}", default) for table, column, default in found]

    @cached_property
    def _schemas(self) -> Set[str | None]:
        default = self.context.inspector.default_schema_name
        return {default, *(move.schema or default for move in self.plan.moves)}


@dataclass(frozen=True)
class _View:
    """A view or default as the servers keep it: every name with its schema or alias, in backticks.

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
            f"{owner}.{ticked(column)}".lower() in self.definition.lower() for owner in owners
        )

    @property
    def _qualified(self) -> str:
        return ".".join(ticked(part or "") for part in self.table)
