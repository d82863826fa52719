"""The state of a hint, decided by which of its names the database and the models have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask_migrate_decl.renames.hints import Hint


class State(StrEnum):
    """What is to be done with a hint."""

    PENDING = "pending"
    """The rename is to be written."""
    APPLIED = "applied"
    """The database has the new name already."""
    EARLY = "early"
    """The models still have the old name."""
    SPENT = "spent"
    """Neither side has anything to rename any more."""
    CONTRADICTED = "contradicted"
    """The database has both names and the models only the new one, or the rename is taken back:
    the database has only the new name and the models only the old one."""
    UNMATCHED = "unmatched"
    """The hint names something that is not there."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Which of a hint's two names each side has."""

    db_old: bool
    db_new: bool
    models_old: bool
    models_new: bool

    @property
    def is_pending(self) -> bool:
        """Whether the rename is still to be done."""
        return self.db_old and not self.db_new and self.models_new

    @property
    def would_lose(self) -> bool:
        """Whether the old name would be dropped, unless the rename is done."""
        return self.is_pending and not self.models_old

    @property
    def is_done(self) -> bool:
        """Whether the rename was done, and the old name is not used again."""
        return self.db_new and not self.db_old and self.models_new


def state_of(presence: Presence, *, new_name_may_be_fresh: bool) -> State:
    """Decide a hint's state.

    :param new_name_may_be_fresh: where only the models have the new name, it may be an ordinary
        addition, as nothing is there that could be its misspelt old self.
    """
    if presence.db_old and presence.db_new:
        return _state_of_doubled(presence)
    if presence.db_old:
        return _state_of_unrenamed(presence)
    if presence.db_new:
        taken_back = presence.models_old and not presence.models_new
        return State.CONTRADICTED if taken_back else State.APPLIED
    if not presence.models_new:
        return State.SPENT
    return State.APPLIED if new_name_may_be_fresh else State.UNMATCHED


def _state_of_doubled(presence: Presence) -> State:
    if presence.models_new:
        return State.APPLIED if presence.models_old else State.CONTRADICTED
    return State.EARLY if presence.models_old else State.SPENT


def _state_of_unrenamed(presence: Presence) -> State:
    if presence.models_new:
        return State.PENDING
    return State.EARLY if presence.models_old else State.UNMATCHED


@dataclass(frozen=True, slots=True)
class HintReport:
    """A hint, its state, and the reason in words.

    :param hint: with its table as it is called after the renames, where that is known.
    :param help: what a person can do; ``""`` where nothing is to be done.
    :param is_problem: no revision may be written while the hint stands as it does.
    """

    hint: Hint
    state: State
    message: str
    help: str = ""
    is_problem: bool = False
