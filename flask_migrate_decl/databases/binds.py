"""The databases of an app, as its Flask-SQLAlchemy object knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.errors import DatabaseNotReadyError, UnknownBindError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask_sqlalchemy import SQLAlchemy
    from sqlalchemy import Engine, MetaData

    from flask_migrate_decl.config import Configuration


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
        return self.key or "<default>"


def migrated_binds(db: SQLAlchemy, configuration: Configuration) -> tuple[Bind, ...]:
    """Return the databases that take part, the default one first.

    Needs an application context.

    :raises UnknownBindError: the configuration declares a bind that the app does not have.
    :raises DatabaseNotReadyError: the app is not registered with its ``SQLAlchemy``.
    """
    settings = configuration.settings
    engines = _engines(db)
    known = tuple(key for key in engines if key is not None)
    named = {f"binds.{key}": key for key in settings.binds}
    named |= {
        f"{hint.place}.bind": hint.bind
        for hint in configuration.renames.hints
        if hint.bind is not None
    }
    for place, key in named.items():
        if key not in engines:
            raise UnknownBindError(place, key, known)
    chosen = known if settings.multidb else tuple(settings.binds)
    default = (None,) if None in engines else ()
    return tuple(Bind(key, engines[key], db.metadatas[key]) for key in (*default, *chosen))


def _engines(db: SQLAlchemy) -> Mapping[str | None, Engine]:
    try:
        return db.engines
    except RuntimeError as error:
        raise DatabaseNotReadyError(str(error)) from error
