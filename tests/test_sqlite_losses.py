"""What a recreate on SQLite can't keep by itself, and what a script means to lose."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask_migrate  # type: ignore[import-untyped]
import pytest
from alembic.ddl.sqlite import SQLiteImpl
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError

from flask_migrate_decl import upgrade
from flask_migrate_decl.environment.logs import preserved_logging
from flask_migrate_decl.errors import (
    MigrateError,
    OrphanInTheWayError,
    RecreateLosesError,
    RowsNotCopiedError,
    ValuesLostError,
)
from tests.project import App, Project
from tests.recreates import BATCH, revision

Make = Callable[..., App]


@pytest.fixture
def make(sqlite_project: Project) -> Make:
    """Give a function that makes the database by SQL, and a revision with one batch on "t"."""

    def made(*schema: str, batch: str, before: str = "pass") -> App:
        sqlite_project.versions.mkdir(parents=True, exist_ok=True)
        app = sqlite_project.app(lambda _db: None)
        app.execute(*schema)
        text = revision(f"{before}\n    {BATCH}({batch}")
        (sqlite_project.versions / "one.py").write_text(text)
        return app

    return made


def state(app: App) -> tuple[Any, ...]:
    """Return all that is in the database, but for the table of revisions."""
    with app.connect() as connection:
        schema = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master").fetchall()
    return sorted(tuple(row) for row in schema if "alembic_version" not in row[1]), app.rows()


def refusal(app: App, error: type[MigrateError] = RecreateLosesError) -> Any:
    """Run what must be refused, and leave everything as it is."""
    before = state(app)
    with app.flask.app_context(), pytest.raises(error) as caught:
        upgrade()
    assert state(app) == before
    return caught.value


def query(app: App, sql: str) -> list[tuple[Any, ...]]:
    with app.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT, a TEXT)"
ROW = "INSERT INTO t VALUES (1, 'z', 'a')"
LOG = "CREATE TABLE log (what TEXT UNIQUE)"
TRIGGER = "CREATE TRIGGER noted AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END"
DROP_A = '"t") as batch:\n        batch.drop_column("a")'
RENAME_A = (
    '"t") as batch:\n        batch.alter_column("a", new_column_name="b")\n'
    '        batch.alter_column("z", nullable=False)\n'
)

# --- what names a dropped column ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (TRIGGER, 'the trigger "noted"'),
        (TRIGGER.replace("new.a", 'new."A"'), 'the trigger "noted"'),
        ("CREATE INDEX ix ON t (z, a)", 'the index "ix"'),
        ('CREATE INDEX ix ON t (lower("a"))', 'the index "ix"'),
        ("CREATE INDEX ix ON t (z) WHERE a <> ''", 'the index "ix"'),
        ("CREATE VIEW v AS SELECT a FROM t", 'the view "v"'),
        (
            "CREATE TRIGGER x AFTER INSERT ON log BEGIN UPDATE t SET a = new.what; END",
            'the trigger "x"',
        ),
        (
            "CREATE TRIGGER x AFTER INSERT ON log BEGIN INSERT INTO t VALUES (1, 2, 3); END",
            'the trigger "x"',
        ),
        ("ALTER TABLE t ADD COLUMN g TEXT AS (a || 'x')", 'the generated column "g"'),
    ],
)
def test_what_names_a_dropped_column_stops_the_run(make: Make, statement: str, named: str) -> None:
    app = make(TABLE, ROW, LOG, statement, batch=DROP_A)
    error = refusal(app)
    [loss] = error.losses
    assert named in loss.what
    assert "drop it" in loss.help
    output = app.run("db", "upgrade", exit_code=2)
    assert "Traceback" not in output
    assert named in output


def test_a_foreign_key_to_a_dropped_column_stops_the_run(make: Make) -> None:
    app = make(
        TABLE.replace("a TEXT", "a TEXT UNIQUE"),
        "CREATE TABLE c (x TEXT REFERENCES t (a))",
        batch=DROP_A,
    )
    assert 'a foreign key of "c", as it names "a"' in refusal(app).losses[0].what


def test_a_trigger_that_does_not_name_the_dropped_column_is_kept(make: Make) -> None:
    app = make(TABLE, ROW, LOG, TRIGGER.replace("new.a", "new.z"), batch=DROP_A)
    app.run("db", "upgrade")
    app.execute("INSERT INTO t VALUES (2, 'noted')")
    assert query(app, "SELECT what FROM log") == [("noted",)]


def test_what_the_script_drops_itself_is_no_loss(make: Make) -> None:
    app = make(
        TABLE,
        ROW,
        LOG,
        TRIGGER,
        "CREATE INDEX ix ON t (a)",
        batch=DROP_A + '\n        batch.drop_index("ix")',
        before='op.execute("DROP TRIGGER noted")',
    )
    app.run("db", "upgrade")
    assert query(app, "SELECT * FROM t") == [(1, "z")]


def test_with_warn_the_run_goes_on_and_says_so(
    make: Make, sqlite_project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    sqlite_project.configure('[binds.default]\nsqlite.on_loss = "warn"')
    app = make(TABLE, ROW, LOG, TRIGGER, batch=DROP_A)
    with caplog.at_level(logging.WARNING):
        app.run("db", "upgrade")
    assert 'the trigger "noted"' in caplog.text
    assert query(app, "SELECT * FROM t") == [(1, "z")]
    app.execute("INSERT INTO t VALUES (2, 'z')")


@pytest.mark.parametrize(
    "columns",
    [
        "z TEXT, a TEXT CHECK (a <> 'x')",
        "z TEXT, a TEXT, CHECK (a <> z)",
        "z TEXT, a TEXT, UNIQUE (z, a)",
        "z TEXT, a TEXT REFERENCES log (what)",
        "z TEXT, a TEXT COLLATE NOCASE UNIQUE ON CONFLICT IGNORE NOT NULL DEFAULT ''",
    ],
)
def test_what_is_of_a_dropped_column_goes_with_it(make: Make, columns: str) -> None:
    app = make(
        LOG,
        "INSERT INTO log VALUES ('b')",
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, {columns})",
        ROW.replace("'a'", "'b'"),
        batch=DROP_A,
    )
    app.run("db", "upgrade")
    assert query(app, "SELECT * FROM t") == [(1, "z")]


# --- renames in a batch ------------------------------------------------------------------------


def test_a_rename_takes_everything_along(make: Make) -> None:
    app = make(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT, a TEXT COLLATE NOCASE UNIQUE,"
        " p TEXT REFERENCES t (a) ON DELETE CASCADE, g TEXT AS (a || 'g'),"
        " CONSTRAINT short CHECK (length(a) < 99), CHECK (a <> 'no'))",
        "INSERT INTO t (id, z, a) VALUES (1, 'z', 'a')",
        LOG,
        TRIGGER,
        "CREATE INDEX ix ON t (lower(a) DESC) WHERE a > ''",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TABLE c (x TEXT REFERENCES t (a) ON UPDATE CASCADE)",
        "INSERT INTO c VALUES ('a')",
        batch=RENAME_A + '        batch.create_index("new", ["b", "z"], unique=True)\n'
        '        batch.create_unique_constraint("uq", ["b", "z"])',
    )
    app.run("db", "upgrade")
    app.execute("INSERT INTO t (id, z, b) VALUES (2, 'z', 'second')", "UPDATE t SET b = b || '!'")
    assert query(app, "SELECT what FROM log") == [("second",)]
    assert query(app, "SELECT * FROM v") == [("a!",), ("second!",)]
    assert query(app, "SELECT * FROM c") == [("a!",)]
    sql = dict(query(app, "SELECT name, sql FROM sqlite_master"))
    assert 'lower("b") DESC) WHERE "b" > \'\'' in sql["ix"]
    assert "UNIQUE" in sql["new"]
    assert 'CONSTRAINT "uq" UNIQUE' in sql["t"]
    assert 'REFERENCES "t" ("b") ON DELETE CASCADE' in sql["t"]
    assert query(app, "SELECT g FROM t") == [("a!g",), ("second!g",)]
    for value in ("'A!'", "'no'", f"'{'x' * 99}'"):
        wrong = f"INSERT INTO t (id, z, b) VALUES (3, 'z', {value})"
        with pytest.raises(IntegrityError):
            app.execute(wrong)


def test_columns_swap_their_names(make: Make) -> None:
    app = make(
        TABLE,
        ROW,
        "CREATE VIEW v AS SELECT a AS was_a FROM t",
        batch='"t") as batch:\n        batch.alter_column("a", new_column_name="z")\n'
        '        batch.alter_column("z", new_column_name="a")',
    )
    app.run("db", "upgrade")
    assert query(app, "SELECT id, a, z, was_a FROM t, v") == [(1, "z", "a", "a")]


def test_a_renamed_column_takes_the_name_of_a_dropped_one(make: Make) -> None:
    app = make(
        TABLE,
        ROW,
        batch='"t") as batch:\n        batch.drop_column("z")\n'
        '        batch.alter_column("a", new_column_name="z")',
    )
    app.run("db", "upgrade")
    assert query(app, "SELECT id, z FROM t") == [(1, "a")]


def test_values_are_not_lost_to_a_new_column_of_the_old_name(make: Make) -> None:
    app = make(
        TABLE,
        ROW,
        batch='"t") as batch:\n        batch.alter_column("a", new_column_name="b")\n'
        '        batch.add_column(sa.Column("a", sa.Text))\n'
        '        batch.alter_column("z", nullable=False)',
    )
    assert refusal(app, ValuesLostError).columns == ("a",)


def test_a_new_foreign_key_on_a_renamed_column_is_made(make: Make) -> None:
    app = make(
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT, a INT)",
        batch=RENAME_A
        + '        batch.create_foreign_key("fk", "p", ["b"], ["id"], ondelete="CASCADE")',
    )
    app.run("db", "upgrade")
    [row] = query(app, "PRAGMA foreign_key_list(t)")
    assert row[2:7] == ("p", "b", "id", "NO ACTION", "CASCADE")


# --- what the script says ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "batch", "gone"),
    [
        (
            "z TEXT, a TEXT,\n CONSTRAINT c CHECK (a <> 'a'),\n CHECK (z <> '')",
            '"t") as batch:\n        batch.drop_constraint("c", type_="check")',
            "<> 'a'",
        ),
        (
            "z TEXT,\n a TEXT CONSTRAINT c CHECK (a <> 'a'),\n CHECK (z <> '')",
            '"t") as batch:\n        batch.drop_constraint("c", type_="check")',
            "<> 'a'",
        ),
        (
            "z TEXT, a TEXT, CONSTRAINT u UNIQUE (a) ON CONFLICT IGNORE",
            '"t") as batch:\n        batch.drop_constraint("u", type_="unique")',
            "UNIQUE",
        ),
        (
            "z TEXT, a TEXT UNIQUE ON CONFLICT IGNORE",
            (
                '"t", naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"}) as batch:\n'
                '        batch.drop_constraint("uq_t_a", type_="unique")'
            ),
            "UNIQUE",
        ),
        (
            "z TEXT, a TEXT COLLATE NOCASE",
            (
                '"t") as batch:\n'
                '        batch.alter_column("a", type_=sa.String(9, collation="RTRIM"))'
            ),
            "NOCASE",
        ),
        (
            "z TEXT, a TEXT NOT NULL ON CONFLICT IGNORE",
            '"t") as batch:\n        batch.alter_column("a", nullable=True)',
            "IGNORE",
        ),
        (
            "z TEXT, a TEXT DEFAULT 'old'",
            '"t") as batch:\n        batch.alter_column("a", server_default=None)',
            "old",
        ),
        (
            "z TEXT, a TEXT CHECK (a <> 'x')",
            (
                '"t", table_args=(sa.CheckConstraint("a <> \'y\'"),)) as batch:\n'
                '        batch.alter_column("z", nullable=False)'
            ),
            "'x'",
        ),
        (
            "z TEXT, a OWN",
            (
                '"t", reflect_args=[sa.Column("a", sa.String(7))]) as batch:\n'
                '        batch.alter_column("z", nullable=False)'
            ),
            "OWN",
        ),
    ],
)
def test_what_the_script_says_is_done(make: Make, columns: str, batch: str, gone: str) -> None:
    app = make(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {columns})", batch=batch)
    app.run("db", "upgrade")
    [(sql,)] = query(app, "SELECT sql FROM sqlite_master WHERE name = 't'")
    assert gone not in sql
    if "CHECK (z" in columns:
        assert "CHECK (z <> '')" in sql


def test_a_wider_type_keeps_the_collation(make: Make) -> None:
    app = make(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(9) COLLATE NOCASE UNIQUE, z TEXT)",
        batch='"t") as batch:\n        batch.alter_column("a", type_=sa.String(99))',
    )
    app.run("db", "upgrade")
    [(sql,)] = query(app, "SELECT sql FROM sqlite_master WHERE name = 't'")
    assert 'VARCHAR(99) COLLATE "NOCASE"' in sql


def test_a_table_that_the_script_gives_as_a_whole(make: Make) -> None:
    app = make(
        TABLE.replace("a TEXT", "a TEXT COLLATE NOCASE"),
        ROW,
        LOG,
        TRIGGER,
        before='t = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("z", sa.Text), sa.Column("a", sa.Text), sqlite_autoincrement=True)',
        batch='"t", copy_from=t) as batch:\n        batch.alter_column("z", nullable=False)',
    )
    app.run("db", "upgrade")
    [(sql,)] = query(app, "SELECT sql FROM sqlite_master WHERE name = 't'")
    assert "NOCASE" not in sql
    assert "AUTOINCREMENT" in sql
    app.execute("INSERT INTO t VALUES (2, 'z', 'noted')")
    assert query(app, "SELECT what FROM log") == [("noted",)]


def test_an_enum_gets_another_value(make: Make) -> None:
    old, new = (f"sa.Enum({v}, name='kind', create_constraint=True)" for v in ("'a'", "'a', 'b'"))
    app = make(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, z VARCHAR(1) COLLATE NOCASE,"
        " CONSTRAINT kind CHECK (z IN ('a')))",
        batch=f'"t") as batch:\n        batch.alter_column("z", existing_type={old}, type_={new})',
    )
    app.run("db", "upgrade")
    [(sql,)] = query(app, "SELECT sql FROM sqlite_master WHERE name = 't'")
    assert "'b'" in sql
    assert sql.count("CHECK") == 1
    assert 'COLLATE "NOCASE"' in sql


# --- what can't be restored --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "lost"),
    [
        ("id INTEGER PRIMARY KEY DESC, z TEXT", "the primary key"),
        ("id INT, z TEXT, PRIMARY KEY (id DESC)", "the primary key"),
    ],
)
def test_what_sqlalchemy_can_not_say_stops_the_run(make: Make, columns: str, lost: str) -> None:
    app = make(
        f"CREATE TABLE t ({columns})",
        "INSERT INTO t VALUES (1, 'z')",
        batch='"t") as batch:\n        batch.alter_column("z", nullable=False)',
    )
    [loss] = refusal(app).losses
    assert lost in loss.what


def test_rows_that_a_conflict_clause_would_leave_out(make: Make) -> None:
    app = make(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT UNIQUE ON CONFLICT IGNORE)",
        "INSERT INTO t VALUES (1, '1'), (2, '1.'), (3, '2')",
        batch='"t") as batch:\n        batch.alter_column("z", type_=sa.Integer)',
    )
    error = refusal(app, RowsNotCopiedError)
    assert (error.before, error.after) == (3, 2)


@pytest.fixture
def functions_of_the_app() -> Iterator[None]:
    """Give every connection a function and a collation."""

    def give(driver: sqlite3.Connection, _record: object) -> None:
        driver.create_collation("german", lambda first, second: (first > second) - (first < second))
        driver.create_function("shout", 1, str.upper)

    event.listen(Engine, "connect", give)
    yield
    event.remove(Engine, "connect", give)


@pytest.mark.usefixtures("functions_of_the_app")
def test_functions_and_collations_of_the_app(make: Make) -> None:
    app = make(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT, a TEXT COLLATE german)",
        LOG,
        "CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO log VALUES (shout(new.a)); END",
        "CREATE INDEX ix ON log (what)",
        batch='"t") as batch:\n        batch.alter_column("z", nullable=False)',
    )
    app.run("db", "upgrade")
    [(sql,)] = query(app, "SELECT sql FROM sqlite_master WHERE name = 't'")
    assert 'COLLATE "german"' in sql
    app.execute("INSERT INTO t VALUES (1, 'z', 'loud')")
    assert query(app, "SELECT what FROM log") == [("LOUD",)]


def test_what_is_broken_already_is_no_reason_to_stop(make: Make) -> None:
    app = make(
        TABLE,
        ROW,
        "CREATE VIEW v AS SELECT gone FROM t",
        "CREATE TRIGGER x AFTER DELETE ON t BEGIN DELETE FROM nowhere; END",
        batch='"t") as batch:\n        batch.alter_column("z", nullable=False)',
    )
    app.run("db", "upgrade")
    names = query(app, "SELECT name FROM sqlite_master WHERE type IN ('view', 'trigger')")
    assert sorted(names) == [("v",), ("x",)]


def test_a_full_text_index_is_kept_in_step(make: Make) -> None:
    app = make(
        TABLE,
        "CREATE VIRTUAL TABLE texts USING fts5(a, content='t', content_rowid='id')",
        "CREATE TRIGGER more AFTER INSERT ON t BEGIN"
        " INSERT INTO texts (rowid, a) VALUES (new.id, new.a); END",
        "INSERT INTO t VALUES (1, 'z', 'one word')",
        batch='"t") as batch:\n        batch.drop_column("z")',
    )
    app.run("db", "upgrade")
    app.execute("INSERT INTO t VALUES (2, 'another word')")
    found = query(app, "SELECT rowid FROM texts WHERE texts MATCH 'word' ORDER BY 1")
    assert found == [(1,), (2,)]


@pytest.fixture
def attached(tmp_path: Path) -> Iterator[None]:
    """Attach a second file to every connection."""

    def attach(driver: sqlite3.Connection, _record: object) -> None:
        driver.execute(f"ATTACH '{tmp_path}/other.db' AS other")

    event.listen(Engine, "connect", attach)
    yield
    event.remove(Engine, "connect", attach)


@pytest.mark.usefixtures("attached")
def test_a_table_of_an_attached_file(make: Make) -> None:
    app = make(
        "CREATE TABLE other.t (id INTEGER PRIMARY KEY AUTOINCREMENT, z TEXT, a TEXT)",
        "CREATE TABLE other.log (what TEXT)",
        "CREATE INDEX other.ix ON t (lower(a))",
        "CREATE TRIGGER other.noted AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END",
        "INSERT INTO other.t VALUES (9, 'z', 'a')",
        "DELETE FROM other.t",
        batch=RENAME_A.replace('"t"', '"t", schema="other"'),
    )
    app.run("db", "upgrade")
    app.execute("INSERT INTO other.t (z, b) VALUES ('z', 'noted')")
    assert query(app, "SELECT * FROM other.t") == [(10, "z", "noted")]
    assert query(app, "SELECT * FROM other.log") == [("a",), ("noted",)]
    assert ("ix",) in query(app, "SELECT name FROM other.sqlite_master")


def test_a_class_of_the_project_for_sqlite_is_used_as_well(make: Make) -> None:
    used = []

    class Own(SQLiteImpl):
        __dialect__ = "sqlite"

        def create_table(self, table: Any, **kw: Any) -> None:
            used.append(table.name)
            super().create_table(table, **kw)

    app = make(TABLE, ROW, LOG, TRIGGER, batch=RENAME_A)
    try:
        app.run("db", "upgrade")
    finally:
        # Alembic knows the class that was made last.
        class Restored(SQLiteImpl):
            __dialect__ = "sqlite"

    assert "_alembic_tmp_t" in used
    app.execute("INSERT INTO t VALUES (2, 'z', 'noted')")
    assert query(app, "SELECT what FROM log") == [("noted",)]


# --- what an earlier attempt has left ------------------------------------------------------------


def test_an_orphan_in_the_way_is_not_touched(make: Make) -> None:
    app = make(TABLE, ROW, TABLE.replace("TABLE t", "TABLE _alembic_tmp_t"), batch=DROP_A)
    error = refusal(app, OrphanInTheWayError)
    assert error.orphan == "_alembic_tmp_t"
    assert "only copy" in str(error)


def test_orphans_are_told_of_and_never_dropped(
    make: Make, sqlite_project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    orphan = ("CREATE TABLE _alembic_tmp_gone (a TEXT)", "INSERT INTO _alembic_tmp_gone VALUES (1)")
    app = make(
        TABLE,
        *orphan,
        "CREATE INDEX ix ON _alembic_tmp_gone (a)",
        batch='"t") as batch:\n        batch.alter_column("z", nullable=False)',
    )
    app.run("db", "upgrade")
    assert 'the default database: "_alembic_tmp_gone" was left behind' in caplog.text
    app.execute("DROP TABLE t")
    for command in ("migrate", "check"):
        caplog.clear()
        output = app.run("db", command)
        assert "_alembic_tmp_gone" not in output.replace(caplog.text, "")
        assert '"_alembic_tmp_gone" was left behind' in caplog.text
    assert list(sqlite_project.scripts()) == ["one.py"]
    output = app.run("db", "check-config", "--database", exit_code=0)
    assert "FMD510" in output
    assert query(app, "SELECT * FROM _alembic_tmp_gone") == [("1",)]


# --- in a project's own env.py -------------------------------------------------------------------


@pytest.fixture
def with_env_py(sqlite_project: Project) -> None:
    """Give a folder as Flask-Migrate makes it."""
    app = sqlite_project.app(lambda _db: None)
    with app.flask.app_context():
        ours = app.flask.extensions.pop("migrate")
        flask_migrate.Migrate(app.flask, app.db)
        with preserved_logging():
            flask_migrate.init()
        app.flask.extensions["migrate"] = ours


@pytest.mark.usefixtures("with_env_py")
@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
class TestOwnEnvPy:
    """The same is done where a project keeps the ``env.py`` that Flask-Migrate gave to it."""

    def test_what_can_be_restored_is(self, make: Make) -> None:
        app = make(TABLE, ROW, LOG, TRIGGER, "CREATE VIEW v AS SELECT a FROM t", batch=RENAME_A)
        app.run("db", "upgrade")
        app.execute("INSERT INTO t VALUES (2, 'z', 'noted')")
        assert query(app, "SELECT what FROM log") == [("noted",)]
        assert query(app, "SELECT * FROM v") == [("a",), ("noted",)]

    def test_what_can_not_stops_the_run(self, make: Make) -> None:
        refusal(make(TABLE, ROW, LOG, TRIGGER, batch=DROP_A))

    def test_a_failure_leaves_no_half_done_table(self, make: Make) -> None:
        app = make(
            TABLE,
            "INSERT INTO t VALUES (1, NULL, 'a')",
            batch='"t") as batch:\n        batch.alter_column("z", nullable=False)',
        )
        refusal(app, MigrateError)

    def test_orphans_are_told_of(self, make: Make, caplog: pytest.LogCaptureFixture) -> None:
        orphan = "CREATE TABLE _alembic_tmp_gone (a TEXT)"
        app = make(TABLE, ROW, orphan, batch=DROP_A)
        app.run("db", "upgrade")
        assert '"_alembic_tmp_gone" was left behind' in caplog.text
