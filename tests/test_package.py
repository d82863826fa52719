"""The built wheel, in an empty environment."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.test_cli import APP

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    _run([sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--out-dir", folder], ROOT)
    (built,) = folder.glob("*.whl")
    return built


def _run(command: list[str | Path], folder: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("FLASK_", "PYTHON"))}
    run = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.slow
def test_all_that_the_package_needs_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    package = "flask_migrate_decl"
    assert {
        f"{package}/py.typed",
        f"{package}/environment/script/env.py",
        f"{package}/environment/script/script.py.mako",
    } <= names
    assert all(name.startswith((f"{package}/", f"{package}-")) for name in names)
    points = next(name for name in names if name.endswith("entry_points.txt"))
    declared = zipfile.ZipFile(wheel).read(points).decode()
    assert "[validate_pyproject.tool_schema]" in declared
    assert "[flask.commands]" in declared


@pytest.mark.slow
def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    _run([python, "-m", "pip", "install", "--quiet", wheel], tmp_path)
    (tmp_path / "app.py").write_text(APP)
    flask: list[str | Path] = [python, "-W", "error", "-m", "flask", "db"]
    for command in (["init"], ["migrate", "-m", "first"], ["upgrade"], ["check-config"]):
        _run([*flask, *command], tmp_path)
    assert "(head)" in _run([*flask, "current"], tmp_path)
    assert "No new upgrade operations" in _run([*flask, "check"], tmp_path)
