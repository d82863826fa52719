"""A ``CREATE TABLE`` statement, clause by clause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.databases.recreate.tokens import Group, Node, spelled, split, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OF_TABLE = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})
_OF_COLUMN = frozenset({"NOT", "NULL", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS"})
_BEGIN = _OF_TABLE | _OF_COLUMN
_GOES_ON = {
    "NULL": ("NOT", "SET", "DEFAULT"),
    "DEFAULT": ("SET",),
    "AS": ("ALWAYS",),
}
"""The words that begin no clause behind certain others."""


@dataclass(frozen=True)
class Clause:
    """One clause of a column or a table.

    :param kind: its first word, such as ``CHECK``.
    :param name: what follows ``CONSTRAINT``, as it is written; empty without.
    """

    kind: str
    nodes: tuple[Node, ...]
    name: str = ""

    @property
    def conflict(self) -> str:
        """What is done on a conflict, empty where it is what SQLite does by itself."""
        words = [node.keyword for node in self.nodes]
        for first, second, what in zip(words, words[1:], words[2:], strict=False):
            if (first, second) == ("ON", "CONFLICT"):
                return "" if what == "ABORT" else what
        return ""

    @property
    def groups(self) -> list[Group]:
        """What it has in parentheses."""
        return [node for node in self.nodes if isinstance(node, Group)]

    @property
    def deferrable(self) -> str:
        """When a foreign key is looked at, empty where nothing is said."""
        words = [node.keyword for node in self.nodes]
        if "DEFERRABLE" not in words:
            return ""
        at = words.index("DEFERRABLE")
        return " ".join(words[at - (words[at - 1] == "NOT") :])


@dataclass(frozen=True)
class ColumnText:
    """A column as it was written."""

    name: str
    type: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class TableText:
    """A table as it was written.

    :param options: such as ``STRICT``.
    """

    columns: tuple[ColumnText, ...]
    constraints: tuple[Clause, ...]
    options: frozenset[str]

    @property
    def clauses(self) -> Iterator[tuple[str | None, Clause]]:
        """All clauses, each with its column, or with ``None`` where it is the table's."""
        for column in self.columns:
            yield from ((column.name, clause) for clause in column.clauses)
        yield from ((None, clause) for clause in self.constraints)


def table_text(sql: str) -> TableText:
    """Read the statement that SQLite keeps for a table."""
    nodes = tree(sql)
    at = next(number for number, node in enumerate(nodes) if isinstance(node, Group))
    body = nodes[at]
    assert isinstance(body, Group)
    parts = [part for part in split(body.nodes) if part]
    of_table = next((n for n, part in enumerate(parts) if part[0].keyword in _OF_TABLE), len(parts))
    constraints = [clause for part in parts[of_table:] for clause in _clauses(part)]
    options = (" ".join(node.keyword for node in part) for part in split(nodes[at + 1 :]))
    return TableText(
        tuple(map(_column, parts[:of_table])),
        tuple(constraints),
        frozenset(option for option in options if option),
    )


def _column(part: Sequence[Node]) -> ColumnText:
    end = next((n for n in range(1, len(part)) if _begins(part, n)), len(part))
    return ColumnText(part[0].name, spelled(part[1:end]), tuple(_clauses(part[end:])))


def _clauses(part: Sequence[Node]) -> Iterator[Clause]:
    starts = [n for n in range(len(part)) if _begins(part, n)]
    name = ""
    for start, end in zip(starts, [*starts[1:], len(part)], strict=False):
        kind, nodes = part[start].keyword, tuple(part[start:end])
        if kind == "CONSTRAINT":
            name = spelled(nodes[1:2])
        else:
            yield Clause("GENERATED" if kind == "AS" else kind, nodes, name)
            name = ""


def _begins(part: Sequence[Node], at: int) -> bool:
    """Tell whether a clause begins at a word."""
    word = part[at].keyword
    if word not in _BEGIN:
        return False
    before = part[at - 1].keyword if at else ""
    if before in _GOES_ON.get(word, ()):
        return False
    if word == "NOT":
        return at + 1 < len(part) and part[at + 1].keyword == "NULL"
    is_of_key = word == "REFERENCES" and any(node.keyword == "FOREIGN" for node in part[:at])
    return not (is_of_key and isinstance(part[at - 1], Group))
