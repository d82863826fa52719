"""SQLite: what a rebuild of a table would cost, and that it does not."""

from __future__ import annotations

import os
import sqlite3
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Engine,
    ForeignKey,
    Index,
    Integer,
    StaticPool,
    String,
    Text,
    event,
)
from sqlalchemy.exc import IntegrityError

from flask_migrate_decl import MigrateError, downgrade, upgrade
from flask_migrate_decl.databases import SQLiteWait, prepared
from flask_migrate_decl.databases.sqlite import guarded
from flask_migrate_decl.errors import ForeignKeysBrokenError, LockTimeoutError, TransactionOpenError
from tests.project import App, Define, Project, Rows, begun, refused, renamed

WAIT = SQLiteWait(None, 0)

CASCADING = """[renames]
tables = [{ from = "user", to = "account" }]
columns = [{ table = "account", from = "name", to = "full_name" }]
"""
REVISION = '''"""made by hand"""
revision = "{revision}"
down_revision = {parent!r}
from alembic import op
import sqlalchemy as sa

def upgrade():
    {body}

def downgrade():
    pass
'''


def models(table: str, column: str, *, nullable: bool = True) -> Define:
    def define(db: SQLAlchemy) -> None:
        db.Table(
            table,
            Column("id", Integer, primary_key=True),
            Column(column, String(40), nullable=nullable),
        )
        for action in ("CASCADE", "SET NULL", "RESTRICT"):
            db.Table(
                f"child_{action.lower().replace(' ', '_')}",
                Column("id", Integer, primary_key=True),
                Column("user_id", ForeignKey(f"{table}.id", ondelete=action)),
            )
        db.Table(
            "grandchild",
            Column("id", Integer, primary_key=True),
            Column("child_id", ForeignKey("child_cascade.id", ondelete="CASCADE")),
        )

    return define


