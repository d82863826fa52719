"""Histories that are run at once, each in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine, inspect, text

from flask_migrate_decl import upgrade
from flask_migrate_decl.environment import JobProgress, JobState
from flask_migrate_decl.errors import JobsNotCombinedError, RunStoppedError
from tests.project import App, Project

NAMES = ("a", "b", "c", "d")

_SCRIPT = '''"""A revision."""
import os, signal, time
from alembic import op
import sqlalchemy as sa

revision = {revision!r}
down_revision = {down!r}


def upgrade():
    {body}


def downgrade():
    pass
'''

TABLE = [
    'op.create_table("t{0}", sa.Column("id", sa.Integer(), primary_key=True))',
    'op.execute("INSERT INTO t{0} (id) VALUES ({0})")',
]


def nothing(_db: SQLAlchemy) -> None:
    """Leave the models empty: what is run here is in the scripts."""


@dataclass
class Histories:
    """Databases with a history each, whose scripts are written by hand."""

    project: Project

    def app(self, section: str = "") -> App:
        tables = [f'[binds.{name}]\ndirectory = "of/{name}"\n' for name in self.project.binds]
        default = "[binds.default]\nenabled = false\n"
        self.project.configure("\n".join([section, default, *tables]))
        return self.project.app(nothing)

    def write(self, name: str, number: int, lines: list[str]) -> None:
        """Write a revision of one history."""
        body = "\n    ".join(line.format(number) for line in lines)
        down = f"{name}{number - 1}" if number > 1 else None
        source = _SCRIPT.format(revision=f"{name}{number}", down=down, body=body)
        folder = self.project.folder / "of" / name / "versions"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.py").write_text(source)

    def state(self, name: str) -> tuple[str | None, dict[str, list[int]]]:
        """Return a database's revision, and the ids in its tables."""
        engine = create_engine(self.project.binds[name])
        with engine.connect() as connection:
            tables = set(inspect(connection).get_table_names())
            select = "SELECT version_num FROM alembic_version"
            at = connection.scalar(text(select)) if "alembic_version" in tables else None
            ids = {
                table: list(connection.scalars(text(f"SELECT id FROM {table}")))
                for table in sorted(tables - {"alembic_version"})
            }
        engine.dispose()
        return at, ids


@pytest.fixture
def histories(tmp_path: Path) -> Histories:
    """Give four SQLite databases with three revisions each."""
    urls = {name: f"sqlite:///{tmp_path}/{name}.db" for name in NAMES}
    found = Histories(Project(tmp_path, f"sqlite:///{tmp_path}/app.db", urls))
    for name in NAMES:
        for number in (1, 2, 3):
            found.write(name, number, TABLE)
    return found


def whole(name: str) -> tuple[str, dict[str, list[int]]]:
    return f"{name}3", {"t1": [1], "t2": [2], "t3": [3]}


def stopped(app: App, **options: int) -> RunStoppedError:
    with app.flask.app_context(), pytest.raises(RunStoppedError) as caught:
        upgrade(**options)  # type: ignore[arg-type]
    return caught.value


def outcomes(error: RunStoppedError) -> dict[str | None, tuple[str, tuple[str, ...] | None]]:
    return {state.bind: (state.outcome, state.at) for state in error.states}


@pytest.mark.parametrize("jobs", [None, 1, 2, 8])
def test_what_is_done_is_the_same(histories: Histories, jobs: int | None) -> None:
    app = histories.app()
    with app.flask.app_context():
        applied = upgrade(jobs=jobs).applied
    assert [(step.bind, step.destination) for step in applied] == [
        (name, (f"{name}{number}",)) for name in NAMES for number in (1, 2, 3)
    ]
    assert [histories.state(name) for name in NAMES] == [whole(name) for name in NAMES]
    with app.flask.app_context():
        assert upgrade(jobs=jobs).applied == ()


