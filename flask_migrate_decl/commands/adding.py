"""A hint put into a configuration, as far as the file is still right with it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flask_migrate_decl.config import check_source, dotted, edit_with_hint, source_in
from flask_migrate_decl.errors import (
    ConfigUnwritableError,
    HintNotAddedError,
    HintRefusedError,
    Severity,
)
from flask_migrate_decl.results import AddedHint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_migrate_decl.config import Edit, KeyPath, NewHint, Source
    from flask_migrate_decl.errors import Finding


def edit_adding(source: Source, hint: NewHint) -> tuple[Edit, AddedHint]:
    """Return what the file becomes, and the hint in it. Nothing is written.

    :raises HintRefusedError: the file would have mistakes with the hint.
    :raises HintNotAddedError: the file's layout does not take the hint.
    """
    edit = edit_with_hint(source, hint)
    return edit, _verified(edit, hint)


@contextmanager
def worded_write_errors(source: Source) -> Iterator[None]:
    """Raise what keeps a file from being written as our error.

    :raises ConfigUnwritableError: the file can't be written; it is as it was.
    """
    try:
        yield
    except OSError as error:
        path = source.path or Path(str(error.filename))
        raise ConfigUnwritableError(path, error.strerror or str(error)) from error
    except UnicodeEncodeError as error:
        path = source.path or Path.cwd()
        raise ConfigUnwritableError(path, "a name has characters that UTF-8 lacks") from error


def _verified(edit: Edit, hint: NewHint) -> AddedHint:
    """Return what is going to be added, if the file has no mistakes then."""
    if edit.document is None:
        raise HintNotAddedError(edit.path, edit.lines)
    after = source_in(edit.document)
    assert after is not None
    path = _path_of_last(after, hint.kind)
    if errors := errors_in(after):
        raise HintRefusedError(edit.path, tuple(_without_place(found, path) for found in errors))
    return AddedHint(edit.path, dotted(path), after.place(path))


def errors_in(source: Source) -> list[Finding]:
    """Return the mistakes of a section."""
    findings = check_source(source).findings
    return [found for found in findings if found.rule.severity is Severity.ERROR]


def _path_of_last(source: Source, kind: str) -> KeyPath:
    return "renames", kind, len(source.section["renames"][kind]) - 1


def _without_place(finding: Finding, path: KeyPath) -> Finding:
    """Leave out where the new hint would have been, as it is nowhere."""
    is_new = finding.key.startswith(f"{dotted(path)}.")
    return replace(finding, place=None) if is_new else finding
