"""Whatever a text is: it becomes no code, no path that leads elsewhere, and no SQL."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import CheckConstraint, Column, Index, Integer, String, UniqueConstraint

from flask_migrate_decl import edit, history, merge, migrate, revision
from flask_migrate_decl.config.record import record_line, recorded_hints
from flask_migrate_decl.environment.texts import docstring, in_any_string
from flask_migrate_decl.errors import MigrateError
from flask_migrate_decl.renames import ColumnRename, TableRename
from flask_migrate_decl.results import RevisionResult
from tests.project import App, Project
from tests.test_failures import with_own_env

PIECES = (
    '"""',
    "'''",
    '"',
    "'",
    "\\",
    "\n",
    "\r",
    "\r\n",
    *"\x00\x0b\x0c\x1a\x1c\x1d\x1e\x85\u2028\u2029\udcff\ud800\u202e\ufeff\u00a0",
    *"%{}$#;:=@+-/<>&|~",
    "%s",
    "%(rev)s",
    "{0}",
    "${1/0}",
    "<% 1/0 %>",
    "<%! import os %>",
    "</%text>",
    "## ",
    "\n% if 1/0:\n",
    "#",
    "\\N{DASH}",
    "\\x41",
    "\\u0041",
    "import os",
    "\nimport os\n",
    "')\nimport os #",
    '""")\nimport os\n"""',
    "../",
    "..\\",
    "ä",
    "ﬁ",
    "😀",
    "a",
    "b1",
    " ",
    "\t",
    "# renames.columns: {}",
    "'; DROP TABLE item; --",
    "# -*- coding: latin-1 -*-",
)
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=8).map("".join)
ANY_TEXTS = TEXTS | st.text(st.characters(), max_size=30)
NAMES = ANY_TEXTS.filter(lambda text: text != "" and _is_utf8(text) and "\x00" not in text)
"""What a database takes for a name."""

FUZZ = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# --- what is compared --------------------------------------------------------------------------


def shape(source: bytes) -> str:
    """Return what code there is in a script, whatever its texts are."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def as_lines(text: str) -> str:
    """Return a text as Python reads it: each end of a line is the same."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@contextmanager
def nothing_else_written(project: Project) -> Iterator[list[Path]]:
    """Give the scripts that are written meanwhile, removed at the end; no other file may be."""
    roots = (project.folder, Path(tempfile.gettempdir()))
    before = {root: _files(root, project) for root in roots}
    written = list[Path]()
    try:
        yield written
    finally:
        after = {root: _files(root, project) for root in roots}
        new = {path for root in roots for path in after[root] - before[root]}
        scripts = {path for path in new if path.parent == project.versions}
        written += sorted(scripts)
        for path in scripts:
            path.unlink()
    assert new - scripts == set()


def _files(root: Path, project: Project) -> set[Path]:
    """Return the files in a folder, those below it too in the project's."""
    found = root.rglob("*") if root == project.folder else root.glob("*.txt")
    return {path for path in found if path.is_file() and "__pycache__" not in path.parts}


def written(project: Project, call: Any) -> bytes:
    """Return the source of the script that a function writes."""
    with nothing_else_written(project) as paths:
        result = call()
        assert isinstance(result, RevisionResult)
        (script,) = result.scripts
        source = Path(script.path).read_bytes()
    assert paths == [Path(script.path)]
    return source


def nothing(_db: SQLAlchemy) -> None:
    """Leave the models empty."""


TEMPLATES = {
    "packaged": None,
    "docstring": '"""${message}\n\nRevises: ${down_revision | comma,n}\n"""\n',
    "closed docstring": '"""${message}"""\n',
    "comment": "# ${message}\n",
    "string": "message = '${message}'\n",
    "twice": '"""${message}\n"""\n# ${message}\n',
}
_REST = """
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
"""


@pytest.fixture(scope="module", params=TEMPLATES)
def templated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Project, App]:
    """Give an empty project with each template."""
    project = Project(tmp_path_factory.mktemp("project"), "sqlite://")
    project.versions.mkdir(parents=True)
    template = TEMPLATES[request.param]
    if template is not None:
        (project.folder / "migrations" / "script.py.mako").write_text(template + _REST)
    return project, project.app(nothing, directory=str(project.folder / "migrations"))


