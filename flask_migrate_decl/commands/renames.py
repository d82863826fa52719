"""The declared hints: their states, and the removal of those that nothing needs any more.

Both need an application context, connect to every database that is migrated, and change none.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from flask_migrate_decl.commands.seen_hints import SeenHints
from flask_migrate_decl.config import edit_without_hints, hint_path, with_section
from flask_migrate_decl.environment import (
    script_directory,
    select,
    verify_directory,
    worded_errors,
)
from flask_migrate_decl.errors import ConfigUnwritableError, HintsNotRemovedError
from flask_migrate_decl.results import KeptHint, PrunePlan, PruneResult

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence

    from flask_migrate_decl.config import Edit, Source
    from flask_migrate_decl.reporting import HintList

    Directory = str | os.PathLike[str] | None


def list_renames(directory: Directory = None) -> HintList:
    """Return every rename hint with its state on its database and the revision that records it.

    A database that is out of reach is named in the list; its hints have the state ``unknown``.

    :raises MigrateError: the configuration, the app or the folder of revisions can't be used.
    """
    with _seen_hints(directory) as seen:
        return seen.listed()


def prune_renames(confirm: Callable[[PrunePlan], bool], directory: Directory = None) -> PruneResult:
    """Remove the rename hints from the file that nothing needs any more.

    Those are applied or spent, a revision records them on the way to what their database is at,
    and that is where the history ends. What is said of the other hints stays the same without
    them, and every other byte of the file stays as it is.

    :param confirm: is given the plan, if there is something to remove, and lets it be done.
    :raises HintsNotRemovedError: the file's layout does not let hints go; it is as it was.
    :raises ConfigChangedError: somebody else changed the file just now.
    :raises ConfigUnwritableError: the file can't be written; it is as it was.
    :raises MigrateError: the configuration, the app or the folder of revisions can't be used.
    """
    with _seen_hints(directory) as seen:
        hints, reasons = seen.listed().hints, seen.reasons_to_keep()
        source = seen.project.configuration.source
    removable = tuple(hint for hint in hints if hint.key not in reasons)
    kept = tuple(KeptHint(hint, reasons[hint.key]) for hint in hints if hint.key in reasons)
    plan = PrunePlan(source.path, removable, kept)
    if not removable:
        return PruneResult(plan, ())
    edit = _edit(source, [hint.key for hint in removable])
    if not confirm(plan):
        return PruneResult(plan, ())
    try:
        edit.write()
    except OSError as error:
        raise ConfigUnwritableError(edit.path, error.strerror or str(error)) from error
    return PruneResult(plan, removable)


def _edit(source: Source, keys: Sequence[str]) -> Edit:
    paths = [hint_path(key) for key in keys]
    edit = with_section(edit_without_hints(source, [(str(p[1]), int(p[2])) for p in paths]))
    if edit.document is None:
        raise HintsNotRemovedError(edit.path, tuple(keys))
    return edit


@contextmanager
def _seen_hints(directory: Directory) -> Iterator[SeenHints]:
    """Look at every database, where there are hints at all, and stay connected meanwhile."""
    selection = select(directory)
    project = selection.project
    project.import_models()
    seen = SeenHints(project, project.declared_renames)
    with worded_errors(selection.histories), ExitStack() as stack:
        for history in selection.histories:
            verify_directory(history)
            if project.configuration.renames:
                scripts = stack.enter_context(script_directory(history))
                for bind in history.binds:
                    seen.look_at(bind, scripts, stack)
        yield seen
