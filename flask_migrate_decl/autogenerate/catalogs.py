"""The names of a database and of the models, as a comparison sees them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, Table

from flask_migrate_decl.autogenerate.abilities import Abilities
from flask_migrate_decl.renames import Catalog

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from flask_migrate_decl.autogenerate.model_names import ModelNames
    from flask_migrate_decl.autogenerate.reflected_names import ReflectedNames
    from flask_migrate_decl.renames import NameRules


def database_catalog(context: AutogenContext, names: ReflectedNames, rules: NameRules) -> Catalog:
    """Return the names of the database, without Alembic's own table."""
    inspector = context.inspector

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
        names.of,
        rules,
        names.schemas,
        is_compared,
        taken=names.taken,
        parents=names.parents,
        ability=Abilities(context.dialect, names).of,
    )


def models_catalog(context: AutogenContext, names: ModelNames, rules: NameRules) -> Catalog:
    """Return the names of the models, the default schema's as if they named none."""

    def is_compared(schema: str | None, table: str) -> bool:
        return context.run_object_filters(
            names.tables[schema, table], table, "table", reflected=False, compare_to=None
        )

    schemas = names.schemas if context.opts.get("include_schemas") else (None,)
    return Catalog(names.of, rules, schemas, is_compared)


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
