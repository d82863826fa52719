"""MariaDB can't roll a revision back: a run that was cut off goes on where it was."""

from __future__ import annotations

import random
import re
import subprocess
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, NullPool, TextClause, create_engine, inspect, text

from flask_migrate_decl.databases.journal.statements import Kind, effect_of, sign_of
from flask_migrate_decl.databases.journal.table import JournalTable
from flask_migrate_decl.errors import JournalFailedError
from tests.conftest import mariadb_binaries
from tests.servers import MariaDBServer
from tests.site import LONGEST_WAIT, NEXT, Site, wait_to_say

pytestmark = pytest.mark.mariadb

MIXED = """\
op.create_table("t{number}", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO done (number) VALUES ({number})")
    op.add_column("t{number}", sa.Column("note", sa.String(20)))
    op.execute(sa.text("INSERT INTO t{number} (id, note) VALUES (:a, :b)").bindparams(a=1, b="x"))
    op.create_index("by_note{number}", "t{number}", ["note"])
    op.execute("UPDATE total SET amount = amount + 1")
    op.alter_column("t{number}", "note", new_column_name="remark", existing_type=sa.String(20))
    {more}"""
FAILS = 'op.execute("INSERT INTO nowhere VALUES (1)")'


@pytest.fixture
def site(tmp_path: Path, mariadb_url: str) -> Site:
    return prepared(Site(tmp_path, mariadb_url))


def prepared(site: Site) -> Site:
    site.run("upgrade")
    with site.connect() as connection:
        connection.execute(text("CREATE TABLE total (amount INTEGER)"))
        connection.execute(text("INSERT INTO total VALUES (0)"))
        connection.commit()
    return site


def execute(site: Site, *statements: str) -> None:
    with site.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))
        connection.commit()


def journal(site: Site) -> list[tuple[int, str]]:
    with site.connect() as connection:
        if not inspect(connection).has_table("alembic_version_journal"):
            return []
        rows = connection.execute(
            text("SELECT position, statement FROM alembic_version_journal ORDER BY position")
        )
        return [(position, statement) for position, statement in rows]


def verify(site: Site, numbers: list[int]) -> None:
    """Find that each revision was run once, every statement of it."""
    assert site.done() == numbers
    assert site.revision() == [f"r{numbers[-1]:02}"]
    assert journal(site) == []
    with site.connect() as connection:
        assert connection.scalar(text("SELECT amount FROM total")) == len(numbers)
        for number in numbers:
            rows = connection.execute(text(f"SELECT id, remark FROM t{number}")).fetchall()
            assert [tuple(row) for row in rows] == [(1, "x")]


def test_a_revision_that_fails_goes_on_once_it_is_mended(site: Site) -> None:
    site.add(1, MIXED.format(number=1, more=FAILS))
    output = site.run("upgrade", exit_code=2)
    assert "flask db upgrade --resume" in output
    assert [position for position, _ in journal(site)][-1] == 8
    again = site.run("upgrade", exit_code=2)
    assert "the revision r01 is half done on the default database" in again
    assert "number 8:\n  ALTER TABLE t1 RENAME COLUMN note TO remark" in again
    assert "flask db upgrade --resume" in again
    assert "the default database: unknown, at r00, and r01 is half done" in again
    assert "the revision r01 is half done" in site.run("current")
    site.add(1, MIXED.format(number=1, more="pass"))
    site.run("upgrade", "--resume")
    verify(site, [1])


def test_what_was_rolled_back_is_run_again(site: Site) -> None:
    body = f'op.execute("INSERT INTO done (number) VALUES (1)")\n    {FAILS}'
    site.add(1, body)
    site.run("upgrade", exit_code=2)
    assert journal(site) == []
    site.add(1, body.replace("nowhere VALUES (1)", "done (number) VALUES (2)"))
    site.run("upgrade")
    assert site.done() == [1, 2]


