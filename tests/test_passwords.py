"""No text that anybody may see has a password in it, whoever worded it first."""

from __future__ import annotations

import logging

import pytest
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_decl import upgrade
from flask_migrate_decl.databases import known_passwords
from flask_migrate_decl.environment.selection import select
from flask_migrate_decl.errors import MigrateError, without_passwords
from tests.project import App, Project
from tests.test_failures import with_own_env, write

PASSWORD = "x@hunter2/ö:%"
PARAMETER = "correcthorse"
ENCODED = "x%40hunter2%2F%C3%B6%3A%25"
IMPORT = "from tests.test_passwords import ENCODED, PARAMETER, PASSWORD"
PARTS = ("hunter", PARAMETER)
"""No part of them may be seen."""


def nothing(_db: SQLAlchemy) -> None:
    """Leave the models empty: what is run here is in the scripts."""


@pytest.fixture
def app(sqlite_project: Project) -> App:
    """Give an app with a PostgreSQL server that nobody has started."""
    url = f"postgresql+psycopg://me:{ENCODED}@127.0.0.1:1/shop?sslpassword={PARAMETER}"
    sqlite_project.binds["pg"] = url
    sqlite_project.configure('[binds.pg]\ndirectory = "pg"')
    (sqlite_project.folder / "pg" / "versions").mkdir(parents=True)
    sqlite_project.versions.mkdir(parents=True, exist_ok=True)
    return sqlite_project.app(nothing)


