"""Findings as people and programs read them; each format is a text."""

from flask_migrate_decl.reporting.formats import FORMATS
from flask_migrate_decl.reporting.full import full_finding
from flask_migrate_decl.reporting.in_force import (
    IN_FORCE_FORMATS,
    Origin,
    SettingInForce,
    SettingsInForce,
)
from flask_migrate_decl.reporting.listing import HintList, ListedHint, UnreachedDatabase
from flask_migrate_decl.reporting.report import ConfigReport, Depth, DepthReport, HintState

__all__ = [
    "FORMATS",
    "IN_FORCE_FORMATS",
    "ConfigReport",
    "Depth",
    "DepthReport",
    "HintList",
    "HintState",
    "ListedHint",
    "Origin",
    "SettingInForce",
    "SettingsInForce",
    "UnreachedDatabase",
    "full_finding",
]
