"""The Alembic plug-in: compare as if the renames were done, then put them in front."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from alembic.runtime.plugins import Plugin
from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy import MetaData, Table

from flask_migrate_decl.autogenerate.corrections import name_rules
from flask_migrate_decl.autogenerate.declared import bind_of, declared_renames
from flask_migrate_decl.autogenerate.native import order_index_changes
from flask_migrate_decl.autogenerate.operations import RenameColumnOp, RenameTableOp
from flask_migrate_decl.autogenerate.view import RenamedInspector, renamed_view
from flask_migrate_decl.errors import HintProblem, RenameHintsError
from flask_migrate_decl.renames import Catalog, Renames, TableStep, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import MigrateOperation, UpgradeOps
    from sqlalchemy.engine import Inspector

    from flask_migrate_decl.renames import HintReport, NameRules, Step

PLUGIN = "flask_migrate_decl.renames"
"""The plug-in's name for ``autogenerate_plugins``."""

log = logging.getLogger("flask_migrate_decl.renames")


@cache
def register() -> None:
    """Make the plug-in known to Alembic; to do so again changes nothing."""
    Plugin.setup_plugin_from_module(sys.modules[__name__], PLUGIN)


def setup(plugin: Plugin) -> None:
    """Add the comparators to the plug-in, as Alembic asks every plug-in's module to."""
    first, last = DispatchPriority.FIRST, DispatchPriority.LAST
    plugin.add_autogenerate_comparator(show_renamed, "autogenerate", priority=first)
    plugin.add_autogenerate_comparator(put_renames_first, "autogenerate", priority=last)


def show_renamed(context: AutogenContext, _upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Replace the comparison's inspector by a view in which the pending renames are done.

    :raises RenameHintsError: hints that don't fit; nothing is written then.
    """
    declared = declared_renames(context.migration_context)
    bind = bind_of(context.migration_context)
    renames = declared.renames.of_bind(bind) if declared else Renames()
    if declared is None or not renames or context.connection is None:
        return PriorityDispatchResult.CONTINUE
    inspector = context.inspector
    rules = name_rules(context.connection)
    renames = _of_default_schema(renames, inspector.default_schema_name)
    problems = [*_uncompared_schemas(context, renames)]
    if problems:
        raise RenameHintsError(tuple(problems))
    resolution = resolve(
        renames,
        _database_catalog(context, inspector, rules),
        _models_catalog(context, inspector.default_schema_name, rules),
    )
    declared.resolutions[bind] = resolution
    if resolution.problems:
        raise RenameHintsError(tuple(_problem(report) for report in resolution.problems))
    if resolution.plan:
        context.inspector = renamed_view(inspector, resolution.plan, rules)
    return PriorityDispatchResult.CONTINUE


def put_renames_first(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Put the renames before what Alembic found on the renamed database."""
    view = context.inspector
    if isinstance(view, RenamedInspector):
        order_index_changes(context.dialect.name, upgrade_ops, view.plan)
        upgrade_ops.ops[:0] = [_operation(step, view) for step in view.plan.steps]
    return PriorityDispatchResult.CONTINUE


def _operation(step: Step, view: RenamedInspector) -> MigrateOperation:
    log.info("Detected renamed %s", step)
    if isinstance(step, TableStep):
        return RenameTableOp.of_step(step)
    table = Table(step.table, MetaData(), schema=step.schema)
    view.reflect_table(table, include_columns=[step.new], resolve_fks=False)
    return RenameColumnOp.of_step(step, table.columns[step.new], view.dialect.name)


def _of_default_schema(renames: Renames, default_schema: str | None) -> Renames:
    """Take hints that name the default schema for hints that name none, as Alembic does."""
    if default_schema is None:
        return renames
    return Renames(
        tuple(
            replace(hint, schema=None) if hint.schema == default_schema else hint
            for hint in renames.tables
        ),
        tuple(
            replace(hint, schema=None) if hint.schema == default_schema else hint
            for hint in renames.columns
        ),
    )


def _database_catalog(context: AutogenContext, inspector: Inspector, rules: NameRules) -> Catalog:
    migration = context.migration_context
    version_table = (migration.version_table_schema, migration.version_table)

    @cache
    def table_names(schema: str | None) -> Sequence[str]:
        if schema is not None and schema not in inspector.get_schema_names():
            return []
        names = inspector.get_table_names(schema=schema)
        return [name for name in names if (schema, name) != version_table]

    @cache
    def column_names(schema: str | None, table: str) -> Sequence[str]:
        return [column["name"] for column in inspector.get_columns(table, schema=schema)]

    def is_compared(schema: str | None, table: str) -> bool:
        without_columns = Table(table, MetaData(), schema=schema)
        return context.run_name_filters(
            table, "table", {"schema_name": schema}
        ) and context.run_object_filters(
            without_columns, table, "table", reflected=True, compare_to=None
        )

    return Catalog(table_names, column_names, rules, is_compared)


def _models_catalog(
    context: AutogenContext, default_schema: str | None, rules: NameRules
) -> Catalog:
    tables = {
        (None if table.schema == default_schema else table.schema, table.name): table
        for table in context.table_key_to_table.values()
    }

    @cache
    def table_names(schema: str | None) -> Sequence[str]:
        return [name for of_schema, name in tables if of_schema == schema]

    @cache
    def column_names(schema: str | None, table: str) -> Sequence[str]:
        return [column.name for column in tables[schema, table].columns]

    def is_compared(schema: str | None, table: str) -> bool:
        return context.run_object_filters(
            tables[schema, table], table, "table", reflected=False, compare_to=None
        )

    return Catalog(table_names, column_names, rules, is_compared)


def _uncompared_schemas(context: AutogenContext, renames: Renames) -> Iterable[HintProblem]:
    for hint in renames.hints:
        if hint.schema is not None and not context.opts.get("include_schemas"):
            yield HintProblem(
                hint.place,
                str(hint),
                "unmatched",
                f'the schema "{hint.schema}" is not compared',
                "set include_schemas = true",
            )


def _problem(report: HintReport) -> HintProblem:
    hint = report.hint
    return HintProblem(hint.place, str(hint), str(report.state), report.message, report.help)
