"""A run over several databases: when each commits, and what is left and said where one fails."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import flask_migrate  # type: ignore[import-untyped]
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, create_engine, event, inspect, text

from flask_migrate_decl import downgrade, stamp, upgrade
from flask_migrate_decl.errors import (
    MigrateError,
    OwnEnvironmentError,
    RevisionFailedError,
    RunStoppedError,
    TwoPhaseUnavailableError,
)
from tests.conftest import postgres_binaries
from tests.project import App, Project
from tests.servers import PostgresServer

BINDS = (None, "second", "third")
DONE, ROLLED_BACK, UNTOUCHED, UNKNOWN = "done", "rolled back", "untouched", "unknown"

CREATE = 'op.create_table("{0}", sa.Column("id", sa.Integer(), primary_key=True))'
INSERT = 'op.execute("INSERT INTO {0} (id) VALUES (1)")'
FAIL = 'op.execute("INSERT INTO nowhere (id) VALUES (1)")'

_SCRIPT = '''"""A revision."""
from alembic import op
import sqlalchemy as sa

revision = {revision!r}
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade(engine_name):
    globals()["upgrade_%s" % engine_name]()


def downgrade(engine_name):
    pass
'''


def nothing(_db: SQLAlchemy) -> None:
    """Leave the models empty: what is run here is in the scripts."""


@dataclass
class Binds:
    """Three databases that share a history, whose scripts are written by hand."""

    project: Project
    revisions: dict[str, dict[str | None, list[str]]] = field(default_factory=dict)

    def app(self, section: str = "") -> App:
        """Make the app, with the section's beginning."""
        self.project.configure(f"{section}\n[binds.second]\n[binds.third]\n")
        return self.project.app(nothing)

    def write(self, **lines: list[str]) -> None:
        """Write the next revision, ``r1``, ``r2`` and so on, with what each bind does in it."""
        number = len(self.revisions) + 1
        self.revisions[f"r{number}"] = {}
        self.rewrite(f"r{number}", **lines)

    def rewrite(self, revision: str, **lines: list[str]) -> None:
        """Write a revision again."""
        number = int(revision[1:])
        down = f"r{number - 1}" if number > 1 else None
        source = _SCRIPT.format(revision=revision, down=down)
        for bind in ("", "second", "third"):
            body = "\n    ".join(lines.get(bind or "default", ["pass"]))
            source += f"\n\ndef upgrade_{bind}():\n    {body}\n"
        self.project.versions.mkdir(parents=True, exist_ok=True)
        (self.project.versions / f"{revision}.py").write_text(source)

    def url(self, bind: str | None) -> str:
        """Return the URL of a database."""
        return self.project.url if bind is None else self.project.binds[bind]

    def tables(self, bind: str | None) -> set[str]:
        """Return what tables a database has, but for that of the revision."""
        engine = create_engine(self.url(bind))
        try:
            return set(inspect(engine).get_table_names()) - {"alembic_version"}
        finally:
            engine.dispose()

    def rows(self, bind: str | None, table: str) -> list[int]:
        """Return the ids in a table."""
        engine = create_engine(self.url(bind))
        try:
            with engine.connect() as connection:
                return list(connection.scalars(text(f"SELECT id FROM {table} ORDER BY id")))
        finally:
            engine.dispose()

    def revision(self, bind: str | None) -> str | None:
        """Return the revision that a database is at."""
        engine = create_engine(self.url(bind))
        try:
            if not inspect(engine).has_table("alembic_version"):
                return None
            with engine.connect() as connection:
                found = connection.scalar(text("SELECT version_num FROM alembic_version"))
                return None if found is None else str(found)
        finally:
            engine.dispose()


def both(table: str) -> list[str]:
    """Return the lines that make a table with a row in it."""
    return [CREATE.format(table), INSERT.format(table)]


@pytest.fixture
def lite(tmp_path: Path) -> Binds:
    """Give three SQLite databases."""
    urls = {bind: f"sqlite:///{tmp_path}/{bind}.db" for bind in ("second", "third")}
    return Binds(Project(tmp_path, f"sqlite:///{tmp_path}/default.db", urls))


