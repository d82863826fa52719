"""The order in which things get other names, so that each name is free when it is its turn."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from flask_migrate_decl.renames.moves import Move, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from flask_migrate_decl.renames.hints import Kind
    from flask_migrate_decl.renames.names import NameRules

Key = TypeVar("Key", bound="Hashable")


class Place(NamedTuple):
    """A name, and the schema and the table or type that it is in."""

    schema: str | None
    owner: str | None
    name: str


@dataclass(frozen=True)
class ScopeSteps:
    """The steps of moves of one kind, whose names must differ from one another.

    :param in_use: whether a name is borne before the plan, in a schema and an owner, by whatever
        shares names with a kind.
    """

    moves: tuple[Move, ...]
    rules: NameRules
    in_use: Callable[[Kind, str | None, str | None, str], bool]

    def ordered(self) -> Iterator[Step]:
        """Give the steps one after another."""
        spare = self._spare_places()
        movers = {Place(move.schema, move.owner, move.old): move for move in self.moves}
        ends = {
            place: Place(move.new_key[0], move.owner, move.new) for place, move in movers.items()
        }
        for old, new in in_order(ends, self._slot, spare):
            move = movers.pop(old)
            movers[new] = move
            yield from self._steps(move, old, new, spare)

    @property
    def _kind(self) -> Kind:
        return self.moves[0].kind

    def _slot(self, place: Place) -> Place:
        """Return a form that is equal for names of which there can be but one."""
        owner = None if self._kind in self.rules.shared_in_schema else place.owner
        return Place(place.schema, owner, self.rules.fold(self._kind, place.name))

    def _steps(
        self, move: Move, old: Place, new: Place, spare: Callable[[Place], Place]
    ) -> Iterator[Step]:
        """Split what a database does one after the other: another name, and another schema."""
        if old.schema == new.schema or old.name == new.name:
            yield Step(old.name, new.name, old.schema, new.schema, move)
            return
        between = new.name
        if not self._is_free(old._replace(name=between)):
            between = spare(old).name
        yield Step(old.name, between, old.schema, old.schema, move)
        yield Step(between, between, old.schema, new.schema, move)
        if between != new.name:
            yield Step(between, new.name, new.schema, new.schema, move)

    def _spare_places(self) -> Callable[[Place], Place]:
        """Return what gives names that nothing bears, and that every database takes."""
        numbers = count(1)
        schemas = {schema for move in self.moves for schema in (move.schema, move.new_key[0])}

        def spare(place: Place) -> Place:
            for number in numbers:
                found = place._replace(name=f"renamed_{number}")
                if all(self._is_free(found._replace(schema=schema)) for schema in schemas):
                    return found
            raise AssertionError

        return spare

    def _is_free(self, place: Place) -> bool:
        """Tell whether nothing bears a name, be it before the moves or after them."""
        slots = {
            self._slot(end)
            for move in self.moves
            for end in (
                Place(move.schema, move.owner, move.old),
                Place(move.new_key[0], move.owner, move.new),
            )
        }
        owners = {move.owner for move in self.moves}
        return self._slot(place) not in slots and not any(
            self.in_use(self._kind, place.schema, owner, place.name) for owner in owners
        )


def in_order(
    targets: Mapping[Key, Key], fold: Callable[[Key], Key], spare: Callable[[Key], Key]
) -> Iterator[tuple[Key, Key]]:
    """Give the renames one after another, so that each new name is free when it is its turn.

    What goes round in a circle goes through a spare name, and so does what the database takes for
    its own name.

    :param targets: old names to new names, which are all different.
    :param fold: gives a form in which two names of one thing are equal.
    :param spare: gives a free name for something of an old name.
    """
    left = dict(targets)
    owners = {fold(old): old for old in left}
    while left:
        chain = [next(iter(left))]
        while (blocker := owners.get(fold(left[chain[-1]]))) in left and blocker not in chain:
            chain.append(blocker)
        first, is_circle = chain[0], blocker in left
        if is_circle:
            between = spare(first)
            yield first, between
            for old in reversed(chain[1:]):
                yield old, left.pop(old)
            yield between, left.pop(first)
        else:
            for old in reversed(chain):
                yield old, left.pop(old)
