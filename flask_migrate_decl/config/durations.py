"""Durations as the section has them: seconds, or a text such as ``"5m"``."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_TEXT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h)")
_LONGEST = 7 * 24 * 3600
"""A week, which every database can count in milliseconds."""


def seconds(duration: float | str) -> float:
    """Return a duration in seconds.

    :param duration: one that the settings have accepted.
    """
    if not isinstance(duration, str):
        return float(duration)
    found = _TEXT.fullmatch(duration)
    assert found is not None
    return float(found[1]) * _UNITS[found[2]]


def _checked(value: float | str) -> float | str:
    if isinstance(value, str) and not _TEXT.fullmatch(value):
        raise PydanticCustomError("duration", 'should be seconds, or a text such as "30s"')
    length = seconds(value)
    if not math.isfinite(length) or not 0 <= length <= _LONGEST:
        raise PydanticCustomError("duration", "should be between 0 and seven days")
    return value


def _limiting(value: float | str) -> float | str:
    if seconds(value) < _UNITS["ms"]:
        raise PydanticCustomError("duration", 'should be at least "1ms"; left out, there is none')
    return value


class _Shown:
    """Shows editors what a text may look like."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        numbers = {"type": "number", "minimum": 0, "maximum": _LONGEST}
        texts = {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,3})?(ms|s|m|h)$"}
        return {
            key: value for key, value in handler(schema).items() if key not in ("anyOf", "type")
        } | {"anyOf": [numbers, texts]}


Duration = Annotated[int | float | str, AfterValidator(_checked), _Shown()]
TimeLimit = Annotated[Duration, AfterValidator(_limiting)]
