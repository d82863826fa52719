"""Scripts under plain ``alembic``: its own template, in a process without this package."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import alembic as alembic_package
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    inspect,
    text,
)
from sqlalchemy.dialects import mysql

from tests.parameters import one_is_fast
from tests.project import NEEDS_SQLALCHEMY_2_1, App, Define, Project, Rows

_AS_ALEMBIC = "import runpy; runpy.run_module('alembic', run_name='__main__', alter_sys=True)"
_WITHOUT_US = f"import sys; sys.modules['flask_migrate_decl'] = None; {_AS_ALEMBIC}"


Described = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class PlainAlembic:
    """A folder that ``alembic init`` made, with a project's scripts."""

    folder: Path
    knows_us: bool = False

    def run(self, *args: str, exit_code: int = 0) -> str:
        """Run ``alembic …`` in a process of its own and return all that it printed."""
        source = _AS_ALEMBIC if self.knows_us else _WITHOUT_US
        process = subprocess.run(
            [sys.executable, "-c", source, *args],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        printed = process.stdout + process.stderr
        assert process.returncode == exit_code, f"alembic {' '.join(args)}\n{printed}"
        return printed

    def take(self, project: Project) -> None:
        """Take a project's scripts and its database."""
        self.folder.mkdir()
        self.run("init", "--template", "generic", "alembic")
        for name, script in project.scripts().items():
            (self.folder / "alembic" / "versions" / name).write_text(script, encoding="utf-8")
        ini = self.folder / "alembic.ini"
        stock = ini.read_text(encoding="utf-8")
        url = "driver://user:pass@localhost/dbname"
        assert url in stock
        ini.write_text(stock.replace(url, project.url.replace("%", "%%")), encoding="utf-8")


@dataclass
class Case:
    """Models before and after, and what the hints rename.

    :param tables: old name to new name of each renamed table.
    :param columns: by a table's old name, old name to new name of each renamed column.
    :param changes_types: the columns also get other types.
    """

    name: str
    before: Define
    after: Define
    rows: Rows
    tables: dict[str, str] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    changes_types: bool = False

    def hints(self) -> str:
        """Write the configuration; a column's hint names its table by the new name."""
        tables = [_hint({"from": old, "to": new}) for old, new in self.tables.items()]
        columns = [
            _hint({"table": self.tables.get(table, table), "from": old, "to": new})
            for table, renamed in self.columns.items()
            for old, new in renamed.items()
        ]
        return f"[renames]\ntables = [{', '.join(tables)}]\ncolumns = [{', '.join(columns)}]\n"

    def renamed(self, found: Rows) -> Rows:
        """Return rows as the renames leave them."""
        return {
            self.tables.get(table, table): [
                {self.columns.get(table, {}).get(name, name): value for name, value in row.items()}
                for row in rows
            ]
            for table, rows in found.items()
        }


def _hint(keys: dict[str, str]) -> str:
    values = (f'{key} = "{value}"' for key, value in keys.items())
    return f"{{ {', '.join(values)} }}"


def table(name: str, columns: dict[str, Described]) -> Define:
    """Define a table of an ``id`` and columns that ``of()`` describes."""

    def define(db: SQLAlchemy) -> None:
        made = (Column(column, *of[0], **of[1]) for column, of in columns.items())
        db.Table(name, Column("id", Integer, primary_key=True), *made)

    return define


def both(*definitions: Define) -> Define:
    """Define several tables."""

    def define(db: SQLAlchemy) -> None:
        for definition in definitions:
            definition(db)

    return define


def of(*parts: Any, **options: Any) -> Described:
    """Describe a column; each version of the models makes its own."""
    return parts, options


TEXT = of(String(40))
COLUMNS = {
    "plain": TEXT,
    "needed": of(String(40), nullable=False),
    "with_default": of(String(40), nullable=False, server_default="it's a:b"),
    "number": of(Integer, nullable=False, server_default=text("7")),
    "price": of(Numeric(8, 2), nullable=False, server_default=text("1.50")),
    "on": of(Boolean, nullable=False),
    "made": of(DateTime, nullable=False, server_default=text("CURRENT_TIMESTAMP")),
    "remark": of(Text, comment="It's 100% of what: is \\said\\"),
    "quotes": of(String(40), nullable=False, server_default="'\"''`", comment="'\"''`"),
    "no_text": of(String(40), nullable=False, server_default="", comment=" "),
    "lines": of(String(40), nullable=False, server_default="one\ntwo", comment="1\n2"),
    "letters": of(String(40), nullable=False, server_default="grüße 名前", comment="名前"),
    "all": of(String(20), nullable=False, server_default="x", comment="All of it"),
}
NEW_NAMES = {name: f"{name}_2" for name in COLUMNS}
AWKWARD = {
    "select": "Two Words",
    "per%cent": "100%",
    "a:b": "it's",
    "Mixed": "mIXED too",
    "grüße": "名前",
    "semi;colon": "dollar$",
    "p(a)ren": "%(name)s",
    "a.b": "{c}",
}

CASES = [
    Case(
        "a table and a column",
        table("user", {"name": TEXT}),
        table("account", {"full_name": TEXT}),
        {"user": [{"id": 1, "name": "Ann"}, {"id": 2, "name": None}]},
        {"user": "account"},
        {"user": {"name": "full_name"}},
    ),
    Case(
        "chains",
        both(table("one", {"a": TEXT, "b": TEXT, "c": TEXT}), table("two", {"x": TEXT})),
        both(table("two", {"b": TEXT, "c": TEXT, "d": TEXT}), table("three", {"x": TEXT})),
        {"one": [{"id": 1, "a": "A", "b": "B", "c": "C"}], "two": [{"id": 2, "x": "X"}]},
        {"one": "two", "two": "three"},
        {"one": {"a": "b", "b": "c", "c": "d"}},
    ),
    Case(
        "exchanges",
        both(
            table("east", {"left": of(Integer, nullable=False), "right": TEXT}),
            table("west", {"w": TEXT}),
        ),
        both(
            table("west", {"right": of(Integer, nullable=False), "left": TEXT}),
            table("east", {"w": TEXT}),
        ),
        {"east": [{"id": 1, "left": 1, "right": "R"}], "west": [{"id": 2, "w": "W"}]},
        {"east": "west", "west": "east"},
        {"east": {"left": "right", "right": "left"}},
    ),
    Case(
        "a column of another type",
        table(
            "item", {"size": of(Integer, nullable=False, server_default=text("3")), "text": TEXT}
        ),
        table(
            "thing",
            {"width": of(BigInteger, nullable=False, server_default=text("3")), "note": of(Text)},
        ),
        {"item": [{"id": 1, "size": 5, "text": "t"}]},
        {"item": "thing"},
        {"item": {"size": "width", "text": "note"}},
        changes_types=True,
    ),
    Case(
        "what a column has",
        table("item", COLUMNS),
        table("item", {NEW_NAMES[name]: of_column for name, of_column in COLUMNS.items()}),
        {"item": [{"id": 1, "needed": "n", "on": True, "remark": "r"}]},
        columns={"item": NEW_NAMES},
    ),
    Case(
        "awkward names",
        table("order", {name: of(String(40), nullable=False) for name in AWKWARD}),
        table("Group By", {name: of(String(40), nullable=False) for name in AWKWARD.values()}),
        {"order": [{"id": 1} | {name: f"of {name}" for name in AWKWARD}]},
        {"order": "Group By"},
        {"order": AWKWARD},
    ),
]


DEFAULTS = {
    "a colon": "of :name",
    "a backslash": "\\a \\:b",
    "a per cent sign": "100% of %(name)s",
}
MARIADB_KINDS = {
    "a character set": of(
        mysql.VARCHAR(40, charset="latin1", collation="latin1_german2_ci"), nullable=True
    ),
    "a binary collation": of(String(40, collation="utf8mb4_bin"), server_default="x"),
    "on update": of(
        mysql.TIMESTAMP,
        nullable=False,
        server_default=text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
    ),
    "fractions of seconds": of(
        mysql.DATETIME(fsp=3), nullable=False, server_default=text("CURRENT_TIMESTAMP(3)")
    ),
    "a nullable timestamp": of(mysql.TIMESTAMP, nullable=True),
    "no sign": of(mysql.INTEGER(unsigned=True), nullable=False, server_default=text("5")),
    "an enum": of(mysql.ENUM("a:b", "c%d", "it's"), nullable=False, server_default="it's"),
    "a set": of(mysql.SET("a", "b"), nullable=False, server_default="a,b"),
    "an expression": of(Integer, server_default=text("(1 + 2)")),
}
NOT_RESTATED = {
    "json, which has a check": of(JSON, nullable=True),
    "a stored generated column": of(Integer, Computed("size * 2", persisted=True)),
    "a virtual generated column": of(Integer, Computed("size * 2", persisted=False)),
}


@pytest.mark.parametrize("case", one_is_fast(reversed(CASES)), ids=lambda case: case.name)
def test_a_script_of_tables_and_columns_needs_alembic_alone(case: Case, project: Project) -> None:
    _assert_there_and_back(case, project)


@pytest.mark.parametrize("said", one_is_fast(DEFAULTS))
def test_a_default_survives_whatever_is_in_it(
    said: str, project: Project, request: pytest.FixtureRequest
) -> None:
    default = of(String(40), nullable=False, server_default=DEFAULTS[said], comment=DEFAULTS[said])
    case = Case(
        "a default",
        table("item", {"name": default}),
        table("item", {"title": default}),
        {"item": [{"id": 1}]},
        columns={"item": {"name": "title"}},
    )
    _assert_there_and_back(case, project)


@NEEDS_SQLALCHEMY_2_1
@pytest.mark.mariadb
def test_a_mariadb_column_keeps_all_that_it_has(mariadb_url: str, tmp_path: Path) -> None:
    _assert_mariadb_keeps(MARIADB_KINDS, Project(tmp_path, mariadb_url))


@pytest.mark.mariadb
@pytest.mark.parametrize("kind", NOT_RESTATED)
def test_a_mariadb_column_keeps_what_alembic_has_no_words_for(
    kind: str, mariadb_url: str, tmp_path: Path
) -> None:
    _assert_mariadb_keeps({kind: NOT_RESTATED[kind]}, Project(tmp_path, mariadb_url))


def _assert_mariadb_keeps(columns: dict[str, Described], project: Project) -> None:
    """Rename columns, in a table that has a number for generated ones to be generated from."""
    new = {name: f"{name}, renamed" for name in columns}
    number = {"size": of(Integer)}
    case = Case(
        "kinds of columns",
        table("item", number | columns),
        table("item", number | {new[name]: column for name, column in columns.items()}),
        {"item": [{"id": 1, "size": 3}]},
        columns={"item": new},
    )
    _assert_there_and_back(case, project)


def indexed(column: str, index: str, constraint: str) -> Define:
    """Define a table with a named index and a named unique constraint."""

    def define(db: SQLAlchemy) -> None:
        db.Table(
            "item",
            Column("id", Integer, primary_key=True),
            Column(column, String(40), nullable=False),
            Column("size", Integer),
            Index(index, "size"),
            UniqueConstraint(column, name=constraint),
        )

    return define


INDEXED = indexed("name", "ix_old", "uq_old")
INDEXED_ROWS: Rows = {"item": [{"id": 1, "name": "Ann", "size": 3}]}
OLD_NAMES, NEW_ONES = ({"ix_old"}, {"uq_old"}), ({"ix_new"}, {"uq_new"})
COLUMN_HINT = 'columns = [{ table = "item", from = "name", to = "title" }]\n'
NAME_HINTS = """[renames]
indexes = [{ table = "item", from = "ix_old", to = "ix_new" }]
constraints = [{ table = "item", from = "uq_old", to = "uq_new" }]
"""
WITH_OPERATIONS = pytest.mark.parametrize(
    "database_url",
    [
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ],
    indirect=True,
)
BY_HAND = """
from alembic import op
import flask_migrate_decl.operations  # noqa: F401

revision = "by_hand"
down_revision = {down!r}


def upgrade():
    op.rename_index("ix_old", "ix_new", table_name="item")
    op.rename_constraint("uq_old", "uq_new", "item", type_="unique")


def downgrade():
    op.rename_constraint("uq_new", "uq_old", "item", type_="unique")
    op.rename_index("ix_new", "ix_old", table_name="item")
"""


@WITH_OPERATIONS
def test_a_script_of_indexes_and_constraints_needs_the_operations_alone(project: Project) -> None:
    before = _begun(INDEXED, INDEXED_ROWS, project)
    after = _migrated(indexed("title", "ix_new", "uq_new"), NAME_HINTS + COLUMN_HINT, project)
    script = project.newest_script()
    imports = [line for line in script.splitlines() if "flask_migrate_decl" in line]
    assert imports == ["import flask_migrate_decl.operations  # noqa: F401"]
    alembic = PlainAlembic(project.folder / "plain", knows_us=True)
    alembic.take(project)
    without_us = replace(alembic, knows_us=False)
    assert "flask_migrate_decl" in without_us.run("upgrade", "head", exit_code=1)

    alembic.run("upgrade", "head")
    assert after.rows() == {"item": [{"id": 1, "title": "Ann", "size": 3}]}
    assert _names(after) == NEW_ONES
    alembic.run("downgrade", "-1")
    assert before.rows() == INDEXED_ROWS
    assert _names(before) == OLD_NAMES


def test_a_script_by_hand_needs_the_operations_alone(project: Project) -> None:
    app = _begun(INDEXED, INDEXED_ROWS, project)
    (first,) = project.scripts()
    script = BY_HAND.format(down=first.partition("_")[0])
    (project.versions / "by_hand.py").write_text(script, encoding="utf-8")
    alembic = PlainAlembic(project.folder / "plain", knows_us=True)
    alembic.take(project)

    printed = alembic.run("upgrade", "head")
    on_sqlite = project.url.startswith("sqlite")
    assert _names(app) == (({"ix_new"}, {"uq_old"}) if on_sqlite else NEW_ONES)
    assert ("can't rename a constraint" in printed) is on_sqlite
    alembic.run("downgrade", "-1")
    assert _names(app) == OLD_NAMES
    assert app.rows() == INDEXED_ROWS


@WITH_OPERATIONS
def test_a_template_without_imports_is_enough_for_flask_db_upgrade(project: Project) -> None:
    before = _begun(INDEXED, INDEXED_ROWS, project)
    stock = Path(alembic_package.__file__).parent / "templates" / "generic" / "script.py.mako"
    imports = '${imports if imports else ""}'
    assert imports in stock.read_text(encoding="utf-8")
    own = stock.read_text(encoding="utf-8").replace(imports, "")
    (project.folder / "migrations" / "script.py.mako").write_text(own, encoding="utf-8")
    after = _migrated(indexed("name", "ix_new", "uq_new"), NAME_HINTS, project)
    script = project.newest_script()
    assert "op.rename_index(" in script
    assert "op.rename_constraint(" in script
    assert "flask_migrate_decl" not in script

    after.run("db", "upgrade")
    assert (after.rows(), _names(after)) == (INDEXED_ROWS, NEW_ONES)
    after.run("db", "downgrade")
    assert (before.rows(), _names(before)) == (INDEXED_ROWS, OLD_NAMES)


def _names(app: App) -> tuple[set[str | None], set[str | None]]:
    """Return the names of the table's indexes, and those of its unique constraints."""
    with app.connect() as connection:
        inspector = inspect(connection)
        unique = {constraint["name"] for constraint in inspector.get_unique_constraints("item")}
        return {index["name"] for index in inspector.get_indexes("item")} - unique, unique


def _assert_there_and_back(case: Case, project: Project) -> None:
    """Upgrade and downgrade by plain Alembic, and miss nothing afterwards."""
    before = _begun(case.before, case.rows, project)
    rows, columns, statements = before.rows(), _columns(before), _statements(before)
    after = _migrated(case.after, case.hints(), project)
    alembic = PlainAlembic(project.folder / "plain")
    alembic.take(project)

    alembic.run("upgrade", "head")
    assert after.rows() == case.renamed(rows)
    _assert_attributes_kept(case, columns, _columns(after))
    assert "No new upgrade operations" in after.run("db", "check")

    alembic.run("downgrade", "-1")
    assert before.rows() == rows
    assert _columns(before) == columns
    assert _statements(before) == statements


def _begun(define: Define, rows: Rows, project: Project) -> App:
    """Bring the old version to a database, with its rows."""
    before = project.app(define)
    before.run("db", "init")
    before.run("db", "migrate", "-m", "first")
    before.run("db", "upgrade")
    before.insert(rows)
    return before


def _migrated(define: Define, hints: str, project: Project) -> App:
    """Let ``migrate`` write the script of the renames."""
    project.configure(hints)
    after = project.app(define)
    after.run("db", "migrate", "-m", "second")
    return after


def _columns(app: App) -> Rows:
    """Return what a database says of each column, each as a row."""
    with app.connect() as connection:
        inspector = inspect(connection)
        return {
            name: [{column["name"]: _attributes(column)} for column in inspector.get_columns(name)]
            for name in inspector.get_table_names()
        }


def _attributes(column: Any) -> tuple[Any, ...]:
    return (
        column["nullable"],
        column["default"],
        column.get("comment"),
        column.get("autoincrement"),
        repr(column["type"]),
    )


def _assert_attributes_kept(case: Case, before: Rows, after: Rows) -> None:
    """Compare all but the type where the models change it."""

    def comparable(found: Rows) -> Rows:
        return {
            table: [
                {name: seen[:-1] if case.changes_types else seen for name, seen in column.items()}
                for column in columns
            ]
            for table, columns in found.items()
        }

    assert comparable(case.renamed(before)) == comparable(after)


def _statements(app: App) -> list[str]:
    """Return the statements that would make the tables anew, where the database tells them."""
    with app.connect() as connection:
        if connection.dialect.name != "mariadb":
            return []
        quote = connection.dialect.identifier_preparer.quote
        names = inspect(connection).get_table_names()
        found = (connection.exec_driver_sql(f"SHOW CREATE TABLE {quote(name)}") for name in names)
        return sorted(str(row[1]) for result in found for row in result)
