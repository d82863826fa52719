"""What a statement for MariaDB or MySQL does, as far as a journal has to know it."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Kind(StrEnum):
    """What becomes of a statement when its process or its server dies."""

    READS = "reads"
    """It reads rows, and may be run as often as one likes."""

    LOOKS = "looks"
    """It reads what the schema is like."""

    SESSION = "session"
    """It changes what its session is like alone, and has to be run again in another one."""

    ENDS_TRANSACTION = "ends transaction"
    """The same, or what may be repeated, and it commits what was run before it."""

    CHANGES_ROWS = "changes rows"
    """It is undone with its transaction."""

    CHANGES_SCHEMA = "changes schema"
    """It commits by itself; either all of it is done or nothing, and the schema tells which."""

    UNSURE = "unsure"
    """Nobody can tell by looking whether it was done."""


class Effect(NamedTuple):
    """What a statement does.

    :param shown_by: the statement that shows what it changes, for ``CHANGES_SCHEMA``.
    :param table: the name of that, without quotes.
    :param adds: the name of that column, index or table, if it is a plain word.
    """

    kind: Kind
    shown_by: str = ""
    table: str = ""
    adds: str = ""


_OF_ROWS = Effect(Kind.CHANGES_ROWS)

_COMMENT = re.compile(r"\s*(?:/\*(?!!).*?\*/|--[ \t][^\n]*(?:\n|$)|#[^\n]*(?:\n|$))", re.DOTALL)
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`""", re.DOTALL)
_STRING = re.compile(r"""'(?:[^'\\]|\\.|'')*'""", re.DOTALL)
_LIMITED = re.compile(r"SET\s+STATEMENT\b.*?\sFOR\s+(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
"""A statement with settings for it alone: https://mariadb.com/kb/en/set-statement/"""
_PLAIN_WORD = re.compile(r"[\w$]+")
_WORD = r"(?:`(?:[^`]|``)+`|[\w$]+)"
_NAME = rf"(?P<name>(?:{_WORD}\s*\.\s*)?{_WORD})"
_INDEX = r"(?:UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+)?INDEX"
_EXISTS = r"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?"
_UNLESS = r"(?P<exists>IF\s+(?:NOT\s+)?EXISTS\s+)?"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.DOTALL)


_ASKS = _pattern(r"\(*\s*(SELECT|VALUES|WITH|DO|HELP)\b")
_SHOWS = _pattern(r"(SHOW|DESC|DESCRIBE|EXPLAIN)\b(?!\s+ANALYZE\b)")
_ABOUT_SCHEMA = _pattern(r".*\binformation_schema\b")
_WRITES_FILE = _pattern(r".*\bINTO\s+(OUTFILE|DUMPFILE)\b")
_CHANGES = _pattern(r".*\b(INSERT|UPDATE|DELETE|REPLACE)\b(?!\s*\()")
_LOCKS_ROWS = _pattern(r"\bFOR\s+UPDATE\b")
_CHANGES_ROWS = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})
_ENDS = _pattern(
    r"(COMMIT|BEGIN)(\s+WORK)?$"
    r"|START\s+TRANSACTION\b"
    r"|(UN)?LOCK\s+TABLES?\b"
    r"|(ANALYZE|OPTIMIZE|CHECK|CHECKSUM)\s+(\w+\s+)?TABLES?\b"
    r"|FLUSH\b(?!.*\bWITH\s+READ\s+LOCK\b)"
    r"|SET\b.*\bautocommit\b"
)
_SESSION = _pattern(
    r"(SET(?!\s+(?:PASSWORD|DEFAULT\s+ROLE)\b)|USE|PREPARE|DEALLOCATE|DROP\s+PREPARE|SAVEPOINT"
    r"|ROLLBACK|RELEASE\s+SAVEPOINT)\b"
)
_KINDS = (
    (_ENDS, Kind.ENDS_TRANSACTION),
    (_SHOWS, Kind.LOOKS),
    (_SESSION, Kind.SESSION),
)
_NO_COLUMN = (
    "IF CONSTRAINT INDEX KEY PRIMARY UNIQUE FULLTEXT SPATIAL FOREIGN CHECK PARTITION PERIOD SYSTEM"
)
_ADDS_COLUMN = (
    r"\s+ADD\s+(?:COLUMN\s+(?!IF\b)|(?!COLUMN\b))"
    rf"(?!(?:{'|'.join(_NO_COLUMN.split())})\b)(?P<added>{_WORD})\s(?!.*\bRENAME\b)"
)
"""With a table that is renamed too, what is added is nowhere to be seen under the old name."""


class _Shape(NamedTuple):
    """What a schema change looks like that a table shows.

    :param sign: what a table has once it was done, as a regular expression with a place for a name;
        nobody else's change puts it there.
    """

    pattern: re.Pattern[str]
    sign: str = ""


