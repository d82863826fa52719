"""What a script has read, which decides on what it does next."""

from __future__ import annotations

import ast
import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DIGEST_SIZE = 16
_LONGEST_KEPT = 50_000


def fingerprint(*parts: object) -> str:
    """Return 32 hexadecimal digits, which tell values apart without holding them."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=_DIGEST_SIZE).hexdigest()


class Readings:
    """A fingerprint of all that a script has read so far."""

    def __init__(self) -> None:
        self._digest = hashlib.blake2b(digest_size=_DIGEST_SIZE)
        self.fingerprint = self._digest.hexdigest()
        """That of everything until now, 32 hexadecimal digits."""

    def note(self, seen: Iterable[object]) -> None:
        """Add what the script has seen."""
        for one in seen:
            self._digest.update(repr(one).encode())
        self.fingerprint = self._digest.hexdigest()


class NotKeptError(Exception):
    """What a statement has returned was not written down, as it is too much or of odd types."""


class Answer(NamedTuple):
    """What the database has answered to a statement.

    :param description: that of the cursor, as PEP 249 has it; ``None`` where no rows were returned.
    :param error: the name of the driver's error and its arguments.
    :param variables: those of the session that the statement may have set, and their values.
    """

    description: Sequence[Any] | None = None
    rows: tuple[Any, ...] = ()
    error: tuple[str, tuple[Any, ...]] | None = None
    variables: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of_error(cls, error: BaseException) -> Answer:
        """Return the answer that a driver has raised."""
        return cls(error=(type(error).__name__, error.args))

    def written(self) -> str | None:
        """Return it as a text, empty where it can't be kept, ``None`` where there is nothing."""
        if self == NOTHING:
            return None
        facts = tuple(self)
        text = repr(facts)
        try:
            is_kept = len(text) <= _LONGEST_KEPT and ast.literal_eval(text) == facts
        except (ValueError, SyntaxError):
            is_kept = False
        return text if is_kept else ""

    @classmethod
    def read(cls, text: str | None) -> Answer:
        """Return the answer that a text stands for.

        :raises NotKeptError: it was not kept.
        """
        if text == "":
            raise NotKeptError
        return cls() if text is None else cls(*ast.literal_eval(text))

    def raise_error(self, driver: Any) -> None:
        """Raise the error that it is, if it is one."""
        if self.error is not None:
            name, arguments = self.error
            kind = getattr(driver, name, None) or driver.Error
            raise kind(*arguments)


NOTHING = Answer()
"""No rows, and no error."""
