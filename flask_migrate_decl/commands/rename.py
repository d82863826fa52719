"""Rename hints added to the configuration. No application context is needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask_migrate_decl.commands.adding import edit_adding, errors_in, worded_write_errors
from flask_migrate_decl.commands.sources import current_registration_if_any, source_for
from flask_migrate_decl.config import DEFAULT_BIND, NewHint, named_source
from flask_migrate_decl.errors import ConfigInvalidError
from flask_migrate_decl.renames import Kind

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from flask_migrate_decl.config import Source
    from flask_migrate_decl.results import AddedHint

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
    if values["bind"] == DEFAULT_BIND:
        values = {**values, "bind": None}
    given = {key: value for key, value in values.items() if value is not None}
    hint, source = NewHint(kind.value, given), _source(config_file)
    if errors := errors_in(source):
        raise ConfigInvalidError(_path(source), tuple(errors))
    with worded_write_errors(source):
        edit, added = edit_adding(source, hint)
        edit.write()
    return added


def _source(config_file: ConfigFile) -> Source:
    """Return the section to add to; a file that is named need not have one yet."""
    if config_file is None:
        return source_for(current_registration_if_any(), None)
    path = Path(config_file).absolute()
    return named_source(path, "--config", may_lack_section=True)


def _path(source: Source) -> Path:
    assert source.path is not None, "without a file there are no mistakes"
    return source.path
