"""A constraint of MySQL or MariaDB under another name: dropped and added in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.ddl.base import AlterTable, alter_table
from sqlalchemy.ext.compiler import compiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.sql.compiler import DDLCompiler

    from flask_migrate_decl.operations.directives import RenameConstraintOp


class ReplaceConstraint(AlterTable):
    """``ALTER TABLE … DROP …, ADD CONSTRAINT …``: no row is ever without it.

    :param constraint: the foreign key or check, as it was reflected.
    """

    inherit_cache = False

    def __init__(self, operation: RenameConstraintOp, constraint: Mapping[str, Any]) -> None:
        super().__init__(operation.table, schema=operation.schema)
        self.old = operation.old
        self.new = operation.new
        self.constraint = constraint


@compiles(ReplaceConstraint)  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _compile_replacement(element: ReplaceConstraint, compiler: DDLCompiler, **_kw: object) -> str:
    quote = compiler.preparer.quote
    table = alter_table(compiler, element.table_name, element.schema)
    add = f"ADD CONSTRAINT {quote(element.new)}"
    if "sqltext" in element.constraint:
        check = _escaped(element.constraint["sqltext"], compiler)
        return f"{table} DROP CONSTRAINT {quote(element.old)}, {add} CHECK ({check})"
    return f"{table} DROP FOREIGN KEY {quote(element.old)}, {add} {_foreign_key(element, compiler)}"


def _foreign_key(element: ReplaceConstraint, compiler: DDLCompiler) -> str:
    quote, key = compiler.preparer.quote, element.constraint
    parent = quote(key["referred_table"])
    if key["referred_schema"]:
        parent = f"{quote(key['referred_schema'])}.{parent}"
    actions = "".join(
        f" ON {event} {key['options'][option]}"
        for event, option in (("DELETE", "ondelete"), ("UPDATE", "onupdate"))
        if key.get("options", {}).get(option)
    )
    own = _listed(key["constrained_columns"], compiler)
    referred = _listed(key["referred_columns"], compiler)
    return f"FOREIGN KEY ({own}) REFERENCES {parent} ({referred}){actions}"


def _listed(names: Sequence[str], compiler: DDLCompiler) -> str:
    return ", ".join(map(compiler.preparer.quote, names))


def _escaped(sql: str, compiler: DDLCompiler) -> str:
    """Double what the driver would take for a parameter, as quoted names have it already."""
    return sql.replace("%", "%%") if "%%" in compiler.preparer.quote("%") else sql
