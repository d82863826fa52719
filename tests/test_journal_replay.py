"""A process may die at any query: what is gone on with ends as if nobody had died."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import NullPool

from flask_migrate_decl import Migrate, upgrade
from flask_migrate_decl.errors import (
    InDoubtOfSeveralError,
    JournalDiffersError,
    MigrateError,
    RevisionFailedError,
    RunStoppedError,
    StatementInDoubtError,
)
from tests.crashes import End, Patient, error_of, execute
from tests.servers import MariaDBServer

pytestmark = pytest.mark.mariadb

LOG = "CREATE TABLE log (number INT) ENGINE=InnoDB"


@dataclass(frozen=True)
class Scenario:
    """What a script does.

    :param before: statements that are run before.
    :param may_stop: it can't always be gone on with, and says so.
    :param doubts: how statements begin that may be in doubt, each with what finds a row if it was
        done.
    :param compared: what the outcome is seen by; all there is, if left out.
    """

    body: str
    before: tuple[str, ...] = (LOG,)
    may_stop: bool = False
    compared: str = ""
    engine_options: tuple[tuple[str, Any], ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()


SCENARIOS = {
    "keys that the database gives": Scenario(
        """
op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))
op.create_table("child", sa.Column("parent", sa.Integer), sa.Column("x", sa.Integer))
first = connection.execute(sa.text("INSERT INTO parent (x) VALUES (1)")).lastrowid
op.execute("INSERT INTO child SELECT LAST_INSERT_ID(), 1")
parents = sa.table("parent", sa.column("id"), sa.column("x"))
second = connection.execute(parents.insert().values(x=2)).lastrowid
op.add_column("child", sa.Column("y", sa.Integer))
op.execute("INSERT INTO child SELECT LAST_INSERT_ID(), 2, 0")
connection.execute(sa.text("INSERT INTO child VALUES (:p, 1, 1)"), {"p": first})
op.add_column("child", sa.Column("z", sa.Integer))
connection.execute(sa.text("INSERT INTO child VALUES (:p, 2, 1, 1)"), {"p": second})
""",
        compared="SELECT p.x, c.x, y, z FROM child c LEFT JOIN parent p ON p.id = c.parent"
        " ORDER BY 1, 2, 3, 4",
    ),
    "rows that come back": Scenario(
        """
op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))
found = connection.execute(sa.text("INSERT INTO parent (x) VALUES (1), (2) RETURNING id, x")).all()
op.create_table("child", sa.Column("parent", sa.Integer), sa.Column("x", sa.Integer))
for number, x in found:
    op.execute(f"INSERT INTO child VALUES ({number}, {x})")
    op.create_index(f"i{x}", "child", ["x"])
""",
        compared="SELECT p.x, c.x FROM child c LEFT JOIN parent p ON p.id = c.parent ORDER BY 1, 2",
    ),
    "another path once something is changed": Scenario(
        """
op.add_column("log", sa.Column("x", sa.Integer))
is_empty = connection.scalar(sa.text("SELECT COUNT(*) FROM log WHERE number > 0")) == 0
if is_empty:
    op.execute("INSERT INTO log VALUES (1, 1)")
op.create_table("a", sa.Column("x", sa.Integer))
if is_empty:
    op.execute("INSERT INTO log VALUES (2, 1)")
""",
        may_stop=True,
    ),
    "rows that are read and not changed": Scenario(
        """
op.add_column("log", sa.Column("x", sa.Integer))
for (number,) in connection.execute(sa.text("SELECT number FROM log ORDER BY number")).all():
    connection.execute(sa.text("UPDATE log SET x = :x WHERE number = :x"), {"x": number})
    op.create_table(f"t{number}", sa.Column("x", sa.Integer))
""",
        before=(LOG, "INSERT INTO log VALUES (1), (2), (3)"),
    ),
    "what is there is looked at": Scenario(
        """
columns = {column["name"] for column in sa.inspect(connection).get_columns("log")}
for name in ("number", "a", "b"):
    if name not in columns:
        op.add_column("log", sa.Column(name, sa.Integer))
        op.execute(f"INSERT INTO log ({name}) VALUES (1)")
