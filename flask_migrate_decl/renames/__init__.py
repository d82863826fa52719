"""Renames as pure values: hints, their states, and the plan that carries them out."""

from flask_migrate_decl.renames.abilities import Ability, Way
from flask_migrate_decl.renames.answers import Refusals, SaidRename, read_dropped, read_rename
from flask_migrate_decl.renames.candidates import (
    FLOOR,
    Candidate,
    Dropped,
    Parts,
    candidates_of_columns,
    candidates_of_definitions,
    candidates_of_enums,
    candidates_of_labels,
    candidates_of_tables,
)
from flask_migrate_decl.renames.conflicts import Conflict, find_conflicts
from flask_migrate_decl.renames.expressions import (
    mentions_column,
    mentions_table,
    rename_identifiers,
)
from flask_migrate_decl.renames.hints import (
    ColumnRename,
    ConstraintRename,
    EnumRename,
    EnumValueRename,
    Hint,
    IndexRename,
    Kind,
    Renames,
    SchemaRename,
    SequenceRename,
    TableRename,
    in_owner,
    in_schema,
    key_ends,
    qualified,
)
from flask_migrate_decl.renames.log import Course, Link, course_of
from flask_migrate_decl.renames.mapping import NameMap, TableKey
from flask_migrate_decl.renames.moves import Move, Step
from flask_migrate_decl.renames.names import Catalog, NameRules, nearest
from flask_migrate_decl.renames.ordering import in_order
from flask_migrate_decl.renames.plan import RenamePlan
from flask_migrate_decl.renames.record import Record
from flask_migrate_decl.renames.removal import Removal, removal_of
from flask_migrate_decl.renames.reports import of_other_bind
from flask_migrate_decl.renames.resolve import Case, Resolution, resolve
from flask_migrate_decl.renames.states import HintReport, ScopeStates, State
from flask_migrate_decl.renames.traits import ColumnTraits, TableTraits

__all__ = [
    "FLOOR",
    "Ability",
    "Candidate",
    "Case",
    "Catalog",
    "ColumnRename",
    "ColumnTraits",
    "Conflict",
    "ConstraintRename",
    "Course",
    "Dropped",
    "EnumRename",
    "EnumValueRename",
    "Hint",
    "HintReport",
    "IndexRename",
    "Kind",
    "Link",
    "Move",
    "NameMap",
    "NameRules",
    "Parts",
    "Record",
    "Refusals",
    "Removal",
    "RenamePlan",
    "Renames",
    "Resolution",
    "SaidRename",
    "SchemaRename",
    "ScopeStates",
    "SequenceRename",
    "State",
    "Step",
    "TableKey",
    "TableRename",
    "TableTraits",
    "Way",
    "candidates_of_columns",
    "candidates_of_definitions",
    "candidates_of_enums",
    "candidates_of_labels",
    "candidates_of_tables",
    "course_of",
    "find_conflicts",
    "in_order",
    "in_owner",
    "in_schema",
    "key_ends",
    "mentions_column",
    "mentions_table",
    "nearest",
    "of_other_bind",
    "qualified",
    "read_dropped",
    "read_rename",
    "removal_of",
    "rename_identifiers",
    "resolve",
]
