"""Several databases in one project, with one history for all of them and with their own."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String

from flask_migrate_decl.environment.logs import preserved_logging
from tests.project import App, Define, Project
from tests.test_flask_migrate_folders import made_by_flask_migrate


def files(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder, but for what Python puts there."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def scripts(project: Project, folder: str = "migrations") -> set[str]:
    return {path.name for path in (project.folder / folder / "versions").glob("*.py")}


def table(db: SQLAlchemy, bind: str | None, name: str, *columns: str) -> None:
    """Define a table of texts."""
    options = {} if bind is None else {"bind_key": bind}
    texts = [Column(column, String(20)) for column in columns]
    db.Table(name, Column("id", Integer, primary_key=True), *texts, **options)


# --- three kinds of databases ------------------------------------------------------------------

BINDS = (None, "pg", "maria")


def users(db: SQLAlchemy) -> None:
    """Have the same table in all databases."""
    for bind in BINDS:
        table(db, bind, "user", "name", "mail")


def renamed_on(meant: str) -> Define:
    """Let the table and a column of one database get another name."""

    def define(db: SQLAlchemy) -> None:
        for bind in BINDS:
            if bind == meant:
                table(db, bind, "account", "full_name", "mail")
            else:
                table(db, bind, "user", "name", "mail")

    return define


@pytest.fixture
def mixed(tmp_path: Path, postgres_url: str, mariadb_url: str) -> Project:
    urls = {"pg": postgres_url, "maria": mariadb_url}
    return Project(tmp_path, f"sqlite:///{tmp_path}/app.db", urls)


SHARED = "[binds.pg]\n[binds.maria]\n"
OWN = '[binds.pg]\ndirectory = "migrations/pg"\n[binds.maria]\ndirectory = "of_maria"\n'
FOLDERS = {"pg": "migrations/pg", "maria": "of_maria"}


def hints(bind: str) -> str:
    return f"""
    [[renames.tables]]
    from = "user"
    to = "account"
    bind = "{bind}"
    [[renames.columns]]
    table = "account"
    from = "name"
    to = "full_name"
    bind = "{bind}"
    """


def filled(app: App) -> None:
    for bind in BINDS:
        quote = "`" if bind == "maria" else '"'
        insert = f"INSERT INTO {quote}user{quote} (id, name, mail) VALUES (1, 'Ann', 'a@x')"
        app.execute(insert, bind=bind)


BEFORE = {"user": [{"id": 1, "name": "Ann", "mail": "a@x"}]}
AFTER = {"account": [{"id": 1, "full_name": "Ann", "mail": "a@x"}]}


def are_as(app: App, renamed: str) -> None:
    for bind in BINDS:
        assert app.rows(bind=bind) == (AFTER if bind == renamed else BEFORE)


@pytest.mark.postgresql
@pytest.mark.mariadb
@pytest.mark.parametrize("section", [SHARED, OWN], ids=["shared", "own"])
@pytest.mark.parametrize("meant", ["pg", "maria"])
def test_a_rename_on_one_of_three_databases(mixed: Project, section: str, meant: str) -> None:
    mixed.configure(section)
    app = mixed.app(users)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    filled(app)
    before = files(mixed.folder)
    mixed.configure(section + hints(meant))
    app = mixed.app(renamed_on(meant))
    assert "renamed table user → account of the bind" in app.run("db", "migrate")
    new = [name for name in files(mixed.folder) if name not in before and name.endswith(".py")]
    folder = FOLDERS[meant] if section == OWN else "migrations"
    assert [str(Path(name).parent) for name in new] == [f"{folder}/versions"]
    for _ in range(2):
        app.run("db", "upgrade")
        are_as(app, meant)
        assert "No new upgrade operations" in app.run("db", "check")
        assert "No changes in schema" in app.run("db", "migrate")
        app.run("db", "downgrade", "--bind", meant, *([] if section == OWN else others(meant)))
        are_as(app, "nowhere")


def others(meant: str) -> list[str]:
    return [word for bind in BINDS if bind != meant for word in ("--bind", bind or "default")]


@pytest.mark.postgresql
@pytest.mark.mariadb
def test_a_swap_is_recorded_in_the_history_of_its_bind(mixed: Project) -> None:
    mixed.configure(OWN)
    app = mixed.app(users)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    filled(app)
    swap = """
    [[renames.columns]]
    table = "user"
    from = "name"
    to = "mail"
    bind = "{0}"
    [[renames.columns]]
    table = "user"
    from = "mail"
    to = "name"
    bind = "{0}"
    """
    mixed.configure(OWN + swap.format("maria"))
    app = mixed.app(users)
    app.run("db", "migrate")
    app.run("db", "upgrade")
    assert app.rows(bind="maria") == {"user": [{"id": 1, "name": "a@x", "mail": "Ann"}]}
    assert app.rows(bind="pg") == BEFORE
    assert "No changes in schema" in app.run("db", "migrate")
    assert re.search(r"(?m)^maria .*applied", app.run("db", "renames"))


# --- Flask-Migrate's folders -------------------------------------------------------------------


@pytest.fixture(autouse=True)
def logging_of_the_tests() -> object:
    """Keep Flask-Migrate's own commands from switching off the loggers of later tests."""
    with preserved_logging():
        yield


