"""Renaming a column or an index of a large table, on every database that can be started here.

A column: our rename against what stock Alembic leaves, which is to add a column, copy the values
and drop the old one; on SQLite to copy the table in a batch. An index: ``op.rename_index`` against
dropping and creating it. SQLite has no statement that renames an index, so there both do the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from measuring import alternate, positive, print_comparison, print_versions
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    NullPool,
    String,
    Table,
    create_engine,
    inspect,
)

import flask_migrate_decl.operations  # noqa: F401
from flask_migrate_decl.autogenerate import ATTRIBUTE, DeclaredRenames, register
from flask_migrate_decl.renames import Renames
from tests.servers import (
    DatabaseServer,
    MariaDBServer,
    PostgresServer,
    find_mariadb_binaries,
    find_postgres_binaries,
)

Script = Callable[[Operations], None]

_FILL = {
    "postgresql": "INSERT INTO item SELECT n, 'item ' || n, {rows} - n, 'a note'"
    " FROM generate_series(1, {rows}) AS n",
    "mariadb": "INSERT INTO item SELECT seq, CONCAT('item ', seq), {rows} - seq, 'a note'"
    " FROM seq_1_to_{rows}",
    "sqlite": "WITH RECURSIVE numbers (n) AS"
    " (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})"
    " INSERT INTO item SELECT n, 'item ' || n, {rows} - n, 'a note' FROM numbers",
}
_VERSION = {
    "postgresql": "SHOW server_version",
    "mariadb": "SELECT version()",
    "sqlite": "SELECT sqlite_version()",
}


@dataclass(frozen=True)
class Names:
    """What the table's column and index are called."""

    column: str = "name"
    index: str = "ix_code"


@dataclass(frozen=True)
class Change:
    """A change of one name, as we and as stock Alembic carry it out.

    :param back: our own way back, which is not measured.
    :param stock: by the label of the measurements.
    """

    title: str
    names: Names
    ours: Script
    back: Script
    stock: tuple[str, Script]


@dataclass(frozen=True)
class Database:
    """A database with the large table."""

    engine: Engine
    rows: int

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    def fill(self) -> None:
        """Make the table, and its index once the rows are there."""
        table = Table(
            "item",
            MetaData(),
            Column("id", Integer, primary_key=True, autoincrement=False),
            Column("name", String(80)),
            Column("code", Integer, nullable=False),
            Column("note", String(80)),
        )
        with self.engine.begin() as connection:
            table.create(connection)
            connection.exec_driver_sql(_FILL[self.dialect].format(rows=self.rows))
            Operations(MigrationContext.configure(connection)).create_index(
                "ix_code", "item", ["code"]
            )
        self.settle()
        self.check(Names())

    def run(self, script: Script, *, of_this_package: bool) -> float:
        """Run a script in a transaction and return what it took, in milliseconds."""
        with self.engine.connect() as connection:
            operations = Operations(_context(connection, of_this_package=of_this_package))
            begin = perf_counter()
            script(operations)
            connection.commit()
            return (perf_counter() - begin) * 1000

    def check(self, names: Names) -> None:
        """Make sure that the names are as they are to be, and that no value was lost."""
        inspector = inspect(self.engine)
        found = {column["name"] for column in inspector.get_columns("item")}
        indexes = {index["name"]: index["column_names"] for index in inspector.get_indexes("item")}
        with self.engine.connect() as connection:
            values = connection.exec_driver_sql(f"SELECT count({names.column}) FROM item").scalar()
        expected = {"id", names.column, "code", "note"}, {names.index: ["code"]}, self.rows
        if (found, indexes, values) != expected:
            raise SystemExit(f"{self.dialect}: {(found, indexes, values)} instead of {expected}")

    def settle(self) -> None:
        """Clear the rows away that a copy leaves on PostgreSQL, so that no run pays for another."""
        if self.dialect == "postgresql":
            engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE item")


def _context(connection: Connection, *, of_this_package: bool) -> MigrationContext:
    """Give what a script runs in: Alembic's own, or the one that ``flask db upgrade`` makes."""
    if not of_this_package:
        return MigrationContext.configure(connection)
    config = Config()
    config.attributes[ATTRIBUTE] = DeclaredRenames(Renames())
    environment = EnvironmentContext(config, ScriptDirectory(str(Path(__file__).parent)))
    return MigrationContext.configure(connection, environment_context=environment)


