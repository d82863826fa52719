"""Hints taken out of a file: they go with what is theirs, and everything else stays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
import tomli
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from flask_migrate_decl.config import Source, edit_with_hint, edit_without_hints, with_section
from flask_migrate_decl.config.editing import NewHint
from tests.test_editing import source_of
from tests.toml_documents import documents

COLUMNS = "tool.flask-migrate.renames.columns"
HINT = NewHint("columns", {"table": "t", "from": "x", "to": "y"})


def without(name: str, text: str, *numbers: int) -> str:
    source = source_of(name, text.encode())
    edit = edit_without_hints(source, [("columns", number) for number in numbers])
    assert edit.document is not None
    return edit.document.content.decode()


LIST = """\
# renames
columns = [
  # people
  { table = "a", from = "a", to = "b" }, # in May
  { table = "b", from = "a", to = "b" },
  # orders
  {
    table = "c", # a comment inside
    from = "a",
    to = "b",
  }, # in June
  # none yet
] # the end
"""
COMMAS_IN_FRONT = """\
columns = [
    { table = "a", from = "a", to = "b" } # in May
    # orders
  , { table = "b", from = "a", to = "b" }
  , { table = "c", from = "a", to = "b" } # in June
]
"""
BLOCKS = """\
# people
[[renames.columns]] # in May
table = "a"
from = "a"
to = "b"

# orders
[[renames.columns]]
table = "b"
from = "a"
to = "b" # in June
# the end
"""


@pytest.mark.parametrize(
    ("text", "numbers", "left"),
    [
        (LIST, [0], LIST.replace('  { table = "a", from = "a", to = "b" }, # in May\n', "")),
        (
            LIST,
            [0, 1, 2],
            "# renames\ncolumns = [\n  # people\n  # orders\n  # none yet\n] # the end\n",
        ),
        (
            (
                'columns = [{ table = "a", from = "a", to = "b" }, # in May\n'
                '           { table = "b", from = "a", to = "b" }] # renames\n'
            ),
            [0],
            'columns = [{ table = "b", from = "a", to = "b" }] # renames\n',
        ),
        (
            (
                'columns = [{ table = "a", from = "a", to = "b" }, { table = "b", from = "a", '
                'to = "b" }] # renames\n'
            ),
            [0, 1],
            "columns = [] # renames\n",
        ),
        (
            COMMAS_IN_FRONT,
            [0],
            (
                'columns = [\n    # orders\n   { table = "b", from = "a", to = "b" }\n'
                '  , { table = "c", from = "a", to = "b" } # in June\n]\n'
            ),
        ),
        (
            COMMAS_IN_FRONT,
            [1],
            (
                'columns = [\n    { table = "a", from = "a", to = "b" } # in May\n    # orders\n'
                '  , { table = "c", from = "a", to = "b" } # in June\n]\n'
            ),
        ),
    ],
)
def test_a_list_keeps_the_comments_that_are_not_a_hints_own(
    text: str, numbers: list[int], left: str
) -> None:
    for end in ("\n", "\r\n"):
        before = f"[renames]\n{text}".replace("\n", end)
        after = f"[renames]\n{left}".replace("\n", end)
        assert without("migrate.toml", before, *numbers) == after


def test_headers_go_with_their_lines() -> None:
    for end in ("\n", "\r\n"):
        blocks = BLOCKS.replace("\n", end)
        first, second = "# people\n", '# orders\n[[renames.columns]]\ntable = "b"\nfrom = "a"\n'
        after = f'{first}\n{second}to = "b" # in June\n# the end\n'.replace("\n", end)
        assert without("migrate.toml", blocks, 0) == after
        both = "# people\n\n# orders\n# the end\n".replace("\n", end)
        assert without("migrate.toml", blocks, 0, 1) == both


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        (
            "pyproject.toml",
            (
                '[project]\nname = "shop"\n\n[[tool.flask-migrate.renames.columns]]\ntable = "a"\n'
                'from = "a"\nto = "b"\n'
            ),
            '[project]\nname = "shop"\n\n[tool.flask-migrate]\n',
        ),
        (
            "pyproject.toml",
            'tool.flask-migrate.renames.columns = [\n  { table = "a", from = "a", to = "b" },\n]',
            "[tool.flask-migrate]\n",
        ),
        ("migrate.toml", '[[renames.columns]]\ntable = "a"\nfrom = "a"\nto = "b"\n', ""),
        (
            "pyproject.toml",
            '[tool.flask-migrate]\nrenames.columns = [{ table = "a", from = "a", to = "b" }]',
            "[tool.flask-migrate]\nrenames.columns = []",
        ),
    ],
)
def test_a_section_stays_in_its_file(name: str, text: str, left: str) -> None:
    edit = with_section(edit_without_hints(source_of(name, text.encode()), [("columns", 0)]))
    assert edit.document is not None
    assert edit.document.text == left


# --- whatever the file looks like --------------------------------------------------------------

OWN_LINE = re.compile(r"^[ \t]*(# own \d+)", re.M)


@dataclass
class _Hints:
    """A section with hints in it, in one of the forms of a list."""

    draw: Any
    end: str
    count: int = 0

    def gap(self, *more: str) -> str:
        """Draw what may stand around an item; a comment is on a line of its own."""
        self.count += 1
        own = f"{self.end}  # own {self.count}{self.end}  "
        return str(self.draw(st.sampled_from(["", " ", f"{self.end}  ", own, *more])))

    def item(self, number: int) -> str:
        return f'{{ table = "t{number}",{self.gap()}from = "#", to = "], }}" }}'

    def list_(self, numbers: range) -> str:
        behind = f" # of an item, [{self.end}"
        text = ""
        for number in numbers:
            is_last = number == numbers[-1]
            comma = self.draw(st.sampled_from(["", ","])) if is_last else ","
            text += f"{self.gap()}{self.item(number)}{self.gap(behind)}{comma}"
            text += self.draw(st.sampled_from(["", behind]))
        return f"[{text}{self.gap()}]"

    def blocks(self, numbers: range) -> str:
        lines = []
        for number in numbers:
            lines += [f"[[{COLUMNS}]]", f'table = "t{number}"', 'from = "#"', 'to = "]" # of it']
            lines += self.draw(st.sampled_from([[], [""], [f"# own {number}000"]]))
        return self.end.join(lines)

    def section(self, numbers: range) -> str:
        form = self.draw(st.sampled_from(["blocks", "header", "dotted", "inline"]))
        if form == "blocks":
            return self.blocks(numbers)
        list_ = self.list_(numbers)
        if form == "header":
            return f"[tool.flask-migrate.renames]{self.end}columns = {list_}"
        if form == "dotted":
            return (
                f"[tool.flask-migrate]{self.end}multidb = true{self.end}renames.columns = {list_}"
            )
        return f"[tool]{self.end}flask-migrate = {{ renames.columns = {list_}, multidb = true }}"


@st.composite
def files(draw: Any) -> tuple[str, int]:
    """Draw a file with hints, and how many it has."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    count = draw(st.integers(1, 4))
    section = _Hints(draw, end).section(range(count))
    before = draw(documents())
    text = f"{before}{end}{section}{draw(st.sampled_from(['', end, f'{end}[x]{end}']))}"
    return text, count


