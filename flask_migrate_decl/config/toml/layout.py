"""Where everything stands in a TOML document.

tomli says what a document means, and nothing of where. This reads a text again that tomli has
accepted, so it has to find the ends of things only, and need not check them. Offsets count the
characters of the text, a line end of two characters as two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import tomli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_Part = TypeVar("_Part")

KeyPath = tuple[str | int, ...]
"""The keys of tables and the positions in lists that lead to a value."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text, its end excluded."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One part of a dotted key, with its quotes."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Value:
    """A value; an array has items, an inline table has entries, and others have neither."""

    span: Span
    items: tuple[Value, ...] | None = None
    entries: tuple[Entry, ...] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value."""

    key: tuple[KeyPart, ...]
    value: Value

    @property
    def span(self) -> Span:
        """From the key's first character to the value's last."""
        return Span(self.key[0].span.start, self.value.span.end)


@dataclass(frozen=True, slots=True)
class Block:
    """A header and the entries below it; the first block of a document has no header.

    :param span: the header's, with its brackets.
    :param path: of the table, with the position where it is one of a list.
    """

    header: tuple[KeyPart, ...]
    span: Span
    is_list_item: bool
    path: KeyPath
    entries: list[Entry] = field(default_factory=list)

    @property
    def table(self) -> KeyPath:
        """The path without that position."""
        return self.path[:-1] if self.is_list_item else self.path


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a key and its value stand. Of what has no key, such as a list's item, both are one."""

    key: Span
    value: Span


def read_layout(text: str) -> tuple[Block, ...]:
    """Read the layout of a valid document.

    :raises RecursionError: arrays or inline tables lie some hundreds deep in each other.
    """
    return tuple(_Reader(text).blocks())


def find_spots(blocks: Sequence[Block]) -> dict[KeyPath, Spot]:
    """Return the place of every table, key and list item.

    A table that is there by being named in another's key or header stands where it is first named.
    """
    spots: dict[KeyPath, Spot] = {}
    implied: dict[KeyPath, Spot] = {}
    for block in blocks:
        if block.header:
            _note_parents(implied, block.header, block.table)
            spots[block.path] = Spot(block.header[-1].span, block.span)
            spots.setdefault(block.table, spots[block.path])
        for entry in block.entries:
            _note_entry(spots, implied, entry, block.path)
    return implied | spots


def _note_parents(implied: dict[KeyPath, Spot], key: Sequence[KeyPart], path: KeyPath) -> None:
    """Note the tables that a dotted key goes through, each where it is named there."""
    ends = [position for position, step in enumerate(path, start=1) if isinstance(step, str)]
    for part, end in zip(key[:-1], ends[-len(key) : -1], strict=True):
        implied.setdefault(path[:end], Spot(part.span, part.span))


def _note_entry(
    spots: dict[KeyPath, Spot], implied: dict[KeyPath, Spot], entry: Entry, table: KeyPath
) -> None:
    path = (*table, *(part.name for part in entry.key))
    if len(entry.key) > 1:
        _note_parents(implied, entry.key, path)
    spots[path] = Spot(entry.key[-1].span, entry.value.span)
    _note_value(spots, implied, entry.value, path)


def _note_value(
    spots: dict[KeyPath, Spot], implied: dict[KeyPath, Spot], value: Value, path: KeyPath
) -> None:
    for position, item in enumerate(value.items or ()):
        spots[(*path, position)] = Spot(item.span, item.span)
        _note_value(spots, implied, item, (*path, position))
    for entry in value.entries or ():
        _note_entry(spots, implied, entry, path)


_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK_AND_COMMAS = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_KEY_PART = re.compile(r""""(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+""")
_STRING = re.compile(
    r'''
    """(?:[^"\\]|\\.|"(?!""))*"""(?:"{0,2})
  | \'\'\'(?:[^']|'(?!''))*\'\'\'(?:'{0,2})
  | "(?:[^"\\]|\\.)*"
  | '[^']*'
    ''',
    re.VERBOSE | re.DOTALL,
)
_OTHER_VALUE = re.compile(r"[^,\]}#\r\n]*[^,\]}#\s]")


class _Reader:
    """Goes through a text once, from its start to its end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.list_lengths: dict[KeyPath, int] = {}

    def blocks(self) -> Iterator[Block]:
        block = Block((), Span(0, 0), is_list_item=False, path=())
        self._skip(_BLANK)
        while self.position < len(self.text):
            if self.text[self.position] == "[":
                yield block
                block = self._header()
            else:
                block.entries.append(self._entry())
            self._skip(_BLANK)
        yield block

    def _header(self) -> Block:
        start = self.position
        is_list_item = self.text.startswith("[[", start)
        self.position += 2 if is_list_item else 1
        key = self._key()
        self.position += 2 if is_list_item else 1
        path = self._path(key, is_list_item=is_list_item)
        return Block(key, Span(start, self.position), is_list_item, path)

    def _path(self, key: tuple[KeyPart, ...], *, is_list_item: bool) -> KeyPath:
        """Return a header's path; where a part names a list of tables, its last one is meant."""
        path: KeyPath = ()
        for part in key:
            path = (*path, part.name)
            if part is key[-1] and is_list_item:
                self.list_lengths[path] = self.list_lengths.get(path, 0) + 1
            if length := self.list_lengths.get(path):
                path = (*path, length - 1)
        return path

    def _key(self) -> tuple[KeyPart, ...]:
        parts = []
        while True:
            self._skip(_SPACE)
            span = self._skip(_KEY_PART)
            parts.append(KeyPart(_key_name(self.text[span.start : span.end]), span))
            self._skip(_SPACE)
            if not self.text.startswith(".", self.position):
                return tuple(parts)
            self.position += 1

    def _entry(self) -> Entry:
        key = self._key()
        self.position += 1
        self._skip(_SPACE)
        return Entry(key, self._value())

    def _value(self) -> Value:
        start = self.position
        character = self.text[start]
        if character == "[":
            items = tuple(self._until("]", self._value))
            return Value(Span(start, self.position), items=items)
        if character == "{":
            entries = tuple(self._until("}", self._entry))
            return Value(Span(start, self.position), entries=entries)
        return Value(self._skip(_STRING if character in "\"'" else _OTHER_VALUE))

    def _until(self, bracket: str, read: Callable[[], _Part]) -> Iterator[_Part]:
        """Read what stands between two brackets, and go past the closing one."""
        self.position += 1
        self._skip(_BLANK)
        while self.text[self.position] != bracket:
            yield read()
            self._skip(_BLANK_AND_COMMAS)
        self.position += 1

    def _skip(self, pattern: re.Pattern[str]) -> Span:
        """Go past what a pattern matches here."""
        match = pattern.match(self.text, self.position)
        assert match is not None, "the text is valid TOML"
        self.position = match.end()
        return Span(*match.span())


def _key_name(text: str) -> str:
    if text[0] == "'" or (text[0] == '"' and "\\" not in text):
        return text[1:-1]
    return next(iter(tomli.loads(f"{text} = 0"))) if text[0] == '"' else text
