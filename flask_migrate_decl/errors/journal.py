"""A revision that is half done, on a database that can't roll schema changes back."""

from __future__ import annotations

from dataclasses import dataclass

from flask_migrate_decl.errors.base import database_in_words, listed
from flask_migrate_decl.errors.databases import DatabaseError, StatementFailedError
from flask_migrate_decl.errors.texts import shell_word


def resume_command(name: str | None, *options: str, is_upgrade: bool = True) -> str:
    """Return the command that goes on with a revision.

    :param name: what ``--bind`` takes, ``None`` where there is one database alone.
    """
    command = "upgrade" if is_upgrade else "downgrade"
    named = () if name is None else ("--bind", shell_word(name))
    return " ".join(("flask", "db", command, *named, "--resume", *options))


@dataclass(eq=False)
class HalfDoneError(DatabaseError):
    """An earlier run has stopped in the middle of a revision.

    :param bind: the bind key, ``None`` for the default database.
    :param name: what ``--bind`` takes for it, ``None`` where there is one database alone.
    :param is_upgrade: whether that was being run, and not undone.
    :param statements: how many of its statements were begun.
    :param statement: the last of them.
    :param was_done: whether that one was done; ``None`` where looking at the database does not
        tell, or where that is known anyhow.
    :param is_next: it is what the command would run first.
    """

    bind: str | None
    name: str | None
    revision: str
    is_upgrade: bool
    statements: int
    statement: str
    was_done: bool | None
    is_next: bool

    def __str__(self) -> str:
        direction = "the revision" if self.is_upgrade else "the downgrade of"
        state = {True: " It was done.", False: " It was not done.", None: ""}[self.was_done]
        return (
            f"{direction} {self.revision} is half done on {database_in_words(self.bind)}, and "
            f"nothing else was run. The last of its statements that an earlier run has come to is "
            f"number {self.statements}:\n  {self.statement}\n"
            f"{state.strip()}{' ' if state else ''}"
            "Go on from there, and run nothing twice:\n"
            f"  {self._command}\n"
            "or do the rest by hand, and say which revision the database is at with: "
            "flask db stamp"
        )

    @property
    def _command(self) -> str:
        """The command that goes on, with the revision where another one would come first."""
        named = (shell_word(self.revision),) if self.is_upgrade and not self.is_next else ()
        return resume_command(self.name, *named, is_upgrade=self.is_upgrade)


@dataclass(eq=False)
class StatementInDoubtError(DatabaseError):
    """Nobody can tell by looking whether the last statement of an earlier run was done.

    :param bind: the bind key, ``None`` for the default database.
    :param name: what ``--bind`` takes for it, ``None`` where there is one database alone.
    :param position: its number in the revision, from 1 on.
    """

    bind: str | None
    name: str | None
    revision: str
    is_upgrade: bool
    position: int
    statement: str

    def __str__(self) -> str:
        commands = "\n".join(
            f"  {resume_command(self.name, '--in-doubt', answer, is_upgrade=self.is_upgrade)}"
            f"   # {meaning}"
            for answer, meaning in (("done", "it was done"), ("undone", "it was not, and is run"))
        )
        return (
            f"the revision {self.revision} is half done on {database_in_words(self.bind)}, and "
            f"whether its statement number {self.position} was done can't be told by looking at "
            f"the database:\n  {self.statement}\n"
            f"Find out, and say it with one of these:\n{commands}"
        )


@dataclass(eq=False)
class InDoubtOfSeveralError(DatabaseError):
    """It was said of several databases at once whether a statement was done.

    :param names: what ``--bind`` takes for each of them.
    """

    names: tuple[str, ...]

    def __str__(self) -> str:
        choices = listed([f"--bind {shell_word(name)}" for name in self.names])
        return (
            "--in-doubt is about one statement on one database, and nothing was run. Say which "
            f"database with one of these:{choices}"
        )


@dataclass(eq=False)
class JournalDiffersError(DatabaseError):
    """A revision that is half done does not do again what it did the first time.

    :param bind: the bind key, ``None`` for the default database.
    :param position: the number of the statement in the revision, from 1 on.
    :param statement: what was run then.
    """

    bind: str | None
    revision: str
    is_upgrade: bool
    position: int
    statement: str
    reason: str

    def __str__(self) -> str:
        return (
            f"the revision {self.revision} can't be gone on with on "
            f"{database_in_words(self.bind)}: an earlier run has run this as its statement number "
            f"{self.position}, and now {self.reason}:\n  {self.statement}\n"
            "Nothing was run. Let the script do the same again, or do the rest by hand and say "
            "which revision the database is at with: flask db stamp"
        )


@dataclass(eq=False)
class NotJournalledError(DatabaseError):
    """A script does what can't be written down so that it could be gone on with.

    :param bind: the bind key, ``None`` for the default database.
    :param reason: what that is.
    """

    bind: str | None
    revision: str
    is_upgrade: bool
    reason: str

    def __str__(self) -> str:
        what = "the revision" if self.is_upgrade else "the downgrade of"
        return (
            f"{what} {self.revision} was stopped on {database_in_words(self.bind)}: {self.reason}. "
            "On this database it has to be known of each statement whether it was run, so that "
            "none is run twice. Let the script do it in another way."
        )


@dataclass(eq=False)
class JournalFailedError(StatementFailedError):
    """The database refused a statement of the journal's own."""

    def __str__(self) -> str:
        return f"what a revision does can't be written down: {super().__str__()}"


@dataclass(eq=False)
class StatementRunningError(DatabaseError):
    """The server is still at the last statement of an earlier run.

    :param bind: the bind key, ``None`` for the default database.
    """

    bind: str | None
    revision: str
    statement: str

    def __str__(self) -> str:
        return (
            f"the server of {database_in_words(self.bind)} is still at a statement of the revision "
            f"{self.revision}, for a run that is gone, and nothing was run:\n  {self.statement}\n"
            "Run it again when that is over, or raise lock.timeout."
        )
