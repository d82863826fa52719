"""``flask db check-config`` beyond the file: with the app, with databases, and without either."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    Integer,
    Sequence,
    String,
    UniqueConstraint,
)

from flask_migrate_decl import check_config, check_files
from flask_migrate_decl.errors import Finding
from flask_migrate_decl.reporting import ConfigReport, Depth
from tests.project import App, Project
from tests.test_cli import APP, Shell


def account(db: SQLAlchemy) -> None:
    db.Table("account", Column("id", Integer, primary_key=True), Column("full_name", String(40)))


def checked(app: App, depth: Depth = Depth.APP) -> ConfigReport:
    with app.flask.app_context():
        return check_config(depth=depth)


def only(report: ConfigReport) -> Finding:
    assert len(report.findings) == 1, [str(finding) for finding in report.findings]
    return report.findings[0]


def said(finding: Finding) -> tuple[str, str, int | None]:
    return finding.rule.code, finding.message, finding.place.line if finding.place else None


def begun(project: Project, section: str = "", **options: Any) -> App:
    project.configure(section)
    project.versions.mkdir(parents=True, exist_ok=True)
    return project.app(account, **options)


# --- with the app ------------------------------------------------------------------------------


def test_a_project_that_is_right_has_no_findings(sqlite_project: Project) -> None:
    section = 'renames.columns = [{ table = "account", from = "name", to = "full_name" }]'
    report = checked(begun(sqlite_project, section))
    assert report.findings == ()
    assert [(depth.depth, depth.ran) for depth in report.depths] == [
        (Depth.FILE, True),
        (Depth.APP, True),
    ]


@pytest.mark.parametrize(
    ("hint", "code", "message", "help_"),
    [
        ('tables = [{ from = "user", to = "acount" }]', "FMD403", "acount", "account"),
        ('tables = [{ from = "a", to = "entirely_else" }]', "FMD414", "entirely_else", "removed"),
        ('tables = [{ from = "account", to = "konto" }]', "FMD405", "still say", "konto"),
        ('columns = [{ table = "acc", from = "a", to = "b" }]', "FMD403", '"acc"', "account"),
        ('columns = [{ table = "account", from = "a", to = "fulname" }]', "FMD404", "", "full_n"),
        ('columns = [{ table = "account", from = "full_name", to = "x" }]', "FMD405", "", ""),
        ('columns = [{ table = "account", from = "a", to = "xyz" }]', "FMD414", '"xyz"', ""),
    ],
)
def test_hints_are_held_against_the_models(
    sqlite_project: Project, hint: str, code: str, message: str, help_: str
) -> None:
    finding = only(checked(begun(sqlite_project, f"[renames]\n{hint}\n")))
    assert finding.rule.code == code
    assert message in finding.message
    assert help_ in finding.help
    assert finding.place
    assert finding.place.line == 2


def things(db: SQLAlchemy) -> None:
    """Have something of every kind."""
    db.Table(
        "account",
        Column("id", Integer, primary_key=True),
        Column("email", String(40), index=True),
        Column("state", Enum("open", "closed", name="state")),
        Column("tags", ARRAY(Enum("new", name="tag", schema="crm"))),
        UniqueConstraint("email", name="one_account_each"),
        schema="crm",
    )
    db.Table("bill", Column("number", Integer, Sequence("bill_numbers"), primary_key=True))


IN_CRM = 'schema = "crm", table = "account"'


@pytest.mark.parametrize(
    ("hint", "code", "message", "help_"),
    [
        ('tables = [{ from = "a", to = "acount", to_schema = "crm" }]', "FMD403", "crm.a", "accou"),
        (f'columns = [{{ {IN_CRM}, from = "a", to = "stat" }}]', "FMD404", '"stat"', "state"),
        (
            f'indexes = [{{ {IN_CRM}, from = "a", to = "ix_account_email" }}]',
            "FMD404",
            "",
            "ix_crm",
        ),
        (f'indexes = [{{ {IN_CRM}, from = "ix_crm_account_email", to = "x" }}]', "FMD405", "", ""),
        ('indexes = [{ table = "bil", from = "a", to = "b" }]', "FMD403", '"bil"', "bill"),
        (f'constraints = [{{ {IN_CRM}, from = "a", to = "x" }}]', "FMD414", "no constraint", ""),
        (f'constraints = [{{ {IN_CRM}, from = "a", to = "one_account" }}]', "FMD404", "", "each"),
        ('enums = [{ from = "a", to = "states" }]', "FMD404", "no model has the enum", "state"),
        ('enums = [{ from = "tag", to = "label", schema = "crm" }]', "FMD405", "still say", ""),
        ('enum_values = [{ enum = "state", from = "a", to = "opened" }]', "FMD404", "", '"open"'),
        ('enum_values = [{ enum = "stat", from = "a", to = "b" }]', "FMD404", '"stat"', "state"),
        ('sequences = [{ from = "a", to = "bill_number" }]', "FMD404", "sequence", "bill_numbers"),
        ('schemas = [{ from = "crm", to = "sales" }]', "FMD405", "", ""),
        ('schemas = [{ from = "old", to = "customers" }]', "FMD414", "no model has the schema", ""),
    ],
)
def test_hints_of_every_kind_are_held_against_the_models(
    sqlite_project: Project, hint: str, code: str, message: str, help_: str
) -> None:
    sqlite_project.configure(f"include_schemas = true\n[renames]\n{hint}\n")
    sqlite_project.versions.mkdir(parents=True)
    finding = only(checked(sqlite_project.app(things)))
    assert finding.rule.code == code
    assert message in finding.message
    assert help_ in finding.help
    assert finding.place
    assert finding.place.line == 3


def test_a_hint_may_call_things_as_they_were_called_at_any_time(sqlite_project: Project) -> None:
    section = """
    include_schemas = true
    [renames]
    schemas = [{ from = "old", to = "crm" }]
    tables = [
      { from = "person", to = "user", schema = "old" },
      { from = "user", to = "customer", schema = "old", to_schema = "shop" },
      { from = "customer", to = "account", schema = "shop", to_schema = "crm" },
    ]
    columns = [{ table = "person", schema = "old", from = "condition", to = "state" }]
    indexes = [{ table = "user", schema = "old", from = "a", to = "ix_crm_account_email" }]
    constraints = [{ table = "customer", schema = "shop", from = "b", to = "one_account_each" }]
    enums = [{ from = "condition", to = "phase" }, { from = "phase", to = "state" }]
    enum_values = [{ enum = "condition", from = "shut", to = "closed" }]
    """
    sqlite_project.configure(section)
    sqlite_project.versions.mkdir(parents=True)
    assert checked(sqlite_project.app(things)).findings == ()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("a b account", []),
        ("account b c", ["tables[0]"]),
        ("a account c", ["tables[1]"]),
        ("a b c", ["tables[0]", "tables[1]"]),
    ],
)
def test_a_hint_in_a_chain_is_right_where_the_models_have_a_name_of_it(
    sqlite_project: Project, names: str, said: list[str]
) -> None:
    first, second, third = names.split()
    section = f"""
    renames.tables = [
      {{ from = "{first}", to = "{second}" }}, {{ from = "{second}", to = "{third}" }}
    ]
    """
    found = checked(begun(sqlite_project, section)).findings
    assert [finding.key for finding in found] == [f"renames.{key}.to" for key in said]


def test_sequences_that_no_model_names_are_left_to_the_database(sqlite_project: Project) -> None:
    section = 'renames.sequences = [{ from = "a_seq", to = "account_id_sq" }]'
    assert checked(begun(sqlite_project, section)).findings == ()


def test_the_names_of_models_are_compared_as_the_database_does(sqlite_project: Project) -> None:
    section = """
    [renames]
    tables = [{ from = "user", to = "ACCOUNT" }]
    columns = [{ table = "USER", from = "name", to = "Full_Name" }]
    """
    assert checked(begun(sqlite_project, section)).findings == ()


def test_a_hint_for_a_table_of_another_bind_is_told_so(sqlite_project: Project) -> None:
    sqlite_project.binds["other"] = "sqlite://"

    def models(db: SQLAlchemy) -> None:
        account(db)
        db.Table("event", Column("id", Integer, primary_key=True), bind_key="other")

    sqlite_project.configure('[binds.other]\n[renames]\ntables = [{ from = "log", to = "event" }]')
    sqlite_project.versions.mkdir(parents=True)
    finding = only(checked(sqlite_project.app(models)))
    assert finding.help == 'the bind "other" has it: add bind = "other" to the hint'


def test_binds_that_the_app_does_not_have(sqlite_project: Project) -> None:
    sqlite_project.binds["analytics"] = "sqlite://"
    section = """\
