"""What a revision drops: said, refused or allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask_migrate  # type: ignore[import-untyped]
import pytest
from alembic.operations.ops import DropColumnOp, DropTableOp, MigrationScript, ModifyTableOps
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String

from flask_migrate_decl import migrate
from flask_migrate_decl.config import matches
from flask_migrate_decl.environment.drops import is_allowed
from flask_migrate_decl.errors import Drop, DropsRefusedError
from tests.project import App, Define, Project, begun

pytestmark = pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")


def tables(*names: str, bind: str | None = None, **columns: list[str]) -> Define:
    """Define tables, each with a key and the columns that are named."""

    def define(db: SQLAlchemy) -> None:
        for name in names:
            own = [Column(column, String(40)) for column in columns.get(name, ())]
            db.Table(name, Column("id", Integer, primary_key=True), *own, bind_key=bind)

    return define


def both(*defines: Define) -> Define:
    def define(db: SQLAlchemy) -> None:
        for one in defines:
            one(db)

    return define


ACCOUNT = tables("account", account=["name", "old_name"])
BEFORE = both(ACCOUNT, tables("legacy_order", "other"))
AFTER = tables("account", "other", account=["name"])
ALL = (
    "Warning: drops the table legacy_order (3 rows)\n"
    "Warning: drops the column account.old_name (1 row)\n"
)


def filled(project: Project, define: Define = BEFORE) -> App:
    app = begun(project, define)
    app.execute(
        *(f"INSERT INTO legacy_order (id) VALUES ({number})" for number in (1, 2, 3)),
        "INSERT INTO account (id, name) VALUES (1, 'Ann')",
    )
    return app


def refused(project: Project, define: Define, **options: Any) -> str:
    """Return what is said where nothing may be written."""
    before = project.scripts()
    output = project.app(define, **options).run("db", "migrate", exit_code=1)
    assert project.scripts() == before
    return output


# --- what is said ------------------------------------------------------------------------------


def test_what_is_dropped_is_said_with_its_rows_at_the_end(project: Project) -> None:
    filled(project)
    output = project.app(AFTER).run("db", "migrate")
    assert output.endswith(f" ...  done\n{ALL}")
    assert "drop_table('legacy_order')" in project.newest_script()


def test_revision_says_so_too_and_it_is_a_warning(sqlite_project: Project) -> None:
    filled(sqlite_project)
    result = sqlite_project.app(AFTER).result("db", "revision", "--autogenerate")
    assert result.stderr.endswith(ALL)
    assert "drops" not in result.stdout


def test_a_program_gets_values(sqlite_project: Project) -> None:
    filled(sqlite_project)
    app = sqlite_project.app(AFTER)
    with app.flask.app_context():
        result = migrate()
    assert result.drops == (
        Drop(None, None, "legacy_order", rows=3),
        Drop(None, None, "account", "old_name", rows=1),
    )
    with app.flask.app_context():
        assert migrate_again(app).drops == ()


def migrate_again(app: App) -> Any:
    app.run("db", "upgrade")
    return migrate()


def test_many_rows_are_not_all_counted(project: Project) -> None:
    app = begun(project, BEFORE)
    numbers = [{"id": number} for number in range(1, 10_002)]
    app.insert({"legacy_order": numbers[:-1], "account": numbers})
    output = project.app(AFTER).run("db", "migrate")
    assert "drops the table legacy_order (10,000 rows)\n" in output
    assert "drops the column account.old_name (more than 10,000 rows)\n" in output


def test_rows_that_can_not_be_counted_are_not_spoken_of(sqlite_project: Project) -> None:
    def with_others(_context: Any, _revision: Any, directives: list[MigrationScript]) -> None:
        of_table = ModifyTableOps("account", [DropColumnOp("account", "gone")])
        directives[0].upgrade_ops_list[0].ops.extend([DropTableOp("never_there"), of_table])
        directives[0].downgrade_ops_list[0].ops.clear()

    filled(sqlite_project)
    app = sqlite_project.app(AFTER, process_revision_directives=with_others)
    output = app.run("db", "migrate")
    assert "drops the table never_there\n" in output
    assert "drops the column account.gone (1 row)\n" in output


def test_the_rows_are_those_of_the_table_under_its_old_name(project: Project) -> None:
    filled(project)
    project.configure('renames.tables = [{ from = "account", to = "person" }]')
    after = both(tables("person", person=["name"]), tables("legacy_order", "other"))
    output = project.app(after).run("db", "migrate")
    assert output.endswith("Warning: drops the column person.old_name (1 row)\n")
    assert "renamed table account" in output


def test_a_schema_is_named(postgres_project: Project) -> None:
    def in_schema(*names: str) -> Define:
        def define(db: SQLAlchemy) -> None:
            for name in names:
                db.Table(name, Column("id", Integer, primary_key=True), schema="crm")

        return both(ACCOUNT, define)

    postgres_project.app(ACCOUNT).execute("CREATE SCHEMA crm")
    postgres_project.configure("include_schemas = true")
    begun(postgres_project, in_schema("order", "visit"))
    output = postgres_project.app(in_schema("visit")).run("db", "migrate")
    assert output.endswith("Warning: drops the table crm.order (0 rows)\n")


def test_nothing_is_said_where_nothing_is_dropped(sqlite_project: Project) -> None:
    filled(sqlite_project)
    output = sqlite_project.app(both(BEFORE, tables("more"))).run("db", "migrate")
    assert "drops" not in output


# --- what may be dropped -----------------------------------------------------------------------


def test_what_may_be_dropped_is_not_mentioned(sqlite_project: Project) -> None:
    filled(sqlite_project)
    sqlite_project.configure('[safety]\nallow_drop = ["legacy_*"]\n')
    output = sqlite_project.app(AFTER).run("db", "migrate")
    assert output.endswith("done\nWarning: drops the column account.old_name (1 row)\n")


def test_nothing_is_said_where_nobody_wants_to_know(sqlite_project: Project) -> None:
    filled(sqlite_project)
    sqlite_project.configure('safety.on_drop = "ignore"')
    assert "drops" not in sqlite_project.app(AFTER).run("db", "migrate")


@pytest.mark.parametrize(
    ("pattern", "table", "column"),
    [
        ("legacy_*", True, False),
        ("LEGACY_*", False, False),
        ("public.legacy_order", True, False),
        ("crm.legacy_*", False, False),
        ("legacy_order.old", False, True),
        ("legacy_*.old", False, True),
        ("*.old", False, True),
        ("*.*.o?d", False, True),
        ("*", True, False),
        ("legacy_orde", False, False),
        ("legacy_[no]rder.[!a]ld", False, True),
        ("legacy?order", True, False),
    ],
)
def test_a_pattern_matches_part_by_part(pattern: str, table: bool, column: bool) -> None:
    def allowed(drop: Drop) -> bool:
        return is_allowed(drop, [pattern], "public")

    assert allowed(Drop(None, None, "legacy_order")) is table
    assert allowed(Drop("eu", None, "legacy_order", "old")) is column
    assert allowed(Drop(None, "public", "legacy_order")) is table


@pytest.mark.parametrize(
    ("pattern", "table", "column"),
    [
        ("order", False, False),
        ("crm.*", True, False),
        ("order.old", False, False),
        ("crm.order.old", False, True),
        ("c*.order.*", False, True),
    ],
)
def test_a_thing_of_another_schema_is_named_with_it(
    pattern: str, table: bool, column: bool
) -> None:
    assert is_allowed(Drop(None, "crm", "order"), [pattern], "public") is table
    assert is_allowed(Drop(None, "crm", "order", "old"), [pattern], None) is column


def test_odd_names_are_matched_as_they_are() -> None:
    assert matches("a?b", ["a.b"])
    assert matches("größe *", ["größe \n1"])
    assert not matches("a.b", ["a.b"])


# --- where it is an error ----------------------------------------------------------------------

ERROR = '[safety]\non_drop = "error"\n'


def test_an_error_names_everything_and_writes_nothing(project: Project) -> None:
    filled(project)
    project.configure(ERROR)
    output = refused(project, AFTER)
    assert (
        'Error: no revision is written, as safety.on_drop is "error" and it would drop:\n'
        "  - the table legacy_order (3 rows)\n"
        "  - the column account.old_name (1 row)\n"
        "Declare a rename" in output
    )
    project.configure(ERROR + 'allow_drop = ["legacy_order", "account.old_*"]\n')
    assert "drops" not in project.app(AFTER).run("db", "migrate")


def test_a_program_gets_an_error_with_values(sqlite_project: Project) -> None:
    filled(sqlite_project)
    sqlite_project.configure(ERROR)
    app = sqlite_project.app(AFTER)
    with app.flask.app_context(), pytest.raises(DropsRefusedError) as caught:
        migrate()
    assert [drop.name for drop in caught.value.drops] == ["legacy_order", "account.old_name"]


def test_a_revision_by_hand_and_a_check_are_not_refused(sqlite_project: Project) -> None:
    filled(sqlite_project)
    sqlite_project.configure(f"revision_environment = true\n{ERROR}")
    app = sqlite_project.app(AFTER)
    app.run("db", "revision")
    app.run("db", "upgrade")
    assert "remove table legacy_order" in app.run("db", "check", exit_code=1)


# --- hooks of the project ----------------------------------------------------------------------


def without_drops(_context: Any, _revision: Any, directives: list[MigrationScript]) -> None:
    directives[0].upgrade_ops_list[-1].ops.clear()
    directives[0].downgrade_ops_list[-1].ops.clear()


def with_nothing(_context: Any, _revision: Any, directives: list[MigrationScript]) -> None:
    directives.clear()


@pytest.mark.parametrize("hook", [without_drops, with_nothing])
@pytest.mark.parametrize("on_drop", ["warn", "error"])
@pytest.mark.parametrize("after", [AFTER, tables()], ids=["some", "all"])
def test_what_a_hook_takes_out_is_not_dropped(
    sqlite_project: Project, hook: Callable[..., None], on_drop: str, after: Define
) -> None:
    filled(sqlite_project)
    sqlite_project.configure(f'safety.on_drop = "{on_drop}"')
    app = sqlite_project.app(after, process_revision_directives=hook)
    assert "No changes in schema detected" in app.run("db", "migrate")


# --- several databases, and an env.py of the project's own -------------------------------------

TEMPLATES = Path(flask_migrate.__file__).parent / "templates"


@pytest.fixture(params=["packaged", "own env.py"])
def two_databases(request: pytest.FixtureRequest, sqlite_project: Project) -> Project:
    """Give a project of two databases under the packaged env.py, and under Flask-Migrate's."""
    sqlite_project.binds["eu"] = f"sqlite:///{sqlite_project.folder}/eu.db"
    sqlite_project.configure("multidb = true")
    app = sqlite_project.app(both(BEFORE, tables("visit", "visitor", bind="eu")))
    own = ["--template", str(TEMPLATES / "flask-multidb")] if request.param != "packaged" else []
    app.run("db", "init", *own)
    assert (sqlite_project.folder / "migrations" / "env.py").is_file() is bool(own)
    app.run("db", "migrate")
    app.run("db", "upgrade")
    app.execute("INSERT INTO visitor (id) VALUES (1), (2)", bind="eu")
    return sqlite_project


