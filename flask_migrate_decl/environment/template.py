"""What the packaged ``script.py.mako`` asks of us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_migrate_decl.environment.run import RUN_ATTRIBUTE

if TYPE_CHECKING:
    from alembic.config import Config

    from flask_migrate_decl.environment.run import Run


def bind_keys(config: Config) -> tuple[str, ...] | None:
    """Return the binds that a script has functions for, ``""`` being the default one.

    ``None`` where there is one database, and a script has just ``upgrade()``.
    """
    run: Run = config.attributes[RUN_ATTRIBUTE]
    if not run.project.has_several_binds:
        return None
    return tuple(bind.key or "" for bind in run.project.binds)
