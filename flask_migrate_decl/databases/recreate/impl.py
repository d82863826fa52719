"""Alembic's SQLite, but that a recreate of a table loses nothing without a word."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic import context
from alembic.ddl.impl import DefaultImpl
from alembic.ddl.sqlite import SQLiteImpl
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from flask_migrate_decl.autogenerate import bind_of, orphaned_tables
from flask_migrate_decl.databases.recreate import renames
from flask_migrate_decl.databases.recreate.changes import BatchChanges
from flask_migrate_decl.databases.recreate.counters import counter, restore_counter
from flask_migrate_decl.databases.recreate.plan import RecreatePlan, plan_of, sql_of_new
from flask_migrate_decl.databases.recreate.restoring import place_new_constraints
from flask_migrate_decl.databases.recreate.tokens import in_schema
from flask_migrate_decl.databases.urls import shown_url
from flask_migrate_decl.errors import (
    OrphanInTheWayError,
    RecreateLosesError,
    RowsNotCopiedError,
    ValuesLostError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.config import Config
    from alembic.operations.batch import ApplyBatchImpl
    from sqlalchemy import Connection, Index, Table

    from flask_migrate_decl.errors import Loss

    OnLoss = Callable[[str | None], str]

LOSSES_ATTRIBUTE = "flask_migrate_decl.on_loss"
"""Where ``Config.attributes`` holds the function that says of a bind key what is done about a
loss: ``error`` or ``warn``."""

log = logging.getLogger("flask_migrate_decl.databases")


def register() -> None:
    """Let Alembic use this on SQLite, on top of what the project may have registered itself.

    To do so again changes nothing, and in a run that is not ours it does nothing.
    """
    registered = DefaultImpl.get_by_dialect(sqlite.dialect())
    if not issubclass(registered, LosslessSQLiteImpl):
        of_project = () if registered is SQLiteImpl else (registered,)
        bases = (LosslessSQLiteImpl, *of_project)
        # Alembic's metaclass registers what names its dialect.
        make: Any = type(registered)
        make("RegisteredSQLiteImpl", bases, {"__dialect__": "sqlite"})


def _on_loss() -> str | None:
    """Return what is done about a loss, ``None`` where the run is not one of ours."""
    # Where Alembic's operations are used without an environment there is no configuration.
    config: Config | None = getattr(context, "config", None)
    of_bind: OnLoss | None = config.attributes.get(LOSSES_ATTRIBUTE) if config else None
    return of_bind(bind_of(context.get_context())) if of_bind else None


class LosslessSQLiteImpl(SQLiteImpl):
    """What Alembic does on SQLite, and what a recreate needs besides."""

    _recreate: _Recreate | None = None

    def prep_table_for_batch(self, batch_impl: ApplyBatchImpl, table: Table) -> None:
        """Find out what a recreate would lose, before the table is touched.

        :raises RecreateLosesError: something can't be restored surely.
        :raises OrphanInTheWayError: another recreate has left its table behind.
        """
        super().prep_table_for_batch(batch_impl, table)
        on_loss = None if self.as_sql else _on_loss()
        self._recreate = None
        if on_loss is not None and self.connection is not None:
            self._recreate = _Recreate(batch_impl, self.connection)
            self._recreate.begin(on_loss)

    def drop_table(self, table: Table, **kw: Any) -> None:
        """Drop a table, but not the old one before all its rows are in the new one."""
        if self._recreate is not None and table is self._recreate.changes.old_table:
            self._recreate.verify_rows()
        super().drop_table(table, **kw)

    def rename_table(self, old_table_name: str, new_table_name: Any, schema: Any = None) -> None:
        """Give the new table its name, and make again what has gone with the old one."""
        recreate, self._recreate = self._recreate, None
        if recreate is None or old_table_name != recreate.batch.temp_table_name:
            super().rename_table(old_table_name, new_table_name, schema)
            return
        with _legacy_alter_table(recreate.connection, "ON"):
            super().rename_table(old_table_name, new_table_name, schema)
        recreate.finish(self)


@dataclass
class _Recreate:
    """One table on its way into a new one."""

    batch: ApplyBatchImpl
    connection: Connection
    changes: BatchChanges = field(init=False)
    plan: RecreatePlan = field(init=False)
    new_indexes: list[Index] = field(init=False)
    counter: int | None = None

    def __post_init__(self) -> None:
        self.changes = BatchChanges(self.batch, self.connection)

    @property
    def table(self) -> Table:
        """The table as it was reflected."""
        return self.changes.old_table

    def begin(self, on_loss: str) -> None:
        """Plan it, and prepare the table."""
        self._refuse_orphan()
        self._refuse_emptied()
        self.plan = plan_of(self.changes, states_table=not self.batch.reflected)
        self._tell(self.plan.losses, "error" if self.plan.is_impossible else on_loss)
        _begin_transaction(self.connection)
        self.counter = counter(self.connection, self.table.schema, self.table.name)
        self._rename_columns()
        place_new_constraints(self.changes)
        self._take_over_indexes()
        self._leave_computed_out()

    def _refuse_orphan(self) -> None:
        found = orphaned_tables(self.connection, self.table.schema)
        temporary = self.batch.temp_table_name
        if temporary.casefold() in {name.casefold() for name in found}:
            raise OrphanInTheWayError(self._database, self.table.name, temporary)

    def _refuse_emptied(self) -> None:
        """Refuse what would lose values: Alembic puts a new column in the place of a renamed."""
        if emptied := self.changes.emptied:
            raise ValuesLostError(self._database, self.table.name, tuple(emptied))

    @property
    def _database(self) -> str:
        return shown_url(self.connection.engine.url)

    def _tell(self, losses: list[Loss], on_loss: str) -> None:
        if losses and on_loss == "error":
            raise RecreateLosesError(self._database, self.table.name, tuple(losses))
        for loss in losses:
            log.warning('"%s" of %s loses %s', self.table.name, self._database, loss.what)

    def _rename_columns(self) -> None:
        """Rename by SQLite's own statement, which takes views, triggers and other tables along."""
        quote = self.connection.dialect.identifier_preparer.format_table(self.table)
        found = list(renames.steps(self.changes.renames, self.changes.gone, all_dropped=False))
        with _legacy_alter_table(self.connection, "OFF"):
            for old, new in found:
                self.connection.exec_driver_sql(renames.statement(quote, old, new))
        for old, new in self.changes.renames.items():
            self.table.c[old].name = new

    def _take_over_indexes(self) -> None:
        """Keep Alembic from making indexes by what reflection tells of them.

        It takes a renamed column by its old name besides, and fails on it.
        """
        if self.batch.reflected:
            self.batch.indexes.clear()
        self.new_indexes = list(self.batch.new_indexes.values())
        self.batch.new_indexes.clear()

    def _leave_computed_out(self) -> None:
        """Nothing can be put into a column that is computed."""
        for key, transfer in self.batch.column_transfers.items():
            if key in self.table.c and self.table.c[key].computed is not None:
                transfer.pop("expr", None)

    def verify_rows(self) -> None:
        """Count the rows of both tables, where a conflict clause may leave some out or replace.

        :raises RowsNotCopiedError: the numbers differ.
        """
        if "ON CONFLICT" not in sql_of_new(self.changes).upper():
            return
        before, after = map(self._count, (self.table, self.changes.new_table))
        if before != after:
            raise RowsNotCopiedError(self._database, self.table.name, before, after)

    def _count(self, table: Table) -> int:
        name = self.connection.dialect.identifier_preparer.format_table(table)
        return int(self.connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one())

    def finish(self, impl: LosslessSQLiteImpl) -> None:
        """Make again what has gone with the old table, and what the script makes besides."""
        for statement in self.plan.statements:
            sql = in_schema(statement.sql, self.table.schema)
            impl.execute(text(sql.replace(":", "\\:")))
        for index in self.new_indexes:
            impl.create_index(index)
        if self.counter is not None:
            schema, name = self.table.schema, self.table.name
            restore_counter(self.connection, schema, name, self.counter)


@contextmanager
def _legacy_alter_table(connection: Connection, value: str) -> Iterator[None]:
    """Set whether a rename of a table looks at views and triggers.

    They name the table that is away while another takes its place, so it must not then. Where a
    column is renamed they are to follow, so it must.
    """
    pragma = "PRAGMA legacy_alter_table"
    before = connection.exec_driver_sql(pragma).scalar_one()
    connection.exec_driver_sql(f"{pragma} = {value}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"{pragma} = {before}")


def _begin_transaction(connection: Connection) -> None:
    """Begin a real transaction, where a project's own ``env.py`` leaves it to the driver.

    That one begins none before a change of the schema; a failure then leaves a half-done table.
    """
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction and getattr(driver, "autocommit", None) is not True:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
