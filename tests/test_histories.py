"""Several databases in one project, with one history for all of them and with their own."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import flask_migrate  # type: ignore[import-untyped]
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, ForeignKey, Integer, String

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


def swap(bind: str) -> str:
    return f"""
    [[renames.columns]]
    table = "user"
    from = "name"
    to = "mail"
    bind = "{bind}"
    [[renames.columns]]
    table = "user"
    from = "mail"
    to = "name"
    bind = "{bind}"
    """


SWAPPED = {"user": [{"id": 1, "name": "a@x", "mail": "Ann"}]}


def are_swapped(app: App, *binds: str) -> None:
    for bind in BINDS:
        assert app.rows(bind=bind) == (SWAPPED if bind in binds else BEFORE)
    assert "No changes in schema" in app.run("db", "migrate")
    listed = app.run("db", "renames")
    assert len(re.findall(r"(?m)^(?:pg|maria) .* applied  \w+ ", listed)) == 2 * len(binds)


@pytest.mark.postgresql
@pytest.mark.mariadb
@pytest.mark.parametrize("section", [SHARED, OWN], ids=["shared", "own"])
@pytest.mark.parametrize(("first", "then"), [("pg", "maria"), ("maria", "pg")])
def test_a_swap_is_recorded_for_its_bind(
    mixed: Project, section: str, first: str, then: str
) -> None:
    mixed.configure(section)
    app = mixed.app(users)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    filled(app)
    mixed.configure(section + swap(first))
    app = mixed.app(users)
    app.run("db", "migrate")
    app.run("db", "upgrade")
    are_swapped(app, first)
    app.run("db", "downgrade", "--bind", first, *([] if section == OWN else others(first)))
    are_as(app, "nowhere")
    app.run("db", "upgrade")
    mixed.configure(section + swap(first) + swap(then))
    app = mixed.app(users)
    app.run("db", "migrate")
    app.run("db", "upgrade")
    are_swapped(app, first, then)
    app.run("db", "downgrade", "--bind", first, *others(first), "base")
    assert [app.rows(bind=bind) for bind in BINDS] == [{}, {}, {}]
    app.run("db", "upgrade")
    assert "No changes in schema" in app.run("db", "migrate")
    assert "Removed 4 hints" in app.run("db", "renames", "prune", "--yes")
    assert "No changes in schema" in app.run("db", "migrate")


@pytest.mark.postgresql
@pytest.mark.mariadb
def test_one_revision_renames_in_each_database_by_its_own_hints(mixed: Project) -> None:
    mixed.configure(SHARED)
    app = mixed.app(users)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    filled(app)

    def define(db: SQLAlchemy) -> None:
        table(db, None, "user", "name", "mail")
        table(db, "pg", "account", "full_name", "mail")
        table(db, "maria", "user", "nick", "mail", "name")

    of_main = swap("").replace('bind = ""', "")
    to_nick = '[[renames.columns]]\ntable="user"\nfrom="name"\nto="nick"\nbind="maria"\n'
    mixed.configure(SHARED + hints("pg") + of_main + to_nick)
    app = mixed.app(define)
    app.run("db", "migrate")
    assert len(scripts(mixed)) == 2
    for _ in range(2):
        app.run("db", "upgrade")
        assert [app.rows(bind=bind) for bind in BINDS] == [
            SWAPPED,
            AFTER,
            {"user": [{"id": 1, "nick": "Ann", "mail": "a@x", "name": None}]},
        ]
        assert "No new upgrade operations" in app.run("db", "check")
        app.run("db", "downgrade")
        are_as(app, "nowhere")


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


@pytest.mark.postgresql
@pytest.mark.mariadb
@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
@pytest.mark.parametrize("is_packaged", [False, True], ids=["own env.py", "packaged"])
def test_a_folder_of_flask_migrate_on_three_kinds_of_databases(
    mixed: Project, is_packaged: bool
) -> None:
    made_by_flask_migrate(mixed.app(users), multidb=True)
    migrations = mixed.folder / "migrations"
    if is_packaged:
        for name in ("env.py", "alembic.ini", "script.py.mako", "README"):
            (migrations / name).unlink()
    before = files(migrations)
    mixed.configure("multidb = true")
    app = mixed.app(users)
    assert "No new upgrade operations" in app.run("db", "check")
    filled(app)
    mixed.configure("multidb = true\n" + hints("pg") + swap("maria"))
    app = mixed.app(renamed_on("pg"))
    app.run("db", "migrate")
    for _ in range(2):
        app.run("db", "upgrade")
        assert [app.rows(bind=bind) for bind in BINDS] == [BEFORE, AFTER, SWAPPED]
        assert "No new upgrade operations" in app.run("db", "check")
        assert "No changes in schema" in app.run("db", "migrate")
        app.run("db", "downgrade")
        are_as(app, "nowhere")
    app.run("db", "downgrade", "base")
    assert [app.rows(bind=bind) for bind in BINDS] == [{}, {}, {}]
    app.run("db", "upgrade")
    after = files(migrations)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 1


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
def test_flask_migrate_runs_what_was_written_for_several_databases(lite: Project) -> None:
    made_by_flask_migrate(lite.app(grown(1)), multidb=True)
    lite.configure(
        """multidb = true
        renames.columns = [
            { table = "person", from = "extra_0", to = "other", bind = "third" },
            { table = "person", from = "name", to = "extra_0" },
            { table = "person", from = "extra_0", to = "name" },
        ]"""
    )

    def define(db: SQLAlchemy) -> None:
        for bind in THREE:
            table(db, bind, "person", "name", "other" if bind == "third" else "extra_0")

    app = lite.app(define)
    for bind in THREE:
        app.execute("INSERT INTO person VALUES (1, 'Ann', 'x')", bind=bind)
    before = [app.rows(bind=bind) for bind in THREE]
    after = [
        {"person": [{"id": 1, "name": "x", "extra_0": "Ann"}]},
        {"person": [{"id": 1, "name": "Ann", "extra_0": "x"}]},
        {"person": [{"id": 1, "name": "Ann", "other": "x"}]},
    ]
    app.run("db", "migrate")
    with app.flask.app_context():
        ours = app.flask.extensions.pop("migrate")
        flask_migrate.Migrate(app.flask, app.db)
        flask_migrate.upgrade()
        assert [app.rows(bind=bind) for bind in THREE] == after
        flask_migrate.downgrade()
        assert [app.rows(bind=bind) for bind in THREE] == before
        flask_migrate.upgrade()
        app.flask.extensions["migrate"] = ours
    again = lite.app(define)
    assert "No changes in schema" in again.run("db", "migrate")


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


@pytest.mark.postgresql
@pytest.mark.mariadb
@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
@pytest.mark.parametrize("directory", ["", 'directory = "later"'], ids=["shared", "own"])
def test_a_later_bind_is_of_another_kind(
    ten_revisions: Project, request: pytest.FixtureRequest, server: str, directory: str
) -> None:
    ten_revisions.binds["later"] = request.getfixturevalue(server)
    ten_revisions.configure(f"[binds.later]\n{directory}")
    before = files(ten_revisions.versions)
    app = ten_revisions.app(with_bind(9, "later"))
    app.run("db", "init", exit_code=0 if directory else 2)
    for command in ("upgrade", "migrate", "upgrade", "check"):
        app.run("db", command)
    app.execute("INSERT INTO visit (id, page) VALUES (1, '/')", bind="later")
    app.run("db", "downgrade", "--bind", "default", "base")
    assert app.rows() == {}
    assert app.rows(bind="later") == {"visit": [{"id": 1, "page": "/"}]}
    app.run("db", "upgrade")
    assert "No new upgrade operations" in app.run("db", "check")
    app.run("db", "downgrade", "--bind", "later", "base")
    app.run("db", "upgrade")
    assert (list(app.rows()), app.rows(bind="later")) == (["person"], {"visit": []})
    after = files(ten_revisions.versions)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize(
    ("section", "folder"),
    [
        ('directory = "new"\nbinds.default.directory = "migrations"\n[binds.later]', "new"),
        ('[binds.default]\ndirectory = "migrations"\n[binds.later]\ndirectory = "x"', "x"),
        ("binds.default.enabled = false\n[binds.later]", "migrations"),
    ],
    ids=["the others share", "each its own", "the main one left out"],
)
def test_old_scripts_stay_those_of_the_main_database(
    ten_revisions: Project, section: str, folder: str
) -> None:
    ten_revisions.binds["later"] = f"sqlite:///{ten_revisions.folder}/later.db"
    ten_revisions.configure(section)
    before, rows = files(ten_revisions.versions), ten_revisions.app(with_bind(9, None)).rows()
    app = ten_revisions.app(with_bind(9, "later"))
    app.run("db", "init", exit_code=2 if folder == "migrations" else 0)
    for command in ("upgrade", "migrate", "upgrade", "check"):
        app.run("db", command)
    assert len(scripts(ten_revisions, folder)) == (11 if folder == "migrations" else 1)
    assert (app.rows(), app.rows(bind="later")) == (rows, {"visit": []})
    app.run("db", "downgrade", "--bind", "later", "base")
    assert (app.rows(), app.rows(bind="later")) == (rows, {})
    after = files(ten_revisions.versions)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("directory", ["", 'directory = "x"'], ids=["shared", "own"])
def test_a_later_bind_has_tables_already(ten_revisions: Project, directory: str) -> None:
    ten_revisions.binds["later"] = f"sqlite:///{ten_revisions.folder}/later.db"
    ten_revisions.configure(
        f"""[binds.later]
        {directory}
        [[renames.tables]]
        from = "hit"
        to = "visit"
        bind = "later"
        """
    )
    app = ten_revisions.app(with_bind(9, "later"))
    app.execute(
        "CREATE TABLE hit (id INTEGER NOT NULL PRIMARY KEY, page VARCHAR(20))",
        "INSERT INTO hit VALUES (1, '/')",
        bind="later",
    )
    rows = [{"id": 1, "page": "/"}]
    app.run("db", "init", exit_code=0 if directory else 2)
    app.run("db", "stamp", "--bind", "later")
    app.run("db", "migrate")
    for _ in range(2):
        app.run("db", "upgrade")
        assert app.rows(bind="later") == {"visit": rows}
        assert "No new upgrade operations" in app.run("db", "check")
        app.run("db", "downgrade", "--bind", "later", *([] if directory else MAIN_TOO))
        assert app.rows(bind="later") == {"hit": rows}


def families(meant: str | None = None) -> Define:
    """Have children that go with their parents, and change the parents."""

    def define(db: SQLAlchemy) -> None:
        for bind in THREE:
            options = {} if bind is None else {"bind_key": bind}
            parent = "account" if bind and bind == meant else "user"
            name = Column("name", String(20), nullable=meant is None)
            owner: Column[int] = Column("owner", ForeignKey(f"{parent}.id", ondelete="CASCADE"))
            db.Table(parent, Column("id", Integer, primary_key=True), name, **options)
            db.Table("post", Column("id", Integer, primary_key=True), owner, **options)

    return define


@pytest.mark.parametrize(
    "section",
    [
        "multidb = true",
        'multidb = true\nbind_transactions = "together"',
        '[binds.second]\ndirectory = "x"\n[binds.third]\ndirectory = "y"',
    ],
    ids=["separate", "together", "own"],
)
def test_child_rows_are_kept_in_every_database(lite: Project, section: str) -> None:
    lite.configure(section)
    app = lite.app(families())
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    for bind in THREE:
        app.execute(
            "INSERT INTO user VALUES (1, 'Ann')", "INSERT INTO post VALUES (1, 1)", bind=bind
        )
    lite.configure(f'{section}\n[[renames.tables]]\nfrom = "user"\nto = "account"\nbind = "second"')
    app = lite.app(families("second"))
    app.run("db", "migrate")
    parents, children = [{"id": 1, "name": "Ann"}], [{"id": 1, "owner": 1}]
    for _ in range(2):
        app.run("db", "upgrade")
        for bind in THREE:
            parent = "account" if bind == "second" else "user"
            assert app.rows(bind=bind) == {parent: parents, "post": children}
        assert "No new upgrade operations" in app.run("db", "check")
        app.run("db", "downgrade", *MAIN_TOO, "--bind", "second", "--bind", "third")
        for bind in THREE:
            assert app.rows(bind=bind) == {"user": parents, "post": children}


def test_binds_come_and_go_and_come_again(lite: Project) -> None:
    def at(section: str, steps: int, *commands: str) -> App:
        lite.configure(section)
        app = lite.app(grown(steps))
        for command in (*commands, "check"):
            app.run("db", *command.split())
        return app

    app = at("binds.default.enabled = false\n[binds.second]", 0, "init", "migrate", "upgrade")
    app.execute("INSERT INTO person (id, name) VALUES (1, 'Ann')", bind="second")
    at("[binds.second]", 0, "upgrade", "migrate", "upgrade")
    app = at("", 1, "migrate", "upgrade")
    app.execute("INSERT INTO person (id, name) VALUES (1, 'Ben')")
    app = at("[binds.second]\n[binds.third]", 1, "upgrade", "migrate", "upgrade")
    new = {"id": 1, "extra_0": None}
    expected = [[new | {"name": "Ben"}], [new | {"name": "Ann"}], []]
    assert [app.rows(bind=bind)["person"] for bind in THREE] == expected
    app.run("db", "downgrade")
    app.run("db", "upgrade")
    assert [app.rows(bind=bind)["person"] for bind in THREE[:2]] == expected[:2]
    app.run("db", "downgrade", "base")
    assert [app.rows(bind=bind) for bind in THREE] == [{}, {}, {}]
    at("[binds.second]\n[binds.third]", 1, "upgrade")


def test_a_bind_leaves_a_shared_history_for_its_own(lite: Project) -> None:
    lite.configure("multidb = true")
    app = lite.app(grown(0))
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    app.execute("INSERT INTO person (id, name) VALUES (1, 'Ann')", bind="second")
    before = files(lite.versions)
    lite.configure('multidb = true\nbinds.second.directory = "x"')
    app = lite.app(grown(0))
    app.run("db", "init")
    assert 'the bind "second": Can\'t locate' in app.run("db", "migrate", exit_code=2)
    app.run("db", "stamp", "--purge", "--bind", "second", "head")
    assert "No changes in schema" in app.run("db", "migrate")
    app = lite.app(grown(1))
    app.run("db", "migrate")
    app.run("db", "upgrade")
    row = {"id": 1, "name": "Ann", "extra_0": None}
    assert [app.rows(bind=bind)["person"] for bind in THREE] == [[], [row], []]
    app.run("db", "downgrade", "-d", "migrations", "base")
    assert [app.rows(bind=bind) for bind in THREE] == [{}, {"person": [row]}, {}]
    app.run("db", "upgrade")
    app.run("db", "downgrade", "--bind", "second")
    del row["extra_0"]
    assert app.rows(bind="second") == {"person": [row]}
    after = files(lite.versions)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("command", ["upgrade", "stamp"])
@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        ('directory = "later"', "there is no folder"),
        ('url_env = "LATER_URL"', "LATER_URL, from which"),
    ],
    ids=["folder", "URL"],
)
def test_nothing_is_run_before_all_can_be(
    ten_revisions: Project, command: str, lacking: str, reason: str
) -> None:
    emptied(ten_revisions)
    ten_revisions.binds["later"] = f"sqlite:///{ten_revisions.folder}/later.db"
    ten_revisions.configure(f"[binds.later]\n{lacking}")
    app = ten_revisions.app(with_bind(9, "later"))
    said = app.run("db", command, exit_code=2)
    assert reason in said
    assert "what is left" not in said
    assert not (ten_revisions.folder / "app.db").exists()
    app.run("db", command, "--bind", "default")
    (ten_revisions.folder / "migrate.toml").unlink()
    assert "(head)" in ten_revisions.app(with_bind(9, None)).run("db", "current")


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
def test_flask_migrates_env_has_nothing_for_a_later_bind(of_flask_migrate: Project) -> None:
    project, migrations = of_flask_migrate, of_flask_migrate.folder / "migrations"
    project.binds["later"] = f"sqlite:///{project.folder}/later.db"

    def define(db: SQLAlchemy) -> None:
        grown(3)(db)
        table(db, "later", "visit", "page")

    app = project.app(define)
    said = app.run("db", "upgrade", exit_code=2)
    assert "has no upgrade_later(), for a bind that came later" in said
    before = files(migrations / "versions")
    for name in ("env.py", "alembic.ini", "script.py.mako"):
        (migrations / name).unlink()
    project.configure("multidb = true")
    app = project.app(define)
    for command in ("upgrade", "migrate", "upgrade", "check"):
        app.run("db", command)
    assert app.rows(bind="later") == {"visit": []}
    app.run("db", "downgrade", "base")
    app.run("db", "upgrade")
    after = files(migrations / "versions")
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 1


# --- transactions and order --------------------------------------------------------------------


def visits(db: SQLAlchemy) -> None:
    table(db, None, "person", "name")
    table(db, "pg", "visit", "page")


def written(app: App, revision: str, directory: str, *statements: str) -> None:
    """Write a revision of the bind."""
    said = app.run("db", "revision", "--bind", "pg", "--rev-id", revision)
    path, function = Path(said.split()[1]), "upgrade" if directory else "upgrade_pg"
    text, body = path.read_text(), "\n    ".join(statements)
    assert f"def {function}():\n    pass" in text
    path.write_text(text.replace(f"def {function}():\n    pass", f"def {function}():\n    {body}"))


CONCURRENT_INDEX = (
    "with op.get_context().autocommit_block():",
    '    op.execute("CREATE INDEX CONCURRENTLY ix_page ON visit (page)")',
)


def index_is_there(app: App) -> bool:
    with app.connect("pg") as connection:
        found = "SELECT count(*) FROM pg_indexes WHERE indexname = 'ix_page'"
        return connection.exec_driver_sql(found).scalar() == 1


@pytest.fixture
def with_pg(tmp_path: Path, postgres_url: str) -> Project:
    return Project(tmp_path, f"sqlite:///{tmp_path}/app.db", {"pg": postgres_url})


def begun_with(project: Project, section: str) -> App:
    project.configure(section)
    app = project.app(visits)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    return app


PG_LAYOUTS = pytest.mark.parametrize(
    "directory", ["", 'directory = "of_pg"'], ids=["shared", "own"]
)


@pytest.mark.postgresql
@PG_LAYOUTS
@pytest.mark.parametrize("option", ["", "transaction_per_migration = true"])
def test_an_index_is_built_concurrently(with_pg: Project, directory: str, option: str) -> None:
    app = begun_with(with_pg, f"{option}\n[binds.pg]\n{directory}")
    written(app, "concurrent", directory, *CONCURRENT_INDEX)
    app.run("db", "upgrade")
    assert index_is_there(app)
    assert "head" in app.run("db", "current", "--bind", "pg")


@pytest.mark.postgresql
@PG_LAYOUTS
@pytest.mark.parametrize(
    ("option", "left", "rows"),
    [
        ("", "unknown, at .*, and a part of begun may be done", [1]),
        ("transaction_per_migration = true", "rolled back, at begun", [1, 2]),
    ],
    ids=["one transaction", "each"],
)
def test_a_run_stops_after_an_index_was_built(
    with_pg: Project, directory: str, option: str, left: str, rows: list[int]
) -> None:
    app = begun_with(with_pg, f"[binds.pg]\n{option}\n{directory}")
    insert = 'op.execute("INSERT INTO visit (id) VALUES ({})")'
    written(app, "begun", directory, insert.format(1), *CONCURRENT_INDEX, insert.format(2))
    written(app, "stops", directory, insert.format(3), 'op.execute("SELECT nowhere")')
    said = app.run("db", "upgrade", exit_code=2)
    assert re.search(rf"(?m)^  <default> +done, .*\n  pg +{left}$", said)
    assert [row["id"] for row in app.rows(bind="pg")["visit"]] == rows
    assert index_is_there(app)
    assert ("begun" in app.run("db", "current", "--bind", "pg")) is (2 in rows)


@pytest.mark.postgresql
@PG_LAYOUTS
def test_together_an_index_is_built_alone(with_pg: Project, directory: str) -> None:
    app = begun_with(with_pg, f'bind_transactions = "together"\n[binds.pg]\n{directory}')
    written(app, "concurrent", directory, *CONCURRENT_INDEX)
    said = app.run("db", "upgrade", exit_code=2)
    assert "bring this one there alone, with --bind pg" in said
    assert not index_is_there(app)
    app.run("db", "upgrade", "--bind", "pg")
    assert index_is_there(app)
    app.run("db", "upgrade")
    assert "<base>" not in app.run("db", "current")


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


@pytest.mark.parametrize(
    ("section", "migrated"),
    [
        ("[binds.second]", ["second"]),
        ('[binds.second]\ndirectory = "x"\n[binds.third]\ndirectory = "y"', ["second", "third"]),
        ('multidb = true\n[binds.second]\ndirectory = "x"', ["second", "third"]),
        ("multidb = true\n[binds.third]\nenabled = false", ["second"]),
        ("multidb = true\nbinds.default.enabled = false", ["second", "third"]),
    ],
)
def test_the_binds_of_an_app_without_a_main_database(
    lite: Project, section: str, migrated: list[str]
) -> None:
    lite.configure(section)

    def define(db: SQLAlchemy) -> None:
        for bind in THREE[1:]:
            table(db, bind, "person", "name")

    app = lite.app(define, has_main_database=False)
    for command in ("init", "migrate", "upgrade"):
        app.run("db", command)
    for _ in range(2):
        for bind in ("second", "third"):
            assert app.rows(bind=bind) == ({"person": []} if bind in migrated else {})
        assert "No new upgrade operations" in app.run("db", "check")
        assert "No changes in schema" in app.run("db", "migrate")
        app.run("db", "downgrade", *(word for bind in migrated for word in ("--bind", bind)))
        assert app.rows(bind="second") == {}
        app.run("db", "upgrade")
    assert "is not migrated here" in app.run("db", "upgrade", "--bind", "default", exit_code=2)


@pytest.mark.postgresql
@PG_LAYOUTS
def test_a_bind_may_have_a_role_of_its_own_for_migrations(
    with_pg: Project, postgres_url: str, directory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = with_pg.app(visits)
    restrict = ("CREATE ROLE reader LOGIN", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    owner.execute(*restrict, bind="pg")
    try:
        with_pg.binds["pg"] = postgres_url.replace("postgres@", "reader@")
        with_pg.configure(f"[binds.pg]\n{directory}")
        app = with_pg.app(visits)
        app.run("db", "init")
        assert "permission denied" in app.run("db", "migrate", exit_code=2)
        with_pg.configure(f'[binds.pg]\nurl_env = "OF_OWNER"\n{directory}')
        monkeypatch.setenv("OF_OWNER", postgres_url)
        app = with_pg.app(visits)
        for command in ("migrate", "upgrade", "check"):
            app.run("db", command)
        app.run("db", "downgrade", "--bind", "pg", *([] if directory else ["--bind", "default"]))
        app.run("db", "upgrade")
        assert owner.rows(bind="pg") == {"visit": []}
        monkeypatch.setenv("OF_OWNER", "sqlite://")
        said = app.run("db", "upgrade", exit_code=2)
        assert "OF_OWNER" in said
        assert "leads to sqlite, and the app uses postgresql" in said
    finally:
        owner.execute("DROP OWNED BY reader", "DROP ROLE reader", bind="pg")


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


# --- several binds in one database -------------------------------------------------------------


def one_of_two(name: str) -> Define:
    """Have a table in the main database, and one of this name in a bind."""

    def define(db: SQLAlchemy) -> None:
        table(db, None, "person", "name")
        table(db, "second", name, "page")

    return define


def models_only(
    _object: object, name: str | None, type_: str, reflected: bool, compare_to: object
) -> bool:
    """Tell the tables of two binds apart, which is a project's own task."""
    is_of_other = type_ == "table" and reflected and compare_to is None
    return not is_of_other or name not in ("person", "visit")


