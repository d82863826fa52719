"""What the packaged ``env.py`` does: migrate each database of a run."""

from __future__ import annotations

import logging
import runpy
from typing import TYPE_CHECKING, cast

from flask_migrate_decl.environment.offline import migrate_dry, migrate_offline
from flask_migrate_decl.environment.online import migrate_online
from flask_migrate_decl.environment.run import RUN_ATTRIBUTE
from flask_migrate_decl.environment.texts import one_line

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext

    from flask_migrate_decl.environment.run import Run


log = logging.getLogger("flask_migrate_decl.environment")


def run_environment(context: object) -> None:
    """Migrate every database of the run that ``context.config`` holds.

    :param context: the module ``alembic.context``, which stands for the current
        ``EnvironmentContext``.
    """
    environment = cast("EnvironmentContext", context)
    run: Run = environment.config.attributes[RUN_ATTRIBUTE]
    if run.history.own_env is not None:
        runpy.run_path(str(run.history.own_env))
        return
    migrate = migrate_online
    if environment.is_offline_mode():
        migrate = migrate_dry if run.is_dry_run else migrate_offline
    with run.locks:
        for bind in run.history.chosen_binds:
            if run.project.has_several_binds:
                log.info("Migrating database %s", one_line(bind.label))
            migrate(environment, run, bind)
