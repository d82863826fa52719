"""What the commands return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.errors import database_in_words

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

    :param directory: the folder, ``others`` those of further histories.
    :param section: the section it added; ``None`` where the project had one, where a template's
        folder was copied, and where the folder is outside of the working folder.
    """

    directory: Path
    section: StarterSection | None
    others: tuple[Path, ...] = ()


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
        return f"{self.candidate}" + ("" if bind is None else f" of {database_in_words(bind)}")

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
    :param files: where they were written to.
    :param is_rehearsal: everything was rolled back.
    """

    applied: tuple[AppliedRevision, ...] = ()
    sql: str | None = None
    files: tuple[Path, ...] = ()
    is_rehearsal: bool = False


@dataclass(frozen=True)
class ListedHistory:
    """Revisions of one history.

    :param directory: its folder.
    :param binds: the bind keys of the databases that follow it, ``None`` being the default one.
    :param text: the revisions as Alembic shows them.
    :param current: what each database is at, by bind key; ``None`` where it was not asked.
    """

    directory: Path
    binds: tuple[str | None, ...]
    scripts: tuple[Script, ...]
    text: str
    current: Mapping[str | None, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Listing:
    """Revisions, of each history that was asked for."""

    histories: tuple[ListedHistory, ...]

    @property
    def scripts(self) -> tuple[Script, ...]:
        """The revisions of all histories."""
        return tuple(script for history in self.histories for script in history.scripts)

    @property
    def text(self) -> str:
        """All of them as Alembic shows them."""
        return "".join(history.text for history in self.histories)


@dataclass(frozen=True)
class CurrentRevisions:
    """The revisions one database is at.

    :param bind: the bind key, ``None`` for the default database.
    :param url: the database's URL without its password.
    :param directory: the folder of its history.
    :param scripts: what it is at, and what that depends on.
    :param revisions: what it is at; the history may have no script of it.
    :param heads: where its history ends.
    """

    bind: str | None
    url: str
    directory: Path
    scripts: tuple[Script, ...]
    revisions: tuple[str, ...]
    heads: tuple[str, ...]

    @property
    def is_at_head(self) -> bool:
        """Whether nothing is left to be run."""
        reached = {script.revision for script in self.scripts}
        return set(self.heads) <= reached


@dataclass(frozen=True)
class CurrentResult:
    """What each database is at, and the text in which Alembic shows it."""

    databases: tuple[CurrentRevisions, ...]
    text: str


@dataclass(frozen=True)
class CheckedBind:
    """A database that was compared with its models.

    :param bind: the bind key, ``None`` for the default database.
    :param changes: what the models ask for, one readable line each.
    """

    bind: str | None
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckResult:
    """The models and the databases agree.

    :param hints: what became of each rename hint that was looked at.
    :param binds: the databases that were compared.
    """

    hints: tuple[HintReport, ...]
    binds: tuple[CheckedBind, ...] = ()
