"""A run over several databases, and what it says of them when it stops."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask_migrate_decl.databases import Locks, verify_two_phase
from flask_migrate_decl.environment.commits import (
    GLOBAL_ID,
    Rehearsal,
    Separate,
    Together,
    TwoPhase,
)
from flask_migrate_decl.environment.failures import mistake_in_words, shown_traceback, worded_errors
from flask_migrate_decl.environment.history import chosen_binds
from flask_migrate_decl.environment.progress import BindProgress, Outcome
from flask_migrate_decl.errors import (
    BindState,
    InterruptedRunError,
    MigrateError,
    OwnEnvironmentError,
    RevisionFailedError,
    RunStoppedError,
    resume_command,
    shell_word,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment.command_words import CommandWords
    from flask_migrate_decl.environment.history import History
    from flask_migrate_decl.environment.progress import AppliedRevision
    from flask_migrate_decl.environment.run import Commits

log = logging.getLogger("flask_migrate_decl.environment")


@dataclass(frozen=True)
class RunOverBinds:
    """A command at work on the databases of several histories.

    :param binds: all of them, in order.
    :param words: the command as somebody types it.
    :param progress: how far it has come, by bind key; empty at first.
    :param locks: what keeps other runs from them.
    """

    binds: tuple[Bind, ...]
    words: CommandWords
    commits: Commits
    progress: dict[str | None, BindProgress] = field(default_factory=dict)
    locks: Locks = field(default_factory=Locks)

    @property
    def applied(self) -> tuple[AppliedRevision, ...]:
        """The revisions that were run or stamped, in order."""
        return tuple(step for progress in self.progress.values() for step in progress.applied)

    def stopped(self, reason: str) -> RunStoppedError:
        """Look at what is left of each database, and return the error that tells of it."""
        failed = tuple(one.bind.key for one in self.progress.values() if one.has_failed)
        progress = [self.progress.get(bind.key) or BindProgress(bind) for bind in self.binds]
        for one in progress:
            one.settle()
        states = tuple(map(_state, progress))
        next_steps = (*_by_hand(progress), self.words.next_run(states))
        return RunStoppedError(reason, failed, states, next_steps)

    def note_state(self, error: MigrateError) -> None:
        """Say in an error what is left of the one database that the run is about."""
        stopped = self.stopped("")
        (state,) = stopped.states or (None,)
        if isinstance(error, RevisionFailedError):
            error.state, error.next_steps = state, stopped.next_steps
        elif state is not None and state.outcome != Outcome.UNTOUCHED:
            error.add_note(state.sentence)


@contextmanager
def run_over_binds(
    histories: Sequence[History],
    words: CommandWords,
    *,
    is_one_of_several: bool = False,
    rehearsal: Rehearsal | None = None,
) -> Iterator[RunOverBinds]:
    """Run something on the databases of several histories, and say what is left if it stops.

    :param words: the command as somebody types it.
    :param rehearsal: instead of what is configured of commits.
    :param is_one_of_several: others are at work on further databases, and nobody sees a traceback.
    :raises RunStoppedError: it stopped, and there is more than one database.
    :raises InterruptedRunError: somebody stopped it, and there is one.
    :raises DatabaseError: the databases can't commit as the configuration asks for.
    """
    binds = chosen_binds(histories)
    is_run_over_several = is_one_of_several or len(binds) > 1
    configured = _commits(histories, binds) if is_run_over_several else Separate()
    commits = configured if rehearsal is None else rehearsal
    run = RunOverBinds(binds, words, commits)
    try:
        with worded_errors(), run.locks, commits:
            yield run
    except MigrateError as error:
        if not is_run_over_several:
            run.note_state(error)
            raise
        raise run.stopped(str(error)) from error
    except KeyboardInterrupt as error:
        raise _interrupted(run, is_run_over_several=is_run_over_several) from error
    except (Exception, SystemExit) as error:
        if is_one_of_several:
            log.error("%s", shown_traceback(error))
            raise run.stopped(mistake_in_words(error)) from error
        # It is a mistake outside of the scripts, such as in an env.py, whose traceback they need.
        if is_run_over_several:
            error.add_note(run.stopped("").report)
        raise


def _interrupted(run: RunOverBinds, *, is_run_over_several: bool) -> BaseException:
    """Return what to raise where somebody has stopped a run."""
    interrupted = InterruptedRunError()
    if is_run_over_several:
        return run.stopped(str(interrupted))
    if not run.progress:
        return KeyboardInterrupt()
    run.note_state(interrupted)
    return interrupted


def _commits(histories: Sequence[History], binds: Sequence[Bind]) -> Commits:
    mode = histories[0].project.settings.bind_transactions
    if mode == "separate":
        return Separate()
    for history in histories:
        if history.own_env is not None:
            reason = f'it commits by itself, and bind_transactions = "{mode}" can\'t be kept'
            raise OwnEnvironmentError(history.own_env, reason)
    if mode == "together":
        return Together()
    with worded_errors():
        verify_two_phase(binds, GLOBAL_ID)
    return TwoPhase()


def _state(progress: BindProgress) -> BindState:
    return BindState(
        progress.bind.key,
        str(progress.outcome),
        progress.position,
        _explanation(progress),
        is_on_its_way=progress.is_on_its_way,
    )


def _explanation(progress: BindProgress) -> str:
    if progress.outcome is not Outcome.UNKNOWN:
        return ""
    if progress.is_prepared:
        return "its transaction is prepared and not committed"
    if progress.is_out_of_sight:
        return "as an env.py of the project's ran it"
    if progress.part is not None and progress.journal is not None:
        return f"and {progress.part} is half done"
    if progress.part is not None:
        return f"and a part of {progress.part} may be done"
    return "as nobody can tell whether it has committed"


def _by_hand(progress: Sequence[BindProgress]) -> Iterator[str]:
    """Say what somebody has to do before the run can go on."""
    for one in progress:
        if one.outcome is not Outcome.UNKNOWN:
            continue
        if one.is_prepared:
            yield f"in {one.bind.words}: COMMIT PREPARED '{one.global_id}'"
        elif one.part is not None and one.journal is not None:
            name = one.bind.name if len(progress) > 1 or one.bind.key is not None else None
            command = resume_command(name, is_upgrade=one.is_upgrade)
            yield f"in {one.bind.words}: {command} goes on with {one.part} once it is mended"
        elif one.part is not None:
            yield (
                f"in {one.bind.words}: see what {one.part} has done, and undo it; or do the rest "
                f"of it too, and say so: flask db stamp --bind {shell_word(one.bind.name)} "
                f"{' '.join(one.leads_to) or 'base'}"
            )
        elif not one.is_out_of_sight:
            yield look_at(one.bind)


def look_at(bind: Bind) -> str:
    """Say how to see where a database is."""
    return f"see where {bind.words} is: flask db current --bind {shell_word(bind.name)}"
