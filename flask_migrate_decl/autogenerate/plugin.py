"""The Alembic plug-in: compare as if the renames were done, then put them in front."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from alembic.runtime.plugins import Plugin
from alembic.util import DispatchPriority, PriorityDispatchResult

from flask_migrate_decl.autogenerate.compared import ComparedHints
from flask_migrate_decl.autogenerate.declared import bind_of, declared_renames, problem_of
from flask_migrate_decl.autogenerate.equal_but_for_name import equal_but_for_name
from flask_migrate_decl.autogenerate.names_in_use import (
    drop_indexes_before_their_names_are_used_again,
    refuse_names_in_use,
)
from flask_migrate_decl.autogenerate.native import order_index_changes
from flask_migrate_decl.autogenerate.orphans import leave_orphans_alone
from flask_migrate_decl.autogenerate.planned import PlannedOperations
from flask_migrate_decl.autogenerate.view import RenamedInspector
from flask_migrate_decl.errors import RenameHintsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import MigrateOperation, UpgradeOps

    from flask_migrate_decl.errors import HintProblem

PLUGIN = "alembic.autogenerate.flask_migrate_decl"
"""The plug-in's name. Alembic's own wildcard takes it in, so that a project's own ``env.py`` need
not name it; in runs that are not ours it does nothing."""


@cache
def register() -> None:
    """Make the plug-in known to Alembic; to do so again changes nothing."""
    Plugin.setup_plugin_from_module(sys.modules[__name__], PLUGIN)


def setup(plugin: Plugin) -> None:
    """Add the comparators to the plug-in, as Alembic asks every plug-in's module to."""
    first, last = DispatchPriority.FIRST, DispatchPriority.LAST
    plugin.add_autogenerate_comparator(show_renamed, "autogenerate", priority=first)
    plugin.add_autogenerate_comparator(show_renamed_schemas, "schema", priority=first)
    plugin.add_autogenerate_comparator(leave_orphans_alone, "autogenerate", priority=last)
    plugin.add_autogenerate_comparator(put_renames_first, "autogenerate", priority=last)


def show_renamed(context: AutogenContext, _upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Replace the comparison's inspector by a view in which the pending renames are done.

    :raises RenameHintsError: hints that don't fit; nothing is written then.
    """
    declared = declared_renames(context.migration_context)
    if declared is None or context.connection is None:
        return PriorityDispatchResult.CONTINUE
    bind = bind_of(context.migration_context)
    compared = ComparedHints(context, declared.renames, bind, declared.following)
    declared.comparisons[bind] = compared
    if not declared.renames:
        return PriorityDispatchResult.CONTINUE
    _raise_problems(compared.problems())
    resolution = compared.resolution()
    declared.resolutions[bind] = resolution
    _raise_problems(problem_of(report) for report in resolution.problems)
    _raise_problems(compared.obstacles(resolution.plan))
    if resolution.plan:
        context.inspector = compared.view(resolution.plan)
    return PriorityDispatchResult.CONTINUE


def show_renamed_schemas(
    context: AutogenContext, _upgrade_ops: UpgradeOps, schemas: set[str | None]
) -> PriorityDispatchResult:
    """Let Alembic compare the schemas by their new names, as it lists them by itself."""
    if isinstance(context.inspector, RenamedInspector):
        for old, new in context.inspector.names.schemas.items():
            if context.run_name_filters(new, "schema", {}):
                schemas.add(new)
            schemas.discard(old)
    return PriorityDispatchResult.CONTINUE


def put_renames_first(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Put the renames before what Alembic found on the renamed database.

    :raises NamesInUseError: the revision could not be carried out.
    """
    declared = declared_renames(context.migration_context)
    bind = bind_of(context.migration_context)
    resolution = declared.resolutions.get(bind) if declared else None
    if declared is None or resolution is None or not declared.comparisons[bind].renames:
        return PriorityDispatchResult.CONTINUE
    compared = declared.comparisons[bind]
    plan, inspector, dialect = resolution.plan, context.inspector, context.dialect.name
    if declared.following.conventions and (
        found := equal_but_for_name(compared, plan, upgrade_ops)
    ):
        plan = plan.with_moves(found)
        declared.resolutions[bind] = replace(resolution, plan=plan)
        inspector = compared.view(plan)
    planned = PlannedOperations(plan, inspector)
    early: list[MigrateOperation] = []
    if plan:
        order_index_changes(dialect, upgrade_ops, plan)
        early += planned.all()
    early += drop_indexes_before_their_names_are_used_again(dialect, upgrade_ops)
    refuse_names_in_use(dialect, upgrade_ops, inspector, plan)
    upgrade_ops.ops[:0] = early
    settled = planned.settled(resolution.settled)
    if settled.record and upgrade_ops.ops:
        upgrade_ops.ops.insert(0, settled)
    return PriorityDispatchResult.CONTINUE


def _raise_problems(problems: Iterable[HintProblem]) -> None:
    found = tuple(problems)
    if found:
        raise RenameHintsError(found)
