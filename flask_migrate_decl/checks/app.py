"""Everything that is looked at with the app, and without asking a database."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from flask_migrate_decl.checks.binds import bind_findings
from flask_migrate_decl.checks.folders import folder_findings
from flask_migrate_decl.checks.hints import hint_findings
from flask_migrate_decl.checks.history import history_findings
from flask_migrate_decl.checks.models import model_findings
from flask_migrate_decl.checks.objects import import_models, object_findings
from flask_migrate_decl.checks.overrides import override_findings
from flask_migrate_decl.checks.own_env import own_env_findings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask_migrate_decl.checks.subject import Subject
    from flask_migrate_decl.errors import Finding


def app_findings(subject: Subject) -> Iterable[Finding]:
    """Find what does not fit the app, its models and its revisions.

    :raises DatabaseNotReadyError: the app is not registered with its ``SQLAlchemy``.
    """
    not_imported = list(import_models(subject))
    return chain(
        not_imported,
        bind_findings(subject),
        object_findings(subject),
        override_findings(subject),
        model_findings(subject),
        hint_findings(subject),
        folder_findings(subject),
        history_findings(subject),
        own_env_findings(subject),
    )
