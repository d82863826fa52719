"""The counter of AUTOINCREMENT, by which no number is given twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_migrate_decl.databases.recreate.tokens import quoted

if TYPE_CHECKING:
    from sqlalchemy import Connection


def counter(connection: Connection, schema: str | None, table: str) -> int | None:
    """Return the highest number that a table has given, ``None`` where it does not count."""
    catalog = quoted(schema or "main")
    exists = f"SELECT 1 FROM {catalog}.sqlite_master WHERE name = 'sqlite_sequence'"
    if not connection.exec_driver_sql(exists).fetchall():
        return None
    rows = connection.exec_driver_sql(
        f"SELECT seq FROM {catalog}.sqlite_sequence WHERE name = ? COLLATE NOCASE", (table,)
    ).fetchall()
    return int(rows[0][0]) if rows else None


def restore_counter(connection: Connection, schema: str | None, table: str, value: int) -> None:
    """Let a table go on from a number, or from a higher one that it has given already."""
    now = counter(connection, schema, table)
    sequences = f"{quoted(schema or 'main')}.sqlite_sequence"
    if now is None:
        connection.exec_driver_sql(
            f"INSERT INTO {sequences} (name, seq) VALUES (?, ?)", (table, value)
        )
    elif now < value:
        connection.exec_driver_sql(
            f"UPDATE {sequences} SET seq = ? WHERE name = ? COLLATE NOCASE", (value, table)
        )