def stopped(app: App, revision: str = "head") -> RunStoppedError:
    """Upgrade, which has to stop, and return how."""
    with app.flask.app_context(), pytest.raises(RunStoppedError) as caught:
        upgrade(revision=revision)
    return caught.value


def outcomes(error: RunStoppedError) -> list[tuple[str, tuple[str, ...] | None]]:
    """Return what the error says of each database, in order."""
    assert [state.bind for state in error.states] == list(BINDS)
    return [(state.outcome, state.at) for state in error.states]


def run(app: App, **options: str | bool) -> None:
    """Upgrade to the head."""
    with app.flask.app_context():
        upgrade(**options)  # type: ignore[arg-type]


def begun(binds: Binds, section: str = "") -> App:
    """Run a first revision, and write a second one that fails in the middle of ``second``."""
    app = binds.app(section)
    binds.write(default=both("a1"), second=both("b1"), third=both("c1"))
    run(app)
    binds.write(default=both("a2"), second=[*both("b2"), FAIL], third=both("c2"))
    return app


def mended(binds: Binds, app: App, **options: bool) -> None:
    """Mend the second revision, run it, and see that everything was done once."""
    binds.rewrite("r2", default=both("a2"), second=both("b2"), third=both("c2"))
    run(app, **options)
    for bind, letter in zip(BINDS, "abc", strict=True):
        assert binds.revision(bind) == "r2"
        assert binds.tables(bind) == {f"{letter}1", f"{letter}2"}
        assert binds.rows(bind, f"{letter}2") == [1]


# --- SQLite ------------------------------------------------------------------------------------


def test_separate_databases_keep_what_is_done(lite: Binds) -> None:
    app = begun(lite)
    error = stopped(app)
    assert error.failed == ("second",)
    assert outcomes(error) == [(DONE, ("r2",)), (ROLLED_BACK, ("r1",)), (UNTOUCHED, None)]
    assert lite.tables(None) == {"a1", "a2"}
    assert lite.tables("second") == {"b1"}
    assert lite.tables("third") == {"c1"}
    assert [lite.revision(bind) for bind in BINDS] == ["r2", "r1", "r1"]
    mended(lite, app)


def test_together_none_keeps_anything(lite: Binds) -> None:
    app = begun(lite, 'bind_transactions = "together"')
    error = stopped(app)
    assert error.failed == ("second",)
    assert outcomes(error) == [(ROLLED_BACK, ("r1",)), (ROLLED_BACK, ("r1",)), (UNTOUCHED, None)]
    assert [lite.tables(bind) for bind in BINDS] == [{"a1"}, {"b1"}, {"c1"}]
    assert [lite.revision(bind) for bind in BINDS] == ["r1", "r1", "r1"]
    mended(lite, app)


def test_two_phases_need_a_server_that_has_them(lite: Binds) -> None:
    app = begun(lite)
    app = lite.app('bind_transactions = "two-phase"')
    with app.flask.app_context(), pytest.raises(TwoPhaseUnavailableError) as caught:
        upgrade()
    assert len(caught.value.problems) == 3
    assert 'the bind "second" is on sqlite' in str(caught.value)
    assert [lite.revision(bind) for bind in BINDS] == ["r1", "r1", "r1"]
    run(app, bind="default")
    assert lite.revision(None) == "r2"


def test_the_report_of_the_command(lite: Binds) -> None:
    app = begun(lite)
    said = app.result("db", "upgrade")
    assert said.exit_code == 2
    assert said.stdout == ""
    report = said.stderr[said.stderr.index("Error: ") :]
    assert report == (
        "Error: the database says: no such table: nowhere\n"
        "  INSERT INTO nowhere (id) VALUES (1)\n"
        f'  in the revision r2 on the bind "second": {lite.project.versions}/r2.py, line 27\n'
        "what is left of each database:\n"
        "  <default>  done, at r2\n"
        "  second     rolled back, at r1\n"
        "  third      untouched\n"
        "what to do now:\n"
        "  - when the cause is mended: flask db upgrade\n"
    )


