"""The safe net: what is looked at before a revision is written that drops tables or columns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import MetaData

from flask_migrate_decl.autogenerate import bind_of
from flask_migrate_decl.environment.drops import (
    drops_in,
    is_allowed,
    new_tables_in,
    number_of_rows,
)
from flask_migrate_decl.environment.unimported import unimported_modules
from flask_migrate_decl.errors import DropsRefusedError, LostModels, ModelsLostError
from flask_migrate_decl.renames import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.operations.ops import MigrateOperation, MigrationScript
    from alembic.runtime.migration import MigrationContext

    from flask_migrate_decl.environment.project import Project
    from flask_migrate_decl.errors import Drop
    from flask_migrate_decl.renames import Candidate, NameMap, TableKey

_FEW = 3
"""Fewer tables may always be dropped, as long as there are models."""


@dataclass(frozen=True)
class _Compared:
    """A database that was compared.

    :param token: what marks its operations.
    :param models: how many tables the models have.
    :param rows: the numbers of rows of tables that are to be dropped, or lose a column.
    """

    bind: str | None
    token: str
    default_schema: str | None
    models: int
    rows: dict[TableKey, int | None] = field(default_factory=dict)

    @classmethod
    def of(cls, context: MigrationContext) -> _Compared:
        """Take from a context what the next database will have changed in it."""
        metadata = context.opts["target_metadata"]
        several = [metadata] if isinstance(metadata, MetaData) else metadata
        return cls(
            bind_of(context),
            context.opts["upgrade_token"],
            context.dialect.default_schema_name,
            sum(len(one.tables) for one in several),
        )

    def operations(self, scripts: Sequence[MigrationScript]) -> Iterator[MigrateOperation]:
        """Return what revisions do to this database."""
        for script in scripts:
            for operations in script.upgrade_ops_list:
                if operations.upgrade_token == self.token:
                    yield from operations.ops

    def schema(self, schema: str | None) -> str | None:
        """Return a schema, ``None`` for the default one."""
        return None if schema == self.default_schema else schema

    def old_table(self, drop: Drop, names: NameMap | None) -> TableKey | None:
        """Return what a table is called before the renames are done."""
        schema = self.schema(drop.schema)
        return names.old_table((schema, drop.table)) if names else (schema, drop.table)

    def with_rows(self, drop: Drop) -> Drop:
        """Add the number of rows to what is dropped."""
        return replace(drop, rows=self.rows.get((drop.schema, drop.table)))


@dataclass
class SafeNet:
    """Watches over one revision.

    :param drops: what it drops, but for what may be dropped; empty where nobody wants to know.
    """

    project: Project
    drops: tuple[Drop, ...] = ()
    _scripts: Sequence[MigrationScript] = ()
    _databases: dict[str | None, _Compared] = field(default_factory=dict)

    def note(
        self,
        context: MigrationContext,
        scripts: Sequence[MigrationScript],
        names: NameMap | None,
    ) -> None:
        """Note a database that was just compared, and count the rows that would go.

        :param scripts: what is to be written; a hook of the project's may still change it.
        :param names: the pending renames.
        """
        database = _Compared.of(context)
        self._scripts, self._databases[database.bind] = scripts, database
        if not self._is_told or context.connection is None:
            return
        tables = {(drop.schema, drop.table): drop for drop in self._drops(database)}
        for key, drop in tables.items():
            old = database.old_table(drop, names)
            database.rows[key] = old and number_of_rows(context.connection, old)

    def drops_still(self, candidate: Candidate) -> bool:
        """Tell whether what may be renamed is to be dropped still, after all hooks.

        Of what has no rows of its own that is not asked.
        """
        if candidate.kind not in (Kind.TABLE, Kind.COLUMN):
            return True
        database = self._databases[candidate.bind]
        table, column = candidate.owner or candidate.old, candidate.owner and candidate.old
        return any(
            (database.schema(drop.schema), drop.table, drop.column)
            == (candidate.schema, table, column)
            for drop in drops_in(database.operations(self._scripts), database.bind)
        )

    def verify_models(self) -> None:
        """Look at what is going to be written, after all databases and hooks.

        :raises ModelsLostError: most tables of a database would be dropped.
        """
        lost = tuple(filter(None, map(self._lost, self._databases.values())))
        if lost:
            raise self._error(lost)

    def verify_drops(self) -> None:
        """Look at what is left to be dropped, once all is said of renames.

        :raises DropsRefusedError: something would be dropped, and that is an error.
        """
        if self._is_told:
            self.drops = tuple(
                database.with_rows(drop)
                for database in self._databases.values()
                for drop in self._drops(database)
            )
        if self.drops and self.project.settings.safety.on_drop == "error":
            raise DropsRefusedError(self.drops)

    @property
    def _is_told(self) -> bool:
        return self.project.settings.safety.on_drop != "ignore"

    def _drops(self, database: _Compared) -> list[Drop]:
        """Return what would be dropped in a database, but for what may be."""
        patterns = self.project.settings.safety.allow_drop
        found = drops_in(database.operations(self._scripts), database.bind)
        return [
            drop
            for drop in dict.fromkeys(found)
            if not is_allowed(drop, patterns, database.default_schema)
        ]

    def _lost(self, database: _Compared) -> LostModels | None:
        """Say so where the models seem to have lost most of a database's tables."""
        dropped = [drop for drop in self._drops(database) if drop.column is None]
        models = database.models
        common = models - new_tables_in(database.operations(self._scripts))
        compared = common + len(dropped)
        if not dropped or (models and (len(dropped) < _FEW or models * 2 >= compared)):
            return None
        names = sorted(drop.name for drop in dropped)
        return LostModels(database.bind, tuple(names), compared, models)

    def _error(self, lost: tuple[LostModels, ...]) -> ModelsLostError:
        project = self.project
        dropped = (drop for one in self._databases.values() for drop in self._drops(one))
        tables = {drop.table for drop in dropped if drop.column is None}
        folders = [history.directory for history in project.histories]
        modules = unimported_modules(project.registration.app, tables, folders)
        return ModelsLostError(lost, modules, project.settings.models)
