"""Operations for renames: their SQL on each database, their reverse, and what scripts say."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from alembic.autogenerate import render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops
from alembic.util import CommandError
from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    NullPool,
    String,
    Table,
    create_engine,
    inspect,
    text,
)

from flask_migrate_decl.operations import (
    RenameConstraintOp,
    RenameEnumOp,
    RenameEnumValueOp,
    RenameIndexOp,
    RenameOp,
    RenameSchemaOp,
    RenameSequenceOp,
    SetTableSchemaOp,
)

Run = Callable[[Any], object]
DIALECTS = ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")


def sql(dialect: str, run: Run) -> str:
    """Return what an operation says in ``--sql`` mode, on one line."""
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name=dialect,
        dialect_opts={"paramstyle": "named"},
        opts={"as_sql": True, "output_buffer": buffer},
    )
    run(Operations(context))
    lines = [line for line in buffer.getvalue().splitlines() if line not in ("", "GO", "/")]
    return " ".join(lines).replace(";", "").strip()


@dataclass
class Said:
    """What an operation says on each database; ``None`` where it refuses."""

    name: str
    run: Run
    by_dialect: Mapping[str, str | None]


SAID = [
    Said(
        "index",
        lambda op: op.rename_index("ix_a", "ix_b", table_name="t"),
        {
            "postgresql": "ALTER INDEX ix_a RENAME TO ix_b",
            "mysql": "ALTER TABLE t RENAME INDEX ix_a TO ix_b",
            "mariadb": "ALTER TABLE t RENAME INDEX ix_a TO ix_b",
            "sqlite": None,
            "mssql": "EXEC sp_rename 't.ix_a', 'ix_b', 'INDEX'",
            "oracle": "ALTER INDEX ix_a RENAME TO ix_b",
        },
    ),
    Said(
        "index with awkward names in a schema",
        lambda op: op.rename_index("a b", "it's 50%", table_name="order", schema="My"),
        {
            "postgresql": 'ALTER INDEX "My"."a b" RENAME TO "it\'s 50%"',
            "mysql": "ALTER TABLE `My`.`order` RENAME INDEX `a b` TO `it's 50%`",
            "mariadb": "ALTER TABLE `My`.`order` RENAME INDEX `a b` TO `it's 50%`",
            "sqlite": None,
            "mssql": "EXEC sp_rename '[My].[order].[a b]', 'it''s 50%', 'INDEX'",
            "oracle": 'ALTER INDEX "My"."a b" RENAME TO "it\'s 50%"',
        },
    ),
    Said(
        "unique constraint",
        lambda op: op.rename_constraint("uq_a", "uq_b", "t", type_="unique"),
        {
            "postgresql": "ALTER TABLE t RENAME CONSTRAINT uq_a TO uq_b",
            "mysql": "ALTER TABLE t RENAME INDEX uq_a TO uq_b",
            "mariadb": "ALTER TABLE t RENAME INDEX uq_a TO uq_b",
            "sqlite": "",
            "mssql": "EXEC sp_rename 'uq_a', 'uq_b', 'OBJECT'",
            "oracle": "ALTER TABLE t RENAME CONSTRAINT uq_a TO uq_b",
        },
    ),
    Said(
        "foreign key in a schema",
        lambda op: op.rename_constraint("fk a", "fk.b", "t", type_="foreignkey", schema="s"),
        {
            "postgresql": 'ALTER TABLE s.t RENAME CONSTRAINT "fk a" TO "fk.b"',
            "mysql": None,
            "mariadb": None,
            "sqlite": "",
            "mssql": "EXEC sp_rename 's.[fk a]', 'fk.b', 'OBJECT'",
            "oracle": 'ALTER TABLE s.t RENAME CONSTRAINT "fk a" TO "fk.b"',
        },
    ),
    Said(
        "check",
        lambda op: op.rename_constraint("ck_a", "ck_b", "t", type_="check"),
        {
            "postgresql": "ALTER TABLE t RENAME CONSTRAINT ck_a TO ck_b",
            "mysql": None,
            "mariadb": None,
            "sqlite": "",
            "mssql": "EXEC sp_rename 'ck_a', 'ck_b', 'OBJECT'",
            "oracle": "ALTER TABLE t RENAME CONSTRAINT ck_a TO ck_b",
        },
    ),
    Said(
        "primary key",
        lambda op: op.rename_constraint("pk_a", "pk_b", "t", type_="primary"),
        {
            "postgresql": "ALTER TABLE t RENAME CONSTRAINT pk_a TO pk_b",
            "mysql": "",
            "mariadb": "",
            "sqlite": "",
            "mssql": "EXEC sp_rename 'pk_a', 'pk_b', 'OBJECT'",
            "oracle": "ALTER TABLE t RENAME CONSTRAINT pk_a TO pk_b",
        },
    ),
    Said(
        "enum",
        lambda op: op.rename_enum("mood", "My mood", schema="s"),
        {"postgresql": 'ALTER TYPE s.mood RENAME TO "My mood"'}
        | dict.fromkeys(("mysql", "mariadb", "sqlite", "mssql", "oracle"), ""),
    ),
    Said(
        "enum value",
        lambda op: op.rename_enum_value("mood", "it's", "50% o/", schema="s"),
        {"postgresql": "ALTER TYPE s.mood RENAME VALUE 'it''s' TO '50% o/'"}
        | dict.fromkeys(("mysql", "mariadb", "sqlite", "mssql", "oracle")),
    ),
    Said(
        "sequence",
        lambda op: op.rename_sequence("sq_a", "sq_b"),
        {
            "postgresql": "ALTER SEQUENCE sq_a RENAME TO sq_b",
            "mysql": "",
            "mariadb": "RENAME TABLE sq_a TO sq_b",
            "sqlite": "",
            "mssql": "EXEC sp_rename 'sq_a', 'sq_b', 'OBJECT'",
            "oracle": "RENAME sq_a TO sq_b",
        },
    ),
    Said(
        "sequence in a schema",
        lambda op: op.rename_sequence("sq_a", "order", schema="s"),
        {
            "postgresql": 'ALTER SEQUENCE s.sq_a RENAME TO "order"',
            "mysql": "",
            "mariadb": "RENAME TABLE s.sq_a TO s.`order`",
            "sqlite": "",
            "mssql": "EXEC sp_rename 's.sq_a', 'order', 'OBJECT'",
        },
    ),
    Said(
        "schema",
        lambda op: op.rename_schema("old", "The new"),
        {"postgresql": 'ALTER SCHEMA "old" RENAME TO "The new"'}
        | dict.fromkeys(("mysql", "mariadb", "sqlite", "mssql", "oracle")),
    ),
    Said(
        "table's schema",
        lambda op: op.set_table_schema("order", "The new", schema="s"),
        {
            "postgresql": 'ALTER TABLE s."order" SET SCHEMA "The new"',
            "mysql": "RENAME TABLE s.`order` TO `The new`.`order`",
            "mariadb": "RENAME TABLE s.`order` TO `The new`.`order`",
            "sqlite": None,
            "mssql": "ALTER SCHEMA [The new] TRANSFER s.[order]",
            "oracle": None,
        },
    ),
    Said(
        "Alembic's rename of a table",
        lambda op: op.rename_table("a", "order", schema="s"),
        {
            "postgresql": 'ALTER TABLE s.a RENAME TO "order"',
            "mysql": "ALTER TABLE s.a RENAME TO s.`order`",
            "mariadb": "ALTER TABLE s.a RENAME TO s.`order`",
            "sqlite": 'ALTER TABLE s.a RENAME TO "order"',
            "mssql": "EXEC sp_rename 's.a', [order]",
            "oracle": 'ALTER TABLE s.a RENAME TO "order"',
        },
    ),
    Said(
        "Alembic's rename of a column",
        lambda op: op.alter_column(
            "t", "a b", new_column_name="order", existing_type=Integer(), existing_nullable=False
        ),
        {
            "postgresql": 'ALTER TABLE t RENAME "a b" TO "order"',
            "sqlite": 'ALTER TABLE t RENAME COLUMN "a b" TO "order"',
            "mssql": "EXEC sp_rename 't.[a b]', [order], 'COLUMN'",
            "oracle": 'ALTER TABLE t RENAME COLUMN "a b" TO "order"',
        },
    ),
]


def _said() -> list[Any]:
    return [
        pytest.param(said.run, dialect, expected, id=f"{said.name}-{dialect}")
        for said in SAID
        for dialect, expected in said.by_dialect.items()
    ]


@pytest.mark.parametrize(("run", "dialect", "expected"), _said())
def test_what_each_database_is_told(run: Run, dialect: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(CommandError):
            sql(dialect, run)
    else:
        assert sql(dialect, run) == expected


@pytest.mark.parametrize(
    ("dialect", "run", "message"),
    [
        (
            "sqlite",
            lambda op: op.rename_schema("a", "b"),
            'the schema "a" can\'t become "b", as sqlite has no statement for that',
        ),
        (
            "mysql",
            lambda op: op.rename_enum_value("mood", "a", "b"),
            'the enum value "a" can\'t become "b", as mysql has no statement for that',
        ),
        (
            "oracle",
            lambda op: op.rename_sequence("a", "b", schema="s"),
            'Oracle can\'t rename "a" in another schema',
        ),
        (
            "sqlite",
            lambda op: op.rename_index("a", "b", table_name="t"),
            "it can't be done in --sql mode",
        ),
        (
            "mariadb",
            lambda op: op.rename_constraint("a", "b", "t", type_="check"),
            "it can't be done in --sql mode",
        ),
    ],
)
def test_a_database_that_can_not_says_so(dialect: str, run: Run, message: str) -> None:
    with pytest.raises(CommandError, match=re.escape(message)):
        sql(dialect, run)


def test_sqlite_says_that_a_constraint_keeps_its_name(caplog: pytest.LogCaptureFixture) -> None:
    sql("sqlite", lambda op: op.rename_constraint("a", "b", "t", type_="check"))
    assert '"a" of "t" keeps its name' in caplog.text


# --- reverse, difference, script ---------------------------------------------------------------


@dataclass
class Form:
    """An operation and what is known of it without a database."""

    op: RenameOp
    back: tuple[Any, ...]
    diff: tuple[Any, ...]
    call: str


FORMS = [
    Form(
        RenameIndexOp("a", "b", "t", schema="s"),
        ("rename_index", "s", "t", "b", "a"),
        ("rename_index", "s", "t", "a", "b"),
        "rename_index('a', 'b', table_name='t', schema='s')",
    ),
    Form(
        RenameIndexOp("it's", "b", "t"),
        ("rename_index", None, "t", "b", "it's"),
        ("rename_index", None, "t", "it's", "b"),
        "rename_index(\"it's\", 'b', table_name='t')",
    ),
    Form(
        RenameConstraintOp("a", "b", "t", type_="foreignkey", schema="s"),
        ("rename_constraint", "s", "t", "b", "a"),
        ("rename_constraint", "s", "t", "a", "b"),
        "rename_constraint('a', 'b', 't', type_='foreignkey', schema='s')",
    ),
    Form(
        RenameEnumOp("a", "b", schema="s"),
        ("rename_enum", "s", "b", "a"),
        ("rename_enum", "s", "a", "b"),
        "rename_enum('a', 'b', schema='s')",
    ),
    Form(
        RenameEnumValueOp("a", "b", "mood", schema="s"),
        ("rename_enum_value", "s", "mood", "b", "a"),
        ("rename_enum_value", "s", "mood", "a", "b"),
        "rename_enum_value('mood', 'a', 'b', schema='s')",
    ),
    Form(
        RenameSequenceOp("a", "b"),
        ("rename_sequence", None, "b", "a"),
        ("rename_sequence", None, "a", "b"),
        "rename_sequence('a', 'b')",
    ),
    Form(
        RenameSchemaOp("a", "b"),
        ("rename_schema", None, "b", "a"),
        ("rename_schema", None, "a", "b"),
        "rename_schema('a', 'b')",
    ),
    Form(
        SetTableSchemaOp("t", "new", schema="old"),
        ("set_table_schema", "new", "t", "old"),
        ("set_table_schema", "old", "t", "new"),
        "set_table_schema('t', 'new', schema='old')",
    ),
    Form(
        SetTableSchemaOp("t", "new", default_schema="public"),
        ("set_table_schema", "new", "t", "public"),
        ("set_table_schema", None, "t", "new"),
        "set_table_schema('t', 'new')",
    ),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.call)
def test_an_operation_and_its_reverse(form: Form) -> None:
    assert form.op.to_diff_tuple() == form.diff
    back = form.op.reverse()
    assert type(back) is type(form.op)
    assert back.to_diff_tuple() == form.back


def as_said(op: RenameOp) -> dict[str, Any]:
    """Return what an operation does; the default schema may be named or not."""
    fields = dict(vars(op))
    default = fields.pop("default_schema", None)
    return fields | {"schema": fields["schema"] or default}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.call)
def test_the_reverse_of_the_reverse_is_the_operation(form: Form) -> None:
    assert as_said(form.op.reverse().reverse()) == as_said(form.op)
    assert as_said(form.op.reverse().reverse().reverse()) == as_said(form.op.reverse())


def autogenerating(prefix: str = "op.") -> AutogenContext:
    context = MigrationContext.configure(dialect_name="postgresql")
    opts = {"alembic_module_prefix": prefix, "sqlalchemy_module_prefix": "sa."}
    return AutogenContext(context, opts=opts, autogenerate=False)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.call)
@pytest.mark.parametrize("prefix", ["op.", "alembic_op.", ""])
def test_what_stands_in_a_script(form: Form, prefix: str) -> None:
    context = autogenerating(prefix)
    assert render_op(context, form.op) == [prefix + form.call]
    assert context.imports == {"import flask_migrate_decl.operations  # noqa: F401"}


def test_records_stand_before_the_operation() -> None:
    op = RenameEnumOp("a", "b")
    op.record = ("# one", "# two")
    assert render_op(autogenerating(), op) == ["# one", "# two", "op.rename_enum('a', 'b')"]
    assert op.reverse().record == ()


def test_a_rendered_operation_can_be_carried_out() -> None:
    code = render_python_code(ops.UpgradeOps([form.op for form in FORMS]))
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer}
    )
    exec("if True:\n" + code, {"op": Operations(context)})
    assert buffer.getvalue().count(";") == len(FORMS)


# --- batches -----------------------------------------------------------------------------------


def test_a_batch_renames_before_it_is_carried_out() -> None:
    def run(op: Operations) -> None:
        batch_op: Any
        with op.batch_alter_table("t", schema="s") as batch_op:
            batch_op.add_column(Column("more", Integer))
            batch_op.rename_index("ix_a", "ix_b")
            batch_op.rename_constraint("uq_a", "uq_b", type_="unique")

    assert sql("postgresql", run) == (
        "ALTER INDEX s.ix_a RENAME TO ix_b "
        "ALTER TABLE s.t RENAME CONSTRAINT uq_a TO uq_b "
        "ALTER TABLE s.t ADD COLUMN more INTEGER"
    )


# --- SQLite ------------------------------------------------------------------------------------

INDEXES = {
    "plain": 'CREATE INDEX "old" ON t (a)',
    "unique": "CREATE UNIQUE INDEX old ON t (a)",
    "partial": "CREATE INDEX old ON t (a) WHERE b > 'x:y'",
    "descending": "CREATE INDEX old ON t (a DESC, b COLLATE NOCASE)",
    "expression": "CREATE INDEX old ON t (lower(b), a + 1)",
    "backslash": "CREATE INDEX old ON t (a) WHERE b <> '\\:x'",
    "in a schema": 'CREATE INDEX "main".[old] ON t(a)',
    "on several lines": "create  index\n`old`\nON t (\n  a\n)",
    "if not there": "CREATE INDEX IF NOT EXISTS old ON t (a)",
    "a colon after a backslash": "CREATE INDEX old ON t (a) WHERE b <> '\\\\:x::y'",
    "another index's name in it": "CREATE INDEX old ON t (a) WHERE b <> 'old ON t'",
}


@pytest.fixture
def connection() -> Any:
    engine = create_engine("sqlite://", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER, b TEXT)")
        yield connection


def master(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
    ).all()
    return {str(name): str(found) for name, found in rows}


@pytest.mark.parametrize("statement", INDEXES.values(), ids=list(INDEXES))
@pytest.mark.parametrize("new", ["new", "the new:one", 'a"b', "old 2", "select"])
def test_sqlite_keeps_all_of_an_index(connection: Connection, statement: str, new: str) -> None:
    connection.exec_driver_sql(statement)
    (before,) = master(connection).values()
    op = Operations(MigrationContext.configure(connection))
    op.rename_index("old", new, table_name="t")  # type: ignore[attr-defined]
    ((name, after),) = master(connection).items()
    assert name == new
    assert after.partition("ON t")[2] == before.partition("ON t")[2]
    assert ("UNIQUE" in after) is ("UNIQUE" in before)
    op.rename_index(new, "old", table_name="t")  # type: ignore[attr-defined]
    assert list(master(connection)) == ["old"]


def test_sqlite_has_no_such_index(connection: Connection) -> None:
    op = Operations(MigrationContext.configure(connection))
    with pytest.raises(CommandError, match='there is no index "old"'):
        op.rename_index("old", "new", table_name="t")  # type: ignore[attr-defined]


def test_sqlite_has_made_an_index_for_a_constraint(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE u (a INTEGER UNIQUE)")
    op = Operations(MigrationContext.configure(connection))
    with pytest.raises(CommandError, match="that could be renamed"):
        op.rename_index("sqlite_autoindex_u_1", "new", table_name="u")  # type: ignore[attr-defined]


# --- MariaDB -----------------------------------------------------------------------------------


@pytest.mark.mariadb
def test_mariadb_keeps_all_of_a_foreign_key_and_a_check(mariadb_url: str) -> None:
    metadata = MetaData()
    Table("a parent", metadata, Column("x", Integer, primary_key=True), Column("y", Integer))
    Table(
        "child",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("the x", Integer),
        Column("share", String(9)),
        ForeignKeyConstraint(
            ["the x"], ["a parent.x"], name="old fk", ondelete="SET NULL", onupdate="CASCADE"
        ),
        CheckConstraint("`share` <> '50%' and `share` <> 'a:b\\\\'", name="old ck"),
    )
    engine = create_engine(mariadb_url, poolclass=NullPool)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO `a parent` VALUES (1, 1)")
        connection.exec_driver_sql("INSERT INTO child VALUES (1, 1, 'x')")
        before = described(connection)
        op: Any = Operations(MigrationContext.configure(connection))
        op.rename_constraint("old fk", "new fk", "child", type_="foreignkey")
        op.rename_constraint("old ck", "new ck", "child", type_="check")
        assert described(connection) == [
            described_as.replace("old ", "new ") for described_as in before
        ]
        connection.exec_driver_sql("UPDATE `a parent` SET x = 2")
        assert connection.execute(text("SELECT `the x`, share FROM child")).all() == [(2, "x")]
        with pytest.raises(CommandError, match='"child" has no constraint "old fk"'):
            op.rename_constraint("old fk", "new fk", "child", type_="foreignkey")


def described(connection: Connection) -> Sequence[str]:
    """Return all that the server says of the child's foreign keys and checks."""
    inspector = inspect(connection)
    found = [*inspector.get_foreign_keys("child"), *inspector.get_check_constraints("child")]
    return [repr(sorted(constraint.items(), key=repr)) for constraint in found]
