"""The Python objects and modules that a configuration names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_migrate_decl.environment import REFERENCES, imported_module, referenced_object
from flask_migrate_decl.errors import ObjectReferenceError
from flask_migrate_decl.errors.rules import MODELS_NOT_IMPORTED, OBJECT_NOT_FOUND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_migrate_decl.checks.subject import Subject
    from flask_migrate_decl.config import DatabaseOptions, KeyPath
    from flask_migrate_decl.errors import Finding


def object_findings(subject: Subject) -> Iterator[Finding]:
    """Find references that lead to nothing, or to what can't be called."""
    yield from _in_table(subject, (), subject.settings)
    for name, options in subject.settings.binds.items():
        yield from _in_table(subject, ("binds", name), options)


def _in_table(subject: Subject, table: KeyPath, options: DatabaseOptions) -> Iterator[Finding]:
    given_by_code = subject.project.registration.options
    for key in sorted((REFERENCES & options.model_fields_set) - set(given_by_code)):
        reference = getattr(options, key)
        if not isinstance(reference, str):
            continue
        try:
            referenced_object(key, reference)
        except ObjectReferenceError as error:
            message = f'"{reference}" leads to nothing that can be used: {error.reason}'
            help_ = "correct the reference, or what it leads to"
            yield subject.finding(OBJECT_NOT_FOUND, (*table, key), message, help_)


def import_models(subject: Subject) -> Iterator[Finding]:
    """Import the modules of ``models``, as a comparison does; find those that can't be."""
    for position, module in enumerate(subject.settings.models):
        try:
            imported_module("models", module, module)
        except ObjectReferenceError as error:
            message = f'"{module}" can\'t be imported: {error.reason}'
            help_ = "correct its name, or what is wrong in it; without it its tables look dropped"
            yield subject.finding(MODELS_NOT_IMPORTED, ("models", position), message, help_)