def test_a_statement_is_kept_as_it_is_in_a_session_of_another_character_set(site: Site) -> None:
    statement = "CREATE TABLE a (x INT COMMENT 'na\u00efve \u2713')"
    site.add(1, f'op.execute("SET NAMES latin1"); op.execute("{statement}"); {FAILS}')
    site.run("upgrade", exit_code=2)
    assert journal(site) == [(1, statement)]


@pytest.mark.slow
def test_a_schema_change_that_fails_was_not_done(site: Site) -> None:
    site.add(1, 'op.create_table("a")\n    op.execute("CREATE TABLE done (x INT)")')
    site.add(1, 'op.execute("CREATE TABLE a (x INT)"); op.execute("CREATE TABLE done (x INT)")')
    site.run("upgrade", exit_code=2)
    assert journal(site) == [(1, "CREATE TABLE a (x INT)")]
    site.add(1, 'op.execute("CREATE TABLE a (x INT)"); op.execute("CREATE TABLE b (x INT)")')
    site.run("upgrade", "--resume")
    assert {"a", "b"} <= site.tables()


CHANGED = {
    "another statement": ('"INSERT INTO done (number) VALUES (1)"', '"DELETE FROM done"'),
    "other values": ("a=1", "a=2"),
    "fewer": ("op.execute(", "(lambda *_: None)("),
}


@pytest.mark.parametrize("change", CHANGED)
def test_a_script_that_does_something_else_now_is_stopped(site: Site, change: str) -> None:
    body = MIXED.format(number=1, more=FAILS)
    site.add(1, body)
    site.run("upgrade", exit_code=2)
    before = journal(site)
    site.add(1, body.replace(*CHANGED[change]))
    output = site.run("upgrade", "--resume", exit_code=2)
    assert "the revision r01 can't be gone on with on the default database" in output
    assert journal(site) == before
    assert site.done() == [1]


@pytest.mark.slow
def test_somebody_may_do_the_rest_by_hand(site: Site) -> None:
    site.add(1, MIXED.format(number=1, more=FAILS))
    site.add(2, NEXT.format(number=2, pause=0))
    site.run("upgrade", exit_code=2)
    site.run("downgrade", exit_code=2)
    site.run("stamp", "r01")
    assert journal(site) == []
    site.run("upgrade")
    assert site.revision() == ["r02"]


@pytest.mark.slow
def test_a_stamp_at_the_same_revision_forgets_too(site: Site) -> None:
    site.add(1, MIXED.format(number=1, more=FAILS))
    site.run("upgrade", exit_code=2)
    execute(site, "DROP TABLE t1", "DELETE FROM done", "UPDATE total SET amount = 0")
    site.run("stamp", "r00")
    site.add(1, MIXED.format(number=1, more="pass"))
    site.run("upgrade")
    verify(site, [1])


@pytest.mark.slow
def test_a_downgrade_goes_on_too(site: Site) -> None:
    site.add(1, MIXED.format(number=1, more="pass"))
    site.run("upgrade")
    script = site.versions / "r01.py"
    good = script.read_text().replace(
        'op.execute("DELETE FROM done WHERE number = 1")',
        'op.drop_table("t1"); op.execute("DELETE FROM done"); pass',
    )
    script.write_text(good.replace("pass\n", f"{FAILS}\n"))
    output = site.run("downgrade", exit_code=2)
    assert "flask db downgrade --resume" in output
    assert "is half done" in site.run("upgrade", exit_code=2)
    script.write_text(good)
    site.run("downgrade", "--resume")
    assert site.revision() == ["r00"]
    assert site.done() == []


# --- the statement that was running ------------------------------------------------------------


