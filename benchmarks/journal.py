"""An upgrade of many small statements on MariaDB: with its journal, and without.

Once as people run it, ``flask db upgrade``, and once ``upgrade()`` alone, which plain Alembic does
too. What is in the databases at the end is compared.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING
from unittest import mock

from alembic import command
from alembic.config import Config
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from measuring import alternate, child_environment, positive, print_comparison, print_versions
from sqlalchemy import NullPool, create_engine, inspect

from flask_migrate_decl import Migrate, upgrade
from flask_migrate_decl.environment import keeping_journal
from tests.servers import MariaDBServer, find_mariadb_binaries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_REVISIONS = 10
_SCRIPT = '''"""Revision {number}."""
import sqlalchemy as sa
from alembic import op

revision = "r{number}"
down_revision = {down!r}


def upgrade():
    op.create_table("t{number}", sa.Column("id", sa.Integer(), primary_key=True))
    for column in range({columns}):
        op.add_column("t{number}", sa.Column(f"c{{column}}", sa.Integer()))
        op.execute(f"INSERT INTO t{number} (c{{column}}) VALUES ({{column}})")
        op.create_index(f"ix_{number}_{{column}}", "t{number}", [f"c{{column}}"])
        op.execute(f"UPDATE t{number} SET c{{column}} = 1 WHERE id = {{column}}")


def downgrade():
    op.drop_table("t{number}")
'''
_APP = """import os

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import NullPool

from flask_migrate_decl import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"poolclass": NullPool}
Migrate(app, SQLAlchemy(app))
"""
_WITHOUT = """
from flask_migrate_decl.environment import keeping_journal

keeping_journal.is_journalled = lambda connection: False
"""
_ENVIRONMENT = """from alembic import context
from sqlalchemy import NullPool, create_engine

url = context.config.attributes["url"]
with create_engine(url, poolclass=NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


def write_history(folder: Path, columns: int) -> None:
    """Write the revisions."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "migrate.toml").write_text("")
    for number in range(1, _REVISIONS + 1):
        down = f"r{number - 1}" if number > 1 else None
        source = _SCRIPT.format(number=number, down=down, columns=columns)
        (versions / f"{number}.py").write_text(source)


def with_journal(folder: Path, url: str) -> None:
    """Upgrade as everybody does."""
    app = Flask("benchmark", root_path=str(folder))
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"poolclass": NullPool}
    Migrate(app, SQLAlchemy(app))
    with app.app_context():
        upgrade()


def without_journal(folder: Path, url: str) -> None:
    """Do the same, and write nothing down."""
    with mock.patch.object(keeping_journal, "is_journalled", return_value=False):
        with_journal(folder, url)


def plain_alembic(folder: Path, url: str) -> None:
    """Upgrade with Alembic alone."""
    (folder / "migrations" / "env.py").write_text(_ENVIRONMENT)
    config = Config()
    config.set_main_option("script_location", str(folder / "migrations"))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def run_command(app: str, variables: Mapping[str, str], folder: Path, url: str) -> None:
    """Run ``flask db upgrade``.

    :param app: the text of the app's module.
    """
    (folder / "app.py").write_text(app)
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "db", "upgrade"],
        cwd=folder,
        env={**variables, "DATABASE_URL": url},
        check=True,
        capture_output=True,
    )


class DurableServer(MariaDBServer):
    """A server with MariaDB's own settings, under which a commit waits for the disk."""

    hurry = ()


class Databases:
    """The databases of one run after another, all empty at first."""

    def __init__(self, server: MariaDBServer, columns: int) -> None:
        self.server = server
        self.columns = columns
        self.contents: set[str] = set()

    def run(self, way: Callable[[Path, str], None]) -> float:
        """Upgrade one in a way, and return the milliseconds."""
        url = self.server.new_database()
        with TemporaryDirectory(prefix="journal-") as name:
            write_history(Path(name), self.columns)
            start = perf_counter()
            way(Path(name), url)
            took = (perf_counter() - start) * 1000
        self.contents.add(self._content(url))
        self.server.drop_database(url)
        return took

    def _content(self, url: str) -> str:
        with create_engine(url, poolclass=NullPool).connect() as connection:
            names = sorted(set(inspect(connection).get_table_names()))
            tables = [name for name in names if not name.startswith("alembic_version_")]
            return repr(
                [
                    (name, connection.exec_driver_sql(f"SELECT * FROM {name}").fetchall())
                    for name in tables
                ]
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=positive, default=5)
    parser.add_argument("--statements", type=positive, default=500)
    parser.add_argument(
        "--hurry", action="store_true", help="let the server not wait for the disk, as tests do"
    )
    given = parser.parse_args(arguments)
    binaries = find_mariadb_binaries()
    if binaries is None:
        print("MariaDB is not installed")
        return
    print_versions()
    server = MariaDBServer(binaries) if given.hurry else DurableServer(binaries)
    server.start()
    databases = Databases(server, max(1, given.statements // _REVISIONS // 4))
    work = f"{_REVISIONS} revisions, some {given.statements} statements (ms)"
    with child_environment() as variables:
        compare(
            f"flask db upgrade of {work}",
            databases,
            {
                "with the journal": partial(run_command, _APP, variables),
                "without": partial(run_command, _APP + _WITHOUT, variables),
            },
            given.rounds,
        )
    compare(
        f"upgrade() of {work}",
        databases,
        {
            "with the journal": with_journal,
            "without": without_journal,
            "plain Alembic": plain_alembic,
        },
        given.rounds,
    )
    server.stop()
    assert len(databases.contents) == 1, "the databases differ"
    print("what is in the databases is the same in all runs")


def compare(
    title: str, databases: Databases, ways: Mapping[str, Callable[[Path, str], None]], rounds: int
) -> None:
    """Measure some ways of doing the same, and print their ratios to the one without a journal."""
    samples = alternate({label: partial(databases.run, way) for label, way in ways.items()}, rounds)
    print_comparison(title, samples, "without")


if __name__ == "__main__":
    main()
