"""A journal of what a revision has done on a database that commits each schema change by itself.

MariaDB and MySQL can't roll a revision back. Each of its statements is written down beside the
version table, so that a run which was cut off goes on where it was:

- What changes rows is written down in its own transaction, before that is committed: both are kept,
  or none is.
- What changes the schema commits by itself. It is written down before, with what the schema is
  like, and is committed by the statement's own first commit. Such a statement is done or not, and
  nothing between (https://mariadb.com/kb/en/atomic-ddl/): where the schema has changed, it is.
- The journal of a revision goes with the transaction that notes the revision as done, and its
  table at the end of the run.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from flask_migrate_decl.databases.ddl import Effect, Kind, effect_of
from flask_migrate_decl.databases.patience import Patience
from flask_migrate_decl.errors import (
    HalfDoneError,
    JournalDiffersError,
    StatementInDoubtError,
    StatementRunningError,
    without_secrets,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, ExecutionContext

_SHOWN_LENGTH = 1000
_NOTHING = "DO 0"
_NO_SUCH_TABLE = 1146


def journal_table(version_table: str) -> str:
    """Return the name of the journal beside a version table."""
    return f"{version_table}_journal"


def is_journalled(connection: Connection) -> bool:
    """Tell whether it is a database whose statements are written down."""
    return connection.dialect.name in ("mysql", "mariadb")


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
class Journal:
    """The journal of one database, for the time of one run.

    :param bind: the bind key, ``None`` for the default database.
    :param resumes: go on with a revision that is half done.
    :param in_doubt: whether the statement that may be done is, where somebody has said it.
    :param wait: how long to wait for what the server is still at, in seconds.
    """

    connection: Connection
    bind: str | None
    version_options: Mapping[str, Any]
    resumes: bool
    in_doubt: bool | None
    wait: float
    _table: str = ""
    _entries: list[Entry] = field(default_factory=list)
    _revision: str | None = None
    _is_upgrade: bool = True
    _position: int = 0
    _running: Effect | None = None
    _is_skipped: bool = False
    _refused: JournalDiffersError | None = None
    _has_other_engines: bool = False
    _pending: list[tuple[object, ...]] = field(default_factory=list)
    _is_written: bool = False
    _exists: bool = False

    # --- a run ---

    def open(self, steps: Sequence[tuple[str, bool]]) -> None:
        """Make the journal, and find out what an earlier run has left in it.

        :param steps: what is to be run: revisions, each with whether it is an upgrade.
        :raises HalfDoneError: a revision is half done, and is not to be gone on with.
        """
        self._table = self._qualified_table()
        self._entries = list(self._read())
        if self._entries:
            self._verify(steps)
        elif steps:
            self._create()
        self._has_other_engines = bool(steps) and self._ask(_OTHER_ENGINES) is not None
        self._commit()
        for name in ("before_cursor_execute", "after_cursor_execute"):
            event.listen(
                self.connection, name, getattr(self, f"_{name}"), retval=name.startswith("before")
            )
        event.listen(self.connection, "commit", lambda _connection: self._flush())

    @property
    def left_revision(self) -> str | None:
        """The revision that an earlier run has left half done."""
        return self._entries[0].revision if self._entries else None

    def clear(self) -> None:
        """Forget what an earlier run has left: somebody says what revision the database is at."""
        self._table = self._qualified_table()
        if any(True for _ in self._read()):
            self._run(f"DELETE FROM {self._table}")

    def close(self) -> None:
        """Leave nothing behind, where nothing is half done."""
        if self._exists and self._ask(f"SELECT 1 FROM {self._table} LIMIT 1") is None:
            # A transaction that has looked at it would be waited for.
            self._commit()
            self._run(f"DROP TABLE IF EXISTS {self._table}")
            self._exists = False

    def begin(self, revision: str, *, is_upgrade: bool) -> None:
        """Note that the script of a revision is called."""
        self._revision, self._is_upgrade, self._position = revision, is_upgrade, 0

    def end(self) -> None:
        """Note that it has returned.

        :raises JournalDiffersError: it has run fewer statements than the last time, or others.
        """
        if self._refused is not None:
            raise self._refused
        if self._position < len(self._entries):
            raise self._differs(self._entries[self._position], "it ends before this one")
        self._revision = None

    def note_applied(self) -> None:
        """Forget the revision, in the transaction that notes it as done."""
        self._pending.clear()
        if self._is_written or self._entries:
            self._run(f"DELETE FROM {self._table}")
        self._entries, self._position, self._is_written = [], 0, False

    def fail(self) -> None:
        """Note what became of the last statement, once the transaction was rolled back.

        With a connection that is lost nothing can be noted, and the next run has to look.
        """
        self._pending.clear()
        with suppress(Exception):
            if self._revision is None or not self._position:
                self.close()
            elif self._running is None:
                self._run(f"UPDATE {self._table} SET is_done = 1")
            elif self._running.kind is Kind.CHANGES_SCHEMA:
                self._run(f"DELETE FROM {self._table} WHERE position = %s", (self._position,))
            self._commit()
            self.close()

    # --- a statement ---

    def _before_cursor_execute(
        self,
        _connection: Connection,
        _cursor: Any,
        statement: str,
        parameters: Any,
        _context: ExecutionContext,
        _executemany: bool,
    ) -> tuple[str, Any]:
        effect = effect_of(statement)
        if self._revision is None or effect.kind is Kind.READS:
            return statement, parameters
        if self._refused is not None:
            # A script may have gone on after the error.
            raise self._refused
        self._position += 1
        fingerprint = _fingerprint(statement, parameters)
        if self._position <= len(self._entries):
            self._is_skipped = self._is_done(self._entries[self._position - 1], fingerprint)
            if self._is_skipped:
                self._verify_result(statement)
                return _NOTHING, ()
        self._running = self._safest(effect)
        if self._running.kind is not Kind.CHANGES_ROWS:
            before = None if self._running.sign else self._state(self._running)
            self._write(statement, fingerprint, before)
            self._flush()
        if self._running.kind is Kind.UNSURE:
            self._commit()
        return statement, parameters

    def _after_cursor_execute(
        self,
        _connection: Connection,
        cursor: Any,
        statement: str,
        parameters: Any,
        _context: ExecutionContext,
        _executemany: bool,
    ) -> None:
        if self._is_skipped:
            self._is_skipped = False
            cursor.rowcount = self._entries[self._position - 1].row_count
        elif self._running is not None:
            if self._running.kind is Kind.CHANGES_ROWS:
                fingerprint = _fingerprint(statement, parameters)
                self._write(statement, fingerprint, None, cursor.rowcount, is_done=True)
            elif self._running.kind is Kind.UNSURE:
                self._run(f"UPDATE {self._table} SET is_done = 1")
                self._commit()
            self._running = None

    def _safest(self, effect: Effect) -> Effect:
        """Return what is to be expected of a statement, on this server and in this mode."""
        if effect.kind is Kind.CHANGES_SCHEMA and not self._has_atomic_ddl:
            return Effect(Kind.UNSURE)
        if effect.kind is Kind.CHANGES_ROWS and (self._has_other_engines or self._is_autocommit):
            return Effect(Kind.UNSURE)
        return effect

    @property
    def _has_atomic_ddl(self) -> bool:
        version = self.connection.dialect.server_version_info or (0,)
        is_mariadb = getattr(self.connection.dialect, "is_mariadb", False)
        return version >= ((10, 6) if is_mariadb else (8,))

    @property
    def _is_autocommit(self) -> bool:
        options = self.connection.get_execution_options()
        return options.get("isolation_level") == "AUTOCOMMIT"

    # --- an earlier run ---

    def _verify(self, steps: Sequence[tuple[str, bool]]) -> None:
        first = self._entries[0]
        is_next = steps[:1] == [(first.revision, first.is_upgrade)]
        if not self.resumes or not is_next:
            last = self._entries[-1]
            raise HalfDoneError(
                self.bind,
                first.revision,
                first.is_upgrade,
                len(self._entries),
                last.statement,
                None if last.is_done else self._was_done(last),
            )
        last = self._entries[-1]
        if not last.is_done:
            self._settle(last)

    def _settle(self, last: Entry) -> None:
        """Find out whether the last statement was done, and note it.

        :raises StatementInDoubtError: nobody can tell by looking.
        """
        is_done = self._was_done(last)
        if is_done is None:
            is_done = self.in_doubt
        if is_done is None:
            raise StatementInDoubtError(
                self.bind, last.revision, last.is_upgrade, last.position, last.statement
            )
        if is_done:
            self._run(f"UPDATE {self._table} SET is_done = 1")
        else:
            self._run(f"DELETE FROM {self._table} WHERE position = %s", (last.position,))
            self._entries.pop()
        self._commit()

    def _was_done(self, last: Entry) -> bool | None:
        """Tell whether the last statement was done; ``None`` where looking does not help."""
        effect = effect_of(last.statement)
        if effect.kind is not Kind.CHANGES_SCHEMA or not self._has_atomic_ddl:
            return None
        self._wait_until_over(last)
        if effect.sign:
            return re.search(effect.sign, self._shown(effect)) is not None
        return None if last.before is None else self._state(effect) != last.before

    def _wait_until_over(self, last: Entry) -> None:
        """Wait for the server, which goes on with a statement of a process that is gone.

        :raises StatementRunningError: it takes too long.
        """
        patience = Patience(self.wait)
        while any(_is_same(running, last.statement) for (running,) in self._run(_ELSEWHERE)):
            if not patience.pause():
                raise StatementRunningError(self.bind, last.revision, last.statement)

    def _is_done(self, entry: Entry, fingerprint: str) -> bool:
        if entry.fingerprint != fingerprint:
            raise self._differs(entry, "it runs another one, or with other values")
        return True

    def _verify_result(self, statement: str) -> None:
        if "RETURNING" in statement.upper():
            entry = self._entries[self._position - 1]
            raise self._differs(entry, "it asks for rows that were returned then")

    def _differs(self, entry: Entry, reason: str) -> JournalDiffersError:
        self._refused = JournalDiffersError(
            self.bind, entry.revision, entry.is_upgrade, entry.position, entry.statement, reason
        )
        return self._refused

    # --- the table ---

    def _qualified_table(self) -> str:
        quote = self.connection.dialect.identifier_preparer.quote_identifier
        schema = self.version_options.get("version_table_schema") or self._ask("SELECT DATABASE()")
        name = journal_table(self.version_options.get("version_table", "alembic_version"))
        return f"{quote(str(schema))}.{quote(name)}"

    def _create(self) -> None:
        self._exists = True
        self._run(
            f"CREATE TABLE IF NOT EXISTS {self._table} (position INTEGER NOT NULL PRIMARY KEY,"
            " revision VARCHAR(255) NOT NULL, is_upgrade BOOLEAN NOT NULL, statement TEXT NOT NULL,"
            " fingerprint CHAR(64) NOT NULL, before_it CHAR(64), row_count BIGINT NOT NULL,"
            " is_done BOOLEAN NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
        )

    def _read(self) -> Iterator[Entry]:
        try:
            rows = self._run(
                "SELECT position, revision, is_upgrade, statement, fingerprint, before_it,"
                f" row_count, is_done FROM {self._table} ORDER BY position"
            )
        except Exception as error:
            if error.args[:1] == (_NO_SUCH_TABLE,):
                return
            raise
        self._exists = True
        for position, revision, is_upgrade, statement, mark, before, count, is_done in rows:
            # A statement that another one follows was over.
            is_over = bool(is_done) or position < len(rows)
            yield Entry(
                position, revision, bool(is_upgrade), statement, mark, before, count, is_over
            )

    def _write(
        self,
        statement: str,
        fingerprint: str,
        before: str | None,
        row_count: int = -1,
        *,
        is_done: bool = False,
    ) -> None:
        shown = without_secrets(statement.strip())[:_SHOWN_LENGTH]
        begin = (self._position, self._revision, self._is_upgrade, shown)
        self._pending.append((*begin, fingerprint, before, row_count, is_done))

    def _flush(self) -> None:
        """Write down what was run since the last commit, just before the next one."""
        if not self._pending:
            return
        row = "(%s, %s, %s, %s, %s, %s, %s, %s)"
        rows = ", ".join([row] * len(self._pending))
        values = tuple(value for values in self._pending for value in values)
        self._run(f"INSERT INTO {self._table} VALUES {rows}", values)
        self._pending.clear()
        self._is_written = True

    def _state(self, effect: Effect) -> str | None:
        """Return a fingerprint of what a statement changes."""
        return _fingerprint(self._shown(effect), ()) if effect.shown_by else None

    def _shown(self, effect: Effect) -> str:
        """Return what is there of what a statement changes, an empty text where nothing is."""
        try:
            return str(self._run(effect.shown_by)[0][1])
        except Exception as error:
            if error.args[:1] == (_NO_SUCH_TABLE,):
                return ""
            raise

    def _ask(self, query: str) -> Any:
        rows = self._run(query)
        return rows[0][0] if rows else None

    def _run(self, statement: str, parameters: tuple[object, ...] = ()) -> Sequence[Any]:
        """Run a statement of the journal's own, which nobody else is to see."""
        cursor = self.connection.connection.cursor()
        try:
            # Parameters also where there are none: percent signs are doubled.
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else ()
        finally:
            cursor.close()

    def _commit(self) -> None:
        self.connection.connection.commit()


_OTHER_ENGINES = (
    "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE()"
    " AND engine IS NOT NULL AND engine NOT IN ('InnoDB', 'RocksDB', 'SEQUENCE') LIMIT 1"
)
"""Whether there are tables whose rows are not undone with a transaction."""


_ELSEWHERE = (
    "SELECT info FROM information_schema.processlist"
    " WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info IS NOT NULL"
)
_COMPARED_LENGTH = 200


def _is_same(running: str, written: str) -> bool:
    """Tell whether a statement is the one that was written down, as far as that is whole."""
    # What was written down is as the driver takes it, where percent signs are doubled.
    plain = written.replace("%%", "%")
    return running.strip()[:_COMPARED_LENGTH] == plain[:_COMPARED_LENGTH].strip()


def _fingerprint(statement: str, parameters: object) -> str:
    return hashlib.sha256(f"{statement}\0{parameters!r}".encode()).hexdigest()