def cut_off(site: Site, statement: str, *, was_done: bool) -> None:
    """Leave a revision as if a process had died around its second statement."""
    site.add(1, f'op.execute("CREATE TABLE a (x INT)"); op.execute("{statement}"); {FAILS}')
    site.run("upgrade", exit_code=2)
    assert journal(site)[-1][1] == statement
    execute(site, "UPDATE alembic_version_journal SET is_done = 0 WHERE position = 2")
    good = site.versions / "r01.py"
    good.write_text(good.read_text().replace(FAILS, "pass"))
    if not was_done:
        execute(site, *UNDO[statement])


UNDO = {
    "CREATE TABLE b (x INT)": ["DROP TABLE b"],
    "ALTER TABLE a ADD COLUMN y INT": ["ALTER TABLE a DROP COLUMN y"],
    "ALTER TABLE a ADD y INT, ADD INDEX x (y)": ["ALTER TABLE a DROP INDEX x, DROP COLUMN y"],
    "ALTER TABLE a ADD y INT, RENAME TO c": ["ALTER TABLE c DROP y, RENAME TO a"],
    "ALTER TABLE a ADD INDEX y (x)": ["ALTER TABLE a DROP INDEX y"],
    "ALTER TABLE a ADD UNIQUE (x)": ["ALTER TABLE a DROP INDEX x"],
    "ALTER TABLE a ADD CONSTRAINT c CHECK (x > 0)": ["ALTER TABLE a DROP CONSTRAINT c"],
    "CREATE TABLE IF NOT EXISTS b (x INT)": ["DROP TABLE b"],
    "CREATE UNIQUE INDEX x ON a (x)": ["DROP INDEX x ON a"],
    "CREATE INDEX i ON a (x)": ["DROP INDEX i ON a"],
    "RENAME TABLE a TO c": ["RENAME TABLE c TO a"],
    "ALTER TABLE a CHANGE x z INT": ["ALTER TABLE a CHANGE z x INT"],
    "DROP TABLE a": ["CREATE TABLE a (x INT)"],
    "CREATE VIEW v AS SELECT x FROM a": ["DROP VIEW v"],
    "TRUNCATE TABLE done": [],
    "CREATE TABLE b2 (x INT) SELECT 1 AS x": ["DROP TABLE b2"],
    "CREATE PROCEDURE p() SELECT 1": ["DROP PROCEDURE p"],
}
UNSURE = ("TRUNCATE TABLE done", "CREATE PROCEDURE p() SELECT 1")


@pytest.mark.parametrize("was_done", [True, False])
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(one, marks=() if place == 0 else pytest.mark.slow)
        for place, one in enumerate(UNDO)
        if one not in UNSURE
    ],
)
def test_the_database_tells_whether_it_was_done(site: Site, statement: str, was_done: bool) -> None:
    cut_off(site, statement, was_done=was_done)
    told = "It was done." if was_done else "It was not done."
    assert told in site.run("upgrade", exit_code=2)
    site.run("upgrade", "--resume")
    assert site.revision() == ["r01"]
    assert journal(site) == []


