"""The revisions that the kill tests run: DDL and DML in turn, on tables with rows."""

from __future__ import annotations

from collections.abc import Sequence

APP = """\
import os
import sqlite3
import time

from flask import Flask
from flask_migrate_decl import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event

app = Flask("app")
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["URL_default"]
app.config["SQLALCHEMY_BINDS"] = {{key: os.environ[f"URL_{{key}}"] for key in {binds}}}
db = SQLAlchemy(app)
Migrate(app, db)


def prepare(connection, _record):
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA foreign_keys = ON")
        # So that a transaction is written to the file before it ends, with the journal beside it.
        connection.execute("PRAGMA cache_size = 4")


with app.app_context():
    for engine in db.engines.values():
        event.listen(engine, "connect", prepare)
        event.listen(engine, "after_cursor_execute", lambda *_: time.sleep(0.002))
with open("marks", "a") as marks:
    print("begun", time.monotonic(), file=marks)
"""

_SCRIPT = '''\
"""revision {number}"""
import time

import sqlalchemy as sa
from alembic import op

revision = "r{number:02}"
down_revision = {parent!r}


def mark(text):
    with open("marks", "a") as marks:
        print(text, time.monotonic(), file=marks)


def run(name):
    mark(f"{{name}}:{number}")
    time.sleep(0.01)
    {body}
    op.execute("INSERT INTO done (number) VALUES ({number})")
    time.sleep(0.01)
    mark(f"{{name}}:{number}-done")

{functions}
'''
_ALONE = """
def upgrade():
    run("default")
"""
_SHARED = """
def upgrade(engine_name):
    globals()["upgrade_" + (engine_name or "default")]()
"""
_OF_BIND = """

def upgrade_{name}():
    run("{name}")
"""


def script(number: int, body: str, names: Sequence[str]) -> str:
    """Word a revision that does the same on each database."""
    of_binds = "".join(_OF_BIND.format(name=name) for name in names)
    return _SCRIPT.format(
        number=number,
        parent=f"r{number - 1:02}" if number else None,
        body=body.replace("\n", "\n    "),
        functions=_ALONE if len(names) == 1 else _SHARED + of_binds,
    )


BEFORE = """\
op.create_table("done", sa.Column("number", sa.Integer))
author = op.create_table(
    "author",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(50)),
)
book = op.create_table(
    "book",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("author_id", sa.Integer, sa.ForeignKey(
        "author.id", name="by", ondelete="CASCADE"), nullable=False),
    sa.Column("title", sa.String(300), nullable=False),
)
op.create_table("note", sa.Column("book_id", sa.Integer), sa.Column("line", sa.String(300)))
op.bulk_insert(author, [{"id": i, "name": f"author {i}"} for i in range(20)])
op.bulk_insert(book, [
    {"id": i, "author_id": i % 20, "title": f"title {i} " + "x" * 200} for i in range(200)
])
op.execute("INSERT INTO note SELECT id, title FROM book")"""

TEN = (
    """\
op.add_column("author", sa.Column("email", sa.String(100)))
op.execute("UPDATE author SET email = name || '@example.org'")""",
    # SQLite has to make the table anew, whose rows others point to.
    """\
with op.batch_alter_table("author") as batch:
    batch.alter_column("name", existing_type=sa.String(50), type_=sa.String(80), nullable=False)""",
    """\
op.create_table(
    "publisher",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(80), nullable=False),
)
op.execute("INSERT INTO publisher SELECT id, name FROM author WHERE id < 5")""",
    """\
op.execute("INSERT INTO note SELECT id, 'twice' FROM book WHERE id < 50")
with op.batch_alter_table("book") as batch:
    batch.add_column(sa.Column("publisher_id", sa.Integer))
    batch.create_foreign_key(
        "printed", "publisher", ["publisher_id"], ["id"], ondelete="SET NULL")
op.execute("UPDATE book SET publisher_id = author_id % 5")""",
    """\
op.alter_column("book", "title", new_column_name="heading",
    existing_type=sa.String(300), existing_nullable=False)
op.execute("UPDATE book SET heading = heading || '!'")""",
    """\
op.create_index("by_heading", "book", ["heading"], unique=True)
op.execute("UPDATE note SET line = line || '.' WHERE book_id % 2 = 0")""",
    """\
op.rename_table("note", "remark")
op.execute("INSERT INTO remark SELECT id, 'renamed' FROM book WHERE id < 30")""",
    """\
with op.batch_alter_table("author") as batch:
    batch.drop_column("email")""",
    """\
op.execute("INSERT INTO remark SELECT book_id + 1000, line FROM remark")
op.execute("UPDATE remark SET book_id = book_id + 1")""",
    """\
op.create_table(
    "review",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("book_id", sa.Integer, sa.ForeignKey(
        "book.id", name="of", ondelete="CASCADE"), nullable=False),
)
op.execute("INSERT INTO review SELECT id, id FROM book")""",
)
"""Ten revisions after the first."""
