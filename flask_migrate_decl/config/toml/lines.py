"""The lines of a file, and places in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.errors import Place, secret_lines, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_LONGEST_EXCERPT = 160
_BEFORE = 60
"""How many characters of a long line are shown before a place."""


@dataclass(frozen=True)
class Lines:
    """A file's text, line by line; a line end may have one character or two."""

    path: Path
    text: str

    def place(self, start: int, end: int) -> Place:
        """Return a stretch of text as a place; what goes beyond its first line is left out.

        :param start: an offset in the text, as is the end.
        """
        number = bisect_right(self._starts, start)
        column = start - self._starts[number - 1]
        return self.place_in_line(number, column, column + end - start)

    def place_in_line(self, number: int, column: int, end: int) -> Place:
        """Return a stretch of a line as a place; it has one character at least.

        :param number: the line's, counted from 1.
        :param column: counted from 0, as is the end.
        """
        source = self._line(number)
        end = max(column + 1, min(end, len(source)))
        first = max(0, column - _BEFORE) if len(source) > _LONGEST_EXCERPT else 0
        excerpt = source[first : first + _LONGEST_EXCERPT]
        return Place(self.path, number, column + 1, end + 1, excerpt, first + 1)

    @cached_property
    def _starts(self) -> Sequence[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def _line(self) -> Callable[[int], str]:
        """A line by its number, with passwords covered."""
        ends = [*self._starts[1:], len(self.text) + 1]
        secret = secret_lines(self.text)

        def line(number: int) -> str:
            whole = self.text[self._starts[number - 1] : ends[number - 1] - 1].removesuffix("\r")
            return "*" * len(whole) if number in secret else without_secrets(whole)

        return cache(line)
