"""Which table of the database and which of the models a hint of a column or an index means."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.renames.hints import key_ends, qualified
from flask_migrate_decl.renames.log import exchanged_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flask_migrate_decl.renames.hints import OwnedHint
    from flask_migrate_decl.renames.mapping import TableKey
    from flask_migrate_decl.renames.moves import Move
    from flask_migrate_decl.renames.scopes import Scope


@dataclass(frozen=True, slots=True)
class SameTable:
    """A table that is on both sides, under its two names."""

    database: TableKey
    models: TableKey

    def __str__(self) -> str:
        name = f'"{qualified(*self.database)}"'
        if self.database == self.models:
            return name
        return f'{name}, if that is what the models call "{self.models[1]}"'


@dataclass(frozen=True, slots=True)
class TablePair:
    """One table on both sides; a side that has no such table has ``None``."""

    database: TableKey | None
    models: TableKey | None

    @property
    def whole(self) -> SameTable | None:
        """The table, where it is on both sides."""
        if self.database is None or self.models is None:
            return None
        return SameTable(self.database, self.models)


@dataclass(frozen=True)
class TablePairs:
    """Finds tables on both sides, once their own renames are known.

    :param scope: all tables, with the hints of their renames; or all enum types.
    :param moves: those that get another name.
    """

    scope: Scope[TableKey, Any]
    moves: Sequence[Move]

    def meant_by(self, hint: OwnedHint) -> list[TablePair]:
        """Pair the tables that a hint's table name may stand for, those that are there first.

        It is the new name or an earlier one. What bears it afterwards goes before what bore it.
        """
        named = self.scope.fold((hint.schema, hint.owner))
        pairs = dict.fromkeys(map(self._pair, (named, *self._other_names(named))))
        return sorted(pairs, key=lambda pair: pair.database is None and pair.models is None)

    def is_moving(self, hint: OwnedHint) -> bool:
        """Tell whether what has the hint's table name gets another one."""
        return self.scope.fold((hint.schema, hint.owner)) in self._passing

    def new_owner(self, hint: OwnedHint) -> TableKey | None:
        """Return the table that a hint means where it is to be added, ``None`` elsewhere."""
        pairs = self.meant_by(hint)
        if any(pair.whole for pair in pairs):
            return None
        return next((pair.models for pair in pairs if pair.models is not None), None)

    def names_of(self, hint: OwnedHint, table: SameTable | None) -> Iterator[TableKey]:
        """Give the names under which a hint's table may be recorded, as they are spelled.

        :param table: the hint's table, where it is on both sides: it has one name. One that is
            gone has the name that the hint gives it, and the later ones.
        """
        if table is not None:
            yield table.database
            return
        name: TableKey = (hint.schema, hint.owner)
        yield name
        for old, new in map(key_ends, self.scope.hints):
            if self.scope.fold(old) == self.scope.fold(name):
                name = new
                yield name

    def old_key(self, models: TableKey) -> TableKey:
        """Return what the database calls something that will have a key."""
        return self._sources.get(models, models)

    def same_tables(self) -> Iterator[SameTable]:
        """Give every table that is on both sides, by its declared renames."""
        for key in self.scope.models:
            if table := self._pair(self.scope.fold(key)).whole:
                yield table

    def undeclared_tables(self) -> Iterator[SameTable]:
        """Give every table that may be on both sides, by a rename that nobody declared."""
        for old, new in product(self.scope.lost, self.scope.gained):
            if old[0] == new[0]:
                yield SameTable(old, new)

    def _pair(self, folded: TableKey) -> TablePair:
        """Pair the table that bears a name after the renames; else the one that bears it now."""
        models = self.scope.in_models(folded)
        if models is not None and models in self._sources:
            return TablePair(self._sources[models], models)
        database = self.scope.in_database(folded)
        return TablePair(None if database in self._targets else database, models)

    @cached_property
    def _sources(self) -> Mapping[TableKey, TableKey]:
        return {move.new_key: (move.schema, move.old) for move in self.moves}

    @cached_property
    def _targets(self) -> Mapping[TableKey, TableKey]:
        return {old: new for new, old in self._sources.items()}

    def _other_names(self, named: TableKey) -> Iterator[TableKey]:
        """Give the later names of what had a name; else the earlier ones of what is to have it.

        Names that are exchanged say nothing of earlier ones: each is the new name of something.
        """
        states = self.scope.states
        if self.scope.in_models(named) is not None and named in self._exchanged:
            return
        if named in self._passing:
            yield self._passing[named]
            return
        yield from states.reachable(named)
        if self.scope.in_models(named) is None:
            moving = {*states.targets, *states.targets.values()}
            yield from (name for name in self._earlier_names.get(named, ()) if name not in moving)

    @cached_property
    def _exchanged(self) -> set[TableKey]:
        return exchanged_names(self.scope.states.log)

    @cached_property
    def _passing(self) -> Mapping[TableKey, TableKey]:
        """The names that something has on its way from its old name, and its new one."""
        states = self.scope.states
        passing = {
            states.log[position].old: target
            for old, target in states.targets.items()
            for position in states.crossing(old)
        }
        return passing | dict(states.targets)

    @cached_property
    def _earlier_names(self) -> Mapping[TableKey, Sequence[TableKey]]:
        """The names that lead to each name by hints that stand one after another."""
        states = self.scope.states
        found: defaultdict[TableKey, list[TableKey]] = defaultdict(list)
        for link in reversed(states.log):
            for later in states.reachable(link.old):
                found[later].append(link.old)
        return found