@pytest.mark.parametrize("was_done", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.parametrize("statement", UNSURE)
def test_a_person_says_what_the_database_does_not_tell(
    site: Site, statement: str, was_done: bool
) -> None:
    cut_off(site, statement, was_done=was_done)
    output = site.run("upgrade", "--resume", exit_code=2)
    assert "can't be told by looking" in output
    assert "flask db upgrade --resume --in-doubt done" in output
    assert "flask db upgrade --resume --in-doubt undone" in output
    site.run("upgrade", "--resume", "--in-doubt", "done" if was_done else "undone")
    assert site.revision() == ["r01"]


@pytest.mark.slow
def test_rows_that_no_transaction_undoes_are_in_doubt(site: Site) -> None:
    execute(site, "CREATE TABLE old (x INT) ENGINE=MyISAM")
    site.add(1, 'op.execute("INSERT INTO old VALUES (1)"); raise ValueError("now")')
    site.run("upgrade", exit_code=2)
    execute(site, "UPDATE alembic_version_journal SET is_done = 0")
    site.add(1, 'op.execute("INSERT INTO old VALUES (1)")')
    assert "can't be told" in site.run("upgrade", "--resume", exit_code=2)
    site.run("upgrade", "--resume", "--in-doubt", "done")
    with site.connect() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM old")) == 1


def test_the_models_are_compared_without_the_journal(site: Site) -> None:
    site.add(1, MIXED.format(number=1, more=FAILS))
    site.run("upgrade", exit_code=2)
    site.run("stamp", "r01")
    site.configure('safety.allow_drop = ["*"]')
    site.run("migrate", "-m", "drops")
    newest = max(site.versions.glob("*drops.py"), key=lambda path: path.stat().st_mtime)
    assert "drop_table('t1')" in newest.read_text()
    assert "journal" not in newest.read_text()


@pytest.mark.slow
def test_the_server_may_still_be_at_it(site: Site) -> None:
    """It goes on with the statement of a process that was killed, whose lock is free already."""
    site.configure("lock.timeout = 0")
    slow = "CREATE TABLE b (x INT) SELECT amount AS x FROM total FOR UPDATE"
    site.add(1, f'op.execute("SET innodb_lock_wait_timeout = 600"); op.execute("{slow}")')
    with site.connect() as holder, site.connect() as watcher:
        holder.execute(text("SELECT amount FROM total FOR UPDATE"))
        process = site.start("upgrade")
        wait_until(watcher, is_running(slow), process)
        process.kill()
        process.communicate()
        output = site.run("upgrade", "--resume", exit_code=2)
        assert "is still at a statement of the revision r01" in output
        assert watcher.scalar(is_running(slow))
        site.configure("")
        process = site.start("upgrade", "--resume")
        wait_until(watcher, IS_LOCKED, process)
        holder.rollback()
    _, errors = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 0, errors
    assert site.revision() == ["r01"]
    with site.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM b")) == 1


def test_a_connection_that_is_lost_is_no_answer(site: Site) -> None:
    """The server may go on with the statement, so nothing was rolled back for sure."""
    slow = "CREATE TABLE b (x INT) SELECT SLEEP(30) AS x"
    site.add(1, f'op.execute("{slow}")')
    running = text(f"SELECT id FROM information_schema.processlist WHERE info = '{slow}'")
    process = site.start("upgrade")
    with site.connect() as watcher:
        wait_until(watcher, running, process)
        session = watcher.scalar(running)
        watcher.exec_driver_sql(f"KILL CONNECTION {session}")
    _, errors = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 2
    assert "the default database: unknown, at r00, and r01 is half done" in errors
    site.add(1, f'op.execute("{slow.replace("30", "30 * 0")}")')
    site.run("upgrade", "--resume")
    assert site.revision() == ["r01"]


def test_a_connection_that_the_journal_has_lost_is_not_rolled_back(
    mariadb_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLAlchemy would say with a traceback that it can't be."""
    engine = create_engine(mariadb_url, poolclass=NullPool)
    with engine.connect() as connection, engine.connect() as other:
        table = JournalTable(connection, {})
        assert table.read() == []
        other.exec_driver_sql(f"KILL {table.ask('SELECT CONNECTION_ID()')}")
        with pytest.raises(JournalFailedError):
            table.read()
    assert caplog.text == ""


def test_what_has_only_waited_is_tried_again(site: Site) -> None:
    site.configure('timeouts.lock = "1s"')
    site.add(1, 'op.execute("INSERT INTO done VALUES (1, 1)"); op.execute("TRUNCATE TABLE total")')
    with site.connect() as holder:
        holder.execute(text("SELECT * FROM total"))
        process = site.start("upgrade")
        wait_to_say(process, "tried again in")
        holder.rollback()
        _, errors = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 0, errors
    assert site.done() == [1]


def is_running(statement: str) -> TextClause:
    return text(f"SELECT count(*) FROM information_schema.processlist WHERE info = '{statement}'")


IS_LOCKED = text(
    "SELECT IS_USED_LOCK(CONCAT('flask_migrate_decl_', SHA1(COALESCE(DATABASE(), ''))))"
)


def wait_until(watcher: Connection, query: TextClause, process: subprocess.Popen[str]) -> None:
    """Wait until the server says so, or a process has ended."""
    deadline = time.monotonic() + LONGEST_WAIT
    while not watcher.scalar(query) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)


# --- kills -------------------------------------------------------------------------------------


def ten_revisions(site: Site) -> None:
    for number in range(1, 11):
        site.add(number, MIXED.format(number=number, more="time.sleep(0.01)"))


def kill_and_go_on(site: Site, moments: list[float]) -> int:
    """Kill an upgrade again and again, and return how often it had begun and not ended."""
    in_the_middle = 0
    for moment in moments:
        process = site.start("upgrade", "--resume")
        wait_until_begun(site, process)
        time.sleep(moment)
        in_the_middle += process.poll() is None
        process.kill()
        process.communicate()
    site.run("upgrade", "--resume")
    return in_the_middle


def wait_until_begun(site: Site, process: subprocess.Popen[str]) -> None:
    """Wait for the lock that a run takes: most of the time before is Python's."""
    with site.connect() as watcher:
        wait_until(watcher, IS_LOCKED, process)


def a_kill_loses_nothing(tmp_path: Path, server: MariaDBServer, kills: int, seed: int) -> int:
    chance = random.Random(seed)
    url = server.new_database()
    site = prepared(Site(tmp_path, url))
    ten_revisions(site)
    found = kill_and_go_on(site, [chance.uniform(0, 0.4) for _ in range(kills)])
    verify(site, list(range(1, 11)))
    server.drop_database(url)
    return found


def test_a_process_that_is_killed_loses_nothing(
    tmp_path: Path, mariadb_server: MariaDBServer
) -> None:
    a_kill_loses_nothing(tmp_path, mariadb_server, 4, 1)


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing(tmp_path: Path, mariadb_server: MariaDBServer) -> None:
    in_the_middle = 0
    for number in range(25):
        folder = tmp_path / str(number)
        folder.mkdir()
        in_the_middle += a_kill_loses_nothing(folder, mariadb_server, 4, number)
    assert in_the_middle >= 50


def kill_server(tmp_path: Path, times: int) -> None:
    server = MariaDBServer(mariadb_binaries())
    server.start()
    try:
        for number in range(times):
            folder = tmp_path / str(number)
            folder.mkdir()
            site = prepared(Site(folder, server.new_database()))
            ten_revisions(site)
            process = site.start("upgrade")
            wait_until_begun(site, process)
            time.sleep(random.Random(number).uniform(0, 0.4))
            server.kill()
            _, errors = process.communicate(timeout=LONGEST_WAIT)
            if process.returncode:
                assert process.returncode == 2
                # PyMySQL leaves a socket open where nobody listens, which Python may mention.
                said = re.sub(
                    r"Exception ignored in.*?ResourceWarning[^\n]*\n", "", errors, flags=re.S
                )
                assert "Traceback" not in said
            server.restart()
            site.run("upgrade", "--resume")
            verify(site, list(range(1, 11)))
    finally:
        server.stop()


@pytest.mark.slow
def test_a_server_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    kill_server(tmp_path, 1)


@pytest.mark.slow
def test_twenty_kills_of_a_server_lose_nothing(tmp_path: Path) -> None:
    kill_server(tmp_path, 20)


# --- what a statement does ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT 1", Kind.READS),
        ("  /* why */ select 1", Kind.READS),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", Kind.UNSURE),
        ("SET foreign_key_checks = 0", Kind.SESSION),
        ("-- a comment\nINSERT INTO t VALUES (1)", Kind.CHANGES_ROWS),
        ("WITH a AS (SELECT 1) UPDATE t SET x = 1", Kind.CHANGES_ROWS),
        ("CREATE TABLE t (x INT)", Kind.CHANGES_SCHEMA),
        ("CREATE OR REPLACE TABLE t (x INT)", Kind.UNSURE),
        ("CREATE TEMPORARY TABLE t (x INT)", Kind.UNSURE),
        ("ALTER TABLE `a``b`.`c d` ADD x INT", Kind.CHANGES_SCHEMA),
        ("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", Kind.UNSURE),
        ("ALTER TABLE t TRUNCATE PARTITION p", Kind.UNSURE),
        ("DROP TABLE a, b", Kind.UNSURE),
        ("DROP TABLE a", Kind.CHANGES_SCHEMA),
        ("RENAME TABLE a TO b, b TO c", Kind.UNSURE),
        ("RENAME TABLE a TO b", Kind.CHANGES_SCHEMA),
        ("CREATE UNIQUE INDEX i ON t (x)", Kind.CHANGES_SCHEMA),
        ("CREATE INDEX `on` ON `t` (x)", Kind.CHANGES_SCHEMA),
        ("TRUNCATE t", Kind.UNSURE),
        ("CALL p()", Kind.UNSURE),
        ("LOAD DATA INFILE 'x' INTO TABLE t", Kind.UNSURE),
        ("GRANT SELECT ON t TO u", Kind.UNSURE),
        ("/*!50000 DROP TABLE t */", Kind.UNSURE),
        ("", Kind.UNSURE),
    ],
)
def test_what_a_statement_does(statement: str, kind: Kind) -> None:
    assert effect_of(statement).kind is kind


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("CREATE INDEX i ON t (x)", "t"),
        ("CREATE INDEX `a on b` ON `t t` (x)", "`t t`"),
        ("CREATE INDEX IF NOT EXISTS i ON s.t (x)", "s.t"),
        ("ALTER TABLE IF EXISTS `s` . `t` DROP x", "`s` . `t`"),
        ("DROP TABLE IF EXISTS t;", "t"),
        ("CREATE TABLE IF NOT EXISTS t (x INT)", "t"),
    ],
)
def test_where_it_is_seen(statement: str, table: str) -> None:
    assert effect_of(statement).shown_by == f"SHOW CREATE TABLE {table}"


