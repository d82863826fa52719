"""The check of a file by itself: nothing but the file is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.config.between import findings_between
from flask_migrate_decl.config.hints import declared_renames, renames_of
from flask_migrate_decl.config.validate import validated

if TYPE_CHECKING:
    from flask_migrate_decl.config.settings import Settings
    from flask_migrate_decl.config.source import Source
    from flask_migrate_decl.errors import Finding


@dataclass(frozen=True)
class CheckedSource:
    """A section and what was found in it.

    :param settings: ``None`` where values are wrong.
    :param findings: in the order of their places.
    """

    source: Source
    settings: Settings | None
    findings: tuple[Finding, ...]


def check_source(source: Source) -> CheckedSource:
    """Find everything that can be seen in the file alone."""
    settings, findings = validated(source)
    renames = renames_of(settings.renames) if settings else declared_renames(source.section)
    found = [*source.findings, *findings, *findings_between(source, renames)]
    return CheckedSource(source, settings, tuple(sorted(found, key=lambda finding: finding.order)))
