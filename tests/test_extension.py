"""``Migrate`` and the commands as functions: Flask-Migrate's names, parameters and meaning."""

from __future__ import annotations

import inspect
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import flask_migrate  # type: ignore[import-untyped]
import pytest
from alembic import command as alembic_command
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask, g
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String, make_url

import flask_migrate_decl
import flask_migrate_decl as commands
from flask_migrate_decl import Migrate
from flask_migrate_decl.databases import shown_url
from flask_migrate_decl.errors import (
    AlembicCommandError,
    AlreadyInitializedError,
    DatabaseMissingError,
    DirectoryMissingError,
    DirectoryNotEmptyError,
    ModelsDifferError,
    ModelsModuleError,
    NotInitializedError,
    ObjectReferenceError,
    UnknownBindError,
    UnknownTemplateError,
)
from tests.project import App, Define, Project

COMMANDS = [
    "branches", "check", "current", "downgrade", "edit", "heads", "history", "init",
    "list_templates", "merge", "migrate", "revision", "show", "stamp", "upgrade",
]  # fmt: skip


def people(db: SQLAlchemy) -> None:
    db.Table("person", Column("id", Integer, primary_key=True), Column("name", String(40)))


def people_and_pets(db: SQLAlchemy) -> None:
    people(db)
    db.Table("pet", Column("id", Integer, primary_key=True))


# --- signatures --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_a_function_has_flask_migrates_parameters(name: str) -> None:
    theirs = inspect.signature(getattr(flask_migrate, name)).parameters
    ours = inspect.signature(getattr(flask_migrate_decl, name)).parameters
    assert list(ours)[: len(theirs)] == list(theirs)
    for parameter, of_theirs in theirs.items():
        assert ours[parameter].default == of_theirs.default


@pytest.mark.parametrize("method", ["__init__", "init_app"])
def test_migrate_has_flask_migrates_parameters(method: str) -> None:
    theirs = list(inspect.signature(getattr(flask_migrate.Migrate, method)).parameters)
    ours = list(inspect.signature(getattr(Migrate, method)).parameters)
    assert ours[: len(theirs) - 1] == theirs[:-1]


def test_everything_that_is_promised_can_be_imported() -> None:
    for name in flask_migrate_decl.__all__:
        assert getattr(flask_migrate_decl, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = flask_migrate_decl.nothing


# --- registration ------------------------------------------------------------------------------


def flask_app(folder: Path, name: str = "project") -> Flask:
    app = Flask(name, root_path=str(folder))
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{folder}/{name}.db"
    return app


def test_the_state_offers_what_flask_migrates_offers(tmp_path: Path) -> None:
    app, db = flask_app(tmp_path), SQLAlchemy()
    db.init_app(app)
    migrate = Migrate(app, db, compare_type=False, version_table="versions")
    state = app.extensions["migrate"]
    assert (state.db, state.metadata, state.migrate) == (db, db.metadata, migrate)
    assert state.directory == str(tmp_path / "migrations")
    assert state.configure_args == {
        "compare_type": False,
        "render_as_batch": True,
        "version_table": "versions",
    }
    state.configure_args["compare_type"] = "changed"
    assert state.configure_args["compare_type"] is False


def test_the_order_of_what_goes_before_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "migrate.toml").write_text(
        'directory = "of_file"\ncompare_type = false\nrender_as_batch = false\n'
    )
    app, db = flask_app(tmp_path), SQLAlchemy()
    db.init_app(app)
    migrate = Migrate(db=db)
    migrate.init_app(app)
    assert app.extensions["migrate"].directory == str(tmp_path / "of_file")
    migrate.init_app(app, directory="of_code", compare_type=True)
    state = app.extensions["migrate"]
    assert state.directory == str(tmp_path / "of_code")
    assert state.configure_args == {"compare_type": True, "render_as_batch": False}
    assert app.test_cli_runner().invoke(args=["db", "init", "-d", "of_call"]).exit_code == 0
    assert (tmp_path / "of_call" / "versions").is_dir()


