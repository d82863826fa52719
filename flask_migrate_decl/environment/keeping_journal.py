"""The journal of a database that can't roll back all that a script does, around a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask_migrate_decl.config import seconds
from flask_migrate_decl.databases import Journal, is_journalled
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


def journal_of(run: Run, progress: BindProgress, connection: Connection) -> Journal | None:
    """Return the journal of a database that can't roll back all that a script does."""
    is_at_work = run.changes_databases and progress.commits_statements
    if not is_at_work or not is_journalled(connection):
        return None
    resumes = run.resumes or progress.resumes
    bind = progress.bind
    name = bind.name if run.project.has_several_binds else None
    wait = seconds(run.project.run_options(bind.key).lock.timeout)
    options = progress.version_options
    return Journal(connection, bind.key, name, options, resumes, run.in_doubt, wait)


def noting_applied(journal: Journal | None, *checks: Callable[[], None]) -> Callable[..., None]:
    """Return what Alembic is to call once a revision is done, in the same transaction."""

    def note(**_kw: object) -> None:
        for check in checks:
            check()
        if journal is not None:
            journal.note_applied()

    return note


def noting_end(progress: BindProgress) -> Callable[..., None]:
    """Return what ends the journal of a run, as the exit of a context manager."""

    def note(kind: type[BaseException] | None, *_error: object) -> None:
        if progress.journal is None:
            return
        if kind is None:
            progress.journal.close()
        elif progress.journal.fail():
            progress.note_part(progress.running)

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
