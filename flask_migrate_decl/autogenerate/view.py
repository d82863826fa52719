"""A database seen as if its renames were done already."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.engine import Inspector
from sqlalchemy.exc import NoSuchTableError

from flask_migrate_decl.autogenerate.corrections import (
    corrected_columns,
    corrected_indexes,
)
from flask_migrate_decl.autogenerate.enums import corrected_enum
from flask_migrate_decl.operations.statements import MYSQL_FAMILY
from flask_migrate_decl.renames import rename_identifiers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from flask_migrate_decl.renames import NameMap, NameRules, RenamePlan, TableKey

Reflected = dict[str, Any]
"""One column, key or index as SQLAlchemy's inspector describes it."""


def renamed_view(
    inspector: Inspector,
    plan: RenamePlan,
    rules: NameRules,
    has_cast: Callable[[TableKey, str], bool] = lambda _table, _column: False,
) -> RenamedInspector:
    """Return an inspector of the same database that shows the names after the plan.

    :param has_cast: whether the models' default of a table's column, both by their new names, has
        a cast in it; the default of an enum column is shown as it is there.

    It is of the dialect's own inspector class as well, so that a dialect's and a plug-in's
    further methods are there; and it has a cache of its own, as Alembic keeps reflected objects
    in the cache.
    """
    own = type(inspector)
    view = copy.copy(inspector)
    view.__class__ = type(f"Renamed{own.__name__}", (RenamedInspector, own), {})
    assert isinstance(view, RenamedInspector)
    view.info_cache = {}
    view.plan, view.names, view.rules = plan, plan.names, rules
    view.old_side, view.has_cast = inspector, has_cast
    return view


