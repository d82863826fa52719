"""What revisions record of hints, and what later commands make of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import flask_migrate  # type: ignore[import-untyped]
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String

from flask_migrate_decl import Depth, check_config
from tests.project import App, Define, Project, begun, renamed

OWN_TEMPLATE = '''"""${message}"""
from alembic import op
import sqlalchemy as sa

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''
SWAP = """renames.columns = [
  { table = "person", from = "first", to = "last" },
  { table = "person", from = "last", to = "first" },
]"""
SWAP_AGAIN = """renames.columns = [
  { table = "person", from = "first", to = "last", id = "again 1" },
  { table = "person", from = "last", to = "first", id = "again 2" },
]"""
RECORD = [
    '    # renames.columns: { table = "person", from = "first", to = "last" }\n',
    '    # renames.columns: { table = "person", from = "last", to = "first" }\n',
]
ANN = {"id": 1, "first": "Ann", "last": "Bell"}
SWAPPED = {"id": 1, "first": "Bell", "last": "Ann"}


def person(db: SQLAlchemy) -> None:
    """Define the same names before and after a swap."""
    names = [Column(name, String(40)) for name in ("first", "last")]
    db.Table("person", Column("id", Integer, primary_key=True), *names)


def with_ann(project: Project) -> App:
    app = begun(project, person)
    app.insert({"person": [ANN]})
    return app


def assert_nothing_to_do(project: Project, define: Define = person) -> None:
    app, before = project.app(define), project.scripts()
    assert "No changes in schema detected" in app.run("db", "migrate")
    assert "No new upgrade operations" in app.run("db", "check")
    assert project.scripts() == before


def newest(project: Project) -> Path:
    return max(project.versions.glob("*.py"), key=lambda path: path.stat().st_mtime_ns)


def recorded(project: Project) -> list[str]:
    """Return the comments of the newest revision's ``upgrade()``."""
    lines = newest(project).read_text().partition("def downgrade")[0].splitlines(keepends=True)
    return [line for line in lines if "# renames." in line]


def replace_in_newest(project: Project, replaced: dict[str, str]) -> None:
    path = newest(project)
    text = path.read_text()
    for old, new in replaced.items():
        text = text.replace(old, new)
    path.write_text(text)


def copy_of_flask_migrates_template(path: Path) -> None:
    source = Path(flask_migrate.__file__).parent / "templates" / "flask" / "script.py.mako"
    shutil.copy(source, path)


@pytest.mark.parametrize("whose", ["ours", "Flask-Migrate's", "the project's"])
def test_a_script_has_the_record_whatever_its_template(sqlite_project: Project, whose: str) -> None:
    with_ann(sqlite_project)
    template = sqlite_project.folder / "migrations" / "script.py.mako"
    if whose == "Flask-Migrate's":
        copy_of_flask_migrates_template(template)
    elif whose == "the project's":
        template.write_text(OWN_TEMPLATE)
    after = renamed(sqlite_project, person, SWAP)
    assert recorded(sqlite_project) == RECORD
    assert after.rows()["person"] == [SWAPPED]
    assert_nothing_to_do(sqlite_project)


def test_a_swap_is_done_once(project: Project) -> None:
    with_ann(project)
    after = renamed(project, person, SWAP)
    assert_nothing_to_do(project)
    after.run("db", "downgrade")
    assert after.rows()["person"] == [ANN]
    after.run("db", "upgrade")
    assert_nothing_to_do(project)
    assert after.rows()["person"] == [SWAPPED]


def test_a_swap_that_was_taken_back_with_its_revision_is_done_again(
    sqlite_project: Project,
) -> None:
    with_ann(sqlite_project)
    after = renamed(sqlite_project, person, SWAP)
    after.run("db", "downgrade")
    newest(sqlite_project).unlink()
    assert renamed(sqlite_project, person, SWAP).rows()["person"] == [SWAPPED]


