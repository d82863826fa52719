"""``flask db check-config`` where several databases are migrated, and each history of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String

from flask_migrate_decl.errors import Finding
from flask_migrate_decl.reporting import ConfigReport, Depth
from tests.project import App, Project
from tests.test_check_config import checked, only, said

SECRET = "hunter2"
FORMATS = ("full", "concise", "json", "github", "sarif")


def models(db: SQLAlchemy) -> None:
    db.Table("account", Column("id", Integer, primary_key=True), Column("full_name", String(40)))
    for bind in ("eu", "my-bind", "default"):
        db.Table(f"event_{bind}", Column("id", Integer, primary_key=True), bind_key=bind)


@pytest.fixture
def project(sqlite_project: Project) -> Project:
    """Give a project with the database of a bind."""
    sqlite_project.binds["eu"] = f"sqlite:///{sqlite_project.folder}/eu.db"
    sqlite_project.versions.mkdir(parents=True)
    return sqlite_project


def app(project: Project, section: str, **options: Any) -> App:
    project.configure(section)
    return project.app(models, **options)


def found(project: Project, section: str, depth: Depth = Depth.APP) -> tuple[Finding, ...]:
    return checked(app(project, section), depth).findings


def codes(report: ConfigReport) -> list[str]:
    return [finding.rule.code for finding in report.findings]


def folder(project: Project, name: str) -> Path:
    """Make the folder of another history, without any revision."""
    path = project.folder / name
    (path / "versions").mkdir(parents=True)
    return path


def revision(folder: Path, name: str, down: str | None = None) -> None:
    text = f'revision = "{name}"\ndown_revision = {down!r}\ndef upgrade(): pass\n'
    (folder / "versions" / f"{name}.py").write_text(text)


# --- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize("section", ["multidb = true\n", "[binds.eu]\n[binds.my-bind]\n"])
def test_a_template_that_can_not_name_the_function_of_a_bind(
    project: Project, section: str
) -> None:
    project.binds["my-bind"] = "sqlite://"
    assert found(project, section) == ()
    template = project.folder / "migrations" / "script.py.mako"
    template.write_text("")
    finding = only(checked(app(project, section)))
    assert said(finding)[::2] == ("FMD416", None)
    assert finding.place
    assert finding.place.path == template
    assert 'upgrade_my-bind() for the bind "my-bind"' in finding.message
    assert "that is no Python name" in finding.message
    assert "give the bind a directory" in finding.help


def test_a_history_of_one_bind_has_no_function_to_name(project: Project) -> None:
    project.binds["my-bind"] = "sqlite://"
    own = folder(project, "own")
    section = '[binds.eu]\n[binds.my-bind]\ndirectory = "own"\n'
    for path in (own, project.folder / "migrations"):
        (path / "script.py.mako").write_text("")
    assert found(project, section) == ()


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("[binds.eu]\n", []),
        ("multidb = true\n", []),
        ("[binds.default]\n", [("FMD417", 1)]),
        ("[binds.eu]\n[binds.default]\n", [("FMD417", 2)]),
    ],
)
def test_default_may_be_one_database_only(
    project: Project, section: str, expected: list[tuple[str, int]]
) -> None:
    project.binds["default"] = "sqlite://"
    assert [said(finding)[::2] for finding in found(project, section)] == expected


def test_default_is_a_bind_where_there_is_no_main_database(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "url", None)
    project.binds["default"] = "sqlite://"
    section = """
    [binds.default]
    [renames]
    tables = [{ from = "log", to = "event_default", bind = "default" }]
    """
    assert found(project, section) == ()


@pytest.mark.parametrize("section", ["[binds.default]\n", "multidb = true\n"])
def test_a_hint_for_the_main_database_names_no_bind(project: Project, section: str) -> None:
    hint = 'renames.tables = [{ from = "user", to = "account", bind = "default" }]\n'
    finding = only(checked(app(project, hint + section)))
    assert said(finding) == ("FMD402", 'the app has no bind "default" (it has: eu)', 1)
    assert finding.help == "leave bind out, where the default database is meant"
    stopped = app(project, hint + section).run("db", "upgrade", exit_code=2)
    assert "leave bind out, where the default database is meant" in stopped


# --- an env.py of the project's own ------------------------------------------------------------


@pytest.mark.parametrize("bind", ["eu", "default"])
def test_an_env_can_not_be_told_of_a_history_of_one_bind(project: Project, bind: str) -> None:
    env = folder(project, "own") / "env.py"
    section = "[binds]\neu = {}\ndefault = {}\n".replace(
        f"{bind} = {{}}", f'{bind} = {{ directory = "own" }}'
    )
    assert found(project, section) == ()
    env.write_text("")
    finding = only(checked(app(project, section)))
    assert finding.rule.code == "FMD418"
    assert finding.place
    assert finding.place.path == env
    assert f'"{bind}"' in finding.message
    assert finding.help == "remove it, without changes of your own"


@pytest.mark.parametrize("bind", ["eu", "default"])
def test_an_env_does_not_use_the_url_of_a_variable(
    project: Project, bind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_URL", "sqlite://")
    section = f'[binds.{bind}]\nurl_env = "OWN_URL"\n'
    assert found(project, section) == ()
    env = project.folder / "migrations" / "env.py"
    env.write_text("")
    finding = only(checked(app(project, section)))
    assert finding.rule.code == "FMD418"
    assert "OWN_URL" in finding.message
    assert finding.place
    assert finding.place.path == env


def test_an_env_beside_a_bind_that_the_app_lacks(project: Project) -> None:
    (project.folder / "migrations" / "env.py").write_text("")
    assert codes(checked(app(project, "[binds.us]\n"))) == ["FMD402"]
    project.binds["default"] = "sqlite://"
    assert codes(checked(app(project, "[binds.default]\n"))) == ["FMD417"]


# --- folders -----------------------------------------------------------------------------------


def test_code_may_name_the_folder_of_another_history(project: Project) -> None:
    folder(project, "eu")
    section = '[binds.eu]\ndirectory = "eu"\n'
    assert found(project, section) == ()
    finding = only(checked(app(project, section, directory="eu/../eu")))
    assert said(finding)[::2] == ("FMD218", 2)


def test_alembic_ini_may_name_the_scripts_of_another_history(project: Project) -> None:
    folder(project, "migrations/versions/eu")
    section = '[binds.eu]\ndirectory = "migrations/versions/eu"\n'
    (project.folder / "migrations" / "env.py").write_text("")
    ini = project.folder / "migrations" / "alembic.ini"
    ini.write_text("[alembic]\n")
    assert found(project, section) == ()
    ini.write_text("[alembic]\nrecursive_version_locations = true\n")
    assert said(only(checked(app(project, section))))[::2] == ("FMD218", 2)


def test_a_link_may_lead_to_the_folder_of_another_history(project: Project) -> None:
    (project.folder / "link").symlink_to(project.folder / "migrations")
    finding = only(checked(app(project, '[binds.eu]\ndirectory = "link"\n')))
    assert finding.rule.code == "FMD218"


def test_histories_that_read_each_other_stop_every_command(project: Project) -> None:
    section = f'[binds.eu]\ndirectory = "{project.folder}/x/../migrations"\n'
    assert "FMD218" in app(project, section).run("db", "heads", exit_code=2)


# --- revisions of each -------------------------------------------------------------------------


def test_the_folder_of_each_history_is_looked_for(project: Project) -> None:
    section = 'directory = "main"\n[binds.eu]\ndirectory = "elsewhere"\n'
    section += 'version_locations = ["elsewhere/versions", "plugins"]\n'
    report = checked(app(project, section))
    assert [said(finding)[::2] for finding in report.findings] == [("FMD421", 1), ("FMD421", 3)]
    folder(project, "main")
    folder(project, "elsewhere")
    finding = only(checked(app(project, section)))
    assert said(finding)[::2] == ("FMD421", 4)
    assert "plugins" in finding.message


def test_the_scripts_and_heads_of_each_history_are_looked_at(project: Project) -> None:
    own = folder(project, "own")
    section = 'directory = "migrations"\n[binds.eu]\ndirectory = "own"\n'
    for path in (own, project.folder / "migrations"):
        for name, down in (("a", None), ("b", "a"), ("c", "a")):
            revision(path, name, down)
    assert [said(finding)[::2] for finding in found(project, section)] == [
        ("FMD425", 1),
        ("FMD425", 3),
    ]
    revision(own, "c", "gone")
    (project.versions / "c.py").write_text("import nowhere\n")
    report = checked(app(project, section))
    assert sorted(codes(report)) == ["FMD422", "FMD423"]
    places = {f.rule.code: f.place.path for f in report.findings if f.place}
    assert places == {"FMD422": project.versions / "c.py", "FMD423": own / "versions" / "c.py"}


def test_each_database_is_held_against_its_own_history(project: Project) -> None:
    own = folder(project, "own")
    revision(own, "b")
    revision(project.folder / "migrations", "a")
    section = 'directory = "migrations"\n[binds.eu]\ndirectory = "own"\n'
    both = app(project, section)
    behind = checked(both, Depth.DATABASES)
    assert [said(finding)[::2] for finding in behind.findings] == [("FMD507", 1), ("FMD507", 3)]
    both.run("db", "upgrade")
    assert checked(both, Depth.DATABASES).findings == ()
    both.execute("UPDATE alembic_version SET version_num = 'a'", bind="eu")
    finding = only(checked(both, Depth.DATABASES))
    assert said(finding)[::2] == ("FMD508", 3)
    assert 'the bind "eu" is at the revision "a"' in finding.message


def test_the_folder_on_the_command_line_may_be_that_of_a_bind(project: Project) -> None:
    revision(folder(project, "own"), "b")
    revision(project.folder / "migrations", "a")
    both = app(project, '[binds.eu]\ndirectory = "own"\n')
    both.run("db", "upgrade")
    for given in ("own", "migrations/../own", "migrations"):
        said = both.run("db", "check-config", "--database", "-d", given)
        assert "nothing to mend" in said
    folder(project, "other")
    said = both.run("db", "check-config", "--database", "-d", "other", exit_code=1)
    assert 'the default database is at the revision "a", which the history does not have' in said


# --- version tables ----------------------------------------------------------------------------


def test_histories_of_one_database_need_two_version_tables(project: Project) -> None:
    project.binds["eu"] = project.url
    folder(project, "own")
    section = '[binds.eu]\ndirectory = "own"\n'
    finding = only(checked(app(project, section)))
    assert said(finding)[::2] == ("FMD419", 1)
    assert "the default database" in finding.message
    assert 'the bind "eu"' in finding.message
    assert finding.help == "set version_table for one of them"
    stopped = app(project, section).run("db", "upgrade", exit_code=2)
    assert "set version_table for one of them" in stopped
    assert found(project, f'{section}version_table = "eu_version"\n') == ()
    assert found(project, f'{section}[binds.default]\nversion_table = "main_version"\n') == ()
    assert said(only(checked(app(project, "[binds.eu]\n"))))[0] == "FMD419"


def test_databases_in_memory_are_not_the_same(project: Project) -> None:
    project.url = project.binds["eu"] = "sqlite://"
    folder(project, "own")
    assert found(project, '[binds.eu]\ndirectory = "own"\n') == ()


# --- binds that are left out -------------------------------------------------------------------


def test_a_bind_that_is_not_migrated_is_left_alone(project: Project) -> None:
    section = """
    [binds.eu]
    enabled = false
    directory = "nowhere"
    url_env = "NOWHERE_URL"
    """
    both = app(project, section)
    revision(project.folder / "migrations", "a")
    both.run("db", "upgrade")
    report = checked(both, Depth.DATABASES)
    assert report.findings == ()
    assert report.depths[-1].ran
    assert report.depths[-1].detail == "<default>"
    assert not (project.folder / "eu.db").exists()


def test_the_main_database_may_be_left_out(project: Project) -> None:
    project.versions.rmdir()
    (project.folder / "migrations").rmdir()
    folder(project, "own")
    section = '[binds.default]\nenabled = false\n[binds.eu]\ndirectory = "own"\n'
    report = checked(app(project, section), Depth.DATABASES)
    assert report.findings == ()
    assert report.depths[-1].detail == "eu"
    assert not (project.folder / "app.db").exists()


# --- URLs of variables -------------------------------------------------------------------------


@pytest.mark.parametrize("bind", ["eu", "default"])
def test_a_variable_that_is_not_set(project: Project, bind: str) -> None:
    section = f"""
    [binds.{bind}]
    url_env = "OWN_URL"
    [renames]
    tables = [{{ from = "user", to = "account" }}]
    columns = [{{ table = "event_eu", from = "no", to = "id"{', bind = "eu"' * (bind == "eu")} }}]
    """
    section = section if bind == "eu" else section.replace("event_eu", "account")
    assert found(project, section) == ()
    one = app(project, section)
    for format_ in FORMATS:
        shown = one.result("db", "check-config", "--database", "--format", format_)
        assert shown.exit_code == 2
        said = shown.stdout + shown.stderr
        assert "Traceback" not in said
        assert "OWN_URL, from which " in said
        assert "takes its URL for migrations, is not set" in said
    label = "eu" if bind == "eu" else "<default>"
    assert f"did not check the databases: {label}: OWN_URL" in one.run(
        "db", "check-config", "--database", exit_code=2
    )


@pytest.mark.parametrize(
    "url",
    [
        f"sqlite://owner:{SECRET}@/nowhere",
        f"postgresql://owner:{SECRET}@db.example/shop",
        f"nosuchdatabase://owner:{SECRET}@db.example/shop",
        f"owner:{SECRET}@db.example/shop",
        f"://owner:{SECRET}@db.example/shop",
        f"sqlite://owner:{SECRET}@db.example:port/shop",
        f"sqlite://owner:{SECRET}@[db.example/shop",
        f"sqlite:///file:nowhere/x.db?uri=true&password={SECRET}",
        f"{SECRET}",
    ],
)
def test_the_password_of_a_variable_is_never_shown(
    project: Project, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("OWN_URL", url)
    one = app(project, '[binds.eu]\nurl_env = "OWN_URL"\n')
    revision(project.folder / "migrations", "a")
    commands = [["check-config", "--database", "--format", format_] for format_ in FORMATS]
    commands += [["show-config"], ["show-config", "--bind", "eu", "--format", "json"], ["current"]]
    commands += [["check"], ["upgrade"], ["upgrade", "--sql"], ["renames"], ["history", "-i"]]
    for command in commands:
        shown = one.result("db", *command)
        assert shown.exception is None or isinstance(shown.exception, SystemExit), command
        assert SECRET not in shown.stdout + shown.stderr, command
        if command[0] == "check-config":
            # A file that is not there is none that is out of reach.
            assert shown.exit_code == (0 if "file:" in url else 2), shown.stdout


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://owner:{SECRET}@127.0.0.1:1/shop",
        f"postgresql+psycopg://owner:{SECRET}@127.0.0.1:99999/shop",
        f"postgresql+psycopg://owner:{SECRET}@127.0.0.1:1/shop?nonsense=1",
        f"postgresql+psycopg://owner:{SECRET}@127.0.0.1:1/shop?connect_timeout=soon",
        f"postgresql+psycopg://127.0.0.1:1/shop?user=owner&password={SECRET}",
        f"postgresql+psycopg://owner:{SECRET}%40x@127.0.0.1:1/shop%00",
        f"postgresql+nosuchdriver://owner:{SECRET}@127.0.0.1:1/shop",
    ],
)
def test_the_password_of_a_variable_is_not_shown_where_no_server_answers(
    project: Project, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    pytest.importorskip("psycopg")
    project.binds["eu"] = "postgresql+psycopg://127.0.0.1:1/shop"
    monkeypatch.setenv("OWN_URL", url)
    hint = 'renames.tables = [{ from = "log", to = "event_eu", bind = "eu" }]\n'
    one = app(project, f'{hint}[binds.eu]\nurl_env = "OWN_URL"\n')
    revision(project.folder / "migrations", "a")
    for command in (["check-config", "--database"], ["current"], ["upgrade"], ["renames"]):
        shown = one.result("db", *command)
        assert shown.exception is None or isinstance(shown.exception, SystemExit), command
        assert SECRET not in shown.stdout + shown.stderr, command
        assert shown.exit_code == 2, command


def test_a_history_that_no_database_follows_needs_no_folder(project: Project) -> None:
    folder(project, "own")
    project.configure('[binds.eu]\ndirectory = "own"\n')
    one = project.app(lambda _db: None, has_main_database=False)
    codes = {finding.rule.code for finding in checked(one).findings}
    assert "FMD421" not in codes
