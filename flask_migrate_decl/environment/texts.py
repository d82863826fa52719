"""Text that goes into generated code, or into one line."""

from __future__ import annotations

from flask_migrate_decl.errors import one_line

__all__ = ["docstring", "one_line"]

_ESCAPES = {
    "\\": "\\\\",
    '"""': '\\"\\"\\"',
    "'''": "\\'\\'\\'",
    "\x00": "\\x00",
}
_IN_ANY_STRING = {
    "\\": "\\\\",
    '"': '\\"',
    "'": "\\'",
    "\n": "\\n",
    "\r": "\\r",
    "\x00": "\\x00",
}


def docstring(text: str) -> str:
    """Return text as it may stand in a docstring, where it can't end it and become code.

    It has to be followed by something else than a quotation mark, such as the end of the line.
    """
    return _escaped(text, _ESCAPES)


def in_any_string(text: str) -> str:
    """Return text as it may stand in any string, and in a comment."""
    return _escaped(text, _IN_ANY_STRING)


def _escaped(text: str, escapes: dict[str, str]) -> str:
    # A file can't hold half of a surrogate pair, which is how an argument that is no UTF-8 comes.
    text = text.encode("utf-8", "backslashreplace").decode()
    for characters, escaped in escapes.items():
        text = text.replace(characters, escaped)
    return text
