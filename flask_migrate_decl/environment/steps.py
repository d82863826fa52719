"""The steps of a command on one database: which function is called, and what is noted of it."""

from __future__ import annotations

import logging
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from alembic.runtime.migration import RevisionStep
from alembic.util import CommandError

from flask_migrate_decl.autogenerate import replace_steps
from flask_migrate_decl.databases import back_up, register_lossless_sqlite
from flask_migrate_decl.environment.attempts import MovedOnError
from flask_migrate_decl.environment.destructive import may_lose_rows
from flask_migrate_decl.environment.dispatch import dispatched
from flask_migrate_decl.environment.keeping_journal import open_journal
from flask_migrate_decl.errors import shell_word
from flask_migrate_decl.reporting.paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import (
        MigrationContext,
        MigrationStep,
        StampStep,
    )

    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment.progress import BindProgress
    from flask_migrate_decl.environment.run import Run

    Steps = Callable[[tuple[str, ...], MigrationContext], Any]


log = logging.getLogger("flask_migrate_decl.environment")


def configure(
    environment: EnvironmentContext, run: Run, progress: BindProgress, **options: Any
) -> None:
    """Configure the environment for one database, and watch what the command does to it."""
    if run.is_dry_run:
        # Alembic takes all databases for the same in this.
        options["as_sql"] = "connection" not in options
    # The app or a script may have registered its own since the run began.
    register_lossless_sqlite()
    environment.configure(**options)
    context = environment.get_context()
    replace_steps(context, _watched(context.opts["fn"], run, progress))
    shared, context.opts = context.opts, dict(context.opts)
    run.contexts |= {context.opts[name]: context for name in ("upgrade_token", "downgrade_token")}
    # The environment hands what it was given on to the next database, which has its own options.
    for name in options:
        shared.pop(name, None)


def _watched(steps: Steps, run: Run, progress: BindProgress) -> Steps:
    """Let a command's steps call the function for one database, and note how far it comes."""

    def watched(revisions: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        try:
            found = list(steps(revisions, context) or ())
        except CommandError as error:
            raise _of_database(error, run, progress.bind) from error
        progress.begin(tuple(revisions), len(found))
        if not context.as_sql:
            _back_up(found, run, progress.bind)
        open_journal(found, revisions, run, progress)
        for step in found:
            call = dispatched(step.migration_fn, run.history, progress.bind)
            step.migration_fn = _noting(call, step, progress, partial(_verify, context, run))
        return found

    return watched


def _noting(
    call: Callable[..., None],
    step: MigrationStep,
    progress: BindProgress,
    verify: Callable[[BindProgress], None],
) -> Callable[..., None]:
    @wraps(step.migration_fn)
    def noting(**arguments: Any) -> None:
        verify(progress)
        info = cast("RevisionStep | StampStep", step).info
        progress.begin_revision(info)
        if progress.journal is not None and not info.is_stamp:
            progress.journal.begin(str(info.up_revision_id), is_upgrade=info.is_upgrade)
        call(**arguments)
        if progress.journal is not None and not info.is_stamp:
            progress.journal.end()
        progress.end_revision()

    return noting


def _verify(context: MigrationContext, run: Run, progress: BindProgress) -> None:
    """Find out that another run has come in between.

    :raises LockLostError: nothing keeps it out any more.
    :raises MovedOnError: it has already, while this one held no lock between two revisions.
    """
    if context.as_sql:
        return
    run.locks.verify(progress.bind)
    has_been_open = progress.applied and not run.locks.keeps_others_from(progress.bind)
    if has_been_open and set(context.get_current_heads()) != set(progress.at):
        raise MovedOnError


def _back_up(steps: Sequence[MigrationStep], run: Run, bind: Bind) -> None:
    """Copy an SQLite file before something of it is lost, where that is asked for."""
    is_asked_for = run.changes_databases and run.project.run_options(bind.key).sqlite.backup
    if not is_asked_for or run.is_dry_run or not run.commits.keeps_changes:
        return
    if any(map(_may_lose_rows, steps)):
        path = back_up(bind)
        if path is not None:
            log.info("copied the file of %s to %s", bind.words, shown_path(path))


def _may_lose_rows(step: MigrationStep) -> bool:
    if not isinstance(step, RevisionStep):
        return False
    return may_lose_rows(Path(step.revision.path), "upgrade" if step.is_upgrade else "downgrade")


def _of_database(error: CommandError, run: Run, bind: Bind) -> CommandError:
    """Say which of several databases Alembic refuses."""
    if not run.project.has_several_binds:
        return error
    is_behind = "not up to date" in str(error)
    help_ = (
        f" Bring it there with: flask db upgrade --bind {shell_word(bind.name)}"
        if is_behind
        else ""
    )
    return CommandError(f"{bind.words}: {error}{help_}")
