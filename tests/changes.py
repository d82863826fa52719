"""Cases of renames, each a folder: models before and after, hints, and what comes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy
import tomli
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Enum, Integer, Numeric, Table

from tests.project import App, Define, Project, Rows

FOLDER = Path(__file__).parent / "rename_cases"
CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
Models = Mapping[str, Mapping[str, Any]]
"""Tables, in a schema where one stands before a slash, with their columns as Python.

Each has an ``id``, and what stands under ``+`` beside its columns.
"""


@dataclass
class Case:
    """One change of a project's models.

    :param about: what of the contract it shows.
    :param earlier: versions of the models before those, each with the hints that came with it.
    :param hints: of all versions, as the last one has them.
    :param setup: SQL that is run on the new database.
    :param sql: SQL that is run before the change.
    :param gone: columns that the change drops, by their tables' old names.
    :param exit_code: of the command that writes the change's revision.
    :param convention: the models have a naming convention.
    :param own_rows: the rows to begin with, for tables that can't have made-up ones.
    """

    name: str
    about: str
    before: Models
    after: Models
    hints: str = ""
    options: str = ""
    databases: Sequence[str] = ("sqlite",)
    earlier: Sequence[Mapping[str, Any]] = ()
    setup: Sequence[str] = ()
    sql: Sequence[str] = ()
    schemas: Sequence[str] = ()
    gone: Sequence[str] = ()
    convention: bool = False
    exit_code: int = 0
    own_rows: Rows = field(default_factory=dict)

    def app(self, project: Project, models: Models, hints: str | None) -> App:
        """Make the app of one version, with its configuration."""
        if hints is not None:
            schemas = "include_schemas = true\n" if self.schemas else ""
            project.configure(f"{schemas}{self.options}\n[renames]\n{hints}")
        convention = CONVENTION if self.convention else None
        return project.app(defining(models), naming_convention=convention)


def cases() -> Iterator[Case]:
    """Read all cases."""
    for folder in sorted(FOLDER.iterdir()):
        yield Case(folder.name, **tomli.loads((folder / "case.toml").read_text(encoding="utf-8")))


def defining(models: Models) -> Define:
    """Return what defines the tables of models."""

    def define(db: SQLAlchemy) -> None:
        for name, parts in models.items():
            schema, _, table = name.rpartition("/")
            columns = {column: of for column, of in parts.items() if column != "+"}
            others = [_evaluated(of, db) for of in parts.get("+", [])]
            made = [_evaluated(f"Column({column!r}, {of})", db) for column, of in columns.items()]
            if "id" not in parts and "primary_key" not in str(parts):
                made.insert(0, Column("id", Integer, primary_key=True))
            db.Table(table, *made, *others, schema=schema or None)

    return define


def _evaluated(source: str, db: SQLAlchemy) -> Any:
    return eval(source, vars(sqlalchemy) | {"metadata": db.metadata})


def insert_rows(app: App, own_rows: Rows) -> None:
    """Give every table two rows."""
    made = {table.key: _rows_of(table) for table in app.db.metadata.sorted_tables}
    app.insert(made | own_rows)


def _rows_of(table: Table) -> list[dict[str, Any]]:
    columns = [column for column in table.columns if column.computed is None]
    return [{column.name: _value(column, number) for column in columns} for number in (1, 2)]


def _value(column: Column[Any], number: int) -> Any:
    if isinstance(column.type, Enum):
        return column.type.enums[number - 1]
    if isinstance(column.type, Integer | Numeric):
        return number
    return f"{column.name} {number}"


def all_rows(app: App, schemas: Sequence[str]) -> Rows:
    """Return the rows of every table."""
    found = app.rows()
    for schema in schemas:
        with app.connect() as connection:
            if schema not in sqlalchemy.inspect(connection).get_schema_names():
                continue
        found |= {f"{schema}.{name}": rows for name, rows in app.rows(schema).items()}
    return found


def without(rows: Rows, gone: Sequence[str]) -> Rows:
    """Leave columns out."""
    return {
        table: [{c: v for c, v in row.items() if f"{table}.{c}" not in gone} for row in of_table]
        for table, of_table in rows.items()
    }


def differences(app: App, schemas: Sequence[str]) -> list[Any]:
    """Return what plain Alembic finds between the database and the models."""
    with app.connect() as connection:
        options = {"include_schemas": bool(schemas)}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, app.db.metadata))


def bodies(script: str) -> tuple[str, str]:
    """Return what stands in ``upgrade()`` and in ``downgrade()``."""
    _, _, rest = script.partition("def upgrade()")
    upgrade, _, downgrade = rest.partition("def downgrade()")
    return _body(upgrade), _body(downgrade)


def _body(text: str) -> str:
    lines = text.splitlines()[1:]
    kept = [line for line in lines if line.strip() and "please adjust" not in line]
    return "\n".join(line.removeprefix("    ") for line in kept if "end Alembic" not in line)
