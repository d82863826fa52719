"""A folder of revisions, and the binds that follow it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.config import HistoryFolders, folders_read_twice, followed
from flask_migrate_decl.databases import journal_table
from flask_migrate_decl.environment.texts import docstring, in_any_string
from flask_migrate_decl.errors import (
    BindNameError,
    FoldersSharedError,
    VersionTableSharedError,
    is_name_in_history,
)
from flask_migrate_decl.reporting.paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment.project import Project


@dataclass(frozen=True)
class History:
    """A folder of revisions, and the binds that follow it.

    :param directory: the folder, absolute.
    :param owner: whose it is, as the section calls the bind; ``None``: it is shared by all binds
        that have none of their own.
    :param chosen: the bind keys that a command is about, ``None`` where it is about all.
    """

    project: Project
    directory: Path
    owner: str | None = None
    chosen: frozenset[str | None] | None = None

    def __str__(self) -> str:
        followers = ", ".join(bind.label for bind in self.binds)
        return f"{shown_path(self.directory)} ({followers})"

    @cached_property
    def binds(self) -> tuple[Bind, ...]:
        """The databases that follow it, in the order of a run. Needs an application context."""
        configuration = self.project.configuration
        return tuple(
            bind
            for bind in self.project.binds
            if configuration.history_owner(bind.key) == self.owner
        )

    @property
    def chosen_binds(self) -> tuple[Bind, ...]:
        """Those of them that a command is about."""
        return tuple(bind for bind in self.binds if self.chosen is None or bind.key in self.chosen)

    @property
    def has_function_for_each_bind(self) -> bool:
        """Whether its scripts have functions such as ``upgrade_<bind>()``, as Flask-Migrate's.

        Needs an application context.
        """
        is_shared_by_binds = any(bind.key is not None for bind in self.binds)
        return self.owner is None and (self.project.settings.multidb or is_shared_by_binds)

    @property
    def own_env(self) -> Path | None:
        """The project's own ``env.py``, which goes before the packaged one."""
        return _file(self.directory / "env.py")

    @property
    def own_script_template(self) -> Path | None:
        """The project's own ``script.py.mako``, which goes before the packaged one."""
        return _file(self.directory / "script.py.mako")

    @cached_property
    def script_options(self) -> Mapping[str, Any]:
        """The options of Alembic's ``ScriptDirectory`` that the file sets for it."""
        return self.project.configuration.declared_script_options(self.owner)

    @property
    def version_locations(self) -> tuple[Path, ...]:
        """The folders that hold the revisions."""
        declared = self.script_options.get("version_locations")
        if declared is None:
            return (self.directory / "versions",)
        return tuple(self.project.configuration.path(location) for location in declared)

    @property
    def folders(self) -> HistoryFolders:
        """Where it is and looks for scripts."""
        return HistoryFolders(
            () if self.owner is None else ("binds", self.owner),
            followed(self.directory),
            tuple(map(followed, self.version_locations)),
            bool(self.script_options.get("recursive_version_locations")),
        )

    def message_for_template(self, message: str | None) -> str | None:
        """Return a revision's message as a project's own template can take it.

        The packaged one sees to it by itself that a message stays text.
        """
        template = self.own_script_template
        if message is None or template is None:
            return message
        source = template.read_text(encoding="utf-8", errors="replace")
        is_docstring_alone = source.count("message") == len(_DOCSTRING.findall(source))
        return docstring(message) if is_docstring_alone else in_any_string(message)


_DOCSTRING = re.compile(r'"""\$\{ *message *\}[ \t]*\r?$', re.MULTILINE)
"""How Alembic's and Flask-Migrate's templates begin: a docstring's whole first line."""


def chosen_binds(histories: Iterable[History]) -> tuple[Bind, ...]:
    """Return the databases that a command is about, in the order of a run."""
    return tuple(bind for history in histories for bind in history.chosen_binds)


def histories_of(project: Project) -> tuple[History, ...]:
    """Return the histories of a project: the shared one, then those that binds have themselves."""
    configuration = project.configuration
    owned = tuple(
        History(project, configuration.path(bind.directory).absolute(), name)
        for name, bind in project.settings.binds.items()
        if bind.enabled and bind.directory is not None
    )
    shared = (History(project, project.directory),) if configuration.has_shared_history else ()
    return (*shared, *owned)


def _file(path: Path) -> Path | None:
    return path if path.is_file() else None


def verify_function_names(history: History) -> None:
    """Find out that a project's own template can't name the functions of its binds.

    :raises BindNameError: it would write what is no Python.
    """
    template = history.own_script_template
    if template is None or not history.has_function_for_each_bind:
        return
    for bind in history.binds:
        if bind.key is not None and not is_name_in_history(bind.key):
            raise BindNameError(bind.key, template)


def verify_folders(project: Project) -> None:
    """Find out that a history would read the scripts of another, by what code says.

    What the file says by itself is found where that is read.

    :raises FoldersSharedError: it would.
    """
    for first, second, _, help_ in folders_read_twice(one.folders for one in project.histories):
        raise FoldersSharedError(first.directory, second.directory, help_)


def verify_version_tables(project: Project) -> None:
    """Find out that two binds would take each other's revision for theirs.

    Of two that share a history the second one's functions would never be called. What a project's
    own ``env.py`` makes of that is its own.

    :raises VersionTableSharedError: they keep it in one table of one database.
    """
    if not project.has_several_binds:
        return
    seen: dict[tuple[Any, ...], Bind] = {}
    for history in project.histories:
        for bind in () if history.own_env else history.binds:
            schema, table = _version_table(project, bind)
            # What a session is told may say which schema is the default one.
            key = (bind.place, schema or bind.session, table)
            first = seen.setdefault(key, bind)
            if first is not bind:
                words = (first.words, bind.words)
                raise VersionTableSharedError(bind.key or first.key or "", words)


def version_tables_beside(project: Project, bind: Bind) -> frozenset[tuple[str | None, str]]:
    """Return where others keep their revisions in the database of a bind: schemas and tables."""
    found = (_version_table(project, other) for other in project.binds if other.place == bind.place)
    return frozenset(
        (None if schema == bind.default_schema else schema, name)
        for schema, table in found
        for name in (table, journal_table(table))
    )


def _version_table(project: Project, bind: Bind) -> tuple[str | None, str]:
    """Return the schema, as far as it is known, and the table in which a revision is kept."""
    options = project.declared_database_options(bind.key)
    schema = options.get("version_table_schema", bind.default_schema)
    return schema, options.get("version_table", "alembic_version")
