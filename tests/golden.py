"""Files that hold what a person is shown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def assert_golden(path: Path, found: str) -> None:
    """Compare with a golden file; ``UPDATE_GOLDEN=1`` writes it, to be read before it is kept."""
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert path.is_file(), (
        f"{path} is missing: run again with UPDATE_GOLDEN=1 and read what it says"
    )
    assert found == path.read_text(encoding="utf-8")
