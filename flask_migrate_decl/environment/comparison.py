"""A revision that was compared, and is not written yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import RevisionContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from flask_migrate_decl.autogenerate import bind_of, bind_of_token
from flask_migrate_decl.environment.new_scripts import (
    is_script_of,
    nothing_broken_left,
    script_files,
    verify_new_script,
)
from flask_migrate_decl.environment.rendering import render_each_by_itself

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from alembic.config import Config
    from alembic.operations.ops import MigrationScript, UpgradeOps
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

    from flask_migrate_decl.environment.run import Run


@dataclass(frozen=True)
class Comparison:
    """What ``alembic.command.revision`` has in hand before it writes.

    :param contexts: of each database, by the names of the template's variables.
    """

    revision_context: RevisionContext
    contexts: Mapping[str, MigrationContext]

    def write(self) -> tuple[Script, ...]:
        """Write the scripts, none where there is nothing to do.

        :raises RevisionTakenError: there is a revision of that identifier.
        :raises ScriptPathError: a file can't be where it is to be.
        """
        history = self.revision_context.script_directory
        for revision in self._revisions:
            folder = None if revision.version_path is None else str(revision.version_path)
            verify_new_script(history, str(revision.rev_id), revision.message, folder)
            render_each_by_itself(revision, self.contexts)
        with nothing_broken_left(self.revision_context.config, self.is_own):
            written = list(self.revision_context.generate_scripts())
        return tuple(script for script in written if script is not None)

    def is_own(self, path: Path) -> bool:
        """Tell whether a file is the script of a revision of this comparison."""
        return is_script_of((str(one.rev_id) for one in self._revisions), path)

    def files(self) -> frozenset[Path]:
        """Return the files of the history, as they are now."""
        return script_files(self.revision_context.script_directory)

    @property
    def _revisions(self) -> Sequence[MigrationScript]:
        return self.revision_context.generated_revisions


def compare(config: Config, run: Run, **arguments: Any) -> Comparison:
    """Compare models and databases, as ``alembic.command.revision --autogenerate`` does.

    :param arguments: those of ``alembic.command.revision`` that are not its defaults.
    """
    history = ScriptDirectory.from_config(config)
    arguments = _DEFAULTS | arguments
    context = RevisionContext(config, history, arguments, process_revision_directives=run.look_at)
    _compare(config, history, context)
    return Comparison(context, run.contexts)


_DEFAULTS: dict[str, Any] = {
    "message": None,
    "autogenerate": True,
    "sql": False,
    "head": "head",
    "splice": False,
    "branch_label": None,
    "version_path": None,
    "rev_id": None,
    "depends_on": None,
}


def compared_operations(config: Config, run: Run) -> Iterator[tuple[str | None, UpgradeOps]]:
    """Compare models and databases, as ``alembic.command.check`` does.

    :return: what there is to be done to each database, with its bind key.
    """
    history = ScriptDirectory.from_config(config)
    context = RevisionContext(config, history, _DEFAULTS)
    _compare(config, history, context)
    for operations in context.generated_revisions[-1].upgrade_ops_list:
        token = operations.upgrade_token
        own = run.contexts.get(token)
        yield bind_of(own) if own else bind_of_token(token), operations


def _compare(config: Config, history: ScriptDirectory, context: RevisionContext) -> None:
    def compare_database(revision: Any, migration_context: Any) -> list[Any]:
        context.run_autogenerate(revision, migration_context)
        return []

    with EnvironmentContext(
        config,
        history,
        fn=compare_database,
        as_sql=False,
        template_args=context.template_args,
        revision_context=context,
    ):
        history.run_env()
