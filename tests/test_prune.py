"""``flask db renames`` and ``renames prune``: states of hints, and how those go that are done."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String

from flask_migrate_decl import list_renames, prune_renames
from flask_migrate_decl.errors import (
    ConfigChangedError,
    ConfigUnwritableError,
    HintsNotRemovedError,
)
from tests.project import App, Define, Project, begun
from tests.site import LONGEST_WAIT
from tests.test_cli import APP, Shell

BINDS = ["eu", "us"]


def tables(**columns: str) -> Define:
    """Define tables in every database that is named: ``person="id name"`` or ``eu_person=…``."""

    def define(db: SQLAlchemy) -> None:
        for name, names in columns.items():
            bind, _, table = name.rpartition("_")
            made = [Column(n, String(20)) for n in names.split()]
            key: Column[int] = Column("id", Integer, primary_key=True)
            db.Table(table, key, *made, bind_key=bind or None)

    return define


def section(project: Project) -> str:
    return (project.folder / "migrate.toml").read_text()


def listed(app: App, exit_code: int = 0) -> list[tuple[str, str, str | None]]:
    """Return the places, states and revisions of all hints."""
    found = json.loads(app.run("db", "renames", "--format", "json", exit_code=exit_code))
    return [(hint["key"], hint["state"], hint["revision"]) for hint in found["hints"]]


def kept(app: App) -> dict[str, str]:
    """Return why hints are kept, by their places; nothing is removed."""
    with app.flask.app_context():
        return {of.hint.key: of.reason for of in prune_renames(lambda _plan: False).plan.kept}


def migrated(project: Project, define: Define, hints: str, name: str) -> App:
    """Write a revision of a name, and run it."""
    project.configure(hints)
    app = project.app(define)
    app.run("db", "migrate", "--rev-id", name)
    app.run("db", "upgrade")
    return app


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


USER, ACCOUNT = tables(user="name"), tables(account="name")
RENAMED = """[renames]
# people
tables = [
  { from = "user", to = "account" }, # in May
]
columns = []
"""


def test_from_pending_to_pruned(sqlite_project: Project) -> None:
    begun(sqlite_project, USER)
    sqlite_project.configure(RENAMED)
    app = sqlite_project.app(ACCOUNT)
    place = "migrate.toml:4:3"
    assert app.run("db", "renames") == (
        "Database   Hint                  State    Revision  Place\n"
        f"<default>  table user → account  pending            {place}\n"
    )
    assert app.run("db", "renames", "prune") == (
        "Kept                  Why\n"
        "table user → account  pending on the default database: the database has the old name\n"
        "\nNothing to remove\n"
    )
    app.run("db", "migrate", "--rev-id", "r2")
    app.run("db", "upgrade")
    assert app.run("db", "renames") == (
        "Database   Hint                  State    Revision  Place\n"
        f"<default>  table user → account  applied  r2        {place}\n"
    )
    assert app.run("db", "renames", "prune", "--yes") == (
        "Not needed any more   State    Revision  Place\n"
        f"table user → account  applied  r2        {place}\n"
        "\nRemoved 1 hint from migrate.toml\n"
    )
    assert section(sqlite_project) == "[renames]\n# people\ntables = [\n]\ncolumns = []\n"
    app = sqlite_project.app(ACCOUNT)
    assert app.run("db", "renames") == "no rename hints are declared\n"
    assert app.run("db", "renames", "prune") == "Nothing to remove\n"
    assert "No new upgrade operations" in app.run("db", "check")


# --- several databases -------------------------------------------------------------------------

THREE = """multidb = true
[renames]
tables = [
  { from = "user", to = "account" },
  { from = "user", to = "account", bind = "eu" }, # later
  { from = "user", to = "account", bind = "us" },
]
"""


@pytest.fixture
def three(sqlite_project: Project) -> Project:
    """Give three databases at "r2", by which a table of each was renamed."""
    for bind in BINDS:
        sqlite_project.binds[bind] = f"sqlite:///{sqlite_project.folder}/{bind}.db"
    sqlite_project.configure("multidb = true")
    begun(sqlite_project, tables(user="name", eu_user="name", us_user="name"))
    for bind in BINDS:
        shutil.copy(sqlite_project.folder / f"{bind}.db", sqlite_project.folder / f"old-{bind}.db")
    migrated(sqlite_project, ACCOUNTS, THREE, "r2")
    return sqlite_project


ACCOUNTS = tables(account="name", eu_account="name", us_account="name")


def test_each_database_decides_over_its_own_hints(three: Project) -> None:
    folder = three.folder
    shutil.copy(folder / "old-eu.db", folder / "eu.db")
    (folder / "us.db").unlink()
    (folder / "us.db").mkdir()
    app = three.app(ACCOUNTS)
    output = app.run("db", "renames", exit_code=2)
    assert output == (
        "Warning: us can't be reached: unable to open database file\n"
        "Database   Hint                  State    Revision  Place\n"
        "<default>  table user → account  applied  r2        migrate.toml:4:3\n"
        "eu         table user → account  pending            migrate.toml:5:3\n"
        "us         table user → account  unknown            migrate.toml:6:3\n"
    )
    found = app.run("db", "renames", "prune", "-y")
    assert found == (
        "Not needed any more   State    Revision  Place\n"
        "table user → account  applied  r2        migrate.toml:4:3\n"
        "\n"
        "Kept                  Why\n"
        'table user → account  pending on the bind "eu": the database has the old name\n'
        'table user → account  the bind "us" can\'t be reached: unable to open database file\n'
        "\n"
        "Removed 1 hint from migrate.toml\n"
    )
    assert section(three) == THREE.replace('  { from = "user", to = "account" },\n', "")


def test_programs_get_the_hints_as_json(three: Project) -> None:
    (three.folder / "us.db").unlink()
    app = three.app(ACCOUNTS)
    with app.flask.app_context():
        found = list_renames()
    assert not found.is_complete
    hint = "table user → account"
    reason = f"there is no file {three.folder}/us.db yet"
    assert json.loads(found.json()) == {
        "version": 1,
        "file": f"{three.folder}/migrate.toml",
        "hints": [
            {
                "bind": bind,
                "hint": hint,
                "state": "unknown" if bind == "us" else "applied",
                "reason": reason if bind == "us" else "the revision r2 carried it out",
                "revision": None if bind == "us" else "r2",
                "key": f"renames.tables[{number}]",
                "place": f"migrate.toml:{4 + number}:3",
            }
            for number, bind in enumerate([None, "eu", "us"])
        ],
        "unreached": [{"bind": "us", "reason": reason}],
    }
    assert not (three.folder / "us.db").exists()


def test_a_database_that_is_behind_keeps_its_hints(three: Project) -> None:
    shutil.copy(three.folder / "eu.db", three.folder / "r2.db")
    app = three.app(ACCOUNTS)
    app.run("db", "revision", "--rev-id", "r3")
    app.run("db", "upgrade")
    shutil.copy(three.folder / "r2.db", three.folder / "eu.db")
    behind = 'the bind "eu" is at r2, and the head is r3'
    assert kept(app) == {"renames.tables[1]": behind}
    app.execute("UPDATE alembic_version SET version_num = 'gone'", bind="us")
    unknown = 'the bind "us" is at the revision "gone", which the history does not have'
    assert kept(app) == {"renames.tables[1]": behind, "renames.tables[2]": unknown}


UNRECORDED = "but no revision records it: it may have been renamed by hand elsewhere"


def test_a_hint_that_names_the_wrong_database_is_unmatched(three: Project) -> None:
    three.configure(
        'multidb = true\nrenames.columns = [{ table = "account", from = "name", to = "nick" }]'
    )
    app = three.app(tables(account="name nick", eu_account="nick", us_account="name"))
    app.execute("ALTER TABLE account ADD COLUMN nick")
    assert listed(app) == [("renames.columns[0]", "unmatched", None)]
    (reason,) = kept(app).values()
    assert reason.startswith("unmatched on the default database: there is nothing to rename in")


# --- what revisions record ---------------------------------------------------------------------


def test_what_was_renamed_by_hand_may_be_needed_elsewhere(sqlite_project: Project) -> None:
    begun(sqlite_project, USER).execute("ALTER TABLE user RENAME TO account")
    sqlite_project.configure(RENAMED)
    app = sqlite_project.app(ACCOUNT)
    assert listed(app) == [("renames.tables[0]", "applied", None)]
    assert kept(app) == {"renames.tables[0]": f"applied, {UNRECORDED}"}
    assert section(sqlite_project) == RENAMED


SWAP = """[[renames.columns]] # in May
table = "person"
from = "first"
to = "last"