[binds.analytic]
[binds.elsewhere]
[renames]
tables = [{ from = "a", to = "b", bind = "analytic" }]
"""
    report = checked(begun(sqlite_project, section))
    assert [said(finding)[::2] for finding in report.findings] == [("FMD402", 1), ("FMD402", 2)]
    assert report.findings[0].help == 'did you mean "analytics"?'
    sqlite_project.configure("multidb = true")
    sqlite_project.binds["my-bind"] = "sqlite://"
    report = checked(sqlite_project.app(account))
    assert {finding.rule.code for finding in report.findings} == {"FMD408"}


def test_objects_and_modules_that_are_not_there(
    sqlite_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(sqlite_project.folder)
    (sqlite_project.folder / "own_filters.py").write_text("def keep_it(*a): ...\nnumber = 1\n")
    (sqlite_project.folder / "own_broken.py").write_text("1 / 0\n")
    section = """\
include_name = "own_filters:keep_them"
include_object = "own_filters:number"
render_item = "own_nowhere:x"
on_version_apply = "own_broken:x"
models = ["own_filters", "own_broken", "own_nowhere"]
"""
    report = checked(begun(sqlite_project, section))
    assert [said(finding)[::2] for finding in report.findings] == [
        ("FMD406", 1),
        ("FMD406", 2),
        ("FMD406", 3),
        ("FMD406", 4),
        ("FMD407", 5),
        ("FMD407", 5),
    ]
    messages = [finding.message for finding in report.findings]
    assert '"own_filters" has no "keep_them"; did you mean "keep_it"?' in messages[0]
    assert "it can't be called" in messages[1]
    assert "No module named 'own_nowhere'" in messages[2]
    assert "ZeroDivisionError" in messages[3]


def test_what_code_decides(sqlite_project: Project) -> None:
    section = 'directory = "a"\ncompare_type = true\nrender_as_batch = true\n'
    app = begun(sqlite_project, section, directory="migrations", compare_type=False)
    report = checked(app)
    assert [said(finding) for finding in report.findings] == [
        ("FMD409", "the value is not used, as code says Migrate(directory=…)", 1),
        ("FMD409", "the value is not used, as code says Migrate(compare_type=…)", 2),
    ]


def test_code_that_says_the_same(sqlite_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(sqlite_project.folder)
    (sqlite_project.folder / "own_filter.py").write_text("def keep(*a): ...\n")
    (sqlite_project.folder / "x").mkdir()
    section = """
    directory = "migrations"
    autogenerate_plugins = ["alembic.autogenerate.*"]
    include_object = "own_filter:keep"
    """
    app = begun(
        sqlite_project,
        section,
        directory=str(sqlite_project.folder / "x" / ".." / "migrations"),
        autogenerate_plugins=["alembic.autogenerate.*"],
        include_object=importlib.import_module("own_filter").keep,
    )
    assert checked(app).findings == ()


def test_models_that_are_not_imported(sqlite_project: Project) -> None:
    sqlite_project.versions.mkdir(parents=True)
    finding = only(checked(sqlite_project.app(lambda _db: None)))
    assert finding.rule.code == "FMD408"
    assert "models" in finding.help


def test_checks_that_sqlite_would_lose(sqlite_project: Project) -> None:
    def models(db: SQLAlchemy) -> None:
        db.Table("a", Column("id", Integer), CheckConstraint("id > 0"))
        db.Table("b", Column("id", Integer), CheckConstraint("id > 0", name="positive"))

    sqlite_project.versions.mkdir(parents=True)
    finding = only(checked(sqlite_project.app(models)))
    assert finding.rule.code == "FMD410"
    assert '"a"' in finding.message
    assert '"b"' not in finding.message
    convention = {"ck": "ck_%(table_name)s_%(column_0_name)s"}
    assert checked(sqlite_project.app(models, naming_convention=convention)).findings == ()
    sqlite_project.configure("render_as_batch = false")
    assert checked(sqlite_project.app(models)).findings == ()


def test_a_foreign_key_to_a_model_that_names_the_default_schema(sqlite_project: Project) -> None:
    def models(db: SQLAlchemy) -> None:
        db.Table("a", Column("id", Integer, primary_key=True), schema="main")
        db.Table("b", Column("a_id", ForeignKey("main.a.id")))

    app = sqlite_project.app(models)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    assert " fk " in app.run("db", "check", exit_code=1)
    finding = only(checked(app))
    assert finding.rule.code == "FMD411"
    assert 'of "a" name the schema "main"' in finding.message


def test_a_model_that_names_the_default_schema_and_nothing_leads_to(
    sqlite_project: Project,
) -> None:
    def models(db: SQLAlchemy) -> None:
        db.Table("a", Column("id", Integer, primary_key=True), schema="main")

    app = sqlite_project.app(models)
    for command in ("init", "migrate", "upgrade", "check"):
        app.run("db", command)
    assert checked(app, Depth.DATABASES).findings == ()


# --- revisions ---------------------------------------------------------------------------------


def script(project: Project, name: str, text: str) -> None:
    (project.versions / f"{name}.py").write_text(text)


def revision(project: Project, name: str, down: str | None) -> None:
    script(project, name, f'"""{name}"""\nrevision = "{name}"\ndown_revision = {down!r}\n')


def test_folders_that_are_not_there(sqlite_project: Project) -> None:
    sqlite_project.configure('directory = "migrationen"\n')
    finding = only(checked(sqlite_project.app(account)))
    assert said(finding)[::2] == ("FMD421", 1)
    sqlite_project.configure('version_locations = ["migrations/versions", "plugins"]\n')
    sqlite_project.versions.mkdir(parents=True)
    finding = only(checked(sqlite_project.app(account)))
    assert "plugins" in finding.message


def test_scripts_that_can_not_be_loaded_are_all_told(sqlite_project: Project) -> None:
    app = begun(sqlite_project)
    script(sqlite_project, "a", "x = 1\ndef broken(:\n")
    script(sqlite_project, "b", "import nowhere\n")
    script(sqlite_project, "c", "revision = 'c'\n")
    script(sqlite_project, "d", "revision = 1\ndown_revision = None\n")
    found = checked(app).findings
    assert [finding.rule.code for finding in found] == ["FMD422"] * 4
    places = [finding.place for finding in found]
    assert [(place.path.name, place.line) for place in places if place] == [
        ("a.py", 2),
        ("b.py", 1),
        ("c.py", None),
        ("d.py", None),
    ]


def test_gaps_in_the_history(sqlite_project: Project) -> None:
    app = begun(sqlite_project)
    revision(sqlite_project, "a", None)
    revision(sqlite_project, "b", "gone")
    script(sqlite_project, "b_again", 'revision = "b"\ndown_revision = "a"\n')
    found = checked(app).findings
    assert [said(finding) for finding in found] == [
        ("FMD423", '"b" follows "gone", and no script is called so', 3),
        ("FMD424", 'the revision "b" is there already', 1),
    ]
    assert found[1].related[0].place.path.name == "b.py"


def test_several_heads_and_a_cycle(sqlite_project: Project) -> None:
    app = begun(sqlite_project)
    revision(sqlite_project, "a", None)
    revision(sqlite_project, "b", "a")
    assert checked(app).findings == ()
    revision(sqlite_project, "c", "a")
    finding = only(checked(app))
    assert finding.rule.code == "FMD425"
    assert "2 heads: b, c" in finding.message
    revision(sqlite_project, "a", "b")
    assert only(checked(app)).rule.code == "FMD426"


@pytest.mark.parametrize("text", ["def broken(:", "import nowhere", "1 / 0", "raise SystemExit(0)"])
def test_a_script_that_fails_does_not_hide_what_databases_say(
    sqlite_project: Project, text: str
) -> None:
    app = begun(sqlite_project, 'renames.tables = [{ from = "user", to = "account" }]')
    app.execute("CREATE TABLE user (id INTEGER PRIMARY KEY, full_name VARCHAR(40))")
    script(sqlite_project, "a", text)
    report = checked(app, Depth.DATABASES)
    assert [finding.rule.code for finding in report.findings] == ["FMD504", "FMD422"]
    assert report.depths[-1].ran


def test_a_script_may_define_models(sqlite_project: Project) -> None:
    app = begun(sqlite_project)
    sys.modules["own_models"] = types.ModuleType("own_models")
    vars(sys.modules["own_models"])["db"] = app.db
    lines = ["from own_models import db", "class Old(db.Model):"]
    lines += ["    id = db.Column(db.Integer, primary_key=True)"]
    script(sqlite_project, "a", "\n".join([*lines, 'revision = "a"', "down_revision = None"]))
    assert checked(app).findings == ()


def test_branches_with_labels_and_dependencies_are_no_gap(sqlite_project: Project) -> None:
    app = begun(sqlite_project)
    script(sqlite_project, "a", 'revision = "a"\ndown_revision = None\nbranch_labels = "left"\n')
    script(
        sqlite_project,
        "b",
        'revision = "b"\ndown_revision = None\ndepends_on = "a"\nbranch_labels = "right"\n'
        "def upgrade(): pass\n",
    )
    assert checked(app).findings == ()
    app.execute(
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('b')",
    )
    assert checked(app, Depth.DATABASES).findings == ()
    script(sqlite_project, "b", 'revision = "b"\ndown_revision = None\ndepends_on = "gone"\n')
    finding = only(checked(app))
    assert finding.message == "Alembic can't use the history: no script is called 'gone'"


def test_alembic_ini_says_where_scripts_are(sqlite_project: Project) -> None:
    app = begun(sqlite_project)
    folder = sqlite_project.folder / "migrations"
    (folder / "env.py").write_text("")
    (folder / "more").mkdir()
    ini = folder / "alembic.ini"
    ini.write_text("[alembic]\nversion_locations = %(here)s/versions %(here)s/more\n")
    revision(sqlite_project, "a", None)
    (folder / "more" / "b.py").write_text('revision = "b"\ndown_revision = "a"\n')
    assert checked(app).findings == ()
    for text in ("[alembic]\nfile_template = %(year)d\n", "no header\n", "[alembic]\na=1\na=2\n"):
        ini.write_text(text)
        assert only(checked(app)).rule.code == "FMD426"
    assert "alembic.ini could not be run" in app.run("db", "heads", exit_code=2)


def test_a_configure_function_that_returns_nothing_hides_no_finding(
    sqlite_project: Project,
) -> None:
    app = begun(sqlite_project, "[binds.nope]\n")
    app.flask.extensions["migrate"].migrate.configure(lambda _config: None)
    assert {finding.rule.code for finding in checked(app).findings} == {"FMD402", "FMD426"}


def test_a_checkout_without_the_empty_folder_of_revisions_is_right(
    sqlite_project: Project,
) -> None:
    app = begun(sqlite_project)
    sqlite_project.versions.rmdir()
    assert checked(app).findings == ()


def test_a_folder_that_is_reached_twice_has_its_scripts_once(sqlite_project: Project) -> None:
    app = begun(sqlite_project, 'version_locations = ["migrations/versions", "linked"]\n')
    (sqlite_project.folder / "linked").symlink_to(sqlite_project.versions)
    revision(sqlite_project, "a", None)
    (sqlite_project.versions / "x.py").mkdir()
    found = [finding.rule.code for finding in checked(app).findings]
    assert "FMD424" not in found


ENV = """\
from alembic import context
from flask import current_app

