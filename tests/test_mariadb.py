"""MariaDB: what would break without a word, and what goes along."""

from __future__ import annotations

from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    CheckConstraint,
    Column,
    Enum,
    ForeignKeyConstraint,
    Index,
    Integer,
    Sequence,
    String,
    UniqueConstraint,
)
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.project import App, Define, Project, begun, refused, renamed

pytestmark = pytest.mark.mariadb

# --- views, triggers, routines and events -----------------------------------------------------

ITEMS = 'renames.tables = [{ from = "item", to = "thing" }]'
NAMES = 'renames.columns = [{ table = "item", from = "name", to = "label" }]'


def item(table: str, column: str) -> Define:
    def define(db: SQLAlchemy) -> None:
        db.Table(table, Column("id", Integer, primary_key=True), Column(column, String(20)))
        db.Table("log", Column("id", Integer, primary_key=True), Column("name", String(20)))

    return define


ON_LOG = "CREATE TRIGGER noted AFTER INSERT ON log FOR EACH ROW "


@pytest.mark.parametrize(
    ("what", "statement"),
    [
        ('the view "names"', "CREATE VIEW names AS SELECT i.name AS n FROM item AS i"),
        ('the trigger "noted"', f"{ON_LOG}DELETE FROM item WHERE name = new.name"),
        pytest.param(
            'the trigger "noted"',
            f"{ON_LOG}INSERT INTO item (name) VALUES (new.name)",
        ),
        ('the procedure "clear"', "CREATE PROCEDURE clear() DELETE FROM item WHERE name = 'x'"),
        (
            'the function "used"',
            "CREATE FUNCTION used() RETURNS INT RETURN (SELECT max(id) FROM item WHERE name = 'x')",
        ),
        (
            'the event "weekly"',
            "CREATE EVENT weekly ON SCHEDULE EVERY 1 WEEK DO DELETE FROM item WHERE name = 'x'",
        ),
    ],
    ids=["view", "trigger", "trigger that inserts", "procedure", "function", "event"],
)
@pytest.mark.parametrize(
    ("table", "column", "hints", "named"),
    [
        ("thing", "name", ITEMS, 'the table "item"'),
        ("item", "label", NAMES, 'the column "name" of "item"'),
    ],
    ids=["table", "column"],
)
def test_what_names_a_renamed_thing_stops_the_run_until_it_is_dropped(
    mariadb_project: Project,
    what: str,
    statement: str,
    table: str,
    column: str,
    hints: str,
    named: str,
) -> None:
    before = begun(mariadb_project, item("item", "name"))
    before.insert({"item": [{"id": 1, "name": "saw"}]})
    before.execute(statement)
    output = refused(mariadb_project, item(table, column), hints)
    assert f"{what} names {named}, and would fail from then on" in output
    assert "drop it in a revision of your own before this one" in output
    _, kind, name = what.replace('"', "").split()
    before.execute(f"DROP {kind} {name}")
    after = renamed(mariadb_project, item(table, column), hints)
    assert after.rows()[table] == [{"id": 1, column: "saw"}]
    after.run("db", "downgrade")
    assert before.rows()["item"] == [{"id": 1, "name": "saw"}]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM item",
        "SELECT item.`NAME` FROM item",
        "SELECT l.id FROM log l JOIN item i ON i.name = l.name",
        "SELECT l.id FROM log l LEFT JOIN (item i, item j) ON i.name = l.name",
        "SELECT id FROM log WHERE name IN (SELECT name FROM item)",
        "SELECT log.id FROM log JOIN item USING (name)",
        "SELECT log.id FROM log NATURAL JOIN item",
        "SELECT n FROM (SELECT name AS n FROM item) AS inner_one",
        "WITH c AS (SELECT name AS n FROM item) SELECT n FROM c",
        "SELECT id FROM item UNION SELECT id FROM item ORDER BY id",
        "SELECT count(*) AS c FROM item GROUP BY name",
    ],
)
def test_a_view_is_found_however_it_names_a_column(mariadb_project: Project, query: str) -> None:
    """It is found where the view fails without the column, and nowhere else."""
    before = begun(mariadb_project, item("item", "name"))
    before.execute(f"CREATE VIEW v AS {query}")
    mariadb_project.configure(NAMES)
    after = mariadb_project.app(item("item", "label"))
    is_found = 'the view "v" names' in _migrated(after)
    before.execute("ALTER TABLE item RENAME COLUMN name TO label")
    with before.connect() as connection:
        if is_found:
            with pytest.raises(OperationalError):
                connection.exec_driver_sql("SELECT * FROM v")
        else:
            connection.exec_driver_sql("SELECT * FROM v")