def test_one_migrate_for_two_apps_keeps_them_apart(tmp_path: Path) -> None:
    first, second, db = flask_app(tmp_path, "one"), flask_app(tmp_path, "two"), SQLAlchemy()
    migrate = Migrate(db=db)
    for app, options in ((first, {"compare_type": False}), (second, {"version_table": "other"})):
        db.init_app(app)
        migrate.init_app(app, directory=tmp_path / app.name, **options)
    args = [app.extensions["migrate"].configure_args for app in (first, second)]
    assert args == [
        {"compare_type": False, "render_as_batch": True},
        {"compare_type": True, "render_as_batch": True, "version_table": "other"},
    ]
    for app in (first, second):
        runner = app.test_cli_runner()
        for command in ("init", "revision", "upgrade"):
            assert runner.invoke(args=["db", command]).exit_code == 0
    for app, table in ((first, "alembic_version"), (second, "other")):
        with app.app_context(), db.engine.connect() as connection:
            assert len(connection.exec_driver_sql(f"SELECT * FROM {table}").all()) == 1
        with app.app_context():
            db.engine.dispose()
        assert len(list((tmp_path / app.name / "versions").glob("*.py"))) == 1


def test_a_second_migrate_for_an_app_is_refused(tmp_path: Path) -> None:
    app, db = flask_app(tmp_path), SQLAlchemy()
    db.init_app(app)
    Migrate(app, db)
    with pytest.raises(AlreadyInitializedError, match="another Migrate"):
        Migrate(app, db)
    with pytest.raises(DatabaseMissingError, match="no database"):
        Migrate().init_app(Flask("bare"))
    with Flask("bare").app_context(), pytest.raises(NotInitializedError, match=r"Migrate\(app"):
        commands.heads()


def test_configure_callbacks_are_called_for_every_command(sqlite_project: Project) -> None:
    app = sqlite_project.app(people)
    app.run("db", "init")
    seen: list[str] = []

    @app.flask.extensions["migrate"].migrate.configure  # type: ignore[untyped-decorator]
    def choose_template(config: Any) -> Any:
        seen.append(config.get_main_option("script_location"))
        config.set_main_option("file_template", "chosen_%%(rev)s")
        return config

    app.run("db", "migrate")
    assert seen
    assert next(iter(sqlite_project.scripts())).startswith("chosen_")


# --- the commands as functions -----------------------------------------------------------------


def test_the_functions_return_what_they_did(sqlite_project: Project) -> None:
    app = sqlite_project.app(people)
    with app.flask.app_context():
        made = commands.init()
        assert made.directory == sqlite_project.folder / "migrations"
        assert made.section is not None
        with pytest.raises(ModelsDifferError) as differing:
            commands.check()
        assert differing.value.changes == ("add table person",)
        (first,) = commands.migrate(message="first").scripts
        assert Path(first.path).parent == sqlite_project.versions
        sql = commands.upgrade(sql=True).sql
        assert sql is not None
        assert "CREATE TABLE person" in sql
        (applied,) = commands.upgrade().applied
        assert (applied.bind, applied.destination, applied.is_upgrade) == (
            None,
            (first.revision,),
            True,
        )
        (current,) = commands.current().databases
        assert [script.revision for script in current.scripts] == [first.revision]
        assert commands.migrate().scripts == ()
        assert commands.check().hints == ()
        (second,) = commands.revision(message="second").scripts
        assert [script.revision for script in commands.history().scripts] == [
            second.revision,
            first.revision,
        ]
        assert [s.revision for s in commands.history(rev_range=":current").scripts] == [
            first.revision
        ]
        assert [script.revision for script in commands.heads().scripts] == [second.revision]
        assert [script.revision for script in commands.show().scripts] == [second.revision]
        (stamped,) = commands.stamp().applied
        assert stamped.is_stamp
        (undone,) = commands.downgrade(revision=first.revision).applied
        assert not undone.is_upgrade
        assert [template.name for template in commands.list_templates()] == [
            "flask",
            "flask-multidb",
        ]


def test_branches_are_shown_and_merged(sqlite_project: Project) -> None:
    app = sqlite_project.app(people)
    with app.flask.app_context():
        commands.init()
        (base,) = commands.revision(rev_id="base1").scripts
        commands.revision(rev_id="left1")
        commands.revision(rev_id="right1", head="base1", splice=True)
        assert [script.revision for script in commands.branches().scripts] == [base.revision]
        with pytest.raises(AlembicCommandError, match="Multiple head revisions"):
            commands.upgrade()
        (merged,) = commands.merge(revisions="heads", rev_id="merged1").scripts
        assert set(merged.down_revision or ()) == {"left1", "right1"}
        assert {a.destination for a in commands.upgrade().applied} >= {("merged1",)}
        assert "(mergepoint)" in commands.history().text