ROWS: Rows = {
    "user": [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Ben"}],
    "child_cascade": [{"id": 1, "user_id": 1}, {"id": 2, "user_id": 2}],
    "child_set_null": [{"id": 1, "user_id": 1}],
    "child_restrict": [{"id": 1, "user_id": 2}],
    "grandchild": [{"id": 1, "child_id": 2}],
}
CHILDREN = [name for name in ROWS if name != "user"]


@pytest.fixture
def family(sqlite_project: Project) -> App:
    app = sqlite_project.app(models("user", "name"))
    for command in (("init",), ("migrate",), ("upgrade",)):
        app.run("db", *command)
    app.insert(ROWS)
    return app


@pytest.mark.parametrize("nullable", [True, False], ids=["rename only", "and a rebuild"])
def test_no_child_row_is_lost_or_emptied(
    family: App, sqlite_project: Project, nullable: bool
) -> None:
    before = family.rows()
    sqlite_project.configure(CASCADING)
    after = sqlite_project.app(models("account", "full_name", nullable=nullable))
    after.run("db", "migrate")
    assert ("nullable=False" in sqlite_project.newest_script()) is not nullable
    for command in ("upgrade", "downgrade", "upgrade"):
        after.run("db", command)
        found = after.rows()
        assert {name: found[name] for name in CHILDREN} == {name: before[name] for name in CHILDREN}
    assert after.rows()["account"] == [
        {"id": 1, "full_name": "Ann"},
        {"id": 2, "full_name": "Ben"},
    ]


def test_a_pure_rename_copies_no_table(family: App, sqlite_project: Project) -> None:
    sqlite_project.configure(CASCADING)
    after = sqlite_project.app(models("account", "full_name"))
    after.run("db", "migrate")
    assert "batch_alter_table" not in sqlite_project.newest_script()
    assert "_alembic_tmp_" not in after.run("db", "upgrade", "--sql")


def test_triggers_and_views_follow_a_rename(family: App, sqlite_project: Project) -> None:
    family.execute(
        "CREATE VIEW names AS SELECT name FROM user",
        "CREATE TABLE log (name VARCHAR)",
        "CREATE TRIGGER noted AFTER UPDATE OF name ON user BEGIN"
        " INSERT INTO log VALUES (new.name); END",
    )
    sqlite_project.configure(CASCADING)

    def with_log(db: SQLAlchemy) -> None:
        models("account", "full_name")(db)
        db.Table("log", Column("name", String))

    after = sqlite_project.app(with_log)
    after.run("db", "migrate")
    after.run("db", "upgrade")
    after.execute("UPDATE account SET full_name = 'Eve' WHERE id = 1")
    with after.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM names").fetchall() == [("Eve",), ("Ben",)]
        assert connection.exec_driver_sql("SELECT * FROM log").fetchall() == [("Eve",)]


def _add_revision(project: Project, revision: str, parent: str | None, body: str) -> None:
    text = REVISION.format(revision=revision, parent=parent, body=body)
    (project.versions / f"{revision}.py").write_text(text)


@pytest.fixture
def by_hand(sqlite_project: Project) -> App:
    app = sqlite_project.app(models("user", "name"))
    app.run("db", "init")
    with app.flask.app_context():
        app.db.create_all()
    app.insert(ROWS)
    return app


def _schema(app: App) -> list[tuple[str, ...]]:
    with app.connect() as connection:
        rows = connection.exec_driver_sql("SELECT sql FROM sqlite_master ORDER BY name")
        return [tuple(row) for row in rows if row[0] and "alembic_version" not in row[0]]


def test_a_failing_revision_takes_the_whole_upgrade_back(
    by_hand: App, sqlite_project: Project
) -> None:
    schema, rows = _schema(by_hand), by_hand.rows()
    _add_revision(sqlite_project, "one", None, 'op.add_column("user", sa.Column("a", sa.Integer))')
    _add_revision(
        sqlite_project,
        "two",
        "one",
        'op.execute("DELETE FROM grandchild"); op.execute("SELECT nonsense")',
    )
    output = by_hand.run("db", "upgrade", exit_code=2)
    assert "no such column: nonsense" in output
    assert "Traceback" not in output
    assert (_schema(by_hand), by_hand.rows()) == (schema, rows)
    assert "one" not in by_hand.run("db", "current")


def test_a_migration_that_orphans_rows_is_rolled_back(
    by_hand: App, sqlite_project: Project
) -> None:
    rows = by_hand.rows()
    _add_revision(sqlite_project, "one", None, 'op.execute("DELETE FROM user WHERE id = 1")')
    with by_hand.flask.app_context(), pytest.raises(ForeignKeysBrokenError) as caught:
        upgrade()
    assert caught.value.violations == (
        'in "child_cascade" 1 row has lost its parent',
        'in "child_set_null" 1 row has lost its parent',
    )
    assert by_hand.rows() == rows


def test_orphans_of_old_are_no_reason_to_stop(family: App, sqlite_project: Project) -> None:
    family.execute("PRAGMA foreign_keys = ON")
    path = sqlite_project.url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO grandchild VALUES (9, 99)")
    connection.close()
    sqlite_project.configure('[renames]\ntables = [{ from = "grandchild", to = "descendant" }]\n')

    def descendants(db: SQLAlchemy) -> None:
        models("user", "name")(db)
        db.metadata.remove(db.metadata.tables["grandchild"])
        db.Table(
            "descendant",
            Column("id", Integer, primary_key=True),
            Column("child_id", ForeignKey("child_cascade.id", ondelete="CASCADE")),
        )

    after = sqlite_project.app(descendants)
    after.run("db", "migrate")
    after.run("db", "upgrade")
    assert len(after.rows()["descendant"]) == 2


def test_a_database_in_memory_is_migrated_on_its_one_connection(
    family: App, sqlite_project: Project
) -> None:
    in_memory = Project(sqlite_project.folder, "sqlite://")
    app = in_memory.app(models("user", "name"), pool=StaticPool)
    app.run("db", "upgrade")
    app.insert(ROWS)
    assert "No new upgrade operations" in app.run("db", "check")
    assert app.rows() == family.rows()


def test_the_connection_is_given_back_as_it_was(family: App) -> None:
    with family.flask.app_context():
        engine = family.db.engine
        connection = engine.connect()
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        before = driver.isolation_level, driver.execute("PRAGMA foreign_keys").fetchone()
        with prepared(connection, WAIT), connection.begin():
            assert driver.execute("PRAGMA foreign_keys").fetchone() == (0,)
            assert driver.in_transaction
        assert (driver.isolation_level, driver.execute("PRAGMA foreign_keys").fetchone()) == before
        connection.close()


def test_an_open_transaction_on_the_same_connection_stops_the_run(family: App) -> None:
    with family.flask.app_context(), family.db.engine.connect() as connection:
        connection.exec_driver_sql("INSERT INTO grandchild VALUES (5, 1)")
        with pytest.raises(TransactionOpenError, match="commit it or roll it back"):
            prepared(connection, WAIT).__enter__()


def test_a_locked_database_is_an_error_without_a_traceback(
    by_hand: App, sqlite_project: Project
) -> None:
    _add_revision(sqlite_project, "one", None, "pass")
    path = sqlite_project.url.removeprefix("sqlite:///")
    sqlite_project.configure("lock.timeout = 0")
    app = sqlite_project.app(models("user", "name"))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with app.flask.app_context(), pytest.raises(LockTimeoutError) as caught:
            upgrade()
        assert caught.value.holder in (f"process {os.getpid()}", "another process or connection")
    finally:
        holder.close()


def test_downgrade_is_one_transaction_too(family: App, sqlite_project: Project) -> None:
    schema = _schema(family)
    first = next(iter(sqlite_project.scripts())).partition("_")[0]
    _add_revision(sqlite_project, "two", first, "pass")
    family.run("db", "upgrade")
    script = sqlite_project.versions / "two.py"
    script.write_text(
        script.read_text().replace(
            "def downgrade():\n    pass",
            'def downgrade():\n    op.drop_table("grandchild")\n    op.execute("SELECT nonsense")',
        )
    )
    with family.flask.app_context(), pytest.raises(MigrateError, match="nonsense"):
        downgrade()
    assert _schema(family) == schema


# --- what apps and scripts do by themselves ----------------------------------------------------


def test_an_app_may_begin_its_transactions_itself(by_hand: App, sqlite_project: Project) -> None:
    """SQLAlchemy's documentation shows it, for SQLite's transactions to be real ones."""

    def own_begin(engine: Engine) -> None:
        event.listen(engine, "connect", lambda c, _record: setattr(c, "isolation_level", None))
        event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN"))

    _add_revision(sqlite_project, "one", None, 'op.add_column("user", sa.Column("a", sa.Integer))')
    _add_revision(sqlite_project, "two", "one", 'op.execute("SELECT nonsense")')
    schema = _schema(by_hand)
    with by_hand.flask.app_context():
        own_begin(by_hand.db.engine)
    by_hand.run("db", "upgrade", exit_code=2)
    assert _schema(by_hand) == schema
    by_hand.run("db", "upgrade", "one")
    assert "one" in by_hand.run("db", "current")


def test_an_autocommit_block_is_outside_of_the_transaction(
    by_hand: App, sqlite_project: Project
) -> None:
    body = """op.add_column("user", sa.Column("a", sa.Integer))
    with op.get_context().autocommit_block():
        op.execute("VACUUM")
    op.add_column("user", sa.Column("b", sa.Integer))"""
    _add_revision(sqlite_project, "one", None, body)
    _add_revision(sqlite_project, "two", "one", 'op.add_column("user", sa.Column("c", sa.Integer))')
    by_hand.run("db", "upgrade")
    assert set(by_hand.rows()["user"][0]) == {"id", "name", "a", "b", "c"}


def test_each_revision_is_checked_where_each_is_committed(
    by_hand: App, sqlite_project: Project
) -> None:
    app = sqlite_project.app(models("user", "name"), transaction_per_migration=True)
    _add_revision(sqlite_project, "one", None, 'op.add_column("user", sa.Column("a", sa.Integer))')
    _add_revision(sqlite_project, "two", "one", 'op.execute("DELETE FROM user WHERE id = 1")')
    with app.flask.app_context(), pytest.raises(ForeignKeysBrokenError):
        upgrade()
    assert len(by_hand.rows()["user"]) == 2
    assert "one" in app.run("db", "current")


def test_what_follows_a_commit_of_the_script_itself_is_kept(
    by_hand: App, sqlite_project: Project
) -> None:
    body = 'op.get_bind().commit(); op.create_table("b", sa.Column("id", sa.Integer))'
    _add_revision(sqlite_project, "one", None, body)
    by_hand.run("db", "upgrade")
    assert "b" in by_hand.rows()
    assert "one" in by_hand.run("db", "current")


def test_an_upgrade_with_nothing_to_do_waits_for_nobody(
    family: App, sqlite_project: Project
) -> None:
    sqlite_project.configure("lock.timeout = 0")
    app = sqlite_project.app(models("user", "name"))
    holder = sqlite3.connect(sqlite_project.url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        app.run("db", "upgrade")
    finally:
        holder.close()


def test_rows_may_be_whatever_the_app_makes_of_them(family: App, sqlite_project: Project) -> None:
    def as_dict(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> dict[str, object]:
        return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}

    with family.flask.app_context():
        engine = family.db.engine
        connection = engine.connect()
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.row_factory = as_dict
        with guarded(connection, WAIT) as check:
            check()
        connection.close()


def test_a_foreign_key_is_not_lost_to_one_of_its_old_name(sqlite_project: Project) -> None:
    """A batch puts a new constraint in the place of one of the same name."""
    convention = {"fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s"}

    def posts(*keys: str) -> Define:
        def define(db: SQLAlchemy) -> None:
            db.Table("user", Column("id", Integer, primary_key=True))
            columns: list[Column[int]] = [
                Column(key, ForeignKey("user.id", ondelete="CASCADE")) for key in keys
            ]
            db.Table("post", Column("id", Integer, primary_key=True), *columns)

        return define

    app = sqlite_project.app(posts("user_id"), naming_convention=convention)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    sqlite_project.configure(
        'renames.columns = [{ table = "post", from = "user_id", to = "owner_id" }]'
    )
    renamed = sqlite_project.app(posts("owner_id"), naming_convention=convention)
    renamed.run("db", "migrate")
    renamed.run("db", "upgrade")
    later = sqlite_project.app(posts("owner_id", "user_id"), naming_convention=convention)
    output = later.run("db", "migrate", exit_code=1)
    assert '"fk_post_user_id_user", which "post" keeps' in output
    assert len(sqlite_project.scripts()) == 2


@pytest.mark.parametrize("begin", ["BEGIN EXCLUSIVE", "begin  immediate transaction;"])
def test_any_way_to_begin_is_known(by_hand: App, sqlite_project: Project, begin: str) -> None:
    with by_hand.flask.app_context():
        event.listen(by_hand.db.engine, "begin", lambda c: c.exec_driver_sql(begin))
    _add_revision(sqlite_project, "one", None, 'op.add_column("user", sa.Column("a", sa.Integer))')
    by_hand.run("db", "upgrade")


def test_a_script_that_says_it_is_irreversible_is_no_traceback(
    by_hand: App, sqlite_project: Project
) -> None:
    _add_revision(sqlite_project, "one", None, 'raise NotImplementedError("irreversible")')
    said = by_hand.run("db", "upgrade", exit_code=2)
    assert "Error: NotImplementedError: irreversible\n" in said
    assert said.endswith("\nthe default database was rolled back and is at no revision\n")
    script = sqlite_project.versions / "one.py"
    script.write_text("def broken(:")
    assert "one.py, line 1: invalid syntax" in by_hand.run("db", "heads", exit_code=2)


# --- what SQLAlchemy can't make ----------------------------------------------------------------


def by_sql(project: Project, define: Define, *statements: str) -> App:
    """Let the first revision make all by these statements."""
    app = project.app(define)
    app.run("db", "init")
    body = "\n    ".join(f"op.execute({statement!r})" for statement in statements)
    _add_revision(project, "one", None, body)
    app.run("db", "upgrade")
    return app


def item(table: str, column: str, *more: Column[Any]) -> Define:
    return lambda db: db.Table(
        table, Column("id", Integer, primary_key=True), Column(column, String), *more
    )


ITEMS = """[renames]
tables = [{ from = "item", to = "thing" }]
columns = [{ table = "thing", from = "name", to = "label" }]
"""


def there_and_back(project: Project, before: App, define: Define) -> App:
    """Rename, and give the app on the renamed database, after a downgrade left all as it was."""
    schema, rows = _schema(before), before.rows()
    after = renamed(project, define, ITEMS)
    assert "batch_alter_table" not in project.newest_script()
    after.run("db", "downgrade")
    assert (_unquoted(_schema(before)), before.rows()) == (_unquoted(schema), rows)
    after.run("db", "upgrade")
    return after


def _unquoted(schema: list[tuple[str, ...]]) -> list[str]:
    """Leave the quotes out that SQLite puts around a name that it was given anew."""
    return [row[0].replace('"', "") for row in schema]


def _query(app: App, sql: str) -> list[tuple[Any, ...]]:
    with app.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


@pytest.mark.parametrize("kind", ["WITHOUT ROWID", "STRICT", "STRICT, WITHOUT ROWID"])
@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 37), reason="SQLite has no STRICT tables")
def test_tables_of_other_kinds_stay_what_they_are(sqlite_project: Project, kind: str) -> None:
    def define(table: str, column: str) -> Define:
        return lambda db: db.Table(
            table, Column("id", Integer, primary_key=True), Column(column, Text)
        )

    before = by_sql(
        sqlite_project,
        define("item", "name"),
        f"CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, name TEXT) {kind}",
        "INSERT INTO item VALUES (1, 'saw')",
    )
    after = there_and_back(sqlite_project, before, define("thing", "label"))
    assert after.rows() == {"thing": [{"id": 1, "label": "saw"}]}
    with after.connect() as connection:
        (sql,) = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'thing'"
        ).one()
    assert sql.endswith(kind)