@pytest.fixture
def seen(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def verify(*texts: str) -> None:
    for text in texts:
        for part in PARTS:
            assert part not in text.lower(), text


@pytest.mark.parametrize("option", [(), ("--traceback",)], ids=["", "traceback"])
@pytest.mark.parametrize(
    "args",
    [
        ("upgrade",),
        ("upgrade", "--jobs", "2"),
        ("current", "-v"),
        ("current", "--format", "json"),
        ("check",),
        ("migrate",),
        ("stamp",),
        ("history", "-i"),
    ],
    ids=" ".join,
)
def test_a_server_that_can_not_be_reached(
    app: App, args: tuple[str, ...], option: tuple[str, ...], seen: pytest.LogCaptureFixture
) -> None:
    said = app.result("db", *args, *option)
    assert said.exit_code == 2
    assert "connection" in said.stderr
    verify(said.stdout, said.stderr, seen.text)


@pytest.mark.parametrize(
    "args", [("check-config", "--database"), ("show-config",), ("renames",)], ids=" ".join
)
def test_what_only_looks(app: App, args: tuple[str, ...], seen: pytest.LogCaptureFixture) -> None:
    said = app.result("db", *args)
    verify(said.stdout, said.stderr, seen.text)


RAISING = [
    "raise ValueError(str(op.get_bind().engine.url.set(password=PASSWORD)))",
    "raise ValueError(PASSWORD)",
    "raise ValueError([PASSWORD])",
    "raise ValueError('a\\n' + PASSWORD + '\\nb')",
    "raise RuntimeError(ENCODED)",
    "raise ValueError(PARAMETER)",
    "raise Exception('postgresql://u:' + PASSWORD + '@h/x')",
    "op.execute('SELECT ' + PARAMETER)",
    "op.execute(sa.text('SELECT * FROM nowhere WHERE a = :a').bindparams(a=PASSWORD))",
    "op.get_bind().exec_driver_sql('SELECT * FROM nowhere WHERE a = ?', (PASSWORD,))",
    "op.get_bind().execute(sa.text('SELECT * FROM nowhere WHERE a = :b'), {'c': PASSWORD})",
    "import sqlite3; sqlite3.connect('/nowhere/' + PARAMETER)",
    "sa.create_engine('postgresql://u:' + ENCODED + '/x:y@h:z')",
    "from alembic.util import CommandError; raise CommandError(PASSWORD)",
    "op.bulk_insert(sa.table('nowhere', sa.column('a')), [{'a': PASSWORD}])",
]


@pytest.mark.parametrize("own_env", [False, True], ids=["packaged", "own env.py"])
@pytest.mark.parametrize("body", RAISING)
@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
def test_what_a_script_raises(
    app: App,
    sqlite_project: Project,
    body: str,
    own_env: bool,
    seen: pytest.LogCaptureFixture,
) -> None:
    path = write(sqlite_project, "pass", head=IMPORT)
    path.write_text(path.read_text().replace("    pass", f"    {body}", 1))
    if own_env:
        with_own_env(sqlite_project)
    with app.flask.app_context(), pytest.raises(MigrateError) as caught:
        upgrade(bind="default")
    verify(str(caught.value), repr(caught.value), seen.text)
    said = app.result("db", "upgrade", "--bind", "default", "--traceback")
    assert said.exit_code == 2
    assert "Traceback" in said.stderr
    assert 'File "' in said.stderr
    verify(said.stderr, said.stdout)


ENVS = [
    "raise ValueError(PASSWORD)",
    "raise ZeroDivisionError('postgresql://me:' + PARAMETER + '@h')",
    "context.config.set_main_option('sqlalchemy.url', 'postgresql://u:' + ENCODED + '@h')",
    "context.config.get_main_option('sqlalchemy.url')",
    "context.config.get_section(context.config.config_ini_section)",
    "dict(context.config.file_config['alembic'])",
    "from sqlalchemy import create_engine; create_engine(PASSWORD + ' nonsense')",
]


@pytest.mark.parametrize("env", ENVS)
def test_what_an_env_of_ones_own_raises(
    app: App, sqlite_project: Project, env: str, seen: pytest.LogCaptureFixture
) -> None:
    migrations = sqlite_project.folder / "migrations"
    (migrations / "env.py").write_text(f"from alembic import context\n{IMPORT}\n{env}\n")
    ini = (
        f"[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql://u:{ENCODED}@h/x\n"
    )
    (migrations / "alembic.ini").write_text(ini)
    for args in (("upgrade", "--bind", "default"), ("upgrade", "--jobs", "2"), ("current",)):
        said = app.result("db", *args, "--traceback")
        assert said.exit_code != 0
        # What is no error of ours is shown by Python, with its traceback.
        shown = "" if isinstance(said.exception, SystemExit) else repr(said.exception)
        verify(said.stderr, said.stdout, shown, seen.text)


@pytest.mark.parametrize("value", [f"postgresql://me:{ENCODED}@h/x y", "x", f"nonsense:{ENCODED}"])
def test_a_url_for_migrations_that_is_none(
    app: App, sqlite_project: Project, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_URL", value)
    sqlite_project.configure('[binds.default]\nurl_env = "MIGRATION_URL"')
    write(sqlite_project, "pass")
    said = app.result("db", "upgrade", "--traceback")
    assert said.exit_code == 2
    verify(said.stderr)


def test_what_stands_for_our_objects(app: App) -> None:
    with app.flask.app_context():
        selection = select(None)
        for history in selection.histories:
            verify(repr(history), *map(repr, history.binds))
        verify(repr(selection))


def test_what_is_known(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "of the server")
    monkeypatch.setenv("OTHER_URL", "mysql://u:of-other@h/x?ssl_ca=a")
    monkeypatch.setenv("NO_URL", "://")
    assert known_passwords() >= {"of the server", "of-other"}
    app.flask.config["SQLALCHEMY_BINDS"]["pg"] = {"connect_args": {"password": "as an argument"}}
    with app.flask.app_context():
        found = known_passwords()
    assert found >= {PASSWORD, PARAMETER, "as an argument", "of the server", "of-other"}


def test_what_is_a_name_as_well_is_no_secret(sqlite_project: Project) -> None:
    sqlite_project.binds["pg"] = "postgresql+psycopg://shop:shop@h/x"
    app = sqlite_project.app(nothing)
    with app.flask.app_context():
        assert "shop" not in known_passwords()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a secret b", "a *** b"),
        ("secretly", "secretly"),
        ("'s%2Fx' s/x", "'***' ***"),
        ("a\npostgresql://u:x@h\nsecret", "a\npostgresql://u:*@h\n***"),
        ("the column password = 1", "the column password = 1"),
    ],
)
def test_known_passwords_are_covered(text: str, expected: str) -> None:
    assert without_passwords(text, ["secret", "s/x"]) == expected