def _migrated(app: App) -> str:
    return app.flask.test_cli_runner().invoke(args=["db", "migrate"]).output


def test_a_trigger_on_the_renamed_table_goes_along(mariadb_project: Project) -> None:
    before = begun(mariadb_project, item("item", "name"))
    before.execute(
        "CREATE TRIGGER noted AFTER INSERT ON item FOR EACH ROW"
        " INSERT INTO log (name) VALUES (new.name)"
    )
    after = renamed(mariadb_project, item("thing", "name"), ITEMS)
    after.insert({"thing": [{"id": 1, "name": "saw"}]})
    assert [row["name"] for row in after.rows()["log"]] == ["saw"]
    output = refused(
        mariadb_project,
        item("thing", "label"),
        'renames.columns = [{ table = "thing", from = "name", to = "label" }]',
    )
    assert 'the trigger "noted" names the column "name" of "thing"' in output


def test_a_default_that_names_a_sequence_stops_the_run_until_it_is_dropped(
    mariadb_project: Project,
) -> None:
    def define(sequence: str) -> Define:
        def made(db: SQLAlchemy) -> None:
            number = Sequence(sequence, metadata=db.metadata).next_value()
            db.Table(
                "item",
                Column("id", Integer, primary_key=True),
                Column("number", Integer, server_default=number),
            )

        return made

    mariadb_project.app(define("old")).execute("CREATE SEQUENCE old")
    before = begun(mariadb_project, define("old"))
    hints = 'renames.sequences = [{ from = "old", to = "new" }]'
    output = refused(mariadb_project, define("new"), hints)
    assert 'the default of "item.number" names the sequence "old", and would fail' in output
    before.execute("ALTER TABLE item ALTER number DROP DEFAULT")
    renamed(mariadb_project, define("new"), hints).run("db", "downgrade")


def test_views_of_other_tables_with_such_names_do_not_matter(mariadb_project: Project) -> None:
    before = begun(mariadb_project, item("item", "name"))
    before.execute("CREATE VIEW item_names AS SELECT name FROM log")
    renamed(mariadb_project, item("thing", "name"), ITEMS)
    renamed(
        mariadb_project,
        item("thing", "label"),
        'renames.columns = [{ table = "thing", from = "name", to = "label" }]',
    )


# --- constraints, indexes and labels -----------------------------------------------------------


def family(fk: str, check: str, unique: str, index: str) -> Define:
    def define(db: SQLAlchemy) -> None:
        db.Table("parent", Column("id", Integer, primary_key=True))
        db.Table(
            "child",
            Column("id", Integer, primary_key=True),
            Column("parent_id", Integer),
            Column("size", Integer),
            Column("name", String(20)),
            ForeignKeyConstraint(
                ["parent_id"], ["parent.id"], fk, ondelete="CASCADE", onupdate="CASCADE"
            ),
            CheckConstraint("size > 0", name=check),
            UniqueConstraint("name", "size", name=unique),
            Index(index, "size"),
        )

    return define


OLD = {"fk": "fk_old", "check": "ck_old", "unique": "uq_old", "index": "ix_old"}
NEW = {name: old.replace("old", "new") for name, old in OLD.items()}


def _names(app: App) -> set[str]:
    """Return the names of the child's constraints and indexes."""
    with app.connect() as connection:
        constraints = connection.exec_driver_sql(
            "SELECT constraint_name FROM information_schema.table_constraints"
            " WHERE table_schema = database() AND table_name = 'child'"
        ).scalars()
        indexes = connection.exec_driver_sql("SHOW INDEX FROM child").mappings()
        return {*constraints, *(row["Key_name"] for row in indexes)} - {"PRIMARY"}


def _definition(app: App) -> str:
    with app.connect() as connection:
        return str(connection.exec_driver_sql("SHOW CREATE TABLE child").one()[1])


