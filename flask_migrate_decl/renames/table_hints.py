"""The hints of tables, held against a database and the models."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.renames import reports
from flask_migrate_decl.renames.hints import Kind, key_ends
from flask_migrate_decl.renames.moves import Move
from flask_migrate_decl.renames.names import Exchange, nearest
from flask_migrate_decl.renames.reports import Facts
from flask_migrate_decl.renames.scopes import Scope
from flask_migrate_decl.renames.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from flask_migrate_decl.renames.hints import TableRename
    from flask_migrate_decl.renames.mapping import TableKey
    from flask_migrate_decl.renames.names import Catalog
    from flask_migrate_decl.renames.states import HintReport


@dataclass(frozen=True)
class TableHints:
    """Decides the state of hints of tables.

    :param recorded: the revision that carried a hint out, by the table's present name.
    """

    database: Catalog
    models: Catalog
    hints: Sequence[TableRename]
    recorded: Callable[[TableRename], str | None] = field(default=lambda _hint: None)

    def report(self, hint: TableRename) -> HintReport:
        """Return a hint's state and the reason."""
        state, lost = self.scope.state(hint), self._lost_tables(hint.schema)
        if state is State.UNMATCHED and not self._in_database(hint) and not lost:
            state = State.APPLIED
        if state is State.PENDING:
            return self._pending(hint)
        if state is State.CONTRADICTED:
            facts = Facts(self._in_database(hint), "tables", "rows")
            return reports.contradicted(hint, facts)
        if revision := self.recorded(hint):
            return reports.recorded(hint, revision)
        if state is State.UNDECIDED:
            return reports.undecided(hint)
        if (state is State.UNMATCHED and self._in_database(hint)) or self._new_name_looks_misspelt(
            hint, state
        ):
            known = self.models.table_names(hint.new_schema)
            return reports.new_name_missing(hint, f'no model has the table "{hint.new}"', known)
        if state is State.UNMATCHED or self._old_name_looks_misspelt(hint, state):
            message = f'the database has no table "{hint.old}", and would lose'
            return reports.old_name_missing(hint, f"{message} {reports.quoted(lost)}", lost)
        return self._unless_meant_elsewhere(hint, state)

    def moves(self) -> Iterator[Move]:
        """Give the tables that get another name or schema."""
        for change in self.scope.changes():
            (schema, old), (new_schema, new) = change.old, change.new
            yield Move(
                Kind.TABLE, old, new, schema, new_schema=new_schema, hints=tuple(change.hints)
            )

    def would_rename(self, hint: TableRename) -> bool:
        """Tell whether a hint fits here and no hint of this database speaks of its tables."""
        old, new = (self.scope.fold(end) for end in key_ends(hint))
        gained = self._gained.get(new)
        if old not in self._lost or gained is None or not self.models.is_compared(*gained):
            return False
        return not {old, new} & self._spoken_of

    @cached_property
    def scope(self) -> Scope[TableKey, TableRename]:
        """All tables of the compared schemas: one may move from one schema to another."""
        fold = self.database.rules.fold_table
        return Scope(
            self.hints,
            _keys(self.database),
            _keys(self.models),
            key_ends,
            lambda key: (key[0], fold(key[1])),
            self.recorded,
        )

    def _pending(self, hint: TableRename) -> HintReport:
        ability = self.database.ability(Kind.TABLE, hint.schema, None, hint.old)
        if hint.new_schema != hint.schema and not ability.is_native:
            return reports.unable(hint, ability.reason, ability.help)
        return reports.pending(hint, self.database)

    def _in_database(self, hint: TableRename) -> bool:
        return self.database.find_table(hint.schema, hint.old) is not None

    def _new_name_looks_misspelt(self, hint: TableRename, state: State) -> bool:
        """Tell whether an early hint may mean a new table, beside one that takes the old name."""
        if state is not State.EARLY or not nearest(hint.new, self._gained_tables(hint.new_schema)):
            return False
        database = self.database.find_table(hint.schema, hint.old)
        models = self.models.find_table(hint.schema, hint.old)
        if database is None or models is None:
            return False
        return any(
            self.models.find_column(hint.schema, models, column) is None
            for column in self.database.column_names(hint.schema, database)
        )

    def _old_name_looks_misspelt(self, hint: TableRename, state: State) -> bool:
        """Tell whether a hint with nothing to do may mean a table that would be dropped."""
        if state not in (State.SPENT, State.APPLIED) or self.scope.in_models(key_ends(hint)[1]):
            return False
        exchange = Exchange(
            self._lost_tables(hint.schema),
            self._gained_tables(hint.new_schema),
            self.database.rules.fold_table,
        )
        others = [other for other in self.hints if other.schema == hint.schema]
        return exchange.is_meant_by(hint.old, hint.new, [other.old for other in others])

    @cached_property
    def _lost(self) -> Mapping[TableKey, TableKey]:
        return {self.scope.fold(key): key for key in self.scope.lost}

    @cached_property
    def _gained(self) -> Mapping[TableKey, TableKey]:
        return {self.scope.fold(key): key for key in self.scope.gained}

    @cached_property
    def _spoken_of(self) -> set[TableKey]:
        return {self.scope.fold(end) for hint in self.hints for end in key_ends(hint)}

    @cached_property
    def _lost_tables(self) -> Callable[[str | None], list[str]]:
        """The tables of a schema that would be dropped."""
        return cache(lambda schema: _compared(self.database, schema, self._lost.values()))

    @cached_property
    def _gained_tables(self) -> Callable[[str | None], list[str]]:
        """The tables of a schema that would be created."""
        return cache(lambda schema: _compared(self.models, schema, self._gained.values()))

    def _unless_meant_elsewhere(self, hint: TableRename, state: State) -> HintReport:
        """Report a hint with nothing to do, unless there is something in another schema."""
        for schema in self.database.schemas:
            if schema != hint.schema and self.would_rename(replace(hint, schema=schema)):
                return reports.of_other_schema(hint, schema)
        return reports.harmless(hint, state)


def _compared(catalog: Catalog, schema: str | None, keys: Iterable[TableKey]) -> list[str]:
    names = (name for of_schema, name in keys if of_schema == schema)
    return [name for name in names if catalog.is_compared(schema, name)]


def _keys(catalog: Catalog) -> list[TableKey]:
    return [(schema, name) for schema in catalog.schemas for name in catalog.table_names(schema)]
