"""Folders that Flask-Migrate made go on under this package, with no file changed."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import flask_migrate  # type: ignore[import-untyped]
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, ForeignKey, Integer, String

from flask_migrate_decl import upgrade
from flask_migrate_decl.cli import MigrateGroup
from flask_migrate_decl.environment.logs import preserved_logging
from flask_migrate_decl.errors import EnvironmentConflictError
from tests.project import App, Define, Project

pytestmark = pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")

RENAMED = """[renames]
tables = [{ from = "user", to = "account" }]
columns = [{ table = "account", from = "name", to = "full_name" }]
"""


def users(db: SQLAlchemy) -> None:
    db.Table("user", Column("id", Integer, primary_key=True), Column("name", String(40)))


def accounts(db: SQLAlchemy) -> None:
    db.Table("account", Column("id", Integer, primary_key=True), Column("full_name", String(40)))


@pytest.fixture(autouse=True)
def logging_of_the_tests() -> object:
    """Keep Flask-Migrate's own commands from switching off the loggers of later tests."""
    with preserved_logging():
        yield


@pytest.fixture
def old_project(project: Project) -> Project:
    """Give a project whose folder, revisions and database Flask-Migrate made."""
    made_by_flask_migrate(project.app(users))
    return project


def made_by_flask_migrate(app: App, *, multidb: bool = False, begins: bool = True) -> None:
    """Let Flask-Migrate make a revision and run it, in a folder that it makes first."""
    with app.flask.app_context():
        ours = app.flask.extensions.pop("migrate")
        flask_migrate.Migrate(app.flask, app.db)
        if begins:
            flask_migrate.init(multidb=multidb)
        flask_migrate.migrate(message="first")
        flask_migrate.upgrade()
        app.flask.extensions["migrate"] = ours
        app.flask.cli.add_command(MigrateGroup("db"), "db")


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_a_folder_goes_on_with_a_rename(old_project: Project) -> None:
    files = _files(old_project.folder / "migrations")
    before = old_project.app(users)
    assert "No new upgrade operations" in before.run("db", "check")
    assert "(head)" in before.run("db", "current")
    before.insert({"user": [{"id": 1, "name": "Ann"}]})
    old_project.configure(RENAMED)
    after = old_project.app(accounts)
    after.run("db", "migrate")
    after.run("db", "upgrade")
    assert after.rows() == {"account": [{"id": 1, "full_name": "Ann"}]}
    assert "No new upgrade operations" in after.run("db", "check")
    after.run("db", "downgrade")
    assert before.rows() == {"user": [{"id": 1, "name": "Ann"}]}
    after.run("db", "upgrade")
    found = _files(old_project.folder / "migrations")
    assert {name: found[name] for name in files} == files
    assert len(found) == len(files) + 1


def test_a_folder_of_several_databases_goes_on(sqlite_project: Project) -> None:
    sqlite_project.binds["other"] = f"sqlite:///{sqlite_project.folder}/other.db"

    def both(define: Define, table: str, column: str) -> Define:
        def defined(db: SQLAlchemy) -> None:
            define(db)
            key = Column("id", Integer, primary_key=True)
            db.Table(table, key, Column(column, String(40)), bind_key="other")

        return defined

    before = sqlite_project.app(both(users, "user", "name"))
    made_by_flask_migrate(before, multidb=True)
    before.execute("INSERT INTO user (name) VALUES ('Ann')")
    before.execute("INSERT INTO user (name) VALUES ('Ben')", bind="other")
    sqlite_project.configure(
        """multidb = true
        renames.columns = [{ table = "user", from = "name", to = "nick", bind = "other" }]"""
    )
    after = sqlite_project.app(both(users, "user", "nick"))
    after.run("db", "migrate")
    after.run("db", "upgrade")
    assert after.rows()["user"] == [{"id": 1, "name": "Ann"}]
    assert after.rows(bind="other")["user"] == [{"id": 1, "nick": "Ben"}]
    assert "No new upgrade operations" in after.run("db", "check")
    after.run("db", "downgrade")
    assert before.rows(bind="other")["user"] == [{"id": 1, "name": "Ben"}]


