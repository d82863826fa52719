"""Run contestants in turn and show medians. It imports little: ``idle.py`` measures its children."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median, quantiles
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")

_DISTRIBUTIONS = (
    "flask-migrate-decl",
    "flask-migrate",
    "alembic",
    "sqlalchemy",
    "flask",
    "flask-sqlalchemy",
)


@dataclass(frozen=True)
class Spread:
    """The median of several measurements, and the half of them that lies around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        low, _, high = quantiles(values, n=4, method="inclusive")
        return cls(median(values), low, high)

    def __sub__(self, other: Spread) -> float:
        return self.median - other.median

    def __str__(self) -> str:
        return f"{self.median:9.1f}   ({self.low:.1f} to {self.high:.1f})"


def alternate(contestants: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Run every contestant once in each round; every second round goes backwards.

    A round that is not counted comes first, so that files and bytecode are in the caches.
    """
    samples: dict[str, list[T]] = {label: [] for label in contestants}
    for number in range(rounds + 1):
        order = list(contestants) if number % 2 == 0 else list(reversed(contestants))
        for label in order:
            sample = contestants[label]()
            if number > 0:
                samples[label].append(sample)
    return samples


def print_versions() -> None:
    libraries = ", ".join(f"{name} {version(name)}" for name in _DISTRIBUTIONS)
    print(f"Python {platform.python_version()} on {sys.platform}; {libraries}\n")


def print_spreads(title: str, spreads: Mapping[str, Spread]) -> None:
    """Print medians, with the middle half of the measurements in brackets."""
    width = max(map(len, spreads))
    print(title)
    for label, spread in spreads.items():
        print(f"  {label:<{width}} {spread}")


def print_ratio(label: str, ours: float, theirs: float) -> None:
    print(f"  ratio, {label}: {ours / theirs:.3f}")
