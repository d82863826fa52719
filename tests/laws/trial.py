"""Tries a case: the way there and back, with the laws looked at on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from hypothesis import note
from sqlalchemy import inspect
from sqlalchemy.engine import Inspector

import flask_migrate_decl as commands
from flask_migrate_decl.autogenerate import ComparedHints
from flask_migrate_decl.autogenerate.declared import Following
from flask_migrate_decl.autogenerate.view import renamed_view
from flask_migrate_decl.environment import current_registration, open_project
from flask_migrate_decl.renames import RenamePlan
from tests.laws.cases import Case
from tests.laws.databases import Ground, app_of
from tests.laws.renaming import Hints, tables_of_both
from tests.laws.rows import Rows, insert, kept, read
from tests.laws.shapes import Schema
from tests.project import App, Project

Names = dict[str, list[str]]
"""By the names of tables, those of their columns."""
_UPGRADE = re.compile(r"^def upgrade\(\).*?(?=^def downgrade)", re.DOTALL | re.MULTILINE)


class NotCleanError(Exception):
    """Alembic finds differences between models and a database that was made of them."""


@dataclass(frozen=True)
class Trial:
    """One case on one database.

    :param project: an empty project on an empty database.
    """

    case: Case
    project: Project

    def obeys_the_laws(self) -> None:
        """Go the way there and back, and look at every law on it.

        :raises NotCleanError: the models before are not clean to begin with.
        """
        case, project = self.case, self.project
        before = created(project, case.before)
        insert(before, case.before, case.rows)
        rows = read(before, case.before)
        project.configure(case.hints.toml(**case.settings))
        after = app_of(project, case.after)

        self._names_are_mapped_one_to_one(after)
        upgrade = self._written(after, case.shuffled)
        for path in project.versions.glob("*.py"):
            path.unlink()
        note(f"SCRIPT\n{self._script(after, case.hints)}")
        assert _lines(upgrade) == _lines(self._upgrade()), (
            "the order of scopes or a spent hint matters"
        )

        self._goes_there(after, rows)
        if self._scripts:
            self._goes_back(before, after, rows)
            self._goes_there(after, kept(rows, case.after))

    # --- on the way ---

    def _goes_there(self, after: App, rows: Rows) -> None:
        """Upgrade, after which nothing is left to do and every row is there."""
        scripts = self._scripts
        with after.flask.app_context():
            commands.upgrade()
            commands.check()
            assert not commands.migrate().scripts, "applied twice is not applied once"
        assert self._scripts == scripts
        assert after.differences() == []
        assert _common(read(after, self.case.after), rows) == kept(rows, self.case.after)

    def _goes_back(self, before: App, after: App, rows: Rows) -> None:
        """Downgrade, after which the models before are clean and every row is there."""
        with after.flask.app_context():
            commands.downgrade()
        assert before.differences() == []
        still = kept(rows, self.case.after)
        assert _common(read(before, self.case.before), still) == still

    def _names_are_mapped_one_to_one(self, after: App) -> None:
        """The view has the new names, and the map leads back to the old ones."""
        with _plan(after) as (plan, view):
            for old, new in tables_of_both(self.case.before, self.case.after):
                key = (None, old.name)
                assert plan.names.new_table(key) == (None, new.name)
                assert plan.names.old_table((None, new.name)) == key
                old_columns = [plan.names.new_column(key, name) for name in old.names.values()]
                shown = [column["name"] for column in view.get_columns(new.name)]
                expected = [new.names.get(n, name) for n, name in old.names.items()]
                assert shown == expected, f"{old.name!r}: {shown} is shown, not {expected}"
                assert old_columns == expected, f"{old.name!r}: {old_columns}, not {expected}"
            tables = [
                self.case.after.names.get(table.id, table.name) for table in self.case.before.tables
            ]
            assert sorted(view.get_table_names()) == sorted(tables)

    # --- scripts ---

    @property
    def _scripts(self) -> list[str]:
        return sorted(path.name for path in self.project.versions.glob("*.py"))

    def _written(self, after: App, hints: Hints) -> str:
        """Return the upgrade that is written with some hints."""
        self.project.configure(hints.toml(**self.case.settings))
        self._script(after, hints)
        return self._upgrade()

    def _script(self, after: App, hints: Hints) -> str:
        """Write a revision and return it, ``""`` where there is nothing to do."""
        self.project.configure(hints.toml(**self.case.settings))
        with after.flask.app_context():
            commands.migrate()
        return self.project.newest_script() if self._scripts else ""

    def _upgrade(self) -> str:
        found = _UPGRADE.search(self.project.newest_script()) if self._scripts else None
        return found[0] if found else ""


def _lines(script: str) -> list[str]:
    """Return a script's lines, in an order of their own: scopes may stand in that of the hints."""
    return sorted(script.splitlines())


def created(project: Project, schema: Schema) -> App:
    """Create a schema's tables, as SQLAlchemy does.

    :raises NotCleanError: Alembic finds differences right away.
    """
    app = app_of(project, schema)
    with app.connect() as connection:
        app.db.metadata.create_all(connection)
    if found := app.differences():
        raise NotCleanError(found)
    return app


def alembic_manages(case: Case, ground: Ground) -> bool:
    """Tell whether the same edits go well without renames, and the models after are clean."""
    try:
        with ground.project() as project:
            created(project, case.after)
        with ground.project() as project:
            Trial(case.without_renames, project).obeys_the_laws()
    except Exception:
        return False
    return True


@contextmanager
def _plan(after: App) -> Iterator[tuple[RenamePlan, Inspector]]:
    """Give the plan for a database, and the view of the database under it."""
    with after.connect() as connection:
        renames = open_project(current_registration()).configuration.renames
        context = MigrationContext.configure(connection)
        autogenerate = AutogenContext(context, after.db.metadata)
        compared = ComparedHints(autogenerate, renames, None, Following())
        plan = compared.resolution().plan
        yield plan, renamed_view(inspect(connection), plan, compared.rules)


def _common(found: Rows, wanted: Rows) -> Rows:
    """Return of what was found the tables and columns that are asked for."""
    columns = {table: set(rows[0]) if rows else set() for table, rows in wanted.items()}
    return {
        table: sorted(
            ({n: v for n, v in row.items() if n in columns[table]} for row in rows), key=repr
        )
        if columns[table]
        else rows
        for table, rows in found.items()
        if table in wanted
    }