def test_the_command_is_repeated_with_what_was_given(lite: Binds) -> None:
    app = begun(lite)
    given = ("-x", "tenant=a b", "-x", "password=hunter2", "--tag", "t")
    said = app.result("db", "upgrade", *given)
    again = "flask db upgrade -x 'tenant=a b' -x 'password=*******' --tag t"
    assert f"when the cause is mended: {again}\n" in said.stderr


def test_each_revision_may_commit_by_itself(lite: Binds) -> None:
    app = lite.app("transaction_per_migration = true")
    lite.write(default=both("a1"), second=both("b1"), third=both("c1"))
    lite.write(second=both("b2"))
    lite.write(second=[*both("b3"), FAIL])
    error = stopped(app)
    assert outcomes(error) == [(DONE, ("r3",)), (ROLLED_BACK, ("r2",)), (UNTOUCHED, None)]
    assert lite.tables("second") == {"b1", "b2"}
    lite.rewrite("r3", second=both("b3"))
    run(app)
    assert lite.rows("second", "b3") == [1]


def test_together_each_revision_may_not(lite: Binds) -> None:
    app = lite.app('bind_transactions = "together"\ntransaction_per_migration = true')
    lite.write(default=both("a1"), second=both("b1"))
    lite.write(second=[FAIL])
    assert outcomes(stopped(app))[:2] == [(ROLLED_BACK, ()), (ROLLED_BACK, ())]
    assert lite.tables(None) == set()


AUTOCOMMIT = [
    "with op.get_context().autocommit_block():",
    '    op.execute("CREATE INDEX i1 ON b1 (id)")',
]


def test_what_a_revision_commits_by_itself_is_told_of(lite: Binds) -> None:
    app = lite.app()
    lite.write(second=both("b1"))
    lite.write(second=[*both("b2"), *AUTOCOMMIT, FAIL])
    error = stopped(app)
    assert outcomes(error)[1] == (UNKNOWN, ("r1",))
    assert "a part of r2 may be done" in str(error)
    assert "flask db stamp --bind second r2" in str(error)
    assert lite.tables("second") == {"b1", "b2"}
    assert lite.revision("second") == "r1"
    with app.flask.app_context():
        stamp(revision="r2", bind="second")
    lite.rewrite("r2")
    run(app)
    assert [lite.revision(bind) for bind in BINDS] == ["r2", "r2", "r2"]


def test_what_is_half_undone_leads_down(lite: Binds) -> None:
    app = lite.app()
    lite.write(second=both("b1"))
    lite.write(second=both("b2"))
    run(app)
    path = lite.project.versions / "r2.py"
    undo = "\n    ".join(["if engine_name == 'second':", *(f"    {line}" for line in AUTOCOMMIT)])
    failing = f"{undo}\n        1 / 0"
    path.write_text(
        path.read_text().replace("(engine_name):\n    pass", f"(engine_name):\n    {failing}")
    )
    with app.flask.app_context(), pytest.raises(RunStoppedError) as caught:
        downgrade(bind=["default", "second"])
    note = str(caught.value)
    assert re.search(r"(?m)^  second +unknown, at r2, and a part of r2 may be done$", note)
    assert "flask db stamp --bind second r1\n" in note


def test_revisions_that_commit_by_themselves_work(lite: Binds) -> None:
    app = lite.app()
    lite.write(second=both("b1"))
    lite.write(second=AUTOCOMMIT, third=both("c2"))
    run(app)
    assert [lite.revision(bind) for bind in BINDS] == ["r2", "r2", "r2"]


def test_together_no_revision_may_commit_by_itself(lite: Binds) -> None:
    app = lite.app('bind_transactions = "together"')
    lite.write(default=both("a1"), second=both("b1"))
    lite.write(second=AUTOCOMMIT)
    error = stopped(app)
    assert "the revision r2 commits by itself on the bind" in str(error)
    assert "--bind second" in str(error)
    assert outcomes(error)[:2] == [(ROLLED_BACK, ()), (ROLLED_BACK, ())]
    assert lite.tables("second") == set()
    run(app, bind="second")
    run(app)
    assert [lite.revision(bind) for bind in BINDS] == ["r2", "r2", "r2"]