def test_a_swap_is_done_a_second_time_by_hints_with_new_ids(project: Project) -> None:
    with_ann(project)
    renamed(project, person, SWAP)
    after = renamed(project, person, SWAP_AGAIN)
    assert after.rows()["person"] == [ANN]
    assert 'to = "last", id = "again 1" }' in project.newest_script()
    assert_nothing_to_do(project)
    for rows in (SWAPPED, ANN):
        after.run("db", "downgrade")
        assert after.rows()["person"] == [rows]


def test_a_swap_of_tables_is_done_once(project: Project) -> None:
    def define(db: SQLAlchemy) -> None:
        for name in ("summer", "winter"):
            db.Table(name, Column("id", Integer, primary_key=True), Column("city", String(20)))

    hints = """renames.tables = [
      { from = "summer", to = "winter" },
      { from = "winter", to = "summer" },
    ]"""
    before = begun(project, define)
    before.insert({"summer": [{"id": 1, "city": "Rome"}], "winter": [{"id": 2, "city": "Oslo"}]})
    after = renamed(project, define, hints)
    assert after.rows()["winter"] == [{"id": 1, "city": "Rome"}]
    assert_nothing_to_do(project, define)
    after.run("db", "downgrade")
    assert after.rows()["summer"] == [{"id": 1, "city": "Rome"}]


# --- branches ----------------------------------------------------------------------------------


def states(app: App) -> list[str]:
    """Return the states of the hints on the database as it stands."""
    with app.flask.app_context():
        return [hint.state for hint in check_config(depth=Depth.DATABASES).hints]


@pytest.fixture
def two_branches(sqlite_project: Project) -> App:
    """Give a database at "first", from which "swap" and "other" go on, and which has passed it."""
    app = sqlite_project.app(person)
    app.run("db", "init")
    app.run("db", "migrate", "--rev-id", "first")
    app.run("db", "upgrade")
    app.insert({"person": [ANN]})
    sqlite_project.configure(SWAP)
    after = sqlite_project.app(person)
    after.run("db", "migrate", "--rev-id", "swap")
    after.run("db", "revision", "--head", "first", "--splice", "--rev-id", "other")
    return after


@pytest.mark.parametrize(
    ("revision", "state"),
    [("first", "pending"), ("other", "pending"), ("swap", "applied"), ("heads", "applied")],
)
def test_only_what_the_database_is_past_counts(
    two_branches: App, revision: str, state: str
) -> None:
    two_branches.run("db", "upgrade", revision)
    assert states(two_branches) == [state, state]


def test_a_merge_counts_both_branches(two_branches: App, sqlite_project: Project) -> None:
    two_branches.run("db", "merge", "heads", "--rev-id", "merged")
    two_branches.run("db", "upgrade")
    assert states(two_branches) == ["applied", "applied"]
    assert_nothing_to_do(sqlite_project)
    assert two_branches.rows()["person"] == [SWAPPED]


# --- several databases, and new ones -----------------------------------------------------------


def test_each_bind_has_its_own_record(sqlite_project: Project) -> None:
    sqlite_project.binds["other"] = f"sqlite:///{sqlite_project.folder}/other.db"

    def define(db: SQLAlchemy) -> None:
        person(db)
        names = [Column(name, String(40)) for name in ("first", "last")]
        key: Column[int] = Column("id", Integer, primary_key=True)
        db.Table("person", key, *names, bind_key="other")

    hint = '{{ table = "person", from = "{}", to = "{}", bind = "other" }}'
    of_other = [hint.format("first", "last"), hint.format("last", "first")]
    sqlite_project.configure("multidb = true")
    before = begun(sqlite_project, define)
    for bind in (None, "other"):
        before.execute("INSERT INTO person VALUES (1, 'Ann', 'Bell')", bind=bind)
    only_other = f"multidb = true\nrenames.columns = [{', '.join(of_other)}]"
    after = renamed(sqlite_project, define, only_other)
    assert_nothing_to_do(sqlite_project, define)
    assert after.rows() == {"person": [ANN]}
    assert after.rows(bind="other") == {"person": [SWAPPED]}
    both = "multidb = true\n" + SWAP.replace("]", f"  {', '.join(of_other)},\n]")
    after = renamed(sqlite_project, define, both)
    assert after.rows() == after.rows(bind="other") == {"person": [SWAPPED]}
    assert_nothing_to_do(sqlite_project, define)


