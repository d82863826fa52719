"""URLs of databases as they may be shown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import NullPool, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from flask_migrate_decl.errors import MigrationUrlError
from flask_migrate_decl.errors.secrets import SECRET_WORDS

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

_OF_THE_APP_ALONE = ("bind_key", "max_overflow", "pool", "url")


def shown_url(url: URL) -> str:
    """Return a URL without its password, wherever a driver may take one from."""
    shown = {name: "***" if is_secret(name) else value for name, value in url.query.items()}
    return url.set(query=shown).render_as_string(hide_password=True)


def engine_with_url_of(variable: str, bind: str | None, app_engine: Engine) -> Engine:
    """Make an engine for migrations, with the app's options and another URL.

    Each connection is opened for itself. Needs an application context.

    :param variable: the environment variable that holds the URL.
    :param bind: the bind key, ``None`` for the default database.
    :raises MigrationUrlError: it holds none.
    """
    given = os.environ.get(variable, "")
    if not given:
        raise MigrationUrlError(bind, variable, "is not set")
    try:
        url = make_url(given)
        made = create_engine(url, poolclass=NullPool, **_app_options(bind))
    except (SQLAlchemyError, ImportError, ValueError, TypeError):
        # Their words may repeat the URL, and with it the password.
        raise MigrationUrlError(bind, variable, "holds no URL that SQLAlchemy can use") from None
    if made.dialect.name != app_engine.dialect.name:
        reason = f"leads to {made.dialect.name}, and the app uses {app_engine.dialect.name}"
        raise MigrationUrlError(bind, variable, reason)
    return made


def session_options(bind: str | None, url: URL) -> tuple[str, ...]:
    """Return what PostgreSQL is told at the beginning of a session, such as a search path.

    Needs an application context.

    :param bind: the bind key, ``None`` for the default database.
    """
    connect_args = _app_options(bind).get("connect_args") or {}
    given = (url.query.get("options"), connect_args.get("options"))
    return tuple(str(options) for options in given if options)


def _app_options(bind: str | None) -> dict[str, Any]:
    """Return what the app's configuration says of an engine, but for its URL and its pool."""
    config = current_app.config
    options = config.get("SQLALCHEMY_ENGINE_OPTIONS") if bind is None else None
    options = options or (config.get("SQLALCHEMY_BINDS") or {}).get(bind)
    if not isinstance(options, dict):
        return {}
    return {key: value for key, value in options.items() if not key.startswith(_OF_THE_APP_ALONE)}


def is_secret(name: str) -> bool:
    """Tell whether a driver may take a password under a name."""
    return any(word in name.lower() for word in SECRET_WORDS)
