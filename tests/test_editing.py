"""Hints put into a file and taken out of it, whatever the file looks like."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import tomli
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from flask_migrate_decl.config.edit import edit_with_hint, edit_without_hints
from flask_migrate_decl.config.editing import NewHint
from flask_migrate_decl.config.source import SECTION_PATH, Source, source_in
from flask_migrate_decl.config.toml.document import parse_document
from tests.toml_documents import documents

TABLE = NewHint("tables", {"from": "order", "to": 'purchase "order"'})
COLUMN = NewHint("columns", {"table": "öffnung", "from": "a.b", "to": "c\\d", "bind": "x"})
OTHERS = [
    NewHint("indexes", {"table": "t", "from": "#", "to": "]"}),
    NewHint("constraints", {"table": "t", "from": "}", "to": "'", "schema": "crm"}),
    NewHint("enums", {"from": "a", "to": "b", "schema": "crm"}),
    NewHint("enum_values", {"enum": "state", "from": "", "to": "a, b"}),
    NewHint("sequences", {"from": "a", "to": "=", "bind": "x"}),
    NewHint("schemas", {"from": "[x]", "to": "日本"}),
]
HINTS = [TABLE, COLUMN, *OTHERS]

PROJECT = """\
[build-system]
requires = ["hatchling"] # a comment

[project]
name = "shop"
version = "1.0"
dependencies = [
  "flask", # the web
]

"""
RUFF = """
# the linter
[tool.ruff]
line-length = 100
nan = nan

