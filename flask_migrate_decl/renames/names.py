"""How a database compares names, and the names it has."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.renames.hints import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class NameRules:
    """How one database compares and bounds names.

    :param max_length: the longest name it keeps, ``None`` for no limit.
    :param length_in_bytes: the limit counts bytes of UTF-8, not characters.
    """

    tables_ignore_case: bool = False
    columns_ignore_case: bool = False
    max_length: int | None = None
    length_in_bytes: bool = False

    def fold_table(self, name: str) -> str:
        """Return a form in which two names of one table are equal."""
        return _without_case(name) if self.tables_ignore_case else name

    def fold_column(self, name: str) -> str:
        """Return a form in which two names of one column are equal."""
        return _without_case(name) if self.columns_ignore_case else name

    def fold(self, kind: Kind, name: str) -> str:
        """Return a form in which two names of one thing of a kind are equal."""
        ignores_case = {
            Kind.TABLE: self.tables_ignore_case,
            Kind.COLUMN: self.columns_ignore_case,
            Kind.CONSTRAINT: self.columns_ignore_case,
            Kind.INDEX: self.columns_ignore_case,
        }
        return _without_case(name) if ignores_case.get(kind) else name

    def is_too_long(self, name: str) -> bool:
        """Tell whether the database would cut or refuse the name."""
        length = len(name.encode()) if self.length_in_bytes else len(name)
        return self.max_length is not None and length > self.max_length


@dataclass(frozen=True)
class Catalog:
    """The tables and columns of a database or of the models.

    The callables are asked for what is needed only, and for each thing once.

    :param table_names: the tables of a schema (``None``: the default one).
    :param column_names: the columns of a schema's table.
    :param schemas: those that are compared.
    :param is_compared: whether a project's filters let a schema's table be compared at all.
    """

    table_names: Callable[[str | None], Sequence[str]]
    column_names: Callable[[str | None, str], Sequence[str]]
    rules: NameRules
    schemas: Sequence[str | None] = (None,)
    is_compared: Callable[[str | None, str], bool] = lambda _schema, _table: True

    def find_table(self, schema: str | None, name: str) -> str | None:
        """Return the table as it is spelled here, or ``None``."""
        return self._folded_tables(schema).get(self.rules.fold_table(name))

    def find_column(self, schema: str | None, table: str, name: str) -> str | None:
        """Return the column as it is spelled here, or ``None``."""
        return self._folded_columns(schema, table).get(self.rules.fold_column(name))

    @cached_property
    def _folded_tables(self) -> Callable[[str | None], Mapping[str, str]]:
        fold = self.rules.fold_table
        return cache(lambda schema: {fold(name): name for name in self.table_names(schema)})

    @cached_property
    def _folded_columns(self) -> Callable[[str | None, str], Mapping[str, str]]:
        fold = self.rules.fold_column
        return cache(
            lambda schema, table: {fold(name): name for name in self.column_names(schema, table)}
        )


def _without_case(name: str) -> str:
    """Fold the letters of ASCII: SQLite folds no others, and MySQL's rules depend on collations."""
    if name.isascii():
        return name.lower()
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def missing_from(side: Catalog, other: Catalog, schema: str | None) -> list[str]:
    """Return the tables that the other side has and this one has not, if they are compared."""
    return [
        name
        for name in other.table_names(schema)
        if side.find_table(schema, name) is None and other.is_compared(schema, name)
    ]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the comparison would drop and add in one place, unless hints say otherwise.

    :param lost: what would be dropped.
    :param gained: what would be added.
    :param fold: gives a form in which two names of one thing are equal.
    """

    lost: Sequence[str]
    gained: Sequence[str]
    fold: Callable[[str], str]

    def is_meant_by(self, old: str, new: str, spoken_of: Iterable[str]) -> bool:
        """Tell whether a hint with nothing to do may mean one of the lost things.

        :param spoken_of: the old names of the other hints for this place.
        """
        if not self.gained:
            return False
        named = {self.fold(new), *map(self.fold, spoken_of)}
        unspoken = [name for name in self.lost if self.fold(name) not in named]
        means_new_name = self.fold(new) in map(self.fold, self.lost) and nearest(new, self.gained)
        return bool(nearest(old, unspoken) or means_new_name)


_LONGEST_MISSPELT = 200


def nearest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return up to three known names that look like the given one, the best first."""
    if len(name) > _LONGEST_MISSPELT:
        return ()
    spelled = {known.lower(): known for known in sorted(names, reverse=True)}
    found = difflib.get_close_matches(name.lower(), spelled, n=3, cutoff=0.55)
    return tuple(spelled[match] for match in found)
