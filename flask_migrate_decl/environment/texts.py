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


def docstring(text: str) -> str:
    """Return text as it may stand in a docstring, where it can't end it and become code."""
    for characters, escaped in _ESCAPES.items():
        text = text.replace(characters, escaped)
    return text
