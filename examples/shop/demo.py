"""Version one of the shop becomes version two and keeps its rows: ``python examples/shop/demo.py``.

Everything is done on a copy in a temporary folder, with the commands that a person would type.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

EXAMPLE = Path(__file__).resolve().parent
HINTS_HEADER = "[tool.flask-migrate.renames]"
PYPROJECT = (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8")
HINTS = PYPROJECT[PYPROJECT.index(HINTS_HEADER) :]
WITHOUT_HINTS = PYPROJECT.removesuffix(HINTS)
DROPS_OR_ADDS = re.compile(r"\b(create_table|drop_table|add_column|drop_column)\(")

Row = dict[str, Any]
Rows = dict[str, list[Row]]

console = Console(highlight=False, soft_wrap=True)


class DemoError(Exception):
    """Something was not as it is told here."""


@dataclass(frozen=True)
class Snapshot:
    """What a shop's database holds, and what the shop prints of it."""

    schema: list[str]
    rows: Rows
    orphans: list[Row]
    orders: list[str]


# --- the copy of the shop ----------------------------------------------------------------------


@dataclass(frozen=True)
class Shop:
    """A copy of the example."""

    folder: Path

    @property
    def package(self) -> Path:
        return self.folder / "shop"

    @property
    def database(self) -> Path:
        return self.folder / "instance" / "shop.db"

    def copy_to(self, folder: Path) -> Shop:
        shutil.copytree(self.folder, folder)
        return Shop(folder)

    def become_version_one(self) -> None:
        self._put(EXAMPLE / "version_1" / "models.py", WITHOUT_HINTS)

    def become_version_two(self, *, with_hints: bool) -> None:
        self._put(EXAMPLE / "shop" / "models.py", PYPROJECT if with_hints else WITHOUT_HINTS)

    def _put(self, models: Path, pyproject: str) -> None:
        """Put models and configuration in place.

        The old models' bytecode goes: Python might take it for that of other models of the same
        size, written within the same second.
        """
        shutil.copy(models, self.package)
        shutil.rmtree(self.package / "__pycache__", ignore_errors=True)
        (self.folder / "pyproject.toml").write_text(pyproject, encoding="utf-8")

    def flask(self, command: str) -> str:
        """Run a ``flask`` command, and return what it prints."""
        arguments = [sys.executable, "-m", "flask", *shlex.split(command)]
        done = subprocess.run(
            arguments,
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode != 0:
            raise DemoError(f"flask {command} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def upgrade_of(self, slug: str) -> str:
        """Return the statements of a revision's ``upgrade()``."""
        [path] = (self.folder / "migrations" / "versions").glob(f"*_{slug}.py")
        source = path.read_text(encoding="utf-8")
        functions = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
        upgrade = next(node for node in functions if node.name == "upgrade")
        lines = source.splitlines()[upgrade.lineno - 1 : upgrade.end_lineno]
        return "\n".join(line for line in lines if line.strip() and "###" not in line)

    def insert_rows(self) -> None:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.executescript((EXAMPLE / "version_1" / "rows.sql").read_text("utf-8"))

    def snapshot(self) -> Snapshot:
        orders = self.flask("--app shop orders").splitlines()
        with closing(sqlite3.connect(self.database)) as database:
            return Snapshot(schema_of(database), rows_of(database), orphans_of(database), orders)


def environment() -> dict[str, str]:
    """Return this process's environment without what would configure another Flask app."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("FLASK_")}
    return own | {"FLASK_SKIP_DOTENV": "1", "PYTHONUTF8": "1"}


# --- what is in a database ---------------------------------------------------------------------


def rows_of(database: sqlite3.Connection) -> Rows:
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'alembic_version'"
    return {
        table["name"]: query(database, f'SELECT * FROM "{table["name"]}" ORDER BY id')
        for table in query(database, tables)
    }


def schema_of(database: sqlite3.Connection) -> list[str]:
    """Return the lines of all ``CREATE`` statements, sorted: a rebuilt table has another order."""
    statements = query(database, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    lines = chain.from_iterable(statement["sql"].splitlines() for statement in statements)
    return sorted(line.strip("\t ,").replace('"', "") for line in lines)


def orphans_of(database: sqlite3.Connection) -> list[Row]:
    """Return the rows that have lost their parents."""
    return query(database, "PRAGMA foreign_key_check")


def query(database: sqlite3.Connection, sql: str) -> list[Row]:
    cursor = database.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


# --- what has to be true -----------------------------------------------------------------------


def expect_equal(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise DemoError(f"{what}: expected\n{expected}\nand found\n{found}")


def expect_kept(after: Snapshot, before: Snapshot, expected_rows: Rows) -> None:
    """Expect every row, its parent, and what the shop prints about the orders."""
    expect_equal("rows", after.rows, expected_rows)
    expect_equal("rows without a parent", after.orphans, [])
    expect_equal("orders", after.orders, before.orders)


def rows_of_version_two(rows: Rows) -> Rows:
    """Return what the rows of version one have to be under the names of version two."""
    renames = tomllib.loads(HINTS)["tool"]["flask-migrate"]["renames"]
    tables = {hint["from"]: hint["to"] for hint in renames["tables"]}
    columns = {(hint["table"], hint["from"]): hint["to"] for hint in renames["columns"]}

    def renamed(table: str, row: Row) -> Row:
        return {columns.get((table, name), name): value for name, value in row.items()}

    found = {tables.get(table, table): of_table for table, of_table in rows.items()}
    expected = {table: [renamed(table, row) for row in found[table]] for table in found}
    for account in expected["account"]:
        del account["fax"]
        account["newsletter"] = 0
    return expected


def rows_of_version_one_again(rows: Rows) -> Rows:
    """Return the rows as they were, but for the values of the column that was dropped."""
    return rows | {"user": [{**user, "fax": None} for user in rows["user"]]}


# --- what is shown -----------------------------------------------------------------------------


def heading(text: str) -> None:
    console.rule(f"[bold]{text}", align="left", style="dim")


def show_commands(*commands: str) -> None:
    console.print(Text(f"$ {' && '.join(f'flask {command}' for command in commands)}", "cyan"))


def show_code(code: str, language: str) -> None:
    syntax = Syntax("", language, theme="ansi_dark", background_color="default")
    highlighted = syntax.highlight(code)
    highlighted.rstrip()
    console.print(highlighted)


def show_side_by_side(before: list[str], after: list[str]) -> None:
    width = max(map(len, before)) + 4
    console.print(f"[bold]{'version one':{width}}version two")
    for left, right in zip(before, after, strict=True):
        console.print(Text(f"{left:{width}}{right}"))


def counts(rows: Rows, order: Iterable[str]) -> list[str]:
    return [f"{table}: {len(rows[table])} rows" for table in order]


# --- the story ---------------------------------------------------------------------------------


def begin_with_version_one(shop: Shop) -> Snapshot:
    heading("Version one, with rows in it")
    shop.become_version_one()
    commands = ("db init", 'db migrate -m "version one"', "db upgrade")
    for command in commands:
        shop.flask(command)
    show_commands(*commands)
    shop.insert_rows()
    before = shop.snapshot()
    expect_equal("rows without a parent", before.orphans, [])
    console.print(", ".join(counts(before.rows, before.rows)))
    return before


def migrate_without_hints(shop: Shop) -> None:
    heading("Without hints: what was renamed would be dropped and added")
    shop.become_version_two(with_hints=False)
    command = 'db migrate -m "without hints"'
    shop.flask(command)
    show_commands(command)
    statements = shop.upgrade_of("without_hints").splitlines()
    drops_and_adds = [line.strip() for line in statements if DROPS_OR_ADDS.search(line)]
    if "op.drop_table('user')" not in drops_and_adds:
        raise DemoError("Without hints, the table should be dropped.")
    show_code("\n".join(drops_and_adds), "python")


def migrate_with_hints(shop: Shop) -> None:
    heading("With these hints in pyproject.toml: it is renamed")
    shop.become_version_two(with_hints=True)
    show_code(HINTS, "toml")
    command = 'db migrate -m "version two"'
    shop.flask(command)
    show_commands(command)
    upgrade = shop.upgrade_of("version_two")
    if "op.rename_table('user', 'account')" not in upgrade or "drop_table" in upgrade:
        raise DemoError(f"With hints, the table should be renamed:\n{upgrade}")
    show_code(upgrade, "python")


def upgrade(shop: Shop, before: Snapshot) -> None:
    heading("After the upgrade: every row is there")
    shop.flask("db upgrade")
    show_commands("db upgrade", "db check", "--app shop orders")
    console.print(shop.flask("db check").strip())
    after, expected = shop.snapshot(), rows_of_version_two(before.rows)
    expect_kept(after, before, expected)
    show_side_by_side(
        counts(before.rows, before.rows) + before.orders,
        counts(after.rows, expected) + after.orders,
    )


def downgrade(shop: Shop, before: Snapshot) -> None:
    heading("After the downgrade: version one again")
    shop.flask("db downgrade")
    shop.become_version_one()
    show_commands("db downgrade")
    after = shop.snapshot()
    expect_equal("schema", after.schema, before.schema)
    expect_kept(after, before, rows_of_version_one_again(before.rows))
    console.print(", ".join(counts(after.rows, before.rows)))
    console.print("The schema is what it was, and so are the rows; only user.fax came back empty.")


def tell(folder: Path) -> None:
    shop = Shop(folder / "shop")
    shutil.copytree(EXAMPLE / "shop", shop.package, ignore=shutil.ignore_patterns("__pycache__"))
    before = begin_with_version_one(shop)
    migrate_without_hints(shop.copy_to(folder / "without_hints"))
    migrate_with_hints(shop)
    upgrade(shop, before)
    downgrade(shop, before)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        try:
            tell(Path(folder))
        except DemoError as error:
            Console(stderr=True, soft_wrap=True).print(Text(str(error), "bold red"))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