def _get_one(kind: str) -> Any:
    def get(self: RenamedInspector, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        key = self.old_key(schema, table_name)
        reflected = getattr(super(RenamedInspector, self), f"get_{kind}")(key[1], key[0], **kw)
        return self.renamed(kind, key, reflected)

    get.__name__ = f"get_{kind}"
    return get


def _get_many(kind: str) -> Any:
    def get(
        self: RenamedInspector,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        **kw: Any,
    ) -> Any:
        get_multi, wanted = getattr(super(RenamedInspector, self), f"get_multi_{kind}"), {}
        for old_schema, names in self.old_names(schema, filter_names).items():
            for old, reflected in get_multi(old_schema, names, **kw).items():
                new = self.new_table(*old)
                if self.key(schema, "")[0] == new[0]:
                    wanted[schema, new[1]] = self.renamed(kind, self.key(*old), reflected)
        return wanted

    # Alembic asks the dialect for a method of this name, to see whether it reads in bulk.
    get.__name__ = f"get_multi_{kind}"
    return get


class RenamedInspector(Inspector):
    """An inspector to which every table and column has its new name."""

    plan: RenamePlan
    names: NameMap
    rules: NameRules
    old_side: Inspector
    has_cast: Callable[[TableKey, str], bool]

    get_columns: Any = _get_one("columns")
    get_pk_constraint: Any = _get_one("pk_constraint")
    get_foreign_keys: Any = _get_one("foreign_keys")
    get_indexes: Any = _get_one("indexes")
    get_unique_constraints: Any = _get_one("unique_constraints")
    get_check_constraints: Any = _get_one("check_constraints")
    get_table_comment: Any = _get_one("table_comment")
    get_table_options: Any = _get_one("table_options")

    get_multi_columns: Any = _get_many("columns")
    get_multi_pk_constraint: Any = _get_many("pk_constraint")
    get_multi_foreign_keys: Any = _get_many("foreign_keys")
    get_multi_indexes: Any = _get_many("indexes")
    get_multi_unique_constraints: Any = _get_many("unique_constraints")
    get_multi_check_constraints: Any = _get_many("check_constraints")
    get_multi_table_comment: Any = _get_many("table_comment")
    get_multi_table_options: Any = _get_many("table_options")

    def get_table_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the new names of the tables that are in a schema after the plan."""
        found = [
            self.new_table(old_schema, name)
            for old_schema in self.old_schemas(schema)
            for name in super(RenamedInspector, self).get_table_names(old_schema, **kw)
        ]
        return [name for of_schema, name in found if of_schema == self.key(schema, "")[0]]

    def get_schema_names(self, **kw: Any) -> list[str]:
        """Return the schemas' new names."""
        return [str(self.names.new_schema(name)) for name in super().get_schema_names(**kw)]

    def get_sequence_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the sequences' new names."""
        old = self.names.old_schema(self.key(schema, "")[0])
        names = super().get_sequence_names(old, **kw)
        return [self.names.new_sequence((old, name))[1] for name in names]

    def has_table(self, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Tell whether there is a table of that new name."""
        old = self.names.old_table(self.key(schema, table_name))
        return old is not None and super().has_table(old[1], old[0], **kw)

    def key(self, schema: str | None, table: str) -> TableKey:
        """Return the key under which the plan knows a table."""
        return (None if schema == self.default_schema_name else schema), table

    def new_table(self, schema: str | None, table: str) -> TableKey:
        """Return the key of a table of the database here."""
        return self.names.new_table(self.key(schema, table))

    def old_key(self, schema: str | None, table: str) -> TableKey:
        """Return the database's key of a table of this view.

        :raises NoSuchTableError: the table was renamed, and its old name is not used again.
        """
        old = self.names.old_table(self.key(schema, table))
        if old is None:
            raise NoSuchTableError(table)
        return old

    def old_names(
        self, schema: str | None, names: Collection[str] | None
    ) -> Mapping[str | None, list[str] | None]:
        """Return the database's names of tables of this view, by their schemas.

        :return: ``None`` for all tables of a schema, some of which may be in another one here.
        """
        if names is None:
            return dict.fromkeys(self.old_schemas(schema))
        old: dict[str | None, list[str] | None] = {}
        for name in names:
            key = self.names.old_table(self.key(schema, name))
            if key is not None:
                of_schema = old.setdefault(key[0], [])
                assert of_schema is not None
                of_schema.append(key[1])
        return old

    def old_schemas(self, schema: str | None) -> list[str | None]:
        """Return the schemas of the database whose tables are in a schema of this view."""
        here = self.key(schema, "")[0]
        moved = [old[0] for old, new in self.names.tables.items() if new[0] == here]
        return list(dict.fromkeys(map(self.names.old_schema, (here, *moved))))

    def renamed(self, kind: str, old_key: TableKey, reflected: Any) -> Any:
        """Return what was reflected of a table, with the new names in it."""
        transform = _TRANSFORMS.get(kind)
        if transform is None or not reflected:
            return reflected
        if isinstance(reflected, list):
            return transform(self, old_key, [dict(item) for item in reflected])
        return transform(self, old_key, [dict(reflected)])[0]

    def new_index(self, old_key: TableKey, index: str) -> str:
        """Return what an index of a table is called here.

        To MySQL and MariaDB a unique constraint is an index, and has one name as both.
        """
        if self.dialect.name in MYSQL_FAMILY:
            index = self.names.new_constraint(old_key, index)
        return self.names.new_index(old_key, index)

    def new_constraint(self, old_key: TableKey, constraint: str) -> str:
        """Return what a constraint of a table is called here."""
        if self.dialect.name in MYSQL_FAMILY:
            return self.new_index(old_key, constraint)
        return self.names.new_constraint(old_key, constraint)

    def renamed_sql(self, old_key: TableKey, sql: str) -> str:
        """Return an expression over a table's columns, with the new names in it."""
        return rename_identifiers(
            sql,
            self.names.new_columns(old_key),
            self.dialect.identifier_preparer.quote,
            ignore_case=self.rules.columns_ignore_case,
        )


def _columns(
    view: RenamedInspector, old_key: TableKey, columns: list[Reflected]
) -> list[Reflected]:
    for column in columns:
        if computed := column.get("computed"):
            sql = view.renamed_sql(old_key, computed["sqltext"])
            column["computed"] = {**computed, "sqltext": sql}
    corrected_columns(view.old_side, view.names, old_key, columns)
    new_key = view.names.new_table(old_key)
    for column in columns:
        column["name"] = view.names.new_column(old_key, column["name"])
        corrected_enum(view, column, with_cast=view.has_cast(new_key, column["name"]))
    return columns


def _keys(view: RenamedInspector, old_key: TableKey, keys: list[Reflected]) -> list[Reflected]:
    for key in keys:
        if key.get("name"):
            key["name"] = view.new_constraint(old_key, key["name"])
        if key.get("duplicates_index"):
            key["duplicates_index"] = view.new_index(old_key, key["duplicates_index"])
        for field in ("constrained_columns", "column_names"):
            if field in key:
                key[field] = [view.names.new_column(old_key, name) for name in key[field]]
    return keys


def _foreign_keys(
    view: RenamedInspector, old_key: TableKey, foreign_keys: list[Reflected]
) -> list[Reflected]:
    for foreign_key in foreign_keys:
        schema, table = foreign_key["referred_schema"], foreign_key["referred_table"]
        parent = view.key(schema, table)
        columns = foreign_key["referred_columns"]
        new_schema, foreign_key["referred_table"] = view.new_table(schema, table)
        if new_schema != parent[0]:
            foreign_key["referred_schema"] = new_schema
        foreign_key["referred_columns"] = [view.names.new_column(parent, name) for name in columns]
    return _keys(view, old_key, foreign_keys)


def _indexes(
    view: RenamedInspector, old_key: TableKey, indexes: list[Reflected]
) -> list[Reflected]:
    names = view.names.new_columns(old_key)
    corrected_indexes(view, names, indexes)
    for index in indexes:
        if constraint := index.get("duplicates_constraint"):
            index["duplicates_constraint"] = view.new_constraint(old_key, constraint)
            index["name"] = view.new_constraint(old_key, index["name"])
        else:
            index["name"] = view.new_index(old_key, index["name"])
        index["column_names"] = [name and names.get(name, name) for name in index["column_names"]]
        if "expressions" in index:
            index["expressions"] = [
                view.renamed_sql(old_key, expression) for expression in index["expressions"]
            ]
        if "column_sorting" in index:
            index["column_sorting"] = _renamed_keys(index["column_sorting"], names)
        if "include_columns" in index:
            index["include_columns"] = [names.get(name, name) for name in index["include_columns"]]
        if "dialect_options" in index:
            index["dialect_options"] = {
                option: _index_option(view, old_key, option, value)
                for option, value in index["dialect_options"].items()
            }
    return indexes


def _index_option(view: RenamedInspector, old_key: TableKey, option: str, value: Any) -> Any:
    names = view.names.new_columns(old_key)
    if option.endswith("_where") and value is not None:
        sql = view.renamed_sql(old_key, str(value))
        return sql if isinstance(value, str) else text(sql)
    if option.endswith("_include"):
        return [names.get(name, name) for name in value]
    return _renamed_keys(value, names) if isinstance(value, dict) else value


def _renamed_keys(by_column: dict[str, Any], names: Any) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in by_column.items()}


def _checks(view: RenamedInspector, old_key: TableKey, checks: list[Reflected]) -> list[Reflected]:
    for check in checks:
        if check["name"]:
            check["name"] = view.new_constraint(old_key, check["name"])
        check["sqltext"] = view.renamed_sql(old_key, check["sqltext"])
    return checks


_TRANSFORMS: dict[str, Callable[[RenamedInspector, TableKey, list[Reflected]], list[Reflected]]] = {
    "columns": _columns,
    "pk_constraint": _keys,
    "foreign_keys": _foreign_keys,
    "indexes": _indexes,
    "unique_constraints": _keys,
    "check_constraints": _checks,
}
