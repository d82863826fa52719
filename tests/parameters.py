"""Parameters of tests, of which most run in CI alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable


def one_is_fast(cases: Iterable[Any]) -> list[Any]:
    """Return parameters of which all but the first are slow ones."""
    first, *others = cases
    return [pytest.param(first), *(pytest.param(one, marks=pytest.mark.slow) for one in others)]
