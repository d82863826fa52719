"""The hook for pre-commit, run by pre-commit itself on a clone of this repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(folder: Path, home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {
        key: v for key, v in os.environ.items() if not key.startswith(("FLASK_", "GIT_"))
    }
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b"}
    identity |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in identity.items()}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment | identity | {"PRE_COMMIT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_hook_checks_changed_files_without_the_app(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "inner").mkdir(parents=True)
    (project / "app.py").write_text("raise SystemExit(9)\n")
    (project / "migrate.toml").write_text('directory = "migrations"\n')
    (project / "inner" / "pyproject.toml").write_text("[tool.flask-migrate]\ndirectry = 1\n")
    (project / "pyproject.toml").write_text("[project]\n")
    (project / "other.toml").write_text("not toml\n")
    for command in (["init", "-q"], ["add", "."]):
        assert run(project, tmp_path / "home", "git", *command).returncode == 0
    hook = [sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "check-config", "--verbose"]
    found = run(project, tmp_path / "home", *hook, "--all-files")
    assert found.returncode == 1, found.stdout + found.stderr
    assert "inner/pyproject.toml:2:1: error FMD201" in found.stdout
    assert "other.toml" not in found.stdout
    (project / "inner" / "pyproject.toml").write_text("[tool.flask-migrate]\n")
    found = run(project, tmp_path / "home", *hook, "--all-files")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "nothing to mend" in found.stdout


def test_the_manifest_is_one_that_pre_commit_takes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"]
    found = run(ROOT, tmp_path, *command)
    assert found.returncode == 0, found.stdout
