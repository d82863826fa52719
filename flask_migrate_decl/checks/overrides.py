"""What the file says and code decides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.environment import referenced_object
from flask_migrate_decl.errors import ObjectReferenceError
from flask_migrate_decl.errors.rules import OVERRIDDEN_BY_CODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_migrate_decl.checks.subject import Subject
    from flask_migrate_decl.config import DatabaseOptions, KeyPath
    from flask_migrate_decl.errors import Finding


def override_findings(subject: Subject) -> Iterator[Finding]:
    """Find keys whose values are not used, as a keyword argument of ``Migrate`` says otherwise."""
    if _is_other_directory(subject):
        yield _overridden(subject, ("directory",))
    yield from _in_table(subject, (), subject.settings)
    for name, options in subject.settings.binds.items():
        yield from _in_table(subject, ("binds", name), options)


def _is_other_directory(subject: Subject) -> bool:
    argument = subject.project.registration.directory_argument
    if argument is None or "directory" not in subject.settings.model_fields_set:
        return False
    declared = subject.project.configuration.path(subject.settings.directory)
    return Path(argument).resolve() != declared.resolve()


def _in_table(subject: Subject, table: KeyPath, options: DatabaseOptions) -> Iterator[Finding]:
    for key, given in subject.project.registration.options.items():
        if key in options.model_fields_set and not _is_same(key, getattr(options, key), given):
            yield _overridden(subject, (*table, key))


def _is_same(key: str, declared: Any, given: Any) -> bool:
    """Tell whether code says what the file says: a list for a list, a function for its name."""
    if isinstance(given, list):
        given = tuple(given)
    if callable(given) and isinstance(declared, str):
        try:
            return referenced_object(key, declared) is given
        except ObjectReferenceError:
            return False
    return type(declared) is type(given) and bool(declared == given)


def _overridden(subject: Subject, path: KeyPath) -> Finding:
    key = path[-1]
    return subject.finding(
        OVERRIDDEN_BY_CODE,
        path,
        f"the value is not used, as code says Migrate({key}=…)",
        f"remove {key} here or there",
        of="key",
    )