conf_args = current_app.extensions["migrate"].configure_args
def run_migrations_offline():
    context.configure(url="x", literal_binds=True)


def run_migrations_online():
    context.configure(connection=None, {})
"""


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ("**conf_args", [("FMD413", 6)]),
        ("compare_type=True, **conf_args", [("FMD413", 6), ("FMD412", 10)]),
        ("version_table='v', **conf_args", [("FMD413", 6), ("FMD412", 10)]),
        ("version_table='v', include_schemas=True", [("FMD413", 6), ("FMD413", 10)]),
        ("", [("FMD413", 6), ("FMD413", 10)]),
    ],
)
def test_an_own_env_that_keeps_the_section_out(
    sqlite_project: Project, arguments: str, found: list[tuple[str, int]]
) -> None:
    app = begun(sqlite_project, 'version_table = "versions"\n')
    env = sqlite_project.folder / "migrations" / "env.py"
    env.write_text(ENV.replace("{}", arguments))
    report = checked(app)
    assert [said(finding)[::2] for finding in report.findings] == found
    assert all(finding.place and finding.place.path == env for finding in report.findings)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from alembic import context as ctx\nctx.configure(connection=None)", ["FMD413"]),
        ("from alembic.context import configure\nconfigure(connection=None)", ["FMD413"]),
        ("import alembic.context\nalembic.context.configure(connection=None)", ["FMD413"]),
        ("log_context.configure(level=1)", []),
        ("class Own(SQLiteImpl): __dialect__ = 'sqlite'", ["FMD427"]),
        (
            (
                "from alembic import context\nconf_args = x.configure_args\n"
                "conf_args.pop('version_table')\ncontext.configure(version_table='v', **conf_args)"
            ),
            ["FMD413"],
        ),
        (
            (
                "from alembic import context\nextra = {}\n"
                "context.configure(compare_type=True, version_table='v', **extra)"
            ),
            ["FMD413"],
        ),
        (
            "from alembic import context\n\x0c\naé = 1\nx=context.configure(connection=None)",
            ["FMD413"],
        ),
        ("def broken(:", []),
        ("(" * 3000, []),
    ],
)
def test_own_envs_of_all_kinds(sqlite_project: Project, text: str, found: list[str]) -> None:
    app = begun(sqlite_project, 'version_table = "versions"\n')
    env = sqlite_project.folder / "migrations" / "env.py"
    env.write_text(text)
    (env.with_name("alembic.ini")).write_text("[alembic]\n")
    findings = checked(app).findings
    assert [finding.rule.code for finding in findings] == found
    for finding in findings:
        assert finding.place
        assert finding.place.line == text.count("\n") + 1


def test_the_env_of_flask_migrate_is_fine(sqlite_project: Project) -> None:
    found = importlib.util.find_spec("flask_migrate")
    assert found
    assert found.origin
    templates = Path(found.origin).parent / "templates"
    app = begun(sqlite_project, "compare_server_default = true\n")
    for template in ("flask", "flask-multidb"):
        text = (templates / template / "env.py").read_text()
        (sqlite_project.folder / "migrations" / "env.py").write_text(text)
        assert checked(app).findings == ()


# --- with the databases ------------------------------------------------------------------------


def test_the_state_of_every_hint_on_its_database(project: Project) -> None:
    def before(db: SQLAlchemy) -> None:
        db.Table("user", Column("id", Integer, primary_key=True), Column("name", String(40)))

    app = project.app(before)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    assert checked(app, Depth.DATABASES).findings == ()
    section = """\
