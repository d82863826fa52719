"""The root of the tree, and what its branches share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_migrate_decl.errors.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence


def listed(items: Sequence[str]) -> str:
    """Word items one below the other."""
    return "".join(f"\n  - {item}" for item in items)


def database_in_words(bind: str | None) -> str:
    """Return a database in a sentence.

    :param bind: the bind key, ``None`` for the default database.
    """
    return "the default database" if bind is None else f'the bind "{one_line(str(bind))}"'


class MigrateError(Exception):
    """The root of the tree: catch this to catch all of them."""


class FindingsError(MigrateError):
    """The run worked and found something that somebody has to look at."""
