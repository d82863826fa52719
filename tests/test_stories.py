"""The main job on every database: models before, rows, hints, models after, and back."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    text,
)

from tests.project import App, Define, Project, Rows

pytestmark = [
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based"),
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
]

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
EVERYWHERE = frozenset({"sqlite", "postgresql", "mariadb"})


class Colour(enum.Enum):
    """A type that a column may have."""

    RED = "red"
    BLUE = "blue"


@dataclass
class Story:
    """One change of a project's models.

    :param tables: old name to new name of each renamed table.
    :param columns: by a table's old name, old name to new name of each renamed column.
    :param gone: by a table's old name, the columns that the change drops.
    """

    name: str
    before: Define
    after: Define
    rows: Rows
    hints: str
    tables: dict[str, str] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    gone: dict[str, set[str]] = field(default_factory=dict)
    databases: frozenset[str] = EVERYWHERE
    options: dict[str, Any] = field(default_factory=dict)

    def expected(self, before: Rows) -> Rows:
        """Return the rows as the renames leave them."""
        return {
            self.tables.get(table, table): [
                {
                    self.columns.get(table, {}).get(column, column): value
                    for column, value in row.items()
                    if column not in self.gone.get(table, set())
                }
                for row in rows
            ]
            for table, rows in before.items()
        }


def table(name: str, *parts: Any) -> Define:
    """Define one table, with an ``id``."""

    def define(db: SQLAlchemy) -> None:
        db.Table(name, Column("id", Integer, primary_key=True), *(part() for part in parts))

    return define


def both(*definitions: Define) -> Define:
    """Define several tables."""

    def define(db: SQLAlchemy) -> None:
        for definition in definitions:
            definition(db)

    return define


def column(*args: Any, **kw: Any) -> Callable[[], Column[Any]]:
    """Describe a column; each version of the models makes its own."""
    return lambda: Column(*args, **kw)


def child(name: str, column_name: str, parent: str) -> Define:
    """Define a table whose rows are deleted with their parents."""

    def define(db: SQLAlchemy) -> None:
        db.Table(
            name,
            Column("id", Integer, primary_key=True),
            Column(column_name, ForeignKey(parent, ondelete="CASCADE"), nullable=False),
        )

    return define


ANN_AND_BEN = [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Ben"}]
CHILDREN = [{"id": 10, "user_id": 1}, {"id": 11, "user_id": 1}, {"id": 12, "user_id": 2}]
NAME = column("name", String(40), nullable=False)
FULL_NAME = column("full_name", String(40), nullable=False)

STORIES = [
    Story(
        "a table",
        table("user", NAME),
        table("account", NAME),
        {"user": ANN_AND_BEN},
        'renames.tables = [{ from = "user", to = "account" }]',
        {"user": "account"},
    ),
    Story(
        "a column",
        table("person", NAME),
        table("person", FULL_NAME),
        {"person": ANN_AND_BEN},
        '[[renames.columns]]\ntable = "person"\nfrom = "name"\nto = "full_name"',
        columns={"person": {"name": "full_name"}},
    ),
    Story(
        "a table with children, and columns on both sides",
        both(table("user", NAME), child("post", "user_id", "user.id")),
        both(table("account", FULL_NAME), child("post", "account_id", "account.id")),
        {"user": ANN_AND_BEN, "post": CHILDREN},
        """[renames]
        tables = [{ from = "user", to = "account" }]
        columns = [
          { table = "account", from = "name", to = "full_name" },
          { table = "post", from = "user_id", to = "account_id" },
        ]""",
        {"user": "account"},
        {"user": {"name": "full_name"}, "post": {"user_id": "account_id"}},
    ),
    Story(
        "the key that children point to, hinted by the table's old name",
        both(
            lambda db: db.Table("user", Column("id", Integer, primary_key=True)),
            child("post", "user_id", "user.id"),
        ),
        both(
            lambda db: db.Table("account", Column("number", Integer, primary_key=True)),
            child("post", "user_id", "account.number"),
        ),
        {"user": [{"id": 1}, {"id": 2}], "post": CHILDREN},
        """[renames]
        tables = [{ from = "user", to = "account" }]
        columns = [{ table = "user", from = "id", to = "number" }]""",
        {"user": "account"},
        {"user": {"id": "number"}},
    ),
    Story(
        "columns with indexes and unique constraints, named and not",
        table(
            "person",
            column("name", String(40), index=True),
            column("mail", String(40), unique=True),
            column("code", String(10)),
            column("town", String(10)),
            lambda: UniqueConstraint("code", "town", name="uq_place"),
            lambda: Index("ix_both", "name", "town"),
        ),
        table(
            "person",
            column("full_name", String(40), index=True),
            column("email", String(40), unique=True),
            column("zip", String(10)),
            column("town", String(10)),
            lambda: UniqueConstraint("zip", "town", name="uq_place"),
            lambda: Index("ix_both", "full_name", "town"),
        ),
        {"person": [{"id": 1, "name": "Ann", "mail": "a@x", "code": "1", "town": "A"}]},
        """renames.columns = [
          { table = "person", from = "name", to = "full_name" },
          { table = "person", from = "mail", to = "email" },
          { table = "person", from = "code", to = "zip" },
        ]""",
        columns={"person": {"name": "full_name", "mail": "email", "code": "zip"}},
    ),
    Story(
        "an indexed foreign key",
        both(
            table("user", NAME),
            table(
                "post",
                lambda: Column("user_id", ForeignKey("user.id"), index=True, nullable=False),
            ),
        ),
        both(
            table("user", NAME),
            table(
                "post",
                lambda: Column("owner_id", ForeignKey("user.id"), index=True, nullable=False),
            ),
        ),
        {"user": ANN_AND_BEN, "post": CHILDREN},
        'renames.columns = [{ table = "post", from = "user_id", to = "owner_id" }]',
        columns={"post": {"user_id": "owner_id"}},
    ),
    Story(
        "a naming convention",
        both(
            table("user", column("name", String(40), unique=True, index=True)),
            child("post", "user_id", "user.id"),
        ),
        both(
            table("account", column("login", String(40), unique=True, index=True)),
            child("post", "account_id", "account.id"),
        ),
        {"user": ANN_AND_BEN, "post": CHILDREN},
        """[renames]
        tables = [{ from = "user", to = "account" }]
        columns = [
          { table = "account", from = "name", to = "login" },
          { table = "post", from = "user_id", to = "account_id" },
        ]""",
        {"user": "account"},
        {"user": {"name": "login"}, "post": {"user_id": "account_id"}},
        options={"naming_convention": CONVENTION},
    ),
    Story(
        "together with a wider type, NOT NULL, an added and a dropped column",
        both(
            table(
                "user",
                column("name", String(40)),
                column("note", String(10)),
                column("age", Integer),
            ),
            child("post", "user_id", "user.id"),
        ),
        both(
            table(
                "account",
                column("full_name", String(80), nullable=False),
                column("age", Integer),
                column("town", String(20), index=True),
            ),
            child("post", "account_id", "account.id"),
        ),
        {
            "user": [{"id": n, "name": f"N{n}", "note": None, "age": n} for n in (1, 2)],
            "post": CHILDREN,
        },
        """[renames]
        tables = [{ from = "user", to = "account" }]
        columns = [
          { table = "account", from = "name", to = "full_name" },
          { table = "post", from = "user_id", to = "account_id" },
        ]""",
        {"user": "account"},
        {"user": {"name": "full_name"}, "post": {"user_id": "account_id"}},
        {"user": {"note"}},
    ),
    Story(
        "a new column under the old name",
        table("person", NAME),
        table("person", FULL_NAME, column("name", String(5))),
        {"person": ANN_AND_BEN},
        'renames.columns = [{ table = "person", from = "name", to = "full_name" }]',
        columns={"person": {"name": "full_name"}},
    ),
    Story(
        "a new table under the old name",
        both(table("user", NAME), child("post", "user_id", "user.id")),
        both(
            table("account", NAME),
            table("user", column("token", String(9))),
            child("post", "user_id", "account.id"),
        ),
        {"user": ANN_AND_BEN, "post": CHILDREN},
        'renames.tables = [{ from = "user", to = "account" }]',
        {"user": "account"},
    ),
    Story(
        "a new table under the old name, with an index of the old name",
        table("user", column("name", String(40), index=True)),
        both(
            table("account", column("name", String(40), index=True)),
            table("user", column("name", String(40), index=True)),
        ),
        {"user": ANN_AND_BEN},
        'renames.tables = [{ from = "user", to = "account" }]',
        {"user": "account"},
    ),
    Story(
        "composite keys",
        both(
            lambda db: db.Table(
                "line",
                Column("number", Integer, primary_key=True, autoincrement=False),
                Column("part", String(5), primary_key=True),
            ),
            lambda db: db.Table(
                "stock",
                Column("id", Integer, primary_key=True),
                Column("number", Integer),
                Column("part", String(5)),
                ForeignKeyConstraint(
                    ["number", "part"], ["line.number", "line.part"], name="fk_stock"
                ),
            ),
        ),
        both(
            lambda db: db.Table(
                "line",
                Column("order_no", Integer, primary_key=True, autoincrement=False),
                Column("part_no", String(5), primary_key=True),
            ),
            lambda db: db.Table(
                "stock",
                Column("id", Integer, primary_key=True),
                Column("number", Integer),
                Column("article", String(5)),
                ForeignKeyConstraint(
                    ["number", "article"], ["line.order_no", "line.part_no"], name="fk_stock"
                ),
            ),
        ),
        {
            "line": [{"number": 1, "part": "a"}, {"number": 1, "part": "b"}],
            "stock": [{"id": 1, "number": 1, "part": "b"}],
        },
        """renames.columns = [
          { table = "line", from = "number", to = "order_no" },
          { table = "line", from = "part", to = "part_no" },
          { table = "stock", from = "part", to = "article" },
        ]""",
        columns={
            "line": {"number": "order_no", "part": "part_no"},
            "stock": {"part": "article"},
        },
    ),
    Story(
        "a table that points to itself",
        table("node", lambda: Column("parent_id", ForeignKey("node.id"))),
        table("place", lambda: Column("above_id", ForeignKey("place.id"))),
        {"node": [{"id": 1, "parent_id": None}, {"id": 2, "parent_id": 1}]},
        """[renames]
        tables = [{ from = "node", to = "place" }]
        columns = [{ table = "place", from = "parent_id", to = "above_id" }]""",
        {"node": "place"},
        {"node": {"parent_id": "above_id"}},
    ),
    Story(
        "awkward names",
        table("order", column("group", String(9)), column("a.b", Integer), column("x y", Integer)),
        table(
            "Order Line",
            column("select", String(9)),
            column("c'd", Integer),
            column('e"f', Integer),
        ),
        {"order": [{"id": 1, "group": "g", "a.b": 2, "x y": 3}]},
        """[renames]
        tables = [{ from = "order", to = "Order Line" }]
        columns = [
          { table = "Order Line", from = "group", to = "select" },
          { table = "Order Line", from = "a.b", to = "c'd" },
          { table = "Order Line", from = "x y", to = 'e"f' },
        ]""",
        {"order": "Order Line"},
        {"order": {"group": "select", "a.b": "c'd", "x y": 'e"f'}},
    ),
    Story(
        "checks, an enum, defaults and a computed column",
        table(
            "item",
            column("price", Numeric(8, 2), nullable=False, server_default=text("1.50")),
            column("colour", Enum(Colour, name="colour"), nullable=False),
            column("made", DateTime, server_default=text("CURRENT_TIMESTAMP")),
            column("size", Integer, nullable=False),
            column("twice", Integer, Computed("size * 2", persisted=True)),
            lambda: CheckConstraint("price >= 0", name="ck_price"),
        ),
        table(
            "item",
            column("cost", Numeric(8, 2), nullable=False, server_default=text("1.50")),
            column("hue", Enum(Colour, name="colour"), nullable=False),
            column("made_at", DateTime, server_default=text("CURRENT_TIMESTAMP")),
            column("width", Integer, nullable=False),
            column("twice", Integer, Computed("width * 2", persisted=True)),
            lambda: CheckConstraint("cost >= 0", name="ck_price"),
        ),
        {"item": [{"id": 1, "price": 5, "size": 3, "colour": "RED", "made": datetime(2020, 1, 2)}]},
        """compare_server_default = true
        renames.columns = [
          { table = "item", from = "price", to = "cost" },
          { table = "item", from = "colour", to = "hue" },
          { table = "item", from = "size", to = "width" },
          { table = "item", from = "made", to = "made_at" },
        ]""",
        columns={"item": {"price": "cost", "colour": "hue", "made": "made_at", "size": "width"}},
    ),
    Story(
        "partial and expression indexes",
        table(
            "person",
            column("name", Text),
            column("age", Integer),
            lambda: Index("ix_lower", text("lower(name)")),
            lambda: Index(
                "ix_old", "age", sqlite_where=text("age > 60"), postgresql_where=text("age > 60")
            ),
        ),
        table(
            "person",
            column("full_name", Text),
            column("years", Integer),
            lambda: Index("ix_lower", text("lower(full_name)")),
            lambda: Index(
                "ix_old",
                "years",
                sqlite_where=text("years > 60"),
                postgresql_where=text("years > 60"),
            ),
        ),
        {"person": [{"id": 1, "name": "Ann", "age": 61}]},
        """renames.columns = [
          { table = "person", from = "name", to = "full_name" },
          { table = "person", from = "age", to = "years" },
        ]""",
        columns={"person": {"name": "full_name", "age": "years"}},
        databases=frozenset({"sqlite", "postgresql"}),
    ),
]


def _databases_of_stories() -> Iterator[Any]:
    marks = {"postgresql": pytest.mark.postgresql, "mariadb": pytest.mark.mariadb}
    for story in STORIES:
        for database in sorted(story.databases, reverse=True):
            found = [marks[database]] if database in marks else []
            yield pytest.param(database, story, marks=found, id=f"{database}-{story.name}")


@pytest.mark.parametrize(
    ("database_url", "story"), list(_databases_of_stories()), indirect=["database_url"]
)
def test_every_row_survives_the_way_there_and_back(story: Story, project: Project) -> None:
    before = _begun(story, project)
    rows = before.rows()
    assert any(rows.values()), "the story has no rows"

    project.configure(story.hints)
    after = project.app(story.after, **story.options)
    assert "rename" in after.run("db", "check", exit_code=1)
    after.run("db", "migrate", "-m", "second")
    after.run("db", "upgrade")
    _assert_kept(story.expected(rows), after.rows())
    assert "No new upgrade operations" in after.run("db", "check")
    assert "No changes in schema" in after.run("db", "migrate", "-m", "third")
    assert len(project.scripts()) == 2

    after.run("db", "downgrade")
    _assert_kept(_without(rows, story.gone), before.rows())
    assert before.differences() == []

    after.run("db", "upgrade")
    _assert_kept(story.expected(_without(rows, story.gone)), after.rows())


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_script_renames_and_neither_drops_nor_adds_for_it(
    story: Story, sqlite_project: Project
) -> None:
    _begun(story, sqlite_project)
    sqlite_project.configure(story.hints)
    sqlite_project.app(story.after, **story.options).run("db", "migrate")
    upgrade, _, downgrade = sqlite_project.newest_script().partition("def downgrade")
    for old, new in story.tables.items():
        assert f"op.rename_table({old!r}, {new!r})" in upgrade
        assert f"op.rename_table({new!r}, {old!r})" in downgrade
    for renamed in story.columns.values():
        for old, new in renamed.items():
            assert f"new_column_name={new!r}" in upgrade
            assert f"new_column_name={old!r}" in downgrade
    dropped = sum(len(columns) for columns in story.gone.values())
    assert upgrade.count("drop_column") == dropped
    assert "drop_table" not in upgrade


def _begun(story: Story, project: Project) -> App:
    """Bring the old version to a database, with its rows."""
    before = project.app(story.before, **story.options)
    before.run("db", "init")
    before.run("db", "migrate", "-m", "first")
    before.run("db", "upgrade")
    before.insert(story.rows)
    return before


def _assert_kept(expected: Rows, found: Rows) -> None:
    """Compare what is expected; columns and tables that were added may hold anything."""
    seen = {
        table: [{name: row.get(name) for name in rows[0]} for row in found[table]] if rows else []
        for table, rows in expected.items()
    }
    assert seen == expected


def _without(rows: Rows, gone: dict[str, set[str]]) -> Rows:
    return {
        table: [{k: v for k, v in row.items() if k not in gone.get(table, set())} for row in found]
        for table, found in rows.items()
    }
