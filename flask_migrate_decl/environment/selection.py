"""Which histories and binds a command is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask_migrate_decl.config import DEFAULT_BIND
from flask_migrate_decl.environment.finding import histories_with
from flask_migrate_decl.environment.history import History, verify_folders, verify_version_tables
from flask_migrate_decl.environment.project import current_registration, open_project
from flask_migrate_decl.errors import AmbiguousBindError, NothingMigratedError, NotMigratedError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from flask_migrate_decl.config import Configuration
    from flask_migrate_decl.environment.project import Project


@dataclass(frozen=True)
class Selection:
    """The histories of a command, each with the binds that it is about.

    :param is_said: the command line names a folder or binds.
    """

    project: Project
    histories: tuple[History, ...]
    is_said: bool

    def with_configuration(self, configuration: Configuration) -> Selection:
        """Return the same histories under what the project's files are going to say."""
        project = replace(self.project, configuration=configuration)
        histories = tuple(replace(history, project=project) for history in self.histories)
        return replace(self, project=project, histories=histories)

    def with_revision(self, revision: str) -> Selection:
        """Leave those histories in which a revision may be meant; see ``histories_with``."""
        return replace(self, histories=histories_with(self.histories, revision))


def select(
    directory: str | os.PathLike[str] | None,
    binds: Sequence[str] | str = (),
    *,
    needs_database: bool = True,
) -> Selection:
    """Open the current app's project, and find out what a command is about.

    :param directory: the folder of revisions, where the command was given one; it is then about
        the history in that folder alone.
    :param binds: the names of binds, where the command was given any.
    :param needs_database: the command would do nothing without a database.
    :raises ConfigError: the configuration can't be used.
    :raises NotMigratedError: a bind is none of those that are migrated.
    :raises NothingMigratedError: no database is.
    """
    project = open_project(current_registration(), directory)
    if directory is None:
        verify_folders(project)
    histories = project.histories if directory is None else (_history_in(project),)
    names = (binds,) if isinstance(binds, str) else tuple(binds)
    if names:
        histories = tuple(_chosen(project, histories, names))
    if not histories or (needs_database and not any(map(_is_followed, histories))):
        raise NothingMigratedError
    verify_version_tables(project)
    return Selection(project, _in_order(project, histories), is_said=bool(directory or names))


def _is_followed(history: History) -> bool:
    """Tell whether a history has a database, or may have one that only its ``env.py`` knows."""
    return bool(history.binds) or history.own_env is not None


def _in_order(project: Project, histories: tuple[History, ...]) -> tuple[History, ...]:
    """Return histories in the order in which their first databases come."""
    if len(histories) < 2:
        return histories
    places = {bind.key: place for place, bind in enumerate(project.binds)}
    return tuple(
        sorted(
            (history for history in histories if history.chosen_binds),
            key=lambda history: places[history.chosen_binds[0].key],
        )
    )


def _history_in(project: Project) -> History:
    """Return the history in the folder that the command line names."""
    folder = project.directory.resolve()
    owned = (history for history in project.histories if history.owner is not None)
    return next(
        (history for history in owned if history.directory.resolve() == folder),
        History(project, project.directory),
    )


def _chosen(
    project: Project, histories: Iterable[History], names: Sequence[str]
) -> Iterable[History]:
    keys = frozenset(_key(project, name) for name in names)
    found = [replace(history, chosen=keys) for history in histories]
    reached = {bind.key for history in found for bind in history.chosen_binds}
    for key in keys - reached:
        others = [bind for history in found for bind in history.binds]
        name = DEFAULT_BIND if key is None else key
        raise NotMigratedError(name, tuple(bind.key or DEFAULT_BIND for bind in others))
    return (history for history in found if history.chosen_binds)


def _key(project: Project, name: str) -> str | None:
    """Return the key of the bind that a command line means."""
    keys = {bind.key for bind in project.binds}
    if name == DEFAULT_BIND and {None, DEFAULT_BIND} <= keys:
        raise AmbiguousBindError
    return None if name == DEFAULT_BIND and DEFAULT_BIND not in keys else name
