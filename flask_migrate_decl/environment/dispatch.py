"""Which function of a script is called for a database."""

from __future__ import annotations

import inspect
import logging
import re
import traceback
import unicodedata
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.environment.texts import one_line
from flask_migrate_decl.errors import is_name_in_history

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.environment.history import History

_BIND_PARAMETER = "engine_name"
"""What the functions of Flask-Migrate's multi-database scripts are told the bind by."""

log = logging.getLogger("flask_migrate_decl.environment")


def dispatched(function: Callable[..., None], history: History, bind: Bind) -> Callable[..., None]:
    """Return what to call for a database instead of a script's ``upgrade`` or ``downgrade``.

    A script that knows of no binds is of the time before there were several, and that of the
    default database; one that has no function for a bind is of the time before that bind came.
    """
    parameters = inspect.signature(function).parameters
    takes_all = any(found.kind is found.VAR_KEYWORD for found in parameters.values())
    if _BIND_PARAMETER in parameters:
        return _of_bind(function, bind.key or "")
    if takes_all:
        return function
    if bind.key is not None and history.owner is None:
        return _nothing
    return lambda **_arguments: function()


def _nothing(**_arguments: Any) -> None:
    log.info("There is nothing in it for this database")


def _of_bind(function: Callable[..., None], key: str) -> Callable[..., None]:
    missing = f"{function.__name__}_{key}"

    def call(**_arguments: Any) -> None:
        try:
            function(**{_BIND_PARAMETER: key})
        except (KeyError, NameError) as error:
            if not _is_raised_by(error, function) or not _is_of(error, missing):
                raise
            log.info("There is no %s() in it", one_line(missing))

    return call


def _is_of(error: KeyError | NameError, missing: str) -> bool:
    """Tell whether a name was looked up that is not there, in one of Flask-Migrate's two ways."""
    return error.name == missing if isinstance(error, NameError) else error.args == (missing,)


def _is_raised_by(error: KeyError | NameError, function: Callable[..., None]) -> bool:
    """Tell whether a function itself raised an error, and nothing that it has called.

    Older scripts look the name up with ``eval()``, which has a frame of its own.
    """
    frames = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    if frames and frames[-1].co_filename == "<string>":
        frames.pop()
    return bool(frames) and frames[-1] is getattr(function, "__code__", None)


def function_suffixes(keys: Sequence[str]) -> dict[str, str]:
    """Return what follows ``upgrade_`` in the name of each bind's function.

    :param keys: bind keys, ``""`` being the default database.
    """
    suffixes = {key: key for key in keys if is_name_in_history(key)}
    for key in keys:
        if key in suffixes:
            continue
        suffix = unicodedata.normalize("NFKC", re.sub(r"\W", "_", key, flags=re.ASCII))
        while suffix in suffixes.values():
            suffix += "_"
        suffixes[key] = suffix
    return {key: suffixes[key] for key in keys}