# --- messages, labels and identifiers ----------------------------------------------------------


@FUZZ
@given(message=ANY_TEXTS, label=ANY_TEXTS)
def test_a_message_and_a_label_stay_text(
    templated: tuple[Project, App], message: str, label: str
) -> None:
    project, app = templated
    with app.flask.app_context():
        harmless = shape(written(project, lambda: revision(message="m", branch_label="l")))
        try:
            source = written(project, lambda: revision(message=message, branch_label=label or "l"))
        except MigrateError:
            return
    assert shape(source) == harmless


@FUZZ
@given(message=ANY_TEXTS)
def test_the_message_is_what_was_given(sqlite_project: Project, message: str) -> None:
    app = _empty(sqlite_project)
    with app.flask.app_context():
        source = written(sqlite_project, lambda: revision(message=message))
    found = ast.get_docstring(ast.parse(source), clean=False) or ""
    shown = message.encode("utf-8", "backslashreplace").decode()
    assert found.startswith(as_lines(f"{shown}\n"))


def _empty(project: Project) -> App:
    project.versions.mkdir(parents=True, exist_ok=True)
    return project.app(nothing)


@FUZZ
@given(rev_id=ANY_TEXTS | st.from_regex(r"\w{1,33}", fullmatch=True), message=ANY_TEXTS)
def test_an_identifier_leads_nowhere(sqlite_project: Project, rev_id: str, message: str) -> None:
    app = _empty(sqlite_project)
    for branch in ("x1", "x2"):
        (sqlite_project.versions / f"{branch}.py").write_text(
            f"revision = '{branch}'\ndown_revision = None\n"
        )
    calls: list[Callable[..., RevisionResult]] = [
        partial(revision, head="x1"),
        partial(merge, revisions="heads"),
    ]
    with app.flask.app_context():
        for call in calls:
            harmless = written(sqlite_project, partial(call, message="m"))
            with nothing_else_written(sqlite_project) as paths:
                try:
                    (script,) = call(rev_id=rev_id, message=message).scripts
                except MigrateError:
                    continue
                source = Path(script.path).read_bytes()
            assert [path.name.startswith(f"{rev_id}_") for path in paths] == [True]
            assert shape(source) == shape(harmless)


# Of some names with an @ Alembic asserts that there are none.
@FUZZ
@given(text=ANY_TEXTS.map(lambda text: text.replace("@", "")))
def test_names_of_revisions_and_folders_that_are_none(sqlite_project: Project, text: str) -> None:
    app = _empty(sqlite_project)
    with app.flask.app_context(), nothing_else_written(sqlite_project) as paths:
        for call in (
            lambda: revision(version_path=text or "x"),
            lambda: revision(head=f"{text}x"),
            lambda: merge(revisions=[f"{text}x", "y"]),
            lambda: edit(revision=f"{text}x"),
            lambda: history(rev_range=f"{text}x:"),
        ):
            with pytest.raises(MigrateError):
                call()
    assert paths == []


# --- names of the models -----------------------------------------------------------------------


def _models(names: list[str]) -> Any:
    table, column, index, check, comment = names

    def define(db: SQLAlchemy) -> None:
        db.Table(
            table,
            Column(column, Integer, primary_key=True, comment=comment),
            Column("other", String, server_default=comment),
            UniqueConstraint("other", name=f"uq{index}"),
            CheckConstraint("other <> ''", name=f"ck{check}"),
            Index(f"ix{index}", "other"),
            comment=comment,
        )

    return define


@FUZZ
@given(names=st.lists(NAMES, min_size=5, max_size=5).filter(lambda n: n[1].lower() != "other"))
def test_names_in_the_models_stay_text(sqlite_project: Project, names: list[str]) -> None:
    sqlite_project.url = "sqlite://"
    sqlite_project.versions.mkdir(parents=True, exist_ok=True)
    sources = []
    for of_one in (["t", "c", "i", "k", "m"], names):
        with sqlite_project.app(_models(of_one)).flask.app_context():
            sources.append(written(sqlite_project, migrate))
    assert shape(sources[1]) == shape(sources[0])


