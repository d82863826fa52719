"""The hints of everything but tables and columns, held against a database and the models.

No rows hang on these names, so a hint that may be misspelt is an error only where the names say so.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.renames import reports
from flask_migrate_decl.renames.abilities import Ability, Way
from flask_migrate_decl.renames.hints import Kind, in_owner, key_ends
from flask_migrate_decl.renames.moves import Move
from flask_migrate_decl.renames.names import nearest
from flask_migrate_decl.renames.reports import Facts
from flask_migrate_decl.renames.scopes import Scope, plain_ends
from flask_migrate_decl.renames.settled import settled_hints
from flask_migrate_decl.renames.states import HintReport, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from flask_migrate_decl.renames.hints import Hint, OwnedHint
    from flask_migrate_decl.renames.mapping import TableKey
    from flask_migrate_decl.renames.names import Catalog
    from flask_migrate_decl.renames.pairs import SameTable, TablePairs


@dataclass(frozen=True)
class FlatHints:
    """Decides the state of hints of schemas, enum types and sequences.

    :param recorded: the revision that carried a hint out.
    """

    kind: Kind
    database: Catalog
    models: Catalog
    hints: Sequence[Any]
    recorded: Callable[[Hint], str | None] = field(default=lambda _hint: None)

    def report(self, hint: Any) -> HintReport:
        """Return a hint's state and the reason."""
        return report_in(hint, self.scope, self.database, self.recorded(hint))

    def moves(self) -> Iterator[Move]:
        """Give what gets another name."""
        for change in self.scope.changes():
            (schema, old), (_, new) = change.old, change.new
            if self.database.ability(self.kind, schema, None, old).is_native:
                yield Move(self.kind, old, new, schema, hints=tuple(change.hints))

    @cached_property
    def scope(self) -> Scope[TableKey, Any]:
        """All of the kind, in every compared schema."""
        fold = self.database.rules.fold
        return Scope(
            self.hints,
            _keys(self.database, self.kind),
            _keys(self.models, self.kind),
            key_ends,
            lambda key: (key[0], fold(self.kind, key[1])),
            self.recorded,
        )


@dataclass(frozen=True)
class OwnedHints:
    """Decides the state of hints of indexes, constraints and labels of enum types.

    :param recorded: the revision that carried a hint out, by the present name of its owner.
    """

    kind: Kind
    database: Catalog
    models: Catalog
    hints: Sequence[Any]
    pairs: TablePairs
    recorded: Callable[[Hint, TableKey], str | None] = field(default=lambda _hint, _owner: None)

    def report(self, hint: OwnedHint) -> HintReport:
        """Return a hint's state and the reason."""
        owner = self._owners[hint]
        if owner is None:
            pair = self.pairs.meant_by(hint)[0]
            return reports.harmless(hint, State.SPENT if pair.models is None else State.APPLIED)
        revision = self.recorded(hint, owner.database)
        report = report_in(hint, self._scopes[owner], self.database, revision, owner)
        return replace(report, hint=in_owner(hint, owner.models))

    def owner_names(self, hint: OwnedHint) -> Iterator[TableKey]:
        """Give the names under which the hint's owner may be recorded."""
        return self.pairs.names_of(hint, self._owners[hint])

    def moves(self) -> Iterator[Move]:
        """Give what gets another name."""
        for owner, scope in self._scopes.items():
            for change in scope.changes():
                if self.database.ability(self.kind, *owner.database, change.old).is_native:
                    yield Move(
                        self.kind, change.old, change.new, *owner.models, hints=tuple(change.hints)
                    )

    def settled(self) -> Iterator[OwnedHint]:
        """Give the hints that take no rename, and still have to be known as done afterwards.

        They exchange names which are all to be added, or of things that are made anew.
        """
        yield from settled_hints(self.hints, self._scopes, self.pairs, self._new_scope)
        for owner, scope in self._scopes.items():
            for change in scope.changes():
                ability = self.database.ability(self.kind, *owner.database, change.old)
                if ability.way is Way.RECREATED:
                    yield from (in_owner(hint, owner.models) for hint in change.hints)

    @cached_property
    def _owners(self) -> Mapping[OwnedHint, SameTable | None]:
        return {hint: self._owner(hint) for hint in self.hints}

    def _owner(self, hint: OwnedHint) -> SameTable | None:
        """Find the hint's owner on both sides: of several, one that has one of the names."""
        whole = [owner for pair in self.pairs.meant_by(hint) if (owner := pair.whole)]
        recorded = [owner for owner in whole if self.recorded(hint, owner.database)]
        having = [
            owner
            for name in (hint.old, hint.new)
            for owner in whole
            if self.database.find(self.kind, *owner.database, name) is not None
        ]
        return next(iter((*recorded, *having, *whole)), None)

    @cached_property
    def _scopes(self) -> Mapping[SameTable, Scope[str, Any]]:
        by_owner: defaultdict[SameTable, list[OwnedHint]] = defaultdict(list)
        for hint, owner in self._owners.items():
            if owner is not None:
                by_owner[owner].append(hint)
        return {owner: self._scope(owner, hints) for owner, hints in by_owner.items()}

    def _new_scope(self, key: TableKey, hints: Sequence[OwnedHint]) -> Scope[str, Any]:
        fold, names = self.database.rules.fold, self.models.names(self.kind, *key)
        return Scope(hints, [], names, plain_ends, lambda name: fold(self.kind, name))

    def _scope(self, owner: SameTable, hints: Sequence[OwnedHint]) -> Scope[str, Any]:
        fold = self.database.rules.fold
        return Scope(
            hints,
            self.database.names(self.kind, *owner.database),
            self.models.names(self.kind, *owner.models),
            plain_ends,
            lambda name: fold(self.kind, name),
            lambda hint: self.recorded(hint, owner.database),
        )


