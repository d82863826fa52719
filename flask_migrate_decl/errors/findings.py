"""Findings: what is wrong, or worth knowing, at a place of a file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from flask_migrate_decl.errors.secrets import without_url_secrets

if TYPE_CHECKING:
    from pathlib import Path


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """Nothing can be done before it is mended."""
    WARNING = "warning"
    """Things work, and probably not as they are meant to."""
    NOTE = "note"
    """Somebody may want to know it; nothing has to be done."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of finding.

    :param code: stays the same for ever, such as ``FMD101``.
    :param name: for programs that show a name beside the code.
    :param title: what is wrong, in general.
    :param mend: what helps, in general.
    """

    code: str
    name: str
    severity: Severity
    title: str
    mend: str


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one line of a file, or a file as a whole.

    :param line: counted from 1; ``None`` for the file as a whole.
    :param column: of the first character, counted from 1 in characters.
    :param end_column: of the first character behind.
    :param source: the line, or a part of a long one, with passwords covered by stars.
    :param source_column: the column at which that part begins.
    """

    path: Path
    line: int | None = None
    column: int | None = None
    end_column: int | None = None
    source: str = ""
    source_column: int = 1

    @property
    def order(self) -> tuple[str, int, int]:
        """A key to sort places by."""
        return str(self.path), self.line or 0, self.column or 0


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a finding speaks of, and what is there."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    :param message: what is wrong here.
    :param help: what helps here; ``""`` where the message says it all.
    :param place: ``None`` where no file is to blame.
    :param key: the dotted path below the section, ``""`` for the file as a whole.

    The passwords of URLs are covered in all of them.
    """

    rule: Rule
    message: str
    help: str = ""
    place: Place | None = None
    key: str = ""
    related: tuple[Related, ...] = ()

    def __post_init__(self) -> None:
        for name in ("message", "help", "key"):
            object.__setattr__(self, name, without_url_secrets(getattr(self, name)))

    @property
    def order(self) -> tuple[tuple[str, int, int], str, str]:
        """A key to sort findings by: by place, those without any last."""
        place = self.place.order if self.place else ("\uffff", 0, 0)
        return place, self.rule.code, self.message

    def __str__(self) -> str:
        place = self.place
        where = f"line {place.line}, column {place.column}: " if place and place.line else ""
        mend = f" ({self.help})" if self.help else ""
        return f"{where}{self.rule.code} {self.message}{mend}"
