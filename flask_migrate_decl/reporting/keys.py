"""Keys as they are named in a report, and as TOML writes them."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 80
_MANY = 10


def shortened(name: str) -> str:
    """Return a name as it is shown: one that is longer than anybody's is cut."""
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"


def listed_names(names: Collection[str]) -> str:
    """Return names for a sentence, and of many the first ones."""
    shown = [shortened(name) for name in islice(names, _MANY)]
    more = [f"{len(names) - _MANY} more"] if len(names) > _MANY else []
    return ", ".join([*shown, *more]) or "none"


def dotted(path: Sequence[str | int]) -> str:
    """Write a path as TOML would, with positions of lists in brackets."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            key = written_key(shortened(step))
            text += f".{key}" if text else key
    return text


def written_key(key: str) -> str:
    """Write a key, in quotes where it needs them."""
    return key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