if not sa.inspect(connection).has_table("other"):
    op.create_table("other", sa.Column("x", sa.Integer))
op.execute("INSERT INTO other VALUES (1)")
op.create_index("i", "other", ["x"])
""",
    ),
    "our own renames": Scenario(
        """
op.rename_constraint("old", "new", "child", type_="foreignkey")
op.execute("INSERT INTO child VALUES (1)")
op.alter_column("child", "parent", new_column_name="owner", existing_type=sa.Integer())
op.rename_index("by_parent", "by_owner", table_name="child")
op.execute("INSERT INTO child VALUES (1)")
""",
        before=(
            "CREATE TABLE parent (id INT PRIMARY KEY)",
            "INSERT INTO parent VALUES (1)",
            (
                "CREATE TABLE child (parent INT, INDEX by_parent (parent),"
                " CONSTRAINT old FOREIGN KEY (parent) REFERENCES parent (id))"
            ),
        ),
    ),
    "errors that are caught": Scenario(
        """
op.execute("INSERT INTO log VALUES (1)")
for statement in (
    "ALTER TABLE log DROP COLUMN missing", "INSERT INTO keyed VALUES (1)", "ALTER TABLE",
    "SELECT * FROM missing", "CREATE TABLE log (x INT)",
):
    try:
        op.execute(statement)
    except sa.exc.DBAPIError:
        op.execute("INSERT INTO log VALUES (2)")
    op.execute("INSERT INTO log VALUES (3)")
op.create_table("a", sa.Column("x", sa.Integer))
op.execute("INSERT INTO log VALUES (4)")
""",
        before=(LOG, "CREATE TABLE keyed (id INT PRIMARY KEY)", "INSERT INTO keyed VALUES (1)"),
        doubts=(("ALTER TABLE", "SELECT 1 WHERE 0"),),
    ),
    "errors that are caught and rolled back": Scenario(
        """
op.execute("INSERT INTO log VALUES (1)")
op.create_table("a", sa.Column("x", sa.Integer))
op.execute("INSERT INTO log VALUES (2)")
for number, statement in enumerate(("ALTER TABLE", "DROP TABLE missing"), 3):
    try:
        op.execute(statement)
    except sa.exc.DBAPIError:
        connection.connection.rollback()
    op.execute(f"INSERT INTO log VALUES ({number})")
op.create_table("b", sa.Column("x", sa.Integer))
""",
        doubts=(("ALTER TABLE", "SELECT 1 WHERE 0"),),
    ),
    "errors of what was done in part": Scenario(
        """
op.create_table("a", sa.Column("x", sa.Integer))
for statement in ("CALL p()", "ALTER TABLE a ADD COLUMN y INTEGER"):
    try:
        op.execute(statement)
        op.execute("INSERT INTO log VALUES (1)")
    except sa.exc.DBAPIError:
        op.execute("INSERT INTO log VALUES (2)")
""",
        before=(
            LOG,
            (
                "CREATE PROCEDURE p() BEGIN ALTER TABLE a ADD COLUMN y INTEGER;"
                " SIGNAL SQLSTATE '45000'; END"
            ),
        ),
        doubts=(("CALL p", "SELECT 1 WHERE 0"),),
    ),
    "savepoints": Scenario(
        """
op.execute("INSERT INTO log VALUES (1)")
with connection.begin_nested():
    op.execute("INSERT INTO log VALUES (2)")
nested = connection.begin_nested()
op.execute("INSERT INTO log VALUES (3)")
nested.rollback()
op.create_table("a", sa.Column("x", sa.Integer))
op.execute("INSERT INTO log VALUES (4)")
""",
    ),
    "a session that commits": Scenario(
        """
from sqlalchemy.orm import Session

with Session(connection) as session:
    session.execute(sa.text("INSERT INTO log VALUES (1)"))
    session.execute(sa.text("INSERT INTO log VALUES (2)"))
    session.connection().connection.commit()
    session.execute(sa.text("INSERT INTO log VALUES (3)"))
    session.flush()
