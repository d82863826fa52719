"""A comparison with models that were not imported writes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from flask_migrate_decl import migrate
from flask_migrate_decl.environment import unimported
from flask_migrate_decl.environment.unimported import tables_defined_in, unimported_modules
from flask_migrate_decl.errors import LostModels, ModelsLostError
from tests.project import Project, begun
from tests.test_cli import Shell
from tests.test_safety import both, refused, tables

TABLES = ("account", "bill", "city", "dog", "egg")
MANY = tuple(f"table_{number:02}" for number in range(13))


@pytest.fixture(params=["warn", "error", "ignore"])
def any_project(request: pytest.FixtureRequest, sqlite_project: Project) -> Project:
    """Give a project with tables, where a drop leads to one thing or another."""
    begun(sqlite_project, tables(*TABLES))
    sqlite_project.configure(f'[safety]\non_drop = "{request.param}"\n')
    return sqlite_project


# --- when it stops -----------------------------------------------------------------------------


def test_without_any_model_nothing_is_written(any_project: Project) -> None:
    output = refused(any_project, tables())
    assert (
        "Error: no revision is written, as modules with models seem not to be imported: "
        "the default database has 5 tables, the models have none, and these would be dropped:\n"
        "  - account\n  - bill\n  - city\n  - dog\n  - egg\n"
        "Import the modules with their models in the app factory, or name them in models.\n"
        "To drop these tables indeed, name them in safety.allow_drop.\n"
    ) in output


def test_with_most_models_gone_nothing_is_written(any_project: Project) -> None:
    assert "has 5 tables, the models have 2, and" in refused(any_project, tables("dog", "egg"))


def test_with_new_tables_nothing_is_written(any_project: Project) -> None:
    assert "has 5 tables, the models have 2, and" in refused(any_project, tables("dog", "new"))


@pytest.mark.parametrize("left", [TABLES[2:], TABLES[1:], ("account", "new", "newer")])
def test_with_half_of_the_models_it_goes_on(sqlite_project: Project, left: tuple[str, ...]) -> None:
    begun(sqlite_project, tables(*TABLES))
    output = sqlite_project.app(tables(*left)).run("db", "migrate")
    assert f"Warning: drops the table {'bill' if 'bill' not in left else 'account'}" in output


def test_with_one_model_of_three_it_goes_on(sqlite_project: Project) -> None:
    begun(sqlite_project, tables("account", "bill", "city"))
    output = sqlite_project.app(tables("city")).run("db", "migrate")
    assert output.count("drops the table") == 2


def test_the_last_table_has_to_be_named(sqlite_project: Project) -> None:
    begun(sqlite_project, tables("account"))
    refused(sqlite_project, tables())
    sqlite_project.configure('safety.allow_drop = ["account"]')
    assert "drops" not in sqlite_project.app(tables()).run("db", "migrate")
    assert "drop_table('account')" in sqlite_project.newest_script()


def test_what_may_be_dropped_does_not_count(any_project: Project) -> None:
    section = (any_project.folder / "migrate.toml").read_text()
    any_project.configure(section.replace("error", "warn") + 'allow_drop = ["[abc]*"]\n')
    output = any_project.app(tables("egg")).run("db", "migrate")
    assert output.count("drops the table") == ("ignore" not in section)


def test_renamed_tables_are_not_dropped(any_project: Project) -> None:
    hints = "".join(f'  {{ from = "{name}", to = "new_{name}" }},\n' for name in TABLES)
    section = (any_project.folder / "migrate.toml").read_text()
    any_project.configure(f"renames.tables = [\n{hints}]\n{section}")
    output = any_project.app(tables(*(f"new_{name}" for name in TABLES))).run("db", "migrate")
    assert "drops" not in output
    assert output.count("renamed table") == 5


def test_not_more_than_ten_tables_are_named(sqlite_project: Project) -> None:
    begun(sqlite_project, tables(*MANY))
    output = refused(sqlite_project, tables("table_05"))
    assert "  - table_10\n  - and 2 more\nImport" in output
    assert "table_11" not in output


def test_a_program_gets_values(sqlite_project: Project) -> None:
    begun(sqlite_project, tables(*TABLES))
    sqlite_project.configure('models = ["json"]')
    app = sqlite_project.app(tables("egg"))
    with app.flask.app_context(), pytest.raises(ModelsLostError) as caught:
        migrate()
    assert caught.value.databases == (LostModels(None, TABLES[:4], 5, 1),)
    assert (caught.value.modules, caught.value.named) == ((), ("json",))


def test_an_empty_database_without_models_is_no_loss(sqlite_project: Project) -> None:
    app = sqlite_project.app(tables())
    app.run("db", "init")
    assert "No changes in schema detected" in app.run("db", "migrate")


# --- several databases -------------------------------------------------------------------------


def test_all_databases_are_told_of_at_once(sqlite_project: Project) -> None:
    folder = sqlite_project.folder
    sqlite_project.binds.update(eu=f"sqlite:///{folder}/eu.db", us=f"sqlite:///{folder}/us.db")
    sqlite_project.configure("multidb = true")
    eu = tables("visit", "visitor", bind="eu")
    begun(sqlite_project, both(tables(*TABLES), eu, tables("log", bind="us")))
    output = refused(sqlite_project, tables("bill", bind="us"))
    assert "the default database has 5 tables" in output
    assert '\nthe bind "eu" has 2 tables, the models have none, and' in output
    assert "us" not in re.findall(r'the bind "(\w+)"', output)


# --- the modules that define them --------------------------------------------------------------

PACKAGE = {
    "shop/__init__.py": """
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_migrate_decl import Migrate

