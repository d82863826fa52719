"""What is wrong with the folder of revisions, or was found in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.errors.base import FindingsError, MigrateError, listed

if TYPE_CHECKING:
    from pathlib import Path


class HistoryError(MigrateError):
    """The folder of revisions can't be used as asked."""


@dataclass(eq=False)
class AlembicCommandError(HistoryError):
    """Alembic refused; its own words are in ``message``."""

    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class DirectoryMissingError(HistoryError):
    """The migrations folder is not there."""

    directory: Path

    def __str__(self) -> str:
        return f'there is no folder {self.directory}: make it with "flask db init"'


@dataclass(eq=False)
class DirectoryNotEmptyError(HistoryError):
    """``init`` was asked for a folder that holds something already."""

    directory: Path

    def __str__(self) -> str:
        return f"the folder {self.directory} exists and is not empty"


@dataclass(eq=False)
class RevisionIdError(HistoryError):
    """A revision's identifier can't be used."""

    revision_id: str

    def __str__(self) -> str:
        return (
            f"\"{self.revision_id}\" can't be a revision's identifier: take up to 32 letters, "
            "digits and underscores, and none of Alembic's own words (head, base, current, …)"
        )


@dataclass(eq=False)
class RevisionTakenError(HistoryError):
    """A new revision is to have the identifier of another."""

    revision_id: str
    path: Path

    def __str__(self) -> str:
        return f'there is a revision "{self.revision_id}" already, in {self.path}: take another'


@dataclass(eq=False)
class ScriptPathError(HistoryError):
    """A new script can't be where it is to be; nothing is written."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path} was not written: {self.reason}"


@dataclass(eq=False)
class ScriptUnreadableError(HistoryError):
    """A revision's file is no Python.

    :param path: the file, and ``line`` in it, where Python can tell; of null bytes it cannot.
    """

    path: str | None
    line: int | None
    message: str

    def __str__(self) -> str:
        if self.path is None:
            return f"a revision can't be read: {self.message}; flask db check-config says which"
        return f"{self.path}, line {self.line}: {self.message}"


@dataclass(eq=False)
class WritingStoppedError(HistoryError):
    """A revision was not written, or something failed once it was, such as a hook.

    :param left: the scripts that are there all the same.
    """

    reason: str
    left: tuple[Path, ...]

    def __str__(self) -> str:
        if not self.left:
            return f"no revision was written: {self.reason}"
        scripts = ", ".join(map(str, self.left))
        return f"{self.reason}; {scripts} was written before: finish it by hand, or remove it"


@dataclass(eq=False)
class ScriptFailedError(HistoryError):
    """A revision's own code gave up, and says why."""

    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class DirectoryIsFileError(HistoryError):
    """The migrations folder is to be where a file is."""

    path: Path

    def __str__(self) -> str:
        return f"{self.path} is a file, where the folder of revisions should be"


@dataclass(eq=False)
class NotPermittedError(HistoryError):
    """The operating system does not let us read or write a file."""

    path: str

    def __str__(self) -> str:
        return f"{self.path} may not be read or written: see to its permissions"


@dataclass(eq=False)
class UnknownTemplateError(HistoryError):
    """``init --template`` names no template."""

    template: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f'there is no template "{self.template}"; there are: {", ".join(self.known)}, '
            "and any folder given as a path"
        )


@dataclass(eq=False)
class TemplateIncompleteError(HistoryError):
    """A folder that ``init --template`` is to copy is no template."""

    template: Path
    missing: str

    def __str__(self) -> str:
        return f"the folder {self.template} is no template: it has no {self.missing}"


@dataclass(eq=False)
class EnvironmentConflictError(HistoryError):
    """A project's own env.py passes an option to ``configure()`` that comes from us as well."""

    path: Path
    option: str

    def __str__(self) -> str:
        return (
            f"{self.path} passes {self.option} to context.configure() itself, and it is among "
            f"**conf_args as well: take {self.option} out of that call; set it in "
            "[tool.flask-migrate] or in Migrate(...) where it is not the default"
        )


@dataclass(eq=False)
class EnvironmentFailedError(HistoryError):
    """A project's own env.py could not be run."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path} could not be run: {self.reason}"


@dataclass(eq=False)
class OwnEnvironmentError(HistoryError):
    """A project's own env.py can't do what the packaged environment could."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.path} can't be used for this: {self.reason}; without changes of your own it "
            "can be removed, and the packaged environment does it"
        )


@dataclass(eq=False)
class HistoryNotChosenError(HistoryError):
    """There are several histories, and the command is about one.

    :param histories: each with its folder.
    """

    histories: tuple[str, ...]

    def __str__(self) -> str:
        return f"say which history is meant, with --bind or -d:{listed(self.histories)}"


@dataclass(eq=False)
class AmbiguousRevisionError(HistoryError):
    """A revision is not in exactly one of several histories.

    :param histories: those that have one of that name, else those that were searched.
    """

    revision: str
    histories: tuple[str, ...]
    is_found: bool

    def __str__(self) -> str:
        if self.is_found:
            return (
                f'"{self.revision}" is in several histories; say which one is meant, with --bind '
                f"or -d:{listed(self.histories)}"
            )
        return f"Can't locate revision identified by '{self.revision}' in:{listed(self.histories)}"


@dataclass(eq=False)
class ModelsDifferError(FindingsError):
    """``check`` found that the models ask for a migration.

    :param changes: one readable line a change.
    :param diffs: Alembic's own diffs, as ``alembic.autogenerate.compare_metadata`` words them.
    :param hints: what becomes of each rename hint, as a ``HintReport``.
    :param steps: the renames that are among the changes, in words.
    :param binds: each database with its changes, as a ``CheckedBind``.
    """

    changes: tuple[str, ...]
    diffs: tuple[Any, ...]
    hints: tuple[Any, ...] = ()
    steps: tuple[str, ...] = ()
    binds: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"the models and the database differ:{listed(self.changes)}"
