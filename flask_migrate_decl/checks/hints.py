"""Rename hints, against the names that the models have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.checks.model_names import ModelNames
from flask_migrate_decl.config import hint_path
from flask_migrate_decl.errors.rules import (
    HINT_NAME_UNKNOWN,
    HINT_TABLE_UNKNOWN,
    HINT_UNKNOWN_TO_MODELS,
    MODELS_SAY_OLD_NAME,
    SCHEMA_NOT_COMPARED,
)
from flask_migrate_decl.renames import Kind, key_ends, nearest, qualified

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flask_migrate_decl.checks.subject import Subject
    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.errors import Finding
    from flask_migrate_decl.renames import Hint


GUESSES = (
    HINT_NAME_UNKNOWN,
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
    all_models = [ModelNames(bind, renames.of_bind(bind.key)) for bind in subject.binds]
    for models in all_models:
        others = [other for other in all_models if other is not models]
        check = _HintCheck(subject, models, others)
        for hint in models.renames.hints:
            yield from check.of(hint)


@dataclass(frozen=True)
class _HintCheck:
    """The hints of one database, against its models.

    :param others: the models of the other databases.
    """

    subject: Subject
    models: ModelNames
    others: Sequence[ModelNames]

    def of(self, hint: Hint) -> Iterator[Finding]:
        models = self.models
        if models.has_new(hint) or _is_unsaid(models, hint):
            return
        if models.has_old(hint):
            yield self._old_name(hint)
        elif models.has_any_name(hint):
            return
        elif hint.owner is None:
            (_, (schema, new)) = key_ends(hint)
            message = f'no model has the {hint.kind.noun} "{qualified(schema, new)}"'
            yield self._unknown(hint, "to", message, models.beside_new(hint))
        elif models.has_owner(hint):
            message = f'{_having(hint)} has no {hint.kind.noun} "{hint.new}"'
            yield self._unknown(hint, "to", message, models.beside_new(hint))
        else:
            key = _owner_key(hint)
            message = f'no model has the {key} "{qualified(hint.schema, hint.owner)}"'
            yield self._unknown(hint, key, message, models.owners(hint))

    def _old_name(self, hint: Hint) -> Finding:
        return self.subject.finding(
            MODELS_SAY_OLD_NAME,
            (*hint_path(hint.place), "to"),
            f'the models still say "{hint.old}"',
            f'say "{hint.new}" in the models once the rename is to be done',
        )

    def _unknown(self, hint: Hint, key: str, message: str, names: Iterable[str]) -> Finding:
        """Make a finding about a name that no model has.

        :param key: the hint's key whose value the name is.
        :param names: those that may have been meant.
        """
        path = (*hint_path(hint.place), key)
        is_of_table = key == "table" or hint.kind is Kind.TABLE
        rule = HINT_TABLE_UNKNOWN if is_of_table else HINT_NAME_UNKNOWN
        if meant := self._other_bind(hint):
            return self.subject.finding(rule, path, message, _bind_help(meant))
        near = nearest(hint.new if key == "to" else str(hint.owner), names)
        if near:
            help_ = f'did you mean "{near[0]}"? Where it is gone, remove the hint'
            return self.subject.finding(rule, path, message, help_)
        help_ = "where it is gone from every database, the hint may be removed"
        return self.subject.finding(HINT_UNKNOWN_TO_MODELS, path, message, help_)

    def _other_bind(self, hint: Hint) -> Bind | None:
        """Return another database whose models have what a hint speaks of."""
        if hint.owner is not None and self.models.has_owner(hint):
            return None
        for models in self.others:
            if models.has_new(hint) or (hint.owner is not None and models.has_owner(hint)):
                return models.bind
        return None


def _is_unsaid(models: ModelNames, hint: Hint) -> bool:
    """Tell whether the models leave it to the database what there is of a hint's kind."""
    return hint.kind is Kind.SEQUENCE and not models.has_any(Kind.SEQUENCE)


def _owner_key(hint: Hint) -> str:
    """Return the key under which a hint says what its names belong to."""
    return "enum" if hint.kind is Kind.ENUM_VALUE else "table"


def _having(hint: Hint) -> str:
    """Word what a hint's names belong to, as the models have it."""
    of_models = "enum" if hint.kind is Kind.ENUM_VALUE else "model of"
    return f'the {of_models} "{hint.owner}"'


def _bind_help(meant: Bind) -> str:
    mend = f'add bind = "{meant.key}" to the hint' if meant.key else "take bind out of the hint"
    return f"{meant.words} has it: {mend}"
