"""What a database tells of a statement: whether it was done, and what would undo it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.databases.journal.showing import ShownSchema
from flask_migrate_decl.databases.journal.statements import (
    Effect,
    Kind,
    drops_temporary_tables,
    effect_of,
    first_word,
    names_in,
    qualifiers_in,
    sets_variable,
    sign_of,
    temporary_tables_made,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from flask_migrate_decl.databases.journal.table import Entry, JournalTable

_KEEPS_ROWS = (
    "SELECT @@default_storage_engine NOT IN ('InnoDB', 'RocksDB') OR EXISTS"
    " (SELECT 1 FROM information_schema.tables WHERE table_schema = COALESCE(%s, DATABASE())"
    " AND engine IS NOT NULL AND engine NOT IN ('InnoDB', 'RocksDB', 'SEQUENCE'))"
)
"""Whether there are rows that are not undone with a transaction."""
_FUNCTIONS = (
    "SELECT routine_name FROM information_schema.routines"
    " WHERE routine_schema <> 'sys' AND routine_type = 'FUNCTION'"
)
_ELSEWHERE = (
    "SELECT info FROM information_schema.processlist"
    " WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info IS NOT NULL"
)
_COMPARED_LENGTH = 200
_PLACEHOLDER = re.compile(r"(?<!%)(?:%%)*%(?:\(\w+\))?s")
_LOCK_WAIT_TIMEOUT = 1205
_MAY_CHANGE_ENGINES = ("engine", "like")
_MAY_SET_VARIABLE = (Kind.SESSION, Kind.ENDS_TRANSACTION)
_CHANGES_ROWS_AT_MOST = (Kind.READS, Kind.LOOKS, Kind.CHANGES_ROWS)


@dataclass
class Evidence:
    """What is known of a database, asked as seldom as it may change.

    :param table: runs the questions.
    """

    connection: Connection
    table: JournalTable
    _keeps_rows: dict[str | None, bool] = field(default_factory=dict)
    _functions: frozenset[str] | None = None
    _shown: ShownSchema = field(init=False)
    _is_elsewhere: bool = False
    _temporary: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._shown = ShownSchema(self.table)
        driver = self.connection.connection.dbapi_connection
        self._get_autocommit = getattr(driver, "get_autocommit", self._asked_autocommit)

    # --- what is to be expected ---

    def expected(self, statement: str) -> Effect:
        """Return what is to be expected of a statement, on this server and in this session."""
        effect = effect_of(statement)
        # Asked before rows are changed too: ROW_COUNT() tells of the statement right before it.
        sets = effect.kind in _MAY_SET_VARIABLE and sets_variable(statement)
        if (sets or effect.kind in _CHANGES_ROWS_AT_MOST) and self._calls_function(statement):
            effect = Effect(Kind.CHANGES_ROWS)
        if effect.kind is Kind.CHANGES_SCHEMA and not self._is_told_by_schema(effect):
            return Effect(Kind.UNSURE)
        if effect.kind is Kind.CHANGES_ROWS and self._may_stay(statement):
            return Effect(Kind.UNSURE)
        return effect

    def _is_told_by_schema(self, effect: Effect) -> bool:
        """Tell whether a schema change commits, and can be seen by the next session."""
        is_hidden = self._is_elsewhere or effect.table in self._temporary
        return self.has_atomic_ddl and not is_hidden

    def note_run(self, statement: str, effect: Effect) -> None:
        """Forget what a statement may have changed."""
        if effect.kind is Kind.CHANGES_SCHEMA:
            text = statement.lower()
            self._shown.note_changed(effect, text)
            if any(word in text for word in _MAY_CHANGE_ENGINES):
                self._forget_rows()
        elif effect.kind not in _CHANGES_ROWS_AT_MOST:
            self._forget()
            self._temporary |= set(temporary_tables_made(statement))
            self._is_elsewhere |= first_word(statement) == "USE"

    def note_moved(self) -> None:
        """Note that another schema is the default one."""
        self._forget()
        self._is_elsewhere = True

    def _forget(self) -> None:
        self._forget_rows()
        self._shown.forget()

    def _forget_rows(self) -> None:
        self._keeps_rows.clear()
        self._functions = None

    def _calls_function(self, statement: str) -> bool:
        """Tell whether a question calls a function of somebody's, which may change rows."""
        if self._functions is None:
            rows = self.table.run(_FUNCTIONS)
            self._functions = frozenset(str(name).lower() for (name,) in rows)
        if not self._functions:
            return False
        return not self._functions.isdisjoint(names_in(statement))

    def _may_stay(self, statement: str) -> bool:
        """Tell whether rows are not undone with the transaction."""
        schemas = (None, *sorted(qualifiers_in(statement)))
        return self.is_autocommit() or any(map(self._may_stay_in, schemas))

    def _may_stay_in(self, schema: str | None) -> bool:
        if schema not in self._keeps_rows:
            self._keeps_rows[schema] = bool(self.table.ask(_KEEPS_ROWS, (schema,)))
        return self._keeps_rows[schema]

    def is_autocommit(self) -> bool:
        """Tell whether each statement is committed at once."""
        return bool(self._get_autocommit())

    def _asked_autocommit(self) -> object:
        return self.table.ask("SELECT @@autocommit")

    @cached_property
    def has_atomic_ddl(self) -> bool:
        """Whether a schema change is done as a whole or not at all.

        https://mariadb.com/kb/en/atomic-ddl/ and
        https://dev.mysql.com/doc/refman/8.4/en/atomic-ddl.html
        """
        version = self.connection.dialect.server_version_info or (0,)
        is_mariadb = getattr(self.connection.dialect, "is_mariadb", False)
        return version >= ((10, 6) if is_mariadb else (8,))

    # --- whether it was done ---

    def before(self, effect: Effect) -> str | None:
        """Return a fingerprint of what a statement is going to change."""
        return self._shown.before(effect)

    def was_done(self, last: Entry, wait: Callable[[], None]) -> bool | None:
        """Tell whether the last statement was done; ``None`` where looking does not help.

        :param wait: is called as long as the server is still at it.
        """
        while self._is_running(last):
            wait()
        if temporary_tables_made(last.statement):
            return False
        if drops_temporary_tables(last.statement):
            return True
        effect = effect_of(last.statement)
        if effect.kind is not Kind.CHANGES_SCHEMA or not self.has_atomic_ddl:
            return None
        if last.before is None:
            return None
        return self._shown.has_changed(effect, sign_of(last.statement), last.before)

    def _is_running(self, last: Entry) -> bool:
        """Tell whether the server goes on with a statement of a process that is gone."""
        return any(_is_same(running, last.statement) for (running,) in self.table.run(_ELSEWHERE))


def was_not_begun(statement: str, error: BaseException) -> bool:
    """Tell whether a statement has only waited for its tables, of which it has changed none yet."""
    is_of_schema = first_word(statement) in ("TRUNCATE", "DROP", "RENAME", "CREATE", "ALTER")
    return is_of_schema and error.args[:1] == (_LOCK_WAIT_TIMEOUT,)


def _is_same(running: str, written: str) -> bool:
    """Tell whether a statement is the one that was written down, as far as that is whole.

    What was written down is as the driver takes it: with placeholders, and percent signs doubled.
    """
    parts = _PLACEHOLDER.split(written[:_COMPARED_LENGTH].strip())
    pattern = ".*?".join(re.escape(part.replace("%%", "%")) for part in parts)
    return re.match(pattern, running.strip(), re.DOTALL) is not None
