"""The comparison of models and databases, of which nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_migrate_decl.environment import (
    compared_operations,
    describe_changes,
    open_history,
    select,
)
from flask_migrate_decl.errors import ModelsDifferError, database_in_words
from flask_migrate_decl.results import CheckedBind, CheckResult

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence


def check(
    directory: str | os.PathLike[str] | None = None, bind: Sequence[str] | str = ()
) -> CheckResult:
    """Compare models and databases.

    :raises ModelsDifferError: they differ; a rename that a hint declares is a difference.
    :raises RenameHintsError: a rename hint does not fit.
    """
    selection = select(directory, bind)
    selection.project.import_models()
    declared = selection.project.declared_renames
    binds: list[CheckedBind] = []
    diffs: list[Any] = []
    for history in selection.histories:
        with open_history(history, flags=("quiet",), of_all=declared) as (config, run):
            for key, operations in compared_operations(config, run):
                found = operations.as_diffs()
                diffs += found
                binds.append(CheckedBind(key, describe_changes(list(found))))
            run.verify_compared_hints()
            hints, steps = run.hint_reports, run.rename_steps
    if diffs:
        is_one_of_several = selection.project.has_several_binds
        changes = tuple(
            f"{change} in {database_in_words(found.bind)}" if is_one_of_several else change
            for found in binds
            for change in found.changes
        )
        raise ModelsDifferError(changes, tuple(diffs), hints, steps, tuple(binds))
    return CheckResult(hints, tuple(binds))
