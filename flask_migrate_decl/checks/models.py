"""What models are, apart from their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, MetaData

from flask_migrate_decl.errors.rules import (
    CHECKS_WITHOUT_NAME,
    DEFAULT_SCHEMA_NAMED,
    MODELS_EMPTY,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_migrate_decl.checks.subject import Subject
    from flask_migrate_decl.config import KeyPath
    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.errors import Finding


def model_findings(subject: Subject) -> Iterator[Finding]:
    """Find what makes a comparison of the models go wrong."""
    for bind in subject.binds:
        yield from _without_models(subject, bind)
        yield from _checks_without_name(subject, bind)
        yield from _default_schema(subject, bind)


def _place(bind: Bind, key: str) -> KeyPath:
    return ("binds", bind.key) if bind.key is not None else (key,)


def _without_models(subject: Subject, bind: Bind) -> Iterator[Finding]:
    if not bind.metadata.tables:
        yield subject.finding(
            MODELS_EMPTY,
            _place(bind, "models"),
            f"no model is loaded for {bind.words}, so that all its tables would look dropped",
            "import the modules with the models where the app is made, or name them in models",
            of="key",
        )


def _checks_without_name(subject: Subject, bind: Bind) -> Iterator[Finding]:
    project = subject.project
    options = project.configuration.declared_options(bind.key) | dict(project.registration.options)
    if bind.app_engine.dialect.name != "sqlite" or not options.get("render_as_batch", True):
        return
    tables = sorted(
        table.fullname
        for table in bind.metadata.tables.values()
        if any(_has_no_name(check, bind.metadata) for check in table.constraints)
    )
    if tables:
        yield subject.finding(
            CHECKS_WITHOUT_NAME,
            ("render_as_batch",),
            f"check constraints of {_quoted(tables)} have no name: on SQLite no batch can drop or "
            "change them, and Alembic alone loses them when it rebuilds the table",
            'name them: CheckConstraint(…, name="…")',
            of="key",
        )


def _has_no_name(constraint: object, metadata: MetaData) -> bool:
    if not isinstance(constraint, CheckConstraint) or "ck" in metadata.naming_convention:
        return False
    return not isinstance(constraint.name, str)


_MANY = 5


def _quoted(names: list[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:_MANY])
    return shown if len(names) <= _MANY else f"{shown} and {len(names) - _MANY} more tables"


def _default_schema(subject: Subject, bind: Bind) -> Iterator[Finding]:
    tables = sorted(
        {
            key.column.table.name
            for table in bind.metadata.tables.values()
            for key in table.foreign_keys
            if bind.default_schema and key.column.table.schema == bind.default_schema
        }
    )
    if tables:
        yield subject.finding(
            DEFAULT_SCHEMA_NAMED,
            _place(bind, "include_schemas"),
            f'the models of {_quoted(tables)} name the schema "{bind.default_schema}", which is '
            "the default one, and foreign keys lead to them: Alembic takes it for another one, and "
            "drops and adds these keys again and again",
            "leave schema out of these models",
            of="key",
        )
