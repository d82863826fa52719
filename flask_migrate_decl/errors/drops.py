"""What a revision would drop, and why it was not written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask_migrate_decl.errors.base import FindingsError, database_in_words, listed

MANY_ROWS = 10_000
"""Rows are counted up to one more than this."""
_SHOWN_TABLES = 10


@dataclass(frozen=True)
class Drop:
    """A table or a column that a revision drops.

    :param bind: the bind key, ``None`` for the default database.
    :param schema: ``None`` for the default one.
    :param column: ``None`` where the whole table is dropped.
    :param rows: how many rows the table has, ``MANY_ROWS + 1`` where they are more than
        ``MANY_ROWS``, and ``None`` where they could not be counted.
    """

    bind: str | None
    schema: str | None
    table: str
    column: str | None = None
    rows: int | None = None

    @property
    def name(self) -> str:
        """The name with its table and schema."""
        return ".".join(part for part in (self.schema, self.table, self.column) if part is not None)

    def __str__(self) -> str:
        kind = "table" if self.column is None else "column"
        bind = "" if self.bind is None else f" of {database_in_words(self.bind)}"
        return f"the {kind} {self.name}{bind}{self._rows_words}"

    @property
    def _rows_words(self) -> str:
        if self.rows is None:
            return ""
        if self.rows > MANY_ROWS:
            return f" (more than {MANY_ROWS:,} rows)"
        return f" ({self.rows:,} {'row' if self.rows == 1 else 'rows'})"


@dataclass(eq=False)
class DropsRefusedError(FindingsError):
    """A revision would drop what ``safety`` does not let pass; it was not written.

    :param drops: of all databases.
    :param suggestions: what looks like renames among them, each as a ``Suggestion``.
    """

    drops: tuple[Drop, ...]
    suggestions: tuple[Any, ...] = ()

    def __str__(self) -> str:
        likely = [str(suggestion) for suggestion in self.suggestions]
        renamed = f"This may be renamed and not declared:{listed(likely)}\n" if likely else ""
        return (
            f'no revision is written, as safety.on_drop is "error" and it would drop:'
            f"{listed([str(drop) for drop in self.drops])}\n"
            f"{renamed}"
            "Declare a rename for what got another name, keep in the models what is to stay, and "
            "name in safety.allow_drop what may go."
        )


@dataclass(frozen=True)
class LostModels:
    """A database of which the models have lost most tables.

    :param bind: the bind key, ``None`` for the default database.
    :param dropped: the names of the tables that would be dropped.
    :param compared: how many tables of the database were compared.
    :param modelled: how many tables the models have.
    """

    bind: str | None
    dropped: tuple[str, ...]
    compared: int
    modelled: int

    def __str__(self) -> str:
        more = len(self.dropped) - _SHOWN_TABLES
        shown = [*self.dropped[:_SHOWN_TABLES], *([f"and {more} more"] if more > 0 else [])]
        return (
            f"{database_in_words(self.bind)} has {self.compared} tables, the models have "
            f"{self.modelled or 'none'}, and these would be dropped:{listed(shown)}"
        )


@dataclass(eq=False)
class ModelsLostError(FindingsError):
    """Models seem not to be imported, as most tables would be dropped; no revision was written.

    :param databases: those that would lose most of their tables.
    :param modules: those that define some of these tables, and that were not imported.
    :param named: the modules that ``models`` has already.
    """

    databases: tuple[LostModels, ...]
    modules: tuple[str, ...]
    named: tuple[str, ...] = ()

    def __str__(self) -> str:
        databases = "\n".join(map(str, self.databases))
        return (
            f"no revision is written, as modules with models seem not to be imported: {databases}\n"
            f"{self._help}.\nTo drop these tables indeed, name them in safety.allow_drop."
        )

    @property
    def _help(self) -> str:
        if not self.modules:
            return "Import the modules with their models in the app factory, or name them in models"
        models = json.dumps([*self.named, *self.modules], ensure_ascii=False)
        return f"Import the modules with their models: models = {models}"
