"""The folders of revisions and the scripts in them."""

from __future__ import annotations

import re
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.script.revision import RevisionError
from alembic.util import CommandError, load_python_file

from flask_migrate_decl.config import place_in_text
from flask_migrate_decl.environment import script_directory
from flask_migrate_decl.errors import Finding, Place, Related, without_secrets
from flask_migrate_decl.errors.rules import (
    DIRECTORY_MISSING,
    HISTORY_UNUSABLE,
    PARENT_MISSING,
    REVISION_TWICE,
    SCRIPT_UNREADABLE,
    SEVERAL_HEADS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask_migrate_decl.checks.subject import Subject


def history_findings(subject: Subject) -> Iterator[Finding]:
    """Find folders that are not there, scripts that can't be loaded, and gaps between them."""
    missing = list(_missing_folders(subject))
    yield from missing
    if not subject.project.directory.is_dir():
        return
    scripts, unreadable = _load_scripts(subject)
    yield from unreadable
    broken = [*_twice(scripts), *_without_parent(scripts)]
    yield from broken
    if not (unreadable or broken):
        yield from _as_alembic_sees_it(subject)


def _missing_folders(subject: Subject) -> Iterator[Finding]:
    project = subject.project
    if not project.directory.is_dir():
        message = f"there is no folder {project.directory}"
        yield subject.finding(DIRECTORY_MISSING, ("directory",), message, _MAKE_IT)
        return
    for position, folder in enumerate(project.version_locations):
        if not folder.is_dir():
            message = f"there is no folder {folder}"
            yield subject.finding(
                DIRECTORY_MISSING, ("version_locations", position), message, _MAKE_IT
            )


_MAKE_IT = 'make it with "flask db init", or correct the path'


@dataclass(frozen=True)
class _Script:
    path: Path
    revision: str
    parents: tuple[str, ...]

    def place(self, name: str) -> Place:
        """Return the line that sets a variable."""
        text = self.path.read_text(encoding="utf-8", errors="replace")
        match = re.search(rf"(?m)^{name}\b.*", text)
        span = match.span() if match else (0, 1)
        return place_in_text(self.path, text, *span)


def _load_scripts(subject: Subject) -> tuple[list[_Script], list[Finding]]:
    scripts, findings = [], []
    for path in _script_files(subject):
        try:
            scripts.append(_load(path))
        except Exception as error:
            findings.append(_unreadable(path, error))
    return scripts, findings


def _script_files(subject: Subject) -> list[Path]:
    """Return the files that Alembic takes for revisions."""
    pattern = "**/*.py" if subject.settings.recursive_version_locations else "*.py"
    return sorted(
        path
        for folder in subject.project.version_locations
        for path in folder.glob(pattern)
        if not path.name.startswith((".#", "__init__"))
    )


def _load(path: Path) -> _Script:
    module = load_python_file(str(path.parent), path.name)
    down = module.down_revision
    parents = (down,) if isinstance(down, str) else tuple(down or ())
    if not all(isinstance(name, str) for name in (module.revision, *parents)):
        raise TypeError("revision and down_revision have to be texts")
    return _Script(path, module.revision, parents)


def _unreadable(path: Path, error: Exception) -> Finding:
    if isinstance(error, SyntaxError):
        line: int | None = error.lineno
    else:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame.lineno for frame in frames if Path(frame.filename) == path]
        line = own[-1] if own else None
    reason = without_secrets(f"{type(error).__name__}: {error}")
    message = f"the revision can't be loaded: {reason}"
    return Finding(SCRIPT_UNREADABLE, message, "correct the script", _line(path, line))


def _line(path: Path, number: int | None) -> Place:
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = text.splitlines(keepends=True)
    if number is None or not 0 < number <= len(lines):
        return Place(path)
    start = sum(map(len, lines[: number - 1]))
    return place_in_text(path, text, start, start + len(lines[number - 1].rstrip()))


def _twice(scripts: Sequence[_Script]) -> Iterator[Finding]:
    first: dict[str, _Script] = {}
    for script in scripts:
        if earlier := first.get(script.revision):
            yield Finding(
                REVISION_TWICE,
                f'the revision "{script.revision}" is there already',
                "give one of the two scripts another identifier",
                script.place("revision"),
                related=(Related(earlier.place("revision"), "the other one is here"),),
            )
        first.setdefault(script.revision, script)


def _without_parent(scripts: Sequence[_Script]) -> Iterator[Finding]:
    known = {script.revision for script in scripts}
    for script in scripts:
        for parent in script.parents:
            if parent not in known:
                yield Finding(
                    PARENT_MISSING,
                    f'"{script.revision}" follows "{parent}", and no script is called so',
                    "bring the missing script back, or correct down_revision",
                    script.place("down_revision"),
                )


def _as_alembic_sees_it(subject: Subject) -> Iterator[Finding]:
    """Let Alembic read the history, whose scripts can all be loaded."""
    with warnings.catch_warnings(), script_directory(subject.project) as history:
        warnings.simplefilter("ignore")
        try:
            heads = history.get_heads()
        except (CommandError, RevisionError, LookupError) as error:
            message = f"Alembic can't use the history: {error}"
            yield subject.finding(HISTORY_UNUSABLE, ("directory",), message)
            return
    if len(heads) > 1:
        message = f"the history has {len(heads)} heads: {', '.join(sorted(heads))}"
        help_ = 'bring them together with "flask db merge heads", or run "flask db upgrade heads"'
        yield subject.finding(SEVERAL_HEADS, ("directory",), message, help_)