[renames]
tables = [{ from = "user", to = "account" }, { from = "old", to = "gone" }]
columns = [{ table = "account", from = "name", to = "full_name" }]
"""
    project.configure(section)
    report = checked(project.app(account), Depth.DATABASES)
    assert [state.state for state in report.hints] == ["pending", "spent", "pending"]
    assert [f.rule.code for f in report.findings] == ["FMD504", "FMD506", "FMD504"]
    app = project.app(account)
    app.run("db", "migrate")
    finding = next(f for f in checked(app, Depth.DATABASES).findings if f.rule.code == "FMD507")
    assert "is at" in finding.message
    app.run("db", "upgrade")
    report = checked(app, Depth.DATABASES)
    assert [state.state for state in report.hints] == ["applied", "spent", "applied"]
    assert not report.has_findings(strict=True)


def test_hints_that_would_cost_rows(sqlite_project: Project) -> None:
    def both(db: SQLAlchemy) -> None:
        account(db)
        db.Table("user", Column("id", Integer, primary_key=True))

    app = sqlite_project.app(both)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    sqlite_project.configure(
        '[renames]\ntables = [{ from = "user", to = "account" }]\n'
        'columns = [{ table = "account", from = "nmae", to = "email" }]\n'
    )

    def models(db: SQLAlchemy) -> None:
        db.Table("account", Column("id", Integer, primary_key=True), Column("email", String(40)))

    report = checked(sqlite_project.app(models), Depth.DATABASES)
    assert [said(finding)[::2] for finding in report.findings] == [("FMD501", 2), ("FMD502", 3)]


def test_a_hint_that_names_the_wrong_database(sqlite_project: Project) -> None:
    sqlite_project.binds["other"] = f"sqlite:///{sqlite_project.folder}/other.db"

    def models(db: SQLAlchemy) -> None:
        account(db)
        db.Table("event", Column("id", Integer, primary_key=True), bind_key="other")

    sqlite_project.configure('[binds.other]\n[renames]\ntables = [{ from = "log", to = "event" }]')
    app = sqlite_project.app(models)
    app.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, full_name VARCHAR(40))")
    app.execute("CREATE TABLE log (id INTEGER PRIMARY KEY)", bind="other")
    sqlite_project.versions.mkdir(parents=True)
    found = [f for f in checked(app, Depth.DATABASES).findings if f.rule.code == "FMD502"]
    assert [finding.help for finding in found] == ['add bind = "other" to the hint']


def test_a_hint_that_can_not_be_compared_hides_no_other(sqlite_project: Project) -> None:
    section = """\
    [renames]
    tables = [
      { from = "x", to = "y", schema = "crm" },
      { from = "user", to = "account" },
    ]
    columns = [{ table = "account", from = "password", to = "full_name" }]
    """
    app = begun(sqlite_project, section)
    app.execute("CREATE TABLE user (id INTEGER PRIMARY KEY, password VARCHAR(40))")
    report = checked(app, Depth.DATABASES)
    assert [state.state for state in report.hints] == ["pending", "pending"]
    assert {finding.rule.code for finding in report.findings} == {"FMD306", "FMD414", "FMD504"}
    assert "account.password → full_name is pending in" in report.findings[-1].message
    assert "*" not in report.findings[-1].message


def test_what_findings_keep_from_databases_is_no_failure(sqlite_project: Project) -> None:
    app = begun(sqlite_project, 'include_name = "nowhere:x"\n')
    app.execute("CREATE TABLE account (id INTEGER PRIMARY KEY)")
    run = app.run("db", "check-config", "--database", exit_code=1)
    assert "did not check the databases: <default>: include_name" in run
    sqlite_project.configure("directry = 1\n")
    app.run("db", "check-config", "--database", exit_code=1)


def test_a_revision_that_the_history_does_not_have(sqlite_project: Project) -> None:
    app = begun(sqlite_project)
    app.execute(
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('lost')",
    )
    revision(sqlite_project, "a", None)
    finding = only(checked(app, Depth.DATABASES))
    assert finding.rule.code == "FMD508"
    assert '"lost"' in finding.message


def test_an_sqlite_file_is_not_made_by_looking_for_it(sqlite_project: Project) -> None:
    app = begun(sqlite_project)
    assert checked(app, Depth.DATABASES).findings == ()
    revision(sqlite_project, "a", None)
    assert only(checked(app, Depth.DATABASES)).rule.code == "FMD507"
    sqlite_project.url = f"sqlite:///file:{sqlite_project.folder}/app.db?uri=true"
    app = begun(sqlite_project)
    assert only(checked(app, Depth.DATABASES)).rule.code == "FMD507"
    assert not (sqlite_project.folder / "app.db").exists()


@pytest.mark.postgresql
def test_names_that_postgresql_would_cut(tmp_path: Path, postgres_url: str) -> None:
    name = "n" * 64

    def models(db: SQLAlchemy) -> None:
        db.Table("account", Column("id", Integer, primary_key=True), Column(name, String(40)))

    project = Project(tmp_path, postgres_url)
    project.configure(f'renames.columns = [{{ table = "account", from = "x", to = "{name}" }}]\n')
    project.versions.mkdir(parents=True)
    report = checked(project.app(models), Depth.DATABASES)
    assert [finding.rule.code for finding in report.findings] == ["FMD509", "FMD509"]
    assert "63 bytes" in report.findings[0].message


@pytest.mark.postgresql
@pytest.mark.parametrize("kind", ["tables", "enums", "enum_values", "sequences", "schemas"])
def test_new_names_of_every_kind_that_postgresql_would_cut(
    tmp_path: Path, postgres_url: str, kind: str
) -> None:
    project = Project(tmp_path, postgres_url)
    enum = 'enum = "state", ' if kind == "enum_values" else ""
    hint = f'{{ {enum}from = "x", to = "{"ü" * 32}" }}'
    project.configure(f"include_schemas = true\nrenames.{kind} = [{hint}]\n")
    project.versions.mkdir(parents=True)
    report = checked(project.app(account), Depth.DATABASES)
    found = [finding.key for finding in report.findings if finding.rule.code == "FMD509"]
    assert found == [f"renames.{kind}[0].to"]


def test_names_that_sqlalchemy_shortens_are_no_finding(sqlite_project: Project) -> None:
    def models(db: SQLAlchemy) -> None:
        db.Table("t" * 41, Column("c" * 41, Integer, index=True))

    pytest.importorskip("psycopg")
    sqlite_project.url = "postgresql+psycopg://127.0.0.1:1/x"
    sqlite_project.versions.mkdir(parents=True)
    assert checked(sqlite_project.app(models), Depth.DATABASES).findings == ()


@pytest.mark.mariadb
@pytest.mark.parametrize("query", ["foo=bar", "charset=nonsense"])
def test_a_driver_may_fail_in_any_way(tmp_path: Path, mariadb_url: str, query: str) -> None:
    project = Project(tmp_path, f"{mariadb_url}&{query}")
    project.versions.mkdir(parents=True)
    report = checked(project.app(account), Depth.DATABASES)
    assert not report.depths[-1].ran


@pytest.mark.postgresql
def test_a_hint_in_the_default_schema_is_pending_and_then_applied(
    tmp_path: Path, postgres_url: str
) -> None:
    project = Project(tmp_path, postgres_url)
    app = begun(project, 'renames.tables = [{ from = "u", to = "account", schema = "public" }]\n')
    app.execute("CREATE TABLE u (id SERIAL PRIMARY KEY, full_name VARCHAR(40))")
    assert only(checked(app)).rule.code == "FMD306"
    assert only(checked(app, Depth.DATABASES)).rule.code == "FMD504"


def test_a_database_that_is_down_does_not_hide_the_others(sqlite_project: Project) -> None:
    sqlite_project.binds["far"] = "postgresql+psycopg://shop:hunter2@127.0.0.1:1/shop"
    pytest.importorskip("psycopg")

    def models(db: SQLAlchemy) -> None:
        account(db)
        db.Table("event", Column("id", Integer, primary_key=True), bind_key="far")

    sqlite_project.configure('[binds.far]\n[renames]\ntables = [{ from = "x", to = "account" }]\n')
    sqlite_project.versions.mkdir(parents=True)
    app = sqlite_project.app(models)
    app.execute("CREATE TABLE account (id INTEGER, full_name VARCHAR(40))")
    report = checked(app, Depth.DATABASES)
    assert [state.state for state in report.hints] == ["applied"]
    assert not report.depths[-1].ran
    assert report.depths[-1].detail.startswith("far: ")
    for format_ in ("github", "sarif", "json"):
        output = app.run("db", "check-config", "--database", "--format", format_, exit_code=2)
        assert "far: (psycopg" in output or "far: connection" in output
        assert "hunter2" not in output
    output = app.run("db", "check-config", "--database", exit_code=2)
    assert "did not check the databases: far: " in output
    assert "hunter2" not in output


# --- at the command line -----------------------------------------------------------------------


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_in_an_empty_folder(shell: Shell) -> None:
    run = shell.flask("db", "check-config")
    assert "there is no configuration file" in run.stdout
    assert "did not check the app: the app of wsgi.py or app.py can't be loaded" in run.stdout
    assert run.stdout.endswith("nothing to mend\n")
    assert list(shell.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("app", "why"),
    [("def broken(:\n", "SyntaxError"), ("raise ValueError('x')\n", "ValueError: x")],
)
def test_with_a_broken_app_the_file_is_checked(shell: Shell, app: str, why: str) -> None:
    shell.write(app__py=app, migrate__toml="directry = 1\n")
    run = shell.flask("db", "check-config", exit_code=1)
    assert "migrate.toml:1:1: error FMD201" in run.stdout
    assert why in run.stdout
    shell.write(migrate__toml="")
    shell.flask("db", "check-config")
    assert why in shell.flask("db", "check-config", "--database", exit_code=2).stdout


@pytest.mark.parametrize("how", ["sys.exit(0)", "sys.exit('hunter2://u:hunter2@h')"])
def test_an_app_that_ends_the_process_ends_no_check(shell: Shell, how: str) -> None:
    shell.write(app__py=f"import sys\n{how}\n", migrate__toml="directry = 1\n")
    run = shell.flask("db", "check-config", exit_code=1)
    assert "FMD201" in run.stdout
    assert "SystemExit" in run.stdout
    assert "u:hunter2" not in run.stdout + run.stderr
    shell.flask("db", "upgrade", exit_code=2)


def test_a_broken_app_is_a_warning(shell: Shell) -> None:
    shell.write(app__py="import nowhere\n", migrate__toml="")
    assert "warning FMD415" in shell.flask("db", "check-config").stdout
    shell.flask("db", "check-config", "--strict", exit_code=1)
    shell.flask("db", "check-config", "--strict", "--no-app")


def test_the_file_that_is_named_names_the_app(shell: Shell) -> None:
    shell.write(app__py=APP, other__py="1 / 0\n", migrate__toml='app = "app:create_app"\n')
    (shell.folder / "b.toml").write_text('app = "other:create_app"\n')
    run = shell.flask("db", "check-config", "--config", "b.toml")
    assert "ZeroDivisionError" in run.stdout
    (shell.folder / "b.toml").write_text('app = "app:nothing"\n')
    run = shell.flask("db", "check-config", "--config", "b.toml", exit_code=1)
    assert "b.toml:1:7: error FMD401" in run.stdout


def test_an_app_may_change_the_working_folder(shell: Shell) -> None:
    (shell.folder / "migrations" / "versions").mkdir(parents=True)
    shell.write(app__py=f"import os\nos.chdir('/')\n{APP}", migrate__toml="")
    run = shell.flask("db", "check-config", "--config", "migrate.toml", "-d", "migrations")
    assert "checked the app" in run.stdout


def test_without_the_app_nothing_of_the_project_is_imported(shell: Shell) -> None:
    shell.write(app__py="open('imported', 'w').close()\nraise SystemExit(9)\n", migrate__toml="")
    shell.flask("db", "check-config", "--no-app")
    shell.flask("db", "check-config", "--no-app", "migrate.toml")
    assert not (shell.folder / "imported").exists()


def test_the_section_names_an_app_that_is_not_there(shell: Shell) -> None:
    shell.write(app__py=APP, migrate__toml='directory = "."\napp = "app:nothing"\n')
    (shell.folder / "versions").mkdir()
    run = shell.flask("db", "check-config", "--format", "concise", exit_code=1)
    assert run.stdout.startswith("migrate.toml:2:7: error FMD401: Failed to find attribute")
    shell.write(migrate__toml='directory = "."\napp = "app:create_app"\n')
    assert "checked the app: app" in shell.flask("db", "check-config").stdout


def test_what_the_app_prints_is_no_part_of_a_report(shell: Shell) -> None:
    noise = """
