"""A database, looked at outside of a run: nothing of a project's own ``env.py`` takes part."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError, StatementError

from flask_migrate_decl.autogenerate import ComparedHints
from flask_migrate_decl.databases import known_passwords
from flask_migrate_decl.environment.run import configure_arguments
from flask_migrate_decl.errors import MigrateError, without_passwords, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.script import ScriptDirectory

    from flask_migrate_decl.autogenerate import DeclaredRenames
    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment.project import Project


@contextmanager
def compared_hints(
    project: Project, bind: Bind, declared: DeclaredRenames, history: ScriptDirectory | None
) -> Iterator[ComparedHints]:
    """Connect to a database, and give the hints in a comparison of it with the models."""
    options = configure_arguments(project, bind.key)
    options["target_metadata"] = bind.metadata
    with bind.engine.connect() as connection:
        context = AutogenContext(
            MigrationContext.configure(connection, opts=options), bind.metadata
        )
        yield ComparedHints(context, declared.renames, bind.key, declared.following, history)


def current_heads(compared: ComparedHints) -> tuple[str, ...]:
    """Return the revisions that a database is at."""
    return compared.context.migration_context.get_current_heads()


def unknown_revisions(history: ScriptDirectory, current: Sequence[str]) -> list[str]:
    """Return the revisions that a database is at and the history does not have."""
    return [name for name in current if not _is_known(history, name)]


def unknown_in_words(bind: Bind, revision: str) -> str:
    """Say that a database is at a revision that the history does not have."""
    return f'{bind.words} is at the revision "{revision}", which the history does not have'


def behind_in_words(bind: Bind, history: ScriptDirectory, current: Sequence[str]) -> str:
    """Say that a database has not reached a head; nothing where it has.

    One is reached also through what the current revision depends on.
    """
    heads = set(history.get_heads())
    reached = {script.revision for script in history.get_all_current(tuple(current))}
    if not heads - reached:
        return ""
    at = ", ".join(sorted(current)) or "no revision"
    return f"{bind.words} is at {at}, and the head is {', '.join(sorted(heads))}"


def _is_known(history: ScriptDirectory, revision: str) -> bool:
    try:
        return history.get_revision(revision) is not None
    except (CommandError, RevisionError, LookupError):
        return False


def error_in_short(error: Exception) -> str:
    """Word an error in one line, without the statement, its parameters and passwords."""
    if isinstance(error, StatementError):
        text = str(error.orig or error.args[0])
    elif isinstance(error, SQLAlchemyError | MigrateError | CommandError):
        text = str(error)
    else:
        text = f"{type(error).__name__}: {error}"
    return without_secrets(" ".join(without_passwords(text, known_passwords()).split()))