db = SQLAlchemy()

def create_app():
    import shop.users
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///app.db"
    db.init_app(app)
    Migrate(app, db)
    return app
""",
    "shop/users.py": """
from shop import db

class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
""",
    "shop/billing/models.py": """
from shop import db

raise RuntimeError("it is read, not imported") if db is None else None
""",
}
BILLING = """
from shop import db

class BillLine(db.Model):
    id = db.Column(db.Integer, primary_key=True)

class Odd(db.Model):
    __tablename__ = "bill"
    id = db.Column(db.Integer, primary_key=True)

taxes = db.Table("tax", db.Column("id", db.Integer, primary_key=True))
"""


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_modules_that_were_not_imported_are_offered(tmp_path: Path) -> None:
    section = 'app = "shop:create_app"\nmodels = ["shop.billing.models"]\n'
    other = 'raise SystemExit("this is never run")\nclass Tax(Model): ...\n'
    files = PACKAGE | {
        "shop/billing/models.py": BILLING,
        "shop/broken.py": f"{other}(",
        "shop/tests/models.py": other,
        "migrate.toml": section,
    }
    shell = Shell(written(tmp_path, files))
    for command in ("init", "migrate", "upgrade"):
        shell.flask("db", command)
    before = sorted(tmp_path.rglob("versions/*.py"))
    (tmp_path / "migrate.toml").write_text(section.partition("\n")[0])
    run = shell.flask("db", "migrate", exit_code=1)
    assert "  - bill\n  - bill_line\n  - tax\n" in run.stderr
    assert '\nImport the modules with their models: models = ["shop.billing.models"].' in run.stderr
    assert sorted(tmp_path.rglob("versions/*.py")) == before
    (tmp_path / "migrate.toml").write_text(section)
    assert "No changes in schema detected." in shell.flask("db", "migrate").stdout


MODEL = 'class Tax(db.Model):\n    __tablename__ = "tax"\n'


def offered(folder: Path, name: str = "nowhere", *, root: str = "shop") -> tuple[str, ...]:
    app = Flask(name, root_path=str(folder / root))
    return unimported_modules(app, {"tax"}, [folder / root / "changes"])


def test_modules_are_named_from_where_they_are_imported(tmp_path: Path) -> None:
    files = dict.fromkeys(["shop/__init__.py", "shop/b/__init__.py", "shop/a/c.py"], MODEL)
    written(tmp_path, files)
    assert offered(tmp_path) == ("shop", "shop.a.c", "shop.b")
    assert offered(tmp_path, root=".") == ("shop", "shop.a.c", "shop.b")
    assert offered(tmp_path, root="shop/a") == ("c",)


def test_a_package_without_init_is_known_by_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, {"spaced/app.py": "", "spaced/models.py": MODEL})
    monkeypatch.syspath_prepend(tmp_path)
    __import__("spaced.app")
    assert offered(tmp_path, "spaced.app", root="spaced") == ("spaced.models",)
    __import__("flask.json")
    assert offered(tmp_path, "flask.json", root="spaced") == ("models",)


def test_some_folders_are_not_searched(tmp_path: Path) -> None:
    skipped = [".git", "__pycache__", "venv", "node_modules", "changes", "tests", "mine", "a b"]
    files = {f"shop/{folder}/models.py": MODEL for folder in skipped}
    written(tmp_path, files | {"shop/mine/pyvenv.cfg": "", "shop/b-c.py": MODEL})
    (tmp_path / "shop" / "d.py").symlink_to("nothing.py")
    assert offered(tmp_path) == ()


def test_a_module_that_is_imported_is_not_offered(tmp_path: Path) -> None:
    written(tmp_path, {"shop/json.py": MODEL})
    assert offered(tmp_path) == ()


def test_not_all_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unimported, "_MOST_FILES", 2)
    written(tmp_path, {f"shop/{name}.py": MODEL for name in ("m1", "m2", "m3")})
    assert offered(tmp_path) == ("m1", "m2")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('class A(Base):\n    __tablename__: str = "b"', {"b"}),
        ('class A(Base):\n    __tablename__ = name("b")\n    id = Column()', {"a"}),
        ("class HTTPUserLog(db.Model): ...", {"http_user_log"}),
        ("class User(Base):\n    id: Mapped[int] = mapped_column()", {"user"}),
        ("class User(Base):\n    id: so.Mapped[int]", {"user"}),
        ("class User(BaseModel):\n    id: int", set()),
        ("class Column: ...", set()),
        ('x = [sa.Table("a", metadata), Table("b.c")]', {"a", "b.c"}),
        ('x = Table(name, "a")\ny = Table()\nz = Table(1)', set()),
        ('if x:\n    class A(B):\n        class Model(db.Model): __tablename__ = "x"', {"x"}),
        ('def f():\n    Table("a")\n    class A(db.Model): ...\nasync def g(): Table("b")', set()),
        ('f = lambda: Table("a")', set()),
        ('x = "\\d"\nTable("a")', {"a"}),
        ("Table(", set()),
        ("Table\x00", set()),
        ("Table" + "(" * 500 + ")" * 500, set()),
        ('# coding: latin-1\nTable("größe")', {"größe".encode().decode("latin-1")}),
    ],
)
def test_tables_are_read_from_a_text(text: str, found: set[str], tmp_path: Path) -> None:
    path = tmp_path / "models.py"
    path.write_text(text)
    assert tables_defined_in(path) == found
    assert tables_defined_in(tmp_path) == set()
