"""What a rename comes up against."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from flask_migrate_decl.renames import Move


class Obstacle(NamedTuple):
    """Something because of which a move would fail, or break something else."""

    move: Move
    message: str
    help: str
