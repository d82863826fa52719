"""A command as somebody types it, and how it is to be typed again after a run that stopped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.config import DEFAULT_BIND
from flask_migrate_decl.environment.progress import Outcome
from flask_migrate_decl.errors import one_line, shell_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask_migrate_decl.errors import BindState

_FROM_WHERE_IT_IS = re.compile(r"(?:.+?@)?[+-]\d")
"""How Alembic knows ``-1`` or ``label@+2``; ``ab12+1`` is the same one wherever it starts."""


@dataclass(frozen=True)
class CommandWords:
    """A command as somebody types it.

    :param start: what comes before the binds, from ``flask`` on.
    :param binds: the names of the binds, where any were given.
    :param options: what comes behind them.
    :param revision: where it leads to, ``""`` where nobody has said that.
    :param steps: what ``revision`` stands for; with some it depends on where a database is.
    """

    start: tuple[str, ...]
    binds: tuple[str, ...]
    options: tuple[str, ...]
    revision: str
    steps: str

    def __str__(self) -> str:
        return self._with(self.binds, self.revision)

    def next_run(self, states: Sequence[BindState]) -> str:
        """Say what to do once nothing is left to be done by hand.

        What is done must not go further, so that the databases that are left are named where it
        depends on where one is.

        :param states: what is left of every database of the run.
        """
        if not _FROM_WHERE_IT_IS.match(self.steps):
            return f"when the cause is mended: {self}"
        left = [state for state in states if state.outcome != Outcome.DONE]
        return "; ".join(self._again(left)) or "nothing: each database is done"

    def _again(self, left: Sequence[BindState]) -> Iterator[str]:
        whole = self._named(state for state in left if not state.is_in_doubt)
        in_doubt = self._named(state for state in left if state.is_in_doubt)
        if whole:
            yield f"when the cause is mended: {self._with(whole, self.revision)}"
        if in_doubt:
            names, words = one_line(", ".join(in_doubt)), self._with(in_doubt, "REVISION")
            yield f"see how far {names} has gone, and say where it is to go: {words}"

    def _named(self, states: Iterator[BindState]) -> tuple[str, ...]:
        """Return the names of databases, in the order in which they were given."""
        names = [DEFAULT_BIND if state.bind is None else state.bind for state in states]
        given = [name for name in dict.fromkeys(self.binds) if name in names]
        return tuple(dict.fromkeys((*given, *names)))

    def _with(self, binds: Sequence[str], revision: str) -> str:
        named = [word for name in binds for word in ("--bind", name)]
        # A revision may begin as an option does.
        last = ["--", revision] if revision.startswith("-") else [revision] if revision else []
        return " ".join(map(shell_word, (*self.start, *named, *self.options, *last)))