@FUZZ
@given(binds=st.lists(NAMES, min_size=2, max_size=3, unique=True), message=ANY_TEXTS)
def test_binds_stay_text(sqlite_project: Project, binds: list[str], message: str) -> None:
    sqlite_project.versions.mkdir(parents=True, exist_ok=True)
    sqlite_project.binds = dict.fromkeys(binds, "sqlite://")
    sqlite_project.configure("multidb = true")
    with sqlite_project.app(nothing).flask.app_context():
        source = written(sqlite_project, lambda: revision(message=message))
    tree = ast.parse(source)
    kinds = {type(node) for node in tree.body}
    assert kinds <= {ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.FunctionDef}
    imported = [ast.unparse(n) for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    assert imported == ["from alembic import op", "import sqlalchemy as sa"]
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert len(functions) == 2 * (len(binds) + 2)
    assert all(isinstance(f.body[0], ast.Pass) for f in functions[2:])


# --- records of hints --------------------------------------------------------------------------


@FUZZ
@given(names=st.lists(NAMES, min_size=4, max_size=4), identifier=NAMES)
def test_a_record_is_one_comment_and_read_again(names: list[str], identifier: str) -> None:
    first, second, owner, bind = names
    for hint in (
        TableRename(first, second, schema=owner, bind=bind, id=identifier),
        ColumnRename(owner, first, second, bind=bind, id=identifier),
    ):
        line = record_line(hint)
        source = f"def upgrade():\n    {line}\n    pass\n"
        assert shape(source.encode()) == shape(b"def upgrade():\n    pass\n")
        assert source.count("\n") == 3
        assert "\r" not in line
        assert list(recorded_hints(source.encode())) == [hint]


# --- the functions -----------------------------------------------------------------------------


@given(ANY_TEXTS)
def test_a_docstring_is_one(text: str) -> None:
    shown = text.encode("utf-8", "backslashreplace").decode()
    (found,) = ast.parse(f'"""{docstring(text)}\n"""').body
    assert isinstance(found, ast.Expr)
    assert ast.literal_eval(found.value) == as_lines(f"{shown}\n")


@given(ANY_TEXTS)
def test_any_string_is_one(text: str) -> None:
    shown = text.encode("utf-8", "backslashreplace").decode()
    for quote in ('"', "'", '"""', "'''"):
        assert ast.literal_eval(f"{quote}{in_any_string(text)}{quote}") == shown
    assert ast.dump(ast.parse(f"# {in_any_string(text)}\npass")) == ast.dump(ast.parse("pass"))


# --- what was found, one by one ----------------------------------------------------------------


def refused(project: Project, app: App, *args: str) -> str:
    """Return what a command says that writes nothing, and changes nothing that is there."""
    before = _contents(project)
    others = _files(Path(tempfile.gettempdir()), project)
    result = app.result("db", *args)
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == 2
    assert _contents(project) == before
    assert _files(Path(tempfile.gettempdir()), project) == others
    return result.stderr


def _contents(project: Project) -> dict[Path, bytes]:
    found = (path for path in _files(project.folder, project) if path.suffix != ".db")
    return {path: path.read_bytes() for path in found}


def test_a_script_is_not_written_over_another(sqlite_project: Project) -> None:
    sqlite_project.configure('file_template = "%(slug)s"')
    app = _empty(sqlite_project)
    app.run("db", "revision", "-m", "Add it")
    said = refused(sqlite_project, app, "revision", "-m", "add it!")
    assert "add_it.py was not written: it is there already" in said
    app.run("db", "revision", "-m", "add more")


@pytest.mark.parametrize("message", ["m", "other"])
def test_an_identifier_is_not_given_twice(sqlite_project: Project, message: str) -> None:
    app = _empty(sqlite_project)
    app.run("db", "revision", "-m", "m", "--rev-id", "abc")
    said = refused(sqlite_project, app, "revision", "-m", message, "--rev-id", "abc")
    assert 'there is a revision "abc" already, in ' in said
    db_has = sqlite_project.app(_models(["t", "c", "i", "k", "m"]))
    db_has.run("db", "upgrade")
    said = refused(sqlite_project, db_has, "migrate", "-m", message, "--rev-id", "abc")
    assert 'there is a revision "abc" already, in ' in said


def with_ini(project: Project, file_template: str) -> App:
    """Give a project an ``env.py`` of its own, beside which an INI file names the scripts."""
    app = project.app(_models(["t", "c", "i", "k", "m"]))
    project.versions.mkdir(parents=True)
    with_own_env(project)
    ini = project.folder / "migrations" / "alembic.ini"
    text = ini.read_text()
    ini.write_text(text.replace("[alembic]", f"[alembic]\nfile_template = {file_template}", 1))
    return app


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
@pytest.mark.parametrize("command", ["revision", "migrate"])
@pytest.mark.parametrize("template", ["../../%%(rev)s", "/tmp/%%(rev)s"])
def test_no_script_lies_outside_of_its_folder(
    sqlite_project: Project, command: str, template: str
) -> None:
    app = with_ini(sqlite_project, template)
    said = refused(sqlite_project, app, command, "--rev-id", "abc")
    assert "abc.py was not written: it is not in " in said


def test_a_folder_below_is_no_way_out(sqlite_project: Project) -> None:
    template = 'file_template = "%(slug)s/%(rev)s"\nrecursive_version_locations = true'
    sqlite_project.configure(template)
    app = _empty(sqlite_project)
    app.run("db", "revision", "-m", "below", "--rev-id", "abc")
    assert (sqlite_project.versions / "below" / "abc.py").is_file()


def test_a_name_that_is_too_long_for_a_file(sqlite_project: Project) -> None:
    app = _empty(sqlite_project)
    args = ("revision", "--rev-id", "\U00020000" * 32, "-m", "\U00020000" * 40)
    assert "its name is too long for a file" in refused(sqlite_project, app, *args)


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")
@pytest.mark.parametrize("command", ["revision", "migrate"])
def test_a_file_template_that_can_not_be_filled_in(sqlite_project: Project, command: str) -> None:
    app = with_ini(sqlite_project, "%%(nothing)s")
    said = refused(sqlite_project, app, command)
    assert "file_template can't be filled in: KeyError: 'nothing'" in said


def test_a_label_that_another_revision_has(sqlite_project: Project) -> None:
    app = _empty(sqlite_project)
    app.run("db", "revision", "--branch-label", "x")
    args = ("revision", "--branch-label", "x", "--head", "base", "--splice")
    assert "Branch name 'x' in revision " in refused(sqlite_project, app, *args)


def test_a_message_that_is_no_utf8(sqlite_project: Project) -> None:
    app = _empty(sqlite_project)
    app.run("db", "revision", "-m", "caf\udce9")
    assert '"""caf\\\\udce9\n' in sqlite_project.newest_script()
    assert "caf\\udce9" in app.run("db", "history")


@pytest.mark.parametrize("command", ["revision", "migrate"])
@pytest.mark.parametrize("template", ["def broken(:\n", "1 / 0\n", ""])
def test_a_broken_template_leaves_no_script(
    sqlite_project: Project, template: str, command: str
) -> None:
    sqlite_project.versions.mkdir(parents=True)
    head = "revision = ${repr(up_revision)}\n" if template else ""
    own = sqlite_project.folder / "migrations" / "script.py.mako"
    own.write_text(head + template)
    app = sqlite_project.app(_models(["t", "c", "i", "k", "m"]))
    refused(sqlite_project, app, command)
    own.unlink()
    app.run("db", command)


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("docstring", '"""Don\'t say "no"\n'),
        ("string", "message = 'Don\\'t say \\\"no\\\"'\n"),
    ],
)
def test_what_a_template_of_ones_own_shows(
    sqlite_project: Project, template: str, shown: str
) -> None:
    app = _empty(sqlite_project)
    own = sqlite_project.folder / "migrations" / "script.py.mako"
    own.write_text(f"{TEMPLATES[template]}{_REST}")
    app.run("db", "revision", "-m", 'Don\'t say "no"')
    assert sqlite_project.newest_script().startswith(shown)