def test_errors_are_of_this_package(sqlite_project: Project) -> None:
    app = sqlite_project.app(people)
    with app.flask.app_context():
        with pytest.raises(DirectoryMissingError, match="flask db init"):
            commands.upgrade()
        with pytest.raises(UnknownTemplateError, match="flask-multidb"):
            commands.init(template="aioflask")
        commands.init()
        with pytest.raises(DirectoryNotEmptyError, match="not empty"):
            commands.init()
        with pytest.raises(AlembicCommandError, match="Can't locate revision"):
            commands.upgrade(revision="nowhere")


@pytest.mark.parametrize(
    ("section", "error", "message"),
    [
        ('include_object = "nowhere:it"', ObjectReferenceError, "No module named 'nowhere'"),
        ('include_object = "os:nothing"', ObjectReferenceError, '"os" has no "nothing"'),
        ('include_object = "os:sep"', ObjectReferenceError, "can't be called"),
        ('models = ["nowhere.models"]', ModelsModuleError, "nowhere.models"),
        ("[binds.elsewhere]", UnknownBindError, "SQLALCHEMY_BINDS has: none"),
    ],
)
def test_settings_that_lead_nowhere(
    sqlite_project: Project, section: str, error: type[Exception], message: str
) -> None:
    app = sqlite_project.app(people)
    app.run("db", "init")
    sqlite_project.configure(section)
    with app.flask.app_context(), pytest.raises(error, match=message):
        commands.migrate()
    assert message in app.run("db", "migrate", exit_code=2)
    assert sqlite_project.scripts() == {}


def test_objects_and_models_that_the_file_names(
    sqlite_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sqlite_project.folder / "hooks_of_test.py").write_text(
        "imported = True\n"
        "def include(object, name, type_, reflected, compare_to):\n"
        "    return name != 'pet'\n"
        "def directives(context, revision, directives):\n"
        "    directives[0].message = 'by hook'\n"
        "class applied:\n"
        "    seen = []\n"
        "    @staticmethod\n"
        "    def note(step, **kw):\n"
        "        applied.seen.append(step.up_revision_id)\n"
    )
    monkeypatch.syspath_prepend(str(sqlite_project.folder))
    sqlite_project.configure(
        'models = ["hooks_of_test"]\n'
        'include_object = "hooks_of_test:include"\n'
        'process_revision_directives = "hooks_of_test:directives"\n'
        'on_version_apply = "hooks_of_test:applied.note"\n'
        'file_template = "%(rev)s"\ntimezone = "UTC"\ntruncate_slug_length = 5\n'
    )
    app = sqlite_project.app(people_and_pets)
    app.run("db", "init")
    app.run("db", "migrate", "--rev-id", "one1")
    (script,) = sqlite_project.scripts().items()
    assert script[0] == "one1.py"
    assert '"""by hook' in script[1]
    assert "'pet'" not in script[1]
    assert "+00:00" in script[1]
    app.run("db", "upgrade")
    assert sys.modules["hooks_of_test"].applied.seen == ["one1"]
    assert "No changes in schema detected" in app.run("db", "migrate")


def test_the_programs_that_the_file_names_run_on_a_new_script(sqlite_project: Project) -> None:
    (sqlite_project.folder / "mark.sh").write_text('echo "# $1" >> "$2"\n')
    sqlite_project.configure(
        "[[post_write_hooks]]\n"
        'name = "mark"\ntype = "exec"\nexecutable = "sh"\n'
        "options = \"mark.sh 'by a %(program)s' REVISION_SCRIPT_FILENAME\"\n"
        f"cwd = '{sqlite_project.folder}'\n"
        'of_its_own = ""\n'
    )
    app = sqlite_project.app(people)
    app.run("db", "init")
    app.run("db", "revision", "--rev-id", "one1")
    assert sqlite_project.newest_script().endswith("# by a %(program)s\n")


