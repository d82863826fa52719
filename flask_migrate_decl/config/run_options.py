"""How a run treats a database: who may be at work, for how long, and what SQLite has of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from flask_migrate_decl.config.durations import Duration, TimeLimit
from flask_migrate_decl.config.section import Section

if TYPE_CHECKING:
    from pydantic.config import JsonDict

_EMPTY: JsonDict = {"default": {}}


class LockOptions(Section, title="Lock"):
    """One run at a time on each database."""

    enabled: bool = Field(
        default=True,
        description="Let one upgrade, downgrade or stamp at a time work on the database. "
        "SQLite's own lock is always taken.",
    )
    timeout: Duration = Field(
        default="5m",
        description='How long to wait for another run, as "30s" or in seconds; 0 fails at once.',
    )


class TimeoutOptions(Section, title="Time limits"):
    """How long a run may wait and work, on PostgreSQL, MariaDB and MySQL."""

    lock: TimeLimit | None = Field(
        default=None,
        description="How long a statement waits for a table that somebody else uses, "
        'as "3s" or in seconds. Left out: as long as the server lets it.',
    )
    statement: TimeLimit | None = Field(
        default=None,
        description="How long a statement may take at all. "
        "Left out: as long as the server lets it.",
    )
    retries: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=5,
        description="How often it is tried again, after growing pauses, "
        "once a statement has waited for as long as it may.",
    )


class SQLiteOptions(Section, title="SQLite"):
    """What a run does on SQLite alone."""

    on_loss: Literal["error", "warn"] = Field(
        default="error",
        title="Loss",
        description="What is done where a table is made anew and something of it, such as a "
        "trigger, would be lost: the run stops, or it says so and goes on.",
    )
    backup: bool = Field(
        default=False,
        description="Copy the file before an upgrade that drops something.",
    )


class RunOptions(Section):
    """What each bind may set for itself, key by key."""

    lock: LockOptions = Field(
        default_factory=LockOptions,
        json_schema_extra=_EMPTY,
        description="One run at a time on each database.",
    )
    timeouts: TimeoutOptions = Field(
        default_factory=TimeoutOptions,
        title="Time limits",
        json_schema_extra=_EMPTY,
        description="How long a run may wait and work, on PostgreSQL, MariaDB and MySQL.",
    )
    sqlite: SQLiteOptions = Field(
        default_factory=SQLiteOptions,
        title="SQLite",
        json_schema_extra=_EMPTY,
        description="What a run does on SQLite alone.",
    )

    def over(self, shared: RunOptions) -> RunOptions:
        """Return these options, with what they leave out taken from shared ones."""
        merged = {
            name: getattr(shared, name).model_copy(
                update=getattr(self, name).model_dump(exclude_unset=True)
            )
            for name in RunOptions.model_fields
        }
        return RunOptions.model_construct(**merged)
