"""``upgrade()`` of many databases with a history each: in several processes, and one at a time.

Twenty SQLite databases, and four of PostgreSQL where its server is installed. Each revision makes a
table with an index, fills it, and changes the rows of the one before. What is in the databases at
the end is compared.
"""

from __future__ import annotations

import argparse
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from measuring import alternate, positive, print_comparison, print_versions
from sqlalchemy import Engine, NullPool, create_engine, inspect

from flask_migrate_decl import Migrate, upgrade
from tests.servers import PostgresServer, find_postgres_binaries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_REVISIONS = 10
_SCRIPT = '''"""Revision {number}."""
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}


def upgrade():
    table = op.create_table(
        "t{number}",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
    )
    op.create_index("ix_t{number}", "t{number}", ["name"])
    op.bulk_insert(table, [{{"id": n, "name": f"name {{n}}"}} for n in range({rows})])
    {change}


def downgrade():
    op.drop_table("t{number}")
'''


def write_history(folder: Path, bind: str, rows: int) -> None:
    """Write the revisions of one database."""
    folder.mkdir(parents=True)
    for number in range(1, _REVISIONS + 1):
        down = f"{bind}_{number - 1}" if number > 1 else None
        change = f"op.execute(\"UPDATE t{number - 1} SET name = 'changed' WHERE id % 3 = 0\")"
        source = _SCRIPT.format(
            number=number,
            revision=f"{bind}_{number}",
            down=down,
            rows=rows,
            change=change if number > 1 else "pass",
        )
        (folder / f"{number}.py").write_text(source)


def make_app(folder: Path, urls: dict[str, str]) -> Flask:
    """Make an app with these databases."""
    tables = [f'[binds.{bind}]\ndirectory = "histories/{bind}"' for bind in urls]
    section = "\n".join(["binds.default.enabled = false", *tables])
    (folder / "migrate.toml").write_text(section)
    app = Flask("benchmark", root_path=str(folder))
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    binds = {bind: {"url": url, "poolclass": NullPool} for bind, url in urls.items()}
    app.config["SQLALCHEMY_BINDS"] = binds
    db = SQLAlchemy(app)
    Migrate(app, db)
    return app


def content(engine: Engine) -> str:
    """Return a digest of all rows of all tables."""
    digest = sha256()
    with engine.connect() as connection:
        for table in sorted(inspect(connection).get_table_names()):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1").fetchall()
            digest.update(f"{table}: {[tuple(row) for row in rows]}\n".encode())
    return digest.hexdigest()


class Databases:
    """The databases of one run after another, all empty at first.

    :param server: ``None`` where PostgreSQL is not installed.
    """

    def __init__(self, server: PostgresServer | None, binds: tuple[int, int], rows: int) -> None:
        self.server = server
        self.lite, self.postgres = binds
        self.rows = rows
        self.contents: set[tuple[str, ...]] = set()

    @contextmanager
    def urls(self, folder: Path) -> Iterator[dict[str, str]]:
        """Give the URLs by bind."""
        urls = {f"lite{n}": f"sqlite:///{folder}/{n}.db" for n in range(self.lite)}
        server = self.server
        made = [server.new_database() for _ in range(self.postgres)] if server else []
        yield urls | {f"postgres{n}": url for n, url in enumerate(made)}
        if server is not None:
            for url in made:
                server.drop_database(url)

    def run(self, jobs: int | None) -> float:
        """Upgrade them all, and return the milliseconds."""
        with TemporaryDirectory(prefix="jobs-") as name, self.urls(Path(name)) as urls:
            folder = Path(name)
            for bind in urls:
                write_history(folder / "histories" / bind / "versions", bind, self.rows)
            with make_app(folder, urls).app_context():
                start = perf_counter()
                upgrade(jobs=jobs)
                took = (perf_counter() - start) * 1000
            engines = [create_engine(url, poolclass=NullPool) for url in urls.values()]
            self.contents.add(tuple(map(content, engines)))
            return took


@contextmanager
def started_server() -> Iterator[PostgresServer | None]:
    """Give a private server, where it is installed."""
    binaries = find_postgres_binaries()
    if binaries is None:
        print("PostgreSQL is not installed: SQLite alone")
        yield None
        return
    server = PostgresServer(binaries)
    server.start()
    yield server
    server.stop()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=positive, default=5)
    parser.add_argument("--jobs", type=positive, default=4)
    parser.add_argument("--rows", type=positive, default=2000, help="of each table")
    parser.add_argument("--sqlite", type=positive, default=20)
    parser.add_argument("--postgres", type=positive, default=4)
    given = parser.parse_args(arguments)
    print_versions()
    with started_server() as server:
        databases = Databases(server, (given.sqlite, given.postgres), given.rows)
        at_once, one_by_one = f"--jobs {given.jobs}", "one at a time"
        contestants = {
            at_once: partial(databases.run, given.jobs),
            one_by_one: partial(databases.run, None),
        }
        samples = alternate(contestants, given.rounds)
    assert len(databases.contents) == 1, "the databases differ"
    title = f"upgrade() of {_REVISIONS} revisions, {given.rows} rows each (ms)"
    print_comparison(title, samples, one_by_one)
    print("what is in the databases is the same in all runs")


if __name__ == "__main__":
    main()
