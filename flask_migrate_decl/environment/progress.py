"""How far a run has come with each database."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from alembic.migration import MigrationContext

from flask_migrate_decl.environment.failures import shown_traceback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from alembic.runtime.migration import MigrationInfo

    from flask_migrate_decl.databases import Bind, Journal

log = logging.getLogger("flask_migrate_decl.environment")

_IN_TRANSACTION = re.compile(
    r"\s*(DELETE|DESC|DESCRIBE|EXPLAIN|INSERT|REPLACE|SELECT|SET|SHOW|UPDATE|WITH)\b", re.IGNORECASE
)
"""What MariaDB and MySQL don't commit by itself.

https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/
"""


@dataclass(frozen=True)
class AppliedRevision:
    """A revision that was run, or stamped, on one database.

    :param bind: the bind key, ``None`` for the default database.
    :param source: the revisions the database was at.
    :param destination: the revisions it is at now.
    """

    bind: str | None
    source: tuple[str, ...]
    destination: tuple[str, ...]
    is_upgrade: bool
    is_stamp: bool


class Outcome(StrEnum):
    """What a run has left of a database when it stopped."""

    DONE = "done"
    ROLLED_BACK = "rolled back"
    UNTOUCHED = "untouched"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class _Kept:
    """What was committed before a commit that may fail.

    :param count: how many revisions.
    :param at: where the database was.
    :param part: the revision of which a part was.
    """

    count: int
    at: tuple[str, ...]
    part: str | None


@dataclass
class BindProgress:
    """How far a run has come with one database.

    :param version_options: where it keeps its revision, as ``configure()`` takes it.
    :param before: the revisions it was at; ``None`` as long as it was not asked.
    :param total: how many revisions are to be run.
    :param at: the revisions it is at, by what was run.
    :param running: the revision whose script is at work, or was when it failed.
    :param leads_to: where the database is once that is done.
    :param is_upgrade: whether it is run, and not undone.
    :param commits_statements: the database commits each schema change by itself.
    :param is_finished: all of its revisions were run.
    :param is_committing: the last commit was begun.
    :param is_done: it has ended well.
    :param global_id: what the database calls its transaction, where that commits in two phases.
    :param is_prepared: the first of the two is over.
    :param is_out_of_sight: a project's own ``env.py`` runs it.
    :param journal: what its statements are written down in.
    :param resumes: another try goes on with a revision that is half done.
    :param blocked_by: who was in the way of a statement that has waited for too long.
    """

    bind: Bind
    version_options: Mapping[str, Any] = field(default_factory=dict)
    before: tuple[str, ...] | None = None
    total: int = 0
    applied: list[AppliedRevision] = field(default_factory=list)
    at: tuple[str, ...] = ()
    running: str | None = None
    leads_to: tuple[str, ...] = ()
    is_upgrade: bool = True
    commits_statements: bool = False
    is_finished: bool = False
    is_committing: bool = False
    is_done: bool = False
    global_id: str | None = None
    is_prepared: bool = False
    is_out_of_sight: bool = False
    journal: Journal | None = None
    resumes: bool = False
    blocked_by: str = ""
    watch: Callable[[BindProgress], None] = lambda _progress: None
    _kept: int = 0
    _kept_at: tuple[str, ...] = ()
    _has_part: str | None = None
    _has_begun: bool = False
    _unconfirmed: _Kept | None = None

    def begin(self, revisions: tuple[str, ...], total: int) -> None:
        """Note where the database is, and how many revisions are to be run."""
        self.at = self._kept_at = tuple(sorted(revisions))
        self.before = self.at if self.before is None else self.before
        self.total = len(self.applied) + total
        self.watch(self)

    def begin_again(self) -> None:
        """Note that what is not committed was rolled back, and is going to be run again."""
        del self.applied[self._kept :]
        self.running, self._has_begun, self.is_finished, self.is_committing = (None, *[False] * 3)
        self.at, self._unconfirmed = self._kept_at, None
        self.resumes, self._has_part = self.journal is not None, None

    def begin_revision(self, step: MigrationInfo) -> None:
        """Note that a script is called."""
        self.running, self._has_begun, self._unconfirmed = step.up_revision_id, False, None
        self.leads_to, self.is_upgrade = step.destination_revision_ids, step.is_upgrade
        self.watch(self)

    def end_revision(self) -> None:
        """Note that it has returned."""
        self.running = None

    def note_applied(self, step: MigrationInfo, heads: set[str]) -> None:
        """Note that a revision is done and written down, if not committed yet."""
        destination = tuple(step.destination_revision_ids)
        self.applied.append(
            AppliedRevision(
                self.bind.key,
                tuple(step.source_revision_ids),
                destination,
                step.is_upgrade,
                step.is_stamp,
            )
        )
        self.at = tuple(sorted(heads))
        self.watch(self)

    def note_statement(self, statement: str, *, is_done: bool) -> None:
        """Note a statement of a script, which on some databases is a commit.

        :param is_done: it was run; otherwise it is going to be, and what was run before is
            committed even if it fails.
        """
        if self.running is None or not self.commits_statements:
            return
        if not _IN_TRANSACTION.match(statement) and (is_done or self._has_begun):
            self._has_part = self.running
        self._has_begun |= is_done

    def note_commit(self) -> None:
        """Note that all until now can't be rolled back any more, a script at work included.

        It is called before the commit, which may fail.
        """
        if self.running is None:
            self._unconfirmed = _Kept(self._kept, self._kept_at, self._has_part)
        self._kept, self._kept_at = len(self.applied), self.at
        self._has_part = self.running

    def note_part(self, revision: str | None) -> None:
        """Note that an earlier run has left a part of a revision."""
        self._has_part = revision

    def note_blockers(self, words: str) -> None:
        """Note who was in the way of a statement that has waited for too long."""
        self.blocked_by = words

    def end(self) -> None:
        """Note that it has ended well."""
        self.is_done = True
        self.watch(self)

    # --- after a failure ---

    def settle(self) -> None:
        """Look at a database of which only the commit may have failed."""
        is_in_doubt = self._may_have_committed and not self.is_prepared
        if self.is_done or not (is_in_doubt or self.is_out_of_sight):
            return
        try:
            found = set(heads_of(self.bind, self.version_options))
        except Exception as error:
            # Drivers raise errors of many kinds; it stays unknown.
            log.debug("the database can't be looked at: %s", shown_traceback(error))
            return
        if self.is_out_of_sight:
            self.before = self._kept_at = tuple(sorted(found))
        elif self._unconfirmed is not None and found == set(self._unconfirmed.at):
            self._take_back(self._unconfirmed)
        elif not self.is_committing:
            self._unconfirmed = None if found == set(self._kept_at) else self._unconfirmed
        elif found in (set(self.at), set(self.before or ())):
            self.is_committing, self._unconfirmed = False, None
            self.is_done = found == set(self.at)
            self._kept_at = tuple(sorted(found))
            self._kept = len(self.applied) if self.is_done else 0

    def _take_back(self, kept: _Kept) -> None:
        """Note that a commit was not made."""
        self.is_committing, self._unconfirmed = False, None
        self._kept, self._kept_at, self._has_part = kept.count, kept.at, kept.part

    @property
    def _may_have_committed(self) -> bool:
        """Whether a commit was begun, and nothing has shown that it was made."""
        return self._unconfirmed is not None or (self.is_committing and bool(self.applied))

    @property
    def has_failed(self) -> bool:
        """Whether it is one on which the run has stopped."""
        is_waiting = self.is_finished and not self.is_committing
        return not self.is_done and not is_waiting

    @property
    def part(self) -> str | None:
        """The revision of which a part is done, and may not be undone."""
        return None if self.is_done else self._has_part

    @property
    def outcome(self) -> Outcome:
        """What the run has left of the database, once it has stopped."""
        if self.is_done:
            return Outcome.DONE
        is_in_doubt = self.is_prepared or self._may_have_committed
        if self.part is not None or is_in_doubt or self.is_out_of_sight:
            return Outcome.UNKNOWN
        if self.before is None:
            return Outcome.UNTOUCHED
        is_kept = self.is_finished and self._kept == len(self.applied)
        return Outcome.DONE if is_kept else Outcome.ROLLED_BACK

    @property
    def is_on_its_way(self) -> bool:
        """Whether some of its revisions were committed before it stopped, and others were not."""
        return not self.is_done and 0 < self._kept < self.total

    @property
    def position(self) -> tuple[str, ...] | None:
        """The revisions that it is at, ``None`` where that is not known."""
        is_known = self.outcome is not Outcome.UNKNOWN or self.part or self.is_out_of_sight
        if self.before is None or not is_known:
            return None
        return self.at if self.is_done else self._kept_at


def heads_of(bind: Bind, version_options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the revisions that a database is at.

    :param version_options: where it keeps them, as ``configure()`` takes it.
    """
    if bind.missing_file is not None:
        return ()
    with bind.connect() as connection:
        context = MigrationContext.configure(connection, opts=dict(version_options))
        return context.get_current_heads()
