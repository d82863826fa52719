"""PostgreSQL: what hangs on tables and columns, and that it goes with them."""

from __future__ import annotations

from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    Column,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import DOMAIN

from tests.project import NEEDS_SQLALCHEMY_2_1, App, Define, Project, begun, refused, renamed

pytestmark = pytest.mark.postgresql

ITEMS = """
tables = [{ from = "item", to = "thing" }]
columns = [{ table = "thing", from = "number", to = "no" }]
"""


def values(app: App, sql: str) -> list[Any]:
    """Return the first column of what a query finds."""
    with app.connect() as connection:
        return list(connection.execute(text(sql)).scalars())


def names_of(app: App, kind: str) -> set[str]:
    """Return the names of all that is of a kind of ``pg_class``, but for Alembic's own table."""
    found = values(
        app,
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        f" WHERE relkind = '{kind}' AND nspname NOT LIKE 'pg!_%' ESCAPE '!'"
        " AND nspname <> 'information_schema' AND relname NOT LIKE 'alembic%'",
    )
    return set(found)


# --- columns that count ------------------------------------------------------------------------


@pytest.mark.parametrize("counted", ["serial", "identity", "always"])
@pytest.mark.parametrize("follow", [True, False])
def test_a_key_that_counts_goes_on_counting(
    postgres_project: Project, counted: str, follow: bool
) -> None:
    def define(table: str, key: str) -> Define:
        more = () if counted == "serial" else (Identity(always=counted == "always"),)
        return lambda db: db.Table(table, Column(key, Integer, *more, primary_key=True))

    def objects(app: App) -> tuple[set[str], set[str]]:
        return names_of(app, "S"), names_of(app, "i")

    before = begun(postgres_project, define("item", "number"))
    before.execute("INSERT INTO item DEFAULT VALUES")
    old = {"item_number_seq"}, {"item_pkey"}
    new = {"thing_no_seq"}, {"thing_pkey"}
    assert objects(before) == old
    hints = f"[renames]\nfollow_default_names = {str(follow).lower()}\n{ITEMS}"
    after = renamed(postgres_project, define("thing", "no"), hints)
    assert objects(after) == (new if follow else old)
    after.execute("INSERT INTO thing DEFAULT VALUES")
    assert values(after, "SELECT no FROM thing ORDER BY no") == [1, 2]
    after.run("db", "downgrade")
    assert objects(before) == old
    before.execute("INSERT INTO item DEFAULT VALUES")
    assert values(before, "SELECT number FROM item ORDER BY number") == [1, 2, 3]
    after.run("db", "upgrade")
    after.execute("INSERT INTO thing DEFAULT VALUES")
    assert values(after, "SELECT max(no) FROM thing") == [4]


def test_the_sequence_of_an_identity_column_beside_the_key_follows(
    postgres_project: Project,
) -> None:
    def define(table: str, counted: str) -> Define:
        return lambda db: db.Table(
            table, Column("id", Integer, primary_key=True), Column(counted, Integer, Identity())
        )

    before = begun(postgres_project, define("item", "number"))
    old = {"item_id_seq", "item_number_seq"}
    assert names_of(before, "S") == old
    hints = f"[renames]\nfollow_default_names = true\n{ITEMS}"
    after = renamed(postgres_project, define("thing", "no"), hints)
    assert names_of(after, "S") == {"thing_id_seq", "thing_no_seq"}
    after.execute("INSERT INTO thing DEFAULT VALUES")
    after.run("db", "downgrade")
    assert names_of(before, "S") == old
    assert values(before, "SELECT number FROM item") == [1]


# --- enum types --------------------------------------------------------------------------------


HINTS_OF_ENUMS = {
    "type": 'enums = [{ from = "colour", to = "shade" }]',
    "label": 'enum_values = [{ enum = "colour", from = "red", to = "crimson" }]',
    "both": """enums = [{ from = "colour", to = "shade" }]
        enum_values = [{ enum = "shade", from = "red", to = "crimson" }]""",
}