def test_the_env_py_gets_the_options_of_code_and_file(sqlite_project: Project) -> None:
    made_by_flask_migrate(sqlite_project.app(users))
    sqlite_project.configure('version_table = "versions"')
    app = sqlite_project.app(users, transaction_per_migration=True)
    app.run("db", "upgrade", "head:head", exit_code=2)
    app.run("db", "stamp")
    assert "versions" in app.rows()


def test_an_env_py_that_passes_an_option_itself_gets_a_clear_error(
    sqlite_project: Project,
) -> None:
    app = sqlite_project.app(users)
    made_by_flask_migrate(app)
    env = sqlite_project.folder / "migrations" / "env.py"
    env.write_text(env.read_text().replace("**conf_args", "compare_type=True, **conf_args"))
    with app.flask.app_context(), pytest.raises(EnvironmentConflictError) as caught:
        upgrade()
    assert (caught.value.path, caught.value.option) == (env, "compare_type")
    assert "take compare_type out of that call" in str(caught.value)


def test_a_folder_without_its_alembic_ini_gets_a_clear_error(sqlite_project: Project) -> None:
    app = sqlite_project.app(users)
    made_by_flask_migrate(app)
    (sqlite_project.folder / "migrations" / "alembic.ini").unlink()
    assert "its alembic.ini is missing" in app.run("db", "upgrade", exit_code=2)


def test_an_env_py_that_configures_logging_leaves_the_apps_loggers(
    sqlite_project: Project,
) -> None:
    app = sqlite_project.app(users)
    made_by_flask_migrate(app)
    own = logging.getLogger("project.own")
    own.disabled = False
    handlers = list(logging.root.handlers)
    app.run("db", "current")
    assert not own.disabled
    assert logging.root.handlers == handlers


@pytest.mark.parametrize(
    ("kept", "removed"), [("script.py.mako", "env.py"), ("env.py", "script.py.mako")]
)
def test_a_folder_with_one_file_of_its_own_takes_the_other_from_the_package(
    sqlite_project: Project, kept: str, removed: str
) -> None:
    app = sqlite_project.app(users)
    made_by_flask_migrate(app)
    folder = sqlite_project.folder / "migrations"
    (folder / removed).unlink()
    own = folder / kept
    if kept == "env.py":
        own.write_text(f"{own.read_text()}\nopen('ran', 'w').close()\n")
    else:
        own.write_text(f"{own.read_text()}\n# from the project's template\n")
    sqlite_project.configure(RENAMED)
    after = sqlite_project.app(accounts)
    after.run("db", "migrate", "-m", "second")
    (script,) = [text for name, text in sqlite_project.scripts().items() if "second" in name]
    assert "op.rename_table('user', 'account')" in script
    assert ("project's template" in script) is (kept == "script.py.mako")
    assert (sqlite_project.folder / "ran").exists() is (kept == "env.py")
    after.run("db", "upgrade")
    assert set(after.rows()) == {"account"}


def test_a_template_folder_is_copied(sqlite_project: Project) -> None:
    template = sqlite_project.folder / "house style"
    source = Path(flask_migrate.__file__).parent / "templates" / "flask"
    shutil.copytree(source, template, ignore=shutil.ignore_patterns("__pycache__"))
    app = sqlite_project.app(users)
    app.run("db", "init", "-t", f"./{template.name}")
    assert (sqlite_project.folder / "migrations" / "env.py").is_file()
    app.run("db", "migrate")
    assert "no template" in app.run("db", "init", "-d", "x", "-t", "./none", exit_code=2)


PRINTS_X = "\nprint('x:', context.get_x_argument())\n"


