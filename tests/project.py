"""A Flask project in a temporary folder, and the real commands in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import Result
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, NullPool, Pool, event, inspect, text

from flask_migrate_decl import Migrate

NEEDS_SQLALCHEMY_2_1 = pytest.mark.skipif(
    sqlalchemy.__version__.startswith("2.0"), reason="SQLAlchemy 2.0 words or reflects it otherwise"
)

Define = Callable[[SQLAlchemy], object]
Rows = dict[str, list[dict[str, Any]]]


class CommandFailedError(AssertionError):
    """A command ended with another exit code than the test expects."""


@dataclass
class App:
    """One version of a project's app.

    :param url: of the default database.
    """

    flask: Flask
    db: SQLAlchemy

    def run(self, *args: str, exit_code: int = 0) -> str:
        """Run ``flask …`` and return what it printed, if it ended with the expected code."""
        result: Result = self.flask.test_cli_runner().invoke(args=args)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        if result.exit_code != exit_code:
            message = f"flask {' '.join(args)}: exit code {result.exit_code}\n{result.output}"
            raise CommandFailedError(message)
        return result.output

    def result(self, *args: str) -> Result:
        """Run ``flask …`` and return what it printed, standard error for itself."""
        try:
            runner = self.flask.test_cli_runner(mix_stderr=False)
        except TypeError:
            # click 8.2 always keeps the two apart.
            runner = self.flask.test_cli_runner()
        found: Result = runner.invoke(args=args)
        return found

    @contextmanager
    def connect(self, bind: str | None = None) -> Iterator[Connection]:
        """Give a connection of its own transaction, committed at the end."""
        with self.flask.app_context(), self.db.engines[bind].begin() as connection:
            yield connection

    def execute(self, *statements: str, bind: str | None = None) -> None:
        """Run SQL in one transaction."""
        with self.connect(bind) as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def differences(self, **options: Any) -> list[Any]:
        """Return what plain Alembic finds between the database and the models."""
        with self.connect() as connection:
            context = MigrationContext.configure(connection, opts=options)
            return list(compare_metadata(context, self.db.metadata))

    def insert(self, rows: Rows) -> None:
        """Insert rows by the models of this version."""
        with self.connect() as connection:
            for table, values in rows.items():
                connection.execute(self.db.metadata.tables[table].insert(), values)

    def rows(self, schema: str | None = None, bind: str | None = None) -> Rows:
        """Return every row of every table, each table's rows in order."""
        with self.connect(bind) as connection:
            inspector = inspect(connection)
            names = set(inspector.get_table_names(schema=schema)) - {"alembic_version"}
            return {name: _rows(connection, name, schema) for name in sorted(names)}


def _rows(connection: Connection, table: str, schema: str | None) -> list[dict[str, Any]]:
    quote = connection.dialect.identifier_preparer.quote
    name = f"{quote(schema)}.{quote(table)}" if schema else quote(table)
    found = connection.execute(text(f"SELECT * FROM {name}".replace(":", "\\:")))
    return sorted((dict(row._mapping) for row in found), key=lambda row: repr(list(row.values())))


@dataclass
class Project:
    """A folder with a configuration and revisions, on a database.

    :param binds: further databases, by bind key.
    :param connect_args: what their drivers are given besides.
    """

    folder: Path
    url: str
    binds: dict[str, str] = field(default_factory=dict)
    connect_args: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(
        self,
        define: Define,
        *,
        naming_convention: dict[str, str] | None = None,
        pool: type[Pool] = NullPool,
        has_main_database: bool = True,
        **options: Any,
    ) -> App:
        """Make the app of one version of the models, with its own ``db`` and ``Migrate``."""
        flask = Flask("project", root_path=str(self.folder))
        if has_main_database:
            flask.config["SQLALCHEMY_DATABASE_URI"] = self.url
        flask.config["SQLALCHEMY_BINDS"] = {
            key: {"url": url, "poolclass": pool, "connect_args": self.connect_args.get(key, {})}
            for key, url in self.binds.items()
        }
        flask.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"poolclass": pool}
        db = SQLAlchemy(metadata=MetaData(naming_convention=naming_convention))
        define(db)
        db.init_app(flask)
        with flask.app_context():
            for engine in db.engines.values():
                switch_foreign_keys_on(engine)
        Migrate(flask, db, **options)
        return App(flask, db)

    def configure(self, section: str) -> None:
        """Write the project's configuration."""
        (self.folder / "migrate.toml").write_text(section, encoding="utf-8")

    @property
    def versions(self) -> Path:
        """The folder of revisions."""
        return self.folder / "migrations" / "versions"

    def scripts(self) -> dict[str, str]:
        """Return the text of every revision by its file's name."""
        return {path.name: path.read_text() for path in sorted(self.versions.glob("*.py"))}

    def newest_script(self) -> str:
        """Return the text of the revision that was written last."""
        paths = sorted(self.versions.glob("*.py"), key=lambda path: path.stat().st_mtime_ns)
        return paths[-1].read_text()


def begun(project: Project, define: Define, **options: Any) -> App:
    """Make the folder of revisions and the first revision, and bring the database to it."""
    app = project.app(define, **options)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    return app


def renamed(project: Project, define: Define, hints: str, **options: Any) -> App:
    """Carry hints out, after which nothing may differ."""
    project.configure(hints)
    app = project.app(define, **options)
    app.run("db", "migrate")
    app.run("db", "upgrade")
    assert "No new upgrade operations" in app.run("db", "check")
    return app


def refused(project: Project, define: Define, hints: str, **options: Any) -> str:
    """Return what the command says that must not write a revision for these hints."""
    project.configure(hints)
    before = project.scripts()
    output = project.app(define, **options).run("db", "migrate", exit_code=1)
    assert project.scripts() == before
    return output


def switch_foreign_keys_on(engine: Engine) -> None:
    """Let SQLite enforce foreign keys, which is what makes a careless rebuild lose rows."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _switch(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
