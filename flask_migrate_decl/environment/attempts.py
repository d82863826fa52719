"""Beginning again with a database, once something was in the way for the moment."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from flask_migrate_decl.databases import is_lock_timeout
from flask_migrate_decl.errors import BlockedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_migrate_decl.config import TimeoutOptions
    from flask_migrate_decl.environment.progress import BindProgress

log = logging.getLogger("flask_migrate_decl.environment")

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0


class MovedOnError(Exception):
    """Another run has brought the database to another revision meanwhile."""


@dataclass
class Attempts:
    """Tries one after the other, until one of them ends well or for good."""

    progress: BindProgress
    timeouts: TimeoutOptions
    _blocked: int = 0
    _is_over: bool = False

    def __iter__(self) -> Iterator[Attempts]:
        while not self._is_over:
            yield self

    def __enter__(self) -> None:
        """Begin one."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        """Tell whether the error is to be forgotten, as there is going to be another try.

        :raises BlockedError: it was tried often enough.
        """
        is_blocked = isinstance(error, DBAPIError) and self._is_blocked(error)
        self._is_over = not is_blocked and not isinstance(error, MovedOnError)
        if self._is_over:
            return False
        if is_blocked:
            assert isinstance(error, DBAPIError)
            self._pause(error)
        self.progress.begin_again()
        return True

    def _is_blocked(self, error: DBAPIError) -> bool:
        """Tell whether nothing was done but what was rolled back, for want of a lock."""
        is_limited = self.timeouts.lock is not None and is_lock_timeout(error)
        has_nothing_left = self.progress.part is None or self.progress.journal is not None
        return is_limited and has_nothing_left

    def _pause(self, error: DBAPIError) -> None:
        progress = self.progress
        self._blocked += 1
        if self._blocked > self.timeouts.retries:
            raise BlockedError(
                progress.bind.key,
                progress.running,
                error.statement,
                self._blocked,
                progress.blocked_by,
            ) from error
        pause = min(_FIRST_PAUSE * 2 ** (self._blocked - 1), _LONGEST_PAUSE)
        log.warning(
            "%s: %s was rolled back, as a table was in use%s; tried again in %s s",
            progress.bind.words,
            progress.running,
            f" by {progress.blocked_by}" if progress.blocked_by else "",
            pause,
        )
        time.sleep(pause)
