"""What is said of a revision that fails: where it did, on which database, and what is left."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask_migrate  # type: ignore[import-untyped]
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, event

from flask_migrate_decl import current, heads, upgrade
from flask_migrate_decl.errors import (
    RevisionFailedError,
    ScriptUnreadableError,
)
from tests.project import App, Project
from tests.site import Site

_SCRIPT = '''"""A revision."""
from alembic import op
import sqlalchemy as sa
{head}
revision = {revision!r}
down_revision = {down!r}


def upgrade():
    {body}


def downgrade():
    {body}
'''
_LINE = 10
"""The line of the first statement."""
CREATE = 'op.create_table("t{0}", sa.Column("id", sa.Integer(), primary_key=True))'
FAIL = 'op.execute("INSERT INTO nowhere (id) VALUES (1)")'


def nothing(_db: SQLAlchemy) -> None:
    """Leave the models empty: what is run here is in the scripts."""


def write(project: Project, *bodies: str, head: str = "") -> Path:
    """Write revisions ``r1``, ``r2`` and so on, and return the last one's file."""
    project.versions.mkdir(parents=True, exist_ok=True)
    for number, body in enumerate(bodies, start=1):
        path = project.versions / f"r{number}.py"
        down = f"r{number - 1}" if number > 1 else None
        lines = body.format(number).replace("\n", "\n    ")
        text = _SCRIPT.format(revision=f"r{number}", down=down, body=lines, head=head)
        path.write_text(text)
    return path


def failed(app: App, command: Callable[[], Any] = upgrade) -> RevisionFailedError:
    with app.flask.app_context(), pytest.raises(RevisionFailedError) as caught:
        command()
    return caught.value


def test_the_report_of_one_database(sqlite_project: Project) -> None:
    app = sqlite_project.app(nothing)
    write(sqlite_project, CREATE)
    app.run("db", "upgrade")
    path = write(sqlite_project, CREATE, f"{CREATE}\n{FAIL}")
    said = app.result("db", "upgrade")
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr[said.stderr.index("Error: ") :] == (
        "Error: the database says: no such table: nowhere\n"
        "  INSERT INTO nowhere (id) VALUES (1)\n"
        f"  in the revision r2 on the default database: {path}, line {_LINE + 1}\n"
        "the default database was rolled back and is at r1\n"
    )
    assert app.rows() == {"t1": []}


def test_a_program_reads_the_fields(project: Project) -> None:
    app = project.app(nothing)
    write(project, CREATE)
    app.run("db", "upgrade")
    path = write(project, CREATE, FAIL)
    error = failed(app)
    assert (error.bind, error.revision, error.path, error.line) == (None, "r2", path, _LINE)
    assert error.statement == "INSERT INTO nowhere (id) VALUES (1)"
    assert "nowhere" in error.message
    assert error.state is not None
    assert (error.state.bind, error.state.outcome, error.state.at) == (None, "rolled back", ("r1",))
    assert error.__cause__ is not None
    assert getattr(error.__cause__, "statement", None) == error.statement


@pytest.mark.mariadb
def test_a_part_that_is_done_is_told_of(mariadb_project: Project) -> None:
    app = mariadb_project.app(nothing)
    write(mariadb_project, f"{CREATE}\n{FAIL}")
    said = app.run("db", "upgrade", exit_code=2)
    assert (
        "what is left of the default database: unknown, at no revision, and r1 is half done" in said
    )
    assert "flask db upgrade --resume goes on with r1 once it is mended" in said
    assert set(app.rows()) == {"t1", "alembic_version_journal"}


