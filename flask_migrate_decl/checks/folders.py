"""Histories that read each other's scripts by what code or an ``alembic.ini`` says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask_migrate_decl.checks.history import directory_path
from flask_migrate_decl.config import (
    HistoryFolders,
    findings_of_folders,
    folders_read_twice,
    followed,
)
from flask_migrate_decl.environment import project_of
from flask_migrate_decl.errors.rules import DIRECTORY_SHARED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_migrate_decl.checks.subject import ReadHistory, Subject
    from flask_migrate_decl.errors import Finding


def folder_findings(subject: Subject) -> Iterator[Finding]:
    """Find histories that are not apart; what the file says by itself is told of the file."""
    project = subject.project
    declared = project_of(project.registration, project.configuration)
    is_chosen = project.directory != declared.directory
    if is_chosen or any(findings_of_folders(project.configuration.source)):
        return
    for _, second, message, help_ in folders_read_twice(map(_folders, subject.histories)):
        path = (*second.table, "directory")
        yield subject.finding(DIRECTORY_SHARED, path, message, help_)


def _folders(read: ReadHistory) -> HistoryFolders:
    return HistoryFolders(
        directory_path(read.history)[:-1],
        followed(read.history.directory),
        tuple(followed(Path(location)) for location in read.locations),
        read.is_recursive,
    )
