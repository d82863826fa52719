"""Rows that satisfy a schema's constraints, and rows by what they are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.laws.shapes import TYPES, Column, ForeignKey, Schema, Table
from tests.project import App

Rows = Mapping[int, Sequence[Mapping[int, Any]]]
"""By the id of a table, its rows by the ids of their columns."""


def rows_of(schema: Schema) -> Rows:
    """Make as many rows as each table is to have."""
    made: dict[int, list[dict[int, Any]]] = {}
    for table in schema.tables:
        made[table.id] = []
        for number in range(table.rows):
            row = {column.id: _value(column, number) for column in table.columns}
            made[table.id].append(row)
            for key in table.foreign_keys:
                row.update(_parent_values(table, key, made, number))
    return made


def _value(column: Column, number: int) -> Any:
    if column.has_nulls and number % 2 == 0:
        return None
    return TYPES[column.type].value(number + 1)


def _parent_values(table: Table, key: ForeignKey, rows: Rows, number: int) -> Mapping[int, Any]:
    """Point to the row of the same number, or to the first one where that is none."""
    parents = rows[key.parent]
    has_nulls = table.column(key.columns[0]).has_nulls
    if not parents or (has_nulls and number % 2 == 0):
        return dict.fromkeys(key.columns)
    parent = parents[number % len(parents)]
    return {
        own: parent[theirs] for own, theirs in zip(key.columns, key.parent_columns, strict=True)
    }


def insert(app: App, schema: Schema, rows: Rows) -> None:
    """Insert rows by the models of a schema."""
    with app.connect() as connection:
        for table in schema.tables:
            values = [{table.names[n]: value for n, value in row.items()} for row in rows[table.id]]
            if values:
                connection.execute(app.db.metadata.tables[table.name].insert(), values)


def read(app: App, schema: Schema) -> Rows:
    """Return all rows, by the models of a schema."""
    found: dict[int, list[Mapping[int, Any]]] = {}
    with app.connect() as connection:
        for table in schema.tables:
            selected = connection.execute(app.db.metadata.tables[table.name].select())
            ids = [column.id for column in table.columns]
            rows = [dict(zip(ids, row, strict=True)) for row in selected]
            found[table.id] = sorted(rows, key=repr)
    return found


def kept(rows: Rows, schema: Schema) -> Rows:
    """Return of rows what is in tables and columns that a schema has as well."""
    names = {table.id: table.names for table in schema.tables}
    return {
        table: sorted(
            ({n: value for n, value in row.items() if n in names[table]} for row in found), key=repr
        )
        for table, found in rows.items()
        if table in names
    }
