"""The databases on which the laws are tried, and how each is emptied between two cases."""

from __future__ import annotations

import itertools
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from tests.laws.shapes import Schema
from tests.project import App, Project


@dataclass(frozen=True)
class Traits:
    """What the generator has to know of a kind of database.

    :param long_names: names as long as the database takes.
    :param misread_in_keys: names that SQLAlchemy does not read back from keys as they are.
    :param has_enum_types: an enum is a type of its own, which ``op.add_column`` does not create,
        and ``op.drop_table`` does not drop.
    :param misread: names that it reads back nowhere as they are.
    """

    name: str
    long_names: tuple[str, ...]
    misread_in_keys: frozenset[str]
    has_comments: bool
    has_enum_types: bool = False
    misread: frozenset[str] = frozenset()


_DOTTED = ("a.b", "x.y.z")
"""A dot ends the name of the table that a foreign key points to."""
_CUT = "ü" * 31 + "x"
"""As long as PostgreSQL takes; SQLAlchemy cuts names made of it by characters, not by bytes."""
SQLITE = Traits(
    "sqlite",
    ("l" * 63, "l" * 200),
    frozenset({*_DOTTED, 'quo"te', "(x)", "%(z)s"}),
    has_comments=False,
)
POSTGRESQL = Traits(
    "postgresql",
    ("l" * 63, "l" * 62 + "m", _CUT),
    frozenset({*_DOTTED, 'quo"te', "it's", _CUT}),
    has_comments=True,
    has_enum_types=True,
)
MARIADB = Traits(
    "mariadb",
    ("l" * 64, "l" * 63 + "m", "ü" * 63 + "x"),
    frozenset({*_DOTTED, "(x)", "%(z)s"}),
    has_comments=True,
    misread=frozenset({"back`tick"}),
)
ALL_TRAITS = {traits.name: traits for traits in (SQLITE, POSTGRESQL, MARIADB)}


@dataclass
class Ground(ABC):
    """A place where one case after the other is tried.

    :param folder: holds the projects' folders.
    """

    folder: Path
    url: str
    _numbers: Iterator[int] = field(default_factory=itertools.count, init=False)

    @contextmanager
    def project(self) -> Iterator[Project]:
        """Give a new project on the emptied database."""
        folder = self.folder / f"project_{next(self._numbers)}"
        (folder / "migrations" / "versions").mkdir(parents=True)
        self.clear()
        try:
            yield Project(folder, self.url)
        finally:
            shutil.rmtree(folder)

    @abstractmethod
    def clear(self) -> None:
        """Empty the database."""

    def _execute(self, *statements: str) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


class SQLiteGround(Ground):
    """A database in a file."""

    def clear(self) -> None:
        path = sa.make_url(self.url).database
        assert path is not None
        Path(path).unlink(missing_ok=True)


class PostgresGround(Ground):
    """One database of a server; a new one for each case would cost ten times as much."""

    def clear(self) -> None:
        self._execute("DROP SCHEMA IF EXISTS public CASCADE", "CREATE SCHEMA public")


class MariaDBGround(Ground):
    """One database of a server."""

    def clear(self) -> None:
        name = sa.make_url(self.url).database
        self._execute(f"DROP DATABASE `{name}`", f"CREATE DATABASE `{name}`")

    def _execute(self, *statements: str) -> None:
        engine = sa.create_engine(
            sa.make_url(self.url).set(database="information_schema"),
            poolclass=sa.NullPool,
            isolation_level="AUTOCOMMIT",
        )
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


GROUNDS: dict[str, type[Ground]] = {
    "sqlite": SQLiteGround,
    "postgresql": PostgresGround,
    "mariadb": MariaDBGround,
}


def app_of(project: Project, schema: Schema) -> App:
    """Make the app of a schema's models; SQLite does not wait for the disk."""
    app = project.app(schema.define, naming_convention=schema.convention)
    with app.flask.app_context():
        if app.db.engine.dialect.name == "sqlite":
            event.listen(app.db.engine, "connect", _do_not_wait)
    return app


def _do_not_wait(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")
