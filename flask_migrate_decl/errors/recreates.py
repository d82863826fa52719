"""What stops a migration that would make an SQLite table anew."""

from __future__ import annotations

from dataclasses import dataclass

from flask_migrate_decl.errors.base import listed
from flask_migrate_decl.errors.databases import DatabaseError


@dataclass(frozen=True)
class Loss:
    """What a table would lose where SQLite makes it anew.

    :param what: such as ``the trigger "noted": it names "name", which is dropped``.
    :param help: what helps.
    """

    what: str
    help: str


@dataclass(eq=False)
class RecreateLosesError(DatabaseError):
    """A batch would make an SQLite table anew, and it would lose something; nothing was changed."""

    database: str
    table: str
    losses: tuple[Loss, ...]

    def __str__(self) -> str:
        return (
            f'"{self.table}" of {self.database} would be made anew, as SQLite can\'t change it '
            "otherwise, and would lose what can't be restored surely:"
            f"{listed([f'{loss.what}; {loss.help}' for loss in self.losses])}\n"
            'sqlite.on_loss = "warn" lets a run go on without them'
        )


@dataclass(eq=False)
class ValuesLostError(DatabaseError):
    """A batch renames columns and adds others in their place, by which Alembic drops the values."""

    database: str
    table: str
    columns: tuple[str, ...]

    def __str__(self) -> str:
        columns = " and ".join(f'"{column}"' for column in self.columns)
        return (
            f'the values of {columns} in "{self.table}" of {self.database} would be lost, as one '
            "batch gives a column another name and adds one that has the old name: rename in a "
            "batch of its own, before"
        )


@dataclass(eq=False)
class OrphanInTheWayError(DatabaseError):
    """A table has to be made anew, and what an earlier attempt left behind is in the way."""

    database: str
    table: str
    orphan: str

    def __str__(self) -> str:
        return (
            f'{self.database} has a table "{self.orphan}", left behind when an earlier migration '
            f'of "{self.table}" was stopped; it may be the only copy of rows, and is not touched. '
            f'Compare the two by SELECT; if "{self.table}" is whole, DROP TABLE '
            f'"{self.orphan}"; if rows are missing there, INSERT them from "{self.orphan}" first'
        )


@dataclass(eq=False)
class RowsNotCopiedError(DatabaseError):
    """A table was made anew, and not all its rows are in it; it was rolled back.

    :param before: the number of rows before.
    :param after: how many of them the new table has.
    """

    database: str
    table: str
    before: int
    after: int

    def __str__(self) -> str:
        return (
            f'"{self.table}" of {self.database} has {self.before} rows, and {self.after} would be '
            "left where it is made anew, as an ON CONFLICT clause leaves out or replaces the "
            "others; everything was rolled back"
        )
