"""How long something is tried again."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
_GROWTH = 1.5


@dataclass
class Patience:
    """Pauses between attempts, until a time is over.

    :param limit: that time, in seconds.
    """

    limit: float
    _pause: float = _FIRST_PAUSE
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.limit

    def pause(self) -> bool:
        """Wait a little and return true, or return false where the time is over.

        Pauses grow, and differ between those that wait for the same.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(left, self._pause * random.uniform(0.5, 1.0)))
        self._pause = min(self._pause * _GROWTH, _LONGEST_PAUSE)
        return True
