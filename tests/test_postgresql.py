"""PostgreSQL: what hangs on tables and columns, and that it goes with them."""

from __future__ import annotations

from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ARRAY, Column, Enum, Identity, Integer, text

from tests.project import App, Define, Project, begun, renamed

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


# --- enum types --------------------------------------------------------------------------------


HINTS_OF_ENUMS = {
    "type": 'enums = [{ from = "colour", to = "shade" }]',
    "label": 'enum_values = [{ enum = "colour", from = "red", to = "crimson" }]',
    "both": """enums = [{ from = "colour", to = "shade" }]
        enum_values = [{ enum = "shade", from = "red", to = "crimson" }]""",
}
CASTS = pytest.mark.xfail(strict=True, reason="a cast in the models names what is not there yet")
ARRAYS = pytest.mark.xfail(strict=True, reason="a label in an array is shown in quotes of its own")


@pytest.mark.parametrize(
    ("is_array", "has_cast", "renamed_things"),
    [
        (False, False, "type"),
        (False, False, "label"),
        (False, False, "both"),
        pytest.param(False, True, "type", marks=CASTS),
        pytest.param(False, True, "label", marks=CASTS),
        pytest.param(False, True, "both", marks=CASTS),
        (True, False, "type"),
        pytest.param(True, False, "label", marks=ARRAYS),
        pytest.param(True, False, "both", marks=ARRAYS),
        pytest.param(True, True, "type", marks=CASTS),
        pytest.param(True, True, "label", marks=CASTS),
        pytest.param(True, True, "both", marks=CASTS),
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
