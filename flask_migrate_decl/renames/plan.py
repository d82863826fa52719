"""What gets another name, and the steps by which it does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from flask_migrate_decl.renames.hints import Kind, qualified
from flask_migrate_decl.renames.mapping import NameMap, TableKey

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from flask_migrate_decl.renames.hints import Hint
    from flask_migrate_decl.renames.names import NameRules

Key = TypeVar("Key", bound="Hashable")


@dataclass(frozen=True, slots=True)
class Move:
    """Something that gets another name, or a table that moves to another schema.

    :param schema: its schema, ``None`` for the default one, by the schema's new name.
    :param owner: the new name of the table or enum type that it belongs to.
    :param new_schema: of a table: the schema in which it is afterwards.
    :param hints: the hints that say so; none where the name follows that of something else.
    :param comes_along: the database renames it by itself, together with what it inherits it from.
    """

    kind: Kind
    old: str
    new: str
    schema: str | None = None
    owner: str | None = None
    new_schema: str | None = None
    hints: tuple[Hint, ...] = field(default=(), compare=False)
    comes_along: bool = False

    @property
    def new_key(self) -> TableKey:
        """The new schema and name."""
        return (self.new_schema if self.kind is Kind.TABLE else self.schema), self.new

    def __str__(self) -> str:
        owner = f"{self.owner}." if self.owner else ""
        new = self.new
        if self.kind is Kind.TABLE and self.new_schema != self.schema:
            new = qualified(self.new_schema, self.new)
        return f"{self.kind.noun} {qualified(self.schema, owner + self.old)} → {new}"


@dataclass(frozen=True, slots=True)
class Step:
    """One rename to be carried out.

    :param old: the name before the step, which may be a temporary one, and so may ``new``.
    :param move: what the step is part of.
    """

    old: str
    new: str
    schema: str | None
    new_schema: str | None
    move: Move

    @property
    def kind(self) -> Kind:
        """What is renamed."""
        return self.move.kind

    @property
    def owner(self) -> str | None:
        """The table or enum type that it belongs to."""
        return self.move.owner

    @property
    def finishes(self) -> bool:
        """Whether the move is done with this step."""
        return (self.new_schema, self.new) == self.move.new_key

    def __str__(self) -> str:
        step = Move(self.kind, self.old, self.new, self.schema, self.owner, self.new_schema)
        return str(step) if self.finishes else f"{step}, for a while"


@dataclass(frozen=True)
class RenamePlan:
    """The renames to carry out on one database.

    :param rules: how the database compares names.
    :param in_use: whether a name is borne before the plan, in a schema and an owner, by whatever
        shares names with a kind.
    """

    moves: tuple[Move, ...]
    rules: NameRules
    in_use: Callable[[Kind, str | None, str | None, str], bool] = lambda *_names: False

    def __bool__(self) -> bool:
        return bool(self.moves)

    def with_moves(self, moves: Iterable[Move]) -> RenamePlan:
        """Return a plan with more moves."""
        return replace(self, moves=(*self.moves, *moves))

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in the order in which they are carried out."""
        scopes: defaultdict[tuple[object, ...], list[Move]] = defaultdict(list)
        for kind in Kind:
            for move in self.moves:
                if move.kind is kind and not move.comes_along:
                    # Tables may move from schema to schema, and so are one scope.
                    schema = None if kind is Kind.TABLE else move.schema
                    scopes[kind, schema, move.owner].append(move)
        return tuple(step for moves in scopes.values() for step in self._ordered(moves))

    @property
    def touched_tables(self) -> frozenset[TableKey]:
        """The tables that are renamed or have something renamed in them, by their new names."""
        return frozenset(
            move.new_key if move.kind is Kind.TABLE else (move.schema, str(move.owner))
            for move in self.moves
            if move.kind in (Kind.TABLE, Kind.COLUMN, Kind.CONSTRAINT, Kind.INDEX)
        )

    def explained(self) -> Iterator[str]:
        """Word the steps, one line each, in their order."""
        for step in self.steps:
            yield f"rename {step}"

    @property
    def names(self) -> NameMap:
        """The names after the plan, seen from the names before it."""
        owned: defaultdict[Kind, defaultdict[TableKey, dict[str, str]]]
        owned = defaultdict(lambda: defaultdict(dict))
        plain: defaultdict[Kind, dict[TableKey, TableKey]] = defaultdict(dict)
        for move in self.moves:
            if move.owner is None:
                plain[move.kind][move.schema, move.old] = move.new_key
            else:
                owned[move.kind][move.schema, move.owner][move.old] = move.new
        return NameMap(
            tables=plain[Kind.TABLE],
            columns=owned[Kind.COLUMN],
            indexes=owned[Kind.INDEX],
            constraints=owned[Kind.CONSTRAINT],
            enums=plain[Kind.ENUM],
            labels=owned[Kind.ENUM_VALUE],
            sequences=plain[Kind.SEQUENCE],
            schemas={old: new for (_, old), (_, new) in plain[Kind.SCHEMA].items()},
        )

    def _ordered(self, moves: Sequence[Move]) -> Iterator[Step]:
        by_key = {(move.schema, move.old): move for move in moves}
        spare = self._spare_names(moves)
        ends = {key: move.new_key for key, move in by_key.items()}
        sources: dict[TableKey, Move] = {}
        for old, new in in_order(ends, self._fold(moves[0].kind), spare):
            move = sources.pop(old, None) or by_key[old]
            sources[new] = move
            yield from self._steps_of(move, old, new, spare)

    def _fold(self, kind: Kind) -> Callable[[TableKey], TableKey]:
        return lambda key: (key[0], self.rules.fold(kind, key[1]))

    def _steps_of(
        self, move: Move, old: TableKey, new: TableKey, spare: Callable[[TableKey], TableKey]
    ) -> Iterator[Step]:
        """Split what a database does one after the other: another name, and another schema."""
        (old_schema, old_name), (new_schema, new_name) = old, new
        if old_schema == new_schema or old_name == new_name:
            yield Step(old_name, new_name, old_schema, new_schema, move)
            return
        between = new_name
        if self.in_use(move.kind, old_schema, move.owner, new_name):
            _, between = spare(old)
        yield Step(old_name, between, old_schema, old_schema, move)
        yield Step(between, between, old_schema, new_schema, move)
        if between != new_name:
            yield Step(between, new_name, new_schema, new_schema, move)

    def _spare_names(self, moves: Sequence[Move]) -> Callable[[TableKey], TableKey]:
        """Return what gives names that nothing bears, and that every database takes."""
        kind, owner = moves[0].kind, moves[0].owner
        used = {name for move in moves for name in (move.old, move.new)}
        schemas = {schema for move in moves for schema in (move.schema, move.new_key[0])}
        numbers = count(1)

        def is_free(name: str) -> bool:
            return name not in used and not any(
                self.in_use(kind, schema, owner, name) for schema in schemas
            )

        def spare(key: TableKey) -> TableKey:
            names = (f"renamed_{number}" for number in numbers)
            return key[0], next(filter(is_free, names))

        return spare


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
