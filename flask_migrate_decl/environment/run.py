"""One of Alembic's commands at work on one history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.operations.ops import UpgradeOps

from flask_migrate_decl.autogenerate import (
    PLUGIN,
    DeclaredRenames,
    bind_of,
    register,
    undeclared_renames,
)
from flask_migrate_decl.databases import Locks
from flask_migrate_decl.environment.commits import Separate, Together
from flask_migrate_decl.environment.progress import BindProgress
from flask_migrate_decl.environment.safety import SafeNet
from flask_migrate_decl.errors import database_in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import MigrationContext

    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment.history import History
    from flask_migrate_decl.environment.project import Project
    from flask_migrate_decl.renames import Candidate, HintReport, Refusals

RUN_ATTRIBUTE = "flask_migrate_decl.run"
"""Where ``Config.attributes`` holds the ``Run`` of a command."""

Commits = Separate | Together


@dataclass
class Run:
    """One command at work: what it may do, and what it has done so far.

    :param history: the folder of revisions that it is about.
    :param changes_databases: the command runs or stamps revisions, so each database is prepared.
    :param is_dry_run: it shows the statements that would be run, from where a database is.
    :param stamps: it says what revision a database is at, and runs nothing.
    :param resumes: it goes on with a revision that is half done.
    :param in_doubt: whether the statement of it is done of which nobody else can tell.
    :param goes_to_head: it runs whatever is not run yet, and may find nothing to do.
    :param refusals: what is known to be no rename; ``None`` where likely ones are not looked for.
    :param commits: when its databases commit.
    :param locks: what keeps other runs from them.
    :param progress: how far it has come, by bind key; of what a project's own ``env.py`` runs
        nobody knows.
    :param watch: is told of each change of that.
    :param contexts: those of databases, by the names of the template's variables, as long as it
        is not a project's own ``env.py`` that makes them.
    :param statements: those of each database, by bind key, where they are not run.
    :param of_all: the rename hints of a command that goes through several histories.
    :param candidates: the likely renames of the databases that were compared.
    """

    history: History
    changes_databases: bool = False
    is_dry_run: bool = False
    stamps: bool = False
    resumes: bool = False
    in_doubt: bool | None = None
    goes_to_head: bool = False
    refusals: Refusals | None = None
    commits: Commits = field(default_factory=Separate)
    locks: Locks = field(default_factory=Locks)
    progress: dict[str | None, BindProgress] = field(default_factory=dict)
    watch: Callable[[BindProgress], None] = lambda _progress: None
    contexts: dict[str, MigrationContext] = field(default_factory=dict)
    statements: dict[str | None, str] = field(default_factory=dict)
    of_all: DeclaredRenames | None = None
    candidates: list[Candidate] = field(default_factory=list)
    declared: DeclaredRenames = field(init=False)
    safety: SafeNet = field(init=False)

    def __post_init__(self) -> None:
        self.declared = self.of_all or self.project.declared_renames
        self.safety = SafeNet(self.project)

    @property
    def project(self) -> Project:
        """The project of the history."""
        return self.history.project

    def progress_of(self, bind: Bind) -> BindProgress:
        """Return how far it has come with a database."""
        return self.progress.setdefault(bind.key, BindProgress(bind, watch=self.watch))

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
        for bind in self.history.chosen_binds:
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
        return tuple(
            step if bind is None else f"{step} of {database_in_words(bind)}"
            for bind, resolution in self.declared.resolutions.items()
            for step in resolution.plan.explained()
        )


def configure_arguments(project: Project, bind: str | None) -> dict[str, Any]:
    """Return what ``configure()`` is given for a database, our plug-in included.

    Alembic's default list of plug-ins takes it in by itself; a list of the project's may not.
    """
    options = project.options_of_bind(bind)
    if "autogenerate_plugins" in options:
        register()
        options["autogenerate_plugins"] = [*options["autogenerate_plugins"], PLUGIN]
    return options