def revisions_stay(project: Project, section: str, **options: Any) -> None:
    project.configure(section)
    app = project.app(one_of_two("visit"), include_object=models_only, **options)
    app.run("db", "init")
    app.run("db", "migrate")
    for _ in range(2):
        app.run("db", "upgrade")
        assert "<base>" not in app.run("db", "current")
        assert "No new upgrade operations" in app.run("db", "check")
        assert "No changes in schema" in app.run("db", "migrate")
        app.run("db", "downgrade", "--bind", "default", "--bind", "second", "base")


@pytest.mark.parametrize("directory", ["", 'directory = "x"'], ids=["shared", "own"])
def test_no_comparison_drops_the_revision_of_another_bind(project: Project, directory: str) -> None:
    project.binds["second"] = project.url
    revisions_stay(project, f'[binds.second]\nversion_table = "at"\n{directory}')


@pytest.mark.postgresql
@pytest.mark.parametrize("directory", ["", 'directory = "x"'], ids=["shared", "own"])
def test_no_comparison_drops_the_revision_of_another_schema(
    postgres_project: Project, directory: str
) -> None:
    postgres_project.binds["second"] = postgres_project.url
    postgres_project.app(one_of_two("visit")).execute("CREATE SCHEMA ops")
    section = f'include_schemas = true\n[binds.second]\nversion_table_schema = "ops"\n{directory}'
    revisions_stay(postgres_project, section)


