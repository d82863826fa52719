"""The databases of an app, and how a schema change is run on each kind of them."""

from flask_migrate_decl.databases.binds import (
    Bind,
    is_ambiguous,
    keys_called,
    known_binds,
    migrated_binds,
    named_binds,
    present_binds,
)
from flask_migrate_decl.databases.blockers import blockers_noted
from flask_migrate_decl.databases.journal import (
    Journal,
    half_done_revision,
    is_journalled,
    journal_table,
)
from flask_migrate_decl.databases.locks import Locks, closed_if_invalid
from flask_migrate_decl.databases.passwords import known_passwords
from flask_migrate_decl.databases.recreate import (
    LOSSES_ATTRIBUTE,
    without_untrue_warnings,
)
from flask_migrate_decl.databases.recreate import register as register_lossless_sqlite
from flask_migrate_decl.databases.sqlite import foreign_keys_off, has_no_transaction
from flask_migrate_decl.databases.sqlite_backup import back_up
from flask_migrate_decl.databases.sqlite_busy import SQLiteWait
from flask_migrate_decl.databases.sqlite_copy import empty_copy
from flask_migrate_decl.databases.time_limits import (
    end_with_client,
    is_lock_timeout,
    limit_session,
)
from flask_migrate_decl.databases.transactions import Preparation, prepared
from flask_migrate_decl.databases.two_phase import verify_two_phase
from flask_migrate_decl.databases.urls import shown_url

__all__ = [
    "LOSSES_ATTRIBUTE",
    "Bind",
    "Journal",
    "Locks",
    "Preparation",
    "SQLiteWait",
    "back_up",
    "blockers_noted",
    "closed_if_invalid",
    "empty_copy",
    "end_with_client",
    "foreign_keys_off",
    "half_done_revision",
    "has_no_transaction",
    "is_ambiguous",
    "is_journalled",
    "is_lock_timeout",
    "journal_table",
    "keys_called",
    "known_binds",
    "known_passwords",
    "limit_session",
    "migrated_binds",
    "named_binds",
    "prepared",
    "present_binds",
    "register_lossless_sqlite",
    "shown_url",
    "verify_two_phase",
    "without_untrue_warnings",
]
