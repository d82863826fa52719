"""The root of the tree, and what its branches share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def listed(items: Sequence[str]) -> str:
    """Word items one below the other."""
    return "".join(f"\n  - {item}" for item in items)


class MigrateError(Exception):
    """The root of the tree: catch this to catch all of them."""


class FindingsError(MigrateError):
    """The run worked and found something that somebody has to look at."""