op.execute("COMMIT")
op.execute("INSERT INTO log VALUES (4)")
op.execute("START TRANSACTION")
op.execute("INSERT INTO log VALUES (5)")
""",
    ),
    "cursors of the driver": Scenario(
        """
driver = connection.connection
with driver.cursor() as cursor:
    cursor.execute("INSERT INTO log VALUES (%s)", (1,))
op.create_table("a", sa.Column("x", sa.Integer))
cursor = driver.cursor()
cursor.executemany("INSERT INTO log VALUES (%s)", [(2,), (3,)])
cursor.execute("ALTER TABLE a ADD COLUMN y INT")
cursor.execute("INSERT INTO log VALUES (4)")
cursor.close()
""",
    ),
    "many rows at once": Scenario(
        """
log = sa.table("log", sa.column("number", sa.Integer))
op.bulk_insert(log, [{"number": number} for number in range(5)])
op.create_table("a", sa.Column("x", sa.Integer))
while connection.execute(sa.text("DELETE FROM log WHERE number < 4 LIMIT 2")).rowcount:
    op.execute("INSERT INTO a VALUES (1)")
op.create_table("b", sa.Column("x", sa.Integer))
""",
    ),
    "tables without transactions": Scenario(
        """
op.execute("CREATE TABLE old (number INT) ENGINE=MyISAM")
for number in range(1, 4):
    op.execute(f"INSERT INTO old VALUES ({number})")
    op.execute(f"INSERT INTO log VALUES ({number})")
op.execute("ALTER TABLE old ADD COLUMN x INT")
op.execute("INSERT INTO old (number) VALUES (4)")
""",
    ),
    "a session in autocommit": Scenario(
        """
op.execute("INSERT INTO log VALUES (1)")
op.execute("SET autocommit = 1")
op.execute("INSERT INTO log VALUES (2)")
op.create_table("a", sa.Column("x", sa.Integer))
op.execute("INSERT INTO log VALUES (3)")
op.execute("SET autocommit = 0")
op.execute("INSERT INTO log VALUES (4)")
""",
    ),
    "a block in autocommit": Scenario(
        """
op.execute("INSERT INTO log VALUES (1)")
with op.get_context().autocommit_block():
    op.execute("INSERT INTO log VALUES (2)")
    op.create_table("a", sa.Column("x", sa.Integer))
    op.execute("INSERT INTO log VALUES (3)")
op.execute("INSERT INTO log VALUES (4)")
""",
    ),
    "an engine in autocommit": Scenario(
        """
op.execute("INSERT INTO log VALUES (1)")
op.create_table("a", sa.Column("x", sa.Integer))
op.execute("INSERT INTO log VALUES (2)")
""",
        engine_options=(("isolation_level", "AUTOCOMMIT"),),
    ),
    "locked tables": Scenario(
        """
op.execute("LOCK TABLES log WRITE")
op.execute("INSERT INTO log VALUES (1)")
op.execute("ALTER TABLE log ADD COLUMN x INT")
op.execute("INSERT INTO log VALUES (2, 2)")
op.execute("UNLOCK TABLES")
op.create_table("a", sa.Column("x", sa.Integer))
""",
    ),
    "settings for a statement alone": Scenario(
        """
op.execute("SET STATEMENT max_statement_time = 10 FOR INSERT INTO log VALUES (1)")
op.create_table("a", sa.Column("x", sa.Integer))
op.execute("SET STATEMENT max_statement_time = 10 FOR ALTER TABLE a ADD COLUMN y INT")
op.execute("INSERT INTO log VALUES (2)")
""",
    ),
    "a temporary table": Scenario(
        """
op.execute("CREATE TEMPORARY TABLE kept SELECT number FROM log")
op.execute("DELETE FROM log")
op.create_table("a", sa.Column("x", sa.Integer))
op.execute("INSERT INTO log SELECT number + 10 FROM kept")
op.execute("DROP TEMPORARY TABLE kept")
op.execute("INSERT INTO log VALUES (5)")
""",
        before=(LOG, "INSERT INTO log VALUES (1), (2)"),
        may_stop=True,
    ),
    "variables and prepared statements": Scenario(
        """
