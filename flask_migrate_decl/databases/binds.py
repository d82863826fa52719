"""The databases of an app, as its Flask-SQLAlchemy object knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from flask_migrate_decl.config import DEFAULT_BIND, dotted, hint_path
from flask_migrate_decl.databases.urls import engine_with_url_of, session_options
from flask_migrate_decl.errors import (
    AmbiguousBindError,
    BindKeyError,
    ConnectionFailedError,
    DatabaseNotReadyError,
    UnknownBindError,
    database_in_words,
)
from flask_migrate_decl.reporting.listing import bind_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask_sqlalchemy import SQLAlchemy
    from sqlalchemy import URL, Connection, Engine, MetaData

    from flask_migrate_decl.config import Configuration, KeyPath


@dataclass(frozen=True)
class Bind:
    """One database and the models that live in it.

    :param key: Flask-SQLAlchemy's bind key, ``None`` for the default database.

    :param app_engine: the engine that the app uses.
    :param url_env: the environment variable that holds another URL for migrations.
    """

    key: str | None
    # What stands for an engine shows passwords that are parameters of its URL.
    app_engine: Engine = field(repr=False)
    metadata: MetaData = field(repr=False)
    url_env: str | None = None

    @cached_property
    def engine(self) -> Engine:
        """The engine for migrations.

        :raises MigrationUrlError: the environment variable holds no URL.
        """
        if self.url_env is None:
            return self.app_engine
        return engine_with_url_of(self.url_env, self.key, self.app_engine)

    @property
    def label(self) -> str:
        """The bind's name for people."""
        return bind_label(self.key)

    @property
    def name(self) -> str:
        """The bind as ``--bind`` and the section call it."""
        return DEFAULT_BIND if self.key is None else self.key

    @property
    def words(self) -> str:
        """The database in a sentence."""
        return database_in_words(self.key)

    @property
    def default_schema(self) -> str | None:
        """The default schema as it is called by default; ``None`` where the app may change it."""
        url, dialect = self.app_engine.url, self.app_engine.dialect.name
        if self.session:
            return None
        if dialect in ("mysql", "mariadb"):
            return url.database
        return _DEFAULT_SCHEMAS.get(dialect)

    @property
    def session(self) -> tuple[str, ...]:
        """What its sessions are told, such as a search path. Needs an application context."""
        return session_options(self.key, self.app_engine.url)

    def verify_url(self) -> None:
        """Find out that migrations have no URL. Needs an application context.

        :raises MigrationUrlError: the environment variable holds none.
        """
        _ = self.engine

    def connect(self) -> Connection:
        """Connect for migrations. Needs an application context.

        :raises ConnectionFailedError: the database can't be reached.
        :raises MigrationUrlError: migrations have no URL.
        """
        engine = self.engine
        try:
            return engine.connect()
        except SQLAlchemyError as error:
            reason = error.orig if isinstance(error, DBAPIError) else error
            raise ConnectionFailedError(str(reason), None, self.key) from error

    @property
    def sqlite_file(self) -> Path | None:
        """The file of an SQLite database, as migrations reach it."""
        return _sqlite_file(self.engine.url)

    @property
    def missing_file(self) -> Path | None:
        """The file of an SQLite database that is not there: to connect would make it."""
        path = self.sqlite_file
        return path if path is not None and not path.exists() else None

    @property
    def is_in_memory(self) -> bool:
        """Whether no other process can reach it."""
        url = self.app_engine.url
        is_lite = self.url_env is None and url.get_backend_name() == "sqlite"
        return is_lite and _sqlite_file(url) is None

    @property
    def place(self) -> tuple[object, ...]:
        """What is the same for two binds of one database, as far as their URLs tell."""
        return _place(self.app_engine)

    @property
    def migrated_place(self) -> tuple[object, ...]:
        """The same for the URL that migrations take. Needs an application context.

        :raises MigrationUrlError: migrations have no URL.
        """
        return _place(self.engine)


def _place(engine: Engine) -> tuple[object, ...]:
    url = engine.url
    if url.get_backend_name() == "sqlite":
        path = _sqlite_file(url)
        return ("sqlite", id(engine) if path is None else path.resolve())
    socket = url.query.get("host") or url.query.get("unix_socket")
    return (url.get_backend_name(), url.host or socket, url.port, url.database)


