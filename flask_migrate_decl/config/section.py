"""What every table of the section has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pydantic.fields import ComputedFieldInfo, FieldInfo


def title_of(name: str, _info: FieldInfo | ComputedFieldInfo) -> str:
    """Return the title that an editor shows for a key."""
    return name.replace("_", " ").capitalize()


class Section(BaseModel):
    """What every table of the section has in common: frozen, strict, no unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, field_title_generator=title_of
    )
