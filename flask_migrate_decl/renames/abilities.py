"""What a kind of database can rename."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Way(Enum):
    """How a database gives something another name."""

    NATIVE = auto()
    """It renames it."""
    RECREATED = auto()
    """It can't; Alembic drops and creates it, by which no row is lost."""
    ABSENT = auto()
    """It has no such thing, or no use for its name."""
    IMPOSSIBLE = auto()
    """It can't, and nothing else will do."""


@dataclass(frozen=True, slots=True)
class Ability:
    """How a database renames one thing.

    :param reason: why it does not rename it.
    :param help: what a person can do where it is impossible.
    """

    way: Way = Way.NATIVE
    reason: str = ""
    help: str = ""

    @property
    def is_native(self) -> bool:
        """Whether the database renames it."""
        return self.way is Way.NATIVE
