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
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from flask_migrate_decl.databases.ddl import Effect, Kind, effect_of
from flask_migrate_decl.databases.journal_table import Entry, JournalTable
from flask_migrate_decl.databases.patience import Patience
from flask_migrate_decl.errors import (
    HalfDoneError,
    JournalDiffersError,
    StatementInDoubtError,
    StatementRunningError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, ExecutionContext

_NOTHING = "DO 0"


def is_journalled(connection: Connection) -> bool:
    """Tell whether it is a database whose statements are written down."""
    return connection.dialect.name in ("mysql", "mariadb")


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
    _entries: list[Entry] = field(default_factory=list)
    _revision: str | None = None
    _is_upgrade: bool = True
    _position: int = 0
    _running: Effect | None = None
    _is_skipped: bool = False
    _refused: JournalDiffersError | None = None
    _rows_may_stay: bool = False
    _table: JournalTable = field(init=False)

    def __post_init__(self) -> None:
        self._table = JournalTable(self.connection, self.version_options)

    # --- a run ---

    def open(self, steps: Sequence[tuple[str, bool]]) -> None:
        """Make the journal, and find out what an earlier run has left in it.

        :param steps: what is to be run: revisions, each with whether it is an upgrade.
        :raises HalfDoneError: a revision is half done, and is not to be gone on with.
        """
        self._entries = self._table.read()
        if self._entries:
            self._verify(steps)
        elif steps:
            self._table.create()
        self._rows_may_stay = bool(steps) and bool(self._table.ask(_ROWS_MAY_STAY))
        self._table.commit()
        for name in ("before_cursor_execute", "after_cursor_execute"):
            event.listen(
                self.connection, name, getattr(self, f"_{name}"), retval=name.startswith("before")
            )
        event.listen(self.connection, "commit", lambda _connection: self._table.flush())

    @property
    def left_revision(self) -> str | None:
        """The revision that an earlier run has left half done."""
        return self._entries[0].revision if self._entries else None

    def clear(self) -> None:
        """Forget what an earlier run has left: somebody says what revision the database is at."""
        if self._table.read():
            self._table.clear()

    def close(self) -> None:
        """Leave nothing behind, where nothing is half done."""
        self._table.drop_if_empty()

    def begin(self, revision: str, *, is_upgrade: bool) -> None:
        """Note that the script of a revision is called."""
        self._revision, self._is_upgrade, self._position = revision, is_upgrade, 0
        self._running = None

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
        self._table.forget_pending()
        if self._table.is_written or self._entries:
            self._table.clear()
        self._entries, self._position = [], 0

    def fail(self) -> None:
        """Note what became of the last statement, once the transaction was rolled back.

        With a connection that is lost nothing can be noted, and the next run has to look.
        """
        self._table.forget_pending()
        with suppress(Exception):
            if self._revision is not None and self._position:
                self._note_failure()
            self.close()

    def _note_failure(self) -> None:
        if self._running is None:
            self._table.mark_done()
        elif self._running.kind is Kind.CHANGES_SCHEMA:
            self._table.delete(self._position)
        self._table.commit()

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
            self._table.append(self._entry(statement, fingerprint, before))
            self._table.flush()
        if self._running.kind is Kind.UNSURE:
            self._table.commit()
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
                entry = self._entry(statement, _fingerprint(statement, parameters), None)
                self._table.append(replace(entry, row_count=cursor.rowcount, is_done=True))
            elif self._running.kind is Kind.UNSURE:
                self._table.mark_done()
                self._table.commit()
            self._running = None

    def _entry(self, statement: str, fingerprint: str, before: str | None) -> Entry:
        begin = (self._position, str(self._revision), self._is_upgrade, statement)
        return Entry(*begin, fingerprint, before, -1, is_done=False)

    def _safest(self, effect: Effect) -> Effect:
        """Return what is to be expected of a statement, on this server and in this mode."""
        if effect.kind is Kind.CHANGES_SCHEMA and not self._has_atomic_ddl:
            return Effect(Kind.UNSURE)
        if effect.kind is Kind.CHANGES_ROWS and (self._rows_may_stay or self._is_autocommit):
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
            self._table.mark_done()
        else:
            self._table.delete(last.position)
            self._entries.pop()
        self._table.commit()

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
        while any(_is_same(running, last.statement) for (running,) in self._table.run(_ELSEWHERE)):
            if not patience.pause():
                raise StatementRunningError(self.bind, last.revision, last.statement)

    def _state(self, effect: Effect) -> str | None:
        """Return a fingerprint of what a statement changes."""
        return _fingerprint(self._shown(effect), ()) if effect.shown_by else None

    def _shown(self, effect: Effect) -> str:
        """Return what is there of what a statement changes, an empty text where nothing is."""
        rows = self._table.run_if_there(effect.shown_by)
        return str(rows[0][1]) if rows else ""

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


_ROWS_MAY_STAY = (
    "SELECT @@autocommit = 1 OR EXISTS (SELECT 1 FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND engine IS NOT NULL"
    " AND engine NOT IN ('InnoDB', 'RocksDB', 'SEQUENCE'))"
)
"""Whether there are rows that are not undone with a transaction."""
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
