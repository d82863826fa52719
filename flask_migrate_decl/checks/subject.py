"""The project that is checked."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flask_migrate_decl.config import dotted
from flask_migrate_decl.databases import Bind, present_binds
from flask_migrate_decl.environment import script_directory
from flask_migrate_decl.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from warnings import WarningMessage

    from alembic.script import ScriptDirectory

    from flask_migrate_decl.config import KeyPath, Settings
    from flask_migrate_decl.environment import History, Project
    from flask_migrate_decl.errors import Place, Rule


@dataclass(frozen=True)
class ReadHistory:
    """A history as Alembic read it, and where it looked for scripts.

    :param directory: ``None`` where it could not be read.
    :param error: why it could not.
    :param has_gaps: a parent is missing, or an identifier is there twice.
    """

    history: History
    directory: ScriptDirectory | None
    error: BaseException | None
    has_gaps: bool
    locations: tuple[str, ...] = ()
    is_recursive: bool = False
    is_sourceless: bool = False


@dataclass(frozen=True)
class Subject:
    """A project, seen so that what is wrong with one part of it does not hide the others."""

    project: Project

    @property
    def settings(self) -> Settings:
        """The file's settings, with their defaults."""
        return self.project.settings

    @cached_property
    def binds(self) -> tuple[Bind, ...]:
        """The databases that are migrated and that the app has."""
        return present_binds(self.project.registration.db, self.project.configuration)

    @cached_property
    def histories(self) -> tuple[ReadHistory, ...]:
        """The histories, each read once, as each reading runs the scripts' code."""
        return tuple(map(_read, self.project.histories))

    def history_of(self, bind: Bind) -> ReadHistory:
        """Return the history that a database follows."""
        owner = self.project.configuration.history_owner(bind.key)
        return next(read for read in self.histories if read.history.owner == owner)

    def finding(
        self,
        rule: Rule,
        path: KeyPath,
        message: str,
        help_: str = "",
        of: Literal["key", "value"] = "value",
    ) -> Finding:
        """Make a finding about a key of the section, or about what is not in it and might be."""
        return Finding(rule, message, help_, self.place(path, of), dotted(path))

    def place(self, path: KeyPath, of: Literal["key", "value"] = "value") -> Place | None:
        """Return where a key of the section, or its value, stands."""
        return self.project.configuration.source.place(path, of)


def _read(history: History) -> ReadHistory:
    found = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with script_directory(history) as found:
                found.get_heads()
        except (Exception, SystemExit) as error:
            return _as_read(history, found, error, caught)
    return _as_read(history, found, None, caught)


def _as_read(
    history: History,
    found: ScriptDirectory | None,
    error: BaseException | None,
    caught: Sequence[WarningMessage],
) -> ReadHistory:
    has_gaps = any("revision" in str(warning.message).lower() for warning in caught)
    directory = found if error is None else None
    if found is None:
        return ReadHistory(history, directory, error, has_gaps)
    locations = found.version_locations or [str(Path(found.dir) / "versions")]
    return ReadHistory(
        history,
        directory,
        error,
        has_gaps,
        tuple(locations),
        bool(found.recursive_version_locations),
        bool(found.sourceless),
    )
