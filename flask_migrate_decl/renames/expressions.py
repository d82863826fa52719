"""New names for old ones inside a piece of SQL, such as a check or an index's expression.

A database follows a rename into such expressions by itself; the view of a database that is not
renamed yet has to show them as they will be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TOKEN = re.compile(
    r"""
    (?P<skipped> '(?:[^'\\]|''|\\.)*' | ::\s*[\w."]+ | --[^\n]* | /\*.*?\*/ )
  | (?P<quoted>  "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
  | (?P<word>    [^\W\d][\w$]*+ )(?!\s*\()
  | (?P<call>    [^\W\d][\w$]* )(?=\s*\()
  | (?P<other>   [\w.]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)


def rename_identifiers(
    sql: str, names: Mapping[str, str], quote: Callable[[str], str], *, ignore_case: bool = False
) -> str:
    """Return the expression with the columns' new names.

    Strings, comments, casts and the names of called functions stay as they are.

    :param names: old column name to new column name.
    :param quote: quotes a name for the database, where it needs that.
    :param ignore_case: the database compares the names of columns without regard to case.
    """
    if not names:
        return sql
    known = {(old.lower() if ignore_case else old): new for old, new in names.items()}

    def renamed(match: re.Match[str]) -> str:
        token = match.group()
        if match.lastgroup not in ("quoted", "word"):
            return token
        name = _unquoted(token)
        new = known.get(name.lower() if ignore_case else name)
        return token if new is None else quote(new)

    return _TOKEN.sub(renamed, sql)


def mentions_column(sql: str, name: str) -> bool:
    """Tell whether a statement names a column, in upper or lower case."""
    return name.lower() in _named(sql, "quoted", "word")


def mentions_table(sql: str, name: str) -> bool:
    """Tell whether a statement names a table, be it before a list of columns, as a call looks."""
    return name.lower() in _named(sql, "quoted", "word", "call")


def _named(sql: str, *groups: str) -> set[str]:
    """Return the names of some groups, and those that stand behind a dot, in lower case."""
    found = [match for match in _TOKEN.finditer(sql) if match.lastgroup in (*groups, "other")]
    return {_unquoted(match[0].removeprefix(".") or ".").lower() for match in found}


def _unquoted(token: str) -> str:
    opening = token[0]
    if opening == "[":
        return token[1:-1]
    if opening in '"`':
        return token[1:-1].replace(opening * 2, opening)
    return token
