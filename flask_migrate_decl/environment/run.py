"""What the packaged ``env.py`` does: migrate each database of a run."""

from __future__ import annotations

import logging
import runpy
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from alembic.operations.ops import UpgradeOps
from sqlalchemy import column, inspect, select, table

from flask_migrate_decl.autogenerate import (
    BIND_OPTION,
    PLUGIN,
    DeclaredRenames,
    bind_of,
    register,
    undeclared_renames,
)
from flask_migrate_decl.databases import Preparation, has_no_transaction, prepared
from flask_migrate_decl.environment.safety import SafeNet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from alembic.operations.ops import MigrationScript
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext, MigrationInfo
    from sqlalchemy import Connection

    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment.project import Project
    from flask_migrate_decl.renames import Candidate, HintReport, Refusals

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
    :param goes_to_head: it runs whatever is not run yet, and may find nothing to do.
    :param refusals: what is known to be no rename; ``None`` where likely ones are not looked for.
    :param candidates: the likely renames of the databases that were compared.
    """

    project: Project
    changes_databases: bool = False
    goes_to_head: bool = False
    refusals: Refusals | None = None
    candidates: list[Candidate] = field(default_factory=list)
    applied: list[AppliedRevision] = field(default_factory=list)
    declared: DeclaredRenames = field(init=False)
    safety: SafeNet = field(init=False)

    def __post_init__(self) -> None:
        self.declared = self.project.declared_renames
        self.safety = SafeNet(self.project)

    def look_at(
        self, context: MigrationContext, _revision: Any, directives: list[MigrationScript]
    ) -> None:
        """Look at what a comparison found before a revision is written.

        It is called for each database, while that is connected and before the project's own
        ``process_revision_directives``.

        :raises FindingsError: hints were not seen, or name the wrong database.
        """
        bind = bind_of(context)
        self.declared.verify(bind)
        resolution = self.declared.resolutions.get(bind)
        plan = resolution.plan if resolution else None
        self.safety.note(context, directives, plan.names if plan else None)
        compared = self.declared.comparisons.get(bind)
        if compared is not None and self.refusals is not None:
            operations = directives[0].upgrade_ops_list[-1] if directives else UpgradeOps(())
            self.candidates += undeclared_renames(compared, plan, operations, self.refusals.cover)

    def verify_compared_hints(self) -> None:
        """Do the same once all databases were compared."""
        for bind in self.project.binds:
            self.declared.verify(bind.key)

    @property
    def standing_candidates(self) -> tuple[Candidate, ...]:
        """The likely renames, but for those of what a hook of the project's keeps."""
        return tuple(found for found in self.candidates if self.safety.drops_still(found))

    @property
    def hint_reports(self) -> tuple[HintReport, ...]:
        """What became of each rename hint of the databases that were compared."""
        resolutions = self.declared.resolutions.values()
        return tuple(report for resolution in resolutions for report in resolution.reports)

    @property
    def rename_steps(self) -> tuple[str, ...]:
        """The renames of the databases that were compared, in words and one after another."""
        resolutions = self.declared.resolutions.values()
        return tuple(step for resolution in resolutions for step in resolution.plan.explained())


def configure_arguments(project: Project, bind: str | None) -> dict[str, Any]:
    """Return what ``configure()`` is given for a database, our plug-in included.

    Alembic's default list of plug-ins takes it in by itself; a list of the project's may not.
    """
    options = project.options_of_bind(bind)
    if "autogenerate_plugins" in options:
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
    options = _options_of_run(run, bind)
    with (
        _connection(bind, options) as connection,
        _prepared(environment, run, connection, options) as preparation,
    ):
        options = {**preparation.options, **options}
        commits_each_revision = _commits_each_revision(options)
        if commits_each_revision:
            options["on_version_apply"] += (lambda **_kw: preparation.check(),)
        environment.configure(connection=connection, **options)
        with environment.begin_transaction():
            environment.run_migrations(**_run_arguments(run, bind))
            if not commits_each_revision:
                preparation.check()
        if connection.in_transaction():
            # A script that commits by itself leaves what follows it in a transaction of its own.
            connection.commit()


@contextmanager
def _connection(bind: Bind, options: dict[str, Any]) -> Iterator[Connection]:
    """Connect, and leave out the default schema, whose tables Alembic takes for a stranger's."""
    with bind.engine.connect() as connection:
        if options.get("version_table_schema") == connection.dialect.default_schema_name:
            options.pop("version_table_schema", None)
        yield connection


def _prepared(
    environment: EnvironmentContext, run: Run, connection: Connection, options: dict[str, Any]
) -> AbstractContextManager[Preparation]:
    """Prepare a database that is going to be changed."""
    if not run.changes_databases:
        return nullcontext(Preparation())
    may_be_idle = run.goes_to_head and has_no_transaction(connection)
    if may_be_idle and _is_at_head(environment, connection, options):
        return nullcontext(Preparation())
    return prepared(connection)


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


def _commits_each_revision(options: dict[str, Any]) -> bool:
    per_migration = bool(options.get("transaction_per_migration"))
    return per_migration or options.get("transactional_ddl") is False


def _migrate_offline(environment: EnvironmentContext, run: Run, bind: Bind) -> None:
    environment.configure(
        url=bind.engine.url,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **_options_of_run(run, bind),
    )
    if run.project.has_several_binds:
        environment.static_output(f"-- Database: {bind.label}")
    with environment.begin_transaction():
        environment.run_migrations(**_run_arguments(run, bind))


def _run_arguments(run: Run, bind: Bind) -> dict[str, str]:
    """Return what a script's functions are called with: nothing, or the bind's name."""
    return {"engine_name": bind.key or ""} if run.project.has_several_binds else {}


def _options_of_run(run: Run, bind: Bind) -> dict[str, Any]:
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