@pytest.mark.postgresql
def test_postgresql_and_sqlite_at_once(histories: Histories, postgres_url: str) -> None:
    histories.project.binds["c"] = postgres_url
    app = histories.app()
    # A connection of the parent's pool is not the child's.
    with app.flask.app_context(), app.db.engines["c"].connect() as connection:
        upgrade(jobs=4)
        assert connection.scalar(text("SELECT 1")) == 1
    assert [histories.state(name) for name in NAMES] == [whole(name) for name in NAMES]


def test_one_that_fails_does_not_stop_the_others(histories: Histories) -> None:
    histories.write("b", 2, [*TABLE, 'op.execute("INSERT INTO nowhere VALUES (1)")'])
    error = stopped(histories.app(), jobs=2)
    assert error.failed == ("b",)
    assert error.reason.startswith("b: the database says: no such table: nowhere")
    assert outcomes(error) == {
        "a": ("done", ("a3",)),
        "b": ("rolled back", ()),
        "c": ("done", ("c3",)),
        "d": ("done", ("d3",)),
    }
    assert histories.state("b") == (None, {})
    assert [histories.state(name) for name in "acd"] == [whole(name) for name in "acd"]
    histories.write("b", 2, TABLE)
    with histories.app().flask.app_context():
        upgrade(jobs=2)
    assert histories.state("b") == whole("b")


def test_fail_fast_begins_with_no_other(histories: Histories) -> None:
    histories.write("b", 1, ['op.execute("INSERT INTO nowhere VALUES (1)")'])
    error = stopped(histories.app(), jobs=1, fail_fast=True)
    assert {name: outcome for name, (outcome, _) in outcomes(error).items()} == {
        "a": "done",
        "b": "rolled back",
        "c": "untouched",
        "d": "untouched",
    }
    assert histories.state("c") == (None, {})


def test_a_process_that_is_killed_is_told_of(histories: Histories) -> None:
    histories.write("b", 2, [*TABLE, "os.kill(os.getpid(), signal.SIGKILL)"])
    error = stopped(histories.app(), jobs=2)
    assert error.failed == ("b",)
    assert "b: its process was killed by SIGKILL" in error.reason
    assert outcomes(error)["b"] == ("unknown", None)
    assert [histories.state(name) for name in "acd"] == [whole(name) for name in "acd"]
    assert histories.state("b") == (None, {})


def test_a_mistake_in_a_script_is_told_of(histories: Histories) -> None:
    histories.write("b", 2, ["1 / 0"])
    said = histories.app().result("db", "upgrade", "--jobs", "2")
    assert said.exit_code == 2
    assert "ZeroDivisionError: division by zero" in said.stderr
    assert "b: ZeroDivisionError: division by zero\n" in said.stderr
    assert re.search(r"(?m)^  b  rolled back, at no revision$", said.stderr)
    assert [histories.state(name) for name in "acd"] == [whole(name) for name in "acd"]


def test_a_shared_history_is_run_by_one_process(histories: Histories) -> None:
    histories.write("shared", 1, TABLE)
    tables = [f'[binds.{name}]\ndirectory = "of/{name}"' for name in "cd"]
    histories.project.configure("\n".join(['directory = "of/shared"', "[binds.b]", *tables]))
    app = histories.project.app(nothing)
    with app.flask.app_context():
        applied = upgrade(jobs=3).applied
    assert [step.bind for step in applied] == [None, "b", *"cccddd"]
    assert histories.state("c") == whole("c")
    assert histories.state("b") == ("shared1", {})


def test_two_histories_in_one_file_wait_for_each_other(histories: Histories) -> None:
    histories.project.binds["b"] = histories.project.binds["a"]
    for number in (1, 2, 3):
        histories.write("b", number, [line.replace("t{0}", "b{0}") for line in TABLE])
    tables = [f'[binds.{name}]\ndirectory = "of/{name}"\nversion_table = "{name}"' for name in "ab"]
    histories.project.configure("\n".join(["binds.default.enabled = false", *tables]))
    app = histories.project.app(nothing)
    with app.flask.app_context():
        upgrade(jobs=2)
    engine = create_engine(histories.project.binds["a"])
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    assert found == {"a", "b", "b1", "b2", "b3", "t1", "t2", "t3"}