[[tool.other]]
a = 1
"""
SECTIONS = {
    "none": "",
    "no renames": '[{0}]\ndirectory = "migrations"\n',
    "comments below": '[{0}]\ndirectory = "migrations"\n# compare_type = false\n',
    "empty section": "[{0}]\n",
    "renames table": "[{0}]\n\n[{0}.renames]\n",
    "renames table with a comment": "[{0}.renames] # below\n# nothing yet\n",
    "indented": '[{0}]\n  directory = "m"\n  [{0}.renames]\n    tables = [] # none\n',
    "empty lists": "[{0}.renames]\ntables = []\ncolumns = [ ]\n",
    "empty lists of lines": "[{0}.renames]\ntables = [\n]\ncolumns = [\n  # none yet\n]\n",
    "one line": '[{0}.renames]\ntables = [{{ from = "a", to = "b" }}]\n'
    'columns = [ {{ table = "t", from = "a", to = "b" }}, ] # x\n',
    "lines with commas": '[{0}.renames]\ntables = [\n  {{ from = "a", to = "b" }},\n'
    '  {{ from = "c", to = "d" }}, # c\n  # more to come\n]\n',
    "lines without comma": '[{0}.renames]\ntables = [\n\t{{ from = "a", to = "b" }},\n'
    '\t{{ from = "c", to = "d" }} # the last\n]\ncolumns = []\n',
    "aligned": '[{0}.renames]\ncolumns = [{{ table = "t", from = "a", to = "b" }},\n'
    '           {{ table = "t", from = "c", to = "d" }}]\n',
    "commas in front": '[{0}.renames]\ntables = [\n    {{ from = "a", to = "b" }}\n'
    '  , {{ from = "c", to = "d" }}\n]\n',
    "inline tables of lines": '[{0}.renames]\ntables = [\n  {{\n    from = "a",\n'
    '    to = "b",\n  }},\n]\n',
    "a header each": '[[{0}.renames.tables]]\nfrom = "a"\nto = "b"\n\n'
    '[[{0}.renames.columns]]\ntable = "t"\nfrom = "a"\nto = "b" # last\n',
    "a header each, indented": '[{0}]\n\n  [[{0}.renames.tables]]\n  from = "a"\n  to = "b"\n'
    '  [[ {0} . renames.tables]]\n  from = "c"\n  to = "d"\n# the end\n',
    "comments with commas": "[{0}.renames]\ntables = [\n"
    '  {{ from = "a", to = "b" }} # in May, by Ann\n]\n',
    "comments of many signs": "[{0}.renames]\ntables = [\n"
    f'  {{{{ from = "a", to = "b" }}}} # -- {"#" * 80}\n]\n',
    "a comment behind the list": "[{0}.renames]\ntables = [\n"
    '  {{ from = "a", to = "b" }},\n] # ours\n',
    "headers and a list": '[{0}.renames]\ntables = [{{ from = "a", to = "b" }}]\n'
    '[[{0}.renames.columns]]\ntable = "t"\nfrom = "a"\nto = "b"\n',
    "dotted": '[{0}]\nrenames.tables = [{{ from = "a", to = "b" }}]\n',
    "dotted with spaces": '[{0}]\n"renames" . tables = [\n]\nmultidb = false\n',
    "inline renames": '[{0}]\nrenames = {{ tables = [{{ from = "a", to = "b" }}] }}\n',
    "empty inline renames": "[{0}]\nrenames = {{}}\n",
    "empty inline renames with a space": "[{0}]\nrenames = {{ }} # none\n",
    "binds behind": '[{0}]\nmodels = ["a"]\n\n[{0}.binds.x]\nversion_table = "v"\n',
}
OTHER_SECTIONS = {
    "dotted section": 'tool.flask-migrate.directory = "m"\ntool.flask-migrate.multidb = true\n',
    "dotted renames": "tool.flask-migrate.renames.tables = []\n",
    "inline section": '[tool]\nflask-migrate = {{ directory = "m" }}\n',
    "inline empty section": "[tool]\nflask-migrate = {{}}\n",
    "inline tools": 'tool = {{ flask-migrate = {{ directory = "m" }} }}\n',
    "inline tools with dots": "tool = {{ flask-migrate.renames.tables = [ ] }}\n",
    "dots in a header": '[tool]\nflask-migrate.directory = "m"\n',
}


def _as_migrate_toml(section: str) -> str:
    return section.replace("[{0}]\n", "").replace("{0} . ", "").replace("{0}.", "")


def _files() -> dict[str, tuple[str, bytes]]:
    files: dict[str, tuple[str, str]] = {}
    for name, section in SECTIONS.items():
        text = section.format("tool.flask-migrate")
        files[f"pyproject, {name}"] = ("pyproject.toml", f"{PROJECT}{text}{RUFF}")
        files[f"pyproject's end, {name}"] = ("pyproject.toml", f"{PROJECT}{text}")
        files[f"migrate, {name}"] = ("migrate.toml", _as_migrate_toml(section).format(""))
    for name, section in OTHER_SECTIONS.items():
        files[f"pyproject, {name}"] = ("pyproject.toml", section.format())
        files[f"pyproject, {name}, and more"] = ("pyproject.toml", f"{section.format()}[x]\n")
    return {key: (name, text.encode()) for key, (name, text) in files.items()}


def _variants() -> dict[str, tuple[str, bytes]]:
    found = {}
    for (key, (name, content)), end in product(
        _files().items(), ("", "CRLF", "no end", "gap", "mixed")
    ):
        variants = {
            "": content,
            "CRLF": b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"),
            "no end": content.rstrip(b"\n"),
            "gap": content + b"\n\n",
            "mixed": b"\r\n" + content,
        }
        found[f"{key}, {end}"] = (name, variants[end])
    return found


VARIANTS = _variants()


def source_of(name: str, content: bytes) -> Source:
    document = parse_document(Path(name).absolute(), content)
    prefix = SECTION_PATH if name == "pyproject.toml" else ()
    return source_in(document) or Source(document, prefix)


def edited(source: Source, hint: NewHint) -> bytes:
    edit = edit_with_hint(source, hint)
    assert edit.document is not None, source.document
    return edit.document.content


def hints_in(content: bytes, name: str, kind: str) -> list[dict[str, str]]:
    data = tomli.loads(content.decode("utf-8-sig"))
    section = data["tool"]["flask-migrate"] if name == "pyproject.toml" else data
    hints: list[dict[str, str]] = section["renames"][kind]
    return hints


def test_there_are_more_than_a_hundred_files() -> None:
    assert len(VARIANTS) > 100
    assert len({content for _, content in VARIANTS.values()}) > 100


@pytest.mark.parametrize("key", VARIANTS)
@pytest.mark.parametrize("hint", [TABLE, COLUMN], ids=lambda hint: hint.kind)
def test_a_hint_that_is_added_and_removed_leaves_every_byte(key: str, hint: NewHint) -> None:
    name, before = VARIANTS[key]
    after = edited(source_of(name, before), hint)
    hints = hints_in(after, name, hint.kind)
    assert hints[-1] == hint.values
    kept = list(before)
    remaining = iter(after)
    assert all(byte in remaining for byte in kept)
    assert (b"\r\n" in before) == (b"\r\n" in after)
    if before.count(b"\r\n") == before.count(b"\n") > 0:
        assert after.count(b"\r\n") == after.count(b"\n")
    back = edit_without_hints(source_of(name, after), [(hint.kind, len(hints) - 1)])
    assert back.document is not None
    assert back.document.content == before


@pytest.mark.parametrize("key", VARIANTS)
def test_hints_of_all_kinds_that_are_added_and_removed_leave_every_byte(key: str) -> None:
    name, before = VARIANTS[key]
    content = before
    for hint in HINTS:
        content = edited(source_of(name, content), hint)
        assert hints_in(content, name, hint.kind)[-1] == hint.values
    for hint in reversed(HINTS):
        last = len(hints_in(content, name, hint.kind)) - 1
        back = edit_without_hints(source_of(name, content), [(hint.kind, last)])
        assert back.document is not None
        content = back.document.content
    assert content == before


@pytest.mark.parametrize("key", VARIANTS)
def test_several_hints_are_added_and_removed_in_any_order(key: str) -> None:
    name, before = VARIANTS[key]
    content = before
    hints = [TABLE, COLUMN, NewHint("tables", {"from": "x", "to": "y"}), TABLE]
    for hint in hints:
        content = edited(source_of(name, content), hint)
    tables, columns = (len(hints_in(content, name, kind)) for kind in ("tables", "columns"))
    assert [hint["from"] for hint in hints_in(content, name, "tables")[-3:]] == [
        "order",
        "x",
        "order",
    ]
    added = [("tables", tables - 2), ("columns", columns - 1), ("tables", tables - 1)]
    back = edit_without_hints(source_of(name, content), [*added, ("tables", tables - 3)])
    assert back.document is not None
    assert back.document.content == before


@pytest.mark.parametrize("key", [key for key in VARIANTS if "from" in VARIANTS[key][1].decode()])
def test_any_hint_can_be_removed(key: str) -> None:
    name, before = VARIANTS[key]
    for kind in ("tables", "columns"):
        try:
            hints = hints_in(before, name, kind)
        except KeyError:
            continue
        for number in range(len(hints)):
            edit = edit_without_hints(source_of(name, before), [(kind, number)])
            assert edit.document is not None
        everything = [(kind, number) for number in range(len(hints))]
        assert edit_without_hints(source_of(name, before), everything).document is not None


@settings(max_examples=300, deadline=None)
@given(documents(), st.sampled_from(HINTS))
def test_whatever_else_is_in_a_file_stays(text: str, hint: NewHint) -> None:
    try:
        source = source_of("pyproject.toml", text.encode())
    except Exception:
        reject()
    before = text.encode()
    after = edited(source, hint)
    back = edit_without_hints(source_of("pyproject.toml", after), [(hint.kind, 0)])
    assert back.document is not None
    assert back.document.content == before


def test_a_comment_behind_a_list_stays_when_its_only_hint_goes() -> None:
    before = b'[renames]\ntables = [\n  { from = "a", to = "b" },\n]  # our renames\n'
    edit = edit_without_hints(source_of("migrate.toml", before), [("tables", 0)])
    assert edit.document
    assert edit.document.text == "[renames]\ntables = [\n]  # our renames\n"


def test_a_file_that_is_nested_too_deeply_is_handed_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_deep(_text: str) -> None:
        raise RecursionError

    monkeypatch.setattr("flask_migrate_decl.config.toml.document.read_layout", too_deep)
    text = "[[renames.tables]]\nfrom = 'a'\nto = 'b'\n"
    edit = edit_without_hints(source_of("migrate.toml", text.encode()), [("tables", 0)])
    assert edit.document is None
