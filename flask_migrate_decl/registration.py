"""What code says about one app's migrations, before any file is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from alembic.config import Config
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy


@dataclass(frozen=True)
class Registration:
    """The arguments of ``Migrate(…)`` and ``init_app(…)`` for one app.

    :param directory_argument: ``None`` where code names no directory.
    :param config_file: the configuration file that code names.
    :param options: keyword arguments for ``EnvironmentContext.configure()``; only those given.
    :param configure_callbacks: what ``@migrate.configure`` collected, called in this order.
    """

    app: Flask
    # What stands for it shows passwords that are parameters of a URL.
    db: SQLAlchemy = field(repr=False)
    command: str
    directory_argument: str | os.PathLike[str] | None
    config_file: str | os.PathLike[str] | None
    options: Mapping[str, Any]
    configure_callbacks: Sequence[Callable[[Config], Config]]

    @property
    def search_folders(self) -> tuple[Path, Path]:
        """The folders from which the configuration is searched for, in this order."""
        return Path(self.app.root_path), Path.cwd()


def registration_of(app: Flask) -> Registration:
    """Return what an app was registered with.

    :raises NotInitializedError: it was not registered with this package.
    """
    from flask_migrate_decl.errors import NotInitializedError, OtherMigrateError

    found = app.extensions.get("migrate")
    if isinstance(found, Registration):
        return found
    raise NotInitializedError(app.name) if found is None else OtherMigrateError(app.name)