@pytest.mark.parametrize("mode", ["together", "two-phase"])
def test_processes_commit_by_themselves(histories: Histories, mode: str) -> None:
    app = histories.app(f'bind_transactions = "{mode}"')
    with app.flask.app_context(), pytest.raises(JobsNotCombinedError):
        upgrade(jobs=2)
    assert histories.state("a") == (None, {})


def test_no_statements_of_processes(histories: Histories) -> None:
    said = histories.app().run("db", "upgrade", "--sql", "--jobs", "2", exit_code=2)
    assert "--jobs can't be combined with --sql" in said


@pytest.mark.parametrize("number", ["0", "-1", "x"])
def test_a_number_of_processes(histories: Histories, number: str) -> None:
    assert "--jobs" in histories.app().run("db", "upgrade", "--jobs", number, exit_code=2)


def test_python_watches(histories: Histories) -> None:
    seen: list[JobProgress] = []
    app = histories.app()
    with app.flask.app_context():
        upgrade(jobs=2, watch=seen.append)
    of_a = [progress for progress in seen if progress.bind == "a"]
    assert of_a[0] == JobProgress("a", JobState.WAITING)
    assert of_a[-1] == JobProgress("a", JobState.DONE, 3, 3)
    assert [p.running for p in of_a if p.running] == ["a1", "a2", "a3"]


# --- real processes ----------------------------------------------------------------------------

WSGI = """
import os
from flask import Flask
from flask_migrate_decl import Migrate
from flask_sqlalchemy import SQLAlchemy

here = os.path.dirname(os.path.abspath(__file__))
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{here}/app.db"
app.config["SQLALCHEMY_BINDS"] = {n: f"sqlite:///{here}/{n}.db" for n in "abcd"}
db = SQLAlchemy(app)
Migrate(app, db)
"""


@pytest.fixture
def on_disk(histories: Histories) -> Histories:
    histories.app()
    (histories.project.folder / "wsgi.py").write_text(WSGI)
    return histories


def environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("FLASK_")}
    return kept | {"NO_COLOR": "1", "TERM": "xterm", "PYTHONWARNINGS": "error"}


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "flask", "db", "upgrade", *args]


def test_plain_lines_where_there_is_no_terminal(on_disk: Histories) -> None:
    on_disk.write("b", 1, [*TABLE, 'print("hello from b")'])
    run = subprocess.run(
        command("--jobs", "2"),
        cwd=on_disk.project.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, "")
    lines = run.stderr.splitlines()
    for name in NAMES:
        assert lines.count(f"{name}: running ") == 1
        assert lines.count(f"{name}: done (3 of 3)") == 1
    assert lines[lines.index("b has printed:") + 1] == "hello from b"
    assert "\x1b" not in run.stderr
    assert len(lines) == 2 * len(NAMES) + 2
    assert on_disk.state("b") == whole("b")


def test_live_lines_at_a_terminal(on_disk: Histories) -> None:
    on_disk.write("c", 2, [*TABLE, "time.sleep(0.5)"])
    session = pexpect.spawn(
        command()[0],
        command("--jobs", "4")[1:],
        cwd=str(on_disk.project.folder),
        env=environment(),
        encoding="utf-8",
        dimensions=(40, 100),
    )
    said = session.read()
    session.close()
    assert session.exitstatus == 0, said
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", said)
    assert re.findall(r"(\w) +done +3/3", plain)[-4:] == list(NAMES)
    assert re.search(r"c +running +1/3 +c2", plain)
    assert "INFO" not in said


def test_an_interrupt_waits_for_what_is_at_work(on_disk: Histories) -> None:
    began = on_disk.project.folder / "began"
    on_disk.write("a", 2, [*TABLE, f'open(r"{began}", "w").close()', "time.sleep(1)"])
    process = subprocess.Popen(
        command("--jobs", "1"),
        cwd=on_disk.project.folder,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for _ in range(600):
        if began.exists():
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert "the run was interrupted" in said
    assert re.search(r"(?m)^  a  done, at a3$", said)
    assert re.search(r"(?m)^  b  untouched$", said)
    assert on_disk.state("a") == whole("a")
    assert on_disk.state("b") == (None, {})