def test_the_hidden_file_is_named(
    sqlite_project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    app = sqlite_project.app(people)
    (sqlite_project.folder / "pyproject.toml").write_text("[tool.flask-migrate]\n")
    sqlite_project.configure("")
    with caplog.at_level(logging.WARNING), app.flask.app_context():
        commands.init()
    assert "is not used" in caplog.text


# --- several databases in one history ----------------------------------------------------------


def two_databases(db: SQLAlchemy) -> None:
    people(db)
    db.Table(
        "person",
        Column("id", Integer, primary_key=True),
        Column("label", String(40)),
        bind_key="other",
    )


def two_databases_later(db: SQLAlchemy) -> None:
    people(db)
    db.Table(
        "person",
        Column("id", Integer, primary_key=True),
        Column("title", String(40)),
        bind_key="other",
    )


def test_a_hint_of_one_bind_leaves_the_others_alone(sqlite_project: Project) -> None:
    sqlite_project.binds["other"] = f"sqlite:///{sqlite_project.folder}/other.db"
    app = sqlite_project.app(two_databases)
    app.run("db", "init", "--multidb")
    app.run("db", "migrate")
    app.run("db", "upgrade")
    app.insert({"person": [{"id": 1, "name": "Ann"}]})
    app.execute("INSERT INTO person (label) VALUES ('Dr')", bind="other")
    sqlite_project.configure(
        """multidb = true
        [[renames.columns]]
        table = "person"
        from = "label"
        to = "title"
        bind = "other"
        """
    )
    after = sqlite_project.app(two_databases_later)
    assert 'title in the bind "other"' in after.run("db", "check", exit_code=1)
    said = after.run("db", "migrate")
    assert 'renamed column person.label → title of the bind "other"\n' in said
    script = sqlite_project.newest_script()
    assert "def upgrade_():\n    # ### commands auto generated" in script
    assert script.count("new_column_name='title'") == 1
    assert "-- Database: other" in after.run("db", "upgrade", "--sql")
    after.run("db", "upgrade")
    assert after.rows(bind="other")["person"] == [{"id": 1, "title": "Dr"}]
    assert after.rows()["person"] == [{"id": 1, "name": "Ann"}]
    assert "No new upgrade operations" in after.run("db", "check")
    assert "No changes in schema" in after.run("db", "migrate")
    assert re.search(r"(?m)^other +\w+ +head ", after.run("db", "current"))
    after.run("db", "downgrade")
    assert after.rows(bind="other")["person"] == [{"id": 1, "label": "Dr"}]


# --- idle --------------------------------------------------------------------------------------


REGISTRATION = """
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_migrate_decl import Migrate
app = Flask("x")
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)
Migrate(app, db)
"""
ENTRY_POINT = """
import click
from flask_migrate_decl.cli import db
db.list_commands(click.Context(db))
"""
HEAVY = ("alembic", "pydantic", "rich", "tomli", "flask_migrate_decl.commands")


@pytest.mark.parametrize(
    "code",
    ["from flask_migrate_decl import Migrate", REGISTRATION, ENTRY_POINT],
    ids=["import", "registration", "entry point"],
)
def test_an_app_that_only_serves_imports_nothing_heavy(code: str) -> None:
    probe = f"import sys\n{code}\nprint([m for m in {HEAVY} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_two_apps_run_one_after_the_other(sqlite_project: Project, tmp_path: Path) -> None:
    """Each gets its own settings, folder and database, also for the hints."""
    apps: list[App] = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        project = Project(folder, f"sqlite:///{folder}/app.db")
        project.configure(f'version_table = "version_{name}"')
        apps.append(project.app(people if name == "one" else people_and_pets))
    for command in ("init", "migrate", "upgrade"):
        for app in apps:
            app.run("db", command)
    assert set(apps[0].rows()) == {"person", "version_one"}
    assert set(apps[1].rows()) == {"person", "pet", "version_two"}


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:se%25cret@host/shop",
        "postgresql://ann@host/shop?password=se%25cret",
        "mysql+pymysql://host/shop?ssl_key_password=se%25cret&charset=utf8mb4",
    ],
)
def test_a_shown_url_has_no_password(url: str) -> None:
    shown = shown_url(make_url(url))
    assert "cret" not in shown
    assert "host/shop" in shown


# --- what was found by looking for trouble -----------------------------------------------------


def test_a_hint_without_its_bind_stops_the_run(sqlite_project: Project) -> None:
    sqlite_project.binds["other"] = f"sqlite:///{sqlite_project.folder}/other.db"
    app = sqlite_project.app(two_databases)
    for command in (["init", "--multidb"], ["migrate"], ["upgrade"]):
        app.run("db", *command)
    scripts = sqlite_project.scripts()
    hint = 'renames.columns = [{ table = "person", from = "label", to = "title" }]'
    sqlite_project.configure(f"multidb = true\n{hint}")
    after = sqlite_project.app(two_databases_later)
    for command in (["migrate"], ["check"]):
        assert 'add bind = "other" to the hint' in after.run("db", *command, exit_code=1)
    assert sqlite_project.scripts() == scripts


