"""The journal of a database that can't roll back all that a script does, around a run."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, cast

from flask_migrate_decl.config import seconds
from flask_migrate_decl.databases import Journal, half_done_revision, is_journalled
from flask_migrate_decl.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alembic.runtime.migration import (
        MigrationStep,
        RevisionStep,
    )
    from sqlalchemy import Connection

    from flask_migrate_decl.environment.progress import BindProgress
    from flask_migrate_decl.environment.run import Run


log = logging.getLogger("flask_migrate_decl.environment")


def keep_journal(run: Run, progress: BindProgress, connection: Connection) -> Callable[..., None]:
    """Begin the journal of a database, and return what ends it, as a context manager's exit."""
    if is_journalled(connection):
        if run.changes_databases:
            progress.journal = _journal_of(run, progress, connection)
        else:
            _tell_of_half_done(progress, connection)
    return partial(_end, progress)


def _journal_of(run: Run, progress: BindProgress, connection: Connection) -> Journal | None:
    """Return the journal of a database that can't roll back all that a script does."""
    if not progress.commits_statements:
        return None
    resumes = run.resumes or progress.resumes
    bind = progress.bind
    name = bind.name if run.project.has_several_binds else None
    wait = seconds(run.project.run_options(bind.key).lock.timeout)
    options = progress.version_options
    return Journal(connection, bind.key, name, options, resumes, run.in_doubt, wait)


def _tell_of_half_done(progress: BindProgress, connection: Connection) -> None:
    """Tell of a revision that an earlier run has left half done, before somebody looks around.

    What changes a database refuses to begin instead.
    """
    if revision := half_done_revision(connection, progress.version_options):
        words = "%s: the revision %s is half done; flask db upgrade says how to go on"
        log.warning(words, progress.bind.words, revision)


def _end(progress: BindProgress, kind: type[BaseException] | None = None, *_error: object) -> None:
    if progress.journal is None:
        return
    if kind is None:
        progress.journal.close()
    elif progress.journal.fail():
        progress.note_part(progress.running)


def noting_applied(journal: Journal | None, *checks: Callable[[], None]) -> Callable[..., None]:
    """Return what Alembic is to call once a revision is done, in the same transaction."""

    def note(**_kw: object) -> None:
        for check in checks:
            check()
        if journal is not None:
            journal.note_applied()

    return note


def open_journal(
    steps: Sequence[MigrationStep], heads: Sequence[str], run: Run, progress: BindProgress
) -> None:
    """Find out what an earlier run has left, before anything is run."""
    if progress.journal is None:
        return
    if run.stamps:
        progress.journal.clear()
        return
    infos = [cast("RevisionStep", step).info for step in steps]
    named = [(str(info.up_revision_id), info.is_upgrade) for info in infos]
    try:
        progress.journal.open(named, heads)
    except DatabaseError:
        progress.note_part(progress.journal.left_revision)
        raise
