"""Alembic's own comparison, beside one in a run of this package that has no hints."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations.ops import UpgradeOps
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from flask_migrate_decl.autogenerate import ATTRIBUTE, DeclaredRenames, register
from flask_migrate_decl.renames import Renames
from tests.laws.cases import Case
from tests.laws.databases import app_of
from tests.project import App, Project

PLUGINS = ["alembic.autogenerate.*"]
STOCK = [*PLUGINS, "~alembic.autogenerate.flask_migrate_decl"]


class NotCreatedError(Exception):
    """The database itself does not take the models before."""


def assert_the_same_without_hints(case: Case, project: Project) -> None:
    """Compare a database with other models, once with our plug-in and once without it.

    :raises NotCreatedError: as MariaDB names an unnamed foreign key after its table, one of a
        table with a name at the limit cannot be created.
    """
    register()
    before, after = app_of(project, case.before), app_of(project, case.after)
    with before.connect() as connection:
        try:
            before.db.metadata.create_all(connection)
        except DBAPIError as error:
            raise NotCreatedError from error
        stock = compared(connection, after, project, STOCK, {})
        ours = compared(
            connection, after, project, PLUGINS, {ATTRIBUTE: DeclaredRenames(Renames())}
        )
    # Alembic goes through sets, so that the order of lines differs between any two runs.
    assert sorted(ours) == sorted(stock)


def compared(
    connection: Connection,
    app: App,
    project: Project,
    plugins: list[str],
    attributes: dict[str, Any],
) -> list[str]:
    """Return what a comparison would write, one way and back."""
    config = Config()
    config.set_main_option("script_location", str(project.folder / "migrations"))
    config.attributes.update(attributes)
    environment = EnvironmentContext(config, ScriptDirectory(str(project.folder / "migrations")))
    options = {
        "target_metadata": app.db.metadata,
        "compare_server_default": True,
        "autogenerate_plugins": plugins,
    }
    context = MigrationContext.configure(connection, environment_context=environment, opts=options)
    script = produce_migrations(context, app.db.metadata)
    assert isinstance(script.upgrade_ops, UpgradeOps)
    assert script.downgrade_ops is not None
    return [
        line
        for operations in (script.upgrade_ops, script.downgrade_ops)
        for line in render_python_code(
            operations, migration_context=context, render_as_batch=True
        ).splitlines()
    ]
