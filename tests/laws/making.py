"""Strategies that make schemas up."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from tests.laws.databases import Traits
from tests.laws.names import fold, free_name
from tests.laws.shapes import (
    KEY_TYPES,
    LONG_CONVENTION,
    PLAIN_CONVENTION,
    TYPES,
    Column,
    ForeignKey,
    Key,
    Schema,
    Table,
)

INDEXED_TYPES = frozenset(TYPES) - {"text", "binary"}
CHECKED_TYPES = frozenset({"integer", "big", "numeric", "precise"})


@dataclass
class Maker:
    """Draws the parts of a schema, each with an id of its own.

    :param convention: the naming convention of the schema.
    """

    draw: st.DrawFn
    traits: Traits
    convention: dict[str, str] | None = None
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def schema(self) -> Schema:
        """Draw a schema."""
        choices = (None, PLAIN_CONVENTION, LONG_CONVENTION)
        self.convention = self.draw(st.sampled_from(choices))
        schema = Schema((), self.convention)
        for _ in range(self.draw(st.integers(2, 6))):
            schema = replace(schema, tables=(*schema.tables, self.table(schema)))
        return schema

    def table(self, schema: Schema) -> Table:
        """Draw a table that may point to those of a schema."""
        taken = {fold(name) for name in schema.names.values()}
        number = next(self._ids)
        name = free_name(self.draw, self.traits, taken, in_key=True)
        table = Table(
            number, name, (), (), comment=self.comment(), rows=self.draw(st.integers(0, 3))
        )
        parents = list(schema.tables)
        if parents and self.draw(st.integers(0, 4)) == 4:
            table = self._with_parents_as_key(table, parents)
        else:
            table = self._with_own_key(table)
        for _ in range(self.draw(st.integers(1, 4))):
            table = replace(table, columns=(*table.columns, self.column(table)))
        points_to_itself: bool = self.draw(st.booleans())
        if parents or points_to_itself:
            for _ in range(self.draw(st.integers(0, 2))):
                table = self._with_foreign_key(table, [*parents, table])
        for _ in range(self.draw(st.integers(0, 3))):
            table = self.with_key(table)
        return table

    def column(self, table: Table, *, types: Sequence[str] = tuple(TYPES)) -> Column:
        """Draw a column for a table."""
        chosen = self.draw(st.sampled_from(types))
        nullable = self.draw(st.booleans())
        return Column(
            next(self._ids),
            self.column_name(table, in_key=False),
            chosen,
            nullable=nullable,
            has_nulls=nullable and self.draw(st.booleans()),
            default=TYPES[chosen].default is not None and self.draw(st.booleans()),
            comment=self.comment(),
        )

    def column_name(self, table: Table, *, in_key: bool) -> str:
        """Draw a name that no column of a table has."""
        taken = {fold(name) for name in table.names.values()}
        return free_name(self.draw, self.traits, taken, in_key=in_key)

    def comment(self) -> str | None:
        """Draw a comment, where the database has such."""
        if not self.traits.has_comments:
            return None
        return self.draw(st.sampled_from((None, None, None, '100% of it\'s "words"')))

    def with_key(self, table: Table) -> Table:
        """Return a table with one unique constraint, index or check more, if one can be found."""
        kind = self.draw(st.sampled_from(("index", "unique", "unique index", "check")))
        fitting = [column.id for column in table.columns if self._can_have(table, column, kind)]
        if not fitting:
            return table
        limit = 1 if kind == "check" else 2
        columns = self.draw(
            st.lists(st.sampled_from(fitting), min_size=1, max_size=limit, unique=True)
        )
        others = [key.columns for key in table.keys] + [table.primary_key]
        if tuple(columns) in others:
            return table
        key = Key(next(self._ids), kind, tuple(columns), None)
        needs_name = kind == "check" or any(_would_clash(key, other) for other in table.keys)
        if needs_name or self.draw(st.booleans()):
            key = replace(key, name=f"key_{key.id}")
        return replace(table, keys=(*table.keys, key))

    def _can_have(self, table: Table, column: Column, kind: str) -> bool:
        is_primary = column.id in table.primary_key
        is_foreign = any(column.id in key.columns for key in table.foreign_keys)
        if kind == "check":
            # MariaDB has none on a column that counts up, or that a foreign key's action changes.
            return column.type in CHECKED_TYPES and not is_foreign and not is_primary
        if fold(column.name) in self.traits.misread_in_keys:
            return False
        is_distinct = TYPES[column.type].is_distinct and not is_foreign
        return column.type in INDEXED_TYPES and (kind == "index" or is_distinct)

    # --- keys of tables ---

    def _with_own_key(self, table: Table) -> Table:
        types = self.draw(
            st.sampled_from(
                (("integer",), ("integer",), ("string",), ("big",), ("integer", "string"))
            )
        )
        for chosen in types:
            name = self.column_name(table, in_key=True)
            column = Column(next(self._ids), name, chosen, nullable=False, comment=self.comment())
            table = replace(
                table,
                columns=(*table.columns, column),
                primary_key=(*table.primary_key, column.id),
            )
        return table

    def _with_parents_as_key(self, table: Table, parents: Sequence[Table]) -> Table:
        """Let a table's rows be of as many other rows: one to one, or many to many."""
        chosen = self.draw(st.lists(st.sampled_from(parents), min_size=1, max_size=2))
        for parent in chosen:
            table, columns = self._pointing(table, parent, parent.primary_key, nullable=False)
            table = replace(
                table,
                primary_key=(*table.primary_key, *columns),
                rows=min(table.rows, parent.rows),
            )
        return table

    def _with_foreign_key(self, table: Table, parents: Sequence[Table]) -> Table:
        parent = self.draw(st.sampled_from(parents))
        targets = [parent.primary_key, *self._unique_targets(parent)]
        target = self.draw(st.sampled_from(targets))
        nullable = self.draw(st.booleans())
        table, _ = self._pointing(table, parent, target, nullable=nullable)
        if parent.rows == 0 and not nullable and parent.id != table.id:
            table = replace(table, rows=0)
        return table

    def _unique_targets(self, parent: Table) -> Iterator[tuple[int, ...]]:
        for key in parent.keys:
            columns = [parent.column(n) for n in key.columns]
            if key.kind == "unique" and all(
                column.type in KEY_TYPES and not column.nullable for column in columns
            ):
                yield key.columns

    def _pointing(
        self, table: Table, parent: Table, target: tuple[int, ...], *, nullable: bool
    ) -> tuple[Table, tuple[int, ...]]:
        """Return a table with new columns that point to another one."""
        has_nulls = nullable and self.draw(st.booleans())
        made: list[int] = []
        for column in target:
            own = Column(
                next(self._ids),
                self.column_name(table, in_key=True),
                parent.column(column).type,
                nullable=nullable,
                has_nulls=has_nulls,
            )
            made.append(own.id)
            table = replace(table, columns=(*table.columns, own))
        number = next(self._ids)
        actions = (None, "CASCADE", "SET NULL") if nullable else (None, "CASCADE")
        firsts = [key.columns[0] for key in table.foreign_keys]
        named = self.draw(st.booleans()) or made[0] in firsts
        key = ForeignKey(
            number,
            tuple(made),
            parent.id,
            target,
            self.draw(st.sampled_from(actions)),
            f"fk_{number}" if named else None,
        )
        return replace(table, foreign_keys=(*table.foreign_keys, key)), tuple(made)


def _would_clash(one: Key, other: Key) -> bool:
    """Tell whether a convention that knows the first column only gives two keys one name."""
    are_indexes = "index" in one.kind and "index" in other.kind
    same_kind = one.kind == other.kind or are_indexes
    return other.name is None and same_kind and one.columns[0] == other.columns[0]
