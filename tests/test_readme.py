"""The README, typed by a new user into an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomli

from flask_migrate_decl.config import Settings
from flask_migrate_decl.config.settings import ColumnHint, TableHint

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"(?:<!-- (?P<what>[^>]*?) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```", re.S)


@dataclass
class Walk:
    """A folder into which the README's blocks are typed, one after the other."""

    folder: Path

    def type(self, what: str, text: str) -> None:
        verb, _, name = what.partition(": ")
        steps = {
            "file": self._write,
            "append to": self._append,
            "replace in": self._replace,
            "run": self._run,
            "script": self._compare_script,
            "python": self._run_python,
        }
        steps[verb](name, text)

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def _append(self, name: str, text: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write(text)

    def _replace(self, name: str, text: str) -> None:
        path = self.folder / name
        before, _, _ = path.read_text().rpartition("class ")
        path.write_text(before + text)

    def _run(self, _name: str, text: str) -> None:
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M):
            found = self._typed(command)
            pattern = ".*".join(map(re.escape, expected.split("…")))
            assert re.fullmatch(pattern, found), (command, found)

    def _typed(self, command: str) -> str:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FLASK_")}
        run = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=environment | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return run.stdout

    def _compare_script(self, _name: str, text: str) -> None:
        scripts = (self.folder / "migrations" / "versions").glob("*_accounts.py")
        assert text in next(scripts).read_text()

    def _run_python(self, _name: str, text: str) -> None:
        (self.folder / "typed.py").write_text(f"from app import app\n{text}\nassert result")
        self._typed("python typed.py")


def blocks() -> list[tuple[str, str, str]]:
    return [
        (match["what"] or "", match["language"], match["text"])
        for match in BLOCK.finditer(README.read_text())
    ]


def test_the_walk_through_works_word_for_word(tmp_path: Path) -> None:
    walk = Walk(tmp_path)
    typed = [(what, text) for what, _, text in blocks() if what]
    assert len(typed) == 7
    for what, text in typed:
        walk.type(what, text)


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block[2].splitlines()[0])
def test_every_block_is_valid(block: tuple[str, str, str]) -> None:
    what, language, text = block
    if language == "python":
        compile(text, "README", "exec")
    elif language == "toml":
        tomli.loads(text)
    else:
        assert what == "run" or text.strip() == "$ pip install Flask-Migrate-Decl"


def test_the_table_of_keys_is_complete() -> None:
    keys = re.search(r"## Keys\n(.*?)\n## ", README.read_text(), re.S)
    assert keys
    told = set(re.findall(r"`([\w.<>]+)`", keys[1]))
    options = set(Settings.model_fields) - {"renames", "binds"}
    assert options | {"binds.<name>", "renames.tables", "renames.columns"} <= told
    for hint in (TableHint, ColumnHint):
        names = {info.alias or name for name, info in hint.model_fields.items()}
        row = keys[1].split("renames.columns" if hint is ColumnHint else "renames.tables")[1]
        told_of_hint = set(re.findall(r"\w+", row.split("}")[0]))
        assert names - {"to_schema"} <= told_of_hint
