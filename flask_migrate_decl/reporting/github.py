"""Findings as GitHub's workflow commands.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flask_migrate_decl.errors import Severity
from flask_migrate_decl.reporting.paths import shown_path

if TYPE_CHECKING:
    from flask_migrate_decl.errors import Finding

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = _IN_MESSAGE | {":": "%3A", ",": "%2C"}


def annotation(finding: Finding) -> str:
    """Return the command that shows a finding beside its line."""
    properties = {**_place(finding), "title": f"{finding.rule.code} {finding.rule.name}"}
    told = ",".join(f"{key}={_escaped(value, _IN_PROPERTY)}" for key, value in properties.items())
    text = finding.message + (f"\nhelp: {finding.help}" if finding.help else "")
    return f"::{_COMMANDS[finding.rule.severity]} {told}::{_escaped(text, _IN_MESSAGE)}"


def _place(finding: Finding) -> dict[str, str]:
    place = finding.place
    if place is None:
        return {}
    file = {"file": _path_in_repository(place.path)}
    if place.line is None:
        return file
    line = str(place.line)
    return {
        **file,
        "line": line,
        "endLine": line,
        "col": str(place.column),
        "endColumn": str(place.end_column),
    }


def _path_in_repository(path: Path) -> str:
    """Return a path as GitHub wants it, which need not be seen from the working folder."""
    root = os.environ.get("GITHUB_WORKSPACE")
    if root and path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return Path(shown_path(path)).as_posix()


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
