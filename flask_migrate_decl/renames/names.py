"""How a database compares names, and the names it has."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.renames.abilities import Ability
from flask_migrate_decl.renames.hints import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from flask_migrate_decl.renames.mapping import TableKey


@dataclass(frozen=True, slots=True)
class NameRules:
    """How one database compares and bounds names.

    :param shared_in_schema: the kinds of names that must differ in the whole schema, and not in a
        table only.
    :param max_length: the longest name it keeps, ``None`` for no limit.
    :param length_in_bytes: the limit counts bytes of UTF-8, not characters.
    """

    tables_ignore_case: bool = False
    columns_ignore_case: bool = False
    shared_in_schema: frozenset[Kind] = frozenset()
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
    """The names of a database or of the models.

    :param names: the names of a kind in a schema (``None``: the default one), and in an owner,
        which is a table or an enum type. It is asked for what is needed only.
    :param schemas: those that are compared.
    :param is_compared: whether a project's filters let a schema's table be compared at all.
    :param taken: names in a schema that a new table, index or sequence can't have, as something
        of another kind bears them; with what that is.
    :param parents: the tables from which a schema's table inherits its columns.
    :param ability: how the database renames something of a kind, in a schema and an owner; of a
        table: how it moves it to another schema.
    """

    names: Callable[[Kind, str | None, str | None], Sequence[str]]
    rules: NameRules
    schemas: Sequence[str | None] = (None,)
    is_compared: Callable[[str | None, str], bool] = lambda _schema, _table: True
    taken: Callable[[Kind, str | None], Mapping[str, str]] = lambda _kind, _schema: {}
    parents: Callable[[str | None, str], Sequence[TableKey]] = lambda _schema, _table: ()
    ability: Callable[[Kind, str | None, str | None, str], Ability] = lambda *_thing: Ability()

    def table_names(self, schema: str | None) -> Sequence[str]:
        """Return the tables of a schema."""
        return self.names(Kind.TABLE, schema, None)

    def column_names(self, schema: str | None, table: str) -> Sequence[str]:
        """Return the columns of a table."""
        return self.names(Kind.COLUMN, schema, table)

    def find_table(self, schema: str | None, name: str) -> str | None:
        """Return the table as it is spelled here, or ``None``."""
        return self.find(Kind.TABLE, schema, None, name)

    def find_column(self, schema: str | None, table: str, name: str) -> str | None:
        """Return the column as it is spelled here, or ``None``."""
        return self.find(Kind.COLUMN, schema, table, name)

    def find(self, kind: Kind, schema: str | None, owner: str | None, name: str) -> str | None:
        """Return a name as it is spelled here, or ``None``."""
        return self._folded(kind, schema, owner).get(self.rules.fold(kind, name))

    def with_schemas(self, renamed: Mapping[str, str]) -> Catalog:
        """Return the same names, after schemas got other names.

        :param renamed: old name to new name.
        """
        if not renamed:
            return self
        old = {new: old for old, new in renamed.items()}

        def before(schema: str | None) -> str | None:
            return schema if schema is None else old.get(schema, schema)

        def after(schema: str | None) -> str | None:
            return schema if schema is None else renamed.get(schema, schema)

        return replace(
            self,
            names=lambda kind, schema, owner: self.names(kind, before(schema), owner),
            schemas=[after(schema) for schema in self.schemas],
            is_compared=lambda schema, table: self.is_compared(before(schema), table),
            taken=lambda kind, schema: self.taken(kind, before(schema)),
            ability=lambda kind, schema, owner, name: self.ability(
                kind, before(schema), owner, name
            ),
            parents=lambda schema, table: [
                (after(of_schema), name) for of_schema, name in self.parents(before(schema), table)
            ],
        )

    @cached_property
    def _folded(self) -> Callable[[Kind, str | None, str | None], Mapping[str, str]]:
        fold = self.rules.fold

        def folded(kind: Kind, schema: str | None, owner: str | None) -> Mapping[str, str]:
            return {fold(kind, name): name for name in self.names(kind, schema, owner)}

        return cache(folded)


def _without_case(name: str) -> str:
    """Fold the letters of ASCII: SQLite folds no others, and MySQL's rules depend on collations."""
    if name.isascii():
        return name.lower()
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


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
