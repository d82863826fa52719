"""A database, migrated while it is connected."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import column, inspect, select, table

from flask_migrate_decl.config import seconds
from flask_migrate_decl.databases import (
    Preparation,
    SQLiteWait,
    blockers_noted,
    closed_if_invalid,
    end_with_client,
    has_no_transaction,
    limit_session,
    prepared,
)
from flask_migrate_decl.environment.attempts import Attempts
from flask_migrate_decl.environment.keeping_journal import keep_journal, noting_applied
from flask_migrate_decl.environment.leftovers import tell_of_orphans
from flask_migrate_decl.environment.options import (
    VERSION_OPTIONS,
    commits_each_revision,
    is_transactional,
    options_of_run,
    run_arguments,
)
from flask_migrate_decl.environment.steps import configure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy import Connection

    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment.progress import BindProgress
    from flask_migrate_decl.environment.run import Run


def migrate_online(environment: EnvironmentContext, run: Run, bind: Bind) -> None:
    """Migrate a database, and begin again where something else was in the way for the moment."""
    progress, run_options = run.progress_of(bind), run.project.run_options(bind.key)
    if run.changes_databases:
        run.locks.take(bind, run_options.lock)
    for one in Attempts(progress, run_options.timeouts):
        with one:
            attempt(environment, run, progress)


def attempt(environment: EnvironmentContext, run: Run, progress: BindProgress) -> None:
    """Migrate a database, unless something is in the way."""
    bind = progress.bind
    options = options_of_run(run, bind, progress)
    with run.commits.opened(progress) as stack:
        connection = stack.enter_context(_connection(bind, options))
        stack.enter_context(_looked_after(connection, run, progress))
        preparation = stack.enter_context(_prepared(environment, run, bind, connection, options))
        options = {**preparation.options, **options}
        progress.version_options = {k: options[k] for k in VERSION_OPTIONS if k in options}
        progress.commits_statements = not is_transactional(connection, options)
        options |= run.commits.options(progress)
        run.commits.begin(connection, progress)
        stack.push(keep_journal(run, progress, connection))
        checks_each = commits_each_revision(options)
        checks = (preparation.check,) if checks_each else ()
        options["on_version_apply"] += (noting_applied(progress.journal, *checks),)
        configure(environment, run, progress, connection=connection, **options)
        run.commits.configured(environment.get_context(), progress)
        stack.push(_commit_rest(connection))
        stack.enter_context(environment.begin_transaction())
        environment.run_migrations(**run_arguments(run, bind))
        if not checks_each:
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
    with bind.connect() as connection, closed_if_invalid(connection):
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