@pytest.fixture
def lite(tmp_path: Path) -> Project:
    """Give a default database and two binds, all of SQLite."""
    urls = {name: f"sqlite:///{tmp_path}/{name}.db" for name in ("second", "third")}
    return Project(tmp_path, f"sqlite:///{tmp_path}/app.db", urls)


THREE = (None, "second", "third")


def grown(steps: int) -> Define:
    """Have a table in all databases, with so many columns besides."""

    def define(db: SQLAlchemy) -> None:
        for bind in THREE:
            table(db, bind, "person", "name", *(f"extra_{n}" for n in range(steps)))

    return define


def emptied(project: Project) -> None:
    """Remove the databases."""
    for path in project.folder.glob("*.db"):
        path.unlink()


@pytest.fixture
def of_flask_migrate(lite: Project) -> Project:
    """Give a folder of four revisions, which Flask-Migrate made of three databases."""
    assert version("flask-migrate") == "4.1.0"
    made_by_flask_migrate(lite.app(grown(0)), multidb=True)
    for steps in (1, 2, 3):
        made_by_flask_migrate(lite.app(grown(steps)), begins=False)
    assert len(scripts(lite)) == 4
    return lite


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
@pytest.mark.parametrize("is_packaged", [False, True], ids=["own env.py", "packaged"])
def test_a_folder_of_flask_migrate_goes_on(of_flask_migrate: Project, is_packaged: bool) -> None:
    project, migrations = of_flask_migrate, of_flask_migrate.folder / "migrations"
    if is_packaged:
        for name in ("env.py", "alembic.ini", "script.py.mako", "README"):
            (migrations / name).unlink()
        project.configure("multidb = true")
    before = files(migrations)
    app = project.app(grown(3))
    assert "No new upgrade operations" in app.run("db", "check")
    for _ in range(2):
        app.run("db", "downgrade", "base")
        assert [app.rows(bind=bind) for bind in THREE] == [{}, {}, {}]
        app.run("db", "upgrade")
    emptied(project)
    app = project.app(grown(3))
    app.run("db", "upgrade")
    row = {"id": 1, "name": "Ann", "extra_0": None, "extra_1": None, "extra_2": None}
    for bind in THREE:
        app.execute("INSERT INTO person (id, name) VALUES (1, 'Ann')", bind=bind)
    assert files(migrations) == before
    later = project.app(grown(4))
    later.run("db", "migrate", "-m", "ours")
    later.run("db", "upgrade")
    assert [later.rows(bind=bind)["person"] for bind in THREE] == [[row | {"extra_3": None}]] * 3
    later.run("db", "downgrade")
    assert [later.rows(bind=bind)["person"] for bind in THREE] == [[row]] * 3
    after = files(migrations)
    assert {name: after[name] for name in before} == before


# --- a bind that comes later -------------------------------------------------------------------


def with_bind(steps: int, bind: str | None) -> Define:
    """Have a table in the main database, and another in one bind."""

    def define(db: SQLAlchemy) -> None:
        table(db, None, "person", "name", *(f"extra_{n}" for n in range(steps)))
        if bind is not None:
            table(db, bind, "visit", "page")

    return define


@pytest.fixture
def ten_revisions(sqlite_project: Project) -> Project:
    """Give a project of one database with ten revisions."""
    app = sqlite_project.app(with_bind(0, None))
    app.run("db", "init")
    for steps in range(10):
        app = sqlite_project.app(with_bind(steps, None))
        app.run("db", "migrate")
        app.run("db", "upgrade")
    app.execute("INSERT INTO person (id, name) VALUES (1, 'Ann')")
    assert len(scripts(sqlite_project)) == 10
    return sqlite_project


def added(project: Project, section: str) -> App:
    """Add a bind to a project of one database, and bring it in."""
    project.binds["later"] = f"sqlite:///{project.folder}/later.db"
    project.configure(section)
    app = project.app(with_bind(9, "later"))
    app.run("db", "init", exit_code=0 if "directory" in section else 2)
    return app