@pytest.mark.parametrize("new", ["account", "ACCOUNT"])
def test_a_table_hint_without_its_bind_stops_the_run(sqlite_project: Project, new: str) -> None:
    def models(name: str) -> Define:
        def define(db: SQLAlchemy) -> None:
            people(db)
            db.Table(name, Column("id", Integer, primary_key=True), bind_key="other")

        return define

    sqlite_project.binds["other"] = f"sqlite:///{sqlite_project.folder}/other.db"
    app = sqlite_project.app(models("user"))
    for command in (["init", "--multidb"], ["migrate"], ["upgrade"]):
        app.run("db", *command)
    sqlite_project.configure(
        f'multidb = true\nrenames.tables = [{{ from = "User", to = "{new}" }}]'
    )
    after = sqlite_project.app(models("account"))
    assert 'add bind = "other" to the hint' in after.run("db", "migrate", exit_code=1)
    assert len(sqlite_project.scripts()) == 1


@pytest.mark.parametrize(
    "revision_id", ["../x", "a/b", 'k"""', "head", "base", "a\nb", "x" * 33, "", "a b", "a-b"]
)
def test_a_revision_id_that_would_do_harm_is_refused(
    sqlite_project: Project, revision_id: str
) -> None:
    app = sqlite_project.app(people)
    app.run("db", "init")
    for command in ("revision", "migrate", "merge"):
        output = app.run("db", command, f"--rev-id={revision_id}", exit_code=2)
        assert "can't be a revision's identifier" in output
    assert sqlite_project.scripts() == {}
    assert {path.name for path in (sqlite_project.folder / "migrations").iterdir()} == {"versions"}


def test_a_config_for_programs_that_use_alembic_themselves(sqlite_project: Project) -> None:
    app = sqlite_project.app(people)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    with app.flask.app_context():
        config = app.flask.extensions["migrate"].migrate.get_config(x_arg="a=1", opts=["flag"])
        (head,) = ScriptDirectory.from_config(config).get_heads()
        assert f"{head}_.py" in sqlite_project.scripts()
        assert (config.cmd_opts.x, config.cmd_opts.flag) == (["a=1"], True)
        alembic_command.downgrade(config, "base")
    assert "person" not in app.rows()


def test_a_callback_may_return_another_config(sqlite_project: Project) -> None:
    app = sqlite_project.app(people)
    app.run("db", "init")
    migrate = app.flask.extensions["migrate"].migrate

    @migrate.configure  # type: ignore[untyped-decorator]
    def another(config: Config) -> Config:
        made = Config()
        for option in ("script_location", "path_separator", "version_locations"):
            made.set_main_option(option, config.get_main_option(option) or "")
        return made

    app.run("db", "migrate")
    assert "CREATE TABLE person" in app.run("db", "upgrade", "--sql")
    migrate.configure(lambda _config: None)
    assert "has to return the Config" in app.run("db", "heads", exit_code=2)


def test_the_g_of_an_active_app_context_is_the_commands_own(sqlite_project: Project) -> None:
    app = sqlite_project.app(people)
    app.run("db", "init")
    with app.flask.app_context():
        g.tenant = "t1"
        seen: list[str] = []

        @app.flask.extensions["migrate"].migrate.configure  # type: ignore[untyped-decorator]
        def look(config: Config) -> Config:
            seen.append(g.get("tenant"))
            return config

        app.flask.test_cli_runner().invoke(args=["db", "heads"])
    assert seen == ["t1"]


def test_requests_that_lead_nowhere_are_no_tracebacks(sqlite_project: Project) -> None:
    app = sqlite_project.app(people)
    (sqlite_project.folder / "migrations").write_text("")
    assert "is a file" in app.run("db", "init", exit_code=2)
    app.run("db", "init", "-d", "elsewhere")
    output = app.run("db", "history", "-d", "elsewhere", "-r", "a:b:c", exit_code=2)
    assert "[start]:[end]" in output


def test_a_folder_elsewhere_leaves_the_files_here_alone(
    sqlite_project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "migrations"
    app = sqlite_project.app(people, directory=elsewhere)
    (sqlite_project.folder / "pyproject.toml").write_text("[project]")
    app.run("db", "init")
    assert (elsewhere / "versions").is_dir()
    assert (sqlite_project.folder / "pyproject.toml").read_text() == "[project]"


def test_an_app_without_any_section_has_flask_migrates_defaults(sqlite_project: Project) -> None:
    sqlite_project.versions.mkdir(parents=True)
    app = sqlite_project.app(people)
    app.run("db", "migrate", "-m", "first")
    app.run("db", "upgrade")
    assert "No new upgrade operations" in app.run("db", "check")
    assert {path.name for path in sqlite_project.folder.iterdir()} == {"app.db", "migrations"}
