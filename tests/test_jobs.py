"""Histories that are run at once, each in a process of its own."""

from __future__ import annotations

import errno
import multiprocessing
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import QueuePool, create_engine, inspect, text

from flask_migrate_decl import upgrade
from flask_migrate_decl.environment import JobProgress, JobState
from flask_migrate_decl.errors import (
    JobsNotCombinedError,
    JobsNumberError,
    RunStoppedError,
    StatementsNotWrittenError,
)
from tests.project import App, Project
from tests.servers import PostgresServer
from tests.site import LONGEST_WAIT, wait_to_say

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


def stopped(app: App, jobs: int = 2, *, fail_fast: bool = False) -> RunStoppedError:
    with app.flask.app_context(), pytest.raises(RunStoppedError) as caught:
        upgrade(jobs=jobs, fail_fast=fail_fast)
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


@pytest.mark.parametrize("url", ["sqlite:///{}/a.db", "sqlite:///file:{}/x/../a.db?uri=true"])
def test_a_file_that_migrations_alone_share_is_waited_for(
    histories: Histories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    (tmp_path / "x").mkdir()
    monkeypatch.setenv("URL_OF_B", url.format(tmp_path))
    shutil.rmtree(tmp_path / "of" / "a")
    shutil.rmtree(tmp_path / "of" / "b")
    log = tmp_path / "log"
    for name in "ab":
        told = 'with open("{}", "a") as log: log.write("{} {}\\n")'
        begin, end = (told.format(log, what, name) for what in ("begin", "end"))
        table = TABLE[0].replace("t{0}", name)
        histories.write(name, 1, [begin, "time.sleep(0.5)", table, end])
    app = histories.app()
    path = histories.project.folder / "migrate.toml"
    changed = '"of/b"\nurl_env = "URL_OF_B"\nversion_table = "at_b"'
    path.write_text(path.read_text().replace('"of/b"', changed))
    with app.flask.app_context():
        upgrade(jobs=4)
    assert log.read_text().splitlines() == ["begin a", "end a", "begin b", "end b"]
    engine = create_engine(histories.project.binds["a"])
    assert set(inspect(engine).get_table_names()) == {"a", "alembic_version", "at_b", "b"}
    engine.dispose()


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
    assert of_a[-1] == JobProgress("a", JobState.DONE, 3, 3, at=("a3",))
    assert [p.running for p in of_a if p.running] == ["a1", "a2", "a3"]


def test_what_has_nothing_to_run_says_where_it_is(histories: Histories) -> None:
    with histories.app().flask.app_context():
        upgrade(jobs=2)
    histories.write("b", 4, ["1 / 0"])
    error = stopped(histories.app())
    assert outcomes(error) == {
        "a": ("done", ("a3",)),
        "b": ("rolled back", ("b3",)),
        "c": ("done", ("c3",)),
        "d": ("done", ("d3",)),
    }
    assert error.next_steps == ("when the cause is mended: flask db upgrade --jobs 2",)


def test_a_step_names_those_alone_that_have_not_gone_it(histories: Histories) -> None:
    histories.write("b", 1, ["1 / 0"])
    histories.write("d", 1, ["os.kill(os.getpid(), signal.SIGKILL)"])
    app = histories.app()
    with app.flask.app_context(), pytest.raises(RunStoppedError) as caught:
        upgrade(revision="+1", jobs=2)
    assert caught.value.next_steps[-1] == (
        "when the cause is mended: flask db upgrade --bind b --jobs 2 +1; see how far d has gone, "
        "and say where it is to go: flask db upgrade --bind d --jobs 2 REVISION"
    )
    histories.write("b", 1, TABLE)
    app.run("db", "upgrade", "--bind", "b", "--jobs", "2", "+1")
    assert [histories.state(name)[0] for name in NAMES] == ["a1", "b1", "c1", None]


def test_what_was_killed_is_to_be_looked_at(histories: Histories) -> None:
    for name in "bc":
        histories.write(name, 2, [*TABLE, "os.kill(os.getpid(), signal.SIGKILL)"])
    error = stopped(histories.app())
    assert error.failed == ("b", "c")
    assert [state.outcome for state in error.states] == ["done", "unknown", "unknown", "done"]
    assert error.next_steps[:-1] == (
        'see where the bind "b" is: flask db current --bind b',
        'see where the bind "c" is: flask db current --bind c',
    )


def test_what_was_done_before_a_shared_history_was_killed(histories: Histories) -> None:
    histories.write("shared", 1, [*TABLE, 'engine_name == "b" and os.kill(os.getpid(), 9)'])
    script = histories.project.folder / "of" / "shared" / "versions" / "1.py"
    script.write_text(script.read_text().replace("upgrade()", "upgrade(engine_name)"))
    tables = ["[binds.a]", "[binds.b]", "[binds.c]", '[binds.d]\ndirectory = "of/d"']
    histories.project.configure("\n".join(['directory = "of/shared"', *tables]))
    error = stopped(histories.project.app(nothing))
    assert error.failed == ("b", "c")
    assert outcomes(error) == {
        None: ("done", ("shared1",)),
        "a": ("done", ("shared1",)),
        "b": ("unknown", None),
        "c": ("unknown", None),
        "d": ("done", ("d3",)),
    }
    assert histories.state("a") == ("shared1", {"t1": [1]})


@pytest.mark.parametrize("end", ["import sys; sys.exit(3)", "raise KeyboardInterrupt"])
def test_a_script_that_ends_the_program_is_rolled_back(histories: Histories, end: str) -> None:
    histories.write("b", 2, [*TABLE, end])
    error = stopped(histories.app())
    assert error.failed == ("b",)
    assert outcomes(error)["b"] == ("rolled back", ())
    assert [histories.state(name) for name in "acd"] == [whole(name) for name in "acd"]


def test_one_database_is_left_to_one_history_at_a_time(histories: Histories) -> None:
    """What SQLite waits for a lock by itself is five seconds, and who waits may need the other."""
    histories.project.binds["b"] = histories.project.binds["a"]
    histories.write("a", 1, [*TABLE, "time.sleep(0.5)"])
    of_both = TABLE[0].replace("t{0}", "b{0}"), 'op.execute("INSERT INTO b{0} SELECT id FROM t{0}")'
    for number in (1, 2, 3):
        histories.write("b", number, list(of_both))
    tables = [
        f'[binds.{name}]\ndirectory = "of/{name}"\nversion_table = "{name}"' for name in "abcd"
    ]
    histories.project.configure("\n".join(["binds.default.enabled = false", *tables]))
    seen: list[tuple[str | None, JobState]] = []
    app = histories.project.app(nothing)
    with app.flask.app_context():
        upgrade(jobs=4, watch=lambda progress: seen.append((progress.bind, progress.state)))
    assert seen.index(("b", JobState.RUNNING)) > seen.index(("a", JobState.DONE))
    assert seen.index(("c", JobState.RUNNING)) < seen.index(("a", JobState.DONE))
    with closing(sqlite3.connect(histories.project.folder / "a.db")) as connection:
        found = [connection.execute(f"SELECT id FROM b{n}").fetchall() for n in (1, 2, 3)]
    assert found == [[(1,)], [(2,)], [(3,)]]


def test_a_database_in_memory_is_of_one_process(histories: Histories) -> None:
    histories.project.binds["b"] = "sqlite://"
    app = histories.app()
    with app.flask.app_context(), pytest.raises(JobsNotCombinedError, match='the bind "b"'):
        upgrade(jobs=2)
    assert histories.state("a") == (None, {})


@pytest.mark.parametrize("number", [0, -1])
def test_python_gives_a_number_of_processes(histories: Histories, number: int) -> None:
    app = histories.app()
    with app.flask.app_context(), pytest.raises(JobsNumberError):
        upgrade(jobs=number)


def test_no_files_of_statements_that_are_run(histories: Histories, tmp_path: Path) -> None:
    app = histories.app()
    with app.flask.app_context(), pytest.raises(StatementsNotWrittenError):
        upgrade(jobs=2, output_dir=tmp_path / "sql")
    assert histories.state("a") == (None, {})


def test_no_system_without_fork(histories: Histories, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    said = histories.app().run("db", "upgrade", "--jobs", "2", exit_code=2)
    assert "--jobs needs a system that can fork" in said
    assert histories.state("a") == (None, {})


def test_a_process_that_can_not_be_made(
    histories: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork, calls = os.fork, list[int]()

    def short_of_processes() -> int:
        calls.append(1)
        if len(calls) == 2:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return fork()

    monkeypatch.setattr(os, "fork", short_of_processes)
    error = stopped(histories.app())
    assert error.reason.startswith("b: no process could be made: ")
    assert outcomes(error)["b"] == ("untouched", None)
    assert [histories.state(name) for name in "acd"] == [whole(name) for name in "acd"]


def test_a_watcher_that_fails_keeps_nothing_from_running(
    histories: Histories, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(progress: JobProgress) -> None:
        if progress.running:
            raise BrokenPipeError

    app = histories.app()
    with app.flask.app_context():
        assert len(upgrade(jobs=2, watch=broken).applied) == 12
    assert [histories.state(name) for name in NAMES] == [whole(name) for name in NAMES]
    assert caplog.text.count("Progress can't be shown any more") == 1


def test_another_thread_than_the_main_one(histories: Histories) -> None:
    found: list[int] = []

    def run() -> None:
        with histories.app().flask.app_context():
            found.append(len(upgrade(jobs=2).applied))

    thread = threading.Thread(target=run)
    with warnings.catch_warnings():
        # Since 3.12 Python warns of every fork where there are threads.
        warnings.simplefilter("ignore", DeprecationWarning)
        thread.start()
        thread.join()
    assert found == [12]


def test_no_signal_is_held_back_in_what_a_script_starts(histories: Histories) -> None:
    report = histories.project.folder / "held"
    held = "signal.pthread_sigmask(signal.SIG_BLOCK, ())"
    line = f'open(r"{report}", "w").write(str(len({held})))'
    histories.write("b", 2, [*TABLE, line])
    with histories.app().flask.app_context():
        upgrade(jobs=2)
    assert report.read_text() == "0"
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_signals_are_as_before(histories: Histories) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with histories.app().flask.app_context():
        upgrade(jobs=2)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_another_url_for_migrations(
    histories: Histories, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = histories.app()
    path = histories.project.folder / "migrate.toml"
    path.write_text(path.read_text().replace('"of/b"', '"of/b"\nurl_env = "URL_OF_B"'))
    said = app.run("db", "upgrade", "--jobs", "2", exit_code=2)
    assert 'URL_OF_B, from which the bind "b" takes its URL for migrations, is not set' in said
    assert [histories.state(name) for name in NAMES] == [(None, {})] * 4
    monkeypatch.setenv("URL_OF_B", f"sqlite:///{tmp_path}/other.db")
    with app.flask.app_context():
        upgrade(jobs=2)
    assert histories.state("b") == (None, {})
    histories.project.binds["b"] = f"sqlite:///{tmp_path}/other.db"
    assert histories.state("b") == whole("b")


def test_wal_is_emptied(histories: Histories) -> None:
    with closing(sqlite3.connect(histories.project.folder / "a.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    app = histories.project
    histories.app()
    with app.app(nothing, pool=QueuePool).flask.app_context():
        upgrade(jobs=2)
    assert not list(app.folder.glob("*-wal"))


@pytest.mark.postgresql
def test_postgresql_fails_and_the_others_go_on(
    histories: Histories, postgres_server: PostgresServer
) -> None:
    postgres_server.start()
    for name in "bcd":
        histories.project.binds[name] = postgres_server.new_database()
    histories.write("b", 2, [*TABLE, 'op.execute("INSERT INTO nowhere VALUES (1)")'])
    histories.write("c", 2, [*TABLE, "os.kill(os.getpid(), signal.SIGKILL)"])
    app = histories.project
    histories.app()
    with app.app(nothing, pool=QueuePool).flask.app_context() as context:
        engine = context.app.extensions["sqlalchemy"].engines["d"]
        with engine.connect() as connection:
            backend = connection.scalar(text("SELECT pg_backend_pid()"))
        with pytest.raises(RunStoppedError) as caught:
            upgrade(jobs=4)
        # The connection that was idle in the parent's pool is the same, and it works.
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT pg_backend_pid()")) == backend
        for found in context.app.extensions["sqlalchemy"].engines.values():
            found.dispose()
    assert caught.value.failed == ("b", "c")
    assert outcomes(caught.value) == {
        "a": ("done", ("a3",)),
        "b": ("rolled back", ()),
        "c": ("unknown", None),
        "d": ("done", ("d3",)),
    }
    assert histories.state("b") == histories.state("c") == (None, {})
    assert [histories.state(name) for name in "ad"] == [whole(name) for name in "ad"]
    for name in "bcd":
        postgres_server.drop_database(histories.project.binds[name])


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


@contextmanager
def started(histories: Histories, *args: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command away from any terminal, in a group of processes of its own."""
    with subprocess.Popen(
        command(*args),
        cwd=histories.project.folder,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            # Where a test fails, nobody tells the revisions to go on.
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def ended(process: subprocess.Popen[str]) -> str:
    """Wait for the end, and return what was said."""
    _, said = process.communicate(timeout=LONGEST_WAIT)
    assert "Traceback" not in said
    return said


def ran(histories: Histories, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*args),
        cwd=histories.project.folder,
        env=environment() | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def at_terminal(
    histories: Histories,
    *args: str,
    until: str = "",
    size: tuple[int, int] = (40, 100),
    **variables: str,
) -> str:
    """Run a command at a terminal, and return what it showed, without what moves the cursor.

    :param until: what it has to show before the revisions that wait for it go on.
    """
    session = pexpect.spawn(
        command()[0],
        command(*args)[1:],
        cwd=str(histories.project.folder),
        env=environment() | variables,
        encoding="utf-8",
        dimensions=size,
        timeout=LONGEST_WAIT,
    )
    deadline = time.monotonic() + LONGEST_WAIT
    said = ""
    try:
        while until and not re.search(until, without_moves(said)):
            assert time.monotonic() < deadline, said
            said += session.read_nonblocking(4096, timeout=LONGEST_WAIT)
        go_on(histories)
        said += session.read()
        session.wait()
    finally:
        go_on(histories)
        session.close(force=True)
    assert session.exitstatus == 0, said
    return without_moves(said)


def without_moves(said: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", said)


def told(histories: Histories) -> list[str]:
    """Return lines with which a revision waits until it is told to go on."""
    path = histories.project.folder / "told"
    return [f'while not os.path.exists(r"{path}"):', "    time.sleep(0.05)"]


def go_on(histories: Histories) -> None:
    """Tell them."""
    (histories.project.folder / "told").touch()


def begun(histories: Histories, name: str) -> Path:
    """Let a revision wait until it is told, and return the file that says that it has begun."""
    path = histories.project.folder / f"{name} has begun"
    begin = f'open(r"{path}", "w").close()'
    histories.write(name, 2, [*TABLE, begin, *told(histories)])
    return path


def wait_for(process: subprocess.Popen[str], *paths: Path) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while not all(path.exists() for path in paths):
        assert process.poll() is None, ended(process)
        assert time.monotonic() < deadline, "it did not begin"
        time.sleep(0.05)


def test_plain_lines_where_there_is_no_terminal(on_disk: Histories) -> None:
    on_disk.write("b", 1, [*TABLE, 'print("hello from b")'])
    run = ran(on_disk, "--jobs", "2", FORCE_COLOR="1")
    assert (run.returncode, run.stdout) == (0, "")
    lines = run.stderr.splitlines()
    for name in NAMES:
        assert lines.count(f"{name}: running") == 1
        assert lines.count(f"{name}: done (3 of 3)") == 1
    assert lines[lines.index("b has printed:") + 1] == "hello from b"
    assert "\x1b" not in run.stderr
    assert lines[-1] == "done: 4 databases, 12 revisions"
    assert len(lines) == 2 * len(NAMES) + 3
    assert on_disk.state("b") == whole("b")
    assert "a: done\n" in ran(on_disk, "--jobs", "2").stderr


def test_one_history_is_just_run(on_disk: Histories) -> None:
    run = ran(on_disk, "--jobs", "2", "--bind", "a")
    assert run.returncode == 0
    assert "Running upgrade a2 -> a3" in run.stderr
    assert on_disk.state("a") == whole("a")


def test_what_is_held_back_in_the_first_stream_is_shown(on_disk: Histories) -> None:
    on_disk.write("b", 1, [*TABLE, 'import sys; sys.__stdout__.write("the first stream")'])
    assert "b has printed:\nthe first stream\n" in ran(on_disk, "--jobs", "2").stderr


def test_live_lines_at_a_terminal(on_disk: Histories) -> None:
    on_disk.write("c", 2, [*TABLE, "print('hello from c')", *told(on_disk)])
    said = at_terminal(on_disk, "--jobs", "4", until=r"c +running +1/3 +c2")
    assert re.findall(r"(\w) +done +3/3", said)[-4:] == list(NAMES)
    assert re.search(r"c has printed:\s+hello from c", said)
    assert "INFO" not in said
    assert said.rstrip().endswith("done: 4 databases, 12 revisions")


def test_more_databases_than_the_terminal_has_lines(on_disk: Histories) -> None:
    on_disk.write("d", 2, [*TABLE, *told(on_disk)])
    said = at_terminal(on_disk, "--jobs", "4", until=r"d +running +1/3 +d2", size=(3, 100))
    assert re.findall(r"(\w) +done +3/3", said)[-4:] == list(NAMES)


def test_a_terminal_that_can_not_move_its_cursor(on_disk: Histories) -> None:
    lines = at_terminal(on_disk, "--jobs", "2", TERM="dumb").splitlines()
    assert {f"{name}: running" for name in NAMES} < set(lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_for_what_is_at_work(on_disk: Histories, number: int) -> None:
    began = begun(on_disk, "a")
    with started(on_disk, "--jobs", "1") as process:
        wait_for(process, began)
        # A terminal sends its interrupt to all, a supervisor to the one that it has started.
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        wait_to_say(process, "interrupted: nothing else is begun")
        go_on(on_disk)
        said = ended(process)
    assert process.returncode == 2, said
    assert "the run was interrupted" in said
    assert re.search(r"(?m)^  a  done, at a3$", said)
    assert re.search(r"(?m)^  b  untouched$", said)
    assert on_disk.state("a") == whole("a")
    assert on_disk.state("b") == (None, {})


def test_a_second_interrupt_cuts_off_what_is_at_work(on_disk: Histories) -> None:
    began = begun(on_disk, "a")
    with started(on_disk, "--jobs", "1") as process:
        wait_for(process, began)
        os.killpg(process.pid, signal.SIGINT)
        wait_to_say(process, "interrupted: nothing else is begun")
        os.killpg(process.pid, signal.SIGINT)
        said = ended(process)
    assert process.returncode == 2, said
    assert re.search(r"(?m)^  a  unknown, as its process was killed by SIGTERM$", said)
    assert on_disk.state("a") == (None, {})


def test_an_interrupt_that_keeps_nothing_from_running(on_disk: Histories) -> None:
    began = [begun(on_disk, name) for name in NAMES]
    with started(on_disk, "--jobs", "4") as process:
        wait_for(process, *began)
        os.killpg(process.pid, signal.SIGINT)
        wait_to_say(process, "interrupted: nothing else is begun")
        go_on(on_disk)
        said = ended(process)
    assert process.returncode == 0, said
    assert [on_disk.state(name) for name in NAMES] == [whole(name) for name in NAMES]


@pytest.mark.parametrize("place", ["tempfile.TemporaryFile", "multiprocessing.get_context"])
def test_an_interrupt_while_a_process_is_made(on_disk: Histories, place: str) -> None:
    module, name = place.split(".")
    (on_disk.project.folder / "wsgi.py").write_text(f"""{WSGI}
import signal
import {module}
made, calls = {place}, []

def interrupted(*args):
    calls.append(1)
    if len(calls) == 2:
        os.killpg(os.getpid(), signal.SIGINT)
    return made(*args)

{module}.{name} = interrupted
""")
    with started(on_disk, "--jobs", "2") as process:
        said = ended(process)
    assert process.returncode == 2, said
    states = [on_disk.state(name)[0] for name in NAMES]
    assert states == ["a3", "b3", None, None]


def test_nothing_is_run_where_a_folder_is_missing(histories: Histories) -> None:
    shutil.rmtree(histories.project.folder / "of" / "d")
    said = histories.app().run("db", "upgrade", "--jobs", "2", exit_code=2)
    assert "there is no folder" in said
    assert histories.state("a") == (None, {})
