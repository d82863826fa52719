"""Rename hints, against the names that the models have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.autogenerate import unconnected_name_rules
from flask_migrate_decl.config import hint_path
from flask_migrate_decl.errors.rules import (
    HINT_COLUMN_UNKNOWN,
    HINT_TABLE_UNKNOWN,
    HINT_UNKNOWN_TO_MODELS,
    MODELS_SAY_OLD_NAME,
    SCHEMA_NOT_COMPARED,
)
from flask_migrate_decl.renames import TableRename, nearest, qualified

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flask_migrate_decl.checks.subject import Subject
    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.errors import Finding, Rule
    from flask_migrate_decl.renames import ColumnRename, Hint, NameRules, Renames


GUESSES = (
    HINT_COLUMN_UNKNOWN,
    HINT_TABLE_UNKNOWN,
    HINT_UNKNOWN_TO_MODELS,
    MODELS_SAY_OLD_NAME,
    SCHEMA_NOT_COMPARED,
)
"""What is said of a hint only as long as no database has been asked."""


def hint_findings(subject: Subject) -> Iterator[Finding]:
    """Find hints of which the models know neither name, or the old one only.

    A hint may stay for ever, so one of which nothing is left is worth no more than a note, unless
    its names look like misspelt ones.
    """
    renames = subject.project.configuration.renames
    all_models = [ModelNames(bind) for bind in subject.binds]
    for models in all_models:
        of_bind = renames.of_bind(models.bind.key)
        others = [other for other in all_models if other is not models]
        check = _HintCheck(subject, of_bind, models, others)
        for table in of_bind.tables:
            yield from check.of_table(table)
        for column in of_bind.columns:
            yield from check.of_column(column)


@dataclass(frozen=True)
class ModelNames:
    """The names of one database's models, and how the database compares them."""

    bind: Bind

    def table(self, schema: str | None, name: str) -> Mapping[str, str] | None:
        """Return the columns of a table by their folded names; ``None`` where it is in no model."""
        return self._tables.get((self._named(schema), self._rules.fold_table(name)))

    def has_column(self, columns: Mapping[str, str], name: str) -> bool:
        """Tell whether a column is among those of a table."""
        return self._rules.fold_column(name) in columns

    def same_table(self, one: str, other: str) -> bool:
        """Tell whether two names are those of one table."""
        return self._rules.fold_table(one) == self._rules.fold_table(other)

    def table_names(self, schema: str | None) -> list[str]:
        """Return the tables of a schema."""
        tables = self.bind.metadata.tables.values()
        return [t.name for t in tables if self._named(t.schema) == self._named(schema)]

    def _named(self, schema: str | None) -> str | None:
        """Take the default schema for one that is not named."""
        return None if schema == self.bind.default_schema else schema

    @cached_property
    def _tables(self) -> Mapping[tuple[str | None, str], Mapping[str, str]]:
        fold_table, fold_column = self._rules.fold_table, self._rules.fold_column
        found: dict[tuple[str | None, str], dict[str, str]] = {}
        for table in self.bind.metadata.tables.values():
            columns = {fold_column(column.name): column.name for column in table.columns}
            found[self._named(table.schema), fold_table(table.name)] = columns
        return found

    @cached_property
    def _rules(self) -> NameRules:
        return unconnected_name_rules(self.bind.engine.dialect)


@dataclass(frozen=True)
class _HintCheck:
    """The hints of one database, against its models.

    :param others: the models of the other databases.
    """

    subject: Subject
    renames: Renames
    models: ModelNames
    others: Sequence[ModelNames]

    def of_table(self, hint: TableRename) -> Iterator[Finding]:
        models = self.models
        if models.table(hint.schema, hint.new) is not None:
            return
        if models.table(hint.schema, hint.old) is not None:
            yield self._old_name(hint)
        else:
            near = nearest(hint.new, models.table_names(hint.schema))
            message = f'no model has the table "{qualified(hint.schema, hint.new)}"'
            yield self._unknown(HINT_TABLE_UNKNOWN, hint, "to", message, near)

    def of_column(self, hint: ColumnRename) -> Iterator[Finding]:
        models = self.models
        tables = [
            columns
            for name in self._names_of_table(hint)
            if (columns := models.table(hint.schema, name)) is not None
        ]
        if any(models.has_column(columns, hint.new) for columns in tables):
            return
        if any(models.has_column(columns, hint.old) for columns in tables):
            yield self._old_name(hint)
        elif tables:
            near = nearest(hint.new, tables[0].values())
            message = f'the model of "{hint.table}" has no column "{hint.new}"'
            yield self._unknown(HINT_COLUMN_UNKNOWN, hint, "to", message, near)
        else:
            near = nearest(hint.table, models.table_names(hint.schema))
            message = f'no model has the table "{qualified(hint.schema, hint.table)}"'
            yield self._unknown(HINT_TABLE_UNKNOWN, hint, "table", message, near)

    def _names_of_table(self, hint: ColumnRename) -> Iterator[str]:
        """Return what the hint's table may be called in the models."""
        yield hint.table
        for table in self.renames.tables:
            if table.schema == hint.schema and self.models.same_table(table.old, hint.table):
                yield table.new
            if table.schema == hint.schema and self.models.same_table(table.new, hint.table):
                yield table.old

    def _old_name(self, hint: Hint) -> Finding:
        return self.subject.finding(
            MODELS_SAY_OLD_NAME,
            (*hint_path(hint.place), "to"),
            f'the models still say "{hint.old}"',
            f'say "{hint.new}" in the models once the rename is to be done',
        )

    def _unknown(
        self, rule: Rule, hint: Hint, key: str, message: str, near: tuple[str, ...]
    ) -> Finding:
        path = (*hint_path(hint.place), key)
        if rule is HINT_TABLE_UNKNOWN and (meant := self._other_bind(hint)):
            help_ = f"{meant.words} has it: " + (
                f'add bind = "{meant.key}" to the hint'
                if meant.key
                else "take bind out of the hint"
            )
            return self.subject.finding(rule, path, message, help_)
        if near:
            help_ = f'did you mean "{near[0]}"? Where it is gone, remove the hint'
            return self.subject.finding(rule, path, message, help_)
        help_ = "where it is gone from every database, the hint may be removed"
        return self.subject.finding(HINT_UNKNOWN_TO_MODELS, path, message, help_)

    def _other_bind(self, hint: Hint) -> Bind | None:
        """Return another database whose models have the table that a hint speaks of."""
        name = hint.new if isinstance(hint, TableRename) else hint.table
        having = (m.bind for m in self.others if m.table(hint.schema, name) is not None)
        return next(having, None)