op.execute("SET @number = 7, @sql = 'INSERT INTO log VALUES (?)'")
op.execute("PREPARE inserting FROM @sql")
op.execute("EXECUTE inserting USING @number")
op.create_table("a", sa.Column("x", sa.Integer))
op.execute("INSERT INTO log VALUES (@number + 1)")
op.execute("DEALLOCATE PREPARE inserting")
""",
        doubts=(("EXECUTE", "SELECT 1 FROM log WHERE number = 7"),),
    ),
    "a variable that was counted": Scenario(
        """
op.execute("SET @count = (SELECT COUNT(*) FROM log)")
op.execute("INSERT INTO log VALUES (1)")
op.create_table("a", sa.Column("x", sa.Integer))
op.execute("INSERT INTO log VALUES (@count + 10)")
""",
        may_stop=True,
    ),
    "a function that changes rows": Scenario(
        """
op.execute("SELECT noted(1)")
op.create_table("a", sa.Column("x", sa.Integer))
found = connection.scalar(sa.text("SELECT noted(2)"))
op.execute(f"INSERT INTO a VALUES ({found})")
op.create_table("b", sa.Column("x", sa.Integer))
""",
        before=(
            LOG,
            (
                "CREATE FUNCTION noted(x INT) RETURNS INT BEGIN"
                " INSERT INTO log VALUES (x); RETURN x; END"
            ),
        ),
    ),
    "other ways of quoting": Scenario(
        """
op.execute("SET sql_mode = 'ANSI_QUOTES'")
op.execute('ALTER TABLE log CHANGE "number" other INT')
op.execute("INSERT INTO log VALUES (1)")
op.execute("ALTER TABLE log MODIFY other BIGINT")
op.execute("INSERT INTO log VALUES (2)")
""",
    ),
    "odd letters": Scenario(
        """