def report_in(
    hint: Hint,
    scope: Scope[Any, Any],
    database: Catalog,
    revision: str | None,
    owner: SameTable | None = None,
) -> HintReport:
    """Return a hint's state in its scope, and the reason.

    :param revision: the one that carried it out.
    """
    place = owner.database if owner else (hint.schema, None)
    ability = database.ability(hint.kind, place[0], place[1], hint.old)
    if ability.way is Way.ABSENT:
        return reports.not_kept(hint, ability.reason)
    if earlier := scope.doubled.get(hint):
        return reports.doubled(hint, earlier)
    state, is_old_there = scope.state(hint), scope.in_database(scope.ends(hint)[0]) is not None
    if state is State.PENDING:
        return _pending(hint, database, ability)
    if state is State.CONTRADICTED:
        return reports.contradicted(hint, Facts(is_old_there, hint.kind.value.replace("_", " ")))
    if revision:
        return reports.recorded(hint, revision)
    if state is State.UNDECIDED:
        return reports.undecided(hint)
    if state is State.UNMATCHED:
        return _unmatched(hint, scope, is_old_there=is_old_there)
    return reports.harmless(hint, state)


def _pending(hint: Hint, database: Catalog, ability: Ability) -> HintReport:
    if ability.way is Way.RECREATED:
        return HintReport(hint, State.PENDING, "the database has the old name", way=ability.reason)
    if ability.way is Way.IMPOSSIBLE:
        return reports.unable(hint, ability.reason, ability.help)
    return reports.pending(hint, database)


def _unmatched(hint: Hint, scope: Scope[Any, Any], *, is_old_there: bool) -> HintReport:
    """Report a hint of which a name is missing: the new one in the models, or both in the database.

    Where the new name is that of something else that is added, nothing is wrong.
    """
    noun = hint.kind.noun
    if is_old_there:
        message = f'the models have no {noun} "{hint.new}"'
        return reports.new_name_missing(hint, message, _plain(scope.models))
    lost = _plain(scope.lost)
    if nearest(hint.old, lost):
        return reports.old_name_missing(hint, f'the database has no {noun} "{hint.old}"', lost)
    return HintReport(hint, State.APPLIED, f'the database has no {noun} "{hint.old}"')


def _plain(names: Sequence[Any]) -> list[str]:
    """Return names without their schemas."""
    return [name if isinstance(name, str) else name[1] for name in names]


def _keys(catalog: Catalog, kind: Kind) -> list[TableKey]:
    if kind is Kind.SCHEMA:
        return [(None, name) for name in catalog.names(kind, None, None)]
    return [
        (schema, name) for schema in catalog.schemas for name in catalog.names(kind, schema, None)
    ]
