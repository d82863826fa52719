"""The SQL by which each database gives something another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import DDLCompiler

MYSQL_FAMILY = frozenset({"mysql", "mariadb"})

INDEX = "index"
CONSTRAINT = "constraint"
ENUM = "enum"
ENUM_VALUE = "enum value"
SEQUENCE = "sequence"
SCHEMA = "schema"
TABLE_SCHEMA = "schema of the table"

_RENAME_TABLE = "RENAME TABLE {old} TO {new_in_schema}"
_MYSQL = {
    INDEX: "ALTER TABLE {table} RENAME INDEX {old_name} TO {new}",
    # A unique constraint is an index; the others are dropped and added.
    CONSTRAINT: "ALTER TABLE {table} RENAME INDEX {old_name} TO {new}",
    TABLE_SCHEMA: "RENAME TABLE {old} TO {old_in_new}",
}
_SQL = {
    "postgresql": {
        INDEX: "ALTER INDEX {old} RENAME TO {new}",
        CONSTRAINT: "ALTER TABLE {table} RENAME CONSTRAINT {old_name} TO {new}",
        ENUM: "ALTER TYPE {old} RENAME TO {new}",
        ENUM_VALUE: "ALTER TYPE {table} RENAME VALUE {old_text} TO {new_text}",
        SEQUENCE: "ALTER SEQUENCE {old} RENAME TO {new}",
        SCHEMA: "ALTER SCHEMA {old_name} RENAME TO {new}",
        TABLE_SCHEMA: "ALTER TABLE {old} SET SCHEMA {new}",
    },
    "mysql": _MYSQL,
    "mariadb": _MYSQL | {SEQUENCE: _RENAME_TABLE},
    "mssql": {
        INDEX: "EXEC sp_rename {path_text}, {new_text}, 'INDEX'",
        CONSTRAINT: "EXEC sp_rename {old_in_text}, {new_text}, 'OBJECT'",
        SEQUENCE: "EXEC sp_rename {old_in_text}, {new_text}, 'OBJECT'",
        TABLE_SCHEMA: "ALTER SCHEMA {new} TRANSFER {old}",
    },
    "oracle": {
        INDEX: "ALTER INDEX {old} RENAME TO {new}",
        CONSTRAINT: "ALTER TABLE {table} RENAME CONSTRAINT {old_name} TO {new}",
        SEQUENCE: "RENAME {old_name} TO {new}",
    },
}


def has_statement(dialect: str, kind: str) -> bool:
    """Tell whether a database has a statement that renames a kind of thing."""
    return kind in _SQL.get(dialect, {})


class Rename(DDLElement):
    """A statement that gives something another name.

    :param kind: one of this module's constants.
    :param table: the table, or for a label the enum type, that it belongs to.
    """

    inherit_cache = False

    def __init__(
        self, kind: str, old: str, new: str, *, table: str | None = None, schema: str | None = None
    ) -> None:
        self.kind = kind
        self.old = old
        self.new = new
        self.table = table
        self.schema = schema


@compiles(Rename)  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _compile_rename(element: Rename, compiler: DDLCompiler, **_kw: object) -> str:
    quote = compiler.preparer.quote

    def in_schema(name: str) -> str:
        return f"{quote(element.schema)}.{quote(name)}" if element.schema else quote(name)

    def text(value: str) -> str:
        return compiler.sql_compiler.render_literal_value(value, String())

    table = in_schema(element.table) if element.table else ""
    return _SQL[compiler.dialect.name][element.kind].format(
        old=in_schema(element.old),
        old_name=quote(element.old),
        old_text=text(element.old),
        old_in_text=text(in_schema(element.old)),
        old_in_new=f"{quote(element.new)}.{quote(element.old)}",
        new=quote(element.new),
        new_text=text(element.new),
        new_in_schema=in_schema(element.new),
        table=table,
        path_text=text(f"{table}.{quote(element.old)}"),
    )