MISTAKES = {
    'raise ValueError("no")': "ValueError: no",
    "{{}}['x']": "KeyError: 'x'",
    "missing": "NameError: name 'missing' is not defined",
    "import missing_module": "ModuleNotFoundError: No module named 'missing_module'",
    "op.missing": "AttributeError: module 'alembic.op' has no attribute 'missing'",
    "raise SystemExit(3)": "SystemExit: 3",
    "raise SystemExit": "SystemExit",
    'raise RuntimeError("irreversible")': "RuntimeError: irreversible",
    'raise FileNotFoundError("x")': "FileNotFoundError: x",
    'raise PermissionError("x")': "PermissionError: x",
    'raise TypeError("a multiple values for keyword argument b")': "TypeError: a multiple values",
    'raise ValueError("interpolation")': "ValueError: interpolation",
    'compile("(", "x.py", "exec")': "SyntaxError: '(' was never closed (x.py, line 1)",
    'import sqlite3\nsqlite3.connect(":memory:").execute("x")': 'OperationalError: near "x"',
}


@pytest.mark.parametrize("own_env", [False, True], ids=["packaged", "own env.py"])
@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
@pytest.mark.filterwarnings("ignore:unclosed database")
def test_a_mistake_in_a_script_is_no_traceback(
    sqlite_project: Project, mistake: str, own_env: bool
) -> None:
    path = write(sqlite_project, mistake)
    if own_env:
        with_own_env(sqlite_project)
    said = sqlite_project.app(nothing).result("db", "upgrade")
    assert said.exit_code == 2
    assert MISTAKES[mistake] in said.stderr
    line = _LINE + mistake.count("\n")
    assert f"in the revision r1 on the default database: {path}, line {line}\n" in said.stderr
    assert "at no revision" in said.stderr
    assert "Traceback" not in said.stderr


def with_own_env(project: Project, template: str = "flask") -> None:
    """Give a project the ``env.py`` of Flask-Migrate."""
    folder = Path(flask_migrate.__file__).parent / "templates" / template
    shutil.copy(folder / "env.py", project.folder / "migrations")
    shutil.copy(folder / "alembic.ini.mako", project.folder / "migrations" / "alembic.ini")


def test_the_line_is_that_of_the_script_and_not_of_a_helper(
    sqlite_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(sqlite_project.folder))
    (sqlite_project.folder / "helper_of_scripts.py").write_text("def fail():\n    1 / 0\n")
    write(sqlite_project, "pass\nhelper_of_scripts.fail()", head="import helper_of_scripts")
    assert failed(sqlite_project.app(nothing)).line == _LINE + 1


def test_the_first_of_several_errors_counts(sqlite_project: Project) -> None:
    write(sqlite_project, FAIL)
    app = sqlite_project.app(nothing)

    def fail(_connection: Connection) -> None:
        raise ValueError("no rollback today")

    with app.flask.app_context():
        event.listen(app.db.engine, "rollback", fail)
    assert failed(app).statement == "INSERT INTO nowhere (id) VALUES (1)"


@pytest.mark.parametrize("command", [upgrade, heads, current])
@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import missing_module", "No module named 'missing_module'"),
        ("raise SystemExit(1)", "SystemExit: 1"),
    ],
)
def test_a_script_that_can_not_be_read(
    sqlite_project: Project, head: str, said: str, command: Callable[[], Any]
) -> None:
    path = write(sqlite_project, "pass", head=head)
    app = sqlite_project.app(nothing)
    with app.flask.app_context(), pytest.raises(ScriptUnreadableError) as caught:
        command()
    assert (caught.value.path, caught.value.line) == (str(path), 4)
    assert said in caught.value.message
    assert "Traceback" not in app.run("db", command.__name__, exit_code=2)


