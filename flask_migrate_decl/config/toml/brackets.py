"""Parts put into the brackets of a list or an inline table, and taken out again.

What is put in and taken out again leaves every character as it was. So the layout of a part says
how it came in: where there was no comma behind the last part, none is left behind the new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.config.toml.layout import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flask_migrate_decl.config.toml.layout import Value

# Possessive, so that a comment is never given back: there may be commas in it.
_COMMA = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+,")
_COMMENT = re.compile(r"[ \t]*#[^\r\n]*")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_BLANK, _SPACE = " \t\r\n", " \t"


def line_start(text: str, position: int) -> int:
    """Return where the line of a position begins."""
    return text.rfind("\n", 0, position) + 1


def line_end(text: str, position: int) -> int:
    """Return where the next line begins, or the end of the text."""
    found = text.find("\n", position)
    return len(text) if found < 0 else found + 1


def indentation(text: str, position: int) -> str:
    """Return the blanks at the beginning of a position's line."""
    start = line_start(text, position)
    line = text[start : line_end(text, start)].rstrip("\r\n")
    return line[: len(line) - len(line.lstrip(_SPACE))]


def newline_of(text: str) -> str:
    """Return how the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


def cut(text: str, spans: Iterable[Span]) -> str:
    """Return a text without some stretches of it."""
    for span in sorted(spans, key=lambda span: span.start, reverse=True):
        text = text[: span.start] + text[span.end :]
    return text


@dataclass(frozen=True)
class Brackets:
    """A list or an inline table in a text.

    :param value: with items or entries.
    """

    text: str
    value: Value

    @property
    def parts(self) -> Sequence[Span]:
        """The items, or the entries with their keys."""
        items = [item.span for item in self.value.items or ()]
        return items or [entry.span for entry in self.value.entries or ()]

    @property
    def _inside(self) -> Span:
        return Span(self.value.span.start + 1, self.value.span.end - 1)

    # --- putting in ---

    def with_part(self, part: str) -> str:
        """Return the text with one more part at the end."""
        if self._closes_on_its_own_line:
            return self._with_line(part)
        if not self.parts:
            first = self.text[self._inside.start : self._inside.end][:1]
            space = " " if first and first in _SPACE else ""
            return self._with_text(self._inside.start, f"{space}{part}")
        last = self.parts[-1]
        comma = self._comma_behind(last)
        if comma is not None:
            return self._with_text(comma + 1, f"{self._gap_before(last)}{part},")
        return self._with_text(last.end, f",{self._gap_before(last)}{part}")

    @property
    def _closes_on_its_own_line(self) -> bool:
        start = line_start(self.text, self._inside.end)
        is_alone = not self.text[start : self._inside.end].strip(_SPACE)
        return is_alone and start > self.value.span.start

    def _with_line(self, part: str) -> str:
        """Add a line before that of the closing bracket."""
        start, newline = line_start(self.text, self._inside.end), newline_of(self.text)
        if not self.parts:
            indent = f"{indentation(self.text, self._inside.end)}  "
            return self._with_text(start, f"{indent}{part}{newline}")
        last = self.parts[-1]
        comma = self._comma_behind(last)
        line = f"{self._indentation_of(last)}{part}{',' if comma is not None else ''}{newline}"
        text = self._with_text(start, line)
        return text if comma is not None else f"{text[: last.end]},{text[last.end :]}"

    def _gap_before(self, part: Span) -> str:
        """Return what a part that follows begins with: a line of its own, if this one has one."""
        is_first = self._begins_line(part) and len(self.parts) > 1
        indent = self._indentation_of(part)
        return f"{newline_of(self.text)}{indent}" if is_first else " "

    def _indentation_of(self, part: Span) -> str:
        if self._begins_line(part):
            return indentation(self.text, part.start)
        return f"{indentation(self.text, self._inside.end)}  "

    def _with_text(self, position: int, addition: str) -> str:
        return self.text[:position] + addition + self.text[position:]

    # --- taking out ---

    def without_part(self, number: int) -> str:
        """Return the text without a part, counted from 0, and without the comma that it needs."""
        part = self.parts[number]
        comma = self._comma_behind(part)
        if comma is not None:
            return cut(self.text, self._with_comma_behind(number, comma))
        if number == 0:
            return cut(self.text, [self._alone(part)])
        return cut(self.text, self._with_comma_before(number))

    def _with_comma_behind(self, number: int, comma: int) -> list[Span]:
        part = self.parts[number]
        if "#" in self.text[part.end : comma]:
            # Only blanks and comments stand there, and one of a line of its own stays.
            return [self._with_rest_of_line(part), Span(comma, comma + 1)]
        if self._has_lines(part, comma + 1):
            return [Span(line_start(self.text, part.start), line_end(self.text, comma))]
        if number + 1 < len(self.parts):
            return [Span(part.start, self._end_with_blanks(number, comma + 1))]
        return [Span(self._start_with_blanks(number), comma + 1)]

    def _with_rest_of_line(self, part: Span) -> Span:
        """Return a part with a comment behind it, and its whole lines where it has them."""
        if self._has_lines(part, part.end):
            return Span(line_start(self.text, part.start), line_end(self.text, part.end))
        comment = _COMMENT.match(self.text, part.end)
        return Span(part.start, comment.end() if comment else part.end)

    def _end_with_blanks(self, number: int, end: int) -> int:
        """Return where a part ends with the blanks up to the next one.

        :param end: of the part with its comma. The comment of the line of a first part that
            begins behind the bracket goes with it.
        """
        following = self.parts[number + 1].start
        comment = _COMMENT.match(self.text, end) if number == 0 else None
        end = comment.end() if comment else end
        return end if self.text[end:following].strip(_BLANK) else following

    def _start_with_blanks(self, number: int) -> int:
        """Return where a part begins with the blanks before it, up to a comma or the bracket."""
        part = self.parts[number]
        before = self._inside.start
        if number > 0:
            comma = self._comma_behind(self.parts[number - 1])
            before = part.start if comma is None else comma + 1
        return part.start if self.text[before : part.start].strip(_BLANK) else before

    def _alone(self, part: Span) -> Span:
        if self._has_lines(part, part.end):
            return Span(line_start(self.text, part.start), line_end(self.text, part.end))
        before = self.text[self._inside.start : part.start]
        return Span(part.start if before.strip(_SPACE) else self._inside.start, part.end)

    def _with_comma_before(self, number: int) -> list[Span]:
        part, previous = self.parts[number], self.parts[number - 1]
        comma = self._comma_behind(previous)
        assert comma is not None, "a comma is between two parts"
        if self._has_lines(part, part.end):
            lines = Span(line_start(self.text, part.start), line_end(self.text, part.end))
            return [Span(comma, comma + 1), lines]
        if self.text[previous.end : part.start].strip(_BLANK) == ",":
            return [Span(previous.end, part.end)]
        return [Span(comma, comma + 1), part]

    # --- looking ---

    def _comma_behind(self, part: Span) -> int | None:
        match = _COMMA.match(self.text, part.end, self._inside.end)
        return match.end() - 1 if match else None

    def _begins_line(self, part: Span) -> bool:
        start = line_start(self.text, part.start)
        is_first = not self.text[start : part.start].strip(_SPACE)
        return is_first and start > self.value.span.start

    def _has_lines(self, part: Span, end: int) -> bool:
        """Tell whether nothing else is on the lines of a part, but for a comment behind it."""
        match = _REST_OF_LINE.match(self.text, end)
        return self._begins_line(part) and match is not None and match.end() <= self._inside.end
