"""Findings for people: the line, a caret, and what helps."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from flask_migrate_decl.errors import one_line
from flask_migrate_decl.reporting.paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_migrate_decl.errors import Finding, Place


def full_finding(finding: Finding) -> str:
    """Return a finding with the line it is about, without a line end behind it."""
    return "\n".join(_lines(finding))


def headline(finding: Finding) -> str:
    """Return a finding in one line, without what helps."""
    rule = finding.rule
    place = f"{shown_place(finding.place)}: " if finding.place else ""
    return f"{place}{rule.severity} {rule.code}: {one_line(finding.message)}"


def shown_place(place: Place) -> str:
    """Write a place as editors and terminals understand it."""
    path = shown_path(place.path)
    return path if place.line is None else f"{path}:{place.line}:{place.column}"


def _lines(finding: Finding) -> Iterator[str]:
    yield headline(finding)
    places = [finding.place, *(related.place for related in finding.related)]
    width = max((len(str(place.line)) for place in places if place and place.line), default=1)
    if finding.place and finding.place.line:
        yield from _excerpt(finding.place, width)
    for related in finding.related:
        yield f"{' ' * width} = {related.message}: {shown_place(related.place)}"
        yield from _excerpt(related.place, width)
    if finding.help:
        yield f"{' ' * width} = help: {one_line(finding.help)}"


def _excerpt(place: Place, width: int) -> Iterator[str]:
    """Show a place's line, and carets below what is meant."""
    assert place.line is not None
    assert place.column is not None
    assert place.end_column is not None
    start, end = (column - place.source_column for column in (place.column, place.end_column))
    before, marked = place.source[:start], place.source[start:end]
    gutter = " " * width
    yield f"{gutter} |"
    yield f"{place.line:>{width}} | {_visible(place.source)}"
    yield f"{gutter} | {' ' * _cells(_visible(before))}{'^' * max(1, _cells(_visible(marked)))}"


def _visible(text: str) -> str:
    """Show a tab as spaces and other control characters as a mark, one character each."""
    shown = text.replace("\t", "    ")
    return "".join(c if c.isprintable() else "\ufffd" for c in shown)


def _cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(_cells_of(character) for character in text)


def _cells_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
