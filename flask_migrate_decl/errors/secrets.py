"""Passwords, covered wherever a text that is shown may have one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SECRET_WORDS = ("pass", "pwd", "secret", "token", "key")
"""Parts of the names under which drivers take passwords in a URL."""

_STAR = "*"
_COLON = r"(?::|\\u003a|\\x3a)"
_BEFORE_URL_PASSWORD = re.compile(rf"{_COLON}(?:/|\\/){{2}}(?:(?!{_COLON})[^\n])*{_COLON}", re.I)
_URL_WITHOUT_HOST = re.compile(r"""://[^\s:/@"']*:(?!\d+(?:[/?"'\s,]|$))([^\s"',]+)""")
_URL_PARAMETER = re.compile(r"""([?&])([\w-]*)=([^&"'\s]+)""")
_PARAMETER_WORD = re.compile(f"{'|'.join(SECRET_WORDS)}|odbc_connect", re.IGNORECASE)
_SEPARATOR = re.compile(r"[=:,{]")
_WORD = re.compile(
    r"pass|pwd|secret|token|credential|api[_-]?key|private|(?<![a-z])(?:pw|auth)(?![a-z])",
    re.IGNORECASE,
)
_PARTS_OF_SECRETS = (
    *("@", "://", "?", "&"),
    *("pass", "pw", "secret", "token", "cred", "api", "private", "auth"),
)
"""Without all of these no text has what is covered; to find that out is all that most cost."""
_BEGINS_WITH_WORD = re.compile(r"""\s*(--)?["']?([\w.-]+)["']?[ \t]+(?:[=:][ \t]*)?""")
_SWITCH = re.compile(r"""--([\w-]+)["']?[ ,=]+""")
_KEY_OF_LINE = re.compile(r"""[ \t]*([\w."' -]+?)[ \t]*=(?!=)|[ \t]*\[""")


def without_secrets(text: str) -> str:
    """Cover passwords in a line with as many stars, so that no other character moves.

    It covers rather too much than too little: in a URL all up to the last ``@`` of the line, and
    all that follows a key that sounds like a password.
    """
    small = text.casefold()
    for part in _PARTS_OF_SECRETS:
        if part in small:
            return _covered(text, (*_url_passwords(text), *_parameters(text), *_values(text)))
    return text


def without_url_secrets(text: str) -> str:
    """Cover the passwords of URLs alone, in a sentence that may speak of a column ``password``."""
    return _covered(text, (*_url_passwords(text), *_parameters(text)))


def without_passwords(text: str, passwords: Iterable[str]) -> str:
    """Cover what is known to be a password, and the passwords of URLs, in a text of many lines.

    :param passwords: those that are known, covered wherever they stand for themselves.
    """
    for password in sorted(passwords, key=len, reverse=True):
        for written in _spellings(password):
            text = re.sub(rf"(?<!\w){re.escape(written)}(?!\w)", _COVER, text)
    return "\n".join(map(without_url_secrets, text.split("\n")))


_COVER = "***"


def _spellings(password: str) -> frozenset[str]:
    """Return how a password may be written: by itself, in a URL, and in its own ``repr``."""
    return frozenset(
        (password, quote(password, safe=""), quote_plus(password), repr(password)[1:-1])
    )


def _covered(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + _STAR * (end - start) + text[end:]
    return text


def secret_lines(text: str) -> frozenset[int]:
    """Return the numbers, counted from 1, of lines that go on with a value that is a secret."""
    found = set()
    is_secret = False
    for number, line in enumerate(text.split("\n"), start=1) if _WORD.search(text) else ():
        if match := _KEY_OF_LINE.match(line):
            is_secret = bool(match[1] and _WORD.search(match[1]))
        elif is_secret:
            found.add(number)
    return frozenset(found)


def _url_passwords(text: str) -> Iterator[tuple[int, int]]:
    end = text.rfind("@")
    if match := _BEFORE_URL_PASSWORD.search(text, 0, max(end, 0)):
        yield match.end(), end
    elif match := _URL_WITHOUT_HOST.search(text):
        yield match.span(1)


def _parameters(text: str) -> Iterator[tuple[int, int]]:
    for match in _URL_PARAMETER.finditer(text):
        if _PARAMETER_WORD.search(match[2]):
            yield match.span(3)


def _values(text: str) -> Iterator[tuple[int, int]]:
    """Find what follows a word that sounds like a password's name: the rest of the line."""
    if (match := _BEGINS_WITH_WORD.match(text)) and _WORD.search(match[2]):
        yield match.end(), len(text)
    for match in _SWITCH.finditer(text):
        if _WORD.search(match[1]):
            yield match.end(), len(text)
    before = 0
    for match in _SEPARATOR.finditer(text):
        is_value = match[0] in "=:" and _WORD.search(text, before, match.start())
        if is_value and not text.startswith("://", match.start()):
            blank = len(text[match.end() :]) - len(text[match.end() :].lstrip())
            yield match.end() + blank, len(text)
            return
        before = match.end()
