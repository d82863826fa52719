"""What an app that only serves pays for ``Migrate(app, db)``: start-up time and memory."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from measuring import (
    Spread,
    alternate,
    child_environment,
    positive,
    print_spreads,
    print_versions,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_APP = """\
import os
from time import perf_counter

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask("idle")
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)

begin = perf_counter()
{migrate}
print(perf_counter() - begin, flush=True)
os._exit(0)
"""
"""The process ends once the app is ready to serve: how long modules take to vanish is no cost."""
_MIGRATE = "from {package} import Migrate; Migrate(app, db)"

_BASELINE, _OURS, _THEIRS = "without", "Flask-Migrate-Decl", "Flask-Migrate"
_SOURCES = {
    _BASELINE: _APP.format(migrate=""),
    _OURS: _APP.format(migrate=_MIGRATE.format(package="flask_migrate_decl")),
    _THEIRS: _APP.format(migrate=_MIGRATE.format(package="flask_migrate")),
}
_UNITS_PER_MIB = 2**20 if sys.platform == "darwin" else 2**10
"""``ru_maxrss`` is in bytes on macOS, in KiB elsewhere."""


@dataclass(frozen=True)
class Start:
    """One start of an app, in milliseconds and MiB.

    :param process: from starting the interpreter to its end.
    :param lines: of the import and the call alone, by the app's own clock.
    :param peak: the most memory that the process held.
    """

    process: float
    lines: float
    peak: float


def start(source: str, environment: dict[str, str]) -> Start:
    """Run an interpreter until its app is ready.

    On Linux ``ru_maxrss`` begins with what this process holds, which is less than any app does.
    """
    begin = perf_counter()
    with subprocess.Popen(
        [sys.executable, "-P", "-c", source], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"an app did not start:\n{source}")
    return Start(elapsed * 1000, float(printed) * 1000, usage.ru_maxrss / _UNITS_PER_MIB)


def report(title: str, samples: dict[str, list[Start]], measure: Callable[[Start], float]) -> None:
    """Print a measure of every contestant, and what each adds to the baseline of its round."""
    values = {label: [measure(run) for run in runs] for label, runs in samples.items()}
    added = {label: _median_added(values, label) for label in (_OURS, _THEIRS)}
    print_spreads(title, {label: Spread.of(of_label) for label, of_label in values.items()})
    for label, of_label in added.items():
        print(f"  added by {label}: {of_label:.2f}")
    told_apart = min(added.values()) > 0
    ratio = f"{added[_OURS] / added[_THEIRS]:.4f}" if told_apart else "lost in the noise"
    print(f"  ratio, {_OURS} to {_THEIRS}: {ratio}\n")


def _median_added(values: dict[str, list[float]], label: str) -> float:
    pairs = zip(values[label], values[_BASELINE], strict=True)
    return median(own - baseline for own, baseline in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=positive, default=40, help="runs of each (default 40)")
    rounds: int = parser.parse_args().rounds
    print_versions()
    with child_environment() as environment:
        runs = {label: partial(start, source, environment) for label, source in _SOURCES.items()}
        samples = alternate(runs, rounds)
    report("The whole process, until the app is ready, ms", samples, lambda run: run.process)
    report("Of it the import and Migrate(app, db), ms", samples, lambda run: run.lines)
    report("Peak RSS, MiB", samples, lambda run: run.peak)


if __name__ == "__main__":
    main()
