"""The statements of the script at work: each is written down, or was and is not run again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.databases.journal import refusing
from flask_migrate_decl.databases.journal.cursors import Skipped
from flask_migrate_decl.databases.journal.evidence import was_not_begun
from flask_migrate_decl.databases.journal.readings import (
    NOTHING,
    Answer,
    NotKeptError,
    Readings,
    fingerprint,
)
from flask_migrate_decl.databases.journal.statements import (
    Effect,
    Kind,
    asks_of_last,
    commits_by_itself,
    first_word,
    tables_dropped,
    temporary_tables_made,
    variables_in,
    variables_set_by,
    with_lock_of,
)
from flask_migrate_decl.databases.journal.table import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from flask_migrate_decl.databases.journal.evidence import Evidence
    from flask_migrate_decl.databases.journal.refusing import Refusals
    from flask_migrate_decl.databases.journal.table import JournalTable

_IS_REPEATED = (Kind.READS, Kind.SESSION, Kind.ENDS_TRANSACTION)
_IS_WRITTEN_BEFORE = (Kind.CHANGES_SCHEMA, Kind.UNSURE)
_MOST_ROWS = 2**63


@dataclass(slots=True)
class _Running:
    """A statement that is being run."""

    effect: Effect
    statement: str
    entry: Entry | None = None


@dataclass
class Recorder:
    """What a revision's script does, statement by statement.

    :param entries: what an earlier run has written down of the same revision.
    """

    connection: Connection
    table: JournalTable
    evidence: Evidence
    entries: list[Entry]
    refusals: Refusals
    _position: int = 0
    _running: _Running | None = None
    _failures: dict[int, Kind] = field(default_factory=dict)
    _temporary: dict[str, Entry] = field(default_factory=dict)
    _has_committed: bool = False
    _variables: tuple[str, ...] = ()
    _last: int | None = None
    _readings: Readings = field(default_factory=Readings)

    # --- a statement ---

    def begin(self, statement: str, parameters: object) -> Skipped | None:
        """Note that a statement is going to be run; return what it has done if it was before.

        :raises JournalDiffersError: another one was run then.
        :raises NotJournalledError: what it does could not be gone on with.
        """
        self.refusals.verify()
        if self._variables:
            self._note_variables()
        effect = self.evidence.expected(statement)
        self._verify_last(effect, statement)
        if effect.kind in _IS_REPEATED:
            self._begin_repeated(effect, statement, parameters)
            return None
        self._position += 1
        mark = fingerprint(statement, parameters)
        if self._position <= len(self.entries):
            return self._skip(self.entries[self._position - 1], effect, statement, mark)
        if self._temporary:
            raise self.refusals.differs(
                next(iter(self._temporary.values())), refusing.TABLE_IS_GONE
            )
        self._begin_change(effect, statement, mark)
        return None

    def _verify_last(self, effect: Effect, statement: str) -> None:
        """Find out that a question of the journal's came between two statements of the script's.

        :raises NotJournalledError: the second asks what the first one has done.
        """
        is_lost = self._last != self.table.questions or effect.kind in _IS_WRITTEN_BEFORE
        if is_lost and asks_of_last(statement):
            raise self.refusals.left(refusing.LAST_IS_LOST)

    def verify_connection(self, *_event: object) -> None:
        """Find out that statements go where nobody watches them.

        :raises NotJournalledError: the connection was lost, and the script goes on with another.
        """
        if self.connection.invalidated:
            raise self.refusals.left(refusing.CONNECTION_IS_ANOTHER)

    def _begin_repeated(self, effect: Effect, statement: str, parameters: object) -> None:
        self._readings.note((statement, parameters))
        if effect.kind is Kind.ENDS_TRANSACTION:
            self.before_commit()
        self._running = _Running(effect, statement)

    def _skip(self, entry: Entry, effect: Effect, statement: str, mark: str) -> Skipped:
        if entry.position != self._position:
            raise self.refusals.differs(entry, refusing.IS_ANOTHER)
        if entry.readings != self._readings.fingerprint:
            raise self.refusals.differs(entry, refusing.READS_OTHERWISE)
        if entry.fingerprint != mark:
            raise self.refusals.differs(entry, refusing.IS_ANOTHER)
        self._note_temporary(entry, statement)
        self._last = None
        is_last = entry is self.entries[-1]
        if number := entry.last_insert_id if is_last else entry.last_row_id:
            self.table.run("DO LAST_INSERT_ID(%s)", (number,))
        try:
            answer = Answer.read(entry.answer)
        except NotKeptError:
            raise self.refusals.differs(entry, refusing.IS_NOT_KEPT) from None
        assert self.connection.dialect.dbapi is not None
        if answer.error is not None:
            self._failures[entry.position] = effect.kind
        for name, value in answer.variables:
            self.table.run(f"SET {name} = %s", (value,))
        answer.raise_error(self.connection.dialect.dbapi)
        return Skipped(entry, answer)

    def _note_temporary(self, entry: Entry, statement: str) -> None:
        self._temporary.update(dict.fromkeys(temporary_tables_made(statement), entry))
        for name in tables_dropped(statement):
            self._temporary.pop(name, None)

    def _begin_change(self, effect: Effect, statement: str, mark: str) -> None:
        is_written_before = effect.kind in _IS_WRITTEN_BEFORE
        entry = Entry(
            self._position,
            self.refusals.revision,
            self.refusals.is_upgrade,
            statement,
            mark,
            self._readings.fingerprint,
            before=self.evidence.before(effect) if is_written_before else None,
            is_change=effect.kind is not Kind.LOOKS,
        )
        # Whatever ends the process from here on, nobody takes the statement for done.
        self._running = _Running(effect, statement, entry)
        if is_written_before:
            self.table.append(entry)
            self.before_commit()
        if effect.kind is Kind.UNSURE:
            self.table.commit()
            is_of_script = commits_by_itself(statement) or self.evidence.is_autocommit()
            self._has_committed = not is_of_script

    def adapted(self, statement: str) -> str:
        """Return the statement to run instead of one."""
        assert self._running is not None
        if self._running.effect.kind is not Kind.ENDS_TRANSACTION:
            return statement
        return with_lock_of(self.table.name, statement)

    def end(self, cursor: Any) -> Answer | None:
        """Note that a statement was run; return its rows, if they were taken from the cursor."""
        self._last = self.table.questions
        assert self._running is not None
        try:
            answer = self._ended(self._running, cursor)
        except BaseException:
            self.refusals.left(refusing.IS_NOT_WRITTEN)
            raise
        self._running = None
        return answer

    def _ended(self, running: _Running, cursor: Any) -> Answer | None:
        kind = running.effect.kind
        self.evidence.note_run(running.statement, running.effect)
        if running.entry is None:
            self._end_repeated(running, cursor)
            return None
        if kind is Kind.CHANGES_SCHEMA:
            self.after_commit()
            return None
        rows, last_row_id = cursor.rowcount, cursor.lastrowid
        answer = self._with_variables(_taken(cursor), running.statement)
        running.entry.note_done(
            answer.written(), rows if rows < _MOST_ROWS else -1, last_row_id or 0
        )
        self.table.append(running.entry)
        if kind is Kind.UNSURE:
            self._commit_entries()
        return answer

    def _commit_entries(self) -> None:
        self.before_commit()
        self.table.commit()

    def _with_variables(self, answer: Answer, statement: str) -> Answer:
        if not (names := variables_set_by(statement)):
            return answer
        (values,) = self.table.run(f"SELECT {', '.join(names)}")
        return answer._replace(variables=tuple(zip(names, values, strict=True)))

    def _end_repeated(self, running: _Running, cursor: Any) -> None:
        if running.effect.kind is Kind.ENDS_TRANSACTION:
            self.after_commit()
        elif first_word(running.statement) == "ROLLBACK":
            self.after_rollback()
        if running.effect.kind is Kind.READS:
            # A script may decide on what rows there are, and of which columns, and fetch none.
            self._readings.note((_names(cursor), cursor.rowcount))
        # What a variable was set to is read by the statements that name it, and is asked for with
        # the next one: rows may still be coming in.
        self._variables = variables_in(running.statement)

    def _note_variables(self) -> None:
        names, self._variables = self._variables, ()
        self._readings.note(self.table.run(f"SELECT {', '.join(names)}"))

    def fail(self, error: BaseException) -> None:
        """Note that a statement has failed, where it is the server that says so.

        The script may catch the error, and go on.
        """
        running = self._running
        assert running is not None
        if not self._is_answer(error):
            # So the next run has to look whether the statement was done.
            self.refusals.left(refusing.IS_NO_ANSWER)
            return
        self._running = None
        # A part of it may be done.
        self.evidence.note_run(running.statement, running.effect)
        self.table.note_rolled_back()
        answer = self._with_variables(Answer.of_error(error), running.statement)
        if running.entry is None:
            self._readings.note((answer,))
            return
        kind = running.effect.kind
        if kind is Kind.UNSURE and was_not_begun(running.statement, error):
            kind = Kind.CHANGES_SCHEMA
        self._failures[running.entry.position] = kind
        running.entry.note_done(answer.written())
        self.table.append(running.entry)
        if running.effect.kind is Kind.UNSURE:
            self._commit_entries()

    def _is_answer(self, error: BaseException) -> bool:
        dialect = self.connection.dialect
        if dialect.dbapi is None or not isinstance(error, dialect.dbapi.Error):
            return False
        return not dialect.is_disconnect(error, None, None)

    def saw(self, rows: Sequence[object]) -> None:
        """Note what a script has read."""
        self._readings.note(rows)

    def verify_sending(self) -> None:
        """Find out that a statement goes past every cursor.

        :raises NotJournalledError: it does, and nobody would know that it was run.
        """
        if self._running is None and not self.table.is_asking:
            raise self.refusals.left(refusing.IS_PAST_CURSORS)

    def after_move(self) -> None:
        """Note that another schema is the default one."""
        self.evidence.note_moved()

    def before_commit(self) -> None:
        """Write down what is going to be committed, or let nothing be committed any more."""
        self.refusals.verify()
        try:
            self.table.flush()
        except BaseException:
            self.refusals.left(refusing.IS_NOT_WRITTEN)
            raise

    def after_commit(self) -> None:
        """Note that it is."""
        self._has_committed = False
        self.table.note_committed()

    def after_rollback(self) -> None:
        """Note that what was not committed is undone.

        A script that goes on believes it of what the journal has committed, and is stopped.
        """
        if self._has_committed:
            self.refusals.left(refusing.IS_COMMITTED)
        self.table.note_rolled_back()

    # --- the whole script ---

    def end_script(self) -> None:
        """Note that the script has returned.

        :raises JournalDiffersError: it has run fewer statements than the last time, or others.
        """
        self.refusals.verify()
        self.verify_connection()
        if self._position < len(self.entries):
            raise self.refusals.differs(self.entries[self._position], refusing.ENDS_BEFORE)

    @property
    def is_in_doubt(self) -> bool:
        """Whether nobody knows if the last statement was done, and a part of it may be."""
        return self._running is not None and self._running.effect.kind in _IS_WRITTEN_BEFORE

    def settle_failure(self) -> None:
        """Note what became of the last statement that is written down: it failed, or is done."""
        position = self.table.last_position()
        kind = self._failures.get(position)
        if kind is None:
            self.table.mark_done()
        elif kind is Kind.UNSURE:
            self.table.mark_in_doubt(position)
        else:
            self.table.delete(position)
        self.table.commit()


def _taken(cursor: Any) -> Answer:
    """Take the rows that a statement has returned."""
    if cursor.description is None:
        return NOTHING
    return Answer(tuple(map(tuple, cursor.description)), tuple(cursor.fetchall()))


def _names(cursor: Any) -> list[str]:
    return [column[0] for column in cursor.description or ()]