def taken_in(project: Project, app: App, folder: str) -> None:
    """Let a bind have its first revision, up and down, and see that no old script was touched."""
    before = files(project.folder / "migrations")
    app.run("db", "migrate", "-m", "visits")
    app.run("db", "upgrade")
    app.execute("INSERT INTO visit (id, page) VALUES (1, '/')", bind="later")
    assert app.rows(bind="later") == {"visit": [{"id": 1, "page": "/"}]}
    assert app.rows()["person"][0]["name"] == "Ann"
    assert "No new upgrade operations" in app.run("db", "check")
    new = files(project.folder / folder)
    assert sum("visits" in name for name in new) == 1
    app.run("db", "downgrade", "--bind", "later", *([] if folder == "later" else MAIN_TOO))
    assert app.rows(bind="later") == {}
    assert app.rows()["person"][0]["name"] == "Ann"
    after = files(project.folder / "migrations")
    assert {name: after[name] for name in before} == before
    emptied(project)
    app = project.app(with_bind(9, "later"))
    app.run("db", "upgrade")
    assert (list(app.rows()), list(app.rows(bind="later"))) == (["person"], ["visit"])
    assert "No new upgrade operations" in app.run("db", "check")


MAIN_TOO = ("--bind", "default")


@pytest.mark.parametrize("bring_in", [("upgrade",), ("stamp", "--bind", "later")], ids=" ".join)
def test_a_later_bind_shares_the_history_of_one_database(
    ten_revisions: Project, bring_in: tuple[str, ...]
) -> None:
    app = added(ten_revisions, "[binds.later]")
    said = app.run("db", "migrate", exit_code=2)
    assert 'the bind "later": Target database is not up to date.' in said
    assert "flask db upgrade --bind later" in said
    app.run("db", *bring_in)
    assert app.rows(bind="later") == {}
    taken_in(ten_revisions, app, "migrations")


def test_a_later_bind_has_a_history_of_its_own(ten_revisions: Project) -> None:
    app = added(ten_revisions, '[binds.later]\ndirectory = "later"')
    taken_in(ten_revisions, app, "later")


def test_a_later_bind_shares_the_history_of_several(lite: Project) -> None:
    app = lite.app(grown(0))
    app.run("db", "init", "--multidb")
    for steps in range(10):
        app = lite.app(grown(steps))
        app.run("db", "migrate")
        app.run("db", "upgrade")
    for bind in THREE:
        app.execute("INSERT INTO person (id, name) VALUES (1, 'Ann')", bind=bind)
    before = files(lite.folder / "migrations")
    lite.binds["later"] = f"sqlite:///{lite.folder}/later.db"

    def define(db: SQLAlchemy) -> None:
        grown(9)(db)
        table(db, "later", "visit", "page")

    app = lite.app(define)
    assert "flask db upgrade --bind later" in app.run("db", "migrate", exit_code=2)
    for command in ("upgrade", "migrate", "upgrade"):
        app.run("db", command)
    assert app.rows(bind="later") == {"visit": []}
    assert [app.rows(bind=bind)["person"][0]["name"] for bind in THREE] == ["Ann"] * 3
    app.run("db", "downgrade", "base")
    app.run("db", "upgrade")
    after = files(lite.folder / "migrations")
    assert {name: after[name] for name in before} == before


# --- transactions and order --------------------------------------------------------------------


def test_a_later_bind_has_nothing_in_scripts_that_evaluate(lite: Project) -> None:
    lite.configure("[binds.second]")
    app = lite.app(grown(0))
    app.run("db", "init")
    app.run("db", "migrate")
    (name,) = scripts(lite)
    path = lite.versions / name
    written = path.read_text()
    looked_up = 'globals()["upgrade_%s" % engine_name]()'
    path.write_text(written.replace(looked_up, 'eval("upgrade_%s" % engine_name)()'))
    lite.configure("multidb = true")
    app = lite.app(grown(0))
    app.run("db", "upgrade")
    assert [list(app.rows(bind=bind)) for bind in THREE] == [["person"], ["person"], []]


@pytest.mark.parametrize("mistake", ["upgrade_third", '{}["upgrade_third"]'])
def test_a_mistake_in_a_function_is_none_of_that(lite: Project, mistake: str) -> None:
    lite.configure("multidb = true")
    app = lite.app(grown(0))
    app.run("db", "init")
    app.run("db", "migrate")
    (name,) = scripts(lite)
    path = lite.versions / name
    body = "def upgrade_third():\n    "
    gone = f"def upgrade_third():\n    globals().pop('upgrade_third')\n    {mistake}\n    "
    path.write_text(path.read_text().replace(body, gone))
    with pytest.raises((KeyError, NameError)):
        app.run("db", "upgrade")


