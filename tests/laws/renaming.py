"""Renames of what a schema keeps, and the hints that declare them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import tomli_w
from hypothesis import strategies as st

from tests.laws.making import Maker
from tests.laws.names import fold, free_name
from tests.laws.shapes import Schema, Table

TABLES = 0
"""The scope of the tables' hints; that of a table's columns is the table's id."""


@dataclass(frozen=True)
class Hint:
    """A hint, as it stands in the file.

    :param scope: the scope in which the order of hints counts.
    """

    scope: int
    entry: Mapping[str, str]


@dataclass(frozen=True)
class Hints:
    """All hints of a case.

    :param columns_first: the list of columns stands before that of tables.
    """

    tables: tuple[Hint, ...] = ()
    columns: tuple[Hint, ...] = ()
    columns_first: bool = False

    def __bool__(self) -> bool:
        return bool(self.tables or self.columns)

    def toml(self, **settings: Any) -> str:
        """Return a configuration with these hints."""
        lists = {
            "tables": [dict(hint.entry) for hint in self.tables],
            "columns": [dict(hint.entry) for hint in self.columns],
        }
        order = sorted(lists) if self.columns_first else sorted(lists, reverse=True)
        return tomli_w.dumps({**settings, "renames": {name: lists[name] for name in order}})


CHAINS_IN_CYCLES = False
"""Whether a thing that goes round in a cycle has names in between, which nothing else has."""

SPENT = (
    Hint(TABLES, {"from": "zzq1", "to": "zzq2"}),
    Hint(-1, {"table": "zzq3", "from": "zzq4", "to": "zzq5"}),
)
"""Hints of which neither side has anything any more."""


@dataclass(frozen=True)
class Renaming:
    """Renames what two versions of a schema have in common.

    :param maker: made both.
    :param before: the version that the database has.
    :param edited: the models to come, but under the names that the database has.
    """

    maker: Maker
    before: Schema
    edited: Schema

    def after(self) -> Schema:
        """Return the models to come under their names to come."""
        names = self._renamed(
            self.before.names,
            self.edited.names,
            lambda n: any(key.parent == n for key in self._all_foreign_keys()),
        )
        tables = []
        for table in self.edited.tables:
            old = self.before.table(table.id) if table.id in self.before.names else table
            columns = self._renamed(old.names, table.names, self._is_in_key)
            tables.append(table.with_names(names[table.id], columns))
        return replace(self.edited, tables=tuple(tables))

    def _renamed(
        self,
        old: Mapping[int, str],
        now: Mapping[int, str],
        in_key: Callable[[int], bool],
    ) -> Mapping[int, str]:
        """Draw new names for some things of one scope, and old ones for new things.

        :param old: the names in the database.
        :param now: the names of what is kept, and of what is new.
        """
        draw = self.maker.draw
        kept, added = [n for n in now if n in old], [n for n in now if n not in old]
        if not kept or draw(st.integers(0, 2)) == 0:
            return now
        names, chosen = dict(now), draw(st.lists(st.sampled_from(kept), max_size=4, unique=True))
        vacated, taken = (
            [old[n] for n in chosen],
            {fold(name) for name in (*old.values(), *now.values())},
        )
        for n in chosen:
            others = [
                name for name in vacated if name != old[n] and self._may_be_called(name, in_key(n))
            ]
            kind = draw(st.sampled_from(("fresh", "vacated", "vacated", "case")))
            if kind == "vacated" and others:
                names[n] = draw(st.sampled_from(others))
                vacated.remove(names[n])
            elif kind == "case" and old[n] in vacated and old[n].swapcase() != old[n]:
                names[n] = old[n].swapcase()
                vacated.remove(old[n])
            else:
                names[n] = free_name(draw, self.maker.traits, taken, in_key=in_key(n))
            taken.add(fold(names[n]))
        for n in added:
            fitting = [name for name in vacated if self._may_be_called(name, in_key(n))]
            is_reused: bool = draw(st.booleans())
            if fitting and is_reused:
                names[n] = draw(st.sampled_from(fitting))
                vacated.remove(names[n])
        return names

    def _may_be_called(self, name: str, in_key: bool) -> bool:
        return not in_key or fold(name) not in self.maker.traits.misread_in_keys

    def _all_foreign_keys(self) -> Iterator[Any]:
        for table in (*self.before.tables, *self.edited.tables):
            yield from table.foreign_keys

    def _is_in_key(self, column: int) -> bool:
        found = [key.columns + key.parent_columns for key in self._all_foreign_keys()]
        for table in (*self.before.tables, *self.edited.tables):
            found += [
                table.primary_key,
                *(key.columns for key in table.keys if key.kind != "check"),
            ]
        return any(column in columns for columns in found)