TWO = both(AFTER, tables("visit", bind="eu"))


def test_the_drops_of_all_databases_are_said(two_databases: Project) -> None:
    output = two_databases.app(TWO).run("db", "migrate")
    assert output.endswith(
        "done\nWarning: drops the table legacy_order (0 rows)\n"
        "Warning: drops the column account.old_name (0 rows)\n"
        'Warning: drops the table visitor of the bind "eu" (2 rows)\n'
    )


def test_an_error_names_those_of_all_databases(two_databases: Project) -> None:
    two_databases.configure(f"multidb = true\n{ERROR}")
    output = refused(two_databases, TWO)
    assert output.count("  - ") == 3
    assert '  - the table visitor of the bind "eu" (2 rows)\n' in output


def test_lost_models_of_one_database_stop_all(two_databases: Project) -> None:
    output = refused(two_databases, BEFORE)
    assert 'imported: the bind "eu" has 2 tables, the models have none, and' in output


def test_a_hook_may_take_out_the_drops_of_one_database(two_databases: Project) -> None:
    def hook(context: Any, revision: Any, directives: list[MigrationScript]) -> None:
        if len(directives[0].upgrade_ops_list) == 2:
            without_drops(context, revision, directives)

    output = two_databases.app(TWO, process_revision_directives=hook).run("db", "migrate")
    assert "Warning: drops the table legacy_order" in output
    assert "table visitor of" not in output
    assert "drop_table('visitor')" not in two_databases.newest_script()


def test_under_an_env_py_of_its_own(project: Project) -> None:
    app = project.app(BEFORE)
    app.run("db", "init", "--template", str(TEMPLATES / "flask"))
    app.run("db", "migrate")
    app.run("db", "upgrade")
    app.execute("INSERT INTO account (id) VALUES (1)")
    project.configure('renames.tables = [{ from = "account", to = "person" }]')
    after = project.app(tables("person", "other", person=["name"]))
    said = after.run("db", "migrate").splitlines()[-2:]
    assert said == [
        "Warning: drops the table legacy_order (0 rows)",
        "Warning: drops the column person.old_name (1 row)",
    ]
