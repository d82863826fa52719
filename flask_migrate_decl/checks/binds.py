"""The declared binds, against those of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_migrate_decl.databases import known_binds, named_binds
from flask_migrate_decl.errors import BindNameError, is_name_in_history
from flask_migrate_decl.errors.rules import BIND_NAME, UNKNOWN_BIND
from flask_migrate_decl.renames import nearest
from flask_migrate_decl.reporting.keys import listed_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_migrate_decl.checks.subject import Subject
    from flask_migrate_decl.errors import Finding


def bind_findings(subject: Subject) -> Iterator[Finding]:
    """Find binds that the app does not have, and names that a shared history can't have."""
    known = known_binds(subject.project.registration.db)
    declared = subject.settings.binds
    for path, key in named_binds(subject.project.configuration):
        is_told_already = path[0] != "binds" and key in declared
        if key not in known and not is_told_already:
            yield subject.finding(
                UNKNOWN_BIND,
                path,
                f'the app has no bind "{key}" (it has: {listed_names(known)})',
                _help(key, known),
                of="value" if path[-1] == "bind" else "key",
            )
    for key in known if subject.settings.multidb else ():
        if not is_name_in_history(key):
            wrong = BindNameError(key)
            yield subject.finding(BIND_NAME, ("multidb",), wrong.message, wrong.help, of="key")


def _help(key: str, known: tuple[str, ...]) -> str:
    near = nearest(key, known)
    return f'did you mean "{near[0]}"?' if near else "add it to SQLALCHEMY_BINDS, or remove it here"