def _sqlite_file(url: URL) -> Path | None:
    """Return the file of an SQLite database, ``None`` where it is in memory."""
    name = url.database or ""
    if url.get_backend_name() != "sqlite" or name in ("", ":memory:"):
        return None
    is_in_memory = "mode=memory" in name or url.query.get("mode") == "memory"
    path = Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)
    return None if is_in_memory else path


_DEFAULT_SCHEMAS = {"sqlite": "main", "postgresql": "public", "mssql": "dbo"}


def migrated_binds(db: SQLAlchemy, configuration: Configuration) -> tuple[Bind, ...]:
    """Return the databases that take part, in the order of a run.

    Needs an application context.

    :raises UnknownBindError: the configuration declares a bind that the app does not have.
    :raises BindKeyError: the app has a bind whose key is no text, or empty.
    :raises AmbiguousBindError: the app calls a bind as the default database is called.
    :raises DatabaseNotReadyError: the app is not registered with its ``SQLAlchemy``.
    """
    known = known_binds(db)
    for path, key in named_binds(configuration):
        if key not in known:
            raise UnknownBindError(dotted(path), key, known)
    for bind in _engines(db):
        is_meant = configuration.settings.multidb or str(bind) in configuration.settings.binds
        if is_meant and (bind == "" or not isinstance(bind, str | None)):
            raise BindKeyError(bind)
    if is_ambiguous(db, configuration):
        raise AmbiguousBindError
    return present_binds(db, configuration)


def is_ambiguous(db: SQLAlchemy, configuration: Configuration) -> bool:
    """Tell whether ``binds.default`` may mean two databases. Needs an application context."""
    engines = _engines(db)
    return DEFAULT_BIND in configuration.settings.binds and {None, DEFAULT_BIND} <= set(engines)


def present_binds(db: SQLAlchemy, configuration: Configuration) -> tuple[Bind, ...]:
    """Return the databases that take part and that the app has, in the order of a run.

    That is the order in which the file declares them, then that of ``SQLALCHEMY_BINDS``. The
    default one is the first, unless it is declared too. Needs an application context.

    :raises DatabaseNotReadyError: the app is not registered with its ``SQLAlchemy``.
    """
    engines, settings = _engines(db), configuration.settings
    declared = [_key(name, engines) for name in settings.binds]
    first = [] if None in declared else [None]
    others = known_binds(db) if settings.multidb else ()
    keys = [key for key in dict.fromkeys((*first, *declared, *others)) if key in engines]
    return tuple(
        Bind(key, engines[key], db.metadatas[key], own.url_env)
        for key in keys
        if (own := configuration.bind_settings(key)).enabled
    )


def _key(name: str, engines: Mapping[str | None, Engine]) -> str | None:
    """Return the bind key of what the file calls so."""
    return None if name == DEFAULT_BIND and DEFAULT_BIND not in engines else name


def keys_called(name: str, db: SQLAlchemy) -> tuple[str | None, ...]:
    """Return the bind keys that a command line may mean. Needs an application context.

    :raises DatabaseNotReadyError: the app is not registered with its ``SQLAlchemy``.
    """
    keys = (None, name) if name == DEFAULT_BIND else (name,)
    return tuple(key for key in keys if key in _engines(db))


def known_binds(db: SQLAlchemy) -> tuple[str, ...]:
    """Return the keys of ``SQLALCHEMY_BINDS``. Needs an application context.

    :raises DatabaseNotReadyError: the app is not registered with its ``SQLAlchemy``.
    """
    return tuple(str(key) for key in _engines(db) if key is not None)


def named_binds(configuration: Configuration) -> Iterator[tuple[KeyPath, str]]:
    """Return every bind that the configuration names, each with its place below the section."""
    for key in configuration.settings.binds:
        if key != DEFAULT_BIND:
            yield ("binds", key), key
    for hint in configuration.renames.hints:
        if hint.bind is not None:
            yield (*hint_path(hint.place), "bind"), hint.bind


def _engines(db: SQLAlchemy) -> Mapping[str | None, Engine]:
    try:
        return db.engines
    except RuntimeError as error:
        raise DatabaseNotReadyError(str(error)) from error
