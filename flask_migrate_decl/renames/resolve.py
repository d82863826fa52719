"""From declared hints, a database's names and the models' names to a plan and a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.renames.column_hints import ColumnHints
from flask_migrate_decl.renames.hints import Renames
from flask_migrate_decl.renames.plan import RenamePlan
from flask_migrate_decl.renames.states import State
from flask_migrate_decl.renames.table_hints import TableHints

if TYPE_CHECKING:
    from flask_migrate_decl.renames.hints import Hint
    from flask_migrate_decl.renames.names import Catalog
    from flask_migrate_decl.renames.states import HintReport


@dataclass(frozen=True, slots=True)
class Resolution:
    """What one database's hints come to.

    :param reports: one for each hint, in the order in which they stand.
    :param fitting_others: hints of other databases that would be carried out in this one.
    """

    plan: RenamePlan
    reports: tuple[HintReport, ...]
    fitting_others: tuple[Hint, ...] = ()

    @property
    def problems(self) -> tuple[HintReport, ...]:
        """The reports that forbid to write a revision."""
        return tuple(report for report in self.reports if report.is_problem)


def resolve(
    renames: Renames, database: Catalog, models: Catalog, *, others: Renames | None = None
) -> Resolution:
    """Decide every hint's state and put the pending ones in order.

    :param renames: the hints of one database, without conflicts among them.
    :param database: what the database has now.
    :param models: what the models ask for.
    :param others: the hints of other databases.
    """
    tables = TableHints(database, models, renames.tables)
    of_tables = [(hint, tables.report(hint)) for hint in renames.tables]
    table_steps = [tables.step(h) for h, report in of_tables if report.state is State.PENDING]

    columns = ColumnHints(database, models, renames, table_steps)
    of_columns = [(hint, columns.report(hint)) for hint in renames.columns]
    column_steps = [columns.step(h) for h, report in of_columns if report.state is State.PENDING]

    reports = (*(report for _, report in of_tables), *(report for _, report in of_columns))
    others = others or Renames()
    fitting: tuple[Hint, ...] = (
        *(hint for hint in others.tables if tables.would_rename(hint)),
        *(hint for hint in others.columns if columns.would_rename(hint)),
    )
    return Resolution(RenamePlan(tuple(table_steps), tuple(column_steps)), reports, fitting)
