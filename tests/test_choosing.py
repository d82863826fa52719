"""Which histories and databases a command is about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String

from flask_migrate_decl import current, downgrade, migrate, stamp, upgrade
from flask_migrate_decl.errors import HistoryNotChosenError, NotMigratedError
from tests.project import App, Define, Project

BINDS = (None, "second", "third")
OWN = '[binds.second]\ndirectory = "second"\n[binds.third]\ndirectory = "third"\n'
SHARED = "[binds.second]\n[binds.third]\n"


def items(*columns: str) -> Define:
    """Have the same table in all databases."""

    def define(db: SQLAlchemy) -> None:
        for bind in BINDS:
            options = {} if bind is None else {"bind_key": bind}
            texts = [Column(column, String(20)) for column in columns]
            db.Table("item", Column("id", Integer, primary_key=True), *texts, **options)

    return define


@pytest.fixture
def three(tmp_path: Path) -> Project:
    urls = {name: f"sqlite:///{tmp_path}/{name}.db" for name in ("second", "third")}
    return Project(tmp_path, f"sqlite:///{tmp_path}/app.db", urls)


def begun(project: Project, section: str) -> App:
    """Let each history have two revisions, and each database be at none."""
    project.configure(section)
    app = project.app(items())
    app.run("db", "init")
    app.run("db", "migrate", "-m", "first")
    app.run("db", "upgrade")
    app = project.app(items("name"))
    app.run("db", "migrate", "-m", "second")
    app.run("db", "downgrade", "base", *each("default", "second", "third"))
    return app


def each(*names: str) -> list[str]:
    return [word for name in names for word in ("--bind", name)]


def revisions(app: App, folder: str) -> list[str]:
    """Return the identifiers of a history, the first one first."""
    found = app.run("db", "history", "-d", folder)
    return re.findall(r"-> (\w+)", found)[::-1]


def at(app: App) -> list[tuple[str, ...]]:
    """Return what each database is at."""
    with app.flask.app_context():
        databases = {database.bind: database.revisions for database in current().databases}
    return [databases[bind] for bind in BINDS]


@pytest.mark.parametrize("section", [SHARED, OWN], ids=["shared", "own"])
def test_the_binds_that_are_named(three: Project, section: str) -> None:
    app = begun(three, section)
    app.run("db", "upgrade", *each("third"))
    assert [bool(found) for found in at(app)] == [False, False, True]
    app.run("db", "upgrade", *each("third", "default"))
    assert [bool(found) for found in at(app)] == [True, False, True]
    app.run("db", "stamp", "head", *each("second"))
    assert app.rows(bind="second") == {}
    assert [bool(found) for found in at(app)] == [True, True, True]
    app.run("db", "stamp", "--purge", "base", *each("second"))
    app.run("db", "downgrade", "base", *each("default"))
    assert [bool(found) for found in at(app)] == [False, False, True]
    assert "No new upgrade operations" in app.run("db", "check", *each("third"))
    assert "not up to date" in app.run("db", "check", *each("default"), exit_code=2)


@pytest.mark.parametrize("section", [SHARED, OWN], ids=["shared", "own"])
def test_names_that_can_be_gone_through_once(three: Project, section: str) -> None:
    app = begun(three, section)
    with app.flask.app_context():
        upgrade(bind=(name for name in ("second", "third")))
        downgrade(revision="base", bind=(name for name in ("third",)))
        stamp(bind=(name for name in ("default",)))
    assert [bool(found) for found in at(app)] == [True, True, False]
    assert [sorted(app.rows(bind=bind)) for bind in BINDS] == [[], ["item"], []]


NAMELESS = ["", "@", " ", "a:b:c"]
OUT_OF_IT = ["head+1", "heads+1", "head-9", "base+9"]
TO_RUN = ["upgrade", "upgrade --sql", "upgrade --jobs 2", "downgrade", "downgrade --sql", "stamp"]
TO_WRITE = ["show", "edit", "merge", "revision --head"]


@pytest.mark.parametrize("command", TO_RUN + TO_WRITE)
def test_what_is_no_revision_is_an_error(
    three: Project, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "false")
    app = begun(three, OWN)
    scripts, before = set(three.folder.rglob("*.py")), at(app)
    revisions_ = [*NAMELESS, *OUT_OF_IT, "label@"]
    for revision in revisions_ if command in TO_RUN else [*revisions_, "-9", "-3"]:
        given = [revision] if "--head" in command else ["--", revision]
        said = app.run("db", *command.split(), *each("second"), *given, exit_code=2)
        assert "Error: " in said
    assert set(three.folder.rglob("*.py")) == scripts
    assert at(app) == before


@pytest.mark.parametrize("jobs", [[], ["--jobs", "2"]], ids=["one", "jobs"])
def test_steps_that_lead_out_of_one_history_are_found_before_another_is_run(
    three: Project, jobs: list[str]
) -> None:
    app = begun(three, OWN)
    app.run("db", "revision", "-m", "third", *each("default"))
    said = app.run("db", "upgrade", *jobs, "base+3", exit_code=2)
    assert "Can't locate revision identified by 'base+3' in second (second): it leads out" in said
    assert at(app) == [(), (), ()]


@pytest.mark.parametrize("jobs", [[], ["--jobs", "2"]], ids=["one", "jobs"])
def test_a_script_that_is_no_python_is_found_before_another_history_is_run(
    three: Project, jobs: list[str]
) -> None:
    app = begun(three, OWN)
    (three.folder / "third" / "versions" / "broken.py").write_text("def upgrade(:\n")
    for command in (["upgrade", *jobs], ["stamp"], ["downgrade", *each("second", "third")]):
        said = app.run("db", *command, exit_code=2)
        assert "third/versions/broken.py, line 1: " in said
    (three.folder / "third" / "versions" / "broken.py").unlink()
    assert at(app) == [(), (), ()]


def test_steps_from_a_revision_may_lead_to_base(three: Project) -> None:
    app = begun(three, OWN)
    app.run("db", "upgrade", "head-1")
    first = revisions(app, "second")[0]
    assert at(app)[1] == (first,)
    app.run("db", "downgrade", *each("second"), "--", "head-2")
    assert at(app)[1] == ()


@pytest.mark.parametrize("section", [SHARED, OWN], ids=["shared", "own"])
def test_an_error_says_of_which_database_it_is(three: Project, section: str) -> None:
    app = begun(three, section)
    app.run("db", "upgrade")
    app.execute("UPDATE alembic_version SET version_num = 'gone'", bind="second")
    commands = ["current", "show current", "history -r current:", "check", "migrate", "upgrade"]
    for command in commands:
        said = app.run("db", *command.split(), exit_code=2)
        assert "Error: the bind \"second\": Can't locate revision identified by 'gone'" in said
    three.binds["second"] = f"sqlite:///{three.folder}/no/such.db"
    app = three.app(items("name"))
    for command in [*commands, "history -i", "stamp", "suggest-renames", "upgrade --jobs 2"]:
        said = app.run("db", *command.split(), exit_code=2)
        assert 'the bind "second" can\'t be reached: unable to open database file' in said


def test_several_revisions_of_a_database_have_an_order(three: Project) -> None:
    three.configure("")
    app = three.app(items())
    app.run("db", "init")
    names = ("b2", "c3", "a1", "e5", "d4")
    for name in names:
        app.run("db", "revision", "--rev-id", name, "--head", "base", "--splice")
    app.run("db", "upgrade", "heads")
    for order in (names, sorted(names), sorted(names)[::-1]):
        app.execute("DELETE FROM alembic_version")
        app.execute(*(f"INSERT INTO alembic_version VALUES ('{name}')" for name in order))
        assert re.findall(r"(?m)^(\w+) \(head\)", app.run("db", "current")) == sorted(names)
        with app.flask.app_context():
            (database,) = current().databases
        assert database.revisions == database.heads == tuple(sorted(names))


@pytest.mark.parametrize("section", [SHARED, OWN], ids=["shared", "own"])
def test_a_comparison_of_the_binds_that_are_named(three: Project, section: str) -> None:
    app = begun(three, section)
    app.run("db", "upgrade")
    app = three.app(items("name", "size"))
    before = set(three.folder.rglob("*.py"))
    app.run("db", "migrate", *each("second"), "-m", "size")
    (path,) = set(three.folder.rglob("*.py")) - before
    assert path.read_text().count("'size'") == 2
    app.run("db", "upgrade")
    for bind, has_it in zip(BINDS, (False, True, False), strict=True):
        app.execute("INSERT INTO item (id) VALUES (1)", bind=bind)
        assert ("size" in app.rows(bind=bind)["item"][0]) is has_it


@pytest.mark.parametrize("command", ["upgrade", "migrate", "check", "current", "heads", "stamp"])
def test_a_bind_that_is_not_migrated(three: Project, command: str) -> None:
    begun_own(three)
    three.configure(f"{OWN}enabled = false")
    app = three.app(items("name"))
    for name in ("third", "nowhere"):
        said = app.run("db", command, "--bind", name, exit_code=2)
        assert f'the bind "{name}" is not migrated here (migrated: default, second)' in said


def begun_own(project: Project) -> App:
    return begun(project, OWN)


def test_the_folder_that_is_named(three: Project) -> None:
    app = begun_own(three)
    app.run("db", "upgrade", "-d", "third")
    assert [bool(found) for found in at(app)] == [False, False, True]
    app.run("db", "-d", "migrations", "upgrade")
    assert [bool(found) for found in at(app)] == [True, False, True]
    app.run("db", "downgrade", "base", "-d", "third")
    assert [bool(found) for found in at(app)] == [True, False, False]
    assert "there is no folder" in app.run("db", "upgrade", "-d", "nowhere", exit_code=2)
    said = app.run("db", "upgrade", "-d", "third", "--bind", "second", exit_code=2)
    assert '"second" is not migrated here (migrated: third)' in said


def test_a_revision_finds_its_history(three: Project) -> None:
    app = begun_own(three)
    first, second = revisions(app, "third")
    app.run("db", "upgrade", first)
    assert at(app) == [(), (), (first,)]
    app.run("db", "upgrade", f"{first[:8]}+1")
    assert at(app) == [(), (), (second,)]
    assert f"Revision ID: {first}" in app.run("db", "show", first)
    app.run("db", "downgrade", first)
    assert at(app) == [(), (), (first,)]
    app.run("db", "stamp", second)
    assert at(app) == [(), (), (second,)]
    statements = app.run("db", "upgrade", "--sql", f"{first}:{second}")
    assert re.findall("-- Database: .*", statements) == ["-- Database: third"]
    said = app.run("db", "revision", "--head", second, "-m", "third")
    assert f"{three.folder}/third/versions/" in said


@pytest.mark.parametrize(
    "options", [[""], [" "], ["@"], ["@head"], ["--sql", "x:"], ["--sql", ":"]]
)
@pytest.mark.parametrize("section", ["", OWN], ids=["one", "several"])
def test_a_revision_without_a_name(three: Project, section: str, options: list[str]) -> None:
    three.configure(section)
    app = three.app(items())
    app.run("db", "init")
    assert "Can't locate revision" in app.run("db", "upgrade", *options, exit_code=2)


def test_steps_and_words_are_meant_in_all(three: Project) -> None:
    app = begun_own(three)
    app.run("db", "upgrade", "+1")
    firsts = [(revisions(app, folder)[0],) for folder in ("migrations", "second", "third")]
    assert at(app) == firsts
    app.run("db", "upgrade", "heads")
    app.run("db", "downgrade", *each("default", "third"))
    assert (at(app)[0], at(app)[2]) == (firsts[0], firsts[2])
    assert at(app)[1] != firsts[1]


def named_alike(project: Project) -> App:
    """Let two histories have a revision of the same name."""
    project.configure(OWN)
    app = project.app(items())
    app.run("db", "init")
    for name in ("second", "third"):
        app.run("db", "revision", "--rev-id", "same", "--branch-label", name, "--bind", name)
    app.run("db", "revision", "--rev-id", "other", "--bind", "default")
    return app


def test_a_revision_of_several_histories_is_ambiguous(three: Project) -> None:
    app = named_alike(three)
    said = app.run("db", "upgrade", "same", exit_code=2)
    assert '"same" is in several histories' in said
    assert "  - second (second)\n  - third (third)" in said
    assert at(app) == [(), (), ()]
    app.run("db", "upgrade", "same", "--bind", "third")
    app.run("db", "upgrade", "second@head")
    assert at(app) == [(), ("same",), ("same",)]
    said = app.run("db", "upgrade", "nowhere", exit_code=2)
    assert "Can't locate revision identified by 'nowhere' in:" in said
    assert said.count("  - ") == 3


@pytest.mark.parametrize("revision", [[], ["base"], ["--", "-2"]], ids=str)
def test_nothing_is_undone_everywhere_by_mistake(three: Project, revision: list[str]) -> None:
    app = begun_own(three)
    app.run("db", "upgrade")
    before = at(app)
    said = app.run("db", "downgrade", *revision, exit_code=2)
    assert "say which history is meant" in said
    assert at(app) == before


ONE = [
    ("revision",),
    ("revision", "--sql"),
    ("migrate", "--rev-id", "x"),
    ("migrate", "--branch-label", "x"),
    ("migrate", "--version-path", "x"),
    ("edit",),
    ("edit", "current"),
]


@pytest.mark.parametrize("command", ONE, ids=" ".join)
def test_some_things_are_about_one_history(three: Project, command: tuple[str, ...]) -> None:
    app = begun_own(three)
    app.run("db", "upgrade")
    before = set(three.folder.rglob("*.py"))
    assert "say which history is meant" in app.run("db", *command, exit_code=2)
    assert set(three.folder.rglob("*.py")) == before


def test_the_history_with_branches_is_merged(three: Project) -> None:
    app = begun_own(three)
    first, _ = revisions(app, "third")
    app.run("db", "revision", "--head", first, "--splice", "-m", "branch")
    said = app.run("db", "merge", "heads", "-m", "together")
    assert f"{three.folder}/third/versions/" in said
    first, _ = revisions(app, "second")
    app.run("db", "revision", "--head", first, "--splice", "-m", "branch")
    ends = re.findall(r"(?m)^second +second +(\w+)", app.run("db", "heads"))
    assert len(ends) == 2
    assert f"{three.folder}/second/versions/" in app.run("db", "merge", *ends)


def test_folders_are_made_that_are_not_there(three: Project) -> None:
    three.configure(SHARED)
    app = three.app(items())
    app.run("db", "init")
    three.configure(OWN)
    app = three.app(items())
    assert app.run("db", "init", "--bind", "third") == f"Created {three.folder}/third\n"
    assert app.run("db", "init") == f"Created {three.folder}/second\n"
    assert "exists and is not empty" in app.run("db", "init", exit_code=2)


def test_all_revisions_are_written_or_none(three: Project) -> None:
    app = begun_own(three)
    app.run("db", "upgrade")
    before = set(three.folder.rglob("*.py"))
    three.configure(OWN + '[safety]\non_drop = "error"')
    app = three.app(items())
    said = app.run("db", "migrate", exit_code=1)
    assert said.count("the column item.name") == 3
    assert set(three.folder.rglob("*.py")) == before


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ('version_locations = ["third/a", "third/b"]', "please specify --version-path"),
        (
            'post_write_hooks = [{ name = "x", type = "exec", executable = "no-such-program" }]',
            "no-such-program",
        ),
    ],
)
def test_none_is_written_where_the_last_can_not_be(
    three: Project, option: str, reason: str
) -> None:
    three.configure(f"{OWN}{option}")
    app = three.app(items())
    app.run("db", "init")
    assert reason in app.run("db", "migrate", exit_code=2)
    assert set(three.folder.rglob("*.py")) == set()
    three.configure(OWN)
    app = three.app(items())
    app.run("db", "migrate")
    app.run("db", "upgrade")
    assert [app.rows(bind=bind) for bind in BINDS] == [{"item": []}] * 3


HOOK = '[[post_write_hooks]]\nname = "x"\ntype = "{}"\n{} = "no_such"\n'


@pytest.mark.parametrize(
    "hook", [HOOK.format("exec", "executable"), HOOK.format("console_scripts", "entrypoint")]
)
@pytest.mark.parametrize("command", [["migrate"], ["revision"], ["merge", "heads"]])
def test_a_script_whose_hook_is_missing_is_named(
    sqlite_project: Project, hook: str, command: list[str]
) -> None:
    def define(db: SQLAlchemy) -> None:
        db.Table("item", Column("id", Integer, primary_key=True))

    app = sqlite_project.app(define)
    app.run("db", "init")
    if "merge" in command:
        for name in "ab":
            app.run("db", "revision", "--rev-id", name, "--head", "base", "--splice")
    before = set(sqlite_project.versions.glob("*.py"))
    sqlite_project.configure(hook)
    app = sqlite_project.app(define)
    said = app.run("db", *command, exit_code=2)
    (path,) = set(sqlite_project.versions.glob("*.py")) - before
    assert "no_such" in said
    assert f"{path} was written before: finish it by hand, or remove it" in said


def test_hints_of_several_histories_are_written_together(three: Project) -> None:
    app = begun_own(three)
    app.run("db", "upgrade")
    for bind in BINDS:
        app.execute("INSERT INTO item (id, name) VALUES (1, 'x')", bind=bind)
    app = three.app(items("title"))
    app.run("db", "migrate", "--rename", "item.name=title")
    app.run("db", "upgrade")
    rows = [app.rows(bind=bind)["item"] for bind in BINDS]
    assert rows == [[{"id": 1, "title": "x"}]] * 3
    section = (three.folder / "migrate.toml").read_text()
    assert re.findall(r'bind = "(\w+)"', section) == ["second", "third"]
    assert section.count('from = "name"') == 3


def test_python_chooses_too(three: Project) -> None:
    app = begun_own(three)
    with app.flask.app_context():
        assert {step.bind for step in upgrade(bind="third").applied} == {"third"}
        assert {step.bind for step in upgrade(bind=["default", "second"]).applied} == {
            None,
            "second",
        }
        assert [found.bind for found in current(bind=("second",)).databases] == ["second"]
        with pytest.raises(HistoryNotChosenError) as several:
            downgrade()
        assert len(several.value.histories) == 3
        with pytest.raises(NotMigratedError) as unknown:
            stamp(bind="nowhere")
        assert unknown.value.migrated == ("default", "second", "third")
        assert migrate(bind="third").scripts == ()
