"""Temporary projects of the contestants, and commands that run in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OURS, THEIRS = "flask_migrate_decl", "flask_migrate"
LABELS = {OURS: "Flask-Migrate-Decl", THEIRS: "Flask-Migrate"}

_COMMAND = Path(__file__).with_name("command.py")
_APP = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from {package} import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = {url!r}
db = SQLAlchemy(app)
Migrate(app, db)
{models}
"""


@dataclass(frozen=True)
class Cost:
    """What a command took, in milliseconds.

    :param wall: by the clock, with all waiting for the disk and for other work of the machine.
    :param cpu: of the process alone.
    """

    wall: float
    cpu: float


@dataclass(frozen=True)
class Project:
    """A folder with an app, its database ``app.db``, and a folder of revisions.

    :param package: the migration package that the app uses.
    :param environment: the variables under which commands run.
    """

    folder: Path
    package: str
    environment: dict[str, str]

    @property
    def database(self) -> Path:
        return self.folder / "app.db"

    def put_database(self, source: Path) -> None:
        """Take a copy of a database, written to the disk: no run is to pay for the copying."""
        shutil.copy(source, self.database)
        with self.database.open("rb+") as file:
            os.fsync(file.fileno())

    def run(self, command: str) -> Cost:
        """Run a command in a fresh process and return what it alone took."""
        process = subprocess.run(
            [sys.executable, str(_COMMAND), self.package, command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode != 0:
            message = f"{LABELS[self.package]}: {command} failed in {self.folder}"
            raise SystemExit(f"{message}\n{process.stdout}\n{process.stderr}")
        wall, cpu = process.stdout.splitlines()[-1].split()
        return Cost(float(wall) * 1000, float(cpu) * 1000)


def make_project(
    folder: Path, package: str, environment: dict[str, str], *, models: str, hints: str = ""
) -> Project:
    """Write a project and let its package begin the folder of revisions.

    :param models: what the app's module says after it has made ``db``.
    :param hints: the text of ``migrate.toml``, for Flask-Migrate-Decl.
    """
    folder.mkdir()
    project = Project(folder, package, environment)
    url = f"sqlite:///{project.database.absolute()}"
    source = _APP.format(package=package, url=url, models=models)
    (folder / "app.py").write_text(source, encoding="utf-8")
    if package == OURS:
        (folder / "migrate.toml").write_text(hints, encoding="utf-8")
    project.run("init")
    return project
