"""What a check of the configuration found, and how far it looked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from flask_migrate_decl.errors import Severity

if TYPE_CHECKING:
    from flask_migrate_decl.errors import Finding, Place


class Depth(StrEnum):
    """How far a check looks; each goes on from the one before."""

    FILE = "file"
    APP = "app"
    DATABASES = "databases"


@dataclass(frozen=True, slots=True)
class DepthReport:
    """Whether a depth was looked at.

    :param detail: what was looked at, or why nothing was.
    :param waits_for_mends: it was not, as findings have to be mended first.
    """

    depth: Depth
    ran: bool
    detail: str
    waits_for_mends: bool = False


@dataclass(frozen=True, slots=True)
class HintState:
    """The state of a rename hint on one database.

    :param bind: the bind key, ``None`` for the default database.
    :param hint: in words, such as ``column account.name → full_name``.
    :param state: as ``renames.State`` names it.
    :param key: the hint's place below the section, such as ``renames.columns[0]``.
    """

    bind: str | None
    hint: str
    state: str
    key: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class ConfigReport:
    """All that a check found.

    :param findings: in the order of their places.
    :param depths: those that were asked for, in order.
    :param hints: the state of each hint on each database, where databases were looked at.
    """

    findings: tuple[Finding, ...]
    depths: tuple[DepthReport, ...]
    hints: tuple[HintState, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all was looked at that can be: files and databases; an app there need not be."""
        return all(
            depth.ran or depth.waits_for_mends or depth.depth is Depth.APP for depth in self.depths
        )

    def count(self, severity: Severity) -> int:
        """Return how many findings matter that much."""
        return sum(finding.rule.severity is severity for finding in self.findings)

    def has_findings(self, *, strict: bool) -> bool:
        """Tell whether anything has to be mended; notes never have to be.

        :param strict: warnings count.
        """
        warnings = self.count(Severity.WARNING) if strict else 0
        return self.count(Severity.ERROR) + warnings > 0
