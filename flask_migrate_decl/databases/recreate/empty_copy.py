"""An empty copy of a schema in memory, on which SQLite itself tells what a change would do."""

from __future__ import annotations

import re
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.databases.recreate.tokens import in_schema, quoted, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

_NO_FUNCTION = re.compile(r"no such function: (.+)")
_NO_COLLATION = re.compile(r"no such collation sequence: (.+)")
_ORDER = {"table": 0, "view": 1, "index": 2, "trigger": 3}


@dataclass(frozen=True)
class Statement:
    """What made something of a schema.

    :param table: the table, or the view, that it belongs to.
    """

    type: str
    name: str
    table: str
    sql: str

    @property
    def words(self) -> str:
        """What it is, in a sentence."""
        return f'the {self.type} "{self.name}"'


def statements(connection: Connection, schema: str | None) -> list[Statement]:
    """Return what made the things of a schema, the tables first."""
    catalog = f"{quoted(schema or 'main')}.sqlite_master"
    found = connection.exec_driver_sql(f"SELECT type, name, tbl_name, sql FROM {catalog}")
    return _ordered(tuple(row) for row in found)


def _ordered(rows: Iterator[tuple[Any, ...]]) -> list[Statement]:
    own = (row for row in rows if row[3] and not str(row[1]).startswith("sqlite_"))
    return sorted((Statement(*row) for row in own), key=lambda found: _ORDER[found.type])


class EmptyCopy:
    """A schema without rows, in memory.

    Functions and collations of the app's own are stood in for, as nothing is computed by them.
    """

    def __init__(self, made_by: Sequence[Statement]) -> None:
        self._driver = sqlite3.connect(":memory:", isolation_level=None)
        self.execute("BEGIN")
        for statement in made_by:
            # What needs a module of the app's own can't be copied.
            with suppress(sqlite3.Error):
                self.execute(in_schema(statement.sql, None))
        self.execute("COMMIT")

    def close(self) -> None:
        """Let go of it."""
        self._driver.close()

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement."""
        for _attempt in range(100):
            try:
                return self._driver.execute(sql).fetchall()
            except sqlite3.Error as error:
                if not self._is_stood_in_for(str(error)):
                    raise
        raise sqlite3.OperationalError(f"the statement asks for too many functions: {sql}")

    def _is_stood_in_for(self, message: str) -> bool:
        if match := _NO_FUNCTION.search(message):
            self._driver.create_function(match[1].strip("()"), -1, _nothing, deterministic=True)
        elif match := _NO_COLLATION.search(message):
            self._driver.create_collation(match[1], _equal)
        return match is not None

    def statements(self) -> list[Statement]:
        """Return what it is made of, the tables first."""
        return _ordered(
            iter(self.execute("SELECT type, name, tbl_name, sql FROM main.sqlite_master"))
        )

    def table_sql(self, table: str) -> str | None:
        """Return the statement of a table, ``None`` where it could not be copied."""
        for found in self.statements():
            if found.type == "table" and found.name.casefold() == table.casefold():
                return found.sql
        return None

    def columns(self, table: str) -> Mapping[str, tuple[Any, ...]]:
        """Return the rows of ``PRAGMA table_xinfo`` by the columns' names, in small letters."""
        found = self.execute(f"PRAGMA table_xinfo({quoted(table)})")
        return {row[1].casefold(): row for row in found}

    def has_counter(self) -> bool:
        """Tell whether any table is AUTOINCREMENT."""
        return bool(self.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"))

    def problem(self, statement: Statement) -> str | None:
        """Return why a view or a trigger would not work, ``None`` where it works."""
        try:
            if statement.type == "view":
                self.execute(f"EXPLAIN SELECT * FROM {quoted(statement.name)}")
            elif statement.type == "trigger":
                self._fire(statement)
        except sqlite3.Error as error:
            return str(error)
        return None

    def _fire(self, trigger: Statement) -> None:
        """Let SQLite compile a trigger, which is then the only one."""
        self.execute(in_schema(trigger.sql, None))
        try:
            self.execute(f"EXPLAIN {self._firing(trigger)}")
        finally:
            self.execute(f"DROP TRIGGER {quoted(trigger.name)}")

    def _firing(self, trigger: Statement) -> str:
        """Return a statement that fires a trigger, whichever column it waits for."""
        table = quoted(trigger.table)
        words = [token.keyword for token in tokens(trigger.sql)]
        event = next(word for word in words if word in ("INSERT", "UPDATE", "DELETE"))
        if event == "DELETE":
            return f"DELETE FROM {table}"
        columns = [quoted(row[1]) for row in self.columns(trigger.table).values() if not row[6]]
        if event == "UPDATE":
            return f"UPDATE {table} SET " + ", ".join(f"{name} = {name}" for name in columns)
        nothing = ", ".join("NULL" for _ in columns)
        return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({nothing})"


def _nothing(*_arguments: object) -> None:
    """Stand in for a function."""


def _equal(_first: str, _second: str) -> int:
    """Stand in for a collation."""
    return 0
