"""Text that goes into generated code."""

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
