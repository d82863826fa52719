"""The declared hints, each seen on its database."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.config import hint_path
from flask_migrate_decl.environment import (
    behind_in_words,
    compared_hints,
    current_heads,
    error_in_short,
    shown_traceback,
    unknown_in_words,
    unknown_revisions,
)
from flask_migrate_decl.errors import ConfigError, database_in_words
from flask_migrate_decl.renames import State, removal_of
from flask_migrate_decl.reporting import HintList, ListedHint, UnreachedDatabase
from flask_migrate_decl.reporting.listing import NOT_MIGRATED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack

    from alembic.script import ScriptDirectory

    from flask_migrate_decl.autogenerate import ComparedHints, DeclaredRenames
    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment import Project
    from flask_migrate_decl.errors import HintProblem
    from flask_migrate_decl.renames import Hint, HintReport

log = logging.getLogger("flask_migrate_decl.renames")

_IN_CONFLICT = "in conflict"
_DONE = frozenset({State.APPLIED, State.SPENT})


@dataclass(frozen=True)
class SeenDatabase:
    """A database that was looked at.

    :param compared: its hints, but for those of which a problem forbids to decide the state.
    :param problems: the latter, by their places.
    :param position: why it is not where its history ends; ``""`` where it is.
    """

    bind: Bind
    compared: ComparedHints
    problems: Mapping[str, HintProblem]
    reports: Mapping[str, HintReport]
    position: str

    @property
    def is_in_conflict(self) -> bool:
        """Whether hints contradict each other here, so that none can be judged by itself."""
        return any(problem.state == _IN_CONFLICT for problem in self.problems.values())


@dataclass
class SeenHints:
    """All hints of a project, on the databases that could be looked at.

    :param unreached: why the others could not be, by bind key.
    """

    project: Project
    declared: DeclaredRenames
    databases: dict[str | None, SeenDatabase] = field(default_factory=dict)
    unreached: dict[str | None, str] = field(default_factory=dict)

    def look_at(self, bind: Bind, history: ScriptDirectory, stack: ExitStack) -> None:
        """Look at a database, and stay connected to it until the stack is closed.

        :raises ConfigError: it can't be looked at with this configuration.
        """
        if (missing := bind.missing_file) is not None:
            self.unreached[bind.key] = f"there is no file {missing} yet"
            return
        try:
            self.databases[bind.key] = self._seen(bind, history, stack)
        except ConfigError:
            raise
        except Exception as error:
            # Drivers raise errors of many kinds, and a project's own filters any.
            log.debug("the database can't be looked at: %s", shown_traceback(error))
            self.unreached[bind.key] = error_in_short(error)

    def _seen(self, bind: Bind, history: ScriptDirectory, stack: ExitStack) -> SeenDatabase:
        compared = stack.enter_context(compared_hints(self.project, bind, self.declared, history))
        problems = {problem.place: problem for problem in compared.problems()}
        compared = compared.without_problems()
        resolution = self.declared.resolutions[bind.key] = compared.resolution()
        reports = {report.hint.place: report for report in resolution.reports}
        return SeenDatabase(bind, compared, problems, reports, _position(bind, compared, history))

    # --- states ---

    def listed(self) -> HintList:
        """Return every hint with its state."""
        hints = tuple(map(self._listed, self.project.configuration.renames.hints))
        unreached = tuple(UnreachedDatabase(*found) for found in self.unreached.items())
        return HintList(self.project.configuration.source.path, hints, unreached)

    def _listed(self, hint: Hint) -> ListedHint:
        place = self.project.configuration.source.place(hint_path(hint.place))
        state, reason, revision = self._state(hint)
        return ListedHint(hint.place, str(hint), hint.bind, state, reason, revision, place)

    def _state(self, hint: Hint) -> tuple[str, str, str | None]:
        """Return a hint's state, why it is that, and the revision that records it."""
        if hint.bind in self.unreached:
            return UNKNOWN, self.unreached[hint.bind], None
        if hint.bind not in self.databases:
            return NOT_MIGRATED, "the bind is not enabled", None
        database = self.databases[hint.bind]
        report = database.reports.get(hint.place)
        revision = report.revision if report else None
        problem = self._misplaced.get(hint.place) or database.problems.get(hint.place)
        if problem is not None:
            is_in_conflict = problem.state == _IN_CONFLICT
            state = str(State.CONTRADICTED) if is_in_conflict else problem.state
            return state, problem.message, revision
        assert report is not None, "a hint without a problem has a report"
        return str(report.state), report.message, revision

    @cached_property
    def _misplaced(self) -> Mapping[str, HintProblem]:
        """The hints that would be carried out in another database than they name."""
        return {problem.place: problem for problem in self.declared.misplaced()}

    # --- removal ---

    def reasons_to_keep(self) -> Mapping[str, str]:
        """Return why hints may still be needed, by their places; the others may be removed."""
        hints = self.listed().hints
        reasons = {hint.key: reason for hint in hints if (reason := self._reason(hint))}
        words = {hint.key: f"{hint.key} ({hint.hint})" for hint in hints}
        for key, database in self.databases.items():
            done = {hint.key for hint in hints if hint.bind == key and hint.key not in reasons}
            needed = removal_of(database.compared.case, done).needed
            for place, reliant in needed.items():
                reasons[place] = f"{words.get(reliant, reliant)} relies on it"
        return reasons

    def _reason(self, hint: ListedHint) -> str:
        """Return why a hint may still be needed, seen by itself."""
        words = database_in_words(hint.bind)
        if hint.state == UNKNOWN:
            return f"{words} can't be reached: {hint.reason}"
        if hint.state not in _DONE:
            return f"{hint.state} on {words}: {hint.reason}"
        database = self.databases[hint.bind]
        if database.position:
            return database.position
        if hint.revision is None:
            return (
                f"{hint.state}, but no revision records it: it may have been renamed by hand "
                "elsewhere"
            )
        return (
            f"hints are in conflict with each other on {words}" if database.is_in_conflict else ""
        )


def _position(bind: Bind, compared: ComparedHints, history: ScriptDirectory) -> str:
    current = current_heads(compared)
    for name in unknown_revisions(history, current):
        return unknown_in_words(bind, name)
    return behind_in_words(bind, history, current)
