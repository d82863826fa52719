"""Names that somebody else has given, as they are shown."""

from __future__ import annotations

import shlex


def one_line(text: str) -> str:
    """Return text that stays on its line, as a comment of SQL has to, and moves nothing else."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def shell_word(text: str) -> str:
    """Return text as a shell reads it as one word, on one line."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{''.join(c if c.isprintable() else _for_shell(ord(c)) for c in escaped)}'"


def _for_shell(number: int) -> str:
    """Return a character in C's way, where two digits stand for a byte."""
    if number < 0x80:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
