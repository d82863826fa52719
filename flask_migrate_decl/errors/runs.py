"""What stops a run, and what it leaves of each database."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent
from typing import TYPE_CHECKING

from flask_migrate_decl.errors.base import database_in_words, listed
from flask_migrate_decl.errors.databases import DatabaseError
from flask_migrate_decl.errors.texts import one_line, shell_word

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class BindState:
    """What a run that stopped has left of a database.

    :param bind: the bind key, ``None`` for the default database.
    :param outcome: ``done``, ``rolled back``, ``untouched`` or ``unknown``.
    :param at: the revisions it is at, ``None`` where that is not known.
    :param explanation: what is to be said besides.
    :param is_on_its_way: some of its revisions were committed, and others were not.
    """

    bind: str | None
    outcome: str
    at: tuple[str, ...] | None = None
    explanation: str = ""
    is_on_its_way: bool = False

    @property
    def is_in_doubt(self) -> bool:
        """Whether somebody has to see how far it has gone before it can go on."""
        return self.is_on_its_way or self.outcome == "unknown"

    @property
    def label(self) -> str:
        """The database's name for people."""
        return "<default>" if self.bind is None else one_line(self.bind)

    @property
    def words(self) -> str:
        """The state without the name."""
        at = "" if self.at is None else f"at {', '.join(self.at) or 'no revision'}"
        return ", ".join(filter(None, (self.outcome, at, self.explanation)))

    @property
    def sentence(self) -> str:
        """The state with the name, where there is one database alone."""
        at = "" if self.at is None else f" and is at {', '.join(self.at) or 'no revision'}"
        verb = {"rolled back": "was rolled back", "done": "is done", "untouched": "is untouched"}
        if self.outcome not in verb:
            return f"what is left of {database_in_words(self.bind)}: {self.words}"
        return f"{database_in_words(self.bind)} {verb[self.outcome]}{at}"


@dataclass(eq=False)
class RevisionFailedError(DatabaseError):
    """A revision's script failed, or a database refused what it asks for.

    The parameters of a statement are left out on purpose. What was raised is the ``__cause__``.

    :param bind: the bind key, ``None`` for the default database.
    :param database: the database in words, ``None`` where nobody can tell which of several it is.
    :param line: the line of the script ``path`` that failed, or called what failed.
    :param statement: what the database refused, ``None`` where it is the script that failed.
    :param message: what the database says, or the kind of the exception and its text.
    :param state: what is left of the database, where the run is about one.
    :param next_steps: what to do by hand then, and at last.
    """

    bind: str | None
    database: str | None
    revision: str
    path: Path
    line: int | None
    statement: str | None
    message: str
    state: BindState | None = None
    next_steps: tuple[str, ...] = ()

    def __str__(self) -> str:
        on = f" on {self.database}" if self.database else ""
        lines = [
            self.message if self.statement is None else f"the database says: {self.message}",
            *(() if self.statement is None else (_shown(self.statement),)),
            f"  in the revision {self.revision}{on}: {self.path}, line {self.line}",
            *(() if self.state is None else (self.state.sentence,)),
        ]
        # The last step is to run it again, which goes without saying.
        steps = f"\nwhat to do now:{listed(self.next_steps)}" if len(self.next_steps) > 1 else ""
        return "\n".join(lines) + steps


_LONGEST = 2000


def _shown(statement: str) -> str:
    text = statement.strip()
    return indent(text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …", "  ")


@dataclass(eq=False)
class RunStoppedError(DatabaseError):
    """A run over several databases stopped.

    :param reason: what went wrong.
    :param failed: the bind keys of the databases it went wrong on.
    :param states: what is left of every database, in the order of the run.
    :param next_steps: what to do now.
    """

    reason: str
    failed: tuple[str | None, ...]
    states: tuple[BindState, ...]
    next_steps: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.reason}\n{self.report}"

    @property
    def report(self) -> str:
        """The state of every database, and what to do."""
        width = max(len(state.label) for state in self.states)
        rows = [f"  {state.label.ljust(width)}  {state.words}" for state in self.states]
        return "\n".join(["what is left of each database:", *rows, "what to do now:"]) + listed(
            self.next_steps
        )


@dataclass(eq=False)
class InterruptedRunError(DatabaseError):
    """Somebody stopped a run."""

    def __str__(self) -> str:
        return "the run was interrupted"


class JobsUnavailableError(DatabaseError):
    """Histories can't be run at once on this system."""

    def __str__(self) -> str:
        return "--jobs needs a system that can fork processes, and this one can't: leave it out"


@dataclass(eq=False)
class JobsNumberError(DatabaseError):
    """There can't be so few processes."""

    number: int

    def __str__(self) -> str:
        return f"--jobs has to be 1 or more, and is {self.number}"


@dataclass(eq=False)
class JobsNotCombinedError(DatabaseError):
    """Something can't be done by several processes."""

    reason: str

    def __str__(self) -> str:
        return f"--jobs can't be combined with {self.reason}"


@dataclass(eq=False)
class CommitRefusedError(DatabaseError):
    """A revision commits by itself, where all databases are to commit together.

    :param bind: the bind key, ``None`` for the default database.
    """

    bind: str | None
    revision: str | None

    def __str__(self) -> str:
        name = shell_word("default" if self.bind is None else self.bind)
        revision = f"the revision {self.revision}" if self.revision else "something"
        return (
            f"{revision} commits by itself on {database_in_words(self.bind)}, such as with "
            "autocommit_block(), and bind_transactions does not let a database commit before the "
            f"others: bring this one there alone, with --bind {name}"
        )


@dataclass(eq=False)
class TwoPhaseUnavailableError(DatabaseError):
    """Not every database can commit in two phases.

    :param problems: one line for each that can't.
    """

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return (
            'bind_transactions = "two-phase" can\'t be carried out, and nothing was run:'
            f"{listed(self.problems)}"
        )


@dataclass(eq=False)
class PreparedTransactionsError(DatabaseError):
    """An earlier run in two phases was cut off before all of its databases had committed.

    :param transactions: one line for each that is left, with its statements.
    """

    transactions: tuple[str, ...]

    def __str__(self) -> str:
        return (
            "transactions of an earlier run are prepared, and nobody has ended them; where one "
            "of that run has committed, commit all of them, else commit or roll back all:"
            f"{listed(self.transactions)}"
        )


@dataclass(eq=False)
class StatementsNotWrittenError(DatabaseError):
    """A file of statements could not be written."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path} was not written: {self.reason}"


@dataclass(eq=False)
class RehearsalUnavailableError(DatabaseError):
    """Not every database can roll back all that a run does.

    :param problems: one line for each that can't.
    """

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return f"the run can't be rehearsed, and nothing was run:{listed(self.problems)}"


@dataclass(eq=False)
class RehearsalRefusedError(DatabaseError):
    """A revision commits by itself, which could not be rolled back.

    :param bind: the bind key, ``None`` for the default database.
    """

    bind: str | None
    revision: str | None

    def __str__(self) -> str:
        revision = f"the revision {self.revision}" if self.revision else "something"
        return (
            f"{revision} commits by itself on {database_in_words(self.bind)}, such as with "
            "autocommit_block(), which can't be rehearsed; nothing was kept of what was run. "
            "Rehearse up to the revision before it."
        )


@dataclass(eq=False)
class NotCombinedError(DatabaseError):
    """Options that exclude each other were given."""

    options: tuple[str, ...]

    def __str__(self) -> str:
        return f"{' and '.join(self.options)} can't be combined"