@NEEDS_SQLALCHEMY_2_1
@pytest.mark.parametrize(
    ("is_array", "has_cast", "renamed_things"),
    [
        (False, False, "type"),
        (False, False, "label"),
        (False, False, "both"),
        (False, True, "type"),
        (False, True, "label"),
        (False, True, "both"),
        (True, False, "type"),
        (True, False, "label"),
        (True, False, "both"),
        (True, True, "type"),
        (True, True, "label"),
        (True, True, "both"),
    ],
)
def test_enums_in_arrays_and_defaults(
    postgres_project: Project, is_array: bool, has_cast: bool, renamed_things: str
) -> None:
    def define(type_: str, label: str) -> Define:
        def defined(db: SQLAlchemy) -> None:
            enum = Enum(label, "blue", name=type_, metadata=db.metadata)
            value, brackets = (f"{{{label}}}", "[]") if is_array else (label, "")
            default = text(f"'{value}'::{type_}{brackets}") if has_cast else value
            kind = ARRAY(enum) if is_array else enum
            colour: Column[Any] = Column("colour", kind, nullable=False, server_default=default)
            db.Table("paint", Column("id", Integer, primary_key=True), colour)

        return defined

    type_ = "colour" if renamed_things == "label" else "shade"
    label = "red" if renamed_things == "type" else "crimson"
    shown = "{{{}}}" if is_array else "{}"
    before = begun(postgres_project, define("colour", "red"), compare_server_default=True)
    before.execute("INSERT INTO paint DEFAULT VALUES")
    hints = f"compare_server_default = true\n[renames]\n{HINTS_OF_ENUMS[renamed_things]}"
    after = renamed(postgres_project, define(type_, label), hints)
    script = postgres_project.newest_script()
    assert "alter_column" not in script
    assert "drop" not in script
    after.execute("INSERT INTO paint DEFAULT VALUES")
    colours = "SELECT colour::text FROM paint"
    assert values(after, colours) == [shown.format(label)] * 2
    after.run("db", "downgrade")
    before.execute("INSERT INTO paint DEFAULT VALUES")
    assert values(before, colours) == [shown.format("red")] * 3


# --- partitions and heirs ----------------------------------------------------------------------


@pytest.mark.parametrize("key", ["at", "moment"])
def test_partitions_follow_their_parent(postgres_project: Project, key: str) -> None:
    def define(table: str, at: str, name: str) -> Define:
        return lambda db: db.Table(
            table,
            Column(at, Integer, primary_key=True),
            Column(name, String),
            Index("ix_name", name),
            postgresql_partition_by=f"RANGE ({at})",
        )

    def keep_partitions_out(name: str | None, type_: str, _parents: object) -> bool:
        return type_ != "table" or not str(name).startswith("part_")

    before = begun(postgres_project, define("item", "at", "name"), include_name=keep_partitions_out)
    before.execute(
        "CREATE TABLE part_1 PARTITION OF item FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE part_2 PARTITION OF item FOR VALUES FROM (10) TO (20)",
        "INSERT INTO item VALUES (1, 'saw'), (11, 'axe')",
    )
    of_key = f'{{ table = "thing", from = "at", to = "{key}" }},' if key != "at" else ""
    hints = f"""[renames]
    tables = [{{ from = "item", to = "thing" }}]
    columns = [{of_key} {{ table = "thing", from = "name", to = "label" }}]"""
    new = define("thing", key, "label")
    after = renamed(postgres_project, new, hints, include_name=keep_partitions_out)
    after.execute(f"INSERT INTO thing ({key}, label) VALUES (12, 'awl')")
    assert values(after, f"SELECT label FROM part_2 ORDER BY {key}") == ["axe", "awl"]
    after.run("db", "downgrade")
    assert values(before, "SELECT name FROM item ORDER BY at") == ["saw", "axe", "awl"]
    assert before.differences(include_name=keep_partitions_out) == []


def put_under_migrations(app: App) -> None:
    """Give an app whose tables are there its folder of revisions, and an empty revision."""
    app.run("db", "init")
    app.run("db", "revision")
    app.run("db", "upgrade")


