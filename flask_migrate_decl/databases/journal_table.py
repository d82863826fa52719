"""The table in which a journal is kept, beside the version table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.errors import without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

_SHOWN_LENGTH = 1000
_NO_SUCH_TABLE = 1146


def journal_table(version_table: str) -> str:
    """Return the name of the journal beside a version table."""
    return f"{version_table}_journal"


@dataclass(frozen=True)
class Entry:
    """A statement that was run, or begun.

    :param position: its number in the revision, from 1 on.
    :param fingerprint: of its text and its parameters, which are nowhere themselves.
    :param before: what the schema was like, where the statement changes it.
    :param is_done: it was over when it was written down, or somebody has said that it is.
    """

    position: int
    revision: str
    is_upgrade: bool
    statement: str
    fingerprint: str
    before: str | None
    row_count: int
    is_done: bool


@dataclass
class JournalTable:
    """The table, and what is going to be written into it.

    What it runs goes past SQLAlchemy, so that nobody else takes it for a script's.
    """

    connection: Connection
    version_options: Mapping[str, Any]
    exists: bool = False
    is_written: bool = False
    _pending: list[Entry] = field(default_factory=list)
    _name: str = ""

    def read(self) -> list[Entry]:
        """Return what is written down."""
        rows = self.run_if_there(
            "SELECT position, revision, is_upgrade, statement, fingerprint, before_it, row_count,"
            f" is_done FROM {self.name} ORDER BY position"
        )
        self.exists = rows is not None
        return [_entry(row, len(rows)) for row in rows] if rows else []

    def create(self) -> None:
        """Make it."""
        self.exists = True
        self.run(
            f"CREATE TABLE IF NOT EXISTS {self.name} (position INTEGER NOT NULL PRIMARY KEY,"
            " revision VARCHAR(255) NOT NULL, is_upgrade BOOLEAN NOT NULL, statement TEXT NOT NULL,"
            " fingerprint CHAR(64) NOT NULL, before_it CHAR(64), row_count BIGINT NOT NULL,"
            " is_done BOOLEAN NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
        )

    def drop_if_empty(self) -> None:
        """Leave nothing behind, where nothing is half done."""
        if self.exists and self.ask(f"SELECT 1 FROM {self.name} LIMIT 1") is None:
            # A transaction that has looked at it would be waited for.
            self.commit()
            self.run(f"DROP TABLE IF EXISTS {self.name}")
            self.exists = False

    def append(self, entry: Entry) -> None:
        """Write an entry down with the next ``flush()``."""
        self._pending.append(entry)

    def flush(self) -> None:
        """Write down what was run since the last commit, just before the next one."""
        if not self._pending:
            return
        rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s)"] * len(self._pending))
        values = tuple(value for entry in self._pending for value in _row(entry))
        self.run(f"INSERT INTO {self.name} VALUES {rows}", values)
        self.forget_pending()
        self.is_written = True

    def forget_pending(self) -> None:
        """Let go of what would have been written: it is rolled back, or over."""
        self._pending.clear()

    def mark_done(self) -> None:
        """Note that all that is written down is done."""
        self.run(f"UPDATE {self.name} SET is_done = 1")

    def delete(self, position: int) -> None:
        """Delete what was not done."""
        self.run(f"DELETE FROM {self.name} WHERE position = %s", (position,))

    def clear(self) -> None:
        """Delete everything."""
        self.run(f"DELETE FROM {self.name}")
        self.is_written = False

    @property
    def name(self) -> str:
        """Its name with its schema, as a script may change the default one."""
        if not self._name:
            quote = self.connection.dialect.identifier_preparer.quote_identifier
            declared = self.version_options.get("version_table_schema")
            schema = declared or self.ask("SELECT DATABASE()")
            table = journal_table(self.version_options.get("version_table", "alembic_version"))
            self._name = f"{quote(str(schema))}.{quote(table)}"
        return self._name

    def ask(self, query: str) -> Any:
        """Return the first value that a query finds, or ``None``."""
        rows = self.run(query)
        return rows[0][0] if rows else None

    def run_if_there(self, query: str) -> Sequence[Any] | None:
        """Return the rows of a query, or ``None`` where its table is not there."""
        try:
            return self.run(query)
        except Exception as error:
            if error.args[:1] == (_NO_SUCH_TABLE,):
                return None
            raise

    def run(self, statement: str, parameters: tuple[object, ...] = ()) -> Sequence[Any]:
        """Run a statement, and return its rows."""
        cursor = self.connection.connection.cursor()
        try:
            # Parameters also where there are none: percent signs are doubled.
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else ()
        finally:
            cursor.close()

    def commit(self) -> None:
        """Commit the transaction of the connection."""
        self.connection.connection.commit()


def _entry(row: Sequence[Any], count: int) -> Entry:
    position, revision, is_upgrade, statement, fingerprint, before, row_count, is_done = row
    # A statement that another one follows was over.
    is_over = bool(is_done) or position < count
    return Entry(
        position, revision, bool(is_upgrade), statement, fingerprint, before, row_count, is_over
    )


def _row(entry: Entry) -> tuple[object, ...]:
    shown = without_secrets(entry.statement.strip())[:_SHOWN_LENGTH]
    return (
        entry.position,
        entry.revision,
        entry.is_upgrade,
        shown,
        entry.fingerprint,
        entry.before,
        entry.row_count,
        entry.is_done,
    )
