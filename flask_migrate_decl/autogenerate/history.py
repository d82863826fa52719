"""What the revisions on a database's way record of the hints that they carried out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic.script.revision import RevisionError
from alembic.util import CommandError

from flask_migrate_decl.config.record import recorded_hints
from flask_migrate_decl.renames import Record, in_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.script import Script, ScriptDirectory

    from flask_migrate_decl.renames import Hint


def record_of(
    context: AutogenContext, bind: str | None, history: ScriptDirectory | None = None
) -> Record:
    """Read what the revisions record that a database is past, not those of other branches.

    :param history: the folder of revisions, where the comparison runs outside of an environment.
    """
    migration = context.migration_context
    environment, record = migration.environment_context, Record()
    scripts = history or (environment and environment.script)
    if not scripts:
        return record
    default_schema = context.inspector.default_schema_name
    for script in _way(scripts, migration.get_current_heads()):
        hints = [hint for hint in _hints(script) if hint.bind == bind]
        if hints:
            record.add(script.revision, _in_default_schema(hints, default_schema))
    return record


def _way(history: ScriptDirectory, heads: Sequence[str]) -> list[Script]:
    """Return the revisions that lead to some, the first one first."""
    try:
        return [*history.iterate_revisions(tuple(heads), "base")][::-1] if heads else []
    except (CommandError, RevisionError):
        # A revision that is not in the folder is told of elsewhere.
        return []


def _hints(script: Script) -> list[Hint]:
    path = Path(script.path)
    return list(recorded_hints(path.read_bytes())) if path.suffix == ".py" else []


def _in_default_schema(hints: Sequence[Hint], schema: str | None) -> Sequence[Hint]:
    """Take hints that name the default schema for hints that name none, in the same order."""
    return [in_schema(hint, lambda named: None if named == schema else named) for hint in hints]