def test_triggers_and_views_of_all_kinds_go_on_working(sqlite_project: Project) -> None:
    def define(table: str, column: str) -> Define:
        def defined(db: SQLAlchemy) -> None:
            item(table, column)(db)
            db.Table("log", Column("text", String))

        return defined

    before = by_sql(
        sqlite_project,
        define("item", "name"),
        "CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR)",
        "CREATE TABLE log (text VARCHAR)",
        "CREATE VIEW names AS SELECT i.name AS name FROM item AS i",
        "CREATE VIEW long_names AS SELECT * FROM names WHERE length(name) > 3",
        "CREATE TRIGGER noted AFTER INSERT ON item WHEN new.name IS NOT NULL BEGIN"
        " INSERT INTO log VALUES (new.name || (SELECT count(name) FROM item)); END",
        "CREATE TRIGGER put INSTEAD OF INSERT ON names BEGIN"
        " INSERT INTO item (name) VALUES (new.name); END",
        "INSERT INTO item VALUES (1, 'hammer')",
    )
    after = there_and_back(sqlite_project, before, define("thing", "label"))
    after.execute("INSERT INTO names (name) VALUES ('saw')")
    assert after.rows() == {
        "log": [{"text": "hammer1"}, {"text": "saw2"}],
        "thing": [{"id": 1, "label": "hammer"}, {"id": 2, "label": "saw"}],
    }
    assert _query(after, "SELECT * FROM long_names") == [("hammer",)]


