"""The example's demo, as ``make demo`` runs it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

SHOP = Path(__file__).parents[1] / "examples" / "shop"


@dataclass(frozen=True)
class Demo:
    exit_code: int
    output: str
    errors: str
    files_before: Mapping[Path, bytes]
    files_after: Mapping[Path, bytes]


@pytest.fixture(scope="module")
def demo() -> Demo:
    before = files_of(SHOP)
    done = subprocess.run(
        [sys.executable, "-W", "error", SHOP / "demo.py"],
        env={**os.environ, "TERM": "dumb", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Demo(done.returncode, done.stdout, done.stderr, before, files_of(SHOP))


def files_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_as_the_demo_tells(demo: Demo) -> None:
    assert (demo.exit_code, demo.errors) == (0, "")
    assert "Traceback" not in demo.output


def test_only_without_hints_is_the_table_dropped(demo: Demo) -> None:
    without_hints, with_hints = demo.output.split("[tool.flask-migrate.renames]")
    assert "op.drop_table('user')" in without_hints
    assert "op.rename_table('user', 'account')" in with_hints
    assert "drop_table" not in with_hints


def test_every_row_is_kept(demo: Demo) -> None:
    lines = [" ".join(line.split()) for line in demo.output.splitlines()]
    assert "user: 3 rows account: 3 rows" in lines
    assert "order: 4 rows order: 4 rows" in lines
    assert "order_line: 6 rows order_line: 6 rows" in lines
    assert demo.output.count("Ada Lovelace, shipped, 53.50") == 2
    assert "No new upgrade operations detected." in demo.output


def test_the_repository_is_left_as_it_was(demo: Demo) -> None:
    assert demo.files_after == demo.files_before
