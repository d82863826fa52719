"""The README, typed by a new user into an empty folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest
import tomli
from ruamel.yaml import YAML

from flask_migrate_decl import check_config
from flask_migrate_decl.config import RunOptions, Settings
from flask_migrate_decl.config.settings import (
    HINT_MODELS,
    INHERITED,
    BindSettings,
    RenameHints,
    SafetyOptions,
)
from flask_migrate_decl.errors.rules import RULES
from flask_migrate_decl.reporting import Depth
from tests.site import LONGEST_WAIT

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"(?:<!-- (?P<what>[^>]*?) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```", re.S)


@dataclass
class Walk:
    """A folder into which the README's blocks are typed, one after the other."""

    folder: Path

    def type(self, what: str, text: str) -> None:
        verb, _, name = what.partition(": ")
        steps: dict[str, Callable[[str, str], None]] = {
            "file": self._write,
            "append to": self._append,
            "replace in": self._replace,
            "run": self._run,
            "run in": self._run_in,
            "run, and find something": self._run_and_find_something,
            "at a terminal": self._converse,
            "script": self._compare_script,
            "python": self._run_python,
        }
        steps[verb](name, text)

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text)

    def _append(self, name: str, text: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write(text)

    def _replace(self, name: str, text: str) -> None:
        path = self.folder / name
        before, _, _ = path.read_text().rpartition("class ")
        path.write_text(before + text)

    def _run_in(self, name: str, text: str) -> None:
        Walk(self.folder / name)._run("", text)

    def _run_and_find_something(self, _name: str, text: str) -> None:
        self._run("", text, exit_code=1)

    def _run(self, _name: str, text: str, exit_code: int = 0) -> None:
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M):
            found = self._typed(command, exit_code)
            pattern = ".*".join(map(re.escape, expected.split("…")))
            assert re.fullmatch(pattern, found), (command, found)

    def _typed(self, command: str, exit_code: int = 0) -> str:
        run = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == exit_code, run.stderr
        return run.stdout

    def _converse(self, _name: str, text: str) -> None:
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M):
            session = pexpect.spawn(
                "bash",
                ["-c", command],
                cwd=str(self.folder),
                env=self._environment | {"TERM": "dumb", "NO_COLOR": "1"},
                encoding="utf-8",
                dimensions=(40, 200),
                timeout=LONGEST_WAIT,
            )
            said = ""
            for answer in re.findall(r"\] (\w)$", expected, re.M):
                session.expect(r"/\w\] ")  # and not the brackets of a message
                said += f"{session.before}{session.after}"
                session.sendline(answer)
            session.expect(pexpect.EOF)
            lines = f"{said}{session.before}".replace("\r", "").splitlines()
            found = "".join(f"{line.rstrip()}\n" for line in lines if not line.startswith("INFO"))
            assert re.fullmatch(".*".join(map(re.escape, expected.split("…"))), found), found

    @property
    def _environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FLASK_")}
        return environment | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

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
    assert len(typed) == 18
    for what, text in typed:
        walk.type(what, text)


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block[2].splitlines()[0])
def test_every_block_is_valid(block: tuple[str, str, str]) -> None:
    what, language, text = block
    if language == "python":
        compile(text, "README", "exec")
    elif language == "toml":
        tomli.loads(text)
    elif language == "json":
        json.loads(text)
    elif language == "yaml":
        assert {"id": "check-config"} in YAML(typ="safe").load(text)["repos"][0]["hooks"]
    elif language == "lua":
        assert text.count("(") == text.count(")")
        assert text.count("{") == text.count("}")
    else:
        assert (
            what.startswith(("run", "at a terminal"))
            or text.strip() == "$ pip install Flask-Migrate-Decl"
        )


def test_the_table_of_keys_is_complete() -> None:
    keys = re.search(r"## Keys\n(.*?)\n## ", README.read_text(), re.S)
    assert keys
    told = set(re.findall(r"`([\w.<>]+)`", keys[1]))
    tables = {"renames", "binds", "safety", *RunOptions.model_fields}
    options = set(Settings.model_fields) - tables
    runs = {
        f"{table}.{key}"
        for table, info in RunOptions.model_fields.items()
        for key in info.annotation.model_fields  # type: ignore[union-attr]
    }
    hints = {f"renames.{key}" for key in RenameHints.model_fields}
    safety = {f"safety.{key}" for key in SafetyOptions.model_fields}
    own = BindSettings.model_fields.keys() - INHERITED - {"version_locations"} - tables
    binds = {"binds.<name>", *(f"binds.<name>.{key}" for key in own)}
    assert options | hints | safety | runs | binds <= told


@pytest.mark.parametrize("kind", HINT_MODELS)
def test_the_table_of_hints_is_complete(kind: str) -> None:
    row = re.search(rf"^\| `{kind}` \| `{{ (.*?) }}` \|", README.read_text(), re.M)
    assert row
    fields = HINT_MODELS[kind].model_fields.items()
    keys = [(i.alias or name) + ("" if i.is_required() else "?") for name, i in fields]
    assert row[1].split(", ") == keys


# --- the table of findings ---------------------------------------------------------------------

FINDING = re.compile(r"^\| (FMD\d+) \| (\w+) \| (.+?) \| (.+?) \| (.+?) \|$", re.M)
OF_SEVERAL_FILES = {
    "FMD102": {"migrate.toml": "# größe".encode("latin-1")},
    "FMD105": {"migrate.toml": b"[tool.flask-migrate.renames]"},
    "FMD106": {"migrate.toml": b"", "pyproject.toml": b"[tool.flask-migrate]"},
}


def test_the_table_of_findings_is_complete_and_says_what_the_rules_say() -> None:
    told = [(code, severity, title, mend) for code, severity, title, _, mend in findings()]
    assert told == [(r.code, str(r.severity), r.title, r.mend) for r in RULES.values()]


def findings() -> list[tuple[str, str, str, str, str]]:
    return FINDING.findall(README.read_text())


@pytest.mark.parametrize(
    "row", [row for row in findings() if row[0] < "FMD400"], ids=lambda r: r[0]
)
def test_the_example_of_a_finding_gives_it(row: tuple[str, ...], tmp_path: Path) -> None:
    code, _, _, example, _ = row
    text = example.strip("`")
    name = "pyproject.toml" if re.match(r"\[?tool\.", text) else "migrate.toml"
    for file, content in OF_SEVERAL_FILES.get(code, {name: text.encode()}).items():
        (tmp_path / file).write_bytes(content)
    assert [found.rule.code for found in check_config(depth=Depth.FILE).findings] == [code]