_SHAPES = {
    "CREATE": (
        _Shape(
            _pattern(
                rf"CREATE\s+{_INDEX}\s+{_UNLESS}(?P<added>{_WORD})\s+(?:USING\s+\w+\s+)?ON\s+{_NAME}"
            ),
            r"(?im)^\s*(?:(?:UNIQUE|FULLTEXT|SPATIAL) )?KEY {} ",
        ),
        _Shape(_pattern(rf"CREATE\s+TABLE\s+{_UNLESS}(?P<added>{_NAME})"), "."),
        _Shape(_pattern(rf"CREATE\s+VIEW\s+{_UNLESS}{_NAME}")),
    ),
    "ALTER": (
        _Shape(
            _pattern(
                rf"ALTER\s+(?:ONLINE\s+|IGNORE\s+)*TABLE\s+{_UNLESS}{_NAME}(?:{_ADDS_COLUMN})?"
            ),
            r"(?im)^\s*{} ",
        ),
    ),
    "DROP": (
        _Shape(_pattern(rf"DROP\s+TABLE\s+{_EXISTS}{_NAME}\s*(?:RESTRICT|CASCADE)?\s*$")),
        _Shape(_pattern(rf"DROP\s+INDEX\s+{_EXISTS}{_WORD}\s+ON\s+{_NAME}")),
        _Shape(_pattern(rf"DROP\s+VIEW\s+{_EXISTS}{_NAME}\s*$")),
    ),
    "RENAME": (_Shape(_pattern(rf"RENAME\s+TABLE\s+{_EXISTS}{_NAME}\s+TO\s+[^,]+$")),),
}
_MOVES_ROWS = _pattern(
    r"\b(EXCHANGE|TRUNCATE|DISCARD|IMPORT|COALESCE|REORGANIZE|CONVERT)\s+(PARTITION|TABLESPACE|TABLE)"
)
_MAKES_TEMPORARY = _pattern(
    rf"CREATE\s+(?:OR\s+REPLACE\s+)?TEMPORARY\s+(?:TABLE|SEQUENCE)\s+{_EXISTS}{_NAME}"
)
_DROPS_TABLES = _pattern(
    rf"DROP\s+(?P<temporary>TEMPORARY\s+)?(?:TABLE|SEQUENCE)S?\s+{_EXISTS}(?P<names>.+)"
)
_LOCKS_TABLES = _pattern(
    r"(?P<locks>LOCK\s+TABLES?\s.*?)(?P<wait>\s+(?:WAIT\s+\d+|NOWAIT))?\s*;?\s*$"
)
_QUALIFIER = re.compile(r"(?<![\w$])(?P<schema>`(?:[^`]|``)++`|[\w$]++)\s*+\.")
"""With no way back: a long word is read once."""
_COMMITS = _pattern(
    r"(ALTER|CREATE(?!\s+(OR\s+REPLACE\s+)?TEMPORARY\b)|DROP(?!\s+TEMPORARY\b)|GRANT|RENAME|REVOKE"
    r"|TRUNCATE)\b"
)
_OF_LAST = _pattern(r"\b(ROW_COUNT|FOUND_ROWS)\s*\(|\bGET\s+DIAGNOSTICS\b")
_SETS_VARIABLE = _pattern(r"SET\s+@(?!@)")
_VARIABLE = re.compile(r"(?<![@\w`'\"])@(?P<name>[\w$.]+|`[^`]+`)")


def effect_of(statement: str) -> Effect:
    """Tell what a statement does, and where that can be seen.

    What is not known for sure is taken for something that can't be told.
    """
    text = _without_settings(statement)
    if _has_unquoted(";", text):
        return Effect(Kind.UNSURE)
    if (word := _first_word(text)) in _CHANGES_ROWS:
        return _OF_ROWS
    if (shaped := _shape_of(word, text)) is None:
        return Effect(_kind_of(text))
    if _has_unquoted(":=", text) or _moves_rows(text):
        return Effect(Kind.UNSURE)
    _, found = shaped
    adds = _added_by(found).strip("`").lower()
    return Effect(
        Kind.CHANGES_SCHEMA,
        f"SHOW CREATE TABLE {found['name']}",
        _plain_name(found["name"]),
        adds if _PLAIN_WORD.fullmatch(adds) else "",
    )


def sign_of(statement: str) -> str:
    """Return what is in a table once a statement was done, as a regular expression."""
    text = _without_settings(statement)
    if (shaped := _shape_of(_first_word(text), text)) is None:
        return ""
    shape, found = shaped
    added = _added_by(found)
    return shape.sign.format(_shown_name(added)) if added else ""


def _shape_of(word: str, text: str) -> tuple[_Shape, re.Match[str]] | None:
    for shape in _SHAPES.get(word, ()):
        if found := shape.pattern.match(text):
            return shape, found
    return None


def _added_by(found: re.Match[str]) -> str:
    """Return the name that is there only once a statement was done, as it is written."""
    groups = found.groupdict("")
    return "" if groups.get("exists") else groups.get("added", "")


