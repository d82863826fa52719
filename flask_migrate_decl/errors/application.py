"""What is wrong with the Flask application."""

from __future__ import annotations

from dataclasses import dataclass

from flask_migrate_decl.errors.base import MigrateError


class AppError(MigrateError):
    """The Flask application can't be used."""


@dataclass(eq=False)
class NotInitializedError(AppError):
    """The app has no ``Migrate`` of this package."""

    app: str

    def __str__(self) -> str:
        return (
            f'the app "{self.app}" has no migrations: call Migrate(app, db), '
            "or migrate.init_app(app, db) in its factory"
        )


@dataclass(eq=False)
class OtherMigrateError(NotInitializedError):
    """The app has the ``Migrate`` of another package, such as Flask-Migrate's."""

    def __str__(self) -> str:
        return (
            f'the Migrate of the app "{self.app}" is another package\'s: import it from '
            "flask_migrate_decl"
        )


@dataclass(eq=False)
class AlreadyInitializedError(AppError):
    """A second, different ``Migrate`` was given the same app."""

    app: str

    def __str__(self) -> str:
        return f'the app "{self.app}" has another Migrate already; keep one of them'


@dataclass(eq=False)
class NoConfigReturnedError(AppError):
    """A function of ``@migrate.configure`` did not return a ``Config``."""

    function: str

    def __str__(self) -> str:
        return f"{self.function}(), registered with @migrate.configure, has to return the Config"


@dataclass(eq=False)
class DatabaseMissingError(AppError):
    """``init_app`` was called without a Flask-SQLAlchemy object."""

    app: str

    def __str__(self) -> str:
        return f'no database was given for the app "{self.app}": call migrate.init_app(app, db)'


@dataclass(eq=False)
class DatabaseNotReadyError(AppError):
    """Flask-SQLAlchemy does not know the app."""

    reason: str

    def __str__(self) -> str:
        return f"the databases of the app can't be reached: {self.reason}"


@dataclass(eq=False)
class AppNotLoadedError(AppError):
    """The app could not be imported or made."""

    reference: str
    reason: str
    place: str | None

    def __str__(self) -> str:
        place = f" ({self.place})" if self.place else ""
        return f"the app {self.reference} can't be loaded: {self.reason}{place}"


@dataclass(eq=False)
class ConfiguredAppMissingError(AppNotLoadedError):
    """The app that the configuration's ``app`` names is not there."""


@dataclass(eq=False)
class NoAppError(AppNotLoadedError):
    """No app is named, and none is found where Flask looks for one."""
