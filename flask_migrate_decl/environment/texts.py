"""Text that goes into generated code, or into one line."""

from __future__ import annotations

_ESCAPES = {
    "\\": "\\\\",
    '"""': '\\"\\"\\"',
    "'''": "\\'\\'\\'",
    "\x00": "\\x00",
}


def docstring(text: str) -> str:
    """Return text as it may stand in a docstring, where it can't end it and become code."""
    for characters, escaped in _ESCAPES.items():
        text = text.replace(characters, escaped)
    return text


def one_line(text: str) -> str:
    """Return text that stays on its line, as a comment of SQL has to."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
