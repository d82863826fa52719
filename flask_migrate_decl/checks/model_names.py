"""The names that the models of one database have, seen without asking the database."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from flask_migrate_decl.autogenerate import unconnected_name_rules
from flask_migrate_decl.autogenerate.private import own_sequences
from flask_migrate_decl.autogenerate.table_names import (
    constraint_names,
    default_sequences,
    enums_of,
    index_names,
)
from flask_migrate_decl.renames import Kind, key_ends

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy import Table

    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.renames import Hint, NameRules, Renames, TableKey

_NOTHING: Mapping[str, str] = {}


class _Scope(NamedTuple):
    """Where names of a kind have to differ: a schema, or a table or enum type of it."""

    kind: Kind
    schema: str | None
    owner: TableKey | None


_Name = tuple[_Scope, str]
"""Where a name is, and the form in which it is compared."""


class _Listed(NamedTuple):
    """Names of a kind, as the models spell them."""

    kind: Kind
    schema: str | None
    owner: str | None
    names: Iterable[str]


@dataclass(frozen=True)
class ModelNames:
    """The names of one database's models, and how the database compares them.

    Hints may name a schema, table or type as it was called at any time, and the models may be
    behind, so that names which hints lead to one another count as one.

    :param renames: the hints of this database.
    """

    bind: Bind
    renames: Renames

    def has_owner(self, hint: Hint) -> bool:
        """Tell whether the models have the table or type to which a hint's names belong."""
        return self._scope(hint.kind, hint.schema, hint.owner) in self._names

    def has_old(self, hint: Hint) -> bool:
        """Tell whether the models have the old name of a hint."""
        old, _ = self._ends(hint)
        return self._has(old)

    def has_new(self, hint: Hint) -> bool:
        """Tell whether the models have the new name of a hint, or what later hints make of it."""
        _, new = self._ends(hint)
        return self._has(new) or self._has(self._latest.get(hint.place, new))

    def has_any_name(self, hint: Hint) -> bool:
        """Tell whether the models have a name of what a hint renames, be it an earlier one."""
        _, new = self._ends(hint)
        return self._groups.get(new) in self._groups_of_models

    def beside_new(self, hint: Hint) -> Iterable[str]:
        """Return the names among which the new name of a hint would be."""
        _, (scope, _) = self._ends(hint)
        return self._names.get(scope, _NOTHING).values()

    def owners(self, hint: Hint) -> Iterable[str]:
        """Return the tables or types among which that of a hint would be."""
        scope = self._scope(_kind_of_owner(hint.kind), hint.schema, None)
        return self._names.get(scope, _NOTHING).values()

    def has_any(self, kind: Kind) -> bool:
        """Tell whether the models name anything of a kind."""
        return kind in self._kinds

    def _has(self, name: _Name) -> bool:
        scope, folded = name
        return folded in self._names.get(scope, _NOTHING)

    @cached_property
    def _kinds(self) -> Collection[Kind]:
        return {scope.kind for scope in self._names}

    @cached_property
    def _rules(self) -> NameRules:
        return unconnected_name_rules(self.bind.app_engine.dialect)

    # --- what counts as one ---

    def _ends(self, hint: Hint) -> tuple[_Name, _Name]:
        """Return where the old and the new name of a hint are, and what is compared of them."""
        kind, owner, fold = hint.kind, hint.owner, self._rules.fold
        (schema, old), (new_schema, new) = key_ends(hint)
        return (
            (self._scope(kind, schema, owner), fold(kind, old)),
            (self._scope(kind, new_schema, owner), fold(kind, new)),
        )

    def _scope(self, kind: Kind, schema: str | None, owner: str | None) -> _Scope:
        if kind is Kind.SCHEMA:
            return _Scope(kind, None, None)
        if owner is None:
            return _Scope(kind, self._schema(schema), None)
        of_kind = _kind_of_owner(kind)
        name = (self._scope(of_kind, schema, None), self._rules.fold(of_kind, owner))
        (where, folded) = self._owner_groups.get(name, name)
        # The owner says in which schema it is, also where it moves.
        return _Scope(kind, None, (where.schema, folded))

    def _schema(self, schema: str | None) -> str | None:
        """Return one name for all those of a schema, ``None`` for the default one."""
        if schema is None or schema == self.bind.default_schema:
            return None
        name = (self._scope(Kind.SCHEMA, None, None), schema)
        return self._schema_groups.get(name, name)[1]

    @cached_property
    def _schema_groups(self) -> Mapping[_Name, _Name]:
        return self._grouped(self.renames.schemas)

    @cached_property
    def _owner_groups(self) -> Mapping[_Name, _Name]:
        return self._grouped((*self.renames.tables, *self.renames.enums))

    @cached_property
    def _groups(self) -> Mapping[_Name, _Name]:
        return self._grouped(self.renames.hints)

    def _grouped(self, hints: Iterable[Hint]) -> Mapping[_Name, _Name]:
        """Return, for each name, the one that stands for all between which hints lead."""
        groups: dict[_Name, list[_Name]] = {}
        for old, new in map(self._ends, hints):
            one, other = groups.setdefault(old, [old]), groups.setdefault(new, [new])
            if one is not other:
                smaller, larger = sorted((one, other), key=len)
                larger += smaller
                groups.update(dict.fromkeys(smaller, larger))
        return {name: group[0] for name, group in groups.items()}

    @cached_property
    def _groups_of_models(self) -> Collection[_Name]:
        return {group for name, group in self._groups.items() if self._has(name)}

    @cached_property
    def _latest(self) -> Mapping[str, _Name]:
        """What is left in the end of each hint's new name, by the places of hints."""
        latest: dict[_Name, _Name] = {}
        found: dict[str, _Name] = {}
        for hint in reversed(self.renames.hints):
            old, new = self._ends(hint)
            found[hint.place] = latest[old] = latest.get(new, new)
        return found

    # --- what the models say ---

    @cached_property
    def _names(self) -> Mapping[_Scope, Mapping[str, str]]:
        found: dict[_Scope, dict[str, str]] = {}
        for kind, schema, owner, names in self._lists():
            known = found.setdefault(self._scope(kind, schema, owner), {})
            known.update((self._rules.fold(kind, name), name) for name in names)
        return found

    def _lists(self) -> Iterator[_Listed]:
        for table in self.bind.metadata.tables.values():
            yield _Listed(Kind.TABLE, table.schema, None, [table.name])
            if table.schema is not None:
                yield _Listed(Kind.SCHEMA, None, None, [table.schema])
            yield from self._lists_of_table(table)
        for sequence in own_sequences(self.bind.metadata):
            yield _Listed(Kind.SEQUENCE, sequence.schema, None, [str(sequence.name)])

    def _lists_of_table(self, table: Table) -> Iterator[_Listed]:
        schema, name, dialect = table.schema, table.name, self.bind.app_engine.dialect
        yield _Listed(Kind.COLUMN, schema, name, [column.name for column in table.columns])
        yield _Listed(Kind.INDEX, schema, name, index_names(table, dialect))
        yield _Listed(Kind.CONSTRAINT, schema, name, constraint_names(table, dialect))
        for enum in enums_of(table):
            yield _Listed(Kind.ENUM, enum.schema, None, [str(enum.name)])
            yield _Listed(Kind.ENUM_VALUE, enum.schema, str(enum.name), enum.enums)
        if sequences := default_sequences(table, dialect):
            yield _Listed(Kind.SEQUENCE, schema, None, sequences)


def _kind_of_owner(kind: Kind) -> Kind:
    """Return what owns things of a kind that belong to something."""
    return Kind.ENUM if kind is Kind.ENUM_VALUE else Kind.TABLE
