"""An app's logging, kept from a project's own ``env.py``.

``logging`` has no public way to keep its list of handlers from ``fileConfig``, which shuts all of
them down; its private list is touched here and nowhere else.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class _LoggerState:
    logger: logging.Logger
    level: int
    handlers: tuple[logging.Handler, ...]
    propagate: bool
    disabled: bool

    def restore(self) -> None:
        self.logger.setLevel(self.level)
        self.logger.handlers[:] = self.handlers
        self.logger.propagate = self.propagate
        self.logger.disabled = self.disabled


@contextmanager
def preserved_logging() -> Iterator[None]:
    """Give all loggers and handlers back as they were.

    The ``env.py`` that Flask-Migrate copies into a project calls ``logging.config.fileConfig``,
    which replaces the root logger's handlers, disables every logger that it does not name, and
    closes every handler there is.
    """
    loggers = [logging.root, *map(logging.getLogger, logging.root.manager.loggerDict)]
    states = [
        _LoggerState(
            logger, logger.level, tuple(logger.handlers), logger.propagate, logger.disabled
        )
        for logger in loggers
    ]
    known_handlers: list[object] = logging._handlerList  # type: ignore[attr-defined]
    kept_open = known_handlers[:]
    known_handlers.clear()
    try:
        yield
    finally:
        known_handlers[:0] = kept_open
        for state in states:
            state.restore()
