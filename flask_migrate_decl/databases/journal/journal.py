"""The journal of one database, for the time of one run."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from flask_migrate_decl.databases.journal.cursors import watch
from flask_migrate_decl.databases.journal.evidence import Evidence
from flask_migrate_decl.databases.journal.recorder import Recorder
from flask_migrate_decl.databases.journal.refusing import Refusals
from flask_migrate_decl.databases.journal.table import Entry, JournalTable
from flask_migrate_decl.databases.patience import Patience
from flask_migrate_decl.errors import (
    HalfDoneError,
    StatementInDoubtError,
    StatementRunningError,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection


def is_journalled(connection: Connection) -> bool:
    """Tell whether it is a database whose statements are written down."""
    return connection.dialect.name in ("mysql", "mariadb")


def half_done_revision(connection: Connection, version_options: Mapping[str, Any]) -> str | None:
    """Return the revision that an earlier run has left half done.

    :param version_options: where the database keeps its revision, as ``configure()`` takes it.
    """
    entries = JournalTable(connection, version_options).read()
    return entries[0].revision if entries else None


@dataclass
class Journal:
    """The journal of one database, for the time of one run.

    :param bind: the bind key, ``None`` for the default database.
    :param name: what ``--bind`` takes for it, ``None`` where there is one database alone.
    :param resumes: go on with a revision that is half done.
    :param in_doubt: whether the statement that may be done is, where somebody has said it.
    :param wait: how long to wait for what the server is still at, in seconds.
    """

    connection: Connection
    bind: str | None
    name: str | None
    version_options: Mapping[str, Any]
    resumes: bool
    in_doubt: bool | None
    wait: float
    _entries: list[Entry] = field(default_factory=list)
    _recorder: Recorder | None = None
    _watched: ExitStack = field(default_factory=ExitStack)
    _table: JournalTable = field(init=False)
    _evidence: Evidence = field(init=False)

    def __post_init__(self) -> None:
        self._table = JournalTable(self.connection, self.version_options)
        self._evidence = Evidence(self.connection, self._table)

    # --- a run ---

    def open(self, steps: Sequence[tuple[str, bool]], heads: Collection[str]) -> None:
        """Make the journal, and find out what an earlier run has left in it.

        :param steps: what is to be run: revisions, each with whether it is an upgrade.
        :param heads: the revisions that the database is at.
        :raises HalfDoneError: a revision is half done, and is not to be gone on with.
        :raises StatementInDoubtError: nobody can tell by looking how far it has come.
        """
        self._entries = self._table.read()
        if self._entries and self._is_over(self._entries[0], heads):
            self._table.clear()
            self._entries = []
        if self._entries:
            self._verify(steps)
        elif steps:
            self._table.create()
        self._table.commit()

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
        self._watched.close()
        self._table.drop_if_empty()

    def begin(self, revision: str, *, is_upgrade: bool) -> None:
        """Note that the script of a revision is called."""
        refusals = Refusals(self.bind, revision, is_upgrade)
        self._recorder = Recorder(
            self.connection, self._table, self._evidence, self._entries, refusals
        )
        end = watch(self.connection.connection.dbapi_connection, self._recorder)
        self._watched.callback(end)
        # So a connection that takes the place of a lost one is seen before anything is run on it.
        listener = (self.connection.engine.pool, "checkout", self._recorder.verify_connection)
        event.listen(*listener)
        self._watched.callback(event.remove, *listener)

    def end(self) -> None:
        """Note that it has returned.

        :raises JournalDiffersError: it has run fewer statements than the last time, or others.
        """
        assert self._recorder is not None
        self._recorder.end_script()
        self._watched.close()

    def note_applied(self) -> None:
        """Forget the revision, in the transaction that notes it as done."""
        self._recorder = None
        self._table.forget_pending()
        if self._table.is_written or self._entries:
            self._table.clear()
        self._entries = []

    def fail(self) -> bool:
        """Note what became of the last statement, and undo what is not committed.

        With a connection that is lost nothing can be noted, and the next run has to look.

        :return: whether it is not known what became of it.
        """
        is_unknown = self._recorder is not None and self._recorder.is_in_doubt
        with suppress(Exception):
            self._watched.close()
            if not is_unknown:
                self._settle_failure()
        return is_unknown

    def _settle_failure(self) -> None:
        # Where a commit has failed, SQLAlchemy leaves the transaction open.
        self._table.roll_back()
        if self._recorder is not None:
            self._recorder.settle_failure()
        self.close()

    # --- an earlier run ---

    @staticmethod
    def _is_over(entry: Entry, heads: Collection[str]) -> bool:
        """Tell whether a revision was noted as done, and its journal alone was not deleted.

        A connection in autocommit does the one after the other.
        """
        return (entry.revision in heads) is entry.is_upgrade

    def _verify(self, steps: Sequence[tuple[str, bool]]) -> None:
        first = self._entries[0]
        is_next = steps[:1] == [(first.revision, first.is_upgrade)]
        if not self.resumes or not is_next:
            last = self._entries[-1]
            raise HalfDoneError(
                self.bind,
                self.name,
                first.revision,
                first.is_upgrade,
                last.position,
                last.statement,
                None if last.is_done else self._was_done(last),
                is_next,
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
                self.bind,
                self.name,
                last.revision,
                last.is_upgrade,
                last.position,
                last.statement,
            )
        if is_done:
            self._table.mark_done()
        else:
            self._table.delete(last.position)
            self._entries.pop()
        self._table.commit()

    def _was_done(self, last: Entry) -> bool | None:
        """Tell whether the last statement was done; ``None`` where looking does not help.

        :raises StatementRunningError: the server is still at it, and it takes too long.
        """
        patience = Patience(self.wait)

        def wait() -> None:
            if not patience.pause():
                raise StatementRunningError(self.bind, last.revision, last.statement)

        return self._evidence.was_done(last, wait)