def test_a_view_that_is_broken_already_stops_the_run(sqlite_project: Project) -> None:
    app = begun(sqlite_project, item("item", "name"))
    app.execute("CREATE VIEW gone AS SELECT x FROM nowhere")
    output = refused(sqlite_project, item("thing", "label"), ITEMS)
    assert "SQLite refuses it: error in view gone: no such table: main.nowhere" in output
    app.execute("DROP VIEW gone")
    renamed(sqlite_project, item("thing", "label"), ITEMS)


def test_a_view_of_a_view_that_would_lose_its_column_stops_the_run(
    sqlite_project: Project,
) -> None:
    """A view's column without an alias is called after the renamed one from then on."""
    app = begun(sqlite_project, item("item", "name"))
    app.execute("CREATE VIEW names AS SELECT name FROM item")
    app.execute("CREATE VIEW long_names AS SELECT name FROM names WHERE length(name) > 3")
    output = refused(sqlite_project, item("thing", "label"), ITEMS)
    assert "error in view long_names after rename: no such column: name" in output


@pytest.mark.filterwarnings("ignore:.*expression-based")
def test_partial_and_expression_indexes_go_on_working(sqlite_project: Project) -> None:
    def define(table: str, column: str) -> Define:
        def defined(db: SQLAlchemy) -> None:
            item(table, column)(db)
            of_column = db.metadata.tables[table].c[column]
            Index("ix_some", of_column, unique=True, sqlite_where=of_column != "any")

        return defined

    before = begun(sqlite_project, define("item", "name"))
    before.insert({"item": [{"id": 1, "name": "any"}, {"id": 2, "name": "any"}]})
    before.insert({"item": [{"id": 3, "name": "saw"}]})
    # Alembic writes no index of an expression for SQLite.
    before.execute("CREATE INDEX ix_lower ON item (lower(name))")
    after = there_and_back(sqlite_project, before, define("thing", "label"))
    with pytest.raises(IntegrityError):
        after.insert({"thing": [{"id": 4, "label": "saw"}]})
    after.insert({"thing": [{"id": 4, "label": "any"}]})
    plan = _query(after, "EXPLAIN QUERY PLAN SELECT id FROM thing WHERE lower(label) = 'saw'")
    assert "ix_lower" in str(plan)