import os
print("hello")
os.system("echo hello")
"""
    app = APP.replace(
        "    return app", "    app.teardown_appcontext(lambda _: print('bye'))\n    return app"
    )
    shell.write(app__py=noise + app, migrate__toml="app = 'app:create_app'\n")
    run = shell.flask("--app", "app", "db", "check-config", "--format", "json", exit_code=1)
    assert json.loads(run.stdout)["findings"][0]["code"] == "FMD421"


def test_warnings_count_where_they_are_to(shell: Shell) -> None:
    shell.write(migrate__toml='timezone = "Nowhere"\n')
    shell.flask("db", "check-config", "--no-app")
    shell.flask("db", "check-config", "--no-app", "--strict", exit_code=1)


def test_files_are_checked_each_by_itself(shell: Shell) -> None:
    shell.write(migrate__toml="directry = 1\n", pyproject__toml="[project]\nname = 'x'\n")
    run = shell.flask("db", "check-config", "pyproject.toml", "migrate.toml", exit_code=1)
    assert "checked the file: migrate.toml\n" in run.stdout
    run = shell.flask("db", "check-config", "pyproject.toml")
    assert "no section is there" in run.stdout
    shell.flask("db", "check-config", "nowhere.toml", exit_code=2)
    shell.flask("db", "check-config", "migrate.toml", "--database", exit_code=2)
    shell.flask("db", "check-config", "--no-app", "--database", exit_code=2)


def test_a_file_can_be_named(shell: Shell) -> None:
    shell.write(other__toml="multdb = true\n", pyproject__toml="[project]\n", migrate__toml="")
    run = shell.flask("db", "check-config", "--no-app", "--config", "other.toml", exit_code=1)
    assert "other.toml:1:1" in run.stdout
    for name in ("nowhere.toml", "pyproject.toml", "."):
        run = shell.flask("db", "check-config", "--no-app", "--config", name, exit_code=2)
        assert "named by --config, can't be read" in run.stderr
    shell.flask("db", "check-config", "--no-app", FLASK_MIGRATE_CONFIG="other.toml", exit_code=1)


def test_a_file_that_can_not_be_parsed_ends_the_check(shell: Shell) -> None:
    shell.write(app__py=APP, migrate__toml="a = \n")
    run = shell.flask("--app", "app", "db", "check-config", exit_code=1)
    assert "did not check the app: the file has to be right first" in run.stdout


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1"}, False)],
)
def test_colour_is_for_terminals(shell: Shell, variables: dict[str, str], coloured: bool) -> None:
    shell.write(migrate__toml="directry = 1\n")
    run = shell.flask("db", "check-config", "--no-app", exit_code=1, **variables)
    assert ("\x1b[1;31merror FMD201" in run.stdout) is coloured
    for format_ in ("json", "github", "sarif"):
        run = shell.flask(
            "db", "check-config", "--no-app", "--format", format_, exit_code=1, **variables
        )
        assert "\x1b" not in run.stdout


@pytest.mark.parametrize("format_", ["full", "concise", "json", "github", "sarif"])
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_encoding_that_lacks_characters(shell: Shell, encoding: str, format_: str) -> None:
    (shell.folder / "migrate.toml").write_text('"日" = 1\nmodels = "x"\n', encoding="utf-8")
    command = ["db", "check-config", "--no-app", "--format", format_]
    run = shell.flask(*command, exit_code=1, PYTHONIOENCODING=encoding)
    assert "\\u65e5" in run.stdout
    if format_ in ("json", "sarif"):
        json.loads(run.stdout)


def test_a_terminal_gets_colour_unless_it_wants_none(shell: Shell) -> None:
    shell.write(migrate__toml="directry = 1\n")

    def at_a_terminal(**variables: str) -> str:
        command = f"{sys.executable} -m flask db check-config --no-app"
        run = subprocess.run(
            ["script", "--quiet", "--return", "--command", command, "/dev/null"],
            cwd=shell.folder,
            env=os.environ | {"TERM": "xterm"} | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 1
        return run.stdout

    assert "\x1b[1;31m" in at_a_terminal()
    assert "31m" not in at_a_terminal(NO_COLOR="1")


def test_as_functions(tmp_path: Path) -> None:
    (tmp_path / "migrate.toml").write_text("directry = 1\n")
    report = check_config(depth=Depth.APP)
    assert [depth.detail for depth in report.depths] == [
        "migrate.toml",
        "the file has to be right first",
    ]
    assert check_files(["migrate.toml"]).findings == report.findings
    found = check_files(["nowhere.toml", "migrate.toml"])
    assert found.findings == report.findings
    assert found.depths[0].detail == "nowhere.toml: No such file or directory"
    (tmp_path / "migrate.toml").write_text("")
    report = check_config(depth=Depth.APP)
    assert report.depths[1].detail == "no application context is active"


def test_a_named_file_hides_a_section_too(tmp_path: Path) -> None:
    (tmp_path / "migrate.toml").write_text("")
    (tmp_path / "pyproject.toml").write_text("[tool.flask-migrate]\n")
    assert only(check_files(["migrate.toml", "pyproject.toml"])).rule.code == "FMD106"
    assert only(check_config("migrate.toml", depth=Depth.FILE)).rule.code == "FMD106"
