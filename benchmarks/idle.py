"""What an app that only serves pays for ``Migrate(app, db)``: start-up time and memory."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from measuring import Spread, alternate, print_ratio, print_spreads, print_versions

_APP = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask("idle")
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)
"""
_MIGRATE = """\
from {package} import Migrate

Migrate(app, db)
"""
_READY = """\
import os

os._exit(0)
"""
"""Ends the process once the app is ready to serve: how long modules take to vanish is no cost."""

_BASELINE, _OURS, _THEIRS = "without", "Flask-Migrate-Decl", "Flask-Migrate"
_SOURCES = {
    _BASELINE: _APP + _READY,
    _OURS: _APP + _MIGRATE.format(package="flask_migrate_decl") + _READY,
    _THEIRS: _APP + _MIGRATE.format(package="flask_migrate") + _READY,
}
_UNITS_PER_MIB = 2**20 if sys.platform == "darwin" else 2**10
"""``ru_maxrss`` is in bytes on macOS, in KiB elsewhere."""


@dataclass(frozen=True)
class Start:
    """One start of an app: how long it took, and the most memory it held."""

    milliseconds: float
    mebibytes: float


def start(source: str) -> Start:
    """Run an interpreter until its app is ready.

    On Linux ``ru_maxrss`` begins with what this process holds, which is less than any app does.
    """
    begin = perf_counter()
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", source], os.environ)
    _, status, usage = os.wait4(process, 0)
    elapsed = perf_counter() - begin
    if status != 0:
        raise SystemExit(f"an app did not start:\n{source}")
    return Start(elapsed * 1000, usage.ru_maxrss / _UNITS_PER_MIB)


def report(title: str, values: dict[str, list[float]]) -> None:
    spreads = {label: Spread.of(of_label) for label, of_label in values.items()}
    print_spreads(title, spreads)
    added = {label: spreads[label] - spreads[_BASELINE] for label in (_OURS, _THEIRS)}
    for label, of_label in added.items():
        print(f"  added by {label}: {of_label:.1f}")
    print_ratio(f"{_OURS} to {_THEIRS}", added[_OURS], added[_THEIRS])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds: int = parser.parse_args().rounds
    print_versions()
    runs = {label: partial(start, source) for label, source in _SOURCES.items()}
    samples = alternate(runs, rounds)
    report(
        f"Start of a process until the app is ready, ms, median of {rounds}",
        {label: [run.milliseconds for run in of_label] for label, of_label in samples.items()},
    )
    report(
        "Peak RSS, MiB",
        {label: [run.mebibytes for run in of_label] for label, of_label in samples.items()},
    )


if __name__ == "__main__":
    main()
