"""What columns and tables look like, as far as it tells whether one became the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.renames.hints import qualified

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ColumnTraits:
    """What a column looks like.

    :param type: as the database writes it.
    :param family: what kind of value it holds, such as ``text``; ``""`` where that is not known.
    :param place: how many columns that stay stand before it.
    :param default: the server's default, as SQL.
    :param keys: what it is part of, such as ``primary key``, ``unique`` and ``index``.
    :param references: what its foreign keys point to, as ``table.column``.
    """

    name: str
    type: str
    family: str
    place: int = 0
    nullable: bool = True
    default: str | None = None
    keys: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()

    def __str__(self) -> str:
        words = [self.name, self.type]
        words += [] if self.nullable else ["NOT NULL"]
        words += [] if self.default is None else [f"DEFAULT {self.default}"]
        words += [key.upper() for key in sorted(self.keys)]
        words += [f"-> {reference}" for reference in sorted(self.references)]
        return " ".join(words)


@dataclass(frozen=True, slots=True)
class TableTraits:
    """What a table looks like.

    :param schema: ``None`` for the default one.
    """

    name: str
    columns: tuple[ColumnTraits, ...]
    schema: str | None = None

    @property
    def by_name(self) -> Mapping[str, ColumnTraits]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}

    def __str__(self) -> str:
        return "\n".join([qualified(self.schema, self.name), *(f"  {c}" for c in self.columns)])
