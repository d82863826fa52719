"""What each server keeps of a column, and what it compares by its old name."""

from __future__ import annotations

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    NullPool,
    Sequence,
    String,
    UniqueConstraint,
    create_engine,
    inspect,
    text,
)
from sqlalchemy.dialects import mysql

from tests.project import App, Define, Project, begun, refused, renamed

# --- PostgreSQL --------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.parametrize("compare", ["true", "false"])
def test_a_serial_column_that_is_no_key_keeps_its_default(
    postgres_project: Project, compare: str
) -> None:
    def models(table: str, name: str) -> Define:
        def define(db: SQLAlchemy) -> None:
            db.Table(table, Column("id", Integer, primary_key=True), Column(name, Integer))

        return define

    app = postgres_project.app(models("Ticket", "number"))
    app.execute('CREATE TABLE "Ticket" (id SERIAL PRIMARY KEY, number SERIAL)')
    app.run("db", "init")
    app.run("db", "revision")
    app.run("db", "upgrade")
    app.execute('INSERT INTO "Ticket" DEFAULT VALUES')
    after = renamed(
        postgres_project,
        models("issue", "no"),
        f"""compare_server_default = {compare}
        [renames]
        tables = [{{ from = "Ticket", to = "issue" }}]
        columns = [{{ table = "issue", from = "number", to = "no" }}]""",
    )
    assert "server_default" not in postgres_project.newest_script()
    after.execute("INSERT INTO issue DEFAULT VALUES")
    assert [row["no"] for row in after.rows()["issue"]] == [1, 2]
    after.run("db", "downgrade")
    app.execute('INSERT INTO "Ticket" DEFAULT VALUES')
    assert [row["number"] for row in app.rows()["Ticket"]] == [1, 2, 3]


@pytest.mark.postgresql
def test_identity_and_named_sequences_keep_counting(postgres_project: Project) -> None:
    def models(identity: str, drawn: str) -> Define:
        def define(db: SQLAlchemy) -> None:
            numbers = Sequence("numbers", metadata=db.metadata)
            db.Table(
                "ticket",
                Column("id", Integer, Identity(always=True), primary_key=True),
                Column(identity, Integer, Identity(start=10)),
                Column(drawn, Integer, numbers, server_default=numbers.next_value()),
            )

        return define

    app = postgres_project.app(models("a", "b"))
    with app.flask.app_context():
        app.db.create_all()
    app.run("db", "init")
    app.run("db", "stamp")
    app.execute("INSERT INTO ticket DEFAULT VALUES")
    after = renamed(
        postgres_project,
        models("aa", "bb"),
        """renames.columns = [
          { table = "ticket", from = "a", to = "aa" },
          { table = "ticket", from = "b", to = "bb" },
        ]""",
    )
    after.execute("INSERT INTO ticket DEFAULT VALUES")
    assert after.rows()["ticket"] == [
        {"id": 1, "aa": 10, "bb": 1},
        {"id": 2, "aa": 11, "bb": 2},
    ]


@pytest.mark.postgresql
@pytest.mark.parametrize("schema_of_models", [None, "public"])
def test_tables_in_schemas(postgres_project: Project, schema_of_models: str | None) -> None:
    def models(table: str, key: str) -> Define:
        def define(db: SQLAlchemy) -> None:
            db.Table(
                table,
                Column("id", Integer, primary_key=True),
                Column(key, String, index=True),
                schema="crm",
            )
            # Alembic finds a difference in foreign keys of models that name the default schema.
            keys = [] if schema_of_models else [ForeignKey(f"crm.{table}.id")]
            db.Table(
                "post",
                Column("id", Integer, primary_key=True),
                Column(f"{table}_id", Integer, *keys),
                schema=schema_of_models,
            )
            db.Table(
                "user",
                Column("id", Integer, primary_key=True),
                Column("name", String),
                schema=schema_of_models,
            )

        return define

    before = postgres_project.app(models("user", "name"), include_schemas=True)
    before.execute("CREATE SCHEMA crm")
    for command in ("init", "migrate", "upgrade"):
        before.run("db", command)
    before.execute(
        "INSERT INTO crm.user (name) VALUES ('Ann')", "INSERT INTO post (user_id) VALUES (1)"
    )
    postgres_project.configure("""include_schemas = true
    [renames]
    tables = [{ from = "user", to = "account", schema = "crm" }]
    columns = [
      { table = "account", from = "name", to = "full_name", schema = "crm" },
      { table = "post", from = "user_id", to = "account_id", schema = "public" },
    ]""")
    after = postgres_project.app(models("account", "full_name"))
    after.run("db", "migrate")
    script = postgres_project.newest_script()
    assert "op.rename_table('user', 'account', schema='crm')" in script
    assert "drop_table" not in script
    after.run("db", "upgrade")
    assert after.rows("crm") == {"account": [{"id": 1, "full_name": "Ann"}]}
    assert after.rows() == {"post": [{"id": 1, "account_id": 1}], "user": []}
    assert "No new upgrade operations" in after.run("db", "check")
    after.run("db", "downgrade")
    assert before.rows("crm") == {"user": [{"id": 1, "name": "Ann"}]}