def test_a_script_that_can_not_be_read_in_one_of_several_histories(
    sqlite_project: Project,
) -> None:
    sqlite_project.binds["b"] = "sqlite://"
    sqlite_project.configure('[binds.b]\ndirectory = "b"')
    write(sqlite_project, "pass", head="1 / 0")
    (sqlite_project.folder / "b" / "versions").mkdir(parents=True)
    app = sqlite_project.app(nothing)
    for args in (("upgrade", "r1"), ("merge", "r1"), ("show", "r1")):
        assert "ZeroDivisionError" in app.run("db", *args, exit_code=2)


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
def test_an_env_of_ones_own_for_several_databases(sqlite_project: Project) -> None:
    sqlite_project.binds["b"] = f"sqlite:///{sqlite_project.folder}/b.db"
    sqlite_project.configure("multidb = true")
    body = "globals()['upgrade_%s' % engine_name]()"
    path = write(sqlite_project, body)
    text = path.read_text().replace("grade():", "grade(engine_name):")
    path.write_text(f"{text}\n\ndef upgrade_():\n    pass\n\n\ndef upgrade_b():\n    1 / 0\n")
    with_own_env(sqlite_project, "flask-multidb")
    said = sqlite_project.app(nothing).run("db", "upgrade", exit_code=2)
    assert f'in the revision r1 on the bind "b": {path}, line 22\n' in said


@pytest.mark.parametrize("jobs", [(), ("--jobs", "2")], ids=["one after the other", "at once"])
def test_a_traceback_on_demand(sqlite_project: Project, jobs: tuple[str, ...]) -> None:
    sqlite_project.binds["b"] = f"sqlite:///{sqlite_project.folder}/b.db"
    sqlite_project.configure('[binds.b]\ndirectory = "b"')
    (sqlite_project.folder / "b" / "versions").mkdir(parents=True)
    insert = (
        'op.get_bind().execute(sa.text("INSERT INTO x VALUES (:a)"), {{"a": f"row-{{6 * 7}}"}})'
    )
    write(sqlite_project, f"password = 'hunter2'; {insert}")
    app = sqlite_project.app(nothing)
    said = app.result("db", "upgrade", "--traceback", *jobs).stderr
    assert said.index("Error: ") < said.index("Traceback (most recent call last)")
    assert "r1.py" in said
    assert "sqlalchemy.exc.OperationalError" in said
    assert "row-42" not in said
    assert "hunter2" not in said
    for command in ("upgrade", "downgrade", "stamp", "migrate", "check", "current", "revision"):
        assert "--traceback" in app.run("db", command, "--help")


def test_statements_that_are_not_run_have_no_state(sqlite_project: Project) -> None:
    path = write(sqlite_project, "1 / 0")
    said = sqlite_project.app(nothing).run("db", "upgrade", "--sql", exit_code=2)
    assert said.endswith(f"in the revision r1 on the default database: {path}, line {_LINE}\n")


REFUSED_AT_COMMIT = """\
op.execute(
        "CREATE TABLE child (of int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);"
        "INSERT INTO child VALUES (1)"
    )"""


@pytest.mark.postgresql
def test_a_revision_whose_commit_is_refused_is_not_told_as_kept(
    tmp_path: Path, postgres_url: str
) -> None:
    """The commit is noted before it is made, and here it fails."""
    site = Site(tmp_path, postgres_url)
    site.configure("transaction_per_migration = true")
    site.add(0, 'op.execute("CREATE TABLE parent (id int PRIMARY KEY)")')
    site.add(1, REFUSED_AT_COMMIT)
    output = site.run("upgrade", exit_code=2)
    assert "violates foreign key constraint" in output
    assert site.revision() == ["r00"]
    assert "the default database was rolled back and is at r00" in output


SLEEPS = 'op.create_table("a"{column}); open("begun1", "w").close(); time.sleep(60)'


def test_an_interrupt_says_what_is_left(tmp_path: Path, database_url: str) -> None:
    site = Site(tmp_path, database_url)
    site.run("upgrade")
    site.add(1, SLEEPS.format(column=', sa.Column("x", sa.Integer)'))
    process = site.start("upgrade")
    site.wait_for(1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "the run was interrupted" in errors
    assert "Traceback" not in errors
    if "mariadb" in database_url:
        assert "unknown, at r00, and r01 is half done" in errors
    else:
        assert "the default database was rolled back and is at r00" in errors
        assert site.tables() == {"done"}
