"""The words of SQL that SQLite keeps, as far as it has no other way to tell what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_TOKEN = re.compile(
    r"""
    (?P<space>   \s+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<quoted>  "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
  | (?P<string>  [xX]?'(?:[^']|'')*' )
  | (?P<word>    [^\W\d][\w$]* )
  | (?P<number>  \d[\w.]*(?:(?<=[eE])[+-]?\d+)? | \.\d+(?:[eE][+-]?\d+)? )
  | (?P<sign>    \|\| | ->>? | <= | >= | <> | != | == | << | >> | . )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A word, a name in quotes, a string, a number or a sign.

    :param space: what stands before it, comments included.
    """

    kind: str
    text: str
    space: str = ""

    @property
    def keyword(self) -> str:
        """The word in capitals, nothing where it is no bare word."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """What it is the name of, without the quotes."""
        if self.kind not in ("quoted", "string"):
            return self.text
        close = self.text[-1]
        return self.text[1:-1] if close == "]" else self.text[1:-1].replace(close * 2, close)

    @property
    def normal(self) -> str:
        """The token in one way, in whichever way it is written."""
        if self.kind in ("word", "quoted"):
            return self.name.casefold()
        return self.text


@dataclass(frozen=True)
class Group:
    """What stands in parentheses.

    :param space: what stands before it, comments included.
    """

    nodes: tuple[Node, ...]
    space: str = ""

    keyword = ""

    @property
    def name(self) -> str:
        """The text: a group is no name."""
        return spelled([self])

    @property
    def normal(self) -> str:
        """The group in one way, in whichever way it is written."""
        return f"( {normal(self.nodes)} )"


Node = Token | Group


def tokens(sql: str) -> list[Token]:
    """Return the tokens of a statement."""
    found, space = [], ""
    for match in _TOKEN.finditer(sql):
        if match.lastgroup == "space":
            space += match[0]
        else:
            found.append(Token(str(match.lastgroup), match[0], space))
            space = ""
    return found


def tree(sql: str) -> tuple[Node, ...]:
    """Return a statement with what stands in parentheses as one."""
    return tuple(_nodes(iter(tokens(sql))))


def _nodes(rest: Iterator[Token]) -> Iterator[Node]:
    for token in rest:
        if token.text == ")":
            return
        yield Group(tuple(_nodes(rest)), token.space) if token.text == "(" else token


def normal(nodes: Iterable[Node]) -> str:
    """Return an expression in one way, without parentheses around all of it."""
    nodes = tuple(nodes)
    while len(nodes) == 1 and isinstance(nodes[0], Group):
        nodes = nodes[0].nodes
    return " ".join(node.normal for node in nodes)


def spelled(nodes: Iterable[Node]) -> str:
    """Return SQL as it was written, but for what stands before it."""
    texts = (
        f"{node.space}({spelled(node.nodes)})"
        if isinstance(node, Group)
        else f"{node.space}{node.text}"
        for node in nodes
    )
    return "".join(texts).strip()


def names(nodes: Iterable[Node]) -> Iterator[str]:
    """Give all names and words, in small letters."""
    for node in nodes:
        if isinstance(node, Group):
            yield from names(node.nodes)
        elif node.kind in ("word", "quoted"):
            yield node.normal


def split(nodes: Sequence[Node], sign: str = ",") -> list[tuple[Node, ...]]:
    """Split at each sign outside of parentheses."""
    parts: list[list[Node]] = [[]]
    for node in nodes:
        if isinstance(node, Token) and node.text == sign:
            parts.append([])
        else:
            parts[-1].append(node)
    return [tuple(part) for part in parts]


def quoted(name: str) -> str:
    """Return a name in quotes."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def in_schema(sql: str, schema: str | None) -> str:
    """Return a ``CREATE`` statement as one for a schema, ``None`` for the main one.

    SQLite keeps the statement of a trigger with the schema, and that of all else without.
    """
    prefix = f"{quoted(schema)}." if schema else ""
    match = _CREATED.match(sql)
    assert match is not None, sql
    return f"{match['create']} {prefix}{match['name']}{sql[match.end() :]}"


_NAME = r"""(?:"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|'(?:[^']|'')*'|[\w$]+)"""
_CREATED = re.compile(
    rf"\s*(?P<create>CREATE\s+(?:UNIQUE\s+|VIRTUAL\s+)?(?:TABLE|INDEX|VIEW|TRIGGER))\s+"
    rf"(?:IF\s+NOT\s+EXISTS\s+)?(?:{_NAME}\s*\.\s*)?(?P<name>{_NAME})",
    re.IGNORECASE,
)
