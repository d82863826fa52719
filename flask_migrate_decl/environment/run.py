"""What the packaged ``env.py`` does: migrate each database of a run."""

from __future__ import annotations

import logging
import runpy
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from flask_migrate_decl.autogenerate import BIND_OPTION, PLUGIN, DeclaredRenames, bind_of, register
from flask_migrate_decl.databases import MigrationTransaction, prepared

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from alembic.operations.ops import MigrationScript
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext, MigrationInfo
    from sqlalchemy import Connection

    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment.project import Project
    from flask_migrate_decl.renames import HintReport

RUN_ATTRIBUTE = "flask_migrate_decl.run"
"""Where ``Config.attributes`` holds the ``Run`` of a command."""

log = logging.getLogger("flask_migrate_decl.environment")


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


@dataclass
class Run:
    """One command at work: what it may do, and what it has done so far.

    :param changes_databases: the command runs or stamps revisions, so each database is prepared.
    """

    project: Project
    changes_databases: bool = False
    applied: list[AppliedRevision] = field(default_factory=list)
    declared: DeclaredRenames = field(init=False)

    def __post_init__(self) -> None:
        self.declared = DeclaredRenames(self.project.configuration.renames)

    def verify_hints(
        self, context: MigrationContext, _revision: Any, _directives: list[MigrationScript]
    ) -> None:
        """Stop a revision before it is written, where a database's hints were not looked at.

        It is called for each database, as ``alembic.command.revision`` calls such a function.

        :raises FindingsError: hints were not seen, or name the wrong database.
        """
        self.declared.verify(bind_of(context))

    def verify_compared_hints(self) -> None:
        """Do the same once all databases were compared."""
        for bind in self.project.binds:
            self.declared.verify(bind.key)

    @property
    def hint_reports(self) -> tuple[HintReport, ...]:
        """What became of each rename hint of the databases that were compared."""
        resolutions = self.declared.resolutions.values()
        return tuple(report for resolution in resolutions for report in resolution.reports)


def configure_arguments(project: Project, bind: str | None) -> dict[str, Any]:
    """Return what ``configure()`` is given for a database, our plug-in included if it has work.

    Alembic's default list of plug-ins takes it in by itself; a list of the project's may not.
    """
    options = project.configure_options(bind)
    if project.configuration.renames and "autogenerate_plugins" in options:
        register()
        options["autogenerate_plugins"] = [*options["autogenerate_plugins"], PLUGIN]
    return options


def run_environment(context: object) -> None:
    """Migrate every database of the run that ``context.config`` holds.

    :param context: the module ``alembic.context``, which stands for the current
        ``EnvironmentContext``.
    """
    environment = cast("EnvironmentContext", context)
    run: Run = environment.config.attributes[RUN_ATTRIBUTE]
    if run.project.own_env is not None:
        runpy.run_path(str(run.project.own_env))
        return
    migrate = _migrate_offline if environment.is_offline_mode() else _migrate_online
    for bind in run.project.binds:
        if run.project.has_several_binds:
            log.info("Migrating database %s", bind.label)
        migrate(environment, run, bind)


def _migrate_online(environment: EnvironmentContext, run: Run, bind: Bind) -> None:
    with bind.engine.connect() as connection, _transaction(run, connection) as transaction:
        environment.configure(
            connection=connection,
            **{**transaction.options, **_configure_options(run, bind)},
        )
        with environment.begin_transaction():
            environment.run_migrations(**_run_arguments(run, bind))
            transaction.check()


def _transaction(run: Run, connection: Connection) -> AbstractContextManager[MigrationTransaction]:
    return prepared(connection) if run.changes_databases else nullcontext(MigrationTransaction())


def _migrate_offline(environment: EnvironmentContext, run: Run, bind: Bind) -> None:
    environment.configure(
        url=bind.engine.url,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **_configure_options(run, bind),
    )
    if run.project.has_several_binds:
        environment.static_output(f"-- Database: {bind.label}")
    with environment.begin_transaction():
        environment.run_migrations(**_run_arguments(run, bind))


def _run_arguments(run: Run, bind: Bind) -> dict[str, str]:
    """Return what a script's functions are called with: nothing, or the bind's name."""
    return {"engine_name": bind.key or ""} if run.project.has_several_binds else {}


def _configure_options(run: Run, bind: Bind) -> dict[str, Any]:
    options = configure_arguments(run.project, bind.key)
    options["target_metadata"] = bind.metadata
    options[BIND_OPTION] = bind.key
    options["process_revision_directives"] = _without_empty_revisions(
        options.get("process_revision_directives"), len(run.project.binds)
    )
    options["on_version_apply"] = _recorded(run, bind, options.get("on_version_apply"))
    if run.project.has_several_binds:
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


def _recorded(run: Run, bind: Bind, own: Any) -> tuple[Callable[..., None], ...]:
    """Chain a project's callbacks with ours, which notes what was run."""

    def record(step: MigrationInfo, **_kw: Any) -> None:
        run.applied.append(
            AppliedRevision(
                bind.key,
                tuple(step.source_revision_ids),
                tuple(step.destination_revision_ids),
                step.is_upgrade,
                step.is_stamp,
            )
        )

    callbacks = () if own is None else (own,) if callable(own) else tuple(own)
    return (*callbacks, record)