[[renames.columns]]
table = "person"
from = "last"
to = "first"
# the end
"""
PERSON = tables(person="first last")


def test_a_swap_is_pruned_as_a_whole(project: Project) -> None:
    begun(project, PERSON)
    app = migrated(project, PERSON, SWAP, "r2")
    assert listed(app) == [(f"renames.columns[{n}]", "applied", "r2") for n in (0, 1)]
    app.run("db", "renames", "prune", "-y")
    assert section(project) == "# the end\n"
    after = project.app(PERSON)
    assert "No new upgrade operations" in after.run("db", "check")
    assert "no rename hints are declared" in after.run("db", "renames")


def test_half_a_swap_stays(sqlite_project: Project) -> None:
    begun(sqlite_project, PERSON)
    app = migrated(sqlite_project, PERSON, SWAP, "r2")
    script = next(sqlite_project.versions.glob("r2*.py"))
    half = '    # renames.columns: { table = "person", from = "last", to = "first" }\n'
    assert half in script.read_text()
    script.write_text(script.read_text().replace(half, ""))
    states = [("renames.columns[0]", "applied", "r2"), ("renames.columns[1]", "undecided", None)]
    assert listed(app) == states
    reasons = kept(app)
    assert reasons.pop("renames.columns[1]").startswith("undecided on the default database: it is")
    assert reasons == {
        "renames.columns[0]": "renames.columns[1] (column person.last → first) relies on it"
    }
    app.run("db", "renames", "prune", "-y")
    assert section(sqlite_project) == SWAP


TABLE_AND_COLUMN = """[renames]
tables = [{ from = "user", to = "account" }] # all of them
columns = [{ table = "user", from = "name", to = "nick" }]
"""
NICK = tables(account="nick")


def test_a_table_stays_while_a_column_is_named_by_its_old_name(project: Project) -> None:
    begun(project, USER)
    first = TABLE_AND_COLUMN.replace("columns =", "# columns =")
    migrated(project, ACCOUNT, first, "r2")
    project.configure(TABLE_AND_COLUMN)
    app = project.app(NICK)
    assert listed(app) == [
        ("renames.tables[0]", "applied", "r2"),
        ("renames.columns[0]", "pending", None),
    ]
    assert app.run("db", "renames", "prune", "-y") == (
        "Kept                     Why\n"
        "table user → account     renames.columns[0] (column user.name → nick) relies on it\n"
        "column user.name → nick  pending on the default database: the database has the old name\n"
        "\nNothing to remove\n"
    )
    app = migrated(project, NICK, TABLE_AND_COLUMN, "r3")
    assert listed(app) == [
        ("renames.tables[0]", "applied", "r2"),
        ("renames.columns[0]", "applied", "r3"),
    ]
    assert "Removed 2 hints" in app.run("db", "renames", "prune", "-y")
    assert section(project) == "[renames]\ntables = [] # all of them\ncolumns = []\n"
    assert "No new upgrade operations" in project.app(NICK).run("db", "check")


def test_what_is_gone_since_is_recorded_still(sqlite_project: Project) -> None:
    begun(sqlite_project, tables(user="name", other="x"))
    migrated(sqlite_project, tables(account="nick", other="x"), TABLE_AND_COLUMN, "r2")
    app = migrated(sqlite_project, tables(other="x"), TABLE_AND_COLUMN, "r3")
    assert listed(app) == [
        ("renames.tables[0]", "applied", "r2"),
        ("renames.columns[0]", "spent", "r2"),
    ]
    assert kept(app) == {}


CHAIN = """[renames]
tables = [
  { from = "user", to = "account" },
  { from = "account", to = "user" },
]
"""


def test_a_hint_that_was_taken_back_is_pruned_with_the_one_that_does(
    sqlite_project: Project,
) -> None:
    begun(sqlite_project, USER)
    migrated(sqlite_project, ACCOUNT, RENAMED, "r2")
    app = migrated(sqlite_project, USER, CHAIN, "r3")
    assert listed(app) == [
        ("renames.tables[0]", "applied", "r2"),
        ("renames.tables[1]", "applied", "r3"),
    ]
    assert kept(app) == {}


def test_hints_that_can_not_be_judged_are_kept(sqlite_project: Project) -> None:
    begun(sqlite_project, tables(user="name", person="a b"))
    migrated(sqlite_project, tables(account="name", person="a b"), RENAMED, "r2")
    sqlite_project.configure("""[renames]
