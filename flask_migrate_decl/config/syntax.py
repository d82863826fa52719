"""What tomli says of a text that is no TOML, in words that help."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tomli

_IN_QUOTES = r"write \\ for \ in double quotes, or put the text in single quotes"
_KEPT_TWICE = "keep one of the two"
_ADD_THERE = "add to it where it first stands"
_WORDS = {
    "Cannot overwrite a value": ("this key has a value already", _KEPT_TWICE),
    "Duplicate inline table key": ("this table has one key twice", _KEPT_TWICE),
    "Cannot declare": ("the table {} is declared twice", "bring the two together"),
    "Cannot redefine": ("the table {} is declared by a dotted key or as a list", _ADD_THERE),
    "Cannot mutate": ("{} is complete where it first stands", _ADD_THERE),
    "Expected '=' after a key": ("after a key comes =, and it is missing", 'write key = "value"'),
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
    "Illegal character": (
        "this character can't stand here by itself",
        'write it as an escape, such as "\\t"; three quotes go around a text of several lines',
    ),
}
"""What is said and what helps, by the beginning of tomli's message; {} is the key it names."""


def syntax_error_in_words(message: str) -> tuple[str, str]:
    """Return what is wrong, and what helps: tomli's own words where they are not known here."""
    for beginning, (words, help_) in _WORDS.items():
        if message.startswith(beginning):
            return words.replace("{}", _key_in(message)), help_
    return message[:1].lower() + message[1:], ""


def _key_in(message: str) -> str:
    """Return the key in a message, which tomli writes as Python would."""
    return ".".join(re.findall(r"'([^']*)'", message)) or "it"


def column_of_syntax_error(error: tomli.TOMLDecodeError, text: str) -> int:
    """Return the column of an error, counted from 0.

    That a key has a value already is found out behind the value; the key is what is meant.
    """
    if not error.msg.startswith("Cannot overwrite a value"):
        return error.colno - 1
    line = text.split("\n", error.lineno)[error.lineno - 1]
    return len(line) - len(line.lstrip())