@pytest.mark.parametrize("persisted", [True, False])
def test_generated_columns_go_on_working(sqlite_project: Project, persisted: bool) -> None:
    def define(table: str, column: str, shouted: str) -> Define:
        computed: Column[Any] = Column(shouted, String, Computed(f"upper({column})", persisted))
        return item(table, column, computed)

    before = begun(sqlite_project, define("item", "name", "shouted"))
    before.insert({"item": [{"id": 1, "name": "saw"}]})
    after = there_and_back(sqlite_project, before, define("thing", "label", "shouted"))
    after.insert({"thing": [{"id": 2, "label": "axe"}]})
    assert _query(after, "SELECT shouted FROM thing ORDER BY id") == [("SAW",), ("AXE",)]
    cried = renamed(
        sqlite_project,
        define("thing", "label", "cried"),
        ITEMS.replace("[{ table", '[{ table = "thing", from = "shouted", to = "cried" }, { table'),
    )
    assert _query(cried, "SELECT cried FROM thing ORDER BY id") == [("SAW",), ("AXE",)]
    cried.run("db", "downgrade")
    assert _query(after, "SELECT shouted FROM thing ORDER BY id") == [("SAW",), ("AXE",)]


# --- what an app adds to its connections ---------------------------------------------------------


def prepared_app(project: Project, define: Define) -> App:
    """Make an app whose connections have a function, a collation and a second database."""
    app = project.app(define)
    with app.flask.app_context():

        @event.listens_for(app.db.engine, "connect")
        def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
            connection.create_function("is_fine", 1, bool, deterministic=True)
            connection.create_collation("by_length", lambda a, b: len(a) - len(b))
            connection.execute(f"ATTACH '{project.folder}/other.db' AS other")

    return app