def test_a_database_that_can_not_be_reached_is_untouched(lite: Binds) -> None:
    lite.project.binds["second"] = "sqlite:////no/such/folder/second.db"
    app = lite.app()
    lite.write(default=both("a1"), third=both("c1"))
    error = stopped(app)
    assert error.failed == ("second",)
    assert outcomes(error) == [(DONE, ("r1",)), (UNTOUCHED, None), (UNTOUCHED, None)]


def fail_to_commit(app: App, bind: str) -> None:
    """Let a database refuse its commit, once it has run everything."""

    def refuse(connection: Connection) -> None:
        if inspect(connection).has_table("b1"):
            raise RuntimeError("no commit today")

    with app.flask.app_context():
        event.listen(app.db.engines[bind], "commit", refuse)


@pytest.mark.parametrize("mode", ["separate", "together"])
def test_a_commit_that_fails_is_looked_at(lite: Binds, mode: str) -> None:
    app = lite.app(f'bind_transactions = "{mode}"')
    lite.write(default=both("a1"), second=both("b1"), third=both("c1"))
    fail_to_commit(app, "second")
    error = stopped(app)
    assert error.failed == ("second",)
    third = (UNTOUCHED, None) if mode == "separate" else (ROLLED_BACK, ())
    assert outcomes(error) == [(DONE, ("r1",)), (ROLLED_BACK, ()), third]
    assert [lite.tables(bind) for bind in BINDS] == [{"a1"}, set(), set()]


def test_a_mistake_in_a_script_is_told_with_its_line(lite: Binds) -> None:
    app = lite.app()
    lite.write(default=both("a1"), second=["1 / 0"])
    error = stopped(app)
    assert error.reason.splitlines() == [
        "ZeroDivisionError: division by zero",
        f'  in the revision r1 on the bind "second": {lite.project.versions}/r1.py, line 25',
    ]
    assert outcomes(error) == [(DONE, ("r1",)), (ROLLED_BACK, ()), (UNTOUCHED, None)]
    failed = error.__cause__
    assert isinstance(failed, RevisionFailedError)
    assert (failed.bind, failed.revision, failed.line) == ("second", "r1", 25)
    assert isinstance(failed.__cause__, ZeroDivisionError)


def test_a_mistake_outside_of_a_script_keeps_its_traceback(lite: Binds) -> None:
    def fail(**_arguments: object) -> None:
        raise ZeroDivisionError

    lite.write(default=both("a1"), second=both("b1"))
    app = lite.project.app(nothing, on_version_apply=fail)
    lite.app()
    with app.flask.app_context(), pytest.raises(ZeroDivisionError) as caught:
        upgrade()
    (note,) = caught.value.__notes__
    assert re.search(r"<default> +rolled back, at no revision\n +second +untouched", note)


def test_an_interrupted_run_says_what_is_left(lite: Binds) -> None:
    app = lite.app()
    lite.write(default=both("a1"), second=["raise KeyboardInterrupt"])
    error = stopped(app)
    assert error.reason == "the run was interrupted"
    assert outcomes(error) == [(DONE, ("r1",)), (ROLLED_BACK, ()), (UNTOUCHED, None)]


def test_one_database_has_the_error_alone(sqlite_project: Project) -> None:
    sqlite_project.versions.mkdir(parents=True)
    script = _SCRIPT.format(revision="r1", down=None).replace("(engine_name)", "()")
    script = script.replace('globals()["upgrade_%s" % engine_name]()', FAIL)
    (sqlite_project.versions / "r1.py").write_text(script)
    app = sqlite_project.app(nothing)
    with app.flask.app_context(), pytest.raises(MigrateError) as caught:
        upgrade()
    assert not isinstance(caught.value, RunStoppedError)


