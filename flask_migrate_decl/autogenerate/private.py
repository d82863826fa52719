"""What SQLAlchemy and Alembic have no public way for; private names are touched here alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import Constraint, Dialect, Index, MetaData, Sequence


def final_name(item: Constraint | Index, dialect: Dialect) -> str | None:
    """Return the name that a constraint or index gets in a database, ``None`` without one.

    A naming convention may leave the name to the dialect, which also shortens what is too long.
    ``format_constraint`` says both, but quotes the name; SQLAlchemy 1.4 has ``_alembic_quote`` to
    leave that out, for Alembic.
    """
    if item.name is None:
        return None
    name: str | None = dialect.identifier_preparer.format_constraint(item, _alembic_quote=False)
    return None if name is None else str(name)


def own_sequences(metadata: MetaData) -> Iterable[Sequence]:
    """Return the sequences of the models, those without a column as well.

    ``MetaData`` keeps them in ``_sequences``, since SQLAlchemy 1.0, and shows them nowhere.
    """
    return metadata._sequences.values()


def replace_steps(context: MigrationContext, steps: Callable[..., object]) -> None:
    """Let a command do something else to one database than to the others.

    A context takes what the command does when it is made, since Alembic 0.2, and what that is can
    be read only off one that is made. To make it twice would tell twice in the log of it.
    """
    context._migrations_fn = steps  # type: ignore[assignment]


def script_path(history: ScriptDirectory, folder: Path, revision: str, message: str | None) -> Path:
    """Return where a new script would be written.

    Alembic says so only once it is written, also over another. It names the file in ``_rev_path``
    and with the time of ``_generate_create_date``, since 0.7.
    """
    return history._rev_path(folder, revision, message, history._generate_create_date())
