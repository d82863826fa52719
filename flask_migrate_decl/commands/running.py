"""The commands that change databases."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command as alembic_command

from flask_migrate_decl.commands.statements import write_statements
from flask_migrate_decl.environment import (
    CommandWords,
    Jobs,
    histories_with,
    open_history,
    run_over_binds,
    select,
    verify_history,
    verify_revision,
    verify_scripts,
    verify_steps,
)
from flask_migrate_decl.errors import (
    HistoryNotChosenError,
    JobsNotCombinedError,
    JobsNumberError,
    StatementsNotWrittenError,
)
from flask_migrate_decl.results import RunResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flask_migrate_decl.environment import BindProgress, History, JobProgress

    Directory = str | os.PathLike[str] | None
    Names = Sequence[str] | str
    Binds = Iterable[str] | str


def upgrade(
    directory: Directory = None,
    revision: str = "head",
    sql: bool = False,
    tag: str | None = None,
    x_arg: Names | None = None,
    bind: Binds = (),
    output_dir: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    fail_fast: bool = False,
    watch: Callable[[JobProgress], None] = lambda _progress: None,
) -> RunResult:
    """Run revisions up to one, on each database in the order of the binds.

    :param sql: return the statements instead of running them.
    :param output_dir: write them into this folder too, a file for each database.
    :param jobs: run histories at once, in up to so many processes; one that stops does not keep
        the others from running. Those of one database wait for each other.
    :param fail_fast: with ``jobs``, begin with no other history once one has stopped.
    :param watch: with ``jobs``, is told how far each database of several histories has come.
    :raises RunStoppedError: it stopped, and says what it has left of each of several databases.
    :raises JobsNotCombinedError: what is asked for can't be done by several processes.
    :raises JobsNumberError: it is none.
    :raises JobsUnavailableError: this system can't do it.
    """
    bind = _names(bind)
    histories = histories_with(select(directory, bind).histories, revision)
    options: dict[str, Any] = {
        "words": _words("upgrade", directory, bind, revision, jobs),
        "x_arg": x_arg,
        "goes_to_head": revision in ("head", "heads"),
        "tag": tag,
    }
    _verify(histories, revision)
    verify_steps(histories, revision)
    if jobs is not None:
        _verify_jobs(jobs, histories, sql=sql)
    if jobs is None or output_dir is not None or len(histories) < 2:
        return _run(
            alembic_command.upgrade, histories, revision, sql=sql, output_dir=output_dir, **options
        )

    def run_history(history: History, tell: Callable[[BindProgress], None]) -> Any:
        return _run_online(
            alembic_command.upgrade, (history,), revision, watch=tell, **options
        ).applied

    _verify_urls(histories)
    run = Jobs(histories, run_history, watch, jobs, fail_fast, options["words"])
    return RunResult(run.run())


def _verify_jobs(jobs: int, histories: Sequence[History], *, sql: bool) -> None:
    """Find out what can't be done by several processes."""
    if jobs < 1:
        raise JobsNumberError(jobs)
    if sql:
        raise JobsNotCombinedError("--sql")
    if len(histories) > 1:
        _verify_separate(histories)


def _verify_separate(histories: Sequence[History]) -> None:
    """Find out what databases need one process for all of them."""
    mode = histories[0].project.settings.bind_transactions
    if mode != "separate":
        raise JobsNotCombinedError(f'bind_transactions = "{mode}"')
    for bind in (bind for history in histories for bind in history.chosen_binds):
        if bind.is_in_memory:
            raise JobsNotCombinedError(f"{bind.words}, which is in the memory of one process")


def downgrade(
    directory: Directory = None,
    revision: str = "-1",
    sql: bool = False,
    tag: str | None = None,
    x_arg: Names | None = None,
    bind: Binds = (),
    output_dir: str | os.PathLike[str] | None = None,
) -> RunResult:
    """Undo revisions down to one, on each database in the order of the binds.

    :param sql: return the statements instead of running them.
    :param output_dir: write them into this folder too, a file for each database.
    :raises HistoryNotChosenError: nothing says which of several histories is meant.
    :raises RunStoppedError: it stopped, and says what it has left of each of several databases.
    """
    bind = _names(bind)
    words = _words("downgrade", directory, bind, revision)
    # For a file there is no current revision to go back from; Flask-Migrate reads it this way.
    if sql and revision == "-1":
        revision = "head:-1"
    selection = select(directory, bind)
    histories = histories_with(selection.histories, revision)
    if len(histories) > 1 and not selection.is_said:
        # To undo something everywhere would lose rows that nobody had in mind.
        raise HistoryNotChosenError(tuple(map(str, histories)))
    _verify(histories, revision)
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
    bind: Binds = (),
    output_dir: str | os.PathLike[str] | None = None,
) -> RunResult:
    """Say that databases are at a revision, and run nothing.

    :raises RunStoppedError: it stopped, and says what it has left of each of several databases.
    """
    bind = _names(bind)
    histories = histories_with(select(directory, bind).histories, revision)
    _verify(histories, revision)
    return _run(
        alembic_command.stamp,
        histories,
        revision,
        words=_words("stamp", directory, bind, revision),
        sql=sql,
        output_dir=output_dir,
        tag=tag,
        purge=purge,
    )