def test_an_env_of_ones_own_commits_as_it_likes(lite: Binds) -> None:
    app = lite.app('bind_transactions = "together"')
    lite.write(default=both("a1"))
    (lite.project.folder / "migrations" / "env.py").write_text("")
    (lite.project.folder / "migrations" / "alembic.ini").write_text("")
    with app.flask.app_context(), pytest.raises(OwnEnvironmentError) as caught:
        upgrade()
    assert 'bind_transactions = "together" can\'t be kept' in str(caught.value)


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
def test_what_an_env_of_ones_own_ran_is_looked_at(lite: Binds) -> None:
    app = begun(lite)
    template = Path(flask_migrate.__file__).parent / "templates" / "flask-multidb"
    migrations = lite.project.folder / "migrations"
    shutil.copy(template / "env.py", migrations)
    shutil.copy(template / "alembic.ini.mako", migrations / "alembic.ini")
    error = stopped(app)
    assert {outcome for outcome, _ in outcomes(error)} == {UNKNOWN}
    assert [at for _, at in outcomes(error)] == [(lite.revision(bind),) for bind in BINDS]
    assert "as an env.py of the project's ran it" in str(error)
    assert error.next_steps == ("when the cause is mended: flask db upgrade",)


def test_what_to_do_next_is_what_was_done(lite: Binds) -> None:
    begun(lite)
    said = lite.app().result("db", "upgrade", "--bind", "third", "--bind", "second", "+1")
    assert (
        "  - when the cause is mended: flask db upgrade --bind third --bind second +1"
        in said.stderr
    )


def next_step(app: App, *args: str) -> str:
    """Run a command, which has to stop, and return what is to be done at last."""
    said = app.result("db", *args)
    assert said.exit_code == 2
    return said.stderr.rstrip().rpartition("\n  - ")[2]


def test_a_step_back_names_those_alone_that_have_not_gone_it(lite: Binds) -> None:
    app = lite.app()
    for number in (1, 2, 3):
        lite.write(default=both(f"a{number}"), second=both(f"b{number}"), third=both(f"c{number}"))
    run(app)
    script = lite.project.versions / "r3.py"
    whole = script.read_text()
    line = "def downgrade(engine_name):\n    "
    script.write_text(whole.replace(line, f"{line}if engine_name == 'second': {FAIL}\n    "))
    binds = [word for name in ("third", "second", "default") for word in ("--bind", name)]
    said = next_step(app, "downgrade", *binds)
    assert said == "when the cause is mended: flask db downgrade --bind third --bind second"
    assert [lite.revision(bind) for bind in BINDS] == ["r2", "r3", "r3"]
    script.write_text(whole)
    app.run(*said.partition("flask ")[2].split())
    assert [lite.revision(bind) for bind in BINDS] == ["r2", "r2", "r2"]


def test_a_step_forward_names_those_alone_that_have_not_gone_it(lite: Binds) -> None:
    app = begun(lite)
    lite.write(default=both("a3"))
    said = next_step(app, "upgrade", "+1")
    assert said.startswith("when the cause is mended: flask db upgrade --bind second --bind third ")
    lite.rewrite("r2", default=both("a2"), second=both("b2"), third=both("c2"))
    app.run(*said.partition("flask ")[2].replace("' +1'", "+1").split())
    assert [lite.revision(bind) for bind in BINDS] == ["r2", "r2", "r2"]


@pytest.mark.parametrize("revision", ["r2", "r1+1", "head"])
def test_a_revision_is_the_same_wherever_it_starts(lite: Binds, revision: str) -> None:
    said = next_step(begun(lite), "upgrade", revision)
    given = "" if revision == "head" else f" {revision}"
    assert said == f"when the cause is mended: flask db upgrade{given}"


def test_steps_of_which_some_are_gone_are_not_gone_again(lite: Binds) -> None:
    app = lite.app("transaction_per_migration = true")
    lite.write(default=both("a1"))
    lite.write(second=[FAIL])
    assert next_step(app, "upgrade", "+2") == (
        "when the cause is mended: flask db upgrade --bind third +2; see how far second has gone, "
        "and say where it is to go: flask db upgrade --bind second REVISION"
    )


