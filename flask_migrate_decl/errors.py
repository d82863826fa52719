"""Every error this package raises on purpose, as one tree.

Each error carries its facts as fields and words them itself, so that a program can read what
a person is shown. ``FindingsError`` marks what was found in a run that worked (the command line
answers 1); every other ``MigrateError`` says that a run could not be done (it answers 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def _listed(items: Sequence[str]) -> str:
    return "".join(f"\n  - {item}" for item in items)


class MigrateError(Exception):
    """The root of the tree: catch this to catch all of them."""


class FindingsError(MigrateError):
    """The run worked and found something that somebody has to look at."""


# --- the configuration -------------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in a configuration file.

    :param key: the dotted path below the section, ``""`` for the file as a whole.
    :param line: counted from 1, where it is known.
    :param column: counted from 1, where it is known.
    """

    key: str
    message: str
    help: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        key = f"{self.key}: " if self.key else ""
        mend = f" ({self.help})" if self.help else ""
        return f"{place}{key}{self.message}{mend}"


class ConfigError(MigrateError):
    """The configuration can't be used."""


@dataclass(eq=False)
class ConfigInvalidError(ConfigError):
    """A configuration file has mistakes; all of them are here."""

    path: Path
    mistakes: tuple[Mistake, ...]

    def __str__(self) -> str:
        count = "1 mistake" if len(self.mistakes) == 1 else f"{len(self.mistakes)} mistakes"
        return f"{self.path}: {count}{_listed([str(mistake) for mistake in self.mistakes])}"


@dataclass(eq=False)
class ConfigUnreadableError(ConfigError):
    """A configuration file was named and can't be read."""

    path: Path
    reason: str
    named_by: str

    def __str__(self) -> str:
        return f"{self.path}, named by {self.named_by}, can't be read: {self.reason}"


@dataclass(eq=False)
class ObjectReferenceError(ConfigError):
    """A ``"package.module:name"`` leads to nothing that can be used."""

    key: str
    reference: str
    reason: str

    def __str__(self) -> str:
        return f'{self.key} = "{self.reference}": {self.reason}'


@dataclass(eq=False)
class ModelsModuleError(ConfigError):
    """A module of ``models`` can't be imported; without it its tables would look dropped."""

    module: str
    reason: str

    def __str__(self) -> str:
        return f'models: "{self.module}" can\'t be imported: {self.reason}'


@dataclass(eq=False)
class UnknownBindError(ConfigError):
    """The configuration speaks of a bind that the app does not have."""

    key: str
    bind: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        known = ", ".join(self.known) or "none"
        return f'{self.key}: there is no bind "{self.bind}"; SQLALCHEMY_BINDS has: {known}'


@dataclass(eq=False)
class BindNameError(ConfigError):
    """A bind's name can't become part of a function's name, as a shared history needs it."""

    bind: str

    def __str__(self) -> str:
        return (
            f'the bind "{self.bind}" can\'t take part in a shared history: its scripts have a '
            f"function upgrade_{self.bind}(), and that is no Python name; "
            "rename the bind in SQLALCHEMY_BINDS"
        )


# --- the application ---------------------------------------------------------------------------


class AppError(MigrateError):
    """The Flask application can't be used."""


@dataclass(eq=False)
class NotInitializedError(AppError):
    """The app has no ``Migrate`` of this package."""

    app: str

    def __str__(self) -> str:
        return (
            f'the app "{self.app}" has no migrations: call Migrate(app, db), '
            "or migrate.init_app(app, db) in its factory"
        )


@dataclass(eq=False)
class AlreadyInitializedError(AppError):
    """A second, different ``Migrate`` was given the same app."""

    app: str

    def __str__(self) -> str:
        return f'the app "{self.app}" has another Migrate already; keep one of them'


@dataclass(eq=False)
class NoConfigReturnedError(AppError):
    """A function of ``@migrate.configure`` did not return a ``Config``."""

    function: str

    def __str__(self) -> str:
        return f"{self.function}(), registered with @migrate.configure, has to return the Config"


@dataclass(eq=False)
class DatabaseMissingError(AppError):
    """``init_app`` was called without a Flask-SQLAlchemy object."""

    app: str

    def __str__(self) -> str:
        return f'no database was given for the app "{self.app}": call migrate.init_app(app, db)'


@dataclass(eq=False)
class DatabaseNotReadyError(AppError):
    """Flask-SQLAlchemy does not know the app."""

    reason: str

    def __str__(self) -> str:
        return f"the databases of the app can't be reached: {self.reason}"


@dataclass(eq=False)
class AppNotLoadedError(AppError):
    """The app could not be imported or made."""

    reference: str
    reason: str
    place: str | None

    def __str__(self) -> str:
        place = f" ({self.place})" if self.place else ""
        return f"the app {self.reference} can't be loaded: {self.reason}{place}"


# --- the history of revisions ------------------------------------------------------------------


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
class ScriptUnreadableError(HistoryError):
    """A revision's file is no Python."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.message}"


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
class ModelsDifferError(FindingsError):
    """``check`` found that the models ask for a migration.

    :param changes: one readable line a change.
    :param diffs: Alembic's own diffs, as ``alembic.autogenerate.compare_metadata`` words them.
    """

    changes: tuple[str, ...]
    diffs: tuple[Any, ...]

    def __str__(self) -> str:
        return f"the models and the database differ:{_listed(self.changes)}"


# --- renames -----------------------------------------------------------------------------------


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
            f"{_listed([str(problem) for problem in self.problems])}"
        )


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
            f"would be called the same:{_listed(lines)}\n"
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
        database = f'the bind "{self.bind}"' if self.bind else "the default database"
        return (
            f"no revision can be written, as the comparison of {database} did not look at the "
            'rename hints: let autogenerate_plugins have "alembic.autogenerate.*" in it, in env.py '
            "too"
        )


# --- databases ---------------------------------------------------------------------------------


class DatabaseError(MigrateError):
    """A database could not be used."""


@dataclass(eq=False)
class StatementFailedError(DatabaseError):
    """The database refused a statement or a connection. Parameters are left out on purpose."""

    message: str
    statement: str | None

    def __str__(self) -> str:
        statement = f"\n  {self.statement.strip()}" if self.statement else ""
        return f"the database says: {self.message}{statement}"


@dataclass(eq=False)
class TransactionOpenError(DatabaseError):
    """The SQLite connection is inside a transaction, where foreign keys can't be switched off."""

    database: str

    def __str__(self) -> str:
        return (
            f"another transaction is open on the same connection to {self.database}; commit it "
            "or roll it back first, as a migration needs a transaction of its own"
        )


@dataclass(eq=False)
class ForeignKeysBrokenError(DatabaseError):
    """A migration left rows without their parents; it was rolled back.

    :param violations: lines such as ``in "post" 1 row has lost its parent``.
    """

    database: str
    violations: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.database} was rolled back, as the migration broke foreign keys:"
            f"{_listed(self.violations)}"
        )