@pytest.mark.postgresql
@pytest.mark.parametrize("directory", ["", 'directory = "of_pg"'], ids=["shared", "own"])
@pytest.mark.parametrize("option", ["", "transaction_per_migration = true"])
def test_an_index_is_built_concurrently(
    tmp_path: Path, postgres_url: str, directory: str, option: str
) -> None:
    project = Project(tmp_path, f"sqlite:///{tmp_path}/app.db", {"pg": postgres_url})
    project.configure(f"{option}\n[binds.pg]\n{directory}")

    def define(db: SQLAlchemy) -> None:
        table(db, None, "person", "name")
        table(db, "pg", "visit", "page")

    app = project.app(define)
    app.run("db", "init")
    app.run("db", "migrate")
    app.run("db", "upgrade")
    written = app.run("db", "revision", "--bind", "pg", "--rev-id", "concurrent")
    path = Path(written.split()[1])
    function = "upgrade" if directory else "upgrade_pg"
    path.write_text(
        path.read_text().replace(
            f"def {function}():\n    pass",
            f"def {function}():\n    with op.get_context().autocommit_block():\n"
            '        op.execute("CREATE INDEX CONCURRENTLY ix_page ON visit (page)")',
        )
    )
    app.run("db", "upgrade")
    with app.connect("pg") as connection:
        found = "SELECT count(*) FROM pg_indexes WHERE indexname = 'ix_page'"
        assert connection.exec_driver_sql(found).scalar() == 1
    assert "head" in app.run("db", "current", "--bind", "pg")


@pytest.mark.parametrize(
    ("section", "order"),
    [
        ("[binds.third]\n[binds.second]", ["default", "third", "second"]),
        ("[binds.third]\n[binds.default]\n[binds.second]", ["third", "default", "second"]),
        ("multidb = true", ["default", "second", "third"]),
        ("multidb = true\n[binds.third]", ["default", "third", "second"]),
        ('[binds.third]\ndirectory = "x"\n[binds.default]', ["third", "default"]),
        ("multidb = true\nbinds.second.enabled = false", ["default", "third"]),
    ],
)
def test_databases_are_run_in_declared_order(lite: Project, section: str, order: list[str]) -> None:
    lite.configure(section)
    app = lite.app(grown(0))
    app.run("db", "init")
    app.run("db", "migrate")
    statements = app.run("db", "upgrade", "--sql")
    found = re.findall(r"(?m)^-- Database: (.*)$", statements)
    assert [name.strip("<>") for name in found] == order


# --- which databases ---------------------------------------------------------------------------


@pytest.mark.parametrize("directory", ["", 'directory = "x"'], ids=["shared", "own"])
def test_the_main_database_may_be_left_out(lite: Project, directory: str) -> None:
    lite.configure(f"binds.default.enabled = false\n[binds.second]\n{directory}")
    app = lite.app(grown(0))
    for command in ("init", "migrate", "upgrade", "check"):
        app.run("db", command)
    assert not (lite.folder / "app.db").exists()
    assert not (lite.folder / "third.db").exists()
    assert app.rows(bind="second") == {"person": []}
    assert "is not migrated here" in app.run("db", "upgrade", "--bind", "default", exit_code=2)


def test_an_app_may_have_binds_only(lite: Project) -> None:
    lite.configure("multidb = true")

    def define(db: SQLAlchemy) -> None:
        for bind in THREE[1:]:
            table(db, bind, "person", "name")

    app = lite.app(define, has_main_database=False)
    for command in ("init", "migrate", "upgrade", "check", "current"):
        said = app.run("db", command)
    assert "<default>" not in said
    assert app.rows(bind="third") == {"person": []}


@pytest.mark.postgresql
def test_migrations_may_have_a_role_of_their_own(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path, postgres_url)
    owner = project.app(lambda _db: None)
    owner.execute("CREATE ROLE app_role LOGIN", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    try:
        project.url = postgres_url.replace("postgres@", "app_role@")
        project.configure('[binds.default]\nurl_env = "MIGRATION_URL"')
        app = project.app(lambda db: table(db, None, "person", "name"))
        app.run("db", "init")
        said = app.run("db", "migrate", exit_code=2)
        assert "MIGRATION_URL, from which the default database takes its URL" in said
        monkeypatch.setenv("MIGRATION_URL", postgres_url)
        for command in ("migrate", "upgrade", "check"):
            app.run("db", command)
        assert owner.rows() == {"person": []}
        with app.connect() as connection:
            assert connection.exec_driver_sql("SELECT current_user").scalar() == "app_role"
    finally:
        owner.execute("DROP OWNED BY app_role", "DROP ROLE app_role")
