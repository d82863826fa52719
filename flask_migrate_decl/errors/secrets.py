"""Passwords, covered wherever a text that is shown may have one."""

from __future__ import annotations

import re

SECRET_WORDS = ("pass", "pwd", "secret", "token", "key")
"""Parts of the names under which drivers take passwords in a URL."""

_STAR = "*"
_URL_PASSWORD = re.compile(r"(://[^\s:]*:)(.+)(?=@)")
_URL_PARAMETER = re.compile(
    rf"""([?&][\w-]*(?:{"|".join(SECRET_WORDS)})[\w-]*=)([^&"'\s]+)""", re.I
)
_TOML_VALUE = re.compile(
    r"""([\w.-]*(?:pass|pwd|secret|token|credential|api_?key)[\w-]*["']?\s*=\s*)(\S.*)""", re.I
)


def without_secrets(text: str) -> str:
    """Cover passwords with as many stars, so that every other character stays in its column.

    It covers rather too much than too little: in a URL all up to the last ``@`` of the line, and
    the whole value of a key that sounds like a password.
    """
    for pattern in (_URL_PASSWORD, _URL_PARAMETER, _TOML_VALUE):
        text = pattern.sub(lambda match: match[1] + _STAR * len(match[2]), text)
    return text
