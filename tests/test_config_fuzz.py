"""Thousands of broken files: whatever is in one, the check answers and does not fall over."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from flask_migrate_decl.cli import db
from flask_migrate_decl.reporting import FORMATS
from tests.test_editing import VARIANTS

CASES = Path(__file__).parent / "config_cases"
NAMES = ("migrate.toml", "pyproject.toml")
PIECES = [
    *(b"[ ] { } [[ ]] = . , # \" ' \"\"\" ''' \\ \n \r\n \r \t \x00 \xef\xbb\xbf \xff".split(b" ")),
    *(b"true false nan inf 1 -1 1e9 0x1f 1979-05-27 07:32:00 \\u0000 \\ud800 \\U00110000".split()),
    *(b"renames tables columns from to table schema bind id binds directory models app".split()),
    *(b"enabled url_env default [binds.a] bind_transactions version_locations timezone".split()),
    *(b"post_write_hooks compare_type [tool.flask-migrate] [renames] {from='a',to='b'}".split()),
    b"[" * 450,
    b"a." * 300,
    b"9" * 4400,
    "é\u0301\u202e\U0001f600".encode(),
]


def _corpus() -> list[bytes]:
    files = [path for name in NAMES for path in sorted(CASES.glob(f"*/{name}"))]
    return [path.read_bytes() for path in files] + [content for _, content in VARIANTS.values()]


CORPUS = _corpus()


def mutated(rng: random.Random) -> bytes:
    content = rng.choice(CORPUS)
    for _ in range(rng.randint(1, 4)):
        start, end = sorted(rng.choices(range(len(content) + 1), k=2))
        mutation = rng.choice(["cut", "put", "replace", "double", "splice", "swap"])
        if mutation == "cut":
            content = content[:start] + content[min(end, start + rng.randint(1, 20)) :]
        elif mutation == "put":
            content = content[:start] + rng.choice(PIECES) + content[start:]
        elif mutation == "replace":
            content = content[:start] + rng.choice(PIECES) + content[start + rng.randint(1, 5) :]
        elif mutation == "double":
            content = content[:end] + content[start:]
        elif mutation == "splice":
            content = content[:start] + rng.choice(CORPUS)[end:]
        else:
            lines = content.splitlines(keepends=True)
            rng.shuffle(lines)
            content = b"".join(lines)
    return content


def random_text(rng: random.Random) -> bytes:
    return b"".join(rng.choices([*PIECES, b" ", b"\n", b"\n"], k=rng.randint(0, 40)))


def arbitrary_bytes(rng: random.Random) -> bytes:
    return rng.randbytes(rng.randint(0, 200))


def check(folder: Path, rng: random.Random, content: bytes) -> int:
    name = rng.choice(NAMES)
    (folder / name).write_bytes(content)
    format_ = rng.choice(list(FORMATS))
    arguments = ["check-config", "--no-app", "--format", format_]
    how = rng.choice([[], [name], ["--config", name], ["--strict"]])
    result = CliRunner().invoke(db, [*arguments, *how])
    (folder / name).unlink()
    assert result.exception is None or isinstance(result.exception, SystemExit), content
    assert "Traceback" not in result.output
    return result.exit_code


def check_many(
    folder: Path, make: Callable[[random.Random], bytes], numbers: range
) -> dict[int, int]:
    """Check files that are made from numbers, and count the exit codes."""
    codes: dict[int, int] = {}
    for number in numbers:
        rng = random.Random(f"{make.__name__} {number}")
        code = check(folder, rng, make(rng))
        assert code in (0, 1, 2), number
        codes[code] = codes.get(code, 0) + 1
    return codes


MAKERS = [mutated, random_text, arbitrary_bytes]


@pytest.mark.parametrize("make", MAKERS)
def test_a_broken_file_gets_an_answer(
    tmp_path: Path, make: Callable[[random.Random], bytes]
) -> None:
    codes = check_many(tmp_path, make, range(300))
    assert codes[1] > 10


@pytest.mark.slow
@pytest.mark.parametrize("make", MAKERS)
def test_twenty_thousand_broken_files_get_an_answer(
    tmp_path: Path, make: Callable[[random.Random], bytes]
) -> None:
    check_many(tmp_path, make, range(300, 20_300))
