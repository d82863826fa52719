"""What tomli says of a text that is no TOML, in words that help."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tomli

_IN_QUOTES = r"write \\ for \ in double quotes, or put the text in single quotes"
_KEPT_TWICE = "keep one of the two"
_ADD_THERE = "write what is to be added into it there"
_WORDS = {
    "Cannot overwrite a value": ("this key has a value already", _KEPT_TWICE),
    "Duplicate inline table key": ("this table has one key twice", _KEPT_TWICE),
    "Cannot declare": ("the table {} is declared twice", "bring the two together"),
    "Cannot redefine": ("the table {} is declared by a dotted key or as a list", _ADD_THERE),
    "Cannot mutate": ("{} is complete where it first stands", _ADD_THERE),
    "Expected '=' after a key": (
        "after a key comes =, and it is missing",
        'write key = "value"; a key with other characters than A-Za-z0-9_- needs quotes',
    ),
    "Expected ']": ("the header is not closed", "close [table] with ], and [[list]] with ]]"),
    "Expected newline": (
        "something stands behind the value",
        "begin a new line after a value; a text that has quotes in it needs others around it",
    ),
    "Invalid initial character": (
        "a key can't begin like this",
        "keys have letters from A to Z, digits, - and _ in them; put others in quotes",
    ),
    "Invalid statement": (
        "this is neither a key nor a table nor a comment",
        'write key = "value", [table] or # comment; other keys than of A-Za-z0-9_- need quotes',
    ),
    "Invalid value": (
        "a value is expected here",
        'texts need quotes, as in key = "value"; true and false are written in small letters',
    ),
    "Invalid date": ("there is no such date or time", "put it in quotes if it is a text"),
    "Invalid hex value": ("\\x, \\u and \\U need 2, 4 and 8 hex digits", _IN_QUOTES),
    "Escaped character": ("there is no such character", _IN_QUOTES),
    "Unescaped": ("\\ begins an escape, and there is none like this", _IN_QUOTES),
    "Unterminated string": ("the text is not closed", "close it with the quotes it begins with"),
    "Unclosed array": ("the list is not closed", "close it with ], with commas between its items"),
    "Unclosed inline table": ("the table is not closed", "close it with }, with commas in between"),
    r"Illegal character '\n'": (
        "the text is not closed in its line",
        "close it with the quotes it begins with; a text of several lines needs three of them",
    ),
    "Illegal character": (
        "this character can't stand here by itself",
        r"write it as an escape, such as \t or \u0000",
    ),
}
"""What is said and what helps, by the beginning of tomli's message; {} is the key it names."""


_AT_THE_END = (
    "the file ends where a value is expected",
    "write the value, or close what is open with ] or }",
)


def syntax_error_in_words(error: tomli.TOMLDecodeError) -> tuple[str, str]:
    """Return what is wrong, and what helps: tomli's own words where they are not known here."""
    if error.msg.startswith("Invalid value") and not error.doc[error.pos :].strip():
        return _AT_THE_END
    for beginning, (words, help_) in _WORDS.items():
        if error.msg.startswith(beginning):
            return words.replace("{}", _key_in(error.msg)), help_
    return error.msg[:1].lower() + error.msg[1:], ""


def _key_in(message: str) -> str:
    """Return the key in a message, which tomli writes as Python would."""
    return ".".join(re.findall(r"'([^']*)'", message)) or "it"


_FOUND_OUT_BEHIND_THE_KEY = "Cannot "
_KEY = re.compile(r"[\s\[]*([^\s=\[\]]+)")


def columns_of_syntax_error(error: tomli.TOMLDecodeError) -> tuple[int, int]:
    """Return where in its line an error begins and ends, counted from 0.

    That a key stands twice is found out behind it, or behind its value; the key is what is meant.
    """
    line = error.doc.split("\n", error.lineno)[error.lineno - 1]
    key = _KEY.match(line) if error.msg.startswith(_FOUND_OUT_BEHIND_THE_KEY) else None
    return key.span(1) if key else (error.colno - 1, error.colno)