@pytest.mark.postgresql
def test_a_view_follows_and_a_name_too_long_is_refused(postgres_project: Project) -> None:
    def models(name: str) -> Define:
        return lambda db: db.Table(
            "person", Column("id", Integer, primary_key=True), Column(name, String)
        )

    app = begun(postgres_project, models("name"))
    app.execute(
        "INSERT INTO person (name) VALUES ('Ann')", "CREATE VIEW names AS SELECT name FROM person"
    )
    long_name = "é" * 32
    hint = f'renames.columns = [{{ table = "person", from = "name", to = "{long_name}" }}]'
    postgres_project.configure(hint)
    output = postgres_project.app(models(long_name)).run("db", "migrate", exit_code=1)
    assert "longer than the 63 bytes" in output
    assert len(postgres_project.scripts()) == 1
    after = renamed(
        postgres_project,
        models("full_name"),
        'renames.columns = [{ table = "person", from = "name", to = "full_name" }]',
    )
    with after.connect() as connection:
        assert connection.scalar(text("SELECT name FROM names")) == "Ann"


# --- MariaDB -----------------------------------------------------------------------------------


@pytest.mark.mariadb
def test_a_mariadb_column_keeps_all_that_it_has(mariadb_project: Project) -> None:
    def models(number: str, name: str, changed: str) -> Define:
        def define(db: SQLAlchemy) -> None:
            db.Table(
                "item",
                Column(number, Integer, primary_key=True, autoincrement=True),
                Column(
                    name,
                    mysql.VARCHAR(40, charset="latin1", collation="latin1_german2_ci"),
                    nullable=False,
                    server_default="none",
                    comment="what it's called",
                ),
                Column(
                    changed,
                    mysql.TIMESTAMP,
                    nullable=False,
                    server_default=text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
                ),
            )

        return define

    def definition(app: App) -> str:
        with app.connect() as connection:
            return str(connection.exec_driver_sql("SHOW CREATE TABLE item").one()[1])

    before = begun(mariadb_project, models("id", "name", "changed"))
    before.execute("INSERT INTO item (name) VALUES ('saw')", "ALTER TABLE item AUTO_INCREMENT = 50")
    original = definition(before)
    after = renamed(
        mariadb_project,
        models("number", "label", "changed_at"),
        """renames.columns = [
          { table = "item", from = "id", to = "number" },
          { table = "item", from = "name", to = "label" },
          { table = "item", from = "changed", to = "changed_at" },
        ]""",
    )
    expected = (
        original.replace("`id`", "`number`")
        .replace("`name`", "`label`")
        .replace("`changed`", "`changed_at`")
    )
    assert definition(after) == expected
    script = mariadb_project.newest_script()
    for kept in (
        "existing_autoincrement=True",
        'existing_comment="what it\'s called"',
        "existing_nullable=False",
        "collation='latin1_german2_ci'",
        "ON UPDATE",
    ):
        assert kept in script
    sql = after.run("db", "upgrade", "--sql")
    assert "RENAME COLUMN id TO number" in sql
    assert "CHANGE" not in sql
    after.run("db", "downgrade")
    assert definition(before) == original


@pytest.mark.mariadb
def test_the_index_of_an_unnamed_foreign_key_follows_its_column(mariadb_project: Project) -> None:
    def models(key: str) -> Define:
        def define(db: SQLAlchemy) -> None:
            db.Table("user", Column("id", Integer, primary_key=True))
            db.Table(
                "post",
                Column("id", Integer, primary_key=True),
                Column(key, ForeignKey("user.id")),
                Column("size", Integer),
                Index("ix_size", "size"),
            )

        return define

    before = begun(mariadb_project, models("user_id"))
    after = renamed(
        mariadb_project,
        models("owner_id"),
        'renames.columns = [{ table = "post", from = "user_id", to = "owner_id" }]',
    )
    assert "index" not in mariadb_project.newest_script()

    def indexes(app: App) -> set[str]:
        with app.connect() as connection:
            found = connection.exec_driver_sql("SHOW INDEX FROM post").mappings()
            return {row["Key_name"] for row in found}

    assert indexes(after) == {"PRIMARY", "owner_id", "ix_size"}
    after.run("db", "downgrade")
    assert indexes(before) == {"PRIMARY", "user_id", "ix_size"}


