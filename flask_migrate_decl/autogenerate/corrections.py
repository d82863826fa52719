"""Where a database keeps an old name that it would carry along, or keeps none at all."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from flask_migrate_decl.operations.statements import MYSQL_FAMILY
from flask_migrate_decl.renames import Kind, NameRules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Dialect
    from sqlalchemy.engine import Inspector

    from flask_migrate_decl.renames import NameMap, TableKey

_NEXTVAL = re.compile(r"nextval\('(.+?)'::regclass\)")
_CHECKED_COLUMN = re.compile(r"^\s*`((?:[^`]|``)+)` .* CHECK \(", re.MULTILINE)
_NAME_PART = re.compile(r'"(?:[^"]|"")*"|[^".]+')


def name_rules(connection: Connection) -> NameRules:
    """Return how a database compares and bounds names.

    MySQL and MariaDB fold the names of tables where ``lower_case_table_names`` says so.
    """
    rules = unconnected_name_rules(connection.dialect)
    if connection.dialect.name not in MYSQL_FAMILY:
        return rules
    folds = bool(connection.scalar(text("SELECT @@lower_case_table_names")))
    return replace(rules, tables_ignore_case=folds)


def unconnected_name_rules(dialect: Dialect) -> NameRules:
    """Return what the kind of a database says of the names in it.

    PostgreSQL cuts a longer name at 63 bytes without a word
    (https://www.postgresql.org/docs/current/limits.html); MySQL and MariaDB refuse names of more
    than 64 characters, and fold the names of columns. SQLite folds all and has no limit.
    """
    if dialect.name == "sqlite":
        return NameRules(tables_ignore_case=True, columns_ignore_case=True)
    if dialect.name in MYSQL_FAMILY:
        # InnoDB wants the name of a foreign key but once in a schema.
        return NameRules(
            columns_ignore_case=True, max_length=64, shared_in_schema=frozenset({Kind.CONSTRAINT})
        )
    return NameRules(
        shared_in_schema=frozenset({Kind.CONSTRAINT, Kind.INDEX}),
        max_length=dialect.max_identifier_length,
        length_in_bytes=dialect.name == "postgresql",
    )


def corrected_columns(
    inspector: Inspector, names: NameMap, table: TableKey, columns: list[dict[str, Any]]
) -> None:
    """Show the sequences of PostgreSQL's columns as Alembic knows them after the renames.

    Alembic knows a SERIAL by its sequence's owner, and looks for the sequence and its owner by
    their names in the catalogue. Those are still the old ones, so the default would look like one
    that the models lack, and would be dropped.

    :param inspector: of the database as it is.
    """
    if inspector.dialect.name != "postgresql":
        return
    renamed = names.new_columns(table)
    for column in columns:
        match = _NEXTVAL.search(column.get("default") or "")
        if match is None:
            continue
        sequence = _new_sequence(inspector, names, match.group(1))
        if column["name"] not in renamed and sequence is None:
            continue
        if _owns_its_sequence(inspector, table, column["name"], match.group(1)):
            column["default"] = None
        elif sequence is not None:
            # With its cast to regclass, Alembic would ask the database for the new name.
            column["default"] = f"nextval('{sequence}')"


def _new_sequence(inspector: Inspector, names: NameMap, quoted: str) -> str | None:
    """Return the new name of a sequence, ``None`` where it keeps its own."""
    parts = [
        part[1:-1].replace('""', '"') if part.startswith('"') else part
        for part in _NAME_PART.findall(quoted)
    ]
    schema = parts[0] if len(parts) == 2 else None
    old = (None if schema == inspector.default_schema_name else schema, parts[-1])
    new = names.new_sequence(old)
    if new == old:
        return None
    quote = inspector.dialect.identifier_preparer.quote
    return ".".join(quote(part) for part in new if part)


def _owns_its_sequence(inspector: Inspector, table: TableKey, column: str, sequence: str) -> bool:
    if not isinstance(inspector.bind, Connection):
        return False
    schema, name = table
    return bool(
        inspector.bind.scalar(
            text(
                "SELECT pg_get_serial_sequence(:table, :column)::regclass"
                " = CAST(:sequence AS regclass)"
            ),
            {
                "table": ".".join(_quoted(part) for part in (schema, name) if part),
                "column": column,
                "sequence": sequence,
            },
        )
    )


def _quoted(name: str) -> str:
    """Quote a name for a value: a dialect's quoting is for statements, and doubles ``%``."""
    return '"' + name.replace('"', '""') + '"'


def corrected_indexes(
    inspector: Inspector, names: Mapping[str, str], indexes: list[dict[str, Any]]
) -> None:
    """Let the index that MySQL and MariaDB make for an unnamed foreign key follow its column.

    They name it after the column, and Alembic knows it by that. Our environment renames it
    together with the column.
    """
    if inspector.dialect.name not in MYSQL_FAMILY:
        return
    following = [index for index in indexes if index_follows_column(index, indexes, names)]
    for index in following:
        index["name"] = names[index["name"]]


def index_follows_column(
    index: Mapping[str, Any], indexes: Iterable[Mapping[str, Any]], names: Mapping[str, str]
) -> bool:
    """Tell whether an index bears the name of a renamed column, and can bear the new one.

    :param indexes: all indexes of the table.
    :param names: the renamed columns, old name to new name.
    """
    new = names.get(index["name"])
    if new is None or index["unique"] or index["name"] not in index["column_names"]:
        return False
    others = (other["name"] for other in indexes if other["name"] != index["name"])
    taken = {"primary", *(name.lower() for name in others)}
    return new.lower() not in taken


def columns_with_checks(connection: Connection, table: TableKey) -> set[str]:
    """Return the columns of MariaDB's table of which a check is part, as of JSON.

    Only the table's own statement tells them from the checks of the table.
    """
    if connection.dialect.name not in MYSQL_FAMILY:
        return set()
    name = ".".join(ticked(part) for part in table if part)
    show = text(f"SHOW CREATE TABLE {name}".replace(":", "\\:"))
    statement = connection.execute(show).fetchone()
    found = _CHECKED_COLUMN.finditer(statement[1]) if statement else ()
    return {match[1].replace("``", "`") for match in found}


def ticked(name: str) -> str:
    """Quote a name as MySQL and MariaDB do; a dialect's own quoting may double percent signs."""
    return "`" + name.replace("`", "``") + "`"
