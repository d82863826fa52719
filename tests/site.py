"""A project whose revisions leave a row each, and real processes that run them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.pool import NullPool

APP = """\
import os
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_migrate_decl import Migrate

app = Flask("app")
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["URL"]
db = SQLAlchemy(app)
Migrate(app, db)
"""
REVISION = '''\
"""revision {number}"""
import os
import time
import sqlalchemy as sa
from alembic import op

revision = "r{number:02}"
down_revision = {parent!r}


def upgrade():
    {body}


def downgrade():
    op.execute("DELETE FROM done WHERE number = {number}")
'''
FIRST = 'op.create_table("done", sa.Column("number", sa.Integer), sa.Column("pid", sa.Integer))'
NEXT = (
    'op.create_table("t{number}", sa.Column("id", sa.Integer, primary_key=True))\n'
    '    op.execute("INSERT INTO done (number) VALUES ({number})")\n'
    "    time.sleep({pause})"
)
UNTIL_TOLD = """\
open("begun{number}", "w").close()
    while not os.path.exists("told"):
        time.sleep(0.05)"""
"""A revision that is at work for as long as a test needs it to be."""
ONE_STAYS = """\
if not os.path.exists("begun{number}"):
        open("holder", "w").write(str(os.getpid()))
        open("begun{number}", "w").close()
        while True:
            time.sleep(0.05)
    """
"""What the first that comes to a revision never gets beyond, and the others go past."""
LONGEST_WAIT = 120
"""How many seconds a process may take for what it does in one: other tests are run meanwhile."""


class Site:
    """A project with revisions that leave a row each, and processes that run them."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.versions = folder / "migrations" / "versions"
        self.versions.mkdir(parents=True)
        (folder / "app.py").write_text(APP)
        self.add(0, FIRST)

    def add(self, number: int, body: str) -> None:
        parent = f"r{number - 1:02}" if number else None
        script = REVISION.format(number=number, parent=parent, body=body)
        (self.versions / f"r{number:02}.py").write_text(script)

    def add_ordinary(self, count: int, *, pause: float = 0) -> None:
        for number in range(1, count + 1):
            self.add(number, NEXT.format(number=number, pause=pause))

    def configure(self, section: str) -> None:
        (self.folder / "migrate.toml").write_text(section)

    def start(self, *args: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "error", "-m", "flask", "--app", "app", "db", *args]
        package = Path(__file__).parents[1]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, "URL": self.url, "PYTHONPATH": str(package)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *args: str, exit_code: int = 0) -> str:
        with self.start(*args) as process:
            try:
                output, errors = process.communicate(timeout=LONGEST_WAIT)
            finally:
                process.kill()
        assert process.returncode == exit_code, errors
        return output + errors

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.connect() as connection:
            yield connection

    def done(self) -> list[int]:
        """Return which revisions have left a row, as often as they did."""
        with self.connect() as connection:
            if not inspect(connection).has_table("done"):
                return []
            return sorted(connection.scalars(text("SELECT number FROM done")))

    def tables(self) -> set[str]:
        with self.connect() as connection:
            return set(inspect(connection).get_table_names()) - {
                "alembic_version",
                "alembic_version_journal",
            }

    def revision(self) -> list[str]:
        with self.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return []
            return list(connection.scalars(text("SELECT version_num FROM alembic_version")))

    def wait_for(self, number: int) -> None:
        """Wait until a revision that sleeps is at work, seen by the file that says so."""
        deadline = time.monotonic() + LONGEST_WAIT
        while not (self.folder / f"begun{number}").exists():
            assert time.monotonic() < deadline, f"the revision {number} was not begun"
            time.sleep(0.02)

    @contextmanager
    def at_work(self, number: int) -> Iterator[subprocess.Popen[str]]:
        """Give an upgrade that is in a revision by now; it is killed where it is not over."""
        with self.start("upgrade") as process:
            try:
                self.wait_for(number)
                yield process
            finally:
                process.kill()


def wait_to_say(process: subprocess.Popen[str], words: str) -> str:
    """Read what a process says until these words are in it, and return the line.

    One that does not say them is killed at last: so it says no more, and the test fails.
    """
    assert process.stderr is not None
    said = []
    late = threading.Timer(LONGEST_WAIT, process.kill)
    late.start()
    try:
        for line in process.stderr:
            said.append(line)
            if words in line:
                return line
    finally:
        late.cancel()
        late.join()
    raise AssertionError("".join(said))
