"""The databases of an app, as its Flask-SQLAlchemy object knows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from flask_migrate_decl.config import dotted, hint_path
from flask_migrate_decl.errors import DatabaseNotReadyError, UnknownBindError
from flask_migrate_decl.reporting.listing import bind_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask_sqlalchemy import SQLAlchemy
    from sqlalchemy import Engine, MetaData

    from flask_migrate_decl.config import Configuration, KeyPath


@dataclass(frozen=True)
class Bind:
    """One database and the models that live in it.

    :param key: Flask-SQLAlchemy's bind key, ``None`` for the default database.
    """

    key: str | None
    engine: Engine
    metadata: MetaData

    @property
    def label(self) -> str:
        """The bind's name for people."""
        return bind_label(self.key)

    @property
    def words(self) -> str:
        """The database in a sentence."""
        return "the default database" if self.key is None else f'the bind "{self.key}"'

    @property
    def default_schema(self) -> str | None:
        """The default schema as it is called by default; ``None`` where the URL may change it."""
        if "options" in self.engine.url.query:
            return None
        if self.engine.dialect.name in ("mysql", "mariadb"):
            return self.engine.url.database
        return _DEFAULT_SCHEMAS.get(self.engine.dialect.name)

    @property
    def missing_file(self) -> Path | None:
        """The file of an SQLite database that is not there: to connect would make it."""
        name = self.engine.url.database or ""
        if self.engine.dialect.name != "sqlite" or name in ("", ":memory:"):
            return None
        path = Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)
        query = self.engine.url.query
        is_file = "mode=memory" not in name and query.get("mode") != "memory"
        return path if is_file and not path.exists() else None


_DEFAULT_SCHEMAS = {"sqlite": "main", "postgresql": "public", "mssql": "dbo"}


def migrated_binds(db: SQLAlchemy, configuration: Configuration) -> tuple[Bind, ...]:
    """Return the databases that take part, the default one first.

    Needs an application context.

    :raises UnknownBindError: the configuration declares a bind that the app does not have.
    :raises DatabaseNotReadyError: the app is not registered with its ``SQLAlchemy``.
    """
    known = known_binds(db)
    for path, key in named_binds(configuration):
        if key not in known:
            raise UnknownBindError(dotted(path), key, known)
    return present_binds(db, configuration)


def present_binds(db: SQLAlchemy, configuration: Configuration) -> tuple[Bind, ...]:
    """Return the databases that take part and that the app has, the default one first.

    Needs an application context.

    :raises DatabaseNotReadyError: the app is not registered with its ``SQLAlchemy``.
    """
    engines, settings = _engines(db), configuration.settings
    chosen = known_binds(db) if settings.multidb else settings.binds
    return tuple(
        Bind(key, engines[key], db.metadatas[key]) for key in (None, *chosen) if key in engines
    )


def known_binds(db: SQLAlchemy) -> tuple[str, ...]:
    """Return the keys of ``SQLALCHEMY_BINDS``. Needs an application context.

    :raises DatabaseNotReadyError: the app is not registered with its ``SQLAlchemy``.
    """
    return tuple(str(key) for key in _engines(db) if key is not None)


def named_binds(configuration: Configuration) -> Iterator[tuple[KeyPath, str]]:
    """Return every bind that the configuration names, each with its place below the section."""
    for key in configuration.settings.binds:
        yield ("binds", key), key
    for hint in configuration.renames.hints:
        if hint.bind is not None:
            yield (*hint_path(hint.place), "bind"), hint.bind


def _engines(db: SQLAlchemy) -> Mapping[str | None, Engine]:
    try:
        return db.engines
    except RuntimeError as error:
        raise DatabaseNotReadyError(str(error)) from error
