"""Renames as pure values: hints, their states, and the plan that carries them out."""

from flask_migrate_decl.renames.conflicts import Conflict, find_conflicts
from flask_migrate_decl.renames.expressions import rename_identifiers
from flask_migrate_decl.renames.hints import ColumnRename, Hint, Renames, TableRename, qualified
from flask_migrate_decl.renames.mapping import NameMap, TableKey
from flask_migrate_decl.renames.names import Catalog, NameRules, nearest
from flask_migrate_decl.renames.plan import ColumnStep, RenamePlan, Step, TableStep
from flask_migrate_decl.renames.reports import of_other_bind
from flask_migrate_decl.renames.resolve import Resolution, resolve
from flask_migrate_decl.renames.states import HintReport, Presence, State, state_of

__all__ = [
    "Catalog",
    "ColumnRename",
    "ColumnStep",
    "Conflict",
    "Hint",
    "HintReport",
    "NameMap",
    "NameRules",
    "Presence",
    "RenamePlan",
    "Renames",
    "Resolution",
    "State",
    "Step",
    "TableKey",
    "TableRename",
    "TableStep",
    "find_conflicts",
    "nearest",
    "of_other_bind",
    "qualified",
    "rename_identifiers",
    "resolve",
    "state_of",
]
