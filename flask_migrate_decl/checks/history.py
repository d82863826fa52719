"""The folders of revisions and the scripts in them."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.util import load_python_file

from flask_migrate_decl.config import Lines
from flask_migrate_decl.environment import mistake_in_words
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

    from alembic.script import ScriptDirectory

    from flask_migrate_decl.checks.subject import ReadHistory, Subject
    from flask_migrate_decl.config import KeyPath
    from flask_migrate_decl.environment import History


def history_findings(subject: Subject) -> Iterator[Finding]:
    """Find folders that are not there, scripts that can't be loaded, and gaps between them.

    Alembic reads a history; only where it stumbles are the scripts looked at one by one, as it
    tells of the first that is wrong.
    """
    for read in subject.histories:
        yield from _of_history(subject, read)


def _of_history(subject: Subject, read: ReadHistory) -> Iterator[Finding]:
    path, folder = directory_path(read.history), read.history.directory
    if not folder.is_dir() and not _has_followers(subject, read.history):
        return
    if not folder.is_dir():
        message = f"there is no folder {folder}"
        yield subject.finding(DIRECTORY_MISSING, path, message, _MAKE_IT)
        return
    yield from _missing_locations(subject, read.history)
    if read.directory is not None and not read.has_gaps:
        yield from _several_heads(subject, path, read.directory)
        return
    found = list(_wrong_scripts(read))
    yield from found
    if not found and read.error is not None:
        message = f"Alembic can't use the history: {_in_words(read.error)}"
        yield subject.finding(HISTORY_UNUSABLE, path, message, _SEE_SCRIPTS)


def _has_followers(subject: Subject, history: History) -> bool:
    """Tell whether a database of the app follows a history."""
    owner_of = subject.project.configuration.history_owner
    return not subject.binds or any(owner_of(bind.key) == history.owner for bind in subject.binds)


def directory_path(history: History) -> KeyPath:
    """Return the key that names a history's folder."""
    return ("directory",) if history.owner is None else ("binds", history.owner, "directory")


_MAKE_IT = 'make it with "flask db init", or correct the path'
_SEE_SCRIPTS = "see to alembic.ini, and to down_revision and depends_on in the scripts"


def _missing_locations(subject: Subject, history: History) -> Iterator[Finding]:
    """Find declared folders that are not there; the one that is not declared may be empty."""
    table = directory_path(history)[:-1]
    for position, location in enumerate(history.script_options.get("version_locations") or ()):
        folder = subject.project.configuration.path(location)
        if not folder.is_dir():
            path = (*table, "version_locations", position)
            yield subject.finding(
                DIRECTORY_MISSING, path, f"there is no folder {folder}", "correct the path"
            )


def _in_words(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return f"no script is called {error}"
    return without_secrets(str(error) or type(error).__name__)


def _several_heads(subject: Subject, path: KeyPath, history: ScriptDirectory) -> Iterator[Finding]:
    """Find several heads, unless each is that of a branch with a label of its own."""
    heads = history.get_heads()
    if len(heads) < 2 or all(history.get_revision(head).branch_labels for head in heads):
        return
    message = f"the history has {len(heads)} heads: {', '.join(sorted(heads))}"
    help_ = 'bring them together with "flask db merge heads", or run "flask db upgrade heads"'
    yield subject.finding(SEVERAL_HEADS, path, message, help_)


def _wrong_scripts(history: ReadHistory) -> Iterator[Finding]:
    scripts = []
    for path in _script_files(history):
        try:
            scripts.append(_load(path))
        except (Exception, SystemExit) as error:
            yield _unreadable(path, error)
    yield from _twice(scripts)
    yield from _without_parent(scripts)


def _script_files(history: ReadHistory) -> list[Path]:
    """Return the files that Alembic takes for revisions, each once."""
    pattern = "**/*" if history.is_recursive else "*"
    endings = (".py", ".pyc") if history.is_sourceless else (".py",)
    found = {
        path.resolve(): path
        for folder in history.locations
        for path in sorted(Path(folder).glob(pattern))
        if path.suffix in endings and path.is_file()
    }
    return [path for path in found.values() if not path.name.startswith((".#", "__init__"))]


@dataclass(frozen=True)
class _Script:
    path: Path
    revision: str
    parents: tuple[str, ...]

    def place(self, name: str) -> Place:
        """Return the line that sets a variable."""
        text = self.path.read_text(encoding="utf-8", errors="replace")
        match = re.search(rf"(?m)^{name}\b.*", text)
        return Lines(self.path, text).place(*match.span()) if match else Place(self.path)


def _load(path: Path) -> _Script:
    module = load_python_file(str(path.parent), path.name)
    down = module.down_revision
    parents = (down,) if isinstance(down, str) else tuple(down or ())
    if not all(isinstance(name, str) for name in (module.revision, *parents)):
        raise TypeError("revision and down_revision have to be texts")
    return _Script(path, module.revision, parents)


def _unreadable(path: Path, error: BaseException) -> Finding:
    if isinstance(error, SyntaxError):
        line: int | None = error.lineno
    else:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame.lineno for frame in frames if Path(frame.filename) == path]
        line = own[-1] if own else None
    message = f"the revision can't be loaded: {mistake_in_words(error)}"
    return Finding(SCRIPT_UNREADABLE, message, "correct the script", _line(path, line))


def _line(path: Path, number: int | None) -> Place:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Place(path)
    lines = text.split("\n")
    if path.suffix != ".py" or number is None or not 0 < number <= len(lines):
        return Place(path)
    return Lines(path, text).place_in_line(number, 0, len(lines[number - 1].rstrip()))


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