def _without_settings(statement: str) -> str:
    text = _without_comments(statement)
    found = _LIMITED.match(text)
    return _without_settings(found["rest"]) if found else text


def _moves_rows(text: str) -> bool:
    # Plain words, which most have not, are looked for faster than their pattern.
    words = text.upper()
    may_move = "PARTITION" in words or "TABLESPACE" in words or "CONVERT" in words
    return may_move and _MOVES_ROWS.search(text) is not None


def _has_unquoted(mark: str, text: str) -> bool:
    return mark in text and mark in _QUOTED.sub("", text)


def _kind_of(text: str) -> Kind:
    """Return the kind of what is no schema change that can be seen."""
    if _ASKS.match(text):
        return _kind_of_question(_LOCKS_ROWS.sub("", _QUOTED.sub("", text)), text)
    for pattern, kind in _KINDS:
        if pattern.match(text):
            return kind
    return Kind.UNSURE


def _kind_of_question(unquoted: str, text: str) -> Kind:
    if _WRITES_FILE.match(unquoted):
        return Kind.UNSURE
    if _CHANGES.match(unquoted):
        return Kind.CHANGES_ROWS
    return Kind.LOOKS if _ABOUT_SCHEMA.match(text) else Kind.READS


def _shown_name(name: str) -> str:
    plain = name[1:-1] if name.startswith("`") else name
    # Percent signs are doubled for the driver.
    return re.escape(f"`{plain}`").replace("%%", "%%?")


@lru_cache(maxsize=64)
def _without_comments(statement: str) -> str:
    text = statement
    while found := _COMMENT.match(text):
        text = text[found.end() :]
    return text.strip().rstrip(";").rstrip()


def names_in(text: str) -> set[str]:
    """Return what may be names in a statement, and its other words, in small letters."""
    return set(_PLAIN_WORD.findall(text.lower()))


def first_word(statement: str) -> str:
    """Return what a statement begins with, in capitals."""
    return _first_word(_without_comments(statement))


def _first_word(text: str) -> str:
    found = _PLAIN_WORD.match(text)
    return "" if found is None else found[0].upper()


def temporary_tables_made(statement: str) -> tuple[str, ...]:
    """Return the names of the tables that a statement makes and that are gone with its session."""
    found = _MAKES_TEMPORARY.match(_without_comments(statement))
    return () if found is None else (_plain_name(found["name"]),)


def tables_dropped(statement: str) -> tuple[str, ...]:
    """Return the names of the tables that a statement drops."""
    found = _DROPS_TABLES.match(_without_comments(statement))
    return () if found is None else tuple(map(_plain_name, found["names"].split(",")))


def drops_temporary_tables(statement: str) -> bool:
    """Tell whether a statement drops what is gone with its session anyhow."""
    found = _DROPS_TABLES.match(_without_comments(statement))
    return found is not None and found["temporary"] is not None


def _plain_name(name: str) -> str:
    return name.rpartition(".")[2].strip().strip("`").lower()


def with_lock_of(table: str, statement: str) -> str:
    """Let a ``LOCK TABLES`` lock one more table, as no other can be used under it."""
    found = _LOCKS_TABLES.fullmatch(_without_comments(statement))
    return f"{found['locks']}, {table} WRITE{found['wait'] or ''}" if found else statement


def qualifiers_in(statement: str) -> frozenset[str]:
    """Return what may be the names of schemas in a statement, without their quotes."""
    if "." not in statement:
        return frozenset()
    text = _STRING.sub("", statement)
    return frozenset(found["schema"].strip("`") for found in _QUALIFIER.finditer(text))


def variables_set_by(statement: str) -> tuple[str, ...]:
    """Return the variables of the session that a change may set."""
    variables = variables_in(statement)
    if variables and ":=" not in statement and first_word(statement) in _CHANGES_ROWS:
        return ()
    return variables


def sets_variable(statement: str) -> bool:
    """Tell whether a statement sets a variable of the session, and no setting."""
    return _SETS_VARIABLE.match(_without_comments(statement)) is not None


def commits_by_itself(statement: str) -> bool:
    """Tell whether a statement commits, of those that nobody can tell whether they were done."""
    return _COMMITS.match(_without_comments(statement)) is not None


def asks_of_last(statement: str) -> bool:
    """Tell whether a statement asks what the one before it has done."""
    # As above: every schema change is asked about.
    words = statement.upper()
    may_ask = "ROW_COUNT" in words or "FOUND_ROWS" in words or "DIAGNOSTICS" in words
    return may_ask and _OF_LAST.search(_QUOTED.sub("", statement)) is not None


def variables_in(statement: str) -> tuple[str, ...]:
    """Return the variables of the session that a statement names, as they stand in it."""
    if "@" not in statement:
        return ()
    return tuple(dict.fromkeys(f"@{found['name']}" for found in _VARIABLE.finditer(statement)))