def test_values_for_the_env_py_come_from_the_group_and_the_command(
    sqlite_project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    app = sqlite_project.app(users)
    made_by_flask_migrate(app)
    env = sqlite_project.folder / "migrations" / "env.py"
    env.write_text(env.read_text() + PRINTS_X)
    for command in (["stamp", "head"], ["current"], ["check"], ["history", "-i"]):
        assert "x: ['tenant=a']" in app.run("db", "-x", "tenant=a", *command)
    assert "x: ['a=1', 'b=2']" in app.run("db", "-x", "a=1", "upgrade", "-x", "b=2")


def test_a_message_is_no_code_in_the_projects_own_template(sqlite_project: Project) -> None:
    app = sqlite_project.app(users)
    made_by_flask_migrate(app)
    message = 'x"""\nraise SystemExit(9)\n"""\\'
    app.run("db", "revision", "-m", message, "--rev-id", "two2")
    (script,) = [text for name, text in sqlite_project.scripts().items() if "two2" in name]
    namespace: dict[str, str] = {}
    exec(compile(script, "script", "exec"), namespace)
    assert namespace["__doc__"].startswith(message)


def test_hints_reach_an_env_py_that_passes_no_options_on(sqlite_project: Project) -> None:
    before = sqlite_project.app(users)
    made_by_flask_migrate(before)
    before.insert({"user": [{"id": 1, "name": "Ann"}]})
    env = sqlite_project.folder / "migrations" / "env.py"
    plain = env.read_text().replace("**conf_args", "render_as_batch=True")
    env.write_text(plain)
    sqlite_project.configure(RENAMED)
    after = sqlite_project.app(accounts)
    env.write_text(
        plain.replace(
            "render_as_batch=", 'autogenerate_plugins=["alembic.autogenerate.tables"], '
        ).replace('"], True', '"]')
    )
    scripts = sqlite_project.scripts()
    assert "did not look at the rename hints" in after.run("db", "migrate", exit_code=1)
    assert sqlite_project.scripts() == scripts
    env.write_text(plain)
    after.run("db", "migrate")
    after.run("db", "upgrade")
    assert after.rows() == {"account": [{"id": 1, "full_name": "Ann"}]}


def test_child_rows_are_kept_under_the_projects_own_env_py(sqlite_project: Project) -> None:
    def with_posts(define: Define, parent: str) -> Define:
        def defined(db: SQLAlchemy) -> None:
            define(db)
            key: Column[int] = Column("owner", ForeignKey(f"{parent}.id", ondelete="CASCADE"))
            db.Table("post", Column("id", Integer, primary_key=True), key)

        return defined

    def strict_accounts(db: SQLAlchemy) -> None:
        name = Column("full_name", String(80), nullable=False)
        db.Table("account", Column("id", Integer, primary_key=True), name)

    before = sqlite_project.app(with_posts(users, "user"))
    made_by_flask_migrate(before)
    before.insert({"user": [{"id": 1, "name": "Ann"}], "post": [{"id": 1, "owner": 1}]})
    sqlite_project.configure(RENAMED)
    after = sqlite_project.app(with_posts(strict_accounts, "account"))
    after.run("db", "migrate")
    after.run("db", "upgrade")
    assert after.rows()["post"] == [{"id": 1, "owner": 1}]
    with after.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_password_is_not_repeated_where_a_url_has_a_percent_sign(
    sqlite_project: Project,
) -> None:
    app = sqlite_project.app(users)
    made_by_flask_migrate(app)
    env = sqlite_project.folder / "migrations" / "env.py"
    broken = "config.set_main_option('sqlalchemy.url', 'postgresql://me:s3%40cret@host/x')"
    env.write_text(env.read_text().replace("config.set_main_option(", f"{broken}\nset(", 1))
    output = app.run("db", "current", exit_code=2)
    assert "cret" not in output
    assert "write each % twice" in output


def test_an_apps_handlers_stay_open(sqlite_project: Project) -> None:
    app = sqlite_project.app(users)
    made_by_flask_migrate(app)
    log = sqlite_project.folder / "app.log"
    handler = logging.FileHandler(log, mode="w")
    own = logging.getLogger("project.own")
    own.addHandler(handler)
    own.disabled = False
    try:
        own.error("before")
        app.run("db", "current")
        own.error("after")
    finally:
        own.removeHandler(handler)
        handler.close()
    assert log.read_text() == "before\nafter\n"


def test_a_folder_that_is_no_template(sqlite_project: Project) -> None:
    app = sqlite_project.app(lambda _db: None)
    (sqlite_project.folder / "own").mkdir()
    (sqlite_project.folder / "own" / "env.py").write_text("")
    said = app.run("db", "init", "-t", "./own", exit_code=2)
    assert "the folder own is no template: it has no alembic.ini.mako" in said
    assert not (sqlite_project.folder / "migrations").exists()
