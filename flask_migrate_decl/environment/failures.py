"""What went wrong, in words: in a revision's script, and elsewhere."""

from __future__ import annotations

import re
import sqlite3
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError, StatementError

from flask_migrate_decl.databases import known_passwords
from flask_migrate_decl.environment.history import chosen_binds
from flask_migrate_decl.errors import (
    AlembicCommandError,
    MigrateError,
    NotPermittedError,
    RevisionFailedError,
    ScriptFailedError,
    ScriptUnreadableError,
    StatementFailedError,
    covered_traceback,
    database_in_words,
    without_passwords,
    without_secrets,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

    from flask_migrate_decl.environment.history import History
    from flask_migrate_decl.environment.progress import BindProgress


@contextmanager
def worded_errors(histories: Sequence[History] = ()) -> Iterator[None]:
    """Raise Alembic's and SQLAlchemy's errors as ours.

    :param histories: those of which scripts are read.
    :raises AlembicCommandError: Alembic refused.
    :raises StatementFailedError: a database refused.
    :raises NotPermittedError: a file may not be read or written.
    :raises ScriptUnreadableError: a revision is no Python, or fails while it is read.
    :raises ScriptFailedError: code of the project's gave up.
    """
    try:
        with worded_script_errors(histories):
            yield
    except (CommandError, RevisionError) as error:
        raise AlembicCommandError(_covered(str(error))) from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StatementFailedError(_message(error), _statement(error)) from error
    except PermissionError as error:
        raise NotPermittedError(str(error.filename)) from error
    except SyntaxError as error:
        raise ScriptUnreadableError(error.filename, error.lineno, error.msg) from error
    except RuntimeError as error:
        # Hooks of a project's give up this way; Flask-Migrate words it too.
        raise ScriptFailedError(_covered(str(error))) from error


@contextmanager
def worded_script_errors(
    histories: Sequence[History], progress: Mapping[str | None, BindProgress] | None = None
) -> Iterator[None]:
    """Say where a script has failed; what fails elsewhere is left as it is.

    :param progress: how far a run has come, by bind key.
    :raises ScriptUnreadableError: a revision fails while it is read.
    :raises RevisionFailedError: it fails while it is run.
    """
    try:
        yield
    except MigrateError as error:
        if place := _place(error, histories):
            error.add_note(f"in the revision {place.revision}: {place}")
        raise
    except (Exception, SystemExit) as raised:
        failed, place = _placed(raised, histories)
        is_known = is_missing_function(failed) and any(one.own_env for one in histories)
        if place is None or is_known:
            raise
        message = (
            _message(failed) if isinstance(failed, StatementError) else mistake_in_words(failed)
        )
        if place.is_read:
            raise ScriptUnreadableError(str(place.path), place.line, message) from raised
        bind, database = _database(histories, progress or {}, place)
        statement = _statement(failed)
        where = (place.revision, place.path, place.line)
        raise RevisionFailedError(bind, database, *where, statement, message) from raised


@dataclass(frozen=True)
class _Place:
    """Where a script has failed.

    :param is_read: it was being read, and not run.
    :param engine_name: the bind that its function was called for, as Flask-Migrate calls it.
    """

    path: Path
    line: int | None
    revision: str
    is_read: bool
    engine_name: str | None

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}"


def _placed(
    raised: BaseException, histories: Sequence[History]
) -> tuple[BaseException, _Place | None]:
    """Return the error of a script: the one raised, or one that was followed by others."""
    error: BaseException | None = raised
    while error is not None:
        if place := _place(error, histories):
            return error, place
        error = error.__context__
    return raised, None


def _place(error: BaseException, histories: Sequence[History]) -> _Place | None:
    """Return the innermost line of a script that an error has come through."""
    folders = [folder.resolve() for one in histories for folder in one.version_locations]
    frames = [
        (path, line, frame)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (path := _script(frame, folders)) is not None
    ]
    if not frames:
        return None
    of_revisions = [found for found in frames if "revision" in found[2].f_globals]
    path, line, frame = (of_revisions or frames)[-1]
    first = frames[0][2]
    engine_name = first.f_locals.get("engine_name")
    return _Place(
        path,
        line,
        str(frame.f_globals.get("revision")),
        first.f_code.co_name == "<module>",
        engine_name if isinstance(engine_name, str) else None,
    )


def _script(frame: FrameType, folders: Sequence[Path]) -> Path | None:
    """Return the file of a frame, if it is in one of the folders."""
    # What was compiled elsewhere still says where it was.
    for name in (frame.f_code.co_filename, frame.f_globals.get("__file__")):
        path = Path(str(name))
        if not str(name).startswith("<") and any(path.is_relative_to(one) for one in folders):
            return path
    return None


def is_missing_function(error: BaseException) -> bool:
    """Tell whether a script of Flask-Migrate's has no function for a bind that came later."""
    is_lookup = isinstance(error, KeyError) and len(error.args) == 1
    return is_lookup and _FUNCTION_OF_BIND.fullmatch(str(error.args[0])) is not None


_FUNCTION_OF_BIND = re.compile(r"(up|down)grade_.+", re.DOTALL)
"""What the scripts of Flask-Migrate's ``--multidb`` look up by a bind's name."""


def _database(
    histories: Sequence[History], progress: Mapping[str | None, BindProgress], place: _Place
) -> tuple[str | None, str | None]:
    """Return the bind key of the database that a script was run on, and the database in words."""
    running = [key for key, one in progress.items() if one.running is not None]
    keys = [bind.key for bind in chosen_binds(histories)]
    if place.engine_name is not None:
        running = [place.engine_name or None]
    if len(found := running or keys) == 1:
        return found[0], database_in_words(found[0])
    return None, None


def _message(error: BaseException) -> str:
    """Word an error of a database without its statement and its parameters."""
    if isinstance(error, StatementError):
        return _covered(str(error.orig or error.args[0]))
    return _covered(str(error))


def shown_traceback(error: BaseException) -> str:
    """Return a traceback without the passwords that are known, and without parameters."""
    return covered_traceback(error, known_passwords())


def mistake_in_words(error: BaseException) -> str:
    """Word an exception of somebody's code, of which the kind says as much as the text."""
    text = _covered(f"{type(error).__name__}: {error}".removesuffix(": "))
    return "\n".join(map(without_secrets, text.split("\n")))


def _statement(error: Any) -> str | None:
    statement = error.statement if isinstance(error, StatementError) else None
    return None if statement is None else _covered(statement)


def _covered(text: str) -> str:
    return without_passwords(text, known_passwords())