@pytest.mark.parametrize(
    ("statement", "adds", "shown"),
    [
        ("ALTER TABLE t ADD COLUMN x INT", "x", "  `x` int(11)"),
        ("ALTER TABLE s.t ADD `X` INT", "x", "  `X` int(11)"),
        ("ALTER TABLE t ADD `a.b` INT", "", "  `a.b` int(11)"),
        ("CREATE UNIQUE INDEX i ON t (x)", "i", "  UNIQUE KEY `i` (`x`)"),
        ("SET STATEMENT max_statement_time = 1 FOR CREATE INDEX i ON t (x)", "i", "  KEY `i` ("),
        ("CREATE TABLE t (x INT)", "t", "CREATE TABLE `t` ("),
        ("CREATE TABLE s.t (x INT)", "", "CREATE TABLE `t` ("),
        ("CREATE TABLE IF NOT EXISTS t (x INT)", "", ""),
        ("CREATE INDEX IF NOT EXISTS i ON t (x)", "", ""),
        ("ALTER TABLE t ADD COLUMN IF NOT EXISTS x INT", "", ""),
        ("ALTER TABLE t ADD x INT, RENAME TO u", "", ""),
        ("ALTER TABLE t ADD INDEX i (x)", "", ""),
        ("ALTER TABLE t DROP x", "", ""),
    ],
)
def test_what_is_there_once_it_was_done(statement: str, adds: str, shown: str) -> None:
    assert effect_of(statement).adds == adds
    assert (sign_of(statement) == "") == (shown == "")
    assert re.search(sign_of(statement), shown)
    assert shown == "" or not re.search(sign_of(statement), "")