@dataclass(frozen=True)
class Declaring:
    """Declares the renames between two versions of a schema.

    :param maker: made both.
    """

    maker: Maker
    before: Schema
    after: Schema

    def hints(self) -> Hints:
        """Draw hints: one for each rename, or a chain of them, in an order that says the same."""
        names = self._earlier_names(self.before.names, self.after.names)
        tables = self._scope(TABLES, {}, names)
        taken = [fold(name) for found in names.values() for name in set(found)]
        scopes: list[list[Hint]] = []
        for table in self.after.tables:
            if table.id not in self.before.names:
                continue
            new_name = table.name
            fitting = [
                name for name in names[table.id] if name == new_name or taken.count(fold(name)) == 1
            ]
            own = self._earlier_names(self.before.table(table.id).names, table.names)
            scopes.append(self._scope(table.id, {"table": fitting}, own))
        columns = self._merged(scopes)
        return Hints(tuple(tables), tuple(columns), self.maker.draw(st.booleans()))

    def shuffled(self, hints: Hints) -> Hints:
        """Return hints in another order of kinds and scopes, with some that are spent."""
        by_scope: dict[int, list[Hint]] = {}
        for hint in (*hints.columns, SPENT[1]):
            by_scope.setdefault(hint.scope, []).append(hint)
        columns = self._merged(list(by_scope.values()))
        tables = (SPENT[0], *hints.tables)
        return Hints(tables, tuple(columns), not hints.columns_first)

    def _earlier_names(
        self, old: Mapping[int, str], new: Mapping[int, str]
    ) -> Mapping[int, Sequence[str]]:
        """Draw the names that each thing has had, the last one being the new one."""
        draw = self.maker.draw
        taken = {fold(name) for name in (*old.values(), *new.values())}
        found: dict[int, Sequence[str]] = {}
        for n in new:
            if n not in old:
                continue
            names = [old[n]] if old[n] == new[n] else [old[n], new[n]]
            may_have_more = CHAINS_IN_CYCLES or not _goes_round(n, old, new)
            if old[n] != new[n] and may_have_more and draw(st.integers(0, 4)) == 4:
                names.insert(1, free_name(draw, self.maker.traits, taken, in_key=True))
                taken.add(fold(names[1]))
            # Two hints to one name are an error, also where the first one is done.
            if old[n] not in set(new.values()) - {new[n]} and draw(st.integers(0, 9)) == 9:
                names.insert(0, free_name(draw, self.maker.traits, taken, in_key=True))
            taken |= {fold(name) for name in names}
            found[n] = names
        for n in (set(new) | set(old)) - set(found):
            found[n] = [new.get(n) or old[n]]
        return found

    def _scope(
        self,
        scope: int,
        owners: Mapping[str, Sequence[str]],
        names: Mapping[int, Sequence[str]],
    ) -> list[Hint]:
        """Declare what happened in one scope; each thing's own hints stay in order."""
        chains = []
        for found in names.values():
            chain = []
            for old, new in pairwise(found):
                owner = {key: self.maker.draw(st.sampled_from(o)) for key, o in owners.items()}
                chain.append(Hint(scope, {**owner, "from": old, "to": new}))
            chains.append(chain)
        return self._merged(chains)

    def _merged(self, chains: Sequence[list[Hint]]) -> list[Hint]:
        """Put lists together, the order within each kept."""
        queues = [deque(chain) for chain in chains]
        turns = [n for n, chain in enumerate(chains) for _ in chain]
        return [queues[n].popleft() for n in self.maker.draw(st.permutations(turns))]


def tables_of_both(before: Schema, after: Schema) -> Iterator[tuple[Table, Table]]:
    """Give the two versions of each table that is kept."""
    for table in after.tables:
        if table.id in before.names:
            yield before.table(table.id), table


def _goes_round(start: int, old: Mapping[int, str], new: Mapping[int, str]) -> bool:
    """Tell whether a thing takes another's name, that one the next one's, and the last its own."""
    owners = {fold(name): n for n, name in old.items() if n in new}
    n = start
    for _ in old:
        taken = owners.get(fold(new[n]))
        if taken is None or taken == start:
            return taken == start
        n = taken
    return False
