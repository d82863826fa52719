"""What the packaged ``env.py`` does: migrate each database of a run."""

from __future__ import annotations

import logging
import runpy
import sqlite3
from contextlib import contextmanager, nullcontext
from functools import partial, wraps
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from alembic.ddl.impl import DefaultImpl
from alembic.runtime.migration import RevisionStep
from alembic.util import CommandError
from sqlalchemy import column, inspect, select, table

from flask_migrate_decl.autogenerate import BIND_OPTION, replace_steps
from flask_migrate_decl.config import DEFAULT_BIND, seconds
from flask_migrate_decl.databases import (
    Journal,
    Preparation,
    SQLiteWait,
    back_up,
    blockers_noted,
    empty_copy,
    end_with_client,
    has_no_transaction,
    is_journalled,
    limit_session,
    prepared,
    register_lossless_sqlite,
)
from flask_migrate_decl.environment.attempts import Attempts, MovedOnError
from flask_migrate_decl.environment.destructive import may_lose_rows
from flask_migrate_decl.environment.dispatch import dispatched
from flask_migrate_decl.environment.history import version_tables_beside
from flask_migrate_decl.environment.leftovers import tell_of_orphans
from flask_migrate_decl.environment.progress import BindProgress, heads_of
from flask_migrate_decl.environment.run import RUN_ATTRIBUTE, Run, configure_arguments
from flask_migrate_decl.environment.texts import one_line
from flask_migrate_decl.errors import DatabaseError, shell_word
from flask_migrate_decl.reporting.paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from alembic.operations.ops import MigrationScript
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import (
        MigrationContext,
        MigrationInfo,
        MigrationStep,
        StampStep,
    )
    from sqlalchemy import Connection

    from flask_migrate_decl.databases import Bind

    Steps = Callable[[tuple[str, ...], MigrationContext], Any]

log = logging.getLogger("flask_migrate_decl.environment")

_VERSION_OPTIONS = ("version_table", "version_table_schema")


def run_environment(context: object) -> None:
    """Migrate every database of the run that ``context.config`` holds.

    :param context: the module ``alembic.context``, which stands for the current
        ``EnvironmentContext``.
    """
    environment = cast("EnvironmentContext", context)
    run: Run = environment.config.attributes[RUN_ATTRIBUTE]
    if run.history.own_env is not None:
        runpy.run_path(str(run.history.own_env))
        return
    migrate = _migrate_online
    if environment.is_offline_mode():
        migrate = _migrate_dry if run.is_dry_run else _migrate_offline
    with run.locks:
        for bind in run.history.chosen_binds:
            if run.project.has_several_binds:
                log.info("Migrating database %s", one_line(bind.label))
            migrate(environment, run, bind)


def _migrate_online(environment: EnvironmentContext, run: Run, bind: Bind) -> None:
    """Migrate a database, and begin again where something else was in the way for the moment."""
    progress, run_options = run.progress_of(bind), run.project.run_options(bind.key)
    if run.changes_databases:
        run.locks.take(bind, run_options.lock)
    for attempt in Attempts(progress, run_options.timeouts):
        with attempt:
            _attempt(environment, run, progress)


def _attempt(environment: EnvironmentContext, run: Run, progress: BindProgress) -> None:
    bind = progress.bind
    options = _options_of_run(run, bind, progress)
    with run.commits.opened(progress) as stack:
        connection = stack.enter_context(_connection(bind, options))
        stack.enter_context(_looked_after(connection, run, progress))
        preparation = stack.enter_context(_prepared(environment, run, bind, connection, options))
        options = {**preparation.options, **options}
        progress.version_options = {k: options[k] for k in _VERSION_OPTIONS if k in options}
        progress.commits_statements = not _is_transactional(connection, options)
        options |= run.commits.options(progress)
        run.commits.begin(connection, progress)
        progress.journal = _journal(run, progress, connection)
        stack.push(_noting_end(progress.journal))
        commits_each_revision = _commits_each_revision(options)
        checks = (preparation.check,) if commits_each_revision else ()
        options["on_version_apply"] += (_noting_applied(progress.journal, *checks),)
        _configure(environment, run, progress, connection=connection, **options)
        run.commits.configured(environment.get_context(), progress)
        stack.push(_commit_rest(connection))
        stack.enter_context(environment.begin_transaction())
        environment.run_migrations(**_run_arguments(run, bind))
        if not commits_each_revision:
            preparation.check()


def _commit_rest(connection: Connection) -> Callable[..., None]:
    """Commit what follows where a script commits by itself: it is in a transaction of its own."""

    def commit(kind: type[BaseException] | None, *_error: object) -> None:
        if kind is None and connection.in_transaction():
            connection.commit()

    return commit


