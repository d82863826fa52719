"""What is wrong with declared renames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_migrate_decl.errors.base import FindingsError, MigrateError, database_in_words, listed


@dataclass(frozen=True)
class HintProblem:
    """A hint that can't be carried out.

    :param place: where the hint stands, such as ``renames.columns[0]``.
    :param hint: the hint in words, such as ``column account.name → full_name``.
    :param state: ``contradicted`` or ``unmatched``, or why a ``pending`` one can't be done.
    """

    place: str
    hint: str
    state: str
    message: str
    help: str

    def __str__(self) -> str:
        return f"{self.place} ({self.hint}) is {self.state}: {self.message}; {self.help}"


@dataclass(eq=False)
class RenameHintsError(FindingsError):
    """Hints that can't be carried out; no revision was written."""

    problems: tuple[HintProblem, ...]

    def __str__(self) -> str:
        return (
            "no revision can be written, as rename hints don't fit the database and the models:"
            f"{listed([str(problem) for problem in self.problems])}"
        )


@dataclass(eq=False)
class UndeclaredRenamesError(FindingsError):
    """What looks like a rename has no hint, and the configuration wants an answer.

    :param suggestions: what looks like renames, each as a ``Suggestion``.
    """

    suggestions: tuple[Any, ...]

    def __str__(self) -> str:
        lines = [str(suggestion) for suggestion in self.suggestions]
        return (
            "no revision was written, as renames may be undeclared, and what goes would be "
            f"dropped:{listed(lines)}\n"
            "Declare each in renames, or answer with --rename or --not-renamed."
        )


@dataclass(eq=False)
class StoppedError(FindingsError):
    """Somebody who was asked wanted to stop."""

    def __str__(self) -> str:
        return "stopped: no revision and no hint was written"


@dataclass(eq=False)
class AnswerError(MigrateError):
    """An answer on the command line can't be read."""

    option: str
    text: str
    form: str

    def __str__(self) -> str:
        return f'{self.option} "{self.text}" can\'t be read: say {self.form}'


@dataclass(eq=False)
class NamesInUseError(FindingsError):
    """A new constraint would get a name that another has, which a rename left it.

    :param names: pairs of a constraint's name and the table that keeps it.
    """

    names: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        lines = [f'"{name}", which "{table}" keeps' for name, table in self.names]
        return (
            "no revision can be written, as a rename leaves constraints their names, and new ones "
            f"would be called the same:{listed(lines)}\n"
            "Rename these constraints in a revision of your own first, or name the new ones "
            "otherwise."
        )


@dataclass(eq=False)
class IndexStaysBehindError(FindingsError):
    """An index that a foreign key needs can't follow its column to the new name."""

    table: str
    column: str
    new_name: str

    def __str__(self) -> str:
        return (
            f'no revision can be written, as the index "{self.column}" that the server made for a '
            f'foreign key of "{self.table}" can\'t follow its column to "{self.new_name}": another '
            "index has that name, or no index may have it. Rename one of the two indexes in a "
            "revision of your own first"
        )


@dataclass(eq=False)
class HintsNotSeenError(FindingsError):
    """The comparison did not look at the rename hints; no revision was written."""

    bind: str | None

    def __str__(self) -> str:
        return (
            f"no revision can be written, as the comparison of {database_in_words(self.bind)} did "
            'not look at the rename hints: let autogenerate_plugins have "alembic.autogenerate.*" '
            "in it, in env.py too"
        )
