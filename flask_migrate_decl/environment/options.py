"""What ``configure()`` is given for one database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.ddl.impl import DefaultImpl

from flask_migrate_decl.autogenerate import BIND_OPTION
from flask_migrate_decl.environment.history import version_tables_beside
from flask_migrate_decl.environment.run import configure_arguments

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import (
        MigrationContext,
        MigrationInfo,
    )
    from sqlalchemy import Connection

    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment.progress import BindProgress
    from flask_migrate_decl.environment.run import Run


VERSION_OPTIONS = ("version_table", "version_table_schema")
"""Where a database keeps its revision."""


def options_of_run(run: Run, bind: Bind, progress: BindProgress) -> dict[str, Any]:
    """Return the options of one database, with what a run does about them."""
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


def is_transactional(connection: Connection, options: dict[str, Any]) -> bool:
    """Tell whether a schema change can be rolled back."""
    declared = options.get("transactional_ddl")
    if declared is not None:
        return bool(declared)
    return DefaultImpl.get_by_dialect(connection.dialect).transactional_ddl


def commits_each_revision(options: dict[str, Any]) -> bool:
    """Tell whether each revision has a transaction of its own."""
    per_migration = bool(options.get("transaction_per_migration"))
    return per_migration or options.get("transactional_ddl") is False


def run_arguments(run: Run, bind: Bind) -> dict[str, str]:
    """Return what a script's functions are called with: nothing, or the bind's name."""
    return {"engine_name": bind.key or ""} if run.history.has_function_for_each_bind else {}