def test_steps_of_what_is_unknown_are_not_gone_again(lite: Binds) -> None:
    app = lite.app()
    lite.write(second=[*both("b1"), *AUTOCOMMIT, FAIL])
    assert next_step(app, "upgrade", "--bind", "second", "--bind", "default", "+1") == (
        "see how far second has gone, and say where it is to go: "
        "flask db upgrade --bind second REVISION"
    )


# --- servers -----------------------------------------------------------------------------------


@pytest.fixture
def mixed(tmp_path: Path, postgres_url: str, mariadb_url: str) -> Binds:
    """Give a MariaDB, a PostgreSQL and an SQLite database, in this order."""
    binds = {"second": postgres_url, "third": f"sqlite:///{tmp_path}/third.db"}
    return Binds(Project(tmp_path, mariadb_url, binds))


@pytest.mark.postgresql
@pytest.mark.mariadb
@pytest.mark.parametrize("mode", ["separate", "together"])
def test_what_commits_by_itself_is_done(mixed: Binds, mode: str) -> None:
    app = begun(mixed, f'bind_transactions = "{mode}"')
    error = stopped(app)
    assert outcomes(error) == [(DONE, ("r2",)), (ROLLED_BACK, ("r1",)), (UNTOUCHED, None)]
    assert [mixed.tables(bind) for bind in BINDS] == [{"a1", "a2"}, {"b1"}, {"c1"}]
    mended(mixed, app)


@pytest.mark.postgresql
@pytest.mark.mariadb
@pytest.mark.parametrize("mode", ["separate", "together"])
def test_mariadb_stops_within_a_revision(
    tmp_path: Path, postgres_url: str, mariadb_url: str, mode: str
) -> None:
    urls = {"second": mariadb_url, "third": f"sqlite:///{tmp_path}/third.db"}
    binds = Binds(Project(tmp_path, postgres_url, urls))
    app = begun(binds, f'bind_transactions = "{mode}"')
    error = stopped(app)
    first = (DONE, ("r2",)) if mode == "separate" else (ROLLED_BACK, ("r1",))
    assert outcomes(error) == [first, (UNKNOWN, ("r1",)), (UNTOUCHED, None)]
    assert "flask db upgrade --bind second --resume goes on with r2" in str(error)
    assert binds.tables("second") == {"b1", "b2", "alembic_version_journal"}
    assert binds.revision("second") == "r1"
    mended(binds, app, resume=True)


@pytest.mark.mariadb
def test_mariadb_that_has_done_nothing_yet(tmp_path: Path, mariadb_url: str) -> None:
    urls = {"second": mariadb_url, "third": f"sqlite:///{tmp_path}/third.db"}
    binds = Binds(Project(tmp_path, f"sqlite:///{tmp_path}/default.db", urls))
    app = binds.app()
    binds.write(second=both("b1"))
    binds.write(second=[INSERT.format("b1").replace("1)", "2)"), FAIL])
    assert outcomes(stopped(app))[1] == (ROLLED_BACK, ("r1",))
    assert binds.rows("second", "b1") == [1]
    binds.rewrite("r2", second=[INSERT.format("b1").replace("1)", "2)"), CREATE.format("b1")])
    error = stopped(app)
    assert outcomes(error)[1] == (UNKNOWN, ("r1",))
    assert binds.rows("second", "b1") == [1, 2]


@pytest.fixture(scope="module")
def two_phase_server() -> Iterator[PostgresServer]:
    """Give a server on which transactions can be prepared."""
    server = PostgresServer(postgres_binaries(), max_prepared_transactions="8")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def prepared(two_phase_server: PostgresServer, tmp_path: Path) -> Iterator[Binds]:
    """Give three databases of that server."""
    two_phase_server.start()
    urls = [two_phase_server.new_database() for _ in range(3)]
    yield Binds(Project(tmp_path, urls[0], {"second": urls[1], "third": urls[2]}))
    for url in urls:
        two_phase_server.drop_database(url)


