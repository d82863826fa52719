"""Corners of several databases: the name "default", keys that are no text, nothing to migrate."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer

from flask_migrate_decl.environment.logs import preserved_logging
from tests.project import Define, Project
from tests.test_flask_migrate_folders import made_by_flask_migrate


def tables(**names: str | None) -> Define:
    """Have tables of these names, each in the database of its bind."""

    def define(db: SQLAlchemy) -> None:
        for name, bind in names.items():
            options = {} if bind is None else {"bind_key": bind}
            db.Table(name, Column("id", Integer, primary_key=True), **options)

    return define


@pytest.fixture
def several(tmp_path: Path) -> Project:
    """Give a project whose app has two binds, beside a main database that it may leave out."""
    urls = {name: f"sqlite:///{tmp_path}/{name}.db" for name in ("default", "second")}
    return Project(tmp_path, f"sqlite:///{tmp_path}/app.db", urls)


# --- a bind that is called as the main database is ----------------------------------------------


@pytest.mark.parametrize(
    "section",
    [
        "[binds.default]\n",
        "[binds.default]\n[binds.second]\n",
        '[binds.default]\n[binds.second]\ndirectory = "second"\n',
        '[binds.default]\ndirectory = "own"\n[binds.second]\n',
        "multidb = true\n",
    ],
)
def test_a_bind_may_be_the_default_where_there_is_no_other(several: Project, section: str) -> None:
    several.configure(section)
    app = several.app(tables(of_default="default", of_second="second"), has_main_database=False)
    for command in ("init", "migrate", "upgrade", "check"):
        app.run("db", command)
    assert app.rows(bind="default") == {"of_default": []}
    app.run("db", "downgrade", "--bind", "default")
    assert app.rows(bind="default") == {}
    app.run("db", "upgrade")
    assert app.rows(bind="default") == {"of_default": []}


def test_a_bind_that_comes_to_the_default_one_shares_its_history(several: Project) -> None:
    several.configure("[binds.default]\n")
    define = tables(of_default="default", of_second="second")
    app = several.app(define, has_main_database=False)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    several.configure("[binds.default]\n[binds.second]\n")
    app = several.app(define, has_main_database=False)
    for command in ("upgrade", "migrate", "upgrade", "check"):
        app.run("db", command)
    app.run("db", "downgrade", "base")
    assert (app.rows(bind="default"), app.rows(bind="second")) == ({}, {})
    app.run("db", "upgrade")
    assert app.rows(bind="default") == {"of_default": []}
    assert app.rows(bind="second") == {"of_second": []}


@pytest.mark.parametrize("directory", ["", 'directory = "own"\n'], ids=["shared", "own"])
def test_init_refuses_a_default_that_is_two_databases(several: Project, directory: str) -> None:
    several.configure(f"[binds.default]\n{directory}")
    app = several.app(tables(item=None, of_default="default", of_second="second"))
    said = app.run("db", "init", exit_code=2)
    assert 'the app has a bind "default"' in said
    assert not (several.folder / "migrations").exists()
    assert not (several.folder / "own").exists()


def test_two_databases_have_no_file_in_common(several: Project) -> None:
    several.configure("multidb = true")
    app = several.app(tables(item=None, of_default="default", of_second="second"))
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    said = app.run("db", "upgrade", "--sql", "--output-dir", "sql", exit_code=2)
    assert 'the app has a bind "default"' in said
    assert not (several.folder / "sql").exists()


# --- keys --------------------------------------------------------------------------------------


def test_an_empty_key_is_refused(sqlite_project: Project) -> None:
    sqlite_project.binds[""] = f"sqlite:///{sqlite_project.folder}/empty.db"
    sqlite_project.configure("multidb = true")
    app = sqlite_project.app(tables(item=None, of_empty=""))
    for command in ("init", "check-config"):
        said = app.run("db", command, exit_code=2)
        assert "SQLALCHEMY_BINDS has an empty key: give the bind a name" in said
    sqlite_project.configure("")
    app = sqlite_project.app(tables(item=None, of_empty=""))
    for command in ("init", "migrate"):
        app.run("db", command)


@pytest.mark.parametrize("command", ["upgrade", "current", "init", "migrate"])
def test_no_bind_has_an_empty_name(sqlite_project: Project, command: str) -> None:
    app = sqlite_project.app(tables(item=None))
    if command != "init":
        app.run("db", "init")
    said = app.run("db", command, "--bind", "", exit_code=2)
    assert "--bind: the name is empty (migrated: default)" in said
    assert sqlite_project.scripts() == {}


@pytest.mark.parametrize("section", ["multidb = true", '[binds."2024"]'])
def test_a_key_that_is_no_text_is_refused(sqlite_project: Project, section: str) -> None:
    key: str = 2024  # type: ignore[assignment]
    sqlite_project.binds[key] = f"sqlite:///{sqlite_project.folder}/2024.db"
    sqlite_project.configure(section)
    app = sqlite_project.app(tables(item=None, of_2024=key))
    said = app.run("db", "init", exit_code=2)
    assert 'SQLALCHEMY_BINDS has the key 2024, which is no text: write "2024"' in said
    assert sqlite_project.scripts() == {}
    sqlite_project.configure("")
    app = sqlite_project.app(tables(item=None, of_2024=key))
    for command in ("init", "migrate"):
        app.run("db", command)


# --- nothing to migrate ------------------------------------------------------------------------

COMMANDS = ["migrate", "upgrade", "check", "current", "stamp", "heads", "history"]


def test_nothing_goes_on_where_no_bind_is_declared(several: Project) -> None:
    app = several.app(tables(of_second="second"), has_main_database=False)
    app.run("db", "init")
    for command in COMMANDS:
        said = app.run("db", command, exit_code=2)
        assert "no database is migrated" in said
        assert "multidb = true" in said
    assert several.scripts() == {}


def test_init_takes_all_binds_of_an_app_without_a_main_database(several: Project) -> None:
    define = tables(of_default="default", of_second="second")
    app = several.app(define, has_main_database=False)
    app.run("db", "init", "--multidb")
    app = several.app(define, has_main_database=False)
    for command in ("migrate", "upgrade", "check"):
        app.run("db", command)
    assert app.rows(bind="second") == {"of_second": []}


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_goes_on_in_a_folder_that_no_database_follows(
    several: Project, command: str
) -> None:
    several.configure('[binds.second]\ndirectory = "second"')
    app = several.app(tables(of_second="second"), has_main_database=False)
    app.run("db", "init")
    (several.folder / "nowhere" / "versions").mkdir(parents=True)
    said = app.run("db", "-d", "nowhere", command, exit_code=2)
    assert "no database is migrated" in said


@pytest.mark.parametrize("command", ["upgrade", "stamp"])
def test_nothing_is_run_where_a_folder_is_missing(several: Project, command: str) -> None:
    several.configure('[binds.second]\ndirectory = "second"')
    app = several.app(tables(item=None, of_second="second"))
    app.run("db", "init")
    app.run("db", "migrate")
    (several.folder / "second").rename(several.folder / "elsewhere")
    assert "there is no folder" in app.run("db", command, exit_code=2)
    assert app.rows() == {}
    assert app.run("db", "current", "--bind", "default") == "<default>:\n"


@pytest.mark.parametrize("command", [["upgrade"], ["stamp"], ["upgrade", "--sql"]])
def test_nothing_is_run_where_an_env_of_ones_own_can_not_be_used(
    several: Project, command: list[str]
) -> None:
    several.configure('[binds.second]\ndirectory = "second"')
    app = several.app(tables(item=None, of_second="second"))
    app.run("db", "init")
    app.run("db", "migrate")
    (several.folder / "second" / "env.py").write_text("")
    said = app.run("db", *command, exit_code=2)
    assert "env.py can't be used for this" in said
    assert "what is left of each database" not in said
    assert app.rows() == {}


# --- one database under two names --------------------------------------------------------------


def test_two_binds_of_one_database_that_share_a_history(several: Project) -> None:
    several.binds["second"] = several.url
    several.configure("[binds.second]")
    app = several.app(tables(item=None, of_second="second"))
    said = app.run("db", "upgrade", exit_code=2)
    assert "keep their revisions in one table of one database" in said
    several.configure('[binds.second]\nversion_table = "at"\ninclude_name = "os.path:isabs"')
    app = several.app(tables(item=None, of_second="second"))
    for command in ("init", "upgrade"):
        app.run("db", command)


def by_prefix(**prefixes: str | None) -> Define:
    """Have a table in each database that begins with a prefix, and another one."""

    def define(db: SQLAlchemy) -> None:
        for prefix, bind in prefixes.items():
            tables(**{f"{prefix}_a": bind, f"{prefix}_b": bind})(db)

    return define


@pytest.mark.parametrize("filter_", ["", "include_name = 'filters:{}'\n"], ids=["plain", "own"])
def test_no_history_drops_the_version_table_of_another(
    project: Project, filter_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("filters")
    module.main = lambda name, kind, _parents: kind != "table" or name.startswith("m")  # type: ignore[attr-defined]
    module.second = lambda name, kind, _parents: kind != "table" or name.startswith("s")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "filters", module)
    project.binds["second"] = project.url
    project.configure(
        f"[binds.default]\n{filter_.format('main')}"
        f'[binds.second]\ndirectory = "second"\nversion_table = "s_version"\n'
        f"{filter_.format('second')}"
    )
    app = project.app(by_prefix(m=None, s="second"))
    app.run("db", "init")
    app.run("db", "migrate")
    app.run("db", "upgrade")
    if filter_:
        app.run("db", "check")
        assert "No changes" in app.run("db", "migrate")
    assert set(app.rows()) == {"m_a", "m_b", "s_a", "s_b", "s_version"}
    app.run("db", "downgrade", "--bind", "second")
    app.run("db", "upgrade")
    assert "<base>" not in app.run("db", "current")


def in_schemas(**schemas: str) -> Define:
    """Have a table in each database, whose bind looks in a schema of its own."""

    def define(db: SQLAlchemy) -> None:
        tables(item=None)(db)
        for bind in schemas:
            tables(**{f"of_{bind}": bind})(db)

    return define


@pytest.mark.postgresql
@pytest.mark.parametrize("directory", ["", 'directory = "of_{}"\n'], ids=["shared", "own"])
def test_binds_of_one_database_may_look_in_schemas_of_their_own(
    postgres_project: Project, directory: str
) -> None:
    project = postgres_project
    project.app(lambda _db: None).execute("CREATE SCHEMA a", "CREATE SCHEMA b")
    for bind in ("a", "b"):
        project.binds[bind] = f"{project.url}&options=-csearch_path%3D{bind}"
    project.configure("".join(f"[binds.{bind}]\n{directory.format(bind)}" for bind in "ab"))
    app = project.app(in_schemas(a="a", b="b"))
    app.run("db", "init")
    app.run("db", "migrate")
    app.run("db", "upgrade")
    app.run("db", "check")
    assert [list(app.rows(schema, bind)) for schema, bind in (("public", None), ("a", "a"))] == [
        ["item"],
        ["of_a"],
    ]
    app.run("db", "downgrade", "base", "--bind", "a")
    assert list(app.rows("a", "a")) == []
    assert list(app.rows("b", "b")) == ["of_b"]
    app.run("db", "upgrade")
    app.run("db", "check")


@pytest.mark.postgresql
def test_no_history_drops_the_version_table_of_another_schema(postgres_project: Project) -> None:
    project = postgres_project
    project.app(lambda _db: None).execute("CREATE SCHEMA crm")
    project.binds["crm"] = project.url
    project.configure(
        """
        include_schemas = true
        [binds.crm]
        directory = "crm"
        version_table_schema = "crm"
        """
    )
    app = project.app(tables(item=None))
    app.run("db", "init")
    app.run("db", "revision", "--bind", "crm")
    app.run("db", "upgrade")
    app.run("db", "migrate", "--bind", "default")
    assert "alembic_version" not in project.newest_script()
    app.run("db", "upgrade")
    app.run("db", "check", "--bind", "default")
    assert "<base>" not in app.run("db", "current")


@pytest.mark.postgresql
def test_the_default_schema_is_the_same_where_it_is_named(postgres_project: Project) -> None:
    postgres_project.binds["crm"] = postgres_project.url
    postgres_project.configure('[binds.crm]\ndirectory = "crm"\nversion_table_schema = "public"\n')
    said = postgres_project.app(tables(item=None)).run("db", "upgrade", exit_code=2)
    assert "keep their revisions in one table of one database" in said


# --- a bind that is left out for a time --------------------------------------------------------


@pytest.mark.parametrize("others", ["", "[binds.default]\n[binds.second]\n"])
def test_a_bind_that_was_left_out_is_taken_in_again(several: Project, others: str) -> None:
    del several.binds["default"]
    several.binds["third"] = f"sqlite:///{several.folder}/third.db"

    def models(*columns: str) -> Define:
        def define(db: SQLAlchemy) -> None:
            for bind in (None, "second", "third"):
                options = {} if bind is None else {"bind_key": bind}
                texts = [Column(column, Integer) for column in columns]
                db.Table("item", Column("id", Integer, primary_key=True), *texts, **options)

        return define

    several.configure(f"{others}[binds.third]")
    app = several.app(models())
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    several.configure(f"{others}[binds.third]\nenabled = false")
    app = several.app(models("size"))
    for command in ("migrate", "upgrade", "check"):
        app.run("db", command)
    assert "third" not in several.newest_script()
    several.configure(f"{others}[binds.third]")
    app = several.app(models("size"))
    assert "flask db upgrade --bind third" in app.run("db", "check", exit_code=2)
    app.run("db", "upgrade")
    assert "add column item.size" in app.run("db", "check", exit_code=1)
    app.run("db", "migrate")
    assert several.newest_script().count("batch_alter_table") == 2
    app.run("db", "upgrade")
    app.run("db", "check")
    app.run("db", "downgrade", "base")
    assert (app.rows(), app.rows(bind="third")) == ({}, {})
    app.run("db", "upgrade")
    app.run("db", "check")


# --- an env.py that knows nothing of all this --------------------------------------------------


@pytest.fixture
def of_flask_migrate(several: Project) -> Project:
    """Give a folder of two databases that Flask-Migrate made, with a row in each."""
    del several.binds["default"]
    app = several.app(tables(item=None, of_second="second"))
    with preserved_logging():
        made_by_flask_migrate(app, multidb=True)
    app.execute("INSERT INTO of_second VALUES (1)", bind="second")
    app.execute("INSERT INTO item VALUES (1)")
    return several


LEFT_OUT = {
    "[binds.second]\nenabled = false": 'the bind "second" too, which is not enabled',
    'multidb = true\n[binds.second]\ndirectory = "second"': (
        'the bind "second" too, which has a history of its own'
    ),
    "multidb = true\n[binds.default]\nenabled = false": "the default database too",
    'multidb = true\n[binds.default]\ndirectory = "main"': "the default database too",
}


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
@pytest.mark.parametrize("section", LEFT_OUT)
def test_an_env_that_takes_all_binds_leaves_none_out(
    of_flask_migrate: Project, section: str
) -> None:
    of_flask_migrate.configure(section)
    app = of_flask_migrate.app(tables(item=None, of_second="second"))
    app.result("db", "init")
    for command in (["downgrade", "-d", "migrations", "base"], ["upgrade"], ["stamp", "base"]):
        said = app.run("db", *command, exit_code=2)
        assert LEFT_OUT[section] in said
    app.run("db", "migrate", exit_code=2)
    assert "FMD418" in app.run("db", "check-config", exit_code=1)
    assert app.rows(bind="second") == {"of_second": [{"id": 1}]}
    assert app.rows() == {"item": [{"id": 1}]}


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
@pytest.mark.parametrize("section", ["", "multidb = true", "[binds.second]"])
def test_an_env_that_takes_all_binds_is_not_run_for_one(
    of_flask_migrate: Project, section: str
) -> None:
    of_flask_migrate.configure(section)
    app = of_flask_migrate.app(tables(item=None, of_second="second"))
    said = app.run("db", "downgrade", "--bind", "default", "base", exit_code=2)
    assert "it can't be told which binds to take" in said
    assert app.rows(bind="second") == {"of_second": [{"id": 1}]}
    assert app.rows() == {"item": [{"id": 1}]}
    app.run("db", "downgrade", "base")
    assert (app.rows(), app.rows(bind="second")) == ({}, {})


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
def test_an_env_of_one_database_stands_beside_other_histories(several: Project) -> None:
    del several.binds["default"]
    define = tables(item=None, of_second="second")
    with preserved_logging():
        made_by_flask_migrate(several.app(define))
    several.configure('[binds.second]\ndirectory = "second"')
    app = several.app(define)
    for command in ("init", "migrate", "upgrade", "check"):
        app.run("db", command)
    assert (app.rows(), app.rows(bind="second")) == ({"item": []}, {"of_second": []})
    app.run("db", "downgrade", "--bind", "default")
    assert (app.rows(), app.rows(bind="second")) == ({}, {"of_second": []})


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
@pytest.mark.parametrize("section", ["multidb = true", "[binds.second]"])
def test_an_env_of_one_database_is_not_run_for_several(several: Project, section: str) -> None:
    del several.binds["default"]
    define = tables(item=None, of_second="second")
    with preserved_logging():
        made_by_flask_migrate(several.app(define))
    several.configure(section)
    app = several.app(define)
    for command in ("migrate", "upgrade", "check", "current"):
        said = app.run("db", command, exit_code=2)
        assert 'it does not migrate the bind "second"' in said
    assert "FMD418" in app.run("db", "check-config", exit_code=1)
    for name in ("env.py", "alembic.ini", "script.py.mako", "README"):
        (several.folder / "migrations" / name).unlink()
    for command in ("upgrade", "migrate", "upgrade", "check"):
        app.run("db", command)
    assert (app.rows(), app.rows(bind="second")) == ({"item": []}, {"of_second": []})


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
def test_an_env_of_ones_own_stumbles_over_a_bind_that_came_later(
    of_flask_migrate: Project,
) -> None:
    of_flask_migrate.binds["later"] = f"sqlite:///{of_flask_migrate.folder}/later.db"
    define = tables(item=None, of_second="second", of_later="later")
    app = of_flask_migrate.app(define)
    said = app.run("db", "upgrade", exit_code=2)
    assert "a revision has no upgrade_later(), for a bind that came later" in said
    assert "it can be removed, and the packaged environment does it" in said
    for name in ("env.py", "alembic.ini", "script.py.mako", "README"):
        (of_flask_migrate.folder / "migrations" / name).unlink()
    of_flask_migrate.configure("multidb = true")
    scripts = of_flask_migrate.scripts()
    app = of_flask_migrate.app(define)
    for command in ("upgrade", "migrate", "upgrade", "check"):
        app.run("db", command)
    rows = [app.rows(bind=bind) for bind in (None, "second", "later")]
    assert rows == [{"item": [{"id": 1}]}, {"of_second": [{"id": 1}]}, {"of_later": []}]
    app.run("db", "downgrade")
    assert app.rows(bind="later") == {}
    assert app.rows(bind="second") == {"of_second": [{"id": 1}]}
    assert scripts.items() < of_flask_migrate.scripts().items()