def heirs(parents_name: str, heirs_name: str) -> Define:
    """Define a table and one that inherits from it, as PostgreSQL reflects it."""

    def define(db: SQLAlchemy) -> None:
        for table, name in (("animal", parents_name), ("dog", heirs_name)):
            db.Table(table, Column("id", Integer), Column(name, String))

    return define


@pytest.fixture
def animals(postgres_project: Project) -> App:
    app = postgres_project.app(heirs("name", "name"))
    app.execute(
        "CREATE TABLE animal (id INTEGER, name VARCHAR)",
        "CREATE TABLE dog () INHERITS (animal)",
        "INSERT INTO animal VALUES (1, 'Cat')",
        "INSERT INTO dog VALUES (2, 'Rex')",
    )
    put_under_migrations(app)
    return app


@pytest.mark.parametrize("heir_is_hinted", [False, True])
def test_an_heir_follows_its_parent(
    animals: App, postgres_project: Project, heir_is_hinted: bool
) -> None:
    of_heir = '{ table = "dog", from = "name", to = "called" },' if heir_is_hinted else ""
    hints = f'renames.columns = [{of_heir}{{ table = "animal", from = "name", to = "called" }}]'
    after = renamed(postgres_project, heirs("called", "called"), hints)
    assert postgres_project.newest_script().count("op.alter_column") == 2
    after.execute("INSERT INTO dog (id, called) VALUES (3, 'Bo')")
    assert values(after, "SELECT called FROM animal ORDER BY id") == ["Cat", "Rex", "Bo"]
    after.run("db", "downgrade")
    assert values(animals, "SELECT name FROM dog ORDER BY id") == ["Rex", "Bo"]
    assert animals.differences() == []


@pytest.mark.parametrize("parents_name", ["name", "called"])
def test_a_hint_of_the_heir_alone_is_refused(
    animals: App, postgres_project: Project, parents_name: str
) -> None:
    hints = 'renames.columns = [{ table = "dog", from = "name", to = "called" }]'
    output = refused(postgres_project, heirs(parents_name, "called"), hints)
    assert '"dog" inherits "name" from "animal"' in output
    assert "declare the same rename of the parent" in output


def families(*names: str) -> Define:
    """Define two tables and one that inherits from both, each with its name for one column."""

    def define(db: SQLAlchemy) -> None:
        for table, name in zip(("animal", "friend", "dog"), names, strict=True):
            db.Table(table, Column("id", Integer), Column(name, String))

    return define


@pytest.mark.parametrize("both", [False, True])
def test_what_two_parents_gave_is_renamed_when_one_is_taken_away(
    postgres_project: Project, both: bool
) -> None:
    before = postgres_project.app(families("name", "name", "name"))
    before.execute(
        "CREATE TABLE animal (id INTEGER, name VARCHAR)",
        "CREATE TABLE friend (id INTEGER, name VARCHAR)",
        "CREATE TABLE dog () INHERITS (animal, friend)",
        "INSERT INTO dog VALUES (2, 'Rex')",
    )
    put_under_migrations(before)
    of_friend = '{ table = "friend", from = "name", to = "called" },' if both else ""
    hints = f'renames.columns = [{of_friend}{{ table = "animal", from = "name", to = "called" }}]'
    define = families("called", "called" if both else "name", "called")
    output = refused(postgres_project, define, hints)
    assert '"dog" inherits "name" from "animal" and "friend", and PostgreSQL refuses' in output
    assert "take one of them from it (NO INHERIT)" in output
    before.execute("ALTER TABLE dog NO INHERIT friend")
    after = renamed(postgres_project, define, hints)
    if both:
        after.execute("ALTER TABLE dog INHERIT friend")
    assert values(after, "SELECT called FROM animal") == ["Rex"]