tables = [{ from = "user", to = "account" }, { from = "x", to = "y", schema = "crm" }]
columns = [
  { table = "person", from = "a", to = "c" },
  { table = "person", from = "A", to = "d" },
]
""")
    app = sqlite_project.app(tables(account="name", person="a b"))
    assert listed(app) == [
        ("renames.tables[0]", "applied", "r2"),
        ("renames.tables[1]", "unmatched", None),
        ("renames.columns[0]", "early", None),
        ("renames.columns[1]", "contradicted", None),
    ]
    assert kept(app) == {
        "renames.tables[0]": "hints are in conflict with each other on the default database",
        "renames.tables[1]": 'unmatched on the default database: the schema "crm" is not compared',
        "renames.columns[0]": 'early on the default database: the models still say "a"',
        "renames.columns[1]": (
            'contradicted on the default database: "A" is renamed in renames.columns[0] already'
        ),
    }


# --- the file ----------------------------------------------------------------------------------


@pytest.fixture
def done(sqlite_project: Project) -> App:
    """Give an app whose only hint is done."""
    begun(sqlite_project, USER)
    return migrated(sqlite_project, ACCOUNT, RENAMED, "r2")


def test_nobody_can_be_asked(done: App, sqlite_project: Project) -> None:
    assert done.run("db", "renames", "prune", exit_code=2) == (
        "Not needed any more   State    Revision  Place\n"
        "table user → account  applied  r2        migrate.toml:4:3\n"
        "\n"
        "Error: nothing was removed, as nobody can be asked here: say --yes to remove these hints\n"
    )
    assert section(sqlite_project) == RENAMED


def test_a_file_that_is_changed_meanwhile_is_left_alone(done: App, sqlite_project: Project) -> None:
    def confirm(_plan: object) -> bool:
        sqlite_project.configure(f"{RENAMED}# new\n")
        return True

    with done.flask.app_context(), pytest.raises(ConfigChangedError):
        prune_renames(confirm)
    assert section(sqlite_project) == f"{RENAMED}# new\n"


def test_a_file_that_may_not_be_written(
    done: App, sqlite_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def confirm(_plan: object) -> bool:
        monkeypatch.setattr("os.access", lambda *_: False)
        return True

    with done.flask.app_context(), pytest.raises(ConfigUnwritableError):
        prune_renames(confirm)
    assert section(sqlite_project) == RENAMED


def test_a_layout_that_does_not_let_a_hint_go(
    done: App, sqlite_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_migrate_decl.config.edit.texts_without_hint", lambda *_: iter(()))
    with done.flask.app_context(), pytest.raises(HintsNotRemovedError) as caught:
        prune_renames(lambda _plan: True)
    assert str(caught.value) == (
        f"{sqlite_project.folder}/migrate.toml has a layout of its own; please remove these:"
        "\n  - renames.tables[0]"
    )
    assert section(sqlite_project) == RENAMED


def test_what_was_removed_is_returned(done: App) -> None:
    with done.flask.app_context():
        result = prune_renames(lambda plan: len(plan.removable) == 1)
    assert [(hint.key, hint.revision) for hint in result.removed] == [("renames.tables[0]", "r2")]


def test_the_format_is_the_lists(done: App) -> None:
    output = done.run("db", "renames", "--format", "json", "prune", exit_code=2)
    assert output.endswith("Error: --format is for the list of hints: leave it out here\n")


@pytest.mark.parametrize("arguments", [["-d", "other"], ["-d", "other", "prune"]])
def test_the_folder_of_revisions_may_be_named(done: App, arguments: list[str]) -> None:
    output = done.run("db", "renames", *arguments, exit_code=2)
    assert "other" in output
    assert done.run("db", "-d", "migrations", "renames").count("r2") == 1


# --- at a terminal -----------------------------------------------------------------------------

IN_PYPROJECT = """[project]
name = "shop"

