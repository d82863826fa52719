"""Why a script is stopped, rather than something be run twice or left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.errors import DatabaseError, JournalDiffersError, NotJournalledError

if TYPE_CHECKING:
    from flask_migrate_decl.databases.journal.table import Entry

# Of a script that is gone on with.
IS_ANOTHER = "it runs another one, or with other values"
READS_OTHERWISE = "it has read other rows before"
IS_NOT_KEPT = "it asks for rows that were returned then"
TABLE_IS_GONE = "it goes on with a temporary table that is gone"
ENDS_BEFORE = "it ends before this one"
# Of any.
LAST_IS_LOST = "it asks what the last statement has done, which is not known any more"
IS_COMMITTED = "it rolls back what had to be committed with it"
IS_PAST_CURSORS = "it sends a statement without a cursor"
CONNECTION_IS_ANOTHER = "it goes on with another connection"
IS_NOT_WRITTEN = "it goes on although that could not be written down"
IS_NO_ANSWER = "it goes on after an error that is not the server's"


@dataclass
class Refusals:
    """What a script is stopped by, which it may not catch and go on.

    :param bind: the bind key, ``None`` for the default database.
    :param revision: the script's.
    """

    bind: str | None
    revision: str
    is_upgrade: bool
    _first: DatabaseError | None = None

    def verify(self) -> None:
        """Stop a script that goes on all the same."""
        if self._first is not None:
            raise self._first

    def differs(self, entry: Entry, reason: str) -> DatabaseError:
        """Return the error of a script that does not do what it has done."""
        self._first = JournalDiffersError(
            self.bind, entry.revision, entry.is_upgrade, entry.position, entry.statement, reason
        )
        return self._first

    def left(self, reason: str) -> DatabaseError:
        """Return the error of a script that does what could not be gone on with."""
        self._first = NotJournalledError(self.bind, self.revision, self.is_upgrade, reason)
        return self._first