@contextmanager
def _connection(bind: Bind, options: dict[str, Any]) -> Iterator[Connection]:
    """Connect, and leave out the default schema, whose tables Alembic takes for a stranger's."""
    with bind.connect() as connection:
        if options.get("version_table_schema") == connection.dialect.default_schema_name:
            options.pop("version_table_schema", None)
        yield connection


@contextmanager
def _looked_after(connection: Connection, run: Run, progress: BindProgress) -> Iterator[None]:
    """Tell of what is left over, limit how long statements wait, and find out for whom.

    None outlives the process.
    """
    if not run.changes_databases:
        yield
        return
    tell_of_orphans(connection, progress.bind)
    timeouts = run.project.run_options(progress.bind.key).timeouts
    end_with_client(connection)
    limit_session(connection, timeouts)
    noted: AbstractContextManager[None] = nullcontext()
    if timeouts.lock is not None and connection.dialect.name != "sqlite":
        limit = seconds(timeouts.lock)
        noted = blockers_noted(progress.bind, connection, limit, progress.note_blockers)
    with noted:
        yield


def _prepared(
    environment: EnvironmentContext,
    run: Run,
    bind: Bind,
    connection: Connection,
    options: dict[str, Any],
) -> AbstractContextManager[Preparation]:
    """Prepare a database that is going to be changed."""
    if not run.changes_databases:
        return nullcontext(Preparation())
    wait = SQLiteWait(bind.key, run.project.run_options(bind.key).lock.timeout)
    if run.goes_to_head and has_no_transaction(connection):
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        if wait.for_writer(driver, lambda: _is_at_head(environment, connection, options)):
            return nullcontext(Preparation())
    return prepared(connection, wait)


def _is_at_head(
    environment: EnvironmentContext, connection: Connection, options: dict[str, Any]
) -> bool:
    """Tell whether there is nothing to run, so that nobody has to wait for a lock."""
    name = options.get("version_table", "alembic_version")
    schema = options.get("version_table_schema")
    with connection.begin():
        if not inspect(connection).has_table(name, schema):
            return False
        versions = table(name, column("version_num"), schema=schema)
        current = set(connection.scalars(select(versions.c.version_num)))
    heads = environment.get_head_revisions()
    return current == set(heads if isinstance(heads, tuple) else (heads,))


def _is_transactional(connection: Connection, options: dict[str, Any]) -> bool:
    """Tell whether a schema change can be rolled back."""
    declared = options.get("transactional_ddl")
    if declared is not None:
        return bool(declared)
    return DefaultImpl.get_by_dialect(connection.dialect).transactional_ddl


def _commits_each_revision(options: dict[str, Any]) -> bool:
    per_migration = bool(options.get("transaction_per_migration"))
    return per_migration or options.get("transactional_ddl") is False


def _migrate_dry(environment: EnvironmentContext, run: Run, bind: Bind) -> None:
    """Write the statements for a database down, from where it is."""
    options = run.project.declared_database_options(bind.key)
    at = heads_of(bind, {key: options[key] for key in _VERSION_OPTIONS if key in options})
    if bind.engine.dialect.name == "sqlite":
        _migrate_copy(environment, run, bind)
    else:
        _migrate_offline(environment, run, bind, starting_rev=at)
    begin = f"-- {one_line(bind.label)}, from {', '.join(at) or 'base'}"
    written = run.statements[bind.key]
    nothing = "" if run.progress_of(bind).total else "-- nothing to be run\n"
    run.statements[bind.key] = f"{begin}\n{nothing or written}\n"


def _migrate_copy(environment: EnvironmentContext, run: Run, bind: Bind) -> None:
    """Run everything on an empty copy: a table that is made anew has to be looked at for that."""
    options = run.project.declared_database_options(bind.key)
    with empty_copy(bind, options.get("version_table", "alembic_version")) as copy:
        progress = BindProgress(copy.bind)
        _attempt(environment, run, progress)
    run.progress_of(bind).total = progress.total
    run.statements[bind.key] = "".join(f"{statement};\n\n" for statement in copy.statements)


def _migrate_offline(environment: EnvironmentContext, run: Run, bind: Bind, **more: Any) -> None:
    progress, written = run.progress_of(bind), StringIO()
    _configure(
        environment,
        run,
        progress,
        url=bind.engine.url,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        output_buffer=written,
        **more,
        **_options_of_run(run, bind, progress),
    )
    if run.project.has_several_binds and not run.is_dry_run:
        environment.static_output(f"-- Database: {one_line(bind.label)}")
    with environment.begin_transaction():
        environment.run_migrations(**_run_arguments(run, bind))
    run.statements[bind.key] = written.getvalue()


