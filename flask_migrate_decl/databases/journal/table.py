"""The table in which a journal is kept, beside the version table."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from flask_migrate_decl.databases.journal.readings import fingerprint
from flask_migrate_decl.errors import JournalFailedError, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

T = TypeVar("T")

_SHOWN_LENGTH = 1000
_LONGEST_BATCH = 500_000
_NO_SUCH_TABLE = 1146
_LONGEST_NAME = 64
_SUFFIX = "_journal"
_COLUMNS = (
    "position",
    "revision",
    "is_upgrade",
    "statement",
    "fingerprint",
    "readings",
    "before_it",
    "is_done",
    "row_count",
    "last_row_id",
    "answer",
)


def journal_table(version_table: str) -> str:
    """Return the name of the journal beside a version table."""
    name = f"{version_table}{_SUFFIX}"
    if len(name) <= _LONGEST_NAME:
        return name
    mark = fingerprint(version_table)[:8]
    return f"{version_table[: _LONGEST_NAME - len(mark) - len(_SUFFIX) - 1]}_{mark}{_SUFFIX}"


@dataclass(slots=True)
class Entry:
    """A statement that was run, or begun.

    :param position: its number in the revision, from 1 on.
    :param fingerprint: of its text and its parameters, which are nowhere themselves.
    :param readings: of all that the script had read before.
    :param before: what the schema was like, where the statement changes it.
    :param is_done: it was over when it was written down, or somebody has said that it is.
    :param answer: what the database answered, as ``Answer`` writes it.
    :param last_insert_id: what ``LAST_INSERT_ID()`` was when the entry was written down.
    """

    position: int
    revision: str
    is_upgrade: bool
    statement: str
    fingerprint: str
    readings: str
    before: str | None = None
    is_done: bool = False
    row_count: int = -1
    last_row_id: int = 0
    answer: str | None = None
    last_insert_id: int = 0
    is_change: bool = True

    def note_done(self, answer: str | None, row_count: int = -1, last_row_id: int = 0) -> None:
        """Note that it is over."""
        self.is_done, self.answer = True, answer
        self.row_count, self.last_row_id = row_count, last_row_id


@dataclass
class JournalTable:
    """The table, and what is going to be written into it.

    What it runs goes past SQLAlchemy and what watches a script, so that nobody takes it for one's.
    """

    connection: Connection
    version_options: Mapping[str, Any]
    exists: bool = False
    is_written: bool = False
    is_asking: bool = False
    questions: int = 0
    _pending: list[Entry] = field(default_factory=list)
    _flushed: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        driver, dbapi = self.connection.connection.dbapi_connection, self.connection.dialect.dbapi
        assert driver is not None
        assert dbapi is not None
        self._errors = dbapi.Error
        self._cursor = driver.cursor()
        self._commit, self._roll_back = driver.commit, driver.rollback

    def read(self) -> list[Entry]:
        """Return what is written down."""
        columns = ", ".join((*_COLUMNS, "last_insert_id"))
        rows = self.run_if_there(f"SELECT {columns} FROM {self.name} ORDER BY position")
        self.exists = rows is not None
        return [_entry(row, len(rows)) for row in rows] if rows else []

    def create(self) -> None:
        """Make it."""
        self.exists = True
        self.run(
            f"CREATE TABLE IF NOT EXISTS {self.name} (position INTEGER NOT NULL PRIMARY KEY,"
            " revision VARCHAR(255) NOT NULL, is_upgrade BOOLEAN NOT NULL, statement TEXT NOT NULL,"
            " fingerprint CHAR(32) NOT NULL, readings CHAR(32) NOT NULL, before_it CHAR(32),"
            " is_done BOOLEAN NOT NULL, row_count BIGINT NOT NULL, last_row_id BIGINT UNSIGNED,"
            " answer MEDIUMTEXT, last_insert_id BIGINT UNSIGNED NOT NULL)"
            " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
        )

    def drop_if_empty(self) -> None:
        """Leave nothing behind, where nothing is half done."""
        if self.exists and self.ask(f"SELECT 1 FROM {self.name} LIMIT 1") is None:
            # A transaction that has looked at it would be waited for.
            self.commit()
            self.run(f"DROP TABLE IF EXISTS {self.name}")
            self.exists = False

    # --- entries ---

    def append(self, entry: Entry) -> None:
        """Write an entry down with the next ``flush()``."""
        self._pending.append(entry)

    def flush(self) -> None:
        """Write down what was run since the last commit, just before the next one.

        What was only looked at is written down once something was changed after it.
        """
        count = len(self._pending)
        while count and not self._pending[count - 1].is_change:
            count -= 1
        if not count:
            return
        written = self._pending[:count]
        for rows in _batches(map(_row, written)):
            # What was written in a transaction that a script has rolled back is written again.
            self.run(f"REPLACE INTO {self.name} VALUES {', '.join(rows)}")
        self._flushed += written
        del self._pending[:count]
        self.is_written = True

    def note_committed(self) -> None:
        """Note that what was written down stays."""
        self._flushed.clear()

    def note_rolled_back(self) -> None:
        """Note that what was written down since the last commit may be gone.

        The statements themselves count as run: what a script undoes by itself it undoes again.
        """
        self._pending[:0] = self._flushed
        self._flushed.clear()

    def forget_pending(self) -> None:
        """Let go of what would have been written: it is rolled back, or over."""
        self._pending.clear()
        self._flushed.clear()

    def mark_done(self) -> None:
        """Note that all that is written down is done."""
        # A script may have switched sql_safe_updates on, which wants a key.
        self.run(f"UPDATE {self.name} SET is_done = 1 WHERE position > 0")

    def mark_in_doubt(self, position: int) -> None:
        """Note that nobody knows how much of a statement that failed was done."""
        sets = "is_done = 0, answer = NULL"
        self.run(f"UPDATE {self.name} SET {sets} WHERE position = %s", (position,))

    def last_position(self) -> int:
        """Return the position of the last entry that is written down, 0 where there is none."""
        return int(self.ask(f"SELECT COALESCE(MAX(position), 0) FROM {self.name}"))

    def delete(self, position: int) -> None:
        """Delete what was not done."""
        self.run(f"DELETE FROM {self.name} WHERE position = %s", (position,))

    def clear(self) -> None:
        """Delete everything."""
        self.run(f"DELETE FROM {self.name} WHERE position > 0")
        self.is_written = False

    # --- the database ---

    @cached_property
    def name(self) -> str:
        """Its name with its schema, as a script may change the default one."""
        declared = self.version_options.get("version_table_schema")
        schema = declared or self.ask("SELECT DATABASE()")
        table = journal_table(self.version_options.get("version_table", "alembic_version"))
        return f"{_quoted(str(schema))}.{_quoted(table)}"

    def ask(self, query: str, parameters: tuple[object, ...] = ()) -> Any:
        """Return the first value that a query finds, or ``None``."""
        rows = self.run(query, parameters)
        return rows[0][0] if rows else None

    def run_if_there(self, query: str) -> Sequence[Any] | None:
        """Return the rows of a query, or ``None`` where its table is not there."""
        try:
            return self.run(query)
        except JournalFailedError as error:
            if error.__cause__ is not None and error.__cause__.args[:1] == (_NO_SUCH_TABLE,):
                return None
            raise

    def run(self, statement: str, parameters: tuple[object, ...] = ()) -> Sequence[Any]:
        """Run a statement, and return its rows.

        :raises JournalFailedError: the database refuses.
        """
        self.is_asking = True
        self.questions += 1
        try:
            return self._attempt(statement, self._rows, statement, parameters)
        finally:
            self.is_asking = False

    def _rows(self, statement: str, parameters: tuple[object, ...]) -> Sequence[Any]:
        # Parameters also where there are none: percent signs are doubled.
        self._cursor.execute(statement, parameters)
        return self._cursor.fetchall() if self._cursor.description else ()

    def commit(self) -> None:
        """Commit the transaction of the connection."""
        self._attempt("COMMIT", self._commit)
        self.note_committed()

    def roll_back(self) -> None:
        """Undo what is not committed."""
        self._attempt("ROLLBACK", self._roll_back)
        self.forget_pending()

    def _attempt(self, statement: str, run: Callable[..., T], *parameters: object) -> T:
        try:
            return run(*parameters)
        except self._errors as error:
            if self.connection.dialect.is_disconnect(error, None, None):
                # Nobody has to try to give back what is gone.
                self.connection.invalidate(error)
            raise JournalFailedError(str(error), statement) from error


def _quoted(name: str) -> str:
    """Quote a name so that it is one in every ``sql_mode``, and a percent sign for the driver."""
    return f"`{name.replace('`', '``').replace('%', '%%')}`"


def _entry(row: Sequence[Any], count: int) -> Entry:
    entry = Entry(*row)
    entry.is_upgrade = bool(entry.is_upgrade)
    # A statement that another one follows was over.
    entry.is_done = bool(entry.is_done) or entry.position < count
    return entry


def _batches(rows: Iterable[str]) -> Iterator[list[str]]:
    """Give rows as many at a time as a server takes in one statement: ``max_allowed_packet``."""
    batch: list[str] = []
    length = 0
    for row in rows:
        batch.append(row)
        length += len(row)
        if length >= _LONGEST_BATCH:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _row(entry: Entry) -> str:
    """Return an entry as SQL."""
    shown = without_secrets(entry.statement.strip())[:_SHOWN_LENGTH]
    before = "NULL" if entry.before is None else f"'{entry.before}'"
    answer = "NULL" if entry.answer is None else _text(entry.answer)
    return (
        f"({entry.position}, {_text(entry.revision)}, {entry.is_upgrade:d}, {_text(shown)},"
        f" '{entry.fingerprint}', '{entry.readings}', {before}, {entry.is_done:d},"
        f" {entry.row_count}, {entry.last_row_id}, {answer}, LAST_INSERT_ID())"
    )


def _text(text: str) -> str:
    """Return a text as SQL that means the same in every session; parameters take longer."""
    return f"_utf8mb4 x'{text.encode().hex()}'"
