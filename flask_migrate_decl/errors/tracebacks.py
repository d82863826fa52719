"""Tracebacks that can be shown to anybody who sees a log."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from flask_migrate_decl.errors.secrets import without_passwords, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def covered_traceback(error: BaseException, passwords: Iterable[str]) -> str:
    """Return a traceback with all that led to an error, but for passwords and parameters.

    :param passwords: those that are known.
    """
    for one in _chain(error):
        # SQLAlchemy's errors repeat the parameters of a statement, which may be anybody's rows.
        if hasattr(one, "hide_parameters"):
            one.hide_parameters = True
    text = _text(error)
    return "\n".join(map(without_secrets, without_passwords(text, passwords).split("\n")))


def repeats_password(error: BaseException, passwords: Iterable[str]) -> bool:
    """Tell whether a traceback would show a password.

    :param passwords: those that are known.
    """
    text = _text(error)
    return without_passwords(text, passwords) != text


def _text(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Go through what a traceback shows of an error: what it comes of, and what a group holds."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        several = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting += [found for found in (one.__cause__, one.__context__, *several) if found]
