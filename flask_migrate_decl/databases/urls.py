"""URLs of databases as they may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_migrate_decl.errors.secrets import SECRET_WORDS

if TYPE_CHECKING:
    from sqlalchemy import URL


def shown_url(url: URL) -> str:
    """Return a URL without its password, wherever a driver may take one from."""
    shown = {name: "***" if _is_secret(name) else value for name, value in url.query.items()}
    return url.set(query=shown).render_as_string(hide_password=True)


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET_WORDS)
