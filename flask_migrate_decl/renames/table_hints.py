"""The hints of tables, held against a database and the models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.renames import reports
from flask_migrate_decl.renames.names import Exchange, missing_from, nearest
from flask_migrate_decl.renames.plan import TableStep
from flask_migrate_decl.renames.states import Presence, State, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask_migrate_decl.renames.hints import TableRename
    from flask_migrate_decl.renames.names import Catalog
    from flask_migrate_decl.renames.states import HintReport


@dataclass(frozen=True)
class TableHints:
    """Decides the state of hints of tables."""

    database: Catalog
    models: Catalog
    hints: Sequence[TableRename]

    def report(self, hint: TableRename) -> HintReport:
        """Return a hint's state and the reason."""
        rules = self.database.rules
        in_database = self.database.find_table(hint.schema, hint.old)
        if in_database and rules.fold_table(hint.old) == rules.fold_table(hint.new):
            in_models = self.models.find_table(hint.schema, hint.new)
            return reports.of_case_only(hint, in_database, in_models)
        presence = self._presence(hint)
        lost = self._lost_tables(hint.schema)
        state = state_of(presence, new_name_may_be_fresh=not lost)
        if state is State.PENDING:
            return reports.pending(hint, rules)
        if state is State.CONTRADICTED:
            return reports.contradicted(hint, presence, "tables", "rows")
        if (state is State.UNMATCHED and presence.db_old) or self._new_name_looks_misspelt(
            hint, state
        ):
            known = self.models.table_names(hint.schema)
            return reports.new_name_missing(hint, f'no model has the table "{hint.new}"', known)
        if state is State.UNMATCHED or self._old_name_looks_misspelt(hint, state):
            message = f'the database has no table "{hint.old}", and would lose'
            return reports.old_name_missing(hint, f"{message} {reports.quoted(lost)}", lost)
        return self._unless_meant_elsewhere(hint, state)

    def step(self, hint: TableRename) -> TableStep:
        """Return the step of a pending hint, its names spelled as each side spells them."""
        return TableStep(
            hint.schema,
            self.database.find_table(hint.schema, hint.old) or hint.old,
            self.models.find_table(hint.schema, hint.new) or hint.new,
        )

    def would_rename(self, hint: TableRename) -> bool:
        """Tell whether a hint fits here and no hint of this database speaks of its tables."""
        in_models = self.models.find_table(hint.schema, hint.new)
        if in_models is None or not self._presence(hint).would_lose:
            return False
        if not self.models.is_compared(hint.schema, in_models):
            return False
        fold = self.database.rules.fold_table
        return not any(
            other.schema == hint.schema
            and (fold(other.old) == fold(hint.old) or fold(other.new) == fold(hint.new))
            for other in self.hints
        )

    def _presence(self, hint: TableRename) -> Presence:
        return Presence(
            self.database.find_table(hint.schema, hint.old) is not None,
            self.database.find_table(hint.schema, hint.new) is not None,
            self.models.find_table(hint.schema, hint.old) is not None,
            self.models.find_table(hint.schema, hint.new) is not None,
        )

    def _new_name_looks_misspelt(self, hint: TableRename, state: State) -> bool:
        """Tell whether an early hint may mean a new table, beside one that takes the old name."""
        if state is not State.EARLY or not nearest(hint.new, self._gained_tables(hint.schema)):
            return False
        database = self.database.find_table(hint.schema, hint.old) or hint.old
        models = self.models.find_table(hint.schema, hint.old) or hint.old
        return any(
            self.models.find_column(hint.schema, models, column) is None
            for column in self.database.column_names(hint.schema, database)
        )

    def _old_name_looks_misspelt(self, hint: TableRename, state: State) -> bool:
        """Tell whether a hint with nothing to do may mean a table that would be dropped."""
        if state not in (State.SPENT, State.APPLIED) or self._presence(hint).models_new:
            return False
        exchange = Exchange(
            self._lost_tables(hint.schema),
            self._gained_tables(hint.schema),
            self.database.rules.fold_table,
        )
        others = [other for other in self.hints if other.schema == hint.schema]
        return exchange.is_meant_by(hint.old, hint.new, [other.old for other in others])

    @cached_property
    def _lost_tables(self) -> Callable[[str | None], list[str]]:
        return cache(lambda schema: missing_from(self.models, self.database, schema))

    @cached_property
    def _gained_tables(self) -> Callable[[str | None], list[str]]:
        return cache(lambda schema: missing_from(self.database, self.models, schema))

    def _unless_meant_elsewhere(self, hint: TableRename, state: State) -> HintReport:
        """Report a hint with nothing to do, unless there is something in another schema."""
        for schema in self.database.schemas:
            if schema != hint.schema and self.would_rename(replace(hint, schema=schema)):
                return reports.of_other_schema(hint, schema)
        return reports.harmless(hint, state)
