"""The names of a database or of models, from dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_migrate_decl.renames import Ability, Catalog, Kind, NameRules, TableKey

Owned = Mapping[str, Sequence[str]]
"""Names by the table or type that they belong to, which may have its schema before a dot."""


def key_of(name: str) -> TableKey:
    """Split ``schema.name``."""
    schema, _, plain = name.rpartition(".")
    return schema or None, plain


@dataclass
class Names:
    """What a database has, or what models ask for.

    :param tables: with their columns.
    :param enums: with their labels.
    :param taken: names that something of another kind bears, with what that is.
    :param parents: the tables from which a table inherits.
    :param abilities: how a kind is renamed, where that is not by the database itself.
    """

    tables: Owned = field(default_factory=dict)
    indexes: Owned = field(default_factory=dict)
    constraints: Owned = field(default_factory=dict)
    enums: Owned = field(default_factory=dict)
    sequences: Sequence[str] = ()
    schemas: Sequence[str] = ()
    taken: Mapping[str, str] = field(default_factory=dict)
    parents: Owned = field(default_factory=dict)
    abilities: Mapping[Kind, Ability] = field(default_factory=dict)
    uncompared: Sequence[str] = ()

    def catalog(self, rules: NameRules | None = None) -> Catalog:
        """Return them as the engine asks for them."""
        owned = {
            Kind.COLUMN: self.tables,
            Kind.INDEX: self.indexes,
            Kind.CONSTRAINT: self.constraints,
            Kind.ENUM_VALUE: self.enums,
        }
        plain: dict[Kind, Sequence[str]] = {
            Kind.TABLE: list(self.tables),
            Kind.ENUM: list(self.enums),
            Kind.SEQUENCE: self.sequences,
        }

        def names(kind: Kind, schema: str | None, owner: str | None) -> Sequence[str]:
            if kind is Kind.SCHEMA:
                return self.schemas
            if owner is None:
                return [name for of, name in map(key_of, plain[kind]) if of == schema]
            of_owner = {key_of(name): found for name, found in owned[kind].items()}
            return of_owner.get((schema, owner), ())

        parents = {key_of(heir): [*map(key_of, of)] for heir, of in self.parents.items()}
        return Catalog(
            names,
            rules or NameRules(),
            (None, *self.schemas),
            lambda _schema, table: table not in self.uncompared,
            taken=lambda _kind, _schema: self.taken,
            parents=lambda schema, table: parents.get((schema, table), ()),
            ability=lambda kind, *_thing: self.abilities.get(kind, Ability()),
        )
