import pytest
from sqlalchemy import *
from sqlalchemy import text
from tests.project import Project, App

def show(project, before, after, hints, sql=(), conv=None, **kw):
    b = project.app(before, naming_convention=conv)
    for c in ("init","migrate","upgrade"): b.run("db",c)
    if sql: b.execute(*sql)
    project.configure(hints)
    a = project.app(after, naming_convention=conv)
    print(a.run("db","migrate","-m","x"))
    newest = max(Path(project.folder/"migrations"/"versions").glob("*_x.py"), key=lambda p:p.stat().st_mtime)
    print(newest.read_text())
    print(a.run("db","upgrade"))
    print(a.run("db","check"))
    print(a.run("db","downgrade"))
    print(a.differences())
    b2 = project.app(before, naming_convention=conv)
    print("OLD", b2.differences())
    print(a.run("db","upgrade"))
    print(a.run("db","check"))
from pathlib import Path

def test_pg(postgres_url, tmp_path):
    p = Project(tmp_path, postgres_url)
    b=p.app(lambda db: None); b.execute("create schema arch","create schema olds")
    def before(db):
        e=Enum("sad","ok",name="mood")
        db.Table("user", Column("id",Integer,primary_key=True), Column("name",String(9)), Column("m",e,server_default="sad"), Index("ix_n","name"), UniqueConstraint("name",name="uq_n"), CheckConstraint("name <> ''",name="ck_n"))
        db.Table("t2", Column("id",Integer,primary_key=True), Column("uid",ForeignKey("user.id",name="fk_u")), Column("n",Integer,Sequence("sq")), schema="olds")
        db.Table("a", Column("id",Integer,primary_key=True), Column("x",Integer), Column("y",Integer))
        db.Table("b", Column("id",Integer,primary_key=True), Column("x",Integer))
        db.Table("loose", Column("id",Integer,primary_key=True), Column("x",Integer))
    def after(db):
        e=Enum("unhappy","ok",name="feeling")
        db.Table("account", Column("id",Integer,primary_key=True), Column("full",String(9)), Column("m",e,server_default="unhappy"), Index("ix_f","full"), UniqueConstraint("full",name="uq_f"), CheckConstraint("\"full\" <> ''",name="ck_f"))
        db.Table("t2", Column("id",Integer,primary_key=True), Column("uid",ForeignKey("account.id",name="fk_a")), Column("n",Integer,Sequence("sq2")), schema="news")
        db.Table("b", Column("id",Integer,primary_key=True), Column("y",Integer), Column("x",Integer))
        db.Table("a", Column("id",Integer,primary_key=True), Column("x",Integer))
        db.Table("tight", Column("id",Integer,primary_key=True), Column("x",Integer), schema="arch")
    show(p, before, after, '''include_schemas = true
[renames]
schemas=[{from="olds",to="news"}]
enums=[{from="mood",to="feeling"}]
enum_values=[{enum="feeling",from="sad",to="unhappy"}]
sequences=[{from="sq",to="sq2"}]
tables=[{from="user",to="account"},{from="a",to="b"},{from="b",to="a"},{from="loose",to="tight",to_schema="arch"}]
columns=[{table="user",from="name",to="full"},{table="b",from="x",to="y"},{table="b",from="y",to="x"}]
indexes=[{table="account",from="ix_n",to="ix_f"}]
constraints=[{table="account",from="uq_n",to="uq_f"},{table="account",from="ck_n",to="ck_f"},{table="t2",schema="olds",from="fk_u",to="fk_a"}]
''')
