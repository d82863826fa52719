"""What a statement for MariaDB or MySQL does, as far as a journal has to know it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What becomes of a statement when its process or its server dies."""

    READS = "reads"
    """It changes nothing that outlives its session, and may be run as often as one likes."""

    CHANGES_ROWS = "changes rows"
    """It is undone with its transaction."""

    CHANGES_SCHEMA = "changes schema"
    """It commits by itself; either all of it is done or nothing, and the schema tells which."""

    UNSURE = "unsure"
    """Nobody can tell by looking whether it was done."""


@dataclass(frozen=True)
class Effect:
    """What a statement does.

    :param shown_by: the statement that shows what it changes, for ``CHANGES_SCHEMA``.
    :param sign: what is in there once it was done, and can't be in there before, as a regular
        expression.
    """

    kind: Kind
    shown_by: str = ""
    sign: str = ""


_COMMENT = re.compile(r"\s*(?:/\*(?!!).*?\*/|--[ \t][^\n]*(?:\n|$)|#[^\n]*(?:\n|$))", re.DOTALL)
_READS = re.compile(r"(SELECT|SHOW|SET|USE|DESC|DESCRIBE|EXPLAIN|DO|HELP)\b", re.IGNORECASE)
_LOCKS = re.compile(r"SELECT\b.*\bINTO\s+(OUTFILE|DUMPFILE)\b", re.IGNORECASE | re.DOTALL)
_ROWS = re.compile(r"(INSERT|UPDATE|DELETE|REPLACE|WITH)\b", re.IGNORECASE)
_WORD = r"(?:`(?:[^`]|``)+`|[\w$]+)"
_NAME = rf"(?P<name>(?:{_WORD}\s*\.\s*)?{_WORD})"
_INDEX = r"(?:UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+)?INDEX"
_EXISTS = r"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?"
_TABLES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"CREATE\s+TABLE\s+{_EXISTS}{_NAME}",
        rf"ALTER\s+(?:ONLINE\s+|IGNORE\s+)*TABLE\s+{_EXISTS}{_NAME}",
        rf"DROP\s+TABLE\s+{_EXISTS}{_NAME}\s*(?:RESTRICT|CASCADE)?\s*$",
        rf"RENAME\s+TABLE\s+{_EXISTS}{_NAME}\s+TO\s+[^,]+$",
        rf"CREATE\s+{_INDEX}\s+{_EXISTS}{_WORD}\s+(?:USING\s+\w+\s+)?ON\s+{_NAME}",
        rf"DROP\s+INDEX\s+{_EXISTS}{_WORD}\s+ON\s+{_NAME}",
        rf"CREATE\s+VIEW\s+{_EXISTS}{_NAME}",
        rf"DROP\s+VIEW\s+{_EXISTS}{_NAME}\s*$",
    )
)
_MAKES_TABLE = re.compile(r"CREATE\s+TABLE\s+(?!IF\b)", re.IGNORECASE)
_NO_COLUMN = (
    "IF CONSTRAINT INDEX KEY PRIMARY UNIQUE FULLTEXT SPATIAL FOREIGN CHECK PARTITION PERIOD SYSTEM"
)
_ADDS_COLUMN = re.compile(
    rf"ALTER\s+TABLE\s+{_WORD}\s+ADD\s+(?:COLUMN\s+(?!IF\b)|(?!COLUMN\b))"
    rf"(?!(?:{'|'.join(_NO_COLUMN.split())})\b)(?P<column>{_WORD})\s",
    re.IGNORECASE,
)
"""What begins by adding a column: an ``ALTER TABLE`` is done as a whole or not at all."""
_MAKES_INDEX = re.compile(rf"CREATE\s+{_INDEX}\s+(?!IF\b)(?P<index>{_WORD})\s", re.IGNORECASE)
_MOVES_ROWS = re.compile(
    r"\b(EXCHANGE|TRUNCATE|DISCARD|IMPORT|COALESCE|REORGANIZE|CONVERT)\s+(PARTITION|TABLESPACE|TABLE)",
    re.IGNORECASE,
)


def effect_of(statement: str) -> Effect:
    """Tell what a statement does, and where that can be seen.

    What is not known for sure is taken for something that can't be told.
    """
    text = _without_comments(statement)
    if _READS.match(text):
        return Effect(Kind.UNSURE if _LOCKS.match(text) else Kind.READS)
    if _ROWS.match(text):
        return Effect(Kind.CHANGES_ROWS)
    for pattern in _TABLES:
        if (found := pattern.match(text)) and not _MOVES_ROWS.search(text):
            shown_by = f"SHOW CREATE TABLE {found['name']}"
            return Effect(Kind.CHANGES_SCHEMA, shown_by, _sign_of(text))
    return Effect(Kind.UNSURE)


def _sign_of(text: str) -> str:
    """Return what shows that a statement was done which fails where that is there before."""
    if found := _ADDS_COLUMN.match(text):
        return rf"(?im)^\s*{_shown_name(found['column'])} "
    if found := _MAKES_INDEX.match(text):
        return rf"(?im)^\s*(?:(?:UNIQUE|FULLTEXT|SPATIAL) )?KEY {_shown_name(found['index'])} "
    return "." if _MAKES_TABLE.match(text) else ""


def _shown_name(name: str) -> str:
    plain = name[1:-1] if name.startswith("`") else name
    return re.escape(f"`{plain}`")


def _without_comments(statement: str) -> str:
    text = statement
    while found := _COMMENT.match(text):
        text = text[found.end() :]
    return text.strip().rstrip(";").rstrip()
