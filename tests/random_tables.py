"""Random tables on SQLite, in every way of writing them, and a recreate of each."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import ArgumentError

from flask_migrate_decl.databases import (
    LOSSES_ATTRIBUTE,
    register_lossless_sqlite,
    without_untrue_warnings,
)

_TYPES = (
    *("INT", "TEXT", "", "VARCHAR(9)", "VARCHAR ( 9 )", "DECIMAL(5, 2)", "DOUBLE PRECISION"),
    *("my type", "BLOB", "DATETIME", "BOOLEAN", "JSON", "unsigned big int"),
)
_DEFAULTS = (
    *("1", "-1", "+2.5e3", "'a,b''c('", "(1 + (2))", "CURRENT_TIMESTAMP", "NULL", "x'00'"),
    *("(strftime('%Y:%m', 'now'))", "TRUE", "'%s'", "''"),
)
_ACTIONS = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION")
_DEFERRED = (
    *("DEFERRABLE INITIALLY DEFERRED", "NOT DEFERRABLE", "DEFERRABLE"),
    "DEFERRABLE INITIALLY IMMEDIATE",
)
_KEYS = (
    *("id INTEGER PRIMARY KEY", "id INTEGER PRIMARY KEY AUTOINCREMENT", "id TEXT PRIMARY KEY"),
    *("id INTEGER CONSTRAINT pk PRIMARY KEY ON CONFLICT REPLACE", "id INT"),
)
_SPACES = (" ", "\n", " /* c, ( */ ", "\t", " -- x'y\n ")
_CONFLICTS = ("ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE")


@dataclass(frozen=True)
class _Writer:
    """Writes SQL in a random way."""

    random: random.Random

    def words(self, text: str) -> str:
        """Return keywords in any case, with anything between them."""
        words = [self.random.choice((word, word.lower())) for word in text.split()]
        return self.random.choice(_SPACES).join(words)

    def name(self, name: str) -> str:
        """Return a name in any quotes."""
        return self.random.choice(('"{}"', "[{}]", "`{}`", "{}")).format(name)

    def some(self, chance: float, make: Callable[[], str]) -> list[str]:
        """Return a text or none."""
        return [make()] if self.random.random() < chance else []

    def maybe(self, chance: float, make: Callable[[], str]) -> str:
        """Return a text or nothing, with a space before it."""
        return "".join(f" {text}" for text in self.some(chance, make))

    def conflict(self) -> str:
        """Return a conflict clause, or nothing."""
        return self.maybe(0.3, lambda: self.words(f"ON CONFLICT {self.random.choice(_CONFLICTS)}"))

    def constraint(self) -> str:
        """Return a name for a constraint, or nothing."""
        name = f"c{self.random.randrange(10**6)}"
        return self.maybe(0.4, lambda: f"{self.words('CONSTRAINT')} {self.name(name)} ").lstrip()

    def references(self, to: str) -> str:
        """Return what a foreign key refers to."""
        choice = self.random.choice
        delete = self.maybe(0.6, lambda: self.words(f"ON DELETE {choice(_ACTIONS)}"))
        update = self.maybe(0.4, lambda: self.words(f"ON UPDATE {choice(_ACTIONS)}"))
        deferred = self.maybe(0.3, lambda: self.words(choice(_DEFERRED)))
        return f"{self.words('REFERENCES')} {to}{delete}{update}{deferred}"

    def column(self, name: str) -> str:
        """Return a column."""
        w, choice = self.words, self.random.choice
        clauses = [
            *self.some(0.3, lambda: f"{self.constraint()}{w('NOT NULL')}{self.conflict()}"),
            *self.some(0.3, lambda: f"{w('DEFAULT')} {choice(_DEFAULTS)}"),
            *self.some(0.3, lambda: f"{w('COLLATE')} {choice(('NOCASE', 'rtrim'))}"),
            *self.some(0.3, lambda: f"{self.constraint()}{w('UNIQUE')}{self.conflict()}"),
            *self.some(0.3, lambda: f"{self.constraint()}{w('CHECK')}({name} <> 'x)')"),
            *self.some(0.3, lambda: self.references(choice(("p", "[p] (id)")))),
        ]
        self.random.shuffle(clauses)
        return " ".join([self.name(name), choice(_TYPES), *clauses])

    def table(self) -> str:
        """Return a table "t"."""
        columns = [self.random.choice(_KEYS), *map(self.column, "abcd"), "z VARCHAR(5)"]
        both = f"{self.name('a')}, {self.name('b')}"
        constraints = [
            *self.some(0.4, lambda: f"{self.words('UNIQUE')} ({both}){self.conflict()}"),
            *self.some(0.4, lambda: f"{self.constraint()}CHECK (a IS NOT b OR c = 'k, ')"),
            *self.some(0.4, lambda: f"FOREIGN KEY (c, d) {self.references('p (x, y)')}"),
        ]
        computed = self.some(0.2, lambda: "g INT AS (length(a) + 1) STORED")
        return f"CREATE TABLE t ({', '.join([*columns, *computed, *constraints])})"

    def others(self) -> list[str]:
        """Return what depends on it."""
        index = self.random.choice(("a", "a DESC, b COLLATE NOCASE", "lower(a), b"))
        where = self.random.choice(("", " WHERE b > 0", '\nwhere\n"b" IS NOT NULL'))
        trigger = "AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a || ':x'); END"
        return [
            *self.some(0.5, lambda: f"CREATE INDEX {self.name('ix')} ON t ({index}){where}"),
            *self.some(0.4, lambda: "CREATE VIEW v AS SELECT a, z FROM t"),
            *self.some(0.4, lambda: f"CREATE TRIGGER tr {trigger}"),
        ]


_PARENTS = (
    "CREATE TABLE p (id INTEGER PRIMARY KEY, x, y, UNIQUE (x, y))",
    "CREATE TABLE log (w)",
    "INSERT INTO p VALUES (1, 1, 1), (2, 1, 2), (3, 'k', 2)",
)
_ROWS = ("(1, 'one', 1, 1, 1, '1')", "(2, 2, 2, 2, 2, '2')")
_VALUES = (
    *("(50, 'A', '1', NULL, NULL, '1')", "(51, 'a', '1', NULL, NULL, '1')"),
    *("(52, 'x)', 'x)', NULL, NULL, '1')", "(53, NULL, NULL, NULL, NULL, '1')"),
    *("(50, 'q', '9', '1', '1', '1')", "(54, 'k', 'k', 'k', '2', '1')"),
)
_RENAMES = (("a", "renamed"), ("b", "other"), ("c", "b"), ("other", "c"))


def outcome(seed: int, folder: Path, change: str) -> str:
    """Change a random table by a batch, and hold it against a twin.

    :param change: ``not null`` or ``renames``.
    :return: ``kept``, or why there is nothing to compare; else what differs.
    """
    writer = _Writer(random.Random(seed))
    schema = [*_PARENTS, writer.table(), *writer.others()]
    path, twin = folder / f"{seed}.db", folder / f"{seed}_twin.db"
    for database in (path, twin):
        database.unlink(missing_ok=True)
        if not _made(database, schema):
            return "not valid"
    columns = ["id", "a", "b", "c", "d", "z"]
    if change == "renames":
        columns = ["id", "renamed", "c", "b", "d", "z"]
        with closing(sqlite3.connect(twin, isolation_level=None)) as connection:
            for old, new in _RENAMES:
                connection.execute(f"ALTER TABLE t RENAME COLUMN {old} TO {new}")
    try:
        _recreate(path, change)
    except ArgumentError:
        # SQLAlchemy can't read the table at all.
        return "refused"
    for look in (_shape, lambda database: _behaviour(database, columns)):
        expected, found = look(twin), look(path)
        if expected != found:
            return f"{schema}\n{expected}\n{found}"
    return "kept"


def _made(path: Path, schema: list[str]) -> bool:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        try:
            for statement in schema:
                connection.execute(statement)
        except sqlite3.Error:
            return False
        for row in _ROWS:
            connection.execute(f"INSERT OR IGNORE INTO t (id, a, b, c, d, z) VALUES {row}")
    return True


def _recreate(path: Path, change: str) -> None:
    """Run a batch in an environment of Alembic's."""
    register_lossless_sqlite()
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    config = Config()
    config.set_main_option("script_location", str(path.parent))
    config.attributes[LOSSES_ATTRIBUTE] = lambda _bind: "error"
    history = ScriptDirectory.from_config(config)
    with (
        without_untrue_warnings(),
        engine.begin() as connection,
        EnvironmentContext(config, history),
    ):
        context.configure(connection)
        with Operations.context(context.get_context()) as op, op.batch_alter_table("t") as batch:
            batch.alter_column("z", nullable=False)
            if change == "renames":
                for old, new in (("a", "renamed"), ("b", "c"), ("c", "b")):
                    batch.alter_column(old, new_column_name=new)


