"""The passwords that are known, so that no text repeats them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from flask_migrate_decl.databases.urls import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import URL

_SHORTEST = 3
"""What is shorter stands in many a text without being a password."""


def known_passwords() -> frozenset[str]:
    """Return the passwords of the app's databases, and of the URLs in environment variables.

    Where there is no application context, those of the environment variables alone.
    """
    found = {*_of_environment(), *(_of_app() if current_app else ())}
    return frozenset(password for password in found if len(password) >= _SHORTEST)


def _of_environment() -> Iterator[str]:
    for name, value in os.environ.items():
        if "PASSWORD" in name.upper():
            yield value
        elif "://" in value:
            yield from _of_text(value)


def _of_app() -> Iterator[str]:
    config = current_app.config
    for engines in getattr(current_app.extensions.get("sqlalchemy"), "engines", {}).values():
        yield from _of_url(engines.url)
    declared = (config.get("SQLALCHEMY_ENGINE_OPTIONS"), *_values(config.get("SQLALCHEMY_BINDS")))
    for options in declared:
        if isinstance(options, dict):
            yield from _of_arguments(options.get("connect_args") or {})


def _values(binds: Mapping[Any, Any] | None) -> tuple[Any, ...]:
    return tuple((binds or {}).values())


def _of_text(text: str) -> Iterator[str]:
    try:
        url = make_url(text)
    except (SQLAlchemyError, ValueError):
        return
    yield from _of_url(url)


def _of_url(url: URL) -> Iterator[str]:
    # What the user or the database is called as well can't be kept secret.
    if url.password and url.password not in (url.username, url.database, url.host):
        yield str(url.password)
    yield from _of_arguments(url.query)


def _of_arguments(arguments: Mapping[str, Any]) -> Iterator[str]:
    for name, value in arguments.items():
        if is_secret(name):
            yield from (value,) if isinstance(value, str) else ()