def test_a_projects_own_filter_of_names_is_asked_too(lite: Project) -> None:
    lite.binds["second"] = lite.url
    asked: list[tuple[str, str | None]] = []

    def include_name(name: str | None, type_: str, _parents: object) -> bool:
        asked.append((type_, name))
        return name != "of_others"

    lite.app(one_of_two("visit")).execute("CREATE TABLE of_others (id INTEGER)")

    revisions_stay(lite, '[binds.second]\nversion_table = "at"', include_name=include_name)
    assert ("table", "of_others") in asked
    assert ("table", "at") not in asked


@pytest.mark.postgresql
@pytest.mark.parametrize("is_in_url", [True, False], ids=["URL", "connect_args"])
def test_binds_of_one_history_may_have_a_search_path_each(
    postgres_project: Project, is_in_url: bool
) -> None:
    project = postgres_project
    for bind in ("second", "third"):
        project.app(grown(0)).execute(f"CREATE SCHEMA {bind}")
        project.binds[bind] = f"{project.url}&options=-csearch_path%3D{bind}"
    if not is_in_url:
        paths = {bind: {"options": f"-csearch_path={bind}"} for bind in ("second", "third")}
        project.binds = dict.fromkeys(paths, project.url)
        project.connect_args = paths
    project.configure("multidb = true")
    app = project.app(grown(0))
    for command in ("init", "migrate", "upgrade", "check", "current"):
        said = app.run("db", command)
    assert "<base>" not in said
    assert [app.rows(bind=bind) for bind in THREE] == [{"person": []}] * 3
    app.execute("INSERT INTO person (id) VALUES (1)", bind="second")
    assert [len(app.rows(bind=bind)["person"]) for bind in THREE] == [0, 1, 0]


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
    said = app.run("db", "upgrade", exit_code=2)
    assert re.search(r"Error: (Key|Name)Error: .*upgrade_third", said)
    assert f"{path}, line 61" in said