@pytest.mark.mariadb
@pytest.mark.parametrize("new", ["owner_id", "primary"])
def test_an_index_that_can_not_follow_stops_the_run(mariadb_project: Project, new: str) -> None:
    """The server would refuse to drop it, when the rename can no longer be rolled back."""

    def models(key: str) -> Define:
        def define(db: SQLAlchemy) -> None:
            db.Table("user", Column("id", Integer, primary_key=True))
            db.Table(
                "post",
                Column("id", Integer, primary_key=True),
                Column(key, ForeignKey("user.id")),
                Column("size", Integer),
                Index("owner_id", "size"),
            )

        return define

    begun(mariadb_project, models("user_id"))
    mariadb_project.configure(
        f'renames.columns = [{{ table = "post", from = "user_id", to = "{new}" }}]'
    )
    output = mariadb_project.app(models(new)).run("db", "migrate", exit_code=1)
    assert f'can\'t follow its column to "{new}"' in output
    assert len(mariadb_project.scripts()) == 1


@pytest.mark.mariadb
def test_alembic_of_others_in_the_process_stays_as_it_was(mariadb_url: str) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    from flask_migrate_decl.autogenerate import register

    register()
    engine = create_engine(mariadb_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE item (id INT PRIMARY KEY, name INT NOT NULL)")
        operations = Operations(MigrationContext.configure(connection))
        operations.alter_column(
            "item", "name", new_column_name="label", existing_type=Integer, existing_nullable=False
        )
        metadata = MetaData()
        metadata.reflect(connection)
        assert not metadata.tables["item"].columns["label"].nullable


@pytest.mark.mariadb
def test_a_new_indexed_foreign_key_beside_a_rename_can_be_taken_back(
    mariadb_project: Project,
) -> None:
    def models(title: str, *more: str) -> Define:
        def define(db: SQLAlchemy) -> None:
            db.Table("user", Column("id", Integer, primary_key=True))
            keys: list[Column[int]] = [
                Column(name, ForeignKey("user.id", name="fk_new"), index=True) for name in more
            ]
            db.Table("post", Column("id", Integer, primary_key=True), Column(title, Integer), *keys)

        return define

    before = begun(mariadb_project, models("t"))
    after = renamed(
        mariadb_project,
        models("title", "user_id"),
        'renames.columns = [{ table = "post", from = "t", to = "title" }]',
    )
    after.run("db", "downgrade")
    assert before.differences() == []


# --- both --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgres_url", marks=pytest.mark.postgresql),
        pytest.param("mariadb_url", marks=pytest.mark.mariadb),
    ],
)
def test_a_new_constraint_can_not_take_a_name_that_a_rename_leaves(
    url: str, request: pytest.FixtureRequest, sqlite_project: Project
) -> None:
    """Such a revision would fail, on MariaDB after half of it."""
    project = Project(sqlite_project.folder, request.getfixturevalue(url))
    convention = {"fk": "fk_%(table_name)s_%(column_0_name)s"}

    def models(*keys: str) -> Define:
        def define(db: SQLAlchemy) -> None:
            db.Table("user", Column("id", Integer, primary_key=True))
            db.Table(
                "post",
                Column("id", Integer, primary_key=True),
                *(Column(key, ForeignKey("user.id")) for key in keys),
            )

        return define

    app = project.app(models("user_id"), naming_convention=convention)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    project.configure("""[renames]
        follow_names = false
        columns = [{ table = "post", from = "user_id", to = "owner_id" }]""")
    after = project.app(models("owner_id", "user_id"), naming_convention=convention)
    output = after.run("db", "migrate", exit_code=1)
    assert '"fk_post_user_id", which "post" keeps' in output
    assert len(project.scripts()) == 1


def test_a_name_does_not_follow_to_where_another_table_still_has_it(project: Project) -> None:
    convention = {
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }

    def define(*tables: str) -> Define:
        def made(db: SQLAlchemy) -> None:
            for table in tables:
                key = ForeignKey(f"{table}.id")
                db.Table(table, Column("id", Integer, primary_key=True), Column("parent_id", key))

        return made

    app = begun(project, define("account", "user"), naming_convention=convention)
    app.execute("ALTER TABLE account RENAME TO archive")
    hints = 'renames.tables = [{ from = "user", to = "account" }]'
    after, options = define("account", "archive"), {"naming_convention": convention}
    if "sqlite" in project.url:
        renamed(project, after, hints, **options)
        return
    kept = "pk_account" if "postgresql" in project.url else "fk_account_parent_id"
    assert f'"{kept}", which "archive" keeps' in refused(project, after, hints, **options)


