"""In which history a revision is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError

from flask_migrate_decl.autogenerate import bind_of
from flask_migrate_decl.environment.alembic_config import script_directory
from flask_migrate_decl.environment.failures import worded_errors
from flask_migrate_decl.errors import (
    AlembicCommandError,
    AmbiguousRevisionError,
    database_in_words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.config import Config

    from flask_migrate_decl.environment.history import History

_EVERYWHERE = frozenset({"", "base", "current", "head", "heads"})
_NAME = re.compile(r"(?P<name>.*?)(@.*|[+-]\d+)?")


def histories_with(histories: Sequence[History], revision: str) -> tuple[History, ...]:
    """Return the histories that a revision may be meant in.

    Words such as ``head``, and steps such as ``+1``, are meant in each of them.

    :param revision: as Alembic's commands take it, a range included.
    :raises AmbiguousRevisionError: there is one of that name in several.
    :raises AlembicCommandError: there is none.
    """
    names = {_name(part) for part in revision.split(":")} - _EVERYWHERE
    if len(histories) < 2 or not names:
        return tuple(histories)
    found = tuple(history for history in histories if all(_has(history, name) for name in names))
    if len(found) == 1:
        return found
    places = tuple(map(str, found or histories))
    raise AmbiguousRevisionError(revision, places, is_found=bool(found))


def verify_revision(revision: str) -> None:
    """Refuse what names no revision: Alembic ends in a traceback.

    :raises AlembicCommandError: it is empty, or the end of a range is, or there are two ranges.
    """
    label, at, name = revision.split(":")[-1].strip().rpartition("@")
    if not name or (at and not label) or revision.count(":") > 1:
        raise _not_found(revision)


def verify_scripts(history: History) -> None:
    """Find out that the scripts of a history can't be read.

    :raises ScriptUnreadableError: one is no Python.
    """
    with worded_errors((history,)), script_directory(history) as scripts:
        scripts.get_heads()


def verify_steps(histories: Sequence[History], revision: str) -> None:
    """Refuse steps from a revision that lead out of the history: Alembic ends in a traceback.

    :param revision: such as ``head-2``; other ones are looked at by Alembic.
    :raises AlembicCommandError: there are not so many revisions.
    """
    target = revision.split(":")[-1]
    if not _STEPS_FROM.match(target):
        return
    for history in histories:
        with worded_errors((history,)), script_directory(history) as scripts:
            # What a script asserts itself is an error in it.
            scripts.get_heads()
            try:
                list(scripts.iterate_revisions(target, "base", implicit_base=True))
            except AssertionError as error:
                message = f"{_not_found(target)} in {history}: it leads out of the history"
                raise AlembicCommandError(message) from error
            except RevisionError as error:
                raise AlembicCommandError(f"{history}: {error}") from error


_STEPS_FROM = re.compile(r"(?:.+?@)?\w+[+-]\d")


def _not_found(revision: object) -> AlembicCommandError:
    return AlembicCommandError(f"Can't locate revision identified by '{revision}'")


def with_several_heads(histories: Sequence[History]) -> tuple[History, ...]:
    """Return the histories that have branches to be brought together."""
    found = []
    for history in histories:
        with worded_errors((history,)), script_directory(history) as scripts:
            if len(scripts.get_heads()) > 1:
                found.append(history)
    return tuple(found)


def _name(revision: str) -> str:
    """Return the identifier or the label in a revision such as ``label@head`` or ``ab12+1``."""
    match = _NAME.fullmatch(revision.strip())
    return match["name"] if match else revision


def _has(history: History, name: str) -> bool:
    with worded_errors((history,)), script_directory(history) as scripts:
        try:
            scripts.get_revisions(name)
        except CommandError as error:
            # Anything else, such as an abbreviation of two, is to be told of by Alembic.
            return not str(error).startswith("Can't locate revision")
        return True


def current_revisions(config: Config) -> dict[str | None, tuple[str, ...]]:
    """Return the revisions that the databases of a history are at, by their bind keys."""
    history = ScriptDirectory.from_config(config)
    found: dict[str | None, tuple[str, ...]] = {}

    def collect(revisions: tuple[str, ...], context: Any) -> list[Any]:
        # A database has no order in which it keeps several.
        found[bind_of(context)] = tuple(sorted(revisions))
        return []

    with EnvironmentContext(config, history, fn=collect, dont_mutate=True):
        history.run_env()
    return found


def revision_ids(config: Config, revision: str) -> str | tuple[str, ...]:
    """Return what a name stands for; ``current`` is what the databases are at."""
    if revision != "current":
        return revision
    history = ScriptDirectory.from_config(config)
    found = current_revisions(config).items()
    scripts = [script for bind, at in found for script in scripts_at(history, bind, at)]
    return tuple(dict.fromkeys(script.revision for script in scripts))


def scripts_of(config: Config, revisions: str | tuple[str, ...]) -> tuple[Script, ...]:
    """Return the scripts of revisions.

    :raises AlembicCommandError: a step leads out of the history.
    """
    if not revisions:
        return ()
    found = tuple(ScriptDirectory.from_config(config).get_revisions(revisions))
    if not all(isinstance(script, Script) for script in found):
        raise _not_found(revisions)
    return found


def scripts_at(
    history: ScriptDirectory, bind: str | None, revisions: tuple[str, ...]
) -> tuple[Script, ...]:
    """Return the scripts of what a database is at, in an order of their own.

    :param bind: the bind key, ``None`` for the default database.
    :raises AlembicCommandError: it is at one that the history does not have.
    """
    try:
        found = history.get_all_current(revisions)
    except CommandError as error:
        raise AlembicCommandError(f"{database_in_words(bind)}: {error}") from error
    return tuple(sorted(found, key=lambda script: script.revision))