def rename_column(old: str, new: str, op: Operations) -> None:
    """Do what our generated script does."""
    op.alter_column(
        "item",
        old,
        new_column_name=new,
        existing_type=String(80),
        existing_nullable=True,
    )


def copy_column(op: Operations) -> None:
    op.add_column("item", Column("title", String(80)))
    op.execute("UPDATE item SET title = name")
    op.drop_column("item", "name")


def batch_column(op: Operations) -> None:
    with op.batch_alter_table("item") as batch_op:
        batch_op.alter_column("name", new_column_name="title", existing_type=String(80))


def rename_index(old: str, new: str, op: Operations) -> None:
    op.rename_index(old, new, table_name="item")  # type: ignore[attr-defined]


def create_index_anew(op: Operations) -> None:
    op.drop_index("ix_code", table_name="item")
    op.create_index("ix_number", "item", ["code"])


def changes(dialect: str) -> Iterator[Change]:
    on_sqlite = dialect == "sqlite"
    yield Change(
        "a column",
        Names(column="title"),
        partial(rename_column, "name", "title"),
        partial(rename_column, "title", "name"),
        ("stock, in a batch", batch_column) if on_sqlite else ("stock, by a copy", copy_column),
    )
    yield Change(
        "an index (made anew by both)" if on_sqlite else "an index",
        Names(index="ix_number"),
        partial(rename_index, "ix_code", "ix_number"),
        partial(rename_index, "ix_number", "ix_code"),
        ("stock, drop and create", create_index_anew),
    )


def measure(database: Database, change: Change, script: Script, *, of_this_package: bool) -> float:
    """Carry a change out, check it, and undo it."""
    milliseconds = database.run(script, of_this_package=of_this_package)
    database.check(change.names)
    database.run(change.back, of_this_package=True)
    database.settle()
    return milliseconds


def compare(database: Database, rounds: int) -> None:
    """Measure and print all changes on one database."""
    database.fill()
    with database.engine.connect() as connection:
        version = connection.exec_driver_sql(_VERSION[database.dialect]).scalar()
    for change in changes(database.dialect):
        label, stock = change.stock
        runs = {
            "our rename": partial(measure, database, change, change.ours, of_this_package=True),
            label: partial(measure, database, change, stock, of_this_package=False),
        }
        print_comparison(
            f"{database.dialect} {version}: {change.title} of {database.rows} rows,"
            f" ms, median of {rounds}",
            alternate(runs, rounds),
            label,
        )


def postgres() -> DatabaseServer | None:
    binaries = find_postgres_binaries()
    return PostgresServer(binaries) if binaries else None


def mariadb() -> DatabaseServer | None:
    binaries = find_mariadb_binaries()
    return MariaDBServer(binaries) if binaries else None


SERVERS: Mapping[str, Callable[[], DatabaseServer | None]] = {
    "postgresql": postgres,
    "mariadb": mariadb,
}


@contextmanager
def database_url(name: str) -> Iterator[str | None]:
    """Give the URL of a new database, or ``None`` where its server is not installed."""
    if name == "sqlite":
        with TemporaryDirectory(prefix="large-table-") as folder:
            yield f"sqlite:///{folder}/app.db"
        return
    server = SERVERS[name]()
    if server is None:
        yield None
        return
    server.start()
    try:
        yield server.new_database()
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=positive, default=2_000_000, help="default 2000000")
    parser.add_argument("--rounds", type=positive, default=3, help="runs of each (default 3)")
    parser.add_argument("--database", choices=("sqlite", *SERVERS), help="default: all of them")
    given = parser.parse_args()
    register()
    print_versions()
    for name in [given.database] if given.database else ["sqlite", *SERVERS]:
        with database_url(name) as url:
            if url is None:
                print(f"{name}: skipped, as its server is not installed\n")
                continue
            compare(Database(create_engine(url, poolclass=NullPool), given.rows), given.rounds)


if __name__ == "__main__":
    main()
