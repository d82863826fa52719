"""When the databases of a run commit: each by itself, all together, or all in two phases."""

from __future__ import annotations

import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import event

from flask_migrate_decl.errors import CommitRefusedError, RehearsalRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection, TwoPhaseTransaction

    from flask_migrate_decl.environment.progress import BindProgress

GLOBAL_ID = "flask_migrate_decl_"
"""How the identifiers of our prepared transactions begin."""


class Separate:
    """Each database commits as soon as it is done."""

    keeps_changes: ClassVar[bool] = True

    def __enter__(self) -> Separate:
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave nothing: every database has ended already."""

    def options(self, _progress: BindProgress) -> dict[str, Any]:
        """Return what ``configure()`` has to be given."""
        return {}

    @contextmanager
    def opened(self, progress: BindProgress) -> Iterator[ExitStack]:
        """Give the stack for a database, which ends, and commits, with it."""
        with ExitStack() as stack:
            yield stack
            progress.is_finished = progress.is_committing = True
        progress.end()

    def begin(self, connection: Connection, progress: BindProgress) -> None:
        """Begin with a database that was connected to."""
        _note_commits(connection, progress)

    def configured(self, _context: MigrationContext, _progress: BindProgress) -> None:
        """Leave Alembic as it is."""


@dataclass
class _Opened:
    """A database that has not ended yet."""

    progress: BindProgress
    stack: ExitStack
    transaction: TwoPhaseTransaction | None = None

    def roll_back(
        self,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of it as after an error."""
        try:
            if self.transaction is not None:
                self.transaction.rollback()
                self.progress.is_prepared = False
        finally:
            self.stack.__exit__(kind, error, traceback)

    def commit(self) -> None:
        """Commit, and let go of it."""
        self.progress.is_committing = True
        with self.stack:
            if self.transaction is not None:
                self.transaction.commit()
        self.progress.end()


@dataclass
class Together:
    """The databases commit at the end, one right after the other, or none of them does.

    One that can't roll a schema change back has committed before.
    """

    keeps_changes: ClassVar[bool] = True
    _opened: list[_Opened] = field(default_factory=list)

    def __enter__(self) -> Together:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Commit all, or roll back whatever is not committed."""
        if kind is None or error is None:
            self._end()
        else:
            self._roll_back(kind, error, traceback)

    def options(self, progress: BindProgress) -> dict[str, Any]:
        """Return what ``configure()`` has to be given: one transaction for all revisions."""
        return {} if progress.commits_statements else {"transaction_per_migration": False}

    @contextmanager
    def opened(self, progress: BindProgress) -> Iterator[ExitStack]:
        """Give the stack for a database, which stays open until the run ends."""
        opened = _Opened(progress, ExitStack())
        self._opened.append(opened)
        try:
            yield opened.stack
        except BaseException as error:
            self._opened.remove(opened)
            opened.roll_back(type(error), error, error.__traceback__)
            raise
        progress.is_finished = True

    def begin(self, connection: Connection, progress: BindProgress) -> None:
        """Begin with a database that was connected to, and keep it from committing by itself."""
        if not progress.commits_statements:
            event.listen(connection, "commit", lambda _connection: self._refuse_early(progress))
        _note_commits(connection, progress)

    def configured(self, context: MigrationContext, progress: BindProgress) -> None:
        """Refuse what would commit in the middle, before it does anything."""
        if not progress.commits_statements:
            # Alembic's own would fail on an assertion where the transaction is not its own.
            setattr(context, "autocommit_block", lambda: self._refuse_early(progress))  # noqa: B010

    def _refuse_early(self, progress: BindProgress) -> None:
        if not progress.is_committing:
            raise CommitRefusedError(progress.bind.key, progress.running)

    def _end(self) -> None:
        while self._opened:
            opened = self._opened.pop(0)
            try:
                opened.commit()
            except BaseException as error:
                self._roll_back(type(error), error, error.__traceback__)
                raise

    def _roll_back(
        self,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
    ) -> None:
        with ExitStack() as all_of_them:
            for opened in self._opened:
                all_of_them.callback(opened.roll_back, kind, error, traceback)


@dataclass
class TwoPhase(Together):
    """Every database says first that it can commit, and then all of them do."""

    _run: str = field(default_factory=lambda: uuid.uuid4().hex)

    def begin(self, connection: Connection, progress: BindProgress) -> None:
        """Begin a transaction that can be prepared."""
        super().begin(connection, progress)
        identifier = f"{GLOBAL_ID}{self._run}_{len(self._opened)}"
        self._opened[-1].transaction = connection.begin_twophase(identifier)
        progress.global_id = identifier

    def _end(self) -> None:
        try:
            for opened in self._opened:
                assert opened.transaction is not None
                opened.progress.is_committing = True
                opened.transaction.prepare()
                opened.progress.is_committing = False
                opened.progress.is_prepared = True
        except BaseException as error:
            self._roll_back(type(error), error, error.__traceback__)
            raise
        self._commit_prepared()

    def _commit_prepared(self) -> None:
        """Commit what all have agreed to, also where one of them can't be reached any more."""
        with ExitStack() as all_of_them:
            for opened in reversed(self._opened):
                all_of_them.callback(opened.commit)


class _RehearsedError(Exception):
    """Ends a rehearsal as an error would."""


@dataclass
class Rehearsal(Together):
    """Everything is run, and nothing is kept."""

    keeps_changes: ClassVar[bool] = False
    _connections: list[Connection] = field(default_factory=list)

    def begin(self, connection: Connection, progress: BindProgress) -> None:
        """Begin with a database that was connected to."""
        super().begin(connection, progress)
        self._connections.append(connection)

    def _refuse_early(self, progress: BindProgress) -> None:
        raise RehearsalRefusedError(progress.bind.key, progress.running)

    def _end(self) -> None:
        """Let a commit's last checks be made, and roll back."""
        error: BaseException = _RehearsedError()
        try:
            for connection in self._connections:
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        except BaseException as found:
            error = found
            raise
        finally:
            self._roll_back(type(error), error, error.__traceback__)


def _note_commits(connection: Connection, progress: BindProgress) -> None:
    event.listen(connection, "commit", lambda _connection: progress.note_commit())
    for name, is_done in (("before_cursor_execute", False), ("after_cursor_execute", True)):
        event.listen(connection, name, partial(_note_statement, progress, is_done))


def _note_statement(
    progress: BindProgress, is_done: bool, _connection: Any, _cursor: Any, statement: str, *_: Any
) -> None:
    progress.note_statement(statement, is_done=is_done)