def columns_of(data: dict[str, Any]) -> list[Any]:
    found: list[Any] = data["tool"]["flask-migrate"]["renames"]["columns"]
    return found


def without_empty(data: dict[str, Any]) -> dict[str, Any]:
    """Leave out a list of hints that is empty, with what is there for its sake alone."""
    path = ("tool", "flask-migrate", "renames", "columns")
    tables = [data]
    for key in path[:-1]:
        tables.append(tables[-1].get(key, {}))
    for table, key in zip(reversed(tables), reversed(path), strict=True):
        if table.get(key) in ({}, []):
            del table[key]
    return data


def valid(text: str) -> Source:
    try:
        return source_of("pyproject.toml", text.encode())
    except Exception:
        reject()


@settings(max_examples=300, deadline=None)
@given(files(), st.data())
def test_what_is_removed_is_gone_and_nothing_else(file: tuple[str, int], data: Any) -> None:
    text, count = file
    source = valid(text)
    numbers = data.draw(st.sets(st.integers(0, count - 1), min_size=1))
    edit = edit_without_hints(source, [("columns", number) for number in numbers])
    assert edit.document is not None
    expected = tomli.loads(text)
    for number in sorted(numbers, reverse=True):
        del columns_of(expected)[number]
    kept = [hint["table"] for hint in columns_of(expected)]
    assert kept == [f"t{number}" for number in range(count) if number not in numbers]
    assert without_empty(tomli.loads(edit.document.text)) == without_empty(expected)
    assert set(own_comments(text, numbers)) <= set(OWN_LINE.findall(edit.document.text))


def own_comments(text: str, numbers: set[int]) -> list[str]:
    """Return the comments on lines of their own, but for those inside of removed hints."""
    for number in numbers:
        text = re.sub(rf'\{{ table = "t{number}",[^{{}}]*from', "{ from", text)
    return OWN_LINE.findall(text)


@settings(max_examples=200, deadline=None)
@given(files())
def test_a_hint_that_is_added_and_removed_changes_nothing(file: tuple[str, int]) -> None:
    text, count = file
    source = valid(text)
    added = edit_with_hint(source, HINT)
    assert added.document is not None
    back = edit_without_hints(
        source_of("pyproject.toml", added.document.content), [("columns", count)]
    )
    assert back.document is not None
    assert tomli.loads(back.document.text) == tomli.loads(text)