def _shape(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:

        def rows(sql: str) -> list[Any]:
            return connection.execute(sql).fetchall()

        indexes = rows("PRAGMA index_list(t)")
        parts = [rows(f"PRAGMA index_xinfo('{index[1]}')") for index in indexes]
        keys = [(*key[2:4], *key[5:]) for key in rows("PRAGMA foreign_key_list(t)")]
        types = [(c[1], "".join(c[2].upper().split())) for c in rows("PRAGMA table_xinfo(t)")]
        others = rows(
            "SELECT name, replace(sql, '\"', '') FROM sqlite_master WHERE name IN "
            "('v', 'tr', 'ix') ORDER BY name"
        )
        return [
            sorted(map(repr, zip([i[2:] for i in indexes], parts, strict=True))),
            keys,
            types,
            others,
            rows("SELECT * FROM t"),
        ]


def _behaviour(path: Path, columns: list[str]) -> list[Any]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        inserts = [f"INSERT INTO t ({', '.join(columns)}) VALUES {values}" for values in _VALUES]
        found: list[Any] = []
        for statement in (
            *inserts,
            "DELETE FROM p WHERE id = 1",
            "UPDATE p SET id = 9 WHERE id = 2",
        ):
            try:
                found.append(connection.execute(statement).rowcount)
            except sqlite3.Error as error:
                found.append(type(error).__name__)
        found.append(connection.execute("SELECT * FROM t ORDER BY 1, 2").fetchall())
        return [*found, connection.execute("SELECT * FROM log").fetchall()]
