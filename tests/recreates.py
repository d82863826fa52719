"""Tables of which a copy loses something, and a change that makes SQLite copy them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BATCH = "with op.batch_alter_table"
CHANGE = 'with op.batch_alter_table("t") as batch:\n        batch.alter_column("z", nullable=False)'
_APP = """import sys
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from {package} import Migrate, migrate, upgrade

app = Flask("project", root_path={folder!r})
app.config["SQLALCHEMY_DATABASE_URI"] = {url!r}
db = SQLAlchemy(app)
Migrate(app, db, directory={folder!r} + "/migrations")
with app.app_context():
    @event.listens_for(db.engine, "connect")
    def _foreign_keys(connection, _record):
        connection.execute("PRAGMA foreign_keys = ON")
    if "{package}" == "flask_migrate":
        # It ends the process where something goes wrong.
        from flask_migrate import init
        init()
    open({folder!r} + "/migrations/versions/one.py", "w").write({script!r})
    upgrade()
    {then}
"""
_REVISION = '''"""by hand"""
revision = "one"
down_revision = None
from alembic import op
import sqlalchemy as sa

def upgrade():
    {body}

def downgrade():
    pass
'''


def revision(body: str) -> str:
    """Return the text of the first revision."""
    return _REVISION.format(body=body)


@dataclass(frozen=True)
class Trap:
    """A schema with rows, and statements whose results show whether it is whole.

    :param schema: run before the migration; the table that is made anew is ``t``.
    :param probes: run one after another afterwards; each leaves rows or an error.
    """

    name: str
    schema: tuple[str, ...]
    probes: tuple[str, ...]
    body: str = CHANGE

    def made(self, path: Path) -> Path:
        """Make the database."""
        with sqlite3.connect(path) as connection:
            for statement in self.schema:
                connection.execute(statement)
        connection.close()
        return path


@dataclass(frozen=True)
class Outcome:
    """What has become of a database."""

    database: Path
    error: str


def migrated(trap: Trap, folder: Path, package: str, *, then: str = "pass") -> Outcome:
    """Run the migration by one of the packages, in a process of its own.

    :param then: what is done after it.
    """
    folder.mkdir()
    database = trap.made(folder / "app.db")
    if package == "flask_migrate_decl":
        (folder / "migrations" / "versions").mkdir(parents=True)
    app = _APP.format(
        package=package,
        folder=str(folder),
        url=f"sqlite:///{database}",
        script=revision(trap.body),
        then=then,
    )
    (folder / "app.py").write_text(app)
    arguments = [sys.executable, str(folder / "app.py")]
    run = subprocess.run(arguments, capture_output=True, text=True, check=False)
    return Outcome(database, run.stderr if run.returncode else "")


def behaviour(trap: Trap, database: Path) -> list[object]:
    """Return what the probes give."""
    found: list[object] = []
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    for probe in trap.probes:
        try:
            found.append(connection.execute(probe).fetchall())
        except sqlite3.Error as error:
            found.append(str(error))
    connection.close()
    return found


def _table(columns: str, tail: str = "") -> str:
    return f"CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT, {columns}){tail}"


_DATA = "SELECT * FROM t ORDER BY 1"

TRAPS = [
    Trap(
        "trigger",
        (
            _table("a TEXT"),
            "CREATE TABLE log (what TEXT)",
            "CREATE TRIGGER noted AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END",
            "INSERT INTO t VALUES (1, 'z', 'first')",
        ),
        (_DATA, "INSERT INTO t VALUES (2, 'z', 'second')", "SELECT * FROM log"),
    ),
    Trap(
        "expression index",
        (
            _table("a TEXT"),
            "CREATE UNIQUE INDEX ix ON t (lower(a))",
            "INSERT INTO t VALUES (1, 'z', 'Ann')",
        ),
        (_DATA, "INSERT INTO t VALUES (2, 'z', 'ANN')"),
    ),
    Trap(
        "where of a partial index",
        (
            _table("a TEXT, b INT"),
            "CREATE UNIQUE INDEX ix ON t (a COLLATE NOCASE) WHERE b\n> 0",
            "INSERT INTO t VALUES (1, 'z', 'Ann', 1)",
        ),
        (
            _DATA,
            "INSERT INTO t VALUES (2, 'z', 'Ann', 0)",
            "INSERT INTO t VALUES (3, 'z', 'ANN', 1)",
        ),
    ),
    Trap(
        "order and collation of an index",
        (
            _table("a TEXT, b INT"),
            "CREATE UNIQUE INDEX ix ON t (a COLLATE NOCASE DESC, b DESC)",
            "INSERT INTO t VALUES (1, 'z', 'Ann', 1)",
        ),
        (_DATA, "INSERT INTO t VALUES (2, 'z', 'ANN', 1)", "PRAGMA index_xinfo(ix)"),
    ),
    Trap(
        "collation of a column",
        (
            _table("a VARCHAR(40) COLLATE NOCASE UNIQUE, n COLLATE RTRIM"),
            "INSERT INTO t VALUES (1, 'z', 'a@x', 'n')",
        ),
        (
            _DATA,
            "INSERT INTO t VALUES (2, 'z', 'A@X', 'n')",
            "SELECT id FROM t WHERE a = 'A@X' AND n = 'n  '",
        ),
    ),
    Trap(
        "AUTOINCREMENT",
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, z TEXT)",
            "INSERT INTO t VALUES (1, 'z'), (9, 'z')",
            "DELETE FROM t WHERE id = 9",
        ),
        (_DATA, "INSERT INTO t (z) VALUES ('next')", _DATA),
    ),
    Trap(
        "AUTOINCREMENT of an empty table",
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, z TEXT)",
            "INSERT INTO t VALUES (9, 'z')",
            "DELETE FROM t",
        ),
        (_DATA, "INSERT INTO t (z) VALUES ('next')", _DATA),
    ),
    Trap(
        "ON CONFLICT of a unique column",
        (
            _table("a TEXT UNIQUE ON CONFLICT REPLACE"),
            "INSERT INTO t VALUES (1, 'z', 'x')",
        ),
        ("INSERT INTO t VALUES (2, 'z', 'x')", _DATA),
    ),
    Trap(
        "ON CONFLICT of a unique constraint",
        (
            _table("a TEXT, b TEXT, CONSTRAINT u UNIQUE (a, b) ON CONFLICT IGNORE"),
            "INSERT INTO t VALUES (1, 'z', 'x', 'y')",
        ),
        ("INSERT INTO t VALUES (2, 'z', 'x', 'y')", _DATA),
    ),
    Trap(
        "ON CONFLICT of NOT NULL",
        (
            _table("a TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'none'"),
            "INSERT INTO t VALUES (1, 'z', 'x')",
        ),
        ("INSERT INTO t VALUES (2, 'z', NULL)", _DATA),
    ),
    Trap(
        "ON CONFLICT of a primary key",
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, z TEXT)",
            "INSERT INTO t VALUES (1, 'z')",
        ),
        ("INSERT INTO t VALUES (1, 'y')", _DATA),
    ),
    Trap(
        "ON CONFLICT of a primary key of two columns",
        (
            "CREATE TABLE t (id INTEGER, b INT, z TEXT, PRIMARY KEY (id, b) ON CONFLICT IGNORE)",
            "INSERT INTO t VALUES (1, 1, 'z')",
        ),
        ("INSERT INTO t VALUES (1, 1, 'y')", _DATA),
    ),
    Trap(
        "actions of inline references",
        (
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "INSERT INTO p VALUES (1), (2)",
            _table(
                "a INT REFERENCES p ON DELETE CASCADE, b INT CONSTRAINT fk_b REFERENCES p(id) "
                "ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED"
            ),
            "INSERT INTO t VALUES (1, 'z', 1, NULL), (2, 'z', NULL, 2), (3, 'z', NULL, 2)",
        ),
        (
            "UPDATE p SET id = 5 WHERE id = 2",
            _DATA,
            "DELETE FROM p",
            _DATA,
            "BEGIN",
            "INSERT INTO t VALUES (4, 'z', NULL, 8)",
            "INSERT INTO p VALUES (8)",
            "COMMIT",
            _DATA,
        ),
    ),
    Trap(
        "checks without names",
        (
            _table("a INT CHECK (a > 0), b INT, CHECK (b <> 7\n OR a = 1)"),
            "INSERT INTO t VALUES (1, 'z', 1, 1)",
        ),
        (
            _DATA,
            "INSERT INTO t VALUES (2, 'z', 0, 1)",
            "INSERT INTO t VALUES (3, 'z', 2, 7)",
        ),
    ),
    Trap(
        "generated columns",
        (
            _table("a INT, g INT AS (a + 1), h TEXT GENERATED ALWAYS AS (a || ':,' ) STORED"),
            "INSERT INTO t (id, z, a) VALUES (1, 'z', 1)",
        ),
        (_DATA, "INSERT INTO t (id, z, a) VALUES (2, 'z', 2)", _DATA),
    ),
    Trap(
        "what stands on a line of its own",
        (
            _table("a TEXT\n UNIQUE, b INT\n CONSTRAINT [in brackets]\n CHECK (b\n > 0)"),
            "INSERT INTO t VALUES (1, 'z', 'a', 1)",
        ),
        (
            _DATA,
            "INSERT INTO t VALUES (2, 'z', 'a', 2)",
            "INSERT INTO t VALUES (3, 'z', 'c', -1)",
        ),
    ),
    Trap(
        "which foreign key comes first",
        (
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "INSERT INTO p VALUES (1)",
            _table("a INT REFERENCES p ON DELETE RESTRICT, b INT REFERENCES p ON DELETE CASCADE"),
            "INSERT INTO t VALUES (1, 'z', 1, 1)",
        ),
        ("DELETE FROM p", _DATA),
    ),
    Trap(
        "STRICT",
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT, a INT, b ANY) STRICT",
            "INSERT INTO t VALUES (1, 'z', 1, '007')",
        ),
        (_DATA, "INSERT INTO t VALUES (2, 'z', 'no number', 1)"),
    ),
    Trap(
        "types of one's own, and none",
        (
            _table("a EMAIL, b, c BLOBBY"),
            "INSERT INTO t VALUES (1, 'z', 'a', '007', '007')",
        ),
        (
            _DATA,
            "INSERT INTO t VALUES (2, 'z', 'b', '008', '008')",
            _DATA,
            "SELECT name, type FROM pragma_table_info('t')",
        ),
    ),
    Trap(
        "a view on the table",
        (
            _table("a TEXT"),
            "CREATE VIEW v AS SELECT a FROM t",
            "CREATE VIEW w AS SELECT * FROM v",
            "INSERT INTO t VALUES (1, 'z', 'a')",
        ),
        (_DATA, "SELECT * FROM w"),
    ),
    Trap(
        "another table's trigger",
        (
            _table("a TEXT"),
            "CREATE TABLE o (a TEXT)",
            "CREATE TRIGGER x AFTER INSERT ON o BEGIN INSERT INTO t VALUES (7, 'z', new.a); END",
        ),
        ("INSERT INTO o VALUES ('from o')", _DATA),
    ),
    Trap(
        "children",
        (
            _table("a TEXT"),
            "CREATE TABLE c (id INT, t_id INT REFERENCES t ON DELETE CASCADE)",
            "INSERT INTO t VALUES (1, 'z', 'a')",
            "INSERT INTO c VALUES (1, 1)",
        ),
        (_DATA, "SELECT * FROM c"),
    ),
    Trap(
        "a rename with an index on the new name",
        (
            _table("full_name TEXT"),
            "ALTER TABLE t RENAME COLUMN full_name TO name",
            "INSERT INTO t VALUES (1, 'z', 'Ann')",
        ),
        ("SELECT id, z FROM t",),
        body='with op.batch_alter_table("t") as batch:\n'
        '        batch.alter_column("z", nullable=False)\n'
        '        batch.alter_column("name", new_column_name="full_name")\n'
        '        batch.create_index("ix", ["full_name"])',
    ),
]

KEPT = [
    Trap(
        "WITHOUT ROWID",
        (
            "CREATE TABLE t (id TEXT PRIMARY KEY, z TEXT) WITHOUT ROWID",
            "INSERT INTO t VALUES ('a', 'z')",
        ),
        (_DATA, "SELECT rowid FROM t"),
    ),
]
"""What SQLAlchemy reflects since 2.1, or what is easily broken by an attempt to keep the rest."""
