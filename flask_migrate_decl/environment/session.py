"""One command, from opening its project to wording what went wrong."""

from __future__ import annotations

import re
from configparser import InterpolationError
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.autogenerate import register
from flask_migrate_decl.databases import (
    foreign_keys_off,
    register_lossless_sqlite,
    without_untrue_warnings,
)
from flask_migrate_decl.environment.alembic_config import alembic_config, all_x_args
from flask_migrate_decl.environment.failures import (
    is_missing_function,
    worded_errors,
    worded_script_errors,
)
from flask_migrate_decl.environment.history import verify_function_names
from flask_migrate_decl.environment.leftovers import look_for_orphans
from flask_migrate_decl.environment.logs import preserved_logging
from flask_migrate_decl.environment.run import Run
from flask_migrate_decl.errors import (
    DirectoryMissingError,
    EnvironmentConflictError,
    EnvironmentFailedError,
    OwnEnvironmentError,
    database_in_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from alembic.config import Config

    from flask_migrate_decl.environment.history import History


@contextmanager
def open_history(
    history: History,
    *,
    x_arg: Sequence[str] | str | None = None,
    flags: Sequence[str] = (),
    **options: Any,
) -> Iterator[tuple[Config, Run]]:
    """Open a history for one of Alembic's commands, and word others' errors as ours.

    :param x_arg: values for a project's own ``env.py``, after those of ``flask.g.x_arg``.
    :param options: what the ``Run`` is given besides.
    :return: Alembic's configuration and the run that its environment will find in it.
    :raises MigrateError: the history or a database can't be used.
    """
    verify_history(history)
    register()
    register_lossless_sqlite()
    run = Run(history, **options)
    arguments = all_x_args(x_arg)
    with alembic_config(run, x_arg=arguments, flags=flags) as config, ExitStack() as stack:
        stack.enter_context(worded_errors())
        if run.changes_databases:
            stack.enter_context(without_untrue_warnings())
        if history.own_env is not None:
            stack.enter_context(_own_environment(run, history.own_env))
        stack.enter_context(worded_script_errors((history,), run.progress))
        yield config, run


def verify_history(history: History) -> None:
    """Find out that a command can't begin with a history, before it has begun with another.

    :raises MigrateError: it can't.
    """
    verify_directory(history)
    verify_function_names(history)
    if history.own_env is not None:
        verify_own_env(history, history.own_env)


def verify_directory(history: History) -> None:
    """Find out that a history has not been begun.

    :raises DirectoryMissingError: its folder is not there.
    """
    if not history.directory.is_dir():
        raise DirectoryMissingError(history.directory)


def verify_own_env(history: History, path: Path) -> None:
    """Find out what an ``env.py`` of the project's can't be told.

    :raises OwnEnvironmentError: it would migrate another database than it is to.
    """
    if history.owner is not None:
        reason = f'it can\'t be told that this history is that of the bind "{history.owner}"'
        raise OwnEnvironmentError(path, reason)
    reached = _reached(history, path)
    if history.chosen is not None and reached != {bind.key for bind in history.chosen_binds}:
        raise OwnEnvironmentError(path, "it can't be told which binds to take")
    for key in reached:
        if reason := _why_left_out(history, key):
            raise OwnEnvironmentError(path, f"it migrates {database_in_words(key)} too, {reason}")
    for bind in history.binds:
        if bind.key is not None and _is_of_one_database(_text(path)):
            raise OwnEnvironmentError(path, f"it does not migrate {bind.words}")
        if bind.url_env is not None:
            raise OwnEnvironmentError(path, f"it does not use the URL that {bind.url_env} holds")


def _reached(history: History, path: Path) -> set[str | None]:
    """Return the bind keys of what an ``env.py`` migrates, whatever the configuration says."""
    followers = {bind.key for bind in history.binds}
    of_app: set[str | None] = set(history.project.registration.db.engines)
    takes_all = _TAKES_ALL.search(_text(path)) is not None
    return followers | (of_app if takes_all else of_app & {None})


_TAKES_ALL = re.compile(r"\b(SQLALCHEMY_BINDS|bind_names)\b")
"""What an ``env.py`` such as that of Flask-Migrate's ``--multidb`` asks for all binds by."""


_KNOWS_BINDS = re.compile(r"\b(SQLALCHEMY_BINDS|bind_names|bind_key|binds|engines|engine_name)\b")
"""What one asks for that migrates any, as that of Flask-Migrate for one database does not."""


def _is_of_one_database(text: str) -> bool:
    return "context.configure(" in text and not _KNOWS_BINDS.search(text)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _why_left_out(history: History, key: str | None) -> str:
    """Return why a database is not to be migrated with a history, an empty text where it may be."""
    configuration = history.project.configuration
    if not configuration.bind_settings(key).enabled:
        return "which is not enabled"
    if configuration.history_owner(key) is not None:
        return "which has a history of its own"
    return ""


@contextmanager
def _own_environment(run: Run, path: Path) -> Iterator[None]:
    """Shield the app's logging and rows from an ``env.py`` that takes care of neither."""
    with ExitStack() as stack:
        stack.enter_context(preserved_logging())
        stack.enter_context(_worded_environment_errors(path))
        followers = [run.progress_of(bind) for bind in run.history.binds]
        for progress in followers:
            progress.is_out_of_sight = True
            if run.changes_databases:
                options = run.project.run_options(progress.bind.key)
                run.locks.take(progress.bind, options.lock)
                look_for_orphans(progress.bind)
                stack.enter_context(foreign_keys_off(progress.bind.engine))
        yield
    for progress in followers:
        progress.end()


@contextmanager
def _worded_environment_errors(path: Path) -> Iterator[None]:
    """Word what an ``env.py`` of another time stumbles over."""
    try:
        yield
    except TypeError as error:
        _, _, option = str(error).partition("multiple values for keyword argument ")
        if not option:
            raise
        raise EnvironmentConflictError(path, option.strip("'")) from error
    except (ValueError, InterpolationError) as error:
        if isinstance(error, ValueError) and "interpolation" not in str(error):
            raise
        # The message repeats the URL, and with it the password.
        reason = "it puts a URL with % into the configuration: write each % twice there"
        raise EnvironmentFailedError(path, reason) from None
    except (FileNotFoundError, KeyError) as error:
        if is_missing_function(error):
            reason = f"a revision has no {error.args[0]}(), for a bind that came later"
            raise OwnEnvironmentError(path, reason) from error
        if path.with_name("alembic.ini").is_file():
            raise
        raise EnvironmentFailedError(path, "its alembic.ini is missing") from error
