"""One TOML file: its text, what it means, and where in it everything stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import tomli

from flask_migrate_decl.config.toml.layout import KeyPath, find_spots, read_layout
from flask_migrate_decl.config.toml.lines import Lines
from flask_migrate_decl.config.toml.syntax import columns_of_syntax_error, syntax_error_in_words
from flask_migrate_decl.errors import ConfigInvalidError, Finding, Place
from flask_migrate_decl.errors.rules import NOT_UTF8, SYNTAX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from flask_migrate_decl.config.toml.layout import Block, Span, Spot

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class Document:
    """A valid TOML file.

    :param text: as it stands in the file, line ends and all, but for a byte order mark.
    :param data: the plain values.
    """

    path: Path
    text: str
    data: Mapping[str, Any]
    has_byte_order_mark: bool = False

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        mark = _BYTE_ORDER_MARK if self.has_byte_order_mark else ""
        return f"{mark}{self.text}".encode()

    def with_text(self, text: str) -> Document:
        """Return the file with another text, which has not been read yet."""
        return replace(self, text=text, data={})

    @cached_property
    def blocks(self) -> Sequence[Block]:
        """The document's layout; nothing where it is nested too deeply to be looked at."""
        try:
            return read_layout(self.text)
        except RecursionError:
            return ()

    @cached_property
    def spots(self) -> Mapping[KeyPath, Spot]:
        """The place of everything that has a key or is in a list."""
        return find_spots(self.blocks)

    def place(self, path: KeyPath, of: Literal["key", "value"] = "key") -> Place:
        """Return where a key or its value stands.

        Of what is not there the nearest table is returned in which it could be, and at last the
        file as a whole.
        """
        for end in range(len(path), 0, -1):
            if spot := self.spots.get(path[:end]):
                whole = end == len(path)
                return self._place(spot.value if whole and of == "value" else spot.key)
        return Place(self.path)

    def _place(self, span: Span) -> Place:
        return self._lines.place(span.start, span.end)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.path, self.text)


def read_document(path: Path) -> Document:
    """Read a TOML file; a byte order mark is no part of it.

    :raises ConfigInvalidError: it is no TOML.
    :raises OSError: it can't be read.
    """
    return parse_document(path, path.read_bytes())


def parse_document(path: Path, content: bytes) -> Document:
    """Read the content of a TOML file.

    :raises ConfigInvalidError: it is no TOML.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _invalid(path, _undecodable(path, content, error)) from None
    has_mark = text.startswith(_BYTE_ORDER_MARK)
    text = text.removeprefix(_BYTE_ORDER_MARK)
    try:
        return Document(path, text, tomli.loads(text), has_mark)
    except tomli.TOMLDecodeError as error:
        raise _invalid(path, _no_toml(path, text, error)) from None
    except RecursionError:
        message = "tables, lists or dotted keys are nested too deeply"
        raise _invalid(path, Finding(SYNTAX, message, "", _place_of(_DEEP, path, text))) from None
    except ValueError:
        # Python refuses to read an integer of thousands of digits.
        message = "a number has more digits than can be read"
        raise _invalid(path, Finding(SYNTAX, message, "", _place_of(_LONG, path, text))) from None


_DEEP = re.compile(r"(?:[\[{][\s\w=]*+){100}|(?<![^\s=.\[\]])(?:[^\s=.\[\]]++\s*+\.\s*+){100}")
_LONG = re.compile(r"[0-9a-fA-F_]{1000}")


def _place_of(pattern: re.Pattern[str], path: Path, text: str) -> Place:
    """Return where a pattern is first found; tomli does not say where it gave up."""
    match = pattern.search(text)
    return Lines(path, text).place(*match.span()) if match else Place(path)


def _invalid(path: Path, finding: Finding) -> ConfigInvalidError:
    return ConfigInvalidError(path, (finding,))


def _undecodable(path: Path, content: bytes, error: UnicodeDecodeError) -> Finding:
    before = content[: error.start].decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n") - 1
    readable = content.decode("utf-8", errors="replace").removeprefix(_BYTE_ORDER_MARK)
    return Finding(
        NOT_UTF8,
        f"the byte 0x{content[error.start]:02x} is not UTF-8 text",
        "save the file as UTF-8",
        Lines(path, readable).place_in_line(line, column, column + 1),
    )


def _no_toml(path: Path, text: str, error: tomli.TOMLDecodeError) -> Finding:
    message, help_ = syntax_error_in_words(error)
    # tomli takes a line end of two characters for one, so its offset is not the text's.
    place = Lines(path, text).place_in_line(error.lineno, *columns_of_syntax_error(error))
    return Finding(SYNTAX, message, help_, place)
