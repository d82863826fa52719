"""The commands that change databases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from alembic import command as alembic_command

from flask_migrate_decl.commands.runs import (
    Resumption,
    given_options,
    names_of,
    run_online,
    verify_run,
    verify_urls,
    words_of,
    written_down,
)
from flask_migrate_decl.environment import (
    Jobs,
    chosen_binds,
    histories_with,
    select,
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
    import os
    from collections.abc import Callable, Iterable, Sequence

    from flask_migrate_decl.environment import BindProgress, History, JobProgress

    Directory = str | os.PathLike[str] | None
    Names = Sequence[str] | str
    Binds = Iterable[str] | str
    InDoubt = Literal["done", "undone"]


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
    resume: bool = False,
    in_doubt: InDoubt | None = None,
    watch: Callable[[JobProgress], None] = lambda _progress: None,
) -> RunResult:
    """Run revisions up to one, on each database in the order of the binds.

    :param sql: return the statements instead of running them.
    :param output_dir: write them into this folder too, a file for each database.
    :param jobs: run histories at once, in up to so many processes; one that stops does not keep
        the others from running. Those of one database wait for each other.
    :param fail_fast: with ``jobs``, begin with no other history once one has stopped.
    :param resume: go on with a revision that an earlier run has left half done, on MariaDB or
        MySQL.
    :param in_doubt: whether the last statement of that run was done, where the database does not
        tell by itself: ``"done"`` or ``"undone"``.
    :param watch: with ``jobs``, is told how far each database of several histories has come.
    :raises RunStoppedError: it stopped, and says what it has left of each of several databases.
    :raises InterruptedRunError: somebody has interrupted it, and it is about one database.
    :raises InDoubtOfSeveralError: ``in_doubt`` is said of several databases.
    :raises JobsNotCombinedError: what is asked for can't be done by several processes.
    :raises JobsNumberError: it is none.
    :raises JobsUnavailableError: this system can't do it.
    """
    bind = names_of(bind)
    histories = histories_with(select(directory, bind).histories, revision)
    resumption = Resumption(resume, in_doubt)
    resumption.verify(histories)
    processes = () if jobs is None else ("--jobs", str(jobs))
    options: dict[str, Any] = {
        "words": words_of(
            "upgrade", directory, bind, revision, given_options(x_arg, tag, *processes)
        ),
        "x_arg": x_arg,
        "goes_to_head": revision in ("head", "heads"),
        "resumption": resumption,
        "tag": tag,
    }
    verify_run(histories, revision)
    verify_steps(histories, revision)
    if jobs is not None:
        _verify_jobs(jobs, histories, sql=sql)
    if jobs is None or output_dir is not None or len(histories) < 2:
        return _run(
            alembic_command.upgrade, histories, revision, sql=sql, output_dir=output_dir, **options
        )

    def run_history(history: History, tell: Callable[[BindProgress], None]) -> Any:
        return run_online(
            alembic_command.upgrade, (history,), revision, watch=tell, **options
        ).applied

    verify_urls(histories)
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
    for bind in chosen_binds(histories):
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
    resume: bool = False,
    in_doubt: InDoubt | None = None,
) -> RunResult:
    """Undo revisions down to one, on each database in the order of the binds.

    :param sql: return the statements instead of running them.
    :param output_dir: write them into this folder too, a file for each database.
    :param resume: go on with one that an earlier run has left half done; see ``upgrade``.
    :param in_doubt: whether the last statement of that run was done; see ``upgrade``.
    :raises HistoryNotChosenError: nothing says which of several histories is meant.
    :raises RunStoppedError: it stopped, and says what it has left of each of several databases.
    """
    bind = names_of(bind)
    words = words_of("downgrade", directory, bind, revision, given_options(x_arg, tag))
    # For a file there is no current revision to go back from; Flask-Migrate reads it this way.
    if sql and revision == "-1":
        revision = "head:-1"
    selection = select(directory, bind)
    histories = histories_with(selection.histories, revision)
    if len(histories) > 1 and not selection.is_said:
        # To undo something everywhere would lose rows that nobody had in mind.
        raise HistoryNotChosenError(tuple(map(str, histories)))
    resumption = Resumption(resume, in_doubt)
    resumption.verify(histories)
    verify_run(histories, revision)
    return _run(
        alembic_command.downgrade,
        histories,
        revision,
        words=words,
        sql=sql,
        x_arg=x_arg,
        output_dir=output_dir,
        resumption=resumption,
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
    bind = names_of(bind)
    histories = histories_with(select(directory, bind).histories, revision)
    verify_run(histories, revision)
    options = given_options(None, tag, *(("--purge",) if purge else ()))
    return _run(
        alembic_command.stamp,
        histories,
        revision,
        words=words_of("stamp", directory, bind, revision, options),
        sql=sql,
        output_dir=output_dir,
        stamps=True,
        tag=tag,
        purge=purge,
    )


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
        return written_down(command, histories, revision, output_dir, **options)
    if output_dir is not None:
        reason = "it is for --sql, which was not given"
        raise StatementsNotWrittenError(Path(output_dir), reason)
    verify_urls(histories)
    return run_online(command, histories, revision, **options)
