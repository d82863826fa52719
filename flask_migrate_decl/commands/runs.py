"""What the commands that change databases have in common."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from flask_migrate_decl.commands.statements import write_statements
from flask_migrate_decl.environment import (
    CommandWords,
    chosen_binds,
    open_history,
    run_over_binds,
    verify_history,
    verify_revision,
    verify_scripts,
)
from flask_migrate_decl.errors import (
    InDoubtOfSeveralError,
    StatementsNotWrittenError,
    without_secrets,
)
from flask_migrate_decl.results import RunResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flask_migrate_decl.environment import BindProgress, History, Rehearsal

    Directory = str | os.PathLike[str] | None
    Names = Sequence[str] | str
    Binds = Iterable[str] | str


@dataclass(frozen=True)
class Resumption:
    """Whether to go on with a revision that an earlier run has left half done.

    :param in_doubt: what somebody says of its last statement.
    """

    is_asked_for: bool = False
    in_doubt: Literal["done", "undone"] | None = None

    @property
    def was_done(self) -> bool | None:
        """Whether that statement was done, if somebody has said it."""
        return None if self.in_doubt is None else self.in_doubt == "done"

    def verify(self, histories: Sequence[History]) -> None:
        """Find out that somebody says it of statements that they don't know of.

        :raises InDoubtOfSeveralError: the command is about several databases.
        """
        names = tuple(bind.name for bind in chosen_binds(histories))
        if self.in_doubt is not None and len(names) > 1:
            raise InDoubtOfSeveralError(names)


def names_of(bind: Binds) -> tuple[str, ...]:
    """Return the names of binds, to be gone through as often as it takes.

    Where all of them were gone through already, none would be left, which stands for all binds.
    """
    return (bind,) if isinstance(bind, str) else tuple(bind)


def words_of(
    command: str,
    directory: Directory,
    binds: tuple[str, ...],
    revision: str,
    options: tuple[str, ...] = (),
) -> CommandWords:
    """Return a command as somebody types it."""
    folder = ("-d", os.fspath(directory)) if directory is not None else ()
    given = "" if revision == _DEFAULT_REVISIONS[command] else revision
    return CommandWords(("flask", "db", command, *folder), binds, options, given, revision)


_DEFAULT_REVISIONS = {"upgrade": "head", "downgrade": "-1", "stamp": ""}
"""Those that nobody has to type; the one of a stamp is typed all the same."""


def given_options(x_arg: Names | None, tag: str | None, *flags: str) -> tuple[str, ...]:
    """Return options as somebody types them again, passwords covered."""
    values = (x_arg,) if isinstance(x_arg, str) else tuple(x_arg or ())
    named = [("-x", value) for value in values] + ([] if tag is None else [("--tag", tag)])
    words = [word for name, value in named for word in (name, without_secrets(value))]
    return (*words, *flags)


def verify_run(histories: Sequence[History], revision: str) -> None:
    """Find out that a command can't be carried out, before anything of it is."""
    verify_revision(revision)
    for history in histories:
        verify_history(history)
    if len(histories) > 1:
        # A script that can't be read would be found once those before it were run.
        for history in histories:
            verify_scripts(history)


def verify_urls(histories: Sequence[History]) -> None:
    """Find out that migrations have no URL, before anything is run.

    :raises MigrationUrlError: an environment variable holds none.
    """
    for bind in chosen_binds(histories):
        bind.verify_url()


def run_online(
    command: Callable[..., None],
    histories: Sequence[History],
    revision: str,
    *,
    words: CommandWords,
    x_arg: Names | None = None,
    goes_to_head: bool = False,
    resumption: Resumption | None = None,
    stamps: bool = False,
    watch: Callable[[BindProgress], None] | None = None,
    rehearsal: Rehearsal | None = None,
    **options: Any,
) -> RunResult:
    """Run a command on several histories, one after the other.

    :param words: the command as somebody types it.
    :param resumption: whether to go on with what is half done.
    :param stamps: the command runs nothing.
    :param watch: is told of each change, where others are at work on further histories.
    :param rehearsal: instead of commits.
    """
    resumption = resumption or Resumption()
    is_one_of_several = watch is not None
    with run_over_binds(
        histories, words, is_one_of_several=is_one_of_several, rehearsal=rehearsal
    ) as over_binds:
        for history in histories:
            with open_history(
                history,
                x_arg=x_arg,
                changes_databases=True,
                goes_to_head=goes_to_head,
                stamps=stamps,
                resumes=resumption.is_asked_for,
                in_doubt=resumption.was_done,
                commits=over_binds.commits,
                locks=over_binds.locks,
                progress=over_binds.progress,
                watch=watch or (lambda _progress: None),
            ) as (config, _run):
                command(config, revision, sql=False, **options)
    return RunResult(over_binds.applied, is_rehearsal=rehearsal is not None)


def written_down(
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


_OF_A_RUN = frozenset({"goes_to_head", "resumption", "stamps", "words"})
