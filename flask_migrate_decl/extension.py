"""``Migrate``: what an app holds. Nothing here imports Alembic or reads a file by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.registration import Registration

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from alembic.config import Config
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy
    from sqlalchemy import MetaData

    from flask_migrate_decl.errors import AppError

    ConfigureCallback = Callable[[Config], Config]


@dataclass(frozen=True)
class MigrateState(Registration):
    """``app.extensions["migrate"]``, with all that Flask-Migrate offers there.

    The ``env.py`` that Flask-Migrate copies into a project reads it.
    """

    migrate: Migrate

    @property
    def metadata(self) -> MetaData:
        """The metadata of the default database."""
        return self.db.metadata

    @property
    def directory(self) -> str:
        """The folder of revisions.

        :raises ConfigError: the configuration can't be used.
        """
        from flask_migrate_decl.environment import open_project

        return str(open_project(self).directory)

    @property
    def configure_args(self) -> dict[str, Any]:
        """The options for ``context.configure()``, a new dictionary each time.

        :raises ConfigError: the configuration can't be used.
        """
        from flask_migrate_decl.environment import configure_arguments, open_project

        return configure_arguments(open_project(self), None)


class Migrate:
    """Database migrations for Flask apps, with Flask-Migrate's signature.

    What is given here goes before the configuration file; what is left out is the file's.

    :param app: the app, unless a factory calls ``init_app``.
    :param db: the Flask-SQLAlchemy object.
    :param directory: the folder of revisions, relative to the working folder.
    :param command: the name of the group of commands.
    :param compare_type: compare the types of columns: a bool, or a function as Alembic has it.
    :param render_as_batch: write changes of a table as a batch.
    :param config_file: the configuration file, instead of searching for one.
    :param alembic_options: any further option of ``EnvironmentContext.configure()``.
    """

    def __init__(
        self,
        app: Flask | None = None,
        db: SQLAlchemy | None = None,
        directory: str | os.PathLike[str] | None = None,
        command: str = "db",
        compare_type: bool | Callable[..., bool | None] | None = None,
        render_as_batch: bool | None = None,
        *,
        config_file: str | os.PathLike[str] | None = None,
        **alembic_options: Any,
    ) -> None:
        self.db = db
        self.command = command
        self.directory = directory
        self.config_file = config_file
        self.alembic_options = alembic_options | _given(compare_type, render_as_batch)
        self.configure_callbacks: list[ConfigureCallback] = []
        if app is not None and db is not None:
            self.init_app(app)

    def init_app(
        self,
        app: Flask,
        db: SQLAlchemy | None = None,
        directory: str | os.PathLike[str] | None = None,
        command: str | None = None,
        compare_type: bool | Callable[..., bool | None] | None = None,
        render_as_batch: bool | None = None,
        *,
        config_file: str | os.PathLike[str] | None = None,
        **alembic_options: Any,
    ) -> None:
        """Register the app; what is given here goes before what the constructor was given.

        It is for this app alone: other apps of the same ``Migrate`` are not touched.

        :raises DatabaseMissingError: neither here nor before was a ``db`` given.
        :raises AlreadyInitializedError: another ``Migrate`` has the app.
        """
        db = db or self.db
        present = app.extensions.get("migrate")
        is_of_another = present is not None and getattr(present, "migrate", None) is not self
        if db is None or is_of_another:
            raise _registration_error(app.name, is_of_another=is_of_another)
        given = alembic_options | _given(compare_type, render_as_batch)
        state = MigrateState(
            db=db,
            command=command or self.command,
            directory_argument=directory or self.directory,
            config_file=config_file or self.config_file,
            options=self.alembic_options | given,
            configure_callbacks=self.configure_callbacks,
            app=app,
            migrate=self,
        )
        app.extensions["migrate"] = state
        _add_commands(app, state.command)

    def get_config(
        self,
        directory: str | os.PathLike[str] | None = None,
        x_arg: Sequence[str] | str | None = None,
        opts: Sequence[str] | None = None,
    ) -> Config:
        """Return Alembic's ``Config`` for the current app, for programs that use Alembic itself.

        :param directory: the folder of revisions, instead of the configured one.
        :param x_arg: values for a project's own ``env.py``.
        :param opts: switches that an ``env.py`` may ask for, such as ``autogenerate``.
        :raises ConfigError: the configuration can't be used.
        """
        from flask_migrate_decl.environment import standing_config

        return standing_config(directory, x_arg=x_arg, flags=opts or ())

    def configure(self, callback: ConfigureCallback) -> ConfigureCallback:
        """Register a function that is given Alembic's ``Config`` and returns it, or another."""
        self.configure_callbacks.append(callback)
        return callback


def _registration_error(app: str, *, is_of_another: bool) -> AppError:
    """Make the error; an app that is registered rightly does not pay for the whole tree of them."""
    from flask_migrate_decl.errors import AlreadyInitializedError, DatabaseMissingError

    return AlreadyInitializedError(app) if is_of_another else DatabaseMissingError(app)


def _given(compare_type: Any, render_as_batch: bool | None) -> dict[str, Any]:
    options = {"compare_type": compare_type, "render_as_batch": render_as_batch}
    return {key: value for key, value in options.items() if value is not None}


def _add_commands(app: Flask, name: str) -> None:
    from flask_migrate_decl.cli import MigrateGroup

    app.cli.add_command(MigrateGroup(name), name)