@pytest.mark.parametrize("renamed_ones", [["fk"], ["check"], ["unique"], ["index"], list(OLD)])
def test_constraints_and_indexes_keep_all_but_their_names(
    mariadb_project: Project, renamed_ones: list[str]
) -> None:
    before = begun(mariadb_project, family(**OLD))
    before.insert(
        {
            "parent": [{"id": 1}, {"id": 2}],
            "child": [
                {"id": 10, "parent_id": 1, "size": 1, "name": "a"},
                {"id": 11, "parent_id": 2, "size": 2, "name": "b"},
            ],
        }
    )
    rows, old_names, definition = before.rows(), _names(before), _definition(before)
    wanted = OLD | {name: NEW[name] for name in renamed_ones}
    hint = '{{ table = "child", from = "{}", to = "{}" }}'
    hints = {name: hint.format(OLD[name], NEW[name]) for name in renamed_ones}
    constraints = ", ".join(text for name, text in hints.items() if name != "index")
    after = renamed(
        mariadb_project,
        family(**wanted),
        f"""[renames]
        constraints = [{constraints}]
        indexes = [{hints.get("index", "")}]""",
    )
    assert "drop" not in mariadb_project.newest_script()
    changed = {OLD[name]: wanted[name] for name in OLD}
    assert _names(after) == {changed.get(name, name) for name in old_names}
    assert after.rows() == rows
    after.run("db", "downgrade")
    assert (_names(before), before.rows()) == (old_names, rows)
    assert sorted(_definition(before).splitlines()) == sorted(definition.splitlines())
    after.run("db", "upgrade")
    _assert_enforced(after)


def _assert_enforced(app: App) -> None:
    wrong: list[dict[str, Any]] = [
        {"id": 12, "parent_id": 9, "size": 1, "name": "c"},
        {"id": 12, "parent_id": 1, "size": 1, "name": "a"},
    ]
    for row in wrong:
        with pytest.raises(IntegrityError):
            app.insert({"child": [row]})
    with pytest.raises(Exception, match=r"CONSTRAINT `ck_(old|new)` failed"):
        app.execute("INSERT INTO child VALUES (12, 1, 0, 'c')")
    app.execute("UPDATE parent SET id = 3 WHERE id = 1", "DELETE FROM parent WHERE id = 2")
    assert app.rows()["child"] == [{"id": 10, "parent_id": 3, "size": 1, "name": "a"}]


def test_a_label_is_refused_and_can_be_changed_by_hand(mariadb_project: Project) -> None:
    def define(*labels: str) -> Define:
        return lambda db: db.Table(
            "paint",
            Column("id", Integer, primary_key=True),
            Column("colour", Enum(*labels, name="colour")),
        )

    before = begun(mariadb_project, define("red", "blue"))
    before.execute("INSERT INTO paint VALUES (1, 'red')")
    hints = 'renames.enum_values = [{ enum = "colour", from = "red", to = "crimson" }]'
    output = refused(mariadb_project, define("crimson", "blue"), hints)
    assert (
        'the server keeps the labels in the column "paint.colour", and can\'t rename one' in output
    )
    assert "let the column have both labels, update the rows" in output
    both = "ALTER TABLE paint MODIFY colour ENUM('red', 'crimson', 'blue')"
    before.execute(both, "UPDATE paint SET colour = 'crimson'")
    before.execute("ALTER TABLE paint MODIFY colour ENUM('crimson', 'blue')")
    after = mariadb_project.app(define("crimson", "blue"))
    assert "No new upgrade operations" in after.run("db", "check")
    assert after.rows()["paint"] == [{"id": 1, "colour": "crimson"}]


RED = '{ enum = "colour", from = "red", to = "crimson" }'
RED_IN_TWO = (
    '{ enum = "colour", from = "red", to = "ruby" }, '
    '{ enum = "colour", from = "ruby", to = "crimson" }'
)


@pytest.mark.parametrize(
    ("table", "column", "enum", "hint"),
    [
        ("picture", "colour", "colour", 'tables = [{ from = "paint", to = "picture" }]'),
        ("paint", "hue", "colour", 'columns = [{ table = "paint", from = "colour", to = "hue" }]'),
        ("paint", "colour", "hue", 'enums = [{ from = "colour", to = "hue" }]'),
    ],
    ids=["table", "column", "type"],
)
@pytest.mark.parametrize("labels", [RED, RED_IN_TWO], ids=["label", "chain"])
def test_a_label_is_refused_together_with_other_renames(
    mariadb_project: Project, table: str, column: str, enum: str, hint: str, labels: str
) -> None:
    def define(table: str, column: str, enum: str, *labels: str) -> Define:
        return lambda db: db.Table(
            table,
            Column("id", Integer, primary_key=True),
            Column(column, Enum(*labels, name=enum)),
        )

    begun(mariadb_project, define("paint", "colour", "colour", "red", "blue"))
    section = f"[renames]\n{hint}\nenum_values = [{labels}]"
    output = refused(mariadb_project, define(table, column, enum, "crimson", "blue"), section)
    assert f'the server keeps the labels in the column "{table}.{column}"' in output
    assert " → crimson" in output
