"""One command, from opening its project to wording what went wrong."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError, StatementError

from flask_migrate_decl.autogenerate import register
from flask_migrate_decl.environment.alembic_config import alembic_config
from flask_migrate_decl.environment.logs import preserved_logging
from flask_migrate_decl.environment.project import open_project
from flask_migrate_decl.environment.run import Run
from flask_migrate_decl.errors import (
    AlembicCommandError,
    DirectoryMissingError,
    EnvironmentConflictError,
    EnvironmentFailedError,
    NotPermittedError,
    StatementFailedError,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from alembic.config import Config

    from flask_migrate_decl.registration import Registration


@contextmanager
def open_command(
    registration: Registration,
    directory: str | os.PathLike[str] | None,
    *,
    x_arg: Sequence[str] | str | None = None,
    flags: Sequence[str] = (),
    changes_databases: bool = False,
) -> Iterator[tuple[Config, Run]]:
    """Open the project for one command, and word Alembic's and the database's errors as ours.

    :param directory: the folder of revisions, where the command was given one.
    :param changes_databases: the command runs or stamps revisions.
    :return: Alembic's configuration and the run that its environment will find in it.
    :raises MigrateError: the project, its folder or a database can't be used.
    """
    project = open_project(registration, directory)
    if not project.directory.is_dir():
        raise DirectoryMissingError(project.directory)
    register()
    run = Run(project, changes_databases)
    x_args = [x_arg] if isinstance(x_arg, str) else list(x_arg or ())
    with alembic_config(run, x_arg=x_args, flags=flags) as config, worded_errors():
        if project.own_env is None:
            yield config, run
        else:
            with preserved_logging(), _worded_environment_errors(project.own_env):
                yield config, run


@contextmanager
def worded_errors() -> Iterator[None]:
    """Raise Alembic's and SQLAlchemy's errors as ours.

    :raises AlembicCommandError: Alembic refused.
    :raises StatementFailedError: a database refused.
    :raises NotPermittedError: a file may not be read or written.
    """
    try:
        yield
    except CommandError as error:
        raise AlembicCommandError(str(error)) from error
    except StatementError as error:
        raise StatementFailedError(str(error.orig or error.args[0]), error.statement) from error
    except SQLAlchemyError as error:
        raise StatementFailedError(str(error), None) from error
    except PermissionError as error:
        raise NotPermittedError(str(error.filename)) from error


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
    except (FileNotFoundError, KeyError) as error:
        if path.with_name("alembic.ini").is_file():
            raise
        raise EnvironmentFailedError(path, "its alembic.ini is missing") from error