@pytest.mark.parametrize(
    ("schema", "collation", "check"),
    [(None, None, "is_fine(id)"), (None, "by_length", "id > 0"), ("other", None, "id > 0")],
    ids=["function", "collation", "database"],
)
def test_what_an_app_adds_to_its_connections_stops_no_rename(
    sqlite_project: Project, schema: str | None, collation: str | None, check: str
) -> None:
    def define(column: str) -> Define:
        return lambda db: db.Table(
            "item",
            Column("id", Integer, primary_key=True),
            Column(column, String(collation=collation)),
            CheckConstraint(check),
            schema=schema,
        )

    everything = f"include_schemas = {'true' if schema else 'false'}\n"
    sqlite_project.configure(everything)
    app = prepared_app(sqlite_project, define("name"))
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    table = f"{schema or 'main'}.item"
    app.execute(f"INSERT INTO {table} VALUES (1, 'a')")
    named = f', schema = "{schema}"' if schema else ""
    hint = f'{{ table = "item", from = "name", to = "label"{named} }}'
    sqlite_project.configure(f"{everything}renames.columns = [{hint}]")
    after = prepared_app(sqlite_project, define("label"))
    for command in ("migrate", "upgrade", "downgrade", "upgrade", "check"):
        after.run("db", command)
    assert after.rows(schema)["item"] == [{"id": 1, "label": "a"}]
