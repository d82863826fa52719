"""The declared binds, against those of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_migrate_decl.config import DEFAULT_BIND
from flask_migrate_decl.databases import is_ambiguous, known_binds, named_binds
from flask_migrate_decl.environment import verify_function_names, verify_version_tables
from flask_migrate_decl.errors import (
    AmbiguousBindError,
    BindNameError,
    Place,
    UnknownBindError,
    VersionTableSharedError,
)
from flask_migrate_decl.errors.findings import Finding
from flask_migrate_decl.errors.rules import (
    BIND_AMBIGUOUS,
    BIND_NAME,
    UNKNOWN_BIND,
    VERSION_TABLE_SHARED,
)
from flask_migrate_decl.renames import nearest
from flask_migrate_decl.reporting.keys import listed_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_migrate_decl.checks.subject import Subject
    from flask_migrate_decl.config import KeyPath


def bind_findings(subject: Subject) -> Iterator[Finding]:
    """Find binds that the app does not have, and what can't be done with those it has."""
    known = known_binds(subject.project.registration.db)
    yield from _unknown(subject, known)
    if is_ambiguous(subject.project.registration.db, subject.project.configuration):
        message, help_ = AmbiguousBindError.message, AmbiguousBindError.help
        yield subject.finding(BIND_AMBIGUOUS, ("binds", "default"), message, help_, of="key")
    elif all(key in known for _, key in named_binds(subject.project.configuration)):
        yield from _names(subject)
        yield from _version_tables(subject)


def _unknown(subject: Subject, known: tuple[str, ...]) -> Iterator[Finding]:
    declared = subject.settings.binds
    for path, key in named_binds(subject.project.configuration):
        is_told_already = path[0] != "binds" and key in declared and key != DEFAULT_BIND
        if key not in known and not is_told_already:
            yield subject.finding(
                UNKNOWN_BIND,
                path,
                f'the app has no bind "{key}" (it has: {listed_names(known)})',
                _help(path, key, known),
                of="value" if path[-1] == "bind" else "key",
            )


def _names(subject: Subject) -> Iterator[Finding]:
    for history in subject.project.histories:
        try:
            verify_function_names(history)
        except BindNameError as error:
            yield Finding(BIND_NAME, error.message, error.help, Place(error.template))


def _version_tables(subject: Subject) -> Iterator[Finding]:
    try:
        verify_version_tables(subject.project)
    except VersionTableSharedError as error:
        path = ("binds", error.bind)
        yield subject.finding(VERSION_TABLE_SHARED, path, error.message, error.help, of="key")


def _help(path: KeyPath, key: str, known: tuple[str, ...]) -> str:
    if key == DEFAULT_BIND and path[0] != "binds":
        return UnknownBindError.help_for_default
    near = nearest(key, known)
    return f'did you mean "{near[0]}"?' if near else "add it to SQLALCHEMY_BINDS, or remove it here"
