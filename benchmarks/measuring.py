"""Run contestants in turn and show medians.

Little is imported here, as ``idle.py`` must hold less memory than the children it measures.
"""

from __future__ import annotations

import os
import platform
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

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
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        low, _, high = quantiles(values, n=4, method="inclusive")
        return cls(median(values), low, high)

    def __str__(self) -> str:
        return f"{self.median:9.2f}   ({self.low:.2f} to {self.high:.2f})"


@contextmanager
def child_environment() -> Iterator[dict[str, str]]:
    """Give variables under which children keep bytecode, in a folder of their own.

    As in production, where ``PYTHONDONTWRITEBYTECODE`` of this shell does not reach; and so that
    nothing is written into the libraries' folders.
    """
    with TemporaryDirectory(prefix="bytecode-") as folder:
        variables = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        yield variables


def alternate(contestants: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Run every contestant once in each round; every second round goes backwards.

    A round that is not counted comes first, so that files and bytecode are in the caches.
    """
    samples: dict[str, list[T]] = {label: [] for label in contestants}
    for number in range(rounds + 1):
        order = list(contestants)
        for label in order if number % 2 == 0 else reversed(order):
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


def print_comparison(title: str, samples: Mapping[str, Sequence[float]], yardstick: str) -> None:
    """Print the medians of all contestants, and the ratio of each to one of them.

    It is the median of each round's own ratio: what slows the machine down slows a whole round.
    """
    print_spreads(title, {label: Spread.of(of_label) for label, of_label in samples.items()})
    for label, of_label in samples.items():
        if label != yardstick:
            pairs = zip(of_label, samples[yardstick], strict=True)
            print(f"  ratio, {label} to {yardstick}: {median(own / its for own, its in pairs):.4f}")
    print()


def positive(text: str) -> int:
    """Parse a number of the command line that has to be above zero."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