op.execute("INSERT INTO log VALUES (LENGTH('100% \\\\:x ;'))")
op.create_table("a%b", sa.Column("x:y", sa.Integer))
op.add_column("a%b", sa.Column("100%", sa.Integer))
op.execute("INSERT INTO log VALUES (2)")
""",
    ),
}


def outcome(patient: Patient, scenario: Scenario) -> Any:
    if scenario.compared:
        with patient.connected() as run:
            return run(scenario.compared)
    return patient.content()


def go_on(patient: Patient, scenario: Scenario) -> MigrateError | None:
    error = error_of(lambda: patient.upgrade(resume=True))
    if isinstance(error, StatementInDoubtError):
        answer = "done" if was_done(patient, scenario, error.statement) else "undone"
        return error_of(lambda: patient.upgrade(resume=True, in_doubt=answer))
    return error


def was_done(patient: Patient, scenario: Scenario, statement: str) -> bool:
    """Look for the row that a statement inserts, each another one."""
    found = re.search(r"INSERT INTO (\w+)\D*?(\d+)", statement)
    if found is not None:
        query = f"SELECT 1 FROM {found[1]} WHERE number = {found[2]}"
    else:
        (query,) = [one for begin, one in scenario.doubts if statement.startswith(begin)]
    with patient.connected() as run:
        return bool(run(query))


def verify_crash(
    patient: Patient, scenario: Scenario, at: int, expected: Any, ends: Sequence[End]
) -> Iterator[bool]:
    """End at a query, and tell of each way whether it could be gone on with."""
    for end in ends:
        crash = patient.crash(at, end)
        error = go_on(patient, scenario)
        where = f"{end}: {crash.last!r}"
        if error is None:
            assert outcome(patient, scenario) == expected, where
        else:
            assert scenario.may_stop, f"{where}: {error}"
            assert isinstance(error, JournalDiffersError), f"{where}: {error}"
        yield error is None


@dataclass(frozen=True)
class Trial:
    """A scenario that may be ended at each of its queries.

    :param queries: how many there are.
    :param expected: what comes of it where nobody ends it.
    """

    patient: Patient
    scenario: Scenario
    queries: int
    expected: Any

    @classmethod
    def of(cls, folder: Path, server: MariaDBServer, name: str) -> Trial:
        scenario = SCENARIOS[name]
        options = dict(scenario.engine_options)
        patient = Patient(folder, server, scenario.body, scenario.before, options)
        count = patient.crash().count
        return cls(patient, scenario, count, outcome(patient, scenario))

    def verify(self, at: int, ends: Sequence[End]) -> list[bool]:
        """End at a query, and tell of each way whether it could be gone on with."""
        return list(verify_crash(self.patient, self.scenario, at, self.expected, ends))


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_goes_on_as_if_nobody_had_died(
    tmp_path: Path, mariadb_server: MariaDBServer, name: str
) -> None:
    trial = Trial.of(tmp_path, mariadb_server, name)
    for number, end in enumerate((End.DIES_AFTER, End.DIES_BEFORE, End.INTERRUPTED_AFTER)):
        at = random.Random(f"{name} {number}").randint(1, trial.queries)
        trial.verify(at, (end,))


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_it_may_die_at_every_query(
    tmp_path: Path, mariadb_server: MariaDBServer, name: str
) -> None:
    trial = Trial.of(tmp_path, mariadb_server, name)
    ends = (End.DIES_BEFORE, End.DIES_AFTER)
    ended = [one for at in range(1, trial.queries + 1) for one in trial.verify(at, ends)]
    assert any(ended)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_it_may_be_interrupted_at_any_query(
    tmp_path: Path, mariadb_server: MariaDBServer, name: str
) -> None:
    trial = Trial.of(tmp_path, mariadb_server, name)
    # Each third, beginning with another one each time.
    for at in range(random.randint(1, 3), trial.queries + 1, 3):
        trial.verify(at, (End.INTERRUPTED_BEFORE, End.INTERRUPTED_AFTER))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SCENARIOS if "errors" not in name])
def test_any_query_may_be_refused(tmp_path: Path, mariadb_server: MariaDBServer, name: str) -> None:
    trial = Trial.of(tmp_path, mariadb_server, name)
    for at in range(random.randint(1, 2), trial.queries + 1, 2):
        trial.verify(at, (End.REFUSED,))


# --- several databases -------------------------------------------------------------------------

SHARED = '''\
"""a revision"""
from alembic import op

revision = "r1"
down_revision = None


def upgrade(engine_name):
    op.execute("CREATE PROCEDURE p() SELECT 1")
    raise ValueError("now")


def downgrade(engine_name):
    pass
'''


def test_an_answer_is_about_one_database(tmp_path: Path, mariadb_server: MariaDBServer) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "r1.py").write_text(SHARED)
    (tmp_path / "migrate.toml").write_text("[binds.other]\n")
    urls = {name: mariadb_server.new_database() for name in ("default", "other")}

    def run(**options: Any) -> MigrateError | None:
        app = Flask("app", root_path=str(tmp_path))
        app.config["SQLALCHEMY_DATABASE_URI"] = urls["default"]
        app.config["SQLALCHEMY_BINDS"] = {"other": {"url": urls["other"], "poolclass": NullPool}}
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"poolclass": NullPool}
        Migrate(app, SQLAlchemy(app))
        with app.app_context():
            return error_of(lambda: upgrade(**options))

    for name, url in urls.items():
        assert isinstance(run(bind=name), RunStoppedError | RevisionFailedError)
        execute(url, "UPDATE alembic_version_journal SET is_done = 0")
    (versions / "r1.py").write_text(SHARED.replace('raise ValueError("now")', "pass"))
    stopped = str(run(resume=True))
    assert "flask db upgrade --bind default --resume --in-doubt done" in stopped
    several = run(resume=True, in_doubt="done")
    assert isinstance(several, InDoubtOfSeveralError)
    assert several.names == ("default", "other")
    assert run(resume=True, in_doubt="done", bind="default") is None
    assert isinstance(run(resume=True, bind="other"), StatementInDoubtError | RunStoppedError)
    assert run(resume=True, in_doubt="done", bind="other") is None
    for url in urls.values():
        mariadb_server.drop_database(url)