def test_an_heir_by_two_ways_from_one_ancestor_follows_it(postgres_project: Project) -> None:
    before = postgres_project.app(families("name", "name", "name"))
    before.execute(
        "CREATE TABLE animal (id INTEGER, name VARCHAR)",
        "CREATE TABLE friend () INHERITS (animal)",
        "CREATE TABLE dog () INHERITS (animal, friend)",
        "INSERT INTO dog VALUES (2, 'Rex')",
    )
    put_under_migrations(before)
    hints = 'renames.columns = [{ table = "animal", from = "name", to = "called" }]'
    after = renamed(postgres_project, families("called", "called", "called"), hints)
    assert values(after, "SELECT called FROM animal") == ["Rex"]


# --- names of types ----------------------------------------------------------------------------


def states(table: str, enum: str) -> Define:
    def define(db: SQLAlchemy) -> None:
        db.Table(table, Column("id", Integer), Column("is", Enum("on", "off", name=enum)))

    return define


def test_an_enum_type_does_not_take_the_name_that_a_table_has_until_later(
    postgres_project: Project,
) -> None:
    begun(postgres_project, states("state", "status"))
    hints = """[renames]
        tables = [{ from = "state", to = "states" }]
        enums = [{ from = "status", to = "state" }]"""
    output = refused(postgres_project, states("states", "state"), hints)
    assert 'the database has the table "state"' in output
    tables = 'renames.tables = [{ from = "state", to = "states" }]'
    renamed(postgres_project, states("states", "status"), tables)
    renamed(postgres_project, states("states", "state"), hints)


def test_a_table_takes_the_name_of_an_enum_type_only_if_that_gets_another(
    postgres_project: Project,
) -> None:
    begun(postgres_project, states("switch", "state"))
    hints = """[renames]
        tables = [{ from = "switch", to = "state" }]
        enums = [{ from = "state", to = "status" }]"""
    after = renamed(postgres_project, states("state", "status"), hints)
    for command in ("downgrade", "upgrade"):
        after.run("db", command)
    after.execute("CREATE TYPE left_behind AS ENUM ('a')")
    tables = 'renames.tables = [{ from = "state", to = "left_behind" }]'
    output = refused(postgres_project, states("left_behind", "status"), tables)
    assert 'the database has the enum "left_behind"' in output


@pytest.mark.parametrize("kind", ["indexes", "constraints"])
@pytest.mark.parametrize("table", ["renamed_1", "other"])
def test_a_temporary_name_is_that_of_no_other_table_or_index(
    postgres_project: Project, kind: str, table: str
) -> None:
    def define(first: str, second: str) -> Define:
        def made(db: SQLAlchemy) -> None:
            db.Table(table, Column("a", Integer), Index("renamed_2", "a"))
            of_item: list[Any] = [Index(first, "a"), Index(second, "b")]
            if kind == "constraints":
                of_item = [UniqueConstraint("a", name=first), UniqueConstraint("b", name=second)]
            db.Table("item", Column("a", Integer), Column("b", Integer), *of_item)
            db.Table("third", Column("a", Integer), UniqueConstraint("a", name="renamed_3"))

        return made

    begun(postgres_project, define("one", "two"))
    ends = [("one", "two"), ("two", "one")]
    swap = ", ".join(f'{{ table = "item", from = "{old}", to = "{new}" }}' for old, new in ends)
    after = renamed(postgres_project, define("two", "one"), f"renames.{kind} = [{swap}]")
    temporary = "renamed_4" if table == "renamed_1" else "renamed_1"
    assert temporary in postgres_project.newest_script()
    after.run("db", "downgrade")


# --- schemas and views -------------------------------------------------------------------------


def orders(schema: str, customers: tuple[str, str], key: str) -> Define:
    """Define orders in one schema that point to customers in another, and both to themselves."""

    def define(db: SQLAlchemy) -> None:
        customer = ".".join(customers)
        db.Table(
            customers[1],
            Column("id", Integer, primary_key=True),
            Column("friend_id", ForeignKey(f"{customer}.id")),
            schema=customers[0],
        )
        db.Table(
            "order",
            Column("id", Integer, primary_key=True),
            Column(key, ForeignKey(f"{customer}.id", ondelete="CASCADE"), index=True),
            Column("earlier_id", ForeignKey(f"{schema}.order.id")),
            schema=schema,
        )

    return define