TWO_PHASE = 'bind_transactions = "two-phase"'


@pytest.mark.postgresql
def test_in_two_phases_none_keeps_anything(prepared: Binds) -> None:
    app = begun(prepared, TWO_PHASE)
    error = stopped(app)
    assert outcomes(error) == [(ROLLED_BACK, ("r1",)), (ROLLED_BACK, ("r1",)), (UNTOUCHED, None)]
    assert [prepared.tables(bind) for bind in BINDS] == [{"a1"}, {"b1"}, {"c1"}]
    mended(prepared, app)


DEFERRED = [
    (
        "op.execute('CREATE TABLE d2 (id int PRIMARY KEY, of int "
        "REFERENCES d2 DEFERRABLE INITIALLY DEFERRED)')"
    ),
    "op.execute('INSERT INTO d2 VALUES (1, 2)')",
]


@pytest.mark.postgresql
@pytest.mark.parametrize("mode", ["together", "two-phase"])
def test_a_database_that_refuses_at_the_end(prepared: Binds, mode: str) -> None:
    app = begun(prepared, f'bind_transactions = "{mode}"')
    prepared.rewrite("r2", default=both("a2"), second=DEFERRED, third=both("c2"))
    error = stopped(app)
    assert error.failed == ("second",)
    first = (DONE, ("r2",)) if mode == "together" else (ROLLED_BACK, ("r1",))
    assert outcomes(error) == [first, (ROLLED_BACK, ("r1",)), (ROLLED_BACK, ("r1",))]
    assert prepared.tables(None) == ({"a1", "a2"} if mode == "together" else {"a1"})
    assert [prepared.tables(bind) for bind in BINDS[1:]] == [{"b1"}, {"c1"}]
    mended(prepared, app)


@pytest.mark.postgresql
def test_in_two_phases_no_revision_may_commit_by_itself(prepared: Binds) -> None:
    app = begun(prepared, TWO_PHASE)
    prepared.rewrite("r2", default=both("a2"), second=AUTOCOMMIT)
    error = stopped(app)
    assert "the revision r2 commits by itself" in str(error)
    assert [prepared.tables(bind) for bind in BINDS] == [{"a1"}, {"b1"}, {"c1"}]


@pytest.mark.postgresql
def test_a_database_that_is_lost_between_the_phases(
    prepared: Binds, two_phase_server: PostgresServer
) -> None:
    app = begun(prepared, TWO_PHASE)
    prepared.rewrite("r2", default=both("a2"), second=both("b2"), third=both("c2"))

    def cut_off(connection: Connection, _xid: str, _is_prepared: bool) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.close()

    with app.flask.app_context():
        event.listen(app.db.engines["second"], "commit_twophase", cut_off)
    error = stopped(app)
    assert outcomes(error) == [(DONE, ("r2",)), (UNKNOWN, None), (DONE, ("r2",))]
    found = re.search(r"COMMIT PREPARED '\w+'", str(error))
    assert found
    assert [prepared.tables(bind) for bind in BINDS] == [{"a1", "a2"}, {"b1"}, {"c1", "c2"}]
    app = prepared.app(TWO_PHASE)
    assert found[0] in app.run("db", "upgrade", exit_code=2)
    engine = create_engine(prepared.url("second"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(found[0])
    engine.dispose()
    mended(prepared, app)


@pytest.mark.postgresql
def test_two_phases_have_to_be_switched_on(tmp_path: Path, postgres_server: PostgresServer) -> None:
    postgres_server.start()
    urls = [postgres_server.new_database() for _ in range(3)]
    binds = Binds(Project(tmp_path, urls[0], {"second": urls[1], "third": urls[2]}))
    app = begun(binds)
    app = binds.app(TWO_PHASE)
    said = app.run("db", "upgrade", exit_code=2)
    assert said.count("has max_prepared_transactions = 0") == 3
    assert [binds.revision(bind) for bind in BINDS] == ["r1", "r1", "r1"]
    for url in urls:
        postgres_server.drop_database(url)
