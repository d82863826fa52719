"""Passwords, covered wherever a text that is shown may have one."""

from __future__ import annotations

import re

SECRET_WORDS = ("pass", "pwd", "secret", "token", "key")
"""Parts of the names under which drivers take passwords in a URL."""

_STAR = "*"
_BEFORE_URL_PASSWORD = re.compile(r"://[^\s:]*:")
_URL_PARAMETER = re.compile(r"""([?&])([\w-]*)=([^&"'\s]+)""")
_KEY = re.compile(r"""(?<![\w.-])([\w.-]+)["']?[ \t]*=[ \t]*""")
_SECRET_PARAMETER = re.compile("|".join(SECRET_WORDS), re.IGNORECASE)
_SECRET_KEY = re.compile("pass|pwd|secret|token|credential|api_?key", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """Cover passwords with as many stars, so that every other character stays in its column.

    It covers rather too much than too little: in a URL all up to the last ``@`` of the text, and
    all that follows a key that sounds like a password.
    """
    return _without_secret_values(_without_secret_parameters(_without_url_passwords(text)))


def _covered(text: str, start: int, end: int) -> str:
    return text[:start] + _STAR * (end - start) + text[end:]


def _without_url_passwords(text: str) -> str:
    end = text.rfind("@")
    match = _BEFORE_URL_PASSWORD.search(text, 0, max(end, 0))
    return _covered(text, match.end(), end) if match else text


def _without_secret_parameters(text: str) -> str:
    def covered(match: re.Match[str]) -> str:
        mark, name, value = match.groups()
        is_secret = _SECRET_PARAMETER.search(name)
        return f"{mark}{name}={_STAR * len(value) if is_secret else value}"

    return _URL_PARAMETER.sub(covered, text)


def _without_secret_values(text: str) -> str:
    keys = (match for match in _KEY.finditer(text) if _SECRET_KEY.search(match[1]))
    match = next(keys, None)
    return _covered(text, match.end(), len(text)) if match else text