def named(column: str, other: str) -> Define:
    """Have a person in two databases, with a column of any name."""

    def define(db: SQLAlchemy) -> None:
        for name, options in ((column, {}), (other, {"bind_key": "other"})):
            key: Column[int] = Column("id", Integer, primary_key=True)
            db.Table("person", key, Column(name, String(40)), **options)

    return define


@pytest.mark.parametrize("directory", ["", 'directory = "own"\n'], ids=["shared", "own"])
def test_what_is_recorded_in_a_bind_is_not_meant_for_another(
    sqlite_project: Project, directory: str
) -> None:
    section = f"[binds.other]\n{directory}[[renames.columns]]\n"
    hint = 'table = "person"\nfrom = "first"\nto = "given"\n'
    sqlite_project.binds["other"] = f"sqlite:///{sqlite_project.folder}/other.db"
    sqlite_project.configure(f"[binds.other]\n{directory}")
    before = begun(sqlite_project, named("first", "first"))
    before.execute("INSERT INTO person VALUES (1, 'Ann')", bind="other")
    renamed(sqlite_project, named("given", "first"), section + hint)
    app = sqlite_project.app(named("given", "given"))
    # The same rename of the other one is a likely one, of which nobody has said anything.
    assert "nothing to rename" not in app.run("db", "check", exit_code=1)
    assert "nothing to rename" not in app.run("db", "check-config", "--database")
    assert 'person.first → given of the bind "other"' in app.run("db", "suggest-renames")
    assert "unmatched" not in app.run("db", "renames")
    of_other = f'{section}{hint}[[renames.columns]]\n{hint}bind = "other"\n'
    after = renamed(sqlite_project, named("given", "given"), of_other)
    assert after.rows(bind="other") == {"person": [{"id": 1, "given": "Ann"}]}


def test_a_database_that_is_begun_with_an_exchange_in_the_hints(project: Project) -> None:
    project.configure(SWAP)
    app = begun(project, person)
    assert recorded(project) == RECORD
    app.insert({"person": [ANN]})
    assert_nothing_to_do(project)
    assert app.rows()["person"] == [ANN]


# --- what people do to scripts -----------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        "# renames.columns: { table = ",
        "# renames.columns: { }",
        "# renames.columns: { table = 1, from = [], to = {} }",
        "# renames.columns: { from = 'first', to = 'last' }",
        "# renames.nonsense: { from = 'first', to = 'last' }",
        '# renames.columns: { table = "person", from = "first", to = "last", more = "x" }',
        '# renames.columns: { table = "person", from = "first", to = "last", id = 3 }',
        '# renames.columns: { table = "\\q" }',
        "# renames.",
    ],
)
def test_a_comment_that_somebody_broke_is_no_record(sqlite_project: Project, broken: str) -> None:
    with_ann(sqlite_project)
    renamed(sqlite_project, person, SWAP)
    replace_in_newest(sqlite_project, dict.fromkeys(RECORD, f"    {broken}\n"))
    app = sqlite_project.app(person)
    assert states(app) == ["pending", "pending"]
    app.run("db", "check", exit_code=1)


def test_half_a_record_leaves_an_exchange_undecided(sqlite_project: Project) -> None:
    with_ann(sqlite_project)
    renamed(sqlite_project, person, SWAP)
    replace_in_newest(sqlite_project, {RECORD[1]: ""})
    before = sqlite_project.scripts()
    output = sqlite_project.app(person).run("db", "migrate", exit_code=1)
    assert "give each of them an id of its own" in output
    assert sqlite_project.scripts() == before


def test_a_script_that_is_no_utf_8_keeps_its_record(sqlite_project: Project) -> None:
    with_ann(sqlite_project)
    renamed(sqlite_project, person, SWAP)
    path = newest(sqlite_project)
    path.write_bytes(b"# coding: latin-1\n# caf\xe9\n" + path.read_bytes())
    app = sqlite_project.app(person)
    assert states(app) == ["applied", "applied"]
    assert "No changes in schema detected" in app.run("db", "migrate")