@pytest.mark.parametrize(
    ("define", "hints"),
    [
        (
            orders("shop", ("people", "client"), "client_id"),
            """tables = [
              { from = "customer", to = "client", schema = "crm", to_schema = "people" }
            ]
            columns = [
              { table = "order", from = "customer_id", to = "client_id", schema = "shop" },
            ]""",
        ),
        (
            orders("people", ("people", "customer"), "customer_id"),
            """tables = [
              { from = "customer", to = "customer", schema = "crm", to_schema = "people" },
              { from = "order", to = "order", schema = "shop", to_schema = "people" },
            ]""",
        ),
        (
            orders("crm", ("shop", "customer"), "customer_id"),
            """tables = [
              { from = "customer", to = "customer", schema = "crm", to_schema = "shop" },
              { from = "order", to = "order", schema = "shop", to_schema = "crm" },
            ]""",
        ),
        (
            orders("sales", ("crm", "client"), "customer_id"),
            """schemas = [{ from = "shop", to = "sales" }]
            tables = [{ from = "customer", to = "client", schema = "crm" }]""",
        ),
    ],
    ids=["one moves", "both move to one", "they change places", "a schema and a table"],
)
def test_foreign_keys_across_schemas_go_along(
    postgres_project: Project, define: Define, hints: str
) -> None:
    first = postgres_project.app(lambda _db: None)
    first.execute("CREATE SCHEMA crm", "CREATE SCHEMA shop", "CREATE SCHEMA people")
    options = {"include_schemas": True}
    before = begun(postgres_project, orders("shop", ("crm", "customer"), "customer_id"), **options)
    before.execute(
        "INSERT INTO crm.customer VALUES (1, NULL), (2, 1)",
        "INSERT INTO shop.order VALUES (10, 1, NULL), (11, 2, 10)",
        "CREATE VIEW public.friends AS SELECT o.id AS found FROM shop.order AS o"
        " JOIN crm.customer AS c ON c.id = o.customer_id WHERE c.friend_id = 1",
    )
    after = renamed(postgres_project, define, f"[renames]\n{hints}", **options)
    script = postgres_project.newest_script()
    for word in ("foreign", "drop", "create", "batch"):
        assert word not in script.replace("Create Date", "")
    found = "SELECT found FROM friends"
    assert values(after, found) == [11]
    after.run("db", "downgrade")
    assert values(before, found) == [11]
    assert before.differences(**options) == []
    after.run("db", "upgrade")
    order, customer = order_and_customer(after)
    after.execute(f"DELETE FROM {customer} WHERE id = 2")
    assert values(after, f"SELECT id FROM {order}") == [10]


@NEEDS_SQLALCHEMY_2_1
def test_a_domain_goes_along_with_its_schema(postgres_project: Project) -> None:
    def define(schema: str) -> Define:
        size = DOMAIN("size", Integer, schema=schema, create_type=False)
        return lambda db: db.Table(
            "item",
            Column("id", Integer, primary_key=True),
            Column("size", size),
            Column("sizes", ARRAY(size)),
            schema=schema,
        )

    first = postgres_project.app(lambda _db: None)
    first.execute("CREATE SCHEMA shop", "CREATE DOMAIN shop.size AS int CHECK (VALUE > 0)")
    begun(postgres_project, define("shop"), include_schemas=True)
    hints = 'renames.schemas = [{ from = "shop", to = "sales" }]'
    after = renamed(postgres_project, define("sales"), hints, include_schemas=True)
    assert "alter_column" not in postgres_project.newest_script()
    after.run("db", "downgrade")


def order_and_customer(app: App) -> tuple[str, str]:
    """Return what the two tables are called, in quotes."""
    names = sorted(app.db.metadata.tables, key=lambda name: "order" not in name)
    first, second = ('"' + name.replace(".", '"."') + '"' for name in names)
    return first, second
