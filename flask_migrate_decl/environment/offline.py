"""The statements for a database, written down and not run."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.databases import empty_copy
from flask_migrate_decl.environment.online import attempt
from flask_migrate_decl.environment.options import (
    VERSION_OPTIONS,
    options_of_run,
    run_arguments,
)
from flask_migrate_decl.environment.progress import BindProgress, heads_of
from flask_migrate_decl.environment.steps import configure
from flask_migrate_decl.environment.texts import one_line

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext

    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment.run import Run


def migrate_offline(environment: EnvironmentContext, run: Run, bind: Bind, **more: Any) -> None:
    """Write the statements for a database down, as if it were at the beginning."""
    progress, written = run.progress_of(bind), StringIO()
    configure(
        environment,
        run,
        progress,
        url=bind.engine.url,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        output_buffer=written,
        **more,
        **options_of_run(run, bind, progress),
    )
    if run.project.has_several_binds and not run.is_dry_run:
        environment.static_output(f"-- Database: {one_line(bind.label)}")
    with environment.begin_transaction():
        environment.run_migrations(**run_arguments(run, bind))
    run.statements[bind.key] = written.getvalue()


def migrate_dry(environment: EnvironmentContext, run: Run, bind: Bind) -> None:
    """Write the statements for a database down, from where it is."""
    options = run.project.declared_database_options(bind.key)
    at = heads_of(bind, {key: options[key] for key in VERSION_OPTIONS if key in options})
    if bind.engine.dialect.name == "sqlite":
        _migrate_copy(environment, run, bind)
    else:
        migrate_offline(environment, run, bind, starting_rev=at)
    begin = f"-- {one_line(bind.label)}, from {', '.join(at) or 'base'}"
    written = run.statements[bind.key]
    nothing = "" if run.progress_of(bind).total else "-- nothing to be run\n"
    run.statements[bind.key] = f"{begin}\n{nothing or written}\n"


def _migrate_copy(environment: EnvironmentContext, run: Run, bind: Bind) -> None:
    """Run everything on an empty copy: a table that is made anew has to be looked at for that."""
    options = run.project.declared_database_options(bind.key)
    with empty_copy(bind, options.get("version_table", "alembic_version")) as copy:
        progress = BindProgress(copy.bind)
        attempt(environment, run, progress)
    run.progress_of(bind).total = progress.total
    run.statements[bind.key] = "".join(f"{statement};\n\n" for statement in copy.statements)
