"""``flask db rename``: a hint is added to the file, or nothing is touched."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import click
import pytest

from flask_migrate_decl import rename_column, rename_table
from flask_migrate_decl.cli.rename import names_in
from flask_migrate_decl.config import (
    NewHint,
    edit_with_hint,
    edit_without_hints,
    load_configuration,
)
from flask_migrate_decl.config.files import write_file
from flask_migrate_decl.errors import (
    ConfigChangedError,
    ConfigUnwritableError,
    HintNotAddedError,
    HintRefusedError,
)
from tests.test_cli import APP, Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_from_nothing_to_a_migration(shell: Shell) -> None:
    shell.write(app__py=APP)
    for command in ("init", "migrate", "upgrade"):
        shell.flask("db", command)
    renamed = APP.replace("class Person", "class Account").replace("id = db", "number = db")
    shell.write(app__py=renamed)
    run = shell.flask("db", "rename", "table", "person", "account")
    assert run.stdout == "Added renames.tables[0] to migrate.toml:10\n"
    shell.flask("db", "rename", "column", "account.id", "number")
    migrated = shell.flask("db", "migrate").stdout
    assert "renamed table person → account\nrenamed column account.id → number\n" in migrated


def test_the_apps_own_file_is_changed(shell: Shell) -> None:
    (shell.folder / "shop").mkdir()
    (shell.folder / "shop" / "__init__.py").write_text(APP)
    (shell.folder / "shop" / "migrate.toml").write_text("")
    shell.write(migrate__toml="")
    shell.flask("--app", "shop", "db", "rename", "table", "a", "b")
    assert "renames" in (shell.folder / "shop" / "migrate.toml").read_text()
    assert (shell.folder / "migrate.toml").read_text() == ""
    shell.flask("--app", "shop", "db", "rename", "table", "a", "b", "--no-app")
    assert "renames" in (shell.folder / "migrate.toml").read_text()


def test_without_an_app_and_without_a_file(shell: Shell) -> None:
    shell.flask("db", "rename", "column", 'crm."a.b".c', "d")
    assert (shell.folder / "migrate.toml").read_text() == (
        '[[renames.columns]]\ntable = "a.b"\nfrom = "c"\nto = "d"\nschema = "crm"\n'
    )
    (shell.folder / "migrate.toml").unlink()
    shell.write(pyproject__toml='[project]\nname = "x"')
    shell.flask("db", "rename", "table", "a", "b")
    assert (shell.folder / "pyproject.toml").read_text() == (
        '[project]\nname = "x"\n\n[[tool.flask-migrate.renames.tables]]\nfrom = "a"\nto = "b"'
    )


@pytest.mark.parametrize(
    ("arguments", "kind", "written"),
    [
        (
            "table crm.user account --to-schema sales",
            "tables",
            'from = "user", to = "account", schema = "crm", to_schema = "sales"',
        ),
        ("index t.a b", "indexes", 'table = "t", from = "a", to = "b"'),
        ("constraint c.t.a b", "constraints", 'table = "t", from = "a", to = "b", schema = "c"'),
        ("enum crm.a b", "enums", 'from = "a", to = "b", schema = "crm"'),
        ('enum-value state.shut "a.b"', "enum_values", 'enum = "state", from = "shut", to = "a.b"'),
        ("sequence a b", "sequences", 'from = "a", to = "b"'),
        ("schema crm sales", "schemas", 'from = "crm", to = "sales"'),
    ],
)
def test_a_hint_of_every_kind(shell: Shell, arguments: str, kind: str, written: str) -> None:
    shell.write(migrate__toml="[renames]\n")
    run = shell.flask("db", "rename", *arguments.split())
    assert run.stdout == f"Added renames.{kind}[0] to migrate.toml:3\n"
    text = (shell.folder / "migrate.toml").read_text()
    assert text == f"[renames]\n{kind} = [\n  {{ {written} }},\n]\n"


def test_a_schema_is_in_no_other_one(shell: Shell) -> None:
    run = shell.flask("db", "rename", "schema", "a.b", "c", exit_code=2)
    assert "write one name for a.b" in run.stderr


def test_a_bind_has_to_be_declared(shell: Shell) -> None:
    shell.write(migrate__toml="[binds.eu]\n")
    shell.flask("db", "rename", "table", "a", "b", "--bind", "eu")
    before = (shell.folder / "migrate.toml").read_bytes()
    run = shell.flask("db", "rename", "table", "a", "b", "--bind", "us", exit_code=2)
    assert 'error FMD305: the bind "us" is not declared (declared: eu)' in run.stderr
    assert "was not changed" in run.stderr
    assert (shell.folder / "migrate.toml").read_bytes() == before


def test_a_hint_that_contradicts_another_is_refused_with_that_ones_place(tmp_path: Path) -> None:
    path = tmp_path / "migrate.toml"
    path.write_text('# mine\nrenames.tables = [{ from = "a", to = "b" }]\n')
    before = path.read_bytes()
    with pytest.raises(HintRefusedError) as caught:
        rename_table("a", "c")
    (finding,) = caught.value.findings
    assert finding.rule.code == "FMD302"
    assert finding.place is None
    assert finding.related[0].place.line == 2
    with pytest.raises(HintRefusedError):
        rename_table("", "c")
    assert path.read_bytes() == before


def test_a_file_with_mistakes_is_not_touched(shell: Shell) -> None:
    shell.write(migrate__toml="directry = 1\n")
    run = shell.flask("db", "rename", "table", "a", "b", exit_code=2)
    assert "migrate.toml:1:1: error FMD201" in run.stderr
    assert (shell.folder / "migrate.toml").read_text() == "directry = 1\n"


def test_lines_to_paste_where_the_layout_takes_no_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "migrate.toml"
    path.write_text("multidb = true\n")
    monkeypatch.setattr("flask_migrate_decl.config.edit.texts_with_hint", lambda *_: iter(()))
    with pytest.raises(HintNotAddedError) as caught:
        rename_column("t", "a", "b")
    assert caught.value.lines == '[[renames.columns]]\ntable = "t"\nfrom = "a"\nto = "b"'
    assert path.read_text() == "multidb = true\n"


def test_mode_symlink_and_line_ends_stay(tmp_path: Path) -> None:
    target = tmp_path / "real.toml"
    target.write_bytes(b"\xef\xbb\xbfmultidb = true\r\n")
    target.chmod(0o640)
    (tmp_path / "migrate.toml").symlink_to(target)
    added = rename_table("a", "b")
    assert (added.key, added.place and added.place.line) == ("renames.tables[0]", 3)
    assert (tmp_path / "migrate.toml").is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.read_bytes() == (
        b'\xef\xbb\xbfmultidb = true\r\n\r\n[[renames.tables]]\r\nfrom = "a"\r\nto = "b"\r\n'
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["migrate.toml", "real.toml"]


def test_a_file_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "migrate.toml").write_text("")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ConfigUnwritableError):
        rename_table("a", "b")
    assert (tmp_path / "migrate.toml").read_text() == ""


def test_a_file_that_is_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "migrate.toml"
    path.write_text("")
    edit = edit_with_hint(load_configuration(None, [tmp_path]).source, NewHint("tables", {}))
    path.write_text("multidb = true\n")
    with pytest.raises(ConfigChangedError):
        edit.write()
    assert path.read_text() == "multidb = true\n"
    path.unlink()
    with pytest.raises(ConfigChangedError):
        edit.write()
    assert not path.exists()


@pytest.mark.parametrize("make", ["mkdir", "dangling", "loop", "fifo"])
def test_what_is_no_ordinary_file_is_left_alone(shell: Shell, make: str) -> None:
    path = shell.folder / "migrate.toml"
    if make == "mkdir":
        path.mkdir()
    elif make == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("nowhere/x" if make == "dangling" else path)
    kind = path.lstat().st_mode
    shell.flask("db", "rename", "table", "a", "b", "--no-app", exit_code=2)
    assert path.lstat().st_mode == kind
    assert sorted(shell.folder.iterdir()) == [path]


def test_a_device_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "device"
    os.mkfifo(path)
    with pytest.raises(OSError, match="no ordinary file"):
        write_file(path, b"x")
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_first_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigUnwritableError, match="No space left"):
        rename_table("a", "b")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_utf_8_lacks(tmp_path: Path) -> None:
    with pytest.raises(ConfigUnwritableError, match="UTF-8"):
        rename_table("a\udcff", "b")
    assert list(tmp_path.iterdir()) == []


def test_a_named_file_need_not_have_a_section_yet(shell: Shell) -> None:
    shell.write(pyproject__toml="[project]\n")
    shell.flask("db", "rename", "table", "a", "b", "--config", "pyproject.toml")
    assert "[[tool.flask-migrate.renames.tables]]" in (shell.folder / "pyproject.toml").read_text()


def test_the_new_name_stands_alone(shell: Shell) -> None:
    shell.flask("db", "rename", "column", "account.name", "account.full_name", exit_code=2)
    shell.flask("db", "rename", "column", "account.name", '"full.name"')
    assert 'to = "full.name"' in (shell.folder / "migrate.toml").read_text()


def test_hints_are_removed_as_they_were_added(tmp_path: Path) -> None:
    path = tmp_path / "migrate.toml"
    path.write_text("multidb = true\n")
    for number in range(3):
        rename_table(f"a{number}", f"b{number}")
    rename_column("t", "a", "b")
    source = load_configuration(None, [tmp_path]).source
    edit_without_hints(source, [("tables", 0), ("tables", 2)]).write()
    found = load_configuration(None, [tmp_path]).renames
    assert [hint.old for hint in found.hints] == ["a1", "a"]
    source = load_configuration(None, [tmp_path]).source
    edit_without_hints(source, [("columns", 0), ("tables", 0)]).write()
    assert path.read_text() == "multidb = true\n"


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("user", ["TABLE"], (None, ("user",))),
        ("crm.user", ["TABLE"], ("crm", ("user",))),
        ('"a.b"', ["TABLE"], (None, ("a.b",))),
        ('"a""b"."c d"', ["TABLE", "COLUMN"], (None, ('a"b', "c d"))),
        ("x.y.z", ["TABLE", "COLUMN"], ("x", ("y", "z"))),
        ("größe.maß", ["TABLE", "COLUMN"], (None, ("größe", "maß"))),
    ],
)
def test_names_with_their_table_and_schema(
    text: str, words: list[str], found: tuple[str | None, tuple[str, ...]]
) -> None:
    assert names_in(text, words) == found


@pytest.mark.parametrize("text", ["", "a", "a.", ".a", "a..b", "a.b.c.d", '"a.b', 'a"b.c', '""'])
def test_what_is_no_name_of_a_column(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"TABLE\.COLUMN"):
        names_in(text, ["TABLE", "COLUMN"])


# --- the commands of others --------------------------------------------------------------------

OWN_GROUP = """
from flask import Flask
app = Flask("own")
@app.cli.group("db")
def db(): pass
@db.command("rename")
def rename(): print("own rename")
"""


def test_a_group_of_the_apps_own_keeps_its_commands_and_gets_no_others_shadowed(
    shell: Shell,
) -> None:
    shell.write(app__py=OWN_GROUP)
    assert shell.flask("db", "rename").stdout == "own rename\n"
    run = shell.flask("db", "check-config")
    assert 'did not check the app: the app "own" has no migrations' in run.stdout


def test_the_file_can_be_checked_before_the_import_is_changed(shell: Shell) -> None:
    shell.write(
        app__py=APP.replace("flask_migrate_decl", "flask_migrate"), migrate__toml="multdb = 1\n"
    )
    run = shell.flask("db", "check-config", exit_code=1)
    assert "FMD201" in run.stdout
    assert "is another package's: import it from flask_migrate_decl" in run.stdout


def test_the_word_rename_is_no_command_of_ours_wherever_it_stands(shell: Shell) -> None:
    shell.write(app__py=APP.replace("flask_migrate_decl", "flask_migrate"))
    shell.flask("db", "init")
    shell.flask("db", "revision", "-m", "rename", "--rev-id", "history")
    shell.flask("db", "-d", "rename", "init")
    assert (shell.folder / "rename" / "env.py").is_file()
    assert list((shell.folder / "migrations" / "versions").glob("*rename*"))


def test_the_file_of_a_broken_app_is_not_guessed(shell: Shell) -> None:
    shell.write(app__py="1 / 0\n", migrate__toml="")
    run = shell.flask("db", "rename", "table", "a", "b", exit_code=2)
    assert "--no-app or --config" in run.stderr
    assert (shell.folder / "migrate.toml").read_text() == ""
    shell.flask("db", "rename", "table", "a", "b", "--no-app")
