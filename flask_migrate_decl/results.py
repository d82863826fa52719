"""What the commands return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from alembic.script import Script

    from flask_migrate_decl.config import StarterSection
    from flask_migrate_decl.environment import AppliedRevision
    from flask_migrate_decl.errors import Drop, Place
    from flask_migrate_decl.renames import Candidate, HintReport
    from flask_migrate_decl.reporting import ListedHint


@dataclass(frozen=True)
class Template:
    """A way to begin a folder of revisions."""

    name: str
    synopsis: str


@dataclass(frozen=True)
class InitResult:
    """What ``init`` made.

    :param section: the section it added; ``None`` where the project had one, where a template's
        folder was copied, and where the folder is outside of the working folder.
    """

    directory: Path
    section: StarterSection | None


@dataclass(frozen=True)
class AddedHint:
    """A rename hint that was added to a configuration.

    :param key: its place below the section, such as ``renames.columns[0]``.
    """

    path: Path
    key: str
    place: Place | None


@dataclass(frozen=True)
class Suggestion:
    """What looks like a rename that no hint declares.

    :param list: the list that its hint would be in, such as ``renames.columns``.
    :param values: the hint's keys and values.
    :param lines: what to add to the file, as TOML.
    :param answer: whether somebody said that it is one; ``None`` where nobody did.
    """

    candidate: Candidate
    list: str
    values: Mapping[str, str]
    lines: str
    answer: bool | None = None

    @property
    def title(self) -> str:
        """What was renamed to what, and in which database, where that is not the default one."""
        bind = self.candidate.bind
        return f"{self.candidate}" if bind is None else f'{self.candidate} of the bind "{bind}"'

    @property
    def reason(self) -> str:
        """The score, and what speaks for it."""
        return f"score {self.candidate.score:.2f}: {', '.join(self.candidate.reasons)}"

    def __str__(self) -> str:
        return f"{self.title} ({self.reason})"


@dataclass(frozen=True)
class SuggestionsResult:
    """What looks like a rename that no hint declares, the tables first."""

    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True)
class KeptHint:
    """A rename hint that stays in the file.

    :param reason: why it is still needed, or may be.
    """

    hint: ListedHint
    reason: str


@dataclass(frozen=True)
class PrunePlan:
    """Which rename hints nothing needs any more.

    :param path: the configuration file, ``None`` where there is none.
    """

    path: Path | None
    removable: tuple[ListedHint, ...]
    kept: tuple[KeptHint, ...]


@dataclass(frozen=True)
class PruneResult:
    """What became of a plan.

    :param removed: the hints that were removed: all that the plan has, or none.
    """

    plan: PrunePlan
    removed: tuple[ListedHint, ...]


@dataclass(frozen=True)
class RevisionResult:
    """The scripts that were written, none where the models ask for nothing.

    :param hints: what became of each rename hint that was looked at.
    :param steps: the renames that the script does, in words.
    :param suggestions: what looked like a rename without a hint, with what was answered.
    :param added: the hints that were added for it to the configuration.
    :param unmet: of the answers on the command line, those to what is not dropped.
    :param drops: the tables and columns that it drops, unless ``safety`` lets them go unsaid.
    """

    scripts: tuple[Script, ...] = ()
    hints: tuple[HintReport, ...] = ()
    steps: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    added: tuple[AddedHint, ...] = ()
    unmet: tuple[str, ...] = ()
    drops: tuple[Drop, ...] = ()


@dataclass(frozen=True)
class RunResult:
    """The revisions that were run or stamped.

    :param applied: in order; empty where a project's own ``env.py`` ran them.
    :param sql: the statements, where they were asked for instead of a run.
    """

    applied: tuple[AppliedRevision, ...] = ()
    sql: str | None = None


@dataclass(frozen=True)
class Listing:
    """Revisions, and the text in which Alembic shows them."""

    scripts: tuple[Script, ...]
    text: str


@dataclass(frozen=True)
class CurrentRevisions:
    """The revisions one database is at.

    :param bind: the bind key, ``None`` for the default database.
    :param url: the database's URL without its password.
    """

    bind: str | None
    url: str
    scripts: tuple[Script, ...]


@dataclass(frozen=True)
class CurrentResult:
    """What each database is at, and the text in which Alembic shows it."""

    databases: tuple[CurrentRevisions, ...]
    text: str


@dataclass(frozen=True)
class CheckResult:
    """The models and the databases agree.

    :param hints: what became of each rename hint that was looked at.
    """

    hints: tuple[HintReport, ...]