def _run_arguments(run: Run, bind: Bind) -> dict[str, str]:
    """Return what a script's functions are called with: nothing, or the bind's name."""
    return {"engine_name": bind.key or ""} if run.history.has_function_for_each_bind else {}


def _configure(
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
        _open_journal(found, run, progress)
        for step in found:
            call = dispatched(step.migration_fn, run.history, progress.bind)
            step.migration_fn = _noting(call, step, progress, partial(_verify, context, run))
        return found

    return watched


def _journal(run: Run, progress: BindProgress, connection: Connection) -> Journal | None:
    """Return the journal of a database that can't roll back all that a script does."""
    is_at_work = run.changes_databases and progress.commits_statements
    if not is_at_work or not is_journalled(connection):
        return None
    resumes = run.resumes or progress.resumes
    bind = progress.bind.key
    wait = seconds(run.project.run_options(bind).lock.timeout)
    return Journal(connection, bind, progress.version_options, resumes, run.in_doubt, wait)


def _noting_applied(journal: Journal | None, *checks: Callable[[], None]) -> Callable[..., None]:
    def note(**_kw: object) -> None:
        for check in checks:
            check()
        if journal is not None:
            journal.note_applied()

    return note


def _noting_end(journal: Journal | None) -> Callable[..., None]:
    def note(kind: type[BaseException] | None, *_error: object) -> None:
        if journal is None:
            return
        if kind is None:
            journal.close()
        else:
            journal.fail()

    return note


def _open_journal(steps: Sequence[MigrationStep], run: Run, progress: BindProgress) -> None:
    if progress.journal is None:
        return
    if run.stamps:
        progress.journal.clear()
        return
    infos = [cast("RevisionStep", step).info for step in steps]
    named = [(str(info.up_revision_id), info.is_upgrade) for info in infos]
    try:
        progress.journal.open(named)
    except DatabaseError:
        progress.note_part(progress.journal.left_revision)
        raise


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
    name = DEFAULT_BIND if bind.key is None else bind.key
    help_ = f" Bring it there with: flask db upgrade --bind {shell_word(name)}" if is_behind else ""
    return CommandError(f"{bind.words}: {error}{help_}")


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


def _options_of_run(run: Run, bind: Bind, progress: BindProgress) -> dict[str, Any]:
    options = configure_arguments(run.project, bind.key)
    options["target_metadata"] = bind.metadata
    options[BIND_OPTION] = bind.key
    options["process_revision_directives"] = _without_empty_revisions(
        options.get("process_revision_directives"), len(run.history.chosen_binds)
    )
    options["on_version_apply"] = _recorded(progress, options.get("on_version_apply"))
    tables = version_tables_beside(run.project, bind)
    options["include_name"] = _but_for(tables, options.get("include_name"))
    if run.history.has_function_for_each_bind:
        prefix = bind.key or ""
        options |= {
            "upgrade_token": f"{prefix}_upgrades",
            "downgrade_token": f"{prefix}_downgrades",
        }
    return options


def _without_empty_revisions(
    own: Callable[..., None] | None, number_of_binds: int
) -> Callable[..., None]:
    """Chain a project's hook with ours, which drops a generated revision without operations."""

    def process(
        context: MigrationContext, revision: Any, directives: list[MigrationScript]
    ) -> None:
        if own is not None:
            own(context, revision, directives)
        config = context.config
        if not directives or config is None or not getattr(config.cmd_opts, "autogenerate", False):
            return
        operations = directives[0].upgrade_ops_list
        if len(operations) >= number_of_binds and all(ops.is_empty() for ops in operations):
            directives.clear()

    return process


def _but_for(
    tables: frozenset[tuple[str | None, str]], own: Callable[..., bool] | None
) -> Callable[..., bool]:
    """Chain a project's filter of names with ours: no history drops what others are kept in."""

    def include(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "table" and (parents.get("schema_name"), name) in tables:
            return False
        return own is None or own(name, kind, parents)

    return include


def _recorded(progress: BindProgress, own: Any) -> tuple[Callable[..., None], ...]:
    """Chain a project's callbacks with ours, which notes what was run."""

    def record(step: MigrationInfo, heads: set[str], **_kw: Any) -> None:
        progress.note_applied(step, heads)

    callbacks = () if own is None else (own,) if callable(own) else tuple(own)
    return (*callbacks, record)