[[tool.flask-migrate.renames.tables]] # in May
from = "person"
to = "account"
"""


def answered(shell: Shell, answer: str) -> str:
    """Type the command at a terminal, and an answer."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "flask", "db", "renames", "prune"],
        cwd=shell.folder,
        stdin=theirs,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        os.write(ours, answer.encode())
        output, _ = process.communicate(timeout=LONGEST_WAIT)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0
    return output


@pytest.mark.slow
def test_a_person_is_asked(shell: Shell) -> None:
    shell.write(app__py=APP, pyproject__toml='[project]\nname = "shop"\n')
    for command in ("init", "migrate", "upgrade"):
        shell.flask("db", command)
    shell.write(app__py=APP.replace("Person", "Account"), pyproject__toml=IN_PYPROJECT)
    for command in ("migrate", "upgrade"):
        shell.flask("db", command)
    for answer in ("\n", "n\n"):
        output = answered(shell, answer)
        assert "Remove 1 hint from pyproject.toml? [y/N]: " in output
        assert output.endswith("Nothing was removed\n")
        assert (shell.folder / "pyproject.toml").read_text() == IN_PYPROJECT
    assert answered(shell, "y\n").endswith("Removed 1 hint from pyproject.toml\n")
    left = '[project]\nname = "shop"\n\n[tool.flask-migrate]\n'
    assert (shell.folder / "pyproject.toml").read_text() == left
    assert "No new upgrade operations" in shell.flask("db", "check").stdout


def test_what_the_app_prints_is_not_in_the_json(shell: Shell) -> None:
    shell.write(app__py=f"{APP}\nprint('hello')\n", migrate__toml="")
    shell.flask("db", "init")
    found: dict[str, Any] = json.loads(shell.flask("db", "renames", "--format", "json").stdout)
    assert (found["hints"], found["unreached"]) == ([], [])


def test_an_app_of_flask_migrates_own_is_told_what_to_do(shell: Shell) -> None:
    shell.write(app__py=APP.replace("flask_migrate_decl", "flask_migrate"))
    run = shell.flask("db", "renames", exit_code=2)
    assert "import it from flask_migrate_decl" in run.stderr
