"""The commands that change databases."""

from __future__ import annotations

import os
import shlex
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command as alembic_command

from flask_migrate_decl.commands.statements import write_statements
from flask_migrate_decl.environment import histories_with, open_history, run_over_binds, select
from flask_migrate_decl.errors import HistoryNotChosenError, StatementsNotWrittenError
from flask_migrate_decl.results import RunResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask_migrate_decl.environment import History

    Directory = str | os.PathLike[str] | None
    Names = Sequence[str] | str


def upgrade(
    directory: Directory = None,
    revision: str = "head",
    sql: bool = False,
    tag: str | None = None,
    x_arg: Names | None = None,
    bind: Names = (),
    output_dir: str | os.PathLike[str] | None = None,
) -> RunResult:
    """Run revisions up to one, on each database in the order of the binds.

    :param sql: return the statements instead of running them.
    :param output_dir: write them into this folder too, a file for each database.
    :raises RunStoppedError: it stopped, and says what it has left of each of several databases.
    """
    return _run(
        alembic_command.upgrade,
        histories_with(select(directory, bind).histories, revision),
        revision,
        words=_words("upgrade", directory, bind, "" if revision == "head" else revision),
        sql=sql,
        x_arg=x_arg,
        output_dir=output_dir,
        goes_to_head=revision in ("head", "heads"),
        tag=tag,
    )


def downgrade(
    directory: Directory = None,
    revision: str = "-1",
    sql: bool = False,
    tag: str | None = None,
    x_arg: Names | None = None,
    bind: Names = (),
    output_dir: str | os.PathLike[str] | None = None,
) -> RunResult:
    """Undo revisions down to one, on each database in the order of the binds.

    :param sql: return the statements instead of running them.
    :param output_dir: write them into this folder too, a file for each database.
    :raises HistoryNotChosenError: nothing says which of several histories is meant.
    :raises RunStoppedError: it stopped, and says what it has left of each of several databases.
    """
    words = _words("downgrade", directory, bind, "" if revision == "-1" else revision)
    # For a file there is no current revision to go back from; Flask-Migrate reads it this way.
    if sql and revision == "-1":
        revision = "head:-1"
    selection = select(directory, bind)
    histories = histories_with(selection.histories, revision)
    if len(histories) > 1 and not selection.is_said:
        # To undo something everywhere would lose rows that nobody had in mind.
        raise HistoryNotChosenError(tuple(map(str, histories)))
    return _run(
        alembic_command.downgrade,
        histories,
        revision,
        words=words,
        sql=sql,
        x_arg=x_arg,
        output_dir=output_dir,
        tag=tag,
    )


def stamp(
    directory: Directory = None,
    revision: str = "head",
    sql: bool = False,
    tag: str | None = None,
    purge: bool = False,
    bind: Names = (),
    output_dir: str | os.PathLike[str] | None = None,
) -> RunResult:
    """Say that databases are at a revision, and run nothing.

    :raises RunStoppedError: it stopped, and says what it has left of each of several databases.
    """
    return _run(
        alembic_command.stamp,
        histories_with(select(directory, bind).histories, revision),
        revision,
        words=_words("stamp", directory, bind, revision),
        sql=sql,
        output_dir=output_dir,
        tag=tag,
        purge=purge,
    )


def _words(command: str, directory: Directory, bind: Names, revision: str) -> str:
    """Return a command as somebody types it."""
    names = (bind,) if isinstance(bind, str) else bind
    folder = ["-d", os.fspath(directory)] if directory is not None else []
    binds = [word for name in names for word in ("--bind", name)]
    # A revision may begin as an option does.
    given = ["--", revision] if revision.startswith("-") else [revision] if revision else []
    return shlex.join(["flask", "db", command, *folder, *binds, *given])


def _run(
    command: Callable[..., None],
    histories: Sequence[History],
    revision: str,
    *,
    words: str,
    sql: bool,
    output_dir: str | os.PathLike[str] | None,
    x_arg: Names | None = None,
    goes_to_head: bool = False,
    **options: Any,
) -> RunResult:
    """Run one of Alembic's commands on several histories.

    :param words: the command as somebody types it.
    """
    folder = _folder(output_dir, sql=sql)
    texts: list[str] = []
    with run_over_binds(histories, words, changes=not sql) as over_binds:
        for history in histories:
            with open_history(
                history,
                x_arg=x_arg,
                changes_databases=True,
                goes_to_head=goes_to_head,
                commits=over_binds.commits,
                progress=over_binds.progress,
                statements=over_binds.statements,
            ) as (config, _run_of_history):
                command(config, revision, sql=sql, **options)
                buffer = config.output_buffer
                assert isinstance(buffer, StringIO)
                texts.append(buffer.getvalue())
    if not sql:
        return RunResult(over_binds.applied)
    statements = "".join([*texts, *over_binds.statements.values()])
    if folder is None:
        return RunResult((), statements)
    if any(texts):
        raise StatementsNotWrittenError(folder, "an env.py of the project's writes one stream")
    return RunResult((), statements, write_statements(folder, over_binds.statements))


def _folder(output_dir: str | os.PathLike[str] | None, *, sql: bool) -> Path | None:
    if output_dir is None:
        return None
    if not sql:
        raise StatementsNotWrittenError(Path(output_dir), "it is for --sql, which was not given")
    return Path(output_dir)
