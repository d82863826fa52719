"""One command, from opening its project to wording what went wrong."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError, StatementError

from flask_migrate_decl.autogenerate import register
from flask_migrate_decl.databases import foreign_keys_off
from flask_migrate_decl.environment.alembic_config import alembic_config, all_x_args
from flask_migrate_decl.environment.logs import preserved_logging
from flask_migrate_decl.environment.project import current_registration, open_project, project_of
from flask_migrate_decl.environment.run import Run
from flask_migrate_decl.errors import (
    AlembicCommandError,
    DirectoryMissingError,
    EnvironmentConflictError,
    EnvironmentFailedError,
    NotPermittedError,
    ScriptFailedError,
    ScriptUnreadableError,
    StatementFailedError,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from alembic.config import Config

    from flask_migrate_decl.config import Configuration
    from flask_migrate_decl.environment.project import Project
    from flask_migrate_decl.renames import Refusals


@contextmanager
def open_command(
    directory: str | os.PathLike[str] | None,
    *,
    x_arg: Sequence[str] | str | None = None,
    flags: Sequence[str] = (),
    changes_databases: bool = False,
    goes_to_head: bool = False,
    configuration: Configuration | None = None,
    refusals: Refusals | None = None,
) -> Iterator[tuple[Config, Run]]:
    """Open the current app's project for one command, and word others' errors as ours.

    :param directory: the folder of revisions, where the command was given one.
    :param x_arg: values for a project's own ``env.py``, after those of ``flask.g.x_arg``.
    :param changes_databases: the command runs or stamps revisions.
    :param goes_to_head: it runs whatever is not run yet.
    :param configuration: what the project's files are going to say, instead of what they say.
    :param refusals: what is known to be no rename, where likely ones are looked for.
    :return: Alembic's configuration and the run that its environment will find in it.
    :raises MigrateError: the project, its folder or a database can't be used.
    """
    project = _project(directory, configuration)
    if not project.directory.is_dir():
        raise DirectoryMissingError(project.directory)
    register()
    run = Run(project, changes_databases, goes_to_head, refusals)
    with alembic_config(run, x_arg=all_x_args(x_arg), flags=flags) as config, worded_errors():
        if project.own_env is None:
            yield config, run
        else:
            with _own_environment(run, project.own_env):
                yield config, run


def _project(
    directory: str | os.PathLike[str] | None, configuration: Configuration | None
) -> Project:
    registration = current_registration()
    if configuration is None:
        return open_project(registration, directory)
    return project_of(registration, configuration, directory)


@contextmanager
def _own_environment(run: Run, path: Path) -> Iterator[None]:
    """Shield the app's logging and rows from an ``env.py`` that takes care of neither."""
    with ExitStack() as stack:
        stack.enter_context(preserved_logging())
        stack.enter_context(_worded_environment_errors(path))
        if run.changes_databases:
            for bind in run.project.binds:
                stack.enter_context(foreign_keys_off(bind.engine))
        yield


@contextmanager
def worded_errors() -> Iterator[None]:
    """Raise Alembic's and SQLAlchemy's errors as ours.

    :raises AlembicCommandError: Alembic refused.
    :raises StatementFailedError: a database refused.
    :raises NotPermittedError: a file may not be read or written.
    :raises ScriptUnreadableError: a revision is no Python.
    :raises ScriptFailedError: a revision gave up.
    """
    try:
        yield
    except CommandError as error:
        raise AlembicCommandError(str(error)) from error
    except StatementError as error:
        raise StatementFailedError(str(error.orig or error.args[0]), error.statement) from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StatementFailedError(str(error), None) from error
    except PermissionError as error:
        raise NotPermittedError(str(error.filename)) from error
    except SyntaxError as error:
        raise ScriptUnreadableError(error.filename, error.lineno, error.msg) from error
    except RuntimeError as error:
        # Scripts say "irreversible" this way; Flask-Migrate words it too.
        raise ScriptFailedError(str(error)) from error


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
    except ValueError as error:
        if "interpolation" not in str(error):
            raise
        # The message repeats the URL, and with it the password.
        reason = "it puts a URL with % into the configuration: write each % twice there"
        raise EnvironmentFailedError(path, reason) from None
    except (FileNotFoundError, KeyError) as error:
        if path.with_name("alembic.ini").is_file():
            raise
        raise EnvironmentFailedError(path, "its alembic.ini is missing") from error
