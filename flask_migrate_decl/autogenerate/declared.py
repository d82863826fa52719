"""The hints that a comparison works with, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.migration import MigrationContext

    from flask_migrate_decl.renames import Renames, Resolution

ATTRIBUTE = "flask_migrate_decl.renames"
"""Where ``Config.attributes`` holds the ``DeclaredRenames`` of a run."""
BIND_OPTION = "flask_migrate_decl_bind"
"""The option of ``configure()`` in which our own environment names the bind."""

_TOKEN = "upgrades"


@dataclass
class DeclaredRenames:
    """All hints of a project; a comparison notes here what it made of them.

    :param resolutions: by bind key, for each database that was compared.
    """

    renames: Renames
    resolutions: dict[str | None, Resolution] = field(default_factory=dict)


def declared_renames(context: MigrationContext) -> DeclaredRenames | None:
    """Return the hints of the run, or ``None`` where the run is not one of ours."""
    config = context.config
    found = config.attributes.get(ATTRIBUTE) if config else None
    return found if isinstance(found, DeclaredRenames) else None


def bind_of(context: MigrationContext) -> str | None:
    """Return the bind key of the database that is compared.

    The ``env.py`` that Flask-Migrate copied into a project says it by the template variable
    only: ``<bind>_upgrades``, with nothing before the underscore for the default database.
    """
    options = context.opts
    if BIND_OPTION in options:
        bind: str | None = options[BIND_OPTION]
        return bind
    token: str = options.get("upgrade_token", _TOKEN)
    return token.removesuffix(_TOKEN).removesuffix("_") or None
