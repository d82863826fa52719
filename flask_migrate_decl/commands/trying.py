"""An upgrade that is only shown, or only rehearsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command as alembic_command

from flask_migrate_decl.commands.runs import (
    given_options,
    names_of,
    run_online,
    verify_run,
    words_of,
)
from flask_migrate_decl.environment import (
    Rehearsal,
    chosen_binds,
    histories_with,
    open_history,
    select,
)
from flask_migrate_decl.errors import OwnEnvironmentError, RehearsalUnavailableError
from flask_migrate_decl.results import RunResult

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

    from flask_migrate_decl.environment import History

    Directory = str | os.PathLike[str] | None
    Names = Sequence[str] | str
    Binds = Iterable[str] | str

_CAN_ROLL_BACK = ("postgresql", "sqlite")


def show_upgrade(
    directory: Directory = None,
    revision: str = "head",
    tag: str | None = None,
    x_arg: Names | None = None,
    bind: Binds = (),
) -> RunResult:
    """Return the statements of an upgrade from where each database is, and run none.

    On SQLite they are run on an empty copy in memory, as a table that is made anew has to be
    looked at. What a script makes of rows that it reads is not in them.

    :raises NotCopiedError: an SQLite database can't be copied.
    :raises OwnEnvironmentError: an ``env.py`` of the project's can't be told to.
    """
    reason = "it can't show what it would run: --sql asks it to write that down"
    histories = _packaged(directory, names_of(bind), revision, reason)
    statements: dict[str | None, str] = {}
    for history in histories:
        with open_history(
            history, x_arg=x_arg, changes_databases=True, is_dry_run=True, statements=statements
        ) as (config, _run):
            alembic_command.upgrade(config, revision, sql=True, tag=tag)
    return RunResult((), "".join(statements.values()))


def rehearse_upgrade(
    directory: Directory = None,
    revision: str = "head",
    tag: str | None = None,
    x_arg: Names | None = None,
    bind: Binds = (),
) -> RunResult:
    """Run an upgrade with everything that is checked on the way, and roll it back.

    :return: the revisions that were run, none of which was kept.
    :raises RehearsalUnavailableError: a database can't roll back everything.
    :raises RehearsalRefusedError: a revision commits by itself.
    :raises RunStoppedError: it stopped, with more than one database.
    :raises OwnEnvironmentError: an ``env.py`` of the project's can't be told to.
    """
    bind = names_of(bind)
    reason = "it commits by itself, and can't be rehearsed"
    histories = _packaged(directory, bind, revision, reason)
    if problems := tuple(_problems(histories)):
        raise RehearsalUnavailableError(problems)
    return run_online(
        alembic_command.upgrade,
        histories,
        revision,
        words=words_of(
            "upgrade", directory, bind, revision, given_options(x_arg, tag, "--rehearse")
        ),
        x_arg=x_arg,
        rehearsal=Rehearsal(),
        tag=tag,
    )


def _packaged(
    directory: Directory, binds: tuple[str, ...], revision: str, reason: str
) -> tuple[History, ...]:
    """Return the histories of an upgrade, which have no ``env.py`` of the project's.

    :param reason: why that would be in the way.
    """
    histories = histories_with(select(directory, binds).histories, revision)
    verify_run(histories, revision)
    for history in histories:
        if history.own_env is not None:
            raise OwnEnvironmentError(history.own_env, reason)
    return histories


def _problems(histories: Sequence[History]) -> Iterator[str]:
    for bind in chosen_binds(histories):
        if bind.engine.dialect.name not in _CAN_ROLL_BACK:
            yield f"{bind.words} is on {bind.engine.dialect.name}, which can't roll it back"
