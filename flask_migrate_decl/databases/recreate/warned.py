"""Warnings of what a recreate would lose, where it is kept or told of by us."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OF_ALEMBIC = r"Unnamed CHECK constraint on reflected table"
_OF_SQLALCHEMY = r"(Skipped unsupported reflection of expression-based|Failed to look up filter)"


@contextmanager
def without_untrue_warnings() -> Iterator[None]:
    """Keep Alembic and SQLAlchemy from saying that checks and indexes are left out."""
    with warnings.catch_warnings():
        for message in (_OF_ALEMBIC, _OF_SQLALCHEMY):
            warnings.filterwarnings("ignore", message)
        yield
