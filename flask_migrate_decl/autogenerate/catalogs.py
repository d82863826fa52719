"""The names of a database and of the models, as a comparison sees them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, Table

from flask_migrate_decl.renames import Catalog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic.autogenerate.api import AutogenContext

    from flask_migrate_decl.renames import NameRules, TableKey


def database_catalog(context: AutogenContext, rules: NameRules) -> Catalog:
    """Return the names of the database, without Alembic's own table."""
    inspector, migration = context.inspector, context.migration_context
    version_table = (migration.version_table_schema, migration.version_table)
    schemas = compared_schemas(context)

    @cache
    def table_names(schema: str | None) -> Sequence[str]:
        if schema not in schemas:
            return []
        names = inspector.get_table_names(schema=schema)
        return [name for name in names if (schema, name) != version_table]

    @cache
    def columns(schema: str | None) -> Mapping[TableKey, Sequence[str]]:
        found = inspector.get_multi_columns(schema=schema)
        return {key: [column["name"] for column in described] for key, described in found.items()}

    @cache
    def is_compared(schema: str | None, table: str) -> bool:
        if not context.run_name_filters(table, "table", {"schema_name": schema}):
            return False
        if not context.opts.get("include_object"):
            return True
        reflected = Table(table, MetaData(), schema=schema)
        inspector.reflect_table(reflected, include_columns=None, resolve_fks=False)
        return context.run_object_filters(
            reflected, table, "table", reflected=True, compare_to=None
        )

    return Catalog(
        table_names,
        lambda schema, table: columns(schema)[schema, table],
        rules,
        schemas,
        is_compared,
    )


def models_catalog(context: AutogenContext, rules: NameRules) -> Catalog:
    """Return the names of the models, the default schema's as if they named none."""
    default_schema = context.inspector.default_schema_name
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

    return Catalog(table_names, column_names, rules, compared_schemas(context), is_compared)


def compared_schemas(context: AutogenContext) -> tuple[str | None, ...]:
    """Return the schemas that Alembic compares, ``None`` being the default one."""
    if not context.opts.get("include_schemas"):
        return (None,)
    default_schema = context.inspector.default_schema_name
    others = set(context.inspector.get_schema_names()) - {default_schema, "information_schema"}
    return (
        None,
        *(name for name in sorted(others) if context.run_name_filters(name, "schema", {})),
    )
