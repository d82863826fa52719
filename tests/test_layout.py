"""Places in a TOML document agree with what tomli reads there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given, reject, settings

from flask_migrate_decl.config.toml.document import Document, parse_document
from flask_migrate_decl.config.toml.layout import KeyPath, Span
from tests.toml_documents import documents


def paths_of(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key), inner
        if isinstance(inner, dict | list):
            yield from paths_of(inner, (*path, key))


def slice_of(document: Document, span: Span) -> str:
    return document.text[span.start : span.end]


def assert_key_is_at(document: Document, path: KeyPath) -> None:
    """Compare a key's slice with its name; a value has to follow, or another part of the key."""
    spot = document.spots[path]
    if isinstance(path[-1], str):
        assert list(tomli.loads(f"{slice_of(document, spot.key)} = 0")) == [path[-1]]
        assert document.text[spot.key.end :].lstrip(" \t")[0] in "=.]"


def assert_value_is_at(document: Document, path: KeyPath, value: Any) -> None:
    spot = document.spots[path]
    text = slice_of(document, spot.value)
    if text.startswith("[") and isinstance(path[-1], str) and spot.key.start > spot.value.start:
        assert spot.value.start < spot.key.start < spot.key.end < spot.value.end
        tomli.loads(text)
    elif spot.key != spot.value or isinstance(path[-1], int):
        assert text.startswith("[[") or tomli.loads(f"x = {text}") == {"x": value}
        between = document.text[spot.key.end : spot.value.start]
        assert isinstance(path[-1], int) or between.strip(" \t") == "="
    else:
        assert isinstance(value, dict)


@settings(max_examples=400, deadline=None)
@given(documents())
def test_everything_is_where_the_layout_says(text: str) -> None:
    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError:
        reject()
    document = parse_document(Path("x.toml"), text.encode())
    found = dict(paths_of(data))
    assert set(document.spots) == set(found)
    for path, value in found.items():
        assert_key_is_at(document, path)
        assert_value_is_at(document, path, value)


def test_a_place_is_counted_from_1_in_characters_and_stays_in_its_line() -> None:
    text = "\ufeffa = 1\r\n[b]\r\n\t'ä' = [\r\n  'x',\r\n]\r\n"
    document = parse_document(Path("x.toml"), text.encode())
    key, value = document.place(("b", "ä")), document.place(("b", "ä"), of="value")
    assert (key.line, key.column, key.end_column, key.source) == (3, 2, 5, "\t'ä' = [")
    assert (value.line, value.column, value.end_column) == (3, 8, 9)
    item = document.place(("b", "ä", 0))
    assert (item.line, item.column, item.end_column) == (4, 3, 6)
    assert document.place(("a",)).column == 1


def test_of_what_is_missing_the_table_is_shown_that_should_have_it() -> None:
    document = parse_document(Path("x.toml"), b"[a]\nb = [{ c = 1 }]")
    assert document.place(("a", "x")) == document.place(("a",))
    assert document.place(("a", "b", 0, "x")) == document.place(("a", "b", 0))
    assert document.place(("x",)).line is None


def test_only_a_part_of_a_long_line_is_kept() -> None:
    items = ", ".join(f'"{number}"' for number in range(9999))
    document = parse_document(Path("x.toml"), f"a = [{items}]".encode())
    place = document.place(("a", 5000))
    assert place.column is not None
    start = place.column - place.source_column
    assert place.source[start : start + 6] == '"5000"'
    assert len(place.source) < 200


@pytest.mark.parametrize("depth", [300, 399])
def test_a_document_may_be_nested_too_deeply_to_find_places_in_it(depth: int) -> None:
    document = parse_document(Path("x.toml"), f"a = {'[' * depth}{']' * depth}".encode())
    assert document.place(("a",)).path == Path("x.toml")
