"""Rename hints added to the configuration. No application context is needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flask_migrate_decl.commands.sources import current_registration_if_any, source_for
from flask_migrate_decl.config import (
    NewHint,
    check_source,
    dotted,
    edit_with_hint,
    named_source,
    source_in,
)
from flask_migrate_decl.errors import (
    ConfigInvalidError,
    ConfigUnwritableError,
    Finding,
    HintNotAddedError,
    HintRefusedError,
    Severity,
)
from flask_migrate_decl.renames import Kind
from flask_migrate_decl.results import AddedHint

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from flask_migrate_decl.config import Edit, KeyPath, Source

    ConfigFile = str | os.PathLike[str] | None


def rename_table(
    old: str,
    new: str,
    *,
    schema: str | None = None,
    to_schema: str | None = None,
    bind: str | None = None,
    config_file: ConfigFile = None,
) -> AddedHint:
    """Declare that a table gets another name, or moves to another schema.

    The hint is added to the configuration in the form that its list has there; every other byte
    stays. Without any configuration it goes into the working folder's ``pyproject.toml``, or into
    a new ``migrate.toml``.

    :param new: the new name; the old one, where the table only moves.
    :param schema: the table's schema, where it is not the default one.
    :param to_schema: the schema it moves to.
    :param bind: the database, where it is not the default one.
    :param config_file: the file, instead of the one that the app or the working folder has.
    :raises ConfigInvalidError: the file has mistakes; it is as it was.
    :raises HintRefusedError: the file would have mistakes with the hint; it is as it was.
    :raises HintNotAddedError: the file's layout does not take the hint; it is as it was.
    :raises ConfigChangedError: somebody else changed the file just now.
    :raises ConfigUnwritableError: the file can't be written; it is as it was.
    """
    values = {"from": old, "to": new, "schema": schema, "to_schema": to_schema, "bind": bind}
    return _added(Kind.TABLE, values, config_file)


def rename_column(
    table: str,
    old: str,
    new: str,
    *,
    schema: str | None = None,
    bind: str | None = None,
    config_file: ConfigFile = None,
) -> AddedHint:
    """Declare that a column gets another name; everything else is as in ``rename_table``.

    :param table: the table's new name or an earlier one.
    """
    values = {"table": table, "from": old, "to": new, "schema": schema, "bind": bind}
    return _added(Kind.COLUMN, values, config_file)


def rename_index(
    table: str,
    old: str,
    new: str,
    *,
    schema: str | None = None,
    bind: str | None = None,
    config_file: ConfigFile = None,
) -> AddedHint:
    """Declare that an index gets another name; everything else is as in ``rename_column``."""
    values = {"table": table, "from": old, "to": new, "schema": schema, "bind": bind}
    return _added(Kind.INDEX, values, config_file)


def rename_constraint(
    table: str,
    old: str,
    new: str,
    *,
    schema: str | None = None,
    bind: str | None = None,
    config_file: ConfigFile = None,
) -> AddedHint:
    """Declare that a unique, check, foreign-key or primary-key constraint gets another name.

    Everything else is as in ``rename_column``.
    """
    values = {"table": table, "from": old, "to": new, "schema": schema, "bind": bind}
    return _added(Kind.CONSTRAINT, values, config_file)


def rename_enum(
    old: str,
    new: str,
    *,
    schema: str | None = None,
    bind: str | None = None,
    config_file: ConfigFile = None,
) -> AddedHint:
    """Declare that an enum type gets another name; everything else is as in ``rename_table``."""
    values = {"from": old, "to": new, "schema": schema, "bind": bind}
    return _added(Kind.ENUM, values, config_file)


def rename_enum_value(
    enum: str,
    old: str,
    new: str,
    *,
    schema: str | None = None,
    bind: str | None = None,
    config_file: ConfigFile = None,
) -> AddedHint:
    """Declare that a label of an enum type changes; everything else is as in ``rename_table``.

    :param enum: the type's new name or an earlier one.
    """
    values = {"enum": enum, "from": old, "to": new, "schema": schema, "bind": bind}
    return _added(Kind.ENUM_VALUE, values, config_file)


def rename_sequence(
    old: str,
    new: str,
    *,
    schema: str | None = None,
    bind: str | None = None,
    config_file: ConfigFile = None,
) -> AddedHint:
    """Declare that a sequence gets another name; everything else is as in ``rename_table``."""
    values = {"from": old, "to": new, "schema": schema, "bind": bind}
    return _added(Kind.SEQUENCE, values, config_file)


def rename_schema(
    old: str, new: str, *, bind: str | None = None, config_file: ConfigFile = None
) -> AddedHint:
    """Declare that a schema gets another name; everything else is as in ``rename_table``."""
    return _added(Kind.SCHEMA, {"from": old, "to": new, "bind": bind}, config_file)


def _added(kind: Kind, values: Mapping[str, str | None], config_file: ConfigFile) -> AddedHint:
    """Add a hint of a kind.

    :param values: its keys and values, of which ``None`` is left out.
    """
    given = {key: value for key, value in values.items() if value is not None}
    hint, source = NewHint(kind.value, given), _source(config_file)
    if errors := _errors(source):
        raise ConfigInvalidError(_path(source), tuple(errors))
    try:
        edit = edit_with_hint(source, hint)
        added = _verified(edit, hint)
        edit.write()
    except OSError as error:
        path = source.path or Path(str(error.filename))
        raise ConfigUnwritableError(path, error.strerror or str(error)) from error
    except UnicodeEncodeError as error:
        path = source.path or Path.cwd()
        raise ConfigUnwritableError(path, "a name has characters that UTF-8 lacks") from error
    return added


def _source(config_file: ConfigFile) -> Source:
    """Return the section to add to; a file that is named need not have one yet."""
    if config_file is None:
        return source_for(current_registration_if_any(), None)
    path = Path(config_file).absolute()
    return named_source(path, "--config", may_lack_section=True)


def _verified(edit: Edit, hint: NewHint) -> AddedHint:
    """Return what is going to be added, if the file has no mistakes then."""
    if edit.document is None:
        raise HintNotAddedError(edit.path, edit.lines)
    after = source_in(edit.document)
    assert after is not None
    path = _path_of_last(after, hint.kind)
    if errors := _errors(after):
        raise HintRefusedError(edit.path, tuple(_without_place(found, path) for found in errors))
    return AddedHint(edit.path, dotted(path), after.place(path))


def _errors(source: Source) -> list[Finding]:
    findings = check_source(source).findings
    return [found for found in findings if found.rule.severity is Severity.ERROR]


def _path(source: Source) -> Path:
    assert source.path is not None, "without a file there are no mistakes"
    return source.path


def _path_of_last(source: Source, kind: str) -> KeyPath:
    return "renames", kind, len(source.section["renames"][kind]) - 1


def _without_place(finding: Finding, path: KeyPath) -> Finding:
    """Leave out where the new hint would have been, as it is nowhere."""
    is_new = finding.key.startswith(f"{dotted(path)}.")
    return replace(finding, place=None) if is_new else finding
