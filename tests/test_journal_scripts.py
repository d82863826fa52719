"""What a script may do that a journal could lose sight of, on MariaDB."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.parameters import one_is_fast
from tests.site import Site

pytestmark = pytest.mark.mariadb

DIES = 'os.path.exists("dead") or open("dead", "w").close() or os._exit(9)'
RUNS = "run = op.get_bind().exec_driver_sql; raw = op.get_bind().connection.driver_connection"


@pytest.fixture
def site(tmp_path: Path, mariadb_url: str) -> Site:
    site = Site(tmp_path, mariadb_url)
    site.run("upgrade")
    return site


def add(site: Site, *lines: str) -> None:
    site.add(1, "\n    ".join((RUNS, *lines)))


def die_and_go_on(site: Site, *lines: str) -> None:
    """Run a script that dies where it says so, and go on with it."""
    add(site, *lines)
    site.run("upgrade", exit_code=9)
    site.run("upgrade", "--resume")
    assert site.revision() == ["r01"]


def execute(site: Site, *statements: str) -> None:
    with site.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()


@pytest.mark.slow
def test_updates_that_need_a_key(site: Site) -> None:
    die_and_go_on(
        site,
        'run("SET sql_safe_updates = 1")',
        'run("CREATE TABLE t (x INT)")',
        DIES,
        'run("INSERT INTO done (number) VALUES (1)")',
    )
    assert site.done() == [1]


CAUGHT = {
    "a table": "CREATE TABLE t (x INT)",
    "a column": "ALTER TABLE t ADD COLUMN x INT",
    "an index": "CREATE INDEX i ON t (x)",
}


@pytest.mark.parametrize("what", one_is_fast(CAUGHT))
def test_what_has_failed_as_it_was_there_was_not_done(site: Site, what: str) -> None:
    execute(site, "CREATE TABLE t (x INT, INDEX i (x))")
    die_and_go_on(
        site,
        f"try: run({CAUGHT[what]!r}); number = 7",
        "except sa.exc.OperationalError: number = 1",
        DIES,
        'run(f"INSERT INTO done (number) VALUES ({number})")',
    )
    assert site.done() == [1]


@pytest.mark.slow
def test_an_index_with_a_percent_sign_is_found(site: Site) -> None:
    die_and_go_on(site, 'op.create_index("a%b", "done", ["number"])', DIES)


SETS = {
    "an update": 'run("SET @n = 0"); run("UPDATE done SET number = (@n := @n + 1)")',
    "a function": 'run("SET @n = f()")',
    "a question": 'run("SELECT f() INTO @n")',
    "a procedure": 'run("CALL p(@n)")',
    "a driver": 'raw.cursor().callproc("p", (0,)); run("SET @n = @_p_0")',
}


@pytest.mark.parametrize("what", one_is_fast(SETS))
def test_a_variable_is_what_a_change_has_set_it_to(site: Site, what: str) -> None:
    execute(
        site,
        "CREATE FUNCTION f() RETURNS INT MODIFIES SQL DATA"
        " BEGIN INSERT INTO done (number) VALUES (0); RETURN 1; END",
        "CREATE PROCEDURE p(OUT n INT) BEGIN INSERT INTO done (number) VALUES (0); SET n = 1; END",
    )
    if what == "an update":
        execute(site, "INSERT INTO done (number) VALUES (0)")
    die_and_go_on(
        site,
        SETS[what],
        'run("CREATE TABLE t (x INT)")',
        DIES,
        'run("INSERT INTO done (number) VALUES (@n + 1)")',
    )
    assert site.done() == ([1, 2] if what == "an update" else [0, 2])


DECIDES = {
    "how many rows": 'known = raw.cursor().execute("SELECT * FROM done")',
    "a result's number of rows": 'known = run("SELECT * FROM done").rowcount',
    "which columns": 'known = "more" in run("SELECT * FROM done LIMIT 0").keys()',
}


@pytest.mark.parametrize("what", one_is_fast(DECIDES))
def test_what_a_script_decides_on_has_to_be_the_same(site: Site, what: str) -> None:
    add(
        site,
        DECIDES[what],
        'run("ALTER TABLE done ADD more INT")',
        'run("INSERT INTO done (number) VALUES (1)")',
        "op.get_bind().commit()",
        DIES,
        'known or run("INSERT INTO done (number) VALUES (2)")',
    )
    site.run("upgrade", exit_code=9)
    assert "it has read other rows before" in site.run("upgrade", "--resume", exit_code=2)
    assert site.done() == [1]


def test_how_many_rows_were_changed_is_told(site: Site) -> None:
    execute(site, "INSERT INTO done (number) VALUES (5), (6)")
    add(
        site,
        'run("UPDATE done SET pid = 1")',
        'run("INSERT INTO done (number) VALUES (ROW_COUNT())")',
        'run("UPDATE done SET pid = 2")',
        'assert run("SELECT ROW_COUNT()").scalar() == 3',
    )
    site.run("upgrade")
    assert site.done() == [2, 5, 6]


def test_how_many_rows_were_changed_by_what_is_skipped_is_not(site: Site) -> None:
    add(
        site,
        'run("INSERT INTO done (number) VALUES (5)"); op.get_bind().commit()',
        DIES,
        'run("INSERT INTO done (number) VALUES (ROW_COUNT())")',
    )
    site.run("upgrade", exit_code=9)
    assert "is not known any more" in site.run("upgrade", "--resume", exit_code=2)
    assert site.done() == [5]


@pytest.mark.slow
def test_a_function_of_another_schema_changes_rows_once(site: Site, mariadb_url: str) -> None:
    other = f"{make_url(mariadb_url).database}_other"
    execute(
        site,
        f"CREATE DATABASE {other}",
        f"CREATE FUNCTION {other}.f() RETURNS INT MODIFIES SQL DATA"
        f" BEGIN INSERT INTO {make_url(mariadb_url).database}.done (number) VALUES (1);"
        " RETURN 1; END",
    )
    try:
        die_and_go_on(site, f'run("SELECT {other}.f()"); run("CREATE TABLE t (x INT)")', DIES)
    finally:
        execute(site, f"DROP DATABASE {other}")
    assert site.done() == [1]


def test_what_the_journal_has_committed_is_not_rolled_back(site: Site) -> None:
    """The script would insert it again."""
    execute(site, "CREATE TABLE old (x INT) ENGINE=MyISAM")
    add(
        site,
        'run("INSERT INTO done (number) VALUES (1)")',
        "op.get_bind().rollback()",
        'run("INSERT INTO done (number) VALUES (1)")',
    )
    assert "it rolls back what had to be committed" in site.run("upgrade", exit_code=2)
    assert site.done() == [1]


@pytest.mark.parametrize("call", one_is_fast(["raw.begin()", "raw.autocommit(True)"]))
def test_a_driver_commits_by_other_calls(site: Site, call: str) -> None:
    die_and_go_on(site, 'run("INSERT INTO done (number) VALUES (1)")', call, DIES)
    assert site.done() == [1]


def test_a_statement_without_a_cursor_is_refused(site: Site) -> None:
    add(site, 'raw.query("INSERT INTO done (number) VALUES (1)")')
    assert "without a cursor" in site.run("upgrade", exit_code=2)
    assert site.done() == []


@pytest.mark.parametrize("asks", [pytest.param("run", marks=pytest.mark.slow), "raw"])
def test_another_connection_is_refused(site: Site, asks: str) -> None:
    again = {"run": "run", "raw": "op.get_bind().connection.cursor().execute"}[asks]
    add(
        site,
        "op.get_bind().invalidate()",
        "op.get_bind().rollback()",
        f'{again}("INSERT INTO done (number) VALUES (1)")',
    )
    assert "it goes on with another connection" in site.run("upgrade", exit_code=2)
    assert site.done() == []


@pytest.mark.slow
def test_rows_that_are_still_coming_in_are_not_lost(site: Site) -> None:
    execute(site, "INSERT INTO done (number) VALUES (1), (2)")
    add(
        site,
        'run("SET @n = 0")',
        "found = op.get_bind().execution_options(stream_results=True)"
        '.exec_driver_sql("SELECT @n := @n + 1 FROM done").fetchall()',
        "assert len(found) == 2",
    )
    site.run("upgrade")


@pytest.mark.slow
def test_a_script_may_run_many_statements_in_a_transaction(site: Site) -> None:
    add(
        site,
        'more = "x" * 900',
        'for _ in range(20000): run(f"INSERT INTO done (number) VALUES (1) /* {more} */")',
        "op.get_bind().commit()",
    )
    site.run("upgrade")
    assert len(site.done()) == 20000
