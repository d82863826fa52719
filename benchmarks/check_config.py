"""What ``flask db check-config`` of a file with thousands of hints adds to ``flask --version``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from measuring import (
    alternate,
    child_environment,
    positive,
    print_comparison,
    print_versions,
)

_VERSION, _NONE = "flask --version", "check-config, no hint"


def write_hints(path: Path, count: int, *, wrong: bool) -> None:
    """Write a ``migrate.toml`` with columns of many tables, every one right or every one wrong."""
    lines = [
        f'  {{ table = "t{n // 10}", from = "a{n}", to = "{"a" if wrong else "b"}{n}" }},'
        for n in range(count)
    ]
    path.write_text("\n".join(["[renames]", "columns = [", *lines, "]", ""]))


def seconds(arguments: list[str], environment: dict[str, str], folder: Path) -> float:
    begin = perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if run.returncode not in (0, 1):
        raise SystemExit(f"flask {' '.join(arguments)} ended with {run.returncode}")
    return perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=positive, default=20, help="runs of each (default 20)")
    parser.add_argument("--hints", type=positive, default=2000, help="hints (default 2000)")
    arguments = parser.parse_args()
    print_versions()
    count: int = arguments.hints
    many, all_wrong = f"check-config, {count} hints", f"check-config, {count} wrong hints"
    with TemporaryDirectory() as name, child_environment() as environment:
        folder = Path(name)
        (folder / "none.toml").write_text("")
        write_hints(folder / "many.toml", count, wrong=False)
        write_hints(folder / "wrong.toml", count, wrong=True)
        check = ["db", "check-config", "--no-app", "--config"]
        commands = {
            _VERSION: ["--version"],
            _NONE: [*check, "none.toml"],
            many: [*check, "many.toml"],
            all_wrong: [*check, "wrong.toml"],
        }
        runs = {
            label: partial(seconds, command, environment, folder)
            for label, command in commands.items()
        }
        samples = alternate(runs, arguments.rounds)
    print_comparison("The whole process, seconds", samples, _VERSION)
    for label in (_NONE, many, all_wrong):
        pairs = zip(samples[label], samples[_VERSION], strict=True)
        print(f"  beyond {_VERSION}, {label}: {median(own - its for own, its in pairs):.3f} s")


if __name__ == "__main__":
    main()
