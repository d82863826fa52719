"""Rename hints put into the text of a file, in the form that the list has there, and taken out.

Each function offers texts, the most fitting first; whoever takes one has to see whether it says
what it should, as TOML has rules of its own on what may be added where. What is put in and taken
out again leaves every byte as it was, so each way in leaves a form of its own: a list that was
made for a hint has a comma behind its only item, and goes with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tomli_w

from flask_migrate_decl.config.toml.brackets import (
    Brackets,
    cut,
    indentation,
    line_end,
    line_start,
    newline_of,
)
from flask_migrate_decl.config.toml.layout import Span
from flask_migrate_decl.reporting.keys import written_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flask_migrate_decl.config.toml.document import Document
    from flask_migrate_decl.config.toml.layout import Block, Entry, KeyPath, Value

_BLANK_LINE_BEFORE = re.compile(r"(?:\A|\n)(\r?\n)\Z")
_COMMENTS = re.compile(r"(?:[ \t]*#[^\n]*\n)*")


@dataclass(frozen=True)
class NewHint:
    """A hint that is to be added.

    :param kind: the list it belongs to, such as ``tables``.
    :param values: the hint's keys and values, in the order in which they are written.
    """

    kind: str
    values: Mapping[str, str]

    @property
    def pairs(self) -> Sequence[str]:
        """The keys and values as TOML."""
        return [f"{key} = {_text(value)}" for key, value in self.values.items()]

    @property
    def inline(self) -> str:
        """The hint as an item of a list."""
        return f"{{ {', '.join(self.pairs)} }}"


def _text(value: str) -> str:
    return tomli_w.dumps({"x": value}).removeprefix("x = ").removesuffix("\n")


def texts_with_hint(document: Document, section: KeyPath, hint: NewHint) -> Iterator[str]:
    """Offer texts of a file with one more hint.

    :param section: the keys that lead to the section in the file.
    """
    return _Editor(document, (*section, "renames", hint.kind)).with_hint(hint)


def texts_without_hint(
    document: Document, section: KeyPath, kind: str, number: int
) -> Iterator[str]:
    """Offer texts of a file without one of its hints.

    :param number: the hint's position in its list, counted from 0.
    """
    return _Editor(document, (*section, "renames", kind)).without_hint(number)


def hint_to_paste(section: KeyPath, hint: NewHint, newline: str) -> str:
    """Return a hint as lines that can be added at the end of a file, in most files."""
    header = f"[[{_dotted((*section, 'renames', hint.kind))}]]"
    return newline.join([header, *hint.pairs])


def _dotted(path: KeyPath) -> str:
    return ".".join(written_key(str(key)) for key in path)


@dataclass(frozen=True)
class _Found:
    """An entry and where it stands.

    :param block: the block whose line it is on, ``None`` inside of an inline table.
    :param table: the inline table it is in, ``None`` on a line of a block.
    """

    path: KeyPath
    entry: Entry
    block: Block | None
    table: Value | None


def _entries(blocks: Sequence[Block]) -> Iterator[_Found]:
    for block in blocks:
        for entry in block.entries:
            path = (*block.path, *(part.name for part in entry.key))
            yield _Found(path, entry, block, None)
            yield from _entries_within(entry.value, path)


def _entries_within(value: Value, path: KeyPath) -> Iterator[_Found]:
    for entry in value.entries or ():
        inner = (*path, *(part.name for part in entry.key))
        yield _Found(inner, entry, None, value)
        yield from _entries_within(entry.value, inner)


@dataclass(frozen=True)
class _Editor:
    """The list of one kind of hints in a file.

    :param path: the keys that lead to the list.
    """

    document: Document
    path: KeyPath

    @property
    def _source(self) -> str:
        return self.document.text

    def _list(self) -> _Found | None:
        """Return the list, where it is one in brackets."""
        found = (f for f in _entries(self.document.blocks) if f.path == self.path)
        return next((f for f in found if f.entry.value.items is not None), None)

    def _list_blocks(self) -> list[Block]:
        """Return the list's items, where each has a header of its own."""
        return [block for block in self.document.blocks if block.table == self.path]

    # --- putting in ---

    def with_hint(self, hint: NewHint) -> Iterator[str]:
        if found := self._list():
            yield Brackets(self._source, found.entry.value).with_part(hint.inline)
        elif blocks := self._list_blocks():
            yield self._with_block(hint, blocks[-1], blocks[-1])
        else:
            yield from self._with_list_beside_another(hint)
            yield from self._with_list_in_its_table(hint)
            yield from self._with_list_in_inline_table(hint)
            yield self._with_block(hint, self._last_block_of_section(), None)
            yield from self._with_dotted_key(hint)

    def _with_list_beside_another(self, hint: NewHint) -> Iterator[str]:
        """Add a list below or behind that of another kind, under a key that is written alike."""
        for found in _entries(self.document.blocks):
            if found.path[:-1] == self.path[:-1] and found.path[-1] != self.path[-1]:
                key = found.entry.key
                written = self._source[key[0].span.start : key[-1].span.start]
                yield self._with_list(hint, found, f"{written}{hint.kind}")

    def _with_list(self, hint: NewHint, beside: _Found, key: str) -> str:
        if beside.table is not None:
            return Brackets(self._source, beside.table).with_part(f"{key} = [{hint.inline},]")
        return self._with_line(hint, beside.entry.span, key)

    def _with_list_in_its_table(self, hint: NewHint) -> Iterator[str]:
        for block in self.document.blocks:
            if block.header and block.path == self.path[:-1]:
                last = block.entries[-1].span if block.entries else block.span
                yield self._with_line(hint, last, hint.kind)

    def _with_list_in_inline_table(self, hint: NewHint) -> Iterator[str]:
        """Add a list to the innermost inline table that it can be added to."""
        tables = [
            found
            for found in _entries(self.document.blocks)
            if found.entry.value.entries is not None and self.path[: len(found.path)] == found.path
        ]
        for found in sorted(tables, key=lambda found: len(found.path), reverse=True):
            key = _dotted(self.path[len(found.path) :])
            part = f"{key} = [{hint.inline},]"
            yield Brackets(self._source, found.entry.value).with_part(part)

    def _with_dotted_key(self, hint: NewHint) -> Iterator[str]:
        """Add a list below another key of the section that is written with dots."""
        section = self.path[:-2]
        for found in _entries(self.document.blocks):
            if found.block is not None and found.path[: len(section)] == section:
                key = _dotted(self.path[len(found.block.path) :])
                yield self._with_line(hint, found.entry.span, key)

    def _with_line(self, hint: NewHint, after: Span, key: str) -> str:
        """Add a key below another one or a header, as far in as that."""
        newline, indent = newline_of(self._source), indentation(self._source, after.start)
        made = _made_list(hint.inline, newline, indent)
        return self._with_lines(line_end(self._source, after.end), f"{indent}{key} = {made}", "")

    def _with_lines(self, position: int, lines: str, gap: str) -> str:
        """Add lines at the beginning of a line, or behind an end of file without a line end.

        :param gap: a blank line between, or nothing.
        """
        newline = newline_of(self._source)
        before, after = self._source[:position], self._source[position:]
        if before and not before.endswith("\n"):
            return f"{before}{newline}{gap}{lines}"
        return f"{before}{gap if before else ''}{lines}{newline}{after}"

    def _last_block_of_section(self) -> Block | None:
        section = self.path[:-2]
        blocks = [block for block in self.document.blocks if block.header or not section]
        inside = [block for block in blocks if block.path[: len(section)] == section]
        return inside[-1] if inside else None

    def _with_block(self, hint: NewHint, after: Block | None, like: Block | None) -> str:
        """Add a header and its keys behind a block, or at the end of the file.

        :param like: an item of the same list, whose header is repeated.
        """
        newline = newline_of(self._source)
        if like is None:
            lines = [f"[[{_dotted(self.path)}]]", *hint.pairs]
        else:
            indent = indentation(self._source, like.span.start)
            header = self._source[like.span.start : like.span.end]
            lines = [f"{indent}{line}" for line in (header, *hint.pairs)]
        return self._with_lines(self._end_of_lines(after), newline.join(lines), newline)

    def _end_of_lines(self, block: Block | None) -> int:
        """Return where a block's lines end, with the comments right below that belong to it."""
        if block is None or block is self.document.blocks[-1]:
            return len(self._source)
        end = line_end(self._source, _end(block))
        comments = _COMMENTS.match(self._source, end)
        behind = comments.end() if comments else end
        belongs_here = not self._source[behind : line_end(self._source, behind)].strip()
        return behind if belongs_here else end

    # --- taking out ---

    def without_hint(self, number: int) -> Iterator[str]:
        found = self._list()
        if found is None:
            yield from map(self._without_block, self._list_blocks()[number : number + 1])
            return
        value = found.entry.value
        if len(value.items or ()) == 1:
            yield from self._without_made_list(found)
        yield Brackets(self._source, value).without_part(number)

    def _without_made_list(self, found: _Found) -> Iterator[str]:
        """Take a list out with its only item, where it looks as if it was made for that one."""
        value, entry = found.entry.value, found.entry
        item = (value.items or ())[0].span
        list_ = self._source[value.span.start : value.span.end]
        written = self._source[item.start : item.end]
        if found.table is not None:
            if list_ == f"[{written},]":
                number = (found.table.entries or ()).index(entry)
                yield Brackets(self._source, found.table).without_part(number)
            return
        indent = indentation(self._source, entry.span.start)
        rest = self._source[value.span.end : line_end(self._source, value.span.end)]
        is_made = list_ == _made_list(written, newline_of(self._source), indent)
        if is_made and not rest.strip():
            yield self._without_lines(entry.span)

    def _without_block(self, block: Block) -> str:
        """Take a block's lines out, and a blank line before them."""
        lines = self._lines(Span(block.span.start, _end(block)))
        blank = _BLANK_LINE_BEFORE.search(self._source, 0, lines.start)
        return self._without(Span(blank.start(1) if blank else lines.start, lines.end))

    def _without_lines(self, span: Span) -> str:
        return self._without(self._lines(span))

    def _lines(self, span: Span) -> Span:
        return Span(line_start(self._source, span.start), line_end(self._source, span.end))

    def _without(self, lines: Span) -> str:
        """Take lines out; a file without a line end at its end stays one."""
        start = lines.start
        if lines.end == len(self._source) and not self._source.endswith("\n"):
            start = len(self._source[:start].removesuffix("\n").removesuffix("\r"))
        return cut(self._source, [Span(start, lines.end)])


def _end(block: Block) -> int:
    return block.entries[-1].span.end if block.entries else block.span.end


def _made_list(hint: str, newline: str, indent: str) -> str:
    """Return a list that is made for a hint."""
    return f"[{newline}{indent}  {hint},{newline}{indent}]"
