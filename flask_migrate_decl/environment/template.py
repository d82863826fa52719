"""What the packaged ``script.py.mako`` asks of us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_migrate_decl.environment.dispatch import function_suffixes
from flask_migrate_decl.environment.run import RUN_ATTRIBUTE

if TYPE_CHECKING:
    from alembic.config import Config

    from flask_migrate_decl.environment.run import Run


def bind_functions(config: Config) -> dict[str, str] | None:
    """Return the binds that a script has functions for, ``""`` being the default one.

    Each has what follows ``upgrade_`` in its function's name. ``None`` where there is one
    database, and a script has just ``upgrade()``.
    """
    run: Run = config.attributes[RUN_ATTRIBUTE]
    if not run.history.has_function_for_each_bind:
        return None
    return function_suffixes([bind.key or "" for bind in run.history.binds])