@pytest.mark.postgresql
def test_a_new_constraint_takes_a_name_that_another_gives_away(postgres_project: Project) -> None:
    convention = {"uq": "uq_%(table_name)s_%(column_0_name)s"}

    def define(note: str, *tables: str) -> Define:
        def made(db: SQLAlchemy) -> None:
            db.Table("note", Column(note, Integer))
            for table in tables:
                db.Table(table, Column("code", Integer, unique=True))

        return made

    options = {"naming_convention": convention}
    app = begun(postgres_project, define("text", "account"), **options)
    app.execute("ALTER TABLE account RENAME TO archive")
    hints = 'renames.columns = [{ table = "note", from = "text", to = "body" }]'
    after = renamed(postgres_project, define("body", "account", "archive"), hints, **options)
    for command in ("downgrade", "upgrade"):
        after.run("db", command)


def test_names_follow_that_a_convention_makes_of_given_ones(project: Project) -> None:
    kinds = {kind: f"{kind}_%(table_name)s_%(constraint_name)s" for kind in ("ix", "uq", "fk")}
    convention = {**kinds, "ck": "ck_%(table_name)s_%(column_0_name)s_%(constraint_name)s"}

    def define(table: str, column: str) -> Define:
        def made(db: SQLAlchemy) -> None:
            size = Column(column, Integer)
            db.Table(
                table,
                Column("id", Integer, primary_key=True),
                size,
                Index("by_size", column),
                UniqueConstraint("id", column, name="size"),
                ForeignKeyConstraint([column], [f"{table}.id"], name="parent"),
                CheckConstraint(size > 0, name="positive"),
            )

        return made

    options = {"naming_convention": convention}
    begun(project, define("item", "size"), **options)
    hints = """[renames]
        tables = [{ from = "item", to = "thing" }]
        columns = [{ table = "thing", from = "size", to = "width" }]"""
    app = renamed(project, define("thing", "width"), hints, **options)
    if "sqlite" not in project.url:
        script = project.newest_script()
        assert script.count("drop_") == 0
        with app.connect() as connection:
            found = inspect(connection)
            assert [check["name"] for check in found.get_check_constraints("thing")] == [
                "ck_thing_width_positive"
            ]
            assert [key["name"] for key in found.get_foreign_keys("thing")] == ["fk_thing_parent"]
            assert "uq_thing_size" in {u["name"] for u in found.get_unique_constraints("thing")}
            assert "ix_thing_by_size" in {i["name"] for i in found.get_indexes("thing")}
    for command in ("downgrade", "upgrade"):
        app.run("db", command)


def test_an_index_whose_new_name_another_has_is_renamed_once(project: Project) -> None:
    """By its definition it is a third one, of which the hint does not know."""

    def define(*indexes: Index) -> Define:
        columns = [Column(name, Integer) for name in ("first", "second")]
        return lambda db: db.Table("item", *columns, *indexes)

    begun(project, define(Index("old", "second")))
    hints = 'renames.indexes = [{ table = "item", from = "old", to = "new" }]'
    after = define(Index("new", "first"), Index("other", "second"))
    app = renamed(project, after, hints)
    for command in ("downgrade", "upgrade"):
        app.run("db", command)


@pytest.mark.postgresql
@pytest.mark.parametrize("hint", ["", ', schema = "nope"', ', schema = "public"'])
def test_a_hint_without_its_schema_stops_the_run(postgres_project: Project, hint: str) -> None:
    def models(name: str) -> Define:
        return lambda db: db.Table(
            "user", Column("id", Integer, primary_key=True), Column(name, String), schema="crm"
        )

    app = postgres_project.app(models("name"), include_schemas=True)
    app.execute("CREATE SCHEMA crm")
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    postgres_project.configure(
        f'renames.columns = [{{ table = "user", from = "name", to = "full_name"{hint} }}]'
    )
    after = postgres_project.app(models("full_name"), include_schemas=True)
    output = after.run("db", "migrate", exit_code=1)
    assert 'would become "full_name" in "crm.user"' in output
    assert len(postgres_project.scripts()) == 1


@pytest.mark.postgresql
def test_a_percent_sign_in_the_name_of_a_table_with_a_serial(postgres_project: Project) -> None:
    def models(key: str) -> Define:
        return lambda db: db.Table("50%", Column(key, Integer, primary_key=True))

    begun(postgres_project, models("id"))
    renamed(
        postgres_project,
        models("key"),
        'renames.columns = [{ table = "50%", from = "id", to = "key" }]',
    )
