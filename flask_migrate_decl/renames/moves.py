"""What gets another name, and one rename of those that it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask_migrate_decl.renames.hints import Kind, qualified

if TYPE_CHECKING:
    from flask_migrate_decl.renames.hints import Hint
    from flask_migrate_decl.renames.mapping import TableKey


@dataclass(frozen=True, slots=True)
class Move:
    """Something that gets another name, or a table that moves to another schema.

    :param schema: its schema, ``None`` for the default one, by the schema's new name.
    :param owner: the new name of the table or enum type that it belongs to.
    :param new_schema: of a table: the schema in which it is afterwards.
    :param hints: the hints that say so; none where the name follows that of something else.
    :param comes_along: the database renames it by itself, together with what it inherits it from.
    """

    kind: Kind
    old: str
    new: str
    schema: str | None = None
    owner: str | None = None
    new_schema: str | None = None
    hints: tuple[Hint, ...] = field(default=(), compare=False)
    comes_along: bool = False

    @property
    def new_key(self) -> TableKey:
        """The new schema and name."""
        return (self.new_schema if self.kind is Kind.TABLE else self.schema), self.new

    def __str__(self) -> str:
        owner = f"{self.owner}." if self.owner else ""
        new = self.new
        if self.kind is Kind.TABLE and self.new_schema != self.schema:
            new = qualified(self.new_schema, self.new)
        return f"{self.kind.noun} {qualified(self.schema, owner + self.old)} → {new}"


@dataclass(frozen=True, slots=True)
class Step:
    """One rename to be carried out.

    :param old: the name before the step, which may be a temporary one, and so may ``new``.
    :param move: what the step is part of.
    """

    old: str
    new: str
    schema: str | None
    new_schema: str | None
    move: Move

    @property
    def kind(self) -> Kind:
        """What is renamed."""
        return self.move.kind

    @property
    def owner(self) -> str | None:
        """The table or enum type that it belongs to."""
        return self.move.owner

    @property
    def finishes(self) -> bool:
        """Whether the move is done with this step."""
        return (self.new_schema, self.new) == self.move.new_key

    def __str__(self) -> str:
        step = Move(self.kind, self.old, self.new, self.schema, self.owner, self.new_schema)
        return str(step) if self.finishes else f"{step}, for a while"