def _names(bind: Binds) -> tuple[str, ...]:
    """Return the names of binds, to be gone through as often as it takes.

    Where all of them were gone through already, none would be left, which stands for all binds.
    """
    return (bind,) if isinstance(bind, str) else tuple(bind)


def _words(
    command: str,
    directory: Directory,
    binds: tuple[str, ...],
    revision: str,
    jobs: int | None = None,
) -> CommandWords:
    """Return a command as somebody types it."""
    folder = ("-d", os.fspath(directory)) if directory is not None else ()
    processes = () if jobs is None else ("--jobs", str(jobs))
    given = "" if revision == _DEFAULT_REVISIONS[command] else revision
    return CommandWords(("flask", "db", command, *folder), binds, processes, given, revision)


_DEFAULT_REVISIONS = {"upgrade": "head", "downgrade": "-1", "stamp": ""}
"""Those that nobody has to type; the one of a stamp is typed all the same."""


def _run(
    command: Callable[..., None],
    histories: Sequence[History],
    revision: str,
    *,
    sql: bool,
    output_dir: str | os.PathLike[str] | None,
    **options: Any,
) -> RunResult:
    """Run one of Alembic's commands on several histories, or return its statements."""
    if sql:
        return _written_down(command, histories, revision, output_dir, **options)
    if output_dir is not None:
        reason = "it is for --sql, which was not given"
        raise StatementsNotWrittenError(Path(output_dir), reason)
    _verify_urls(histories)
    return _run_online(command, histories, revision, **options)


def _verify(histories: Sequence[History], revision: str) -> None:
    """Find out that a command can't be carried out, before anything of it is."""
    verify_revision(revision)
    for history in histories:
        verify_history(history)
    if len(histories) > 1:
        # A script that can't be read would be found once those before it were run.
        for history in histories:
            verify_scripts(history)


def _verify_urls(histories: Sequence[History]) -> None:
    for bind in (bind for history in histories for bind in history.chosen_binds):
        bind.verify_url()


def _run_online(
    command: Callable[..., None],
    histories: Sequence[History],
    revision: str,
    *,
    words: CommandWords,
    x_arg: Names | None = None,
    goes_to_head: bool = False,
    watch: Callable[[BindProgress], None] | None = None,
    **options: Any,
) -> RunResult:
    """Run a command on several histories, one after the other.

    :param words: the command as somebody types it.
    :param watch: is told of each change, where others are at work on further histories.
    """
    is_one_of_several = watch is not None
    with run_over_binds(histories, words, is_one_of_several=is_one_of_several) as over_binds:
        for history in histories:
            with open_history(
                history,
                x_arg=x_arg,
                changes_databases=True,
                goes_to_head=goes_to_head,
                commits=over_binds.commits,
                locks=over_binds.locks,
                progress=over_binds.progress,
                watch=watch or (lambda _progress: None),
            ) as (config, _run):
                command(config, revision, sql=False, **options)
    return RunResult(over_binds.applied)


def _written_down(
    command: Callable[..., None],
    histories: Sequence[History],
    revision: str,
    output_dir: str | os.PathLike[str] | None,
    *,
    x_arg: Names | None = None,
    **options: Any,
) -> RunResult:
    """Return the statements of a command, of one database after the other."""
    if output_dir is not None and any(history.own_env for history in histories):
        reason = "an env.py of the project's writes where it likes"
        raise StatementsNotWrittenError(Path(output_dir), reason)
    options = {key: value for key, value in options.items() if key not in _OF_A_RUN}
    texts: list[str] = []
    statements: dict[str | None, str] = {}
    for history in histories:
        with open_history(history, x_arg=x_arg, statements=statements) as (config, _run):
            command(config, revision, sql=True, **options)
            buffer = config.output_buffer
            assert isinstance(buffer, StringIO)
            texts.append(buffer.getvalue())
    everything = "".join([*texts, *statements.values()])
    if output_dir is None:
        return RunResult((), everything)
    return RunResult((), everything, write_statements(Path(output_dir), statements))


_OF_A_RUN = frozenset({"goes_to_head", "words"})
