"""The settings a project declares, as frozen pydantic models.

A key that means an Alembic option carries Alembic's name and meaning:
https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.environment.EnvironmentContext.configure
and https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file.
"""

from __future__ import annotations

import codecs
import re
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

_DOTTED = r"[^\W\d]\w*(\.[^\W\d]\w*)*"
_REFERENCE = re.compile(f"{_DOTTED}:{_DOTTED}")
_MODULE = re.compile(_DOTTED)

_FILE_TEMPLATE_NUMBERS = ("epoch", "year", "month", "day", "hour", "minute", "second")
_FILE_TEMPLATE_HELP = (
    "should have only %(rev)s, %(slug)s, %(epoch)s, %(year)d, %(month).2d, %(day).2d, %(hour).2d, "
    "%(minute).2d and %(second).2d in it"
)


def _checked_reference(value: str) -> str:
    if not _REFERENCE.fullmatch(value):
        raise PydanticCustomError("reference", 'should look like "package.module:name"')
    return value


def _checked_file_template(value: str) -> str:
    try:
        name = PurePath(
            value % (dict.fromkeys(_FILE_TEMPLATE_NUMBERS, 1) | {"rev": "r", "slug": "s"})
        )
    except (KeyError, TypeError, ValueError):
        raise PydanticCustomError("template", _FILE_TEMPLATE_HELP) from None
    if ".." in name.parts or name.is_absolute():
        raise PydanticCustomError("template", "should not lead out of the folder of revisions")
    return value


def _checked_module(value: str) -> str:
    if not _MODULE.fullmatch(value):
        raise PydanticCustomError("module", 'should look like "package.module"')
    return value


def _checked_encoding(value: str) -> str:
    try:
        codecs.lookup(value)
    except (LookupError, ValueError):
        raise PydanticCustomError("encoding", "should be an encoding that Python knows") from None
    return value


def _checked_name(value: str) -> str:
    if not value or "\x00" in value:
        raise PydanticCustomError("name", "should be a name: it is empty or has a NUL in it")
    return value


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _not_supported_yet(value: object) -> object:
    if value is not None and value not in ((), []):
        raise PydanticCustomError("not_supported", "can't be carried out by this version yet")
    return value


Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, AfterValidator(_checked_name)]
FileTemplate = Annotated[Text, AfterValidator(_checked_file_template)]
Encoding = Annotated[Text, AfterValidator(_checked_encoding)]
ModuleName = Annotated[Text, AfterValidator(_checked_module)]
ObjectReference = Annotated[str, AfterValidator(_checked_reference)]
TextList = Annotated[tuple[Text, ...], BeforeValidator(_as_tuple)]
ModuleList = Annotated[tuple[ModuleName, ...], BeforeValidator(_as_tuple)]
HOOK_NAME = "^[A-Za-z0-9_-]+$"
NOT_YET = object()
"""Marks a key that is refused with a reason, and that nobody is to be advised to use."""
NotSupportedYet = Annotated[SkipJsonSchema[Any], AfterValidator(_not_supported_yet), NOT_YET]


class Section(BaseModel):
    """What every table of the section has in common: frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DatabaseOptions(Section):
    """Options of ``EnvironmentContext.configure()`` that each bind may set for itself."""

    compare_type: bool | ObjectReference = Field(
        default=True, description="Compare the types of columns, or the function that does."
    )
    compare_server_default: bool | ObjectReference = Field(
        default=False, description="Compare server defaults, or the function that does."
    )
    render_as_batch: bool = Field(
        default=True, description="Write changes of a table as a batch, as SQLite needs it."
    )
    include_schemas: bool = Field(
        default=False, description="Compare the tables of every schema, not of the default one."
    )
    include_name: ObjectReference | None = Field(
        default=None, description="A function that says which names of the database are compared."
    )
    include_object: ObjectReference | None = Field(
        default=None, description="A function that says which objects are compared."
    )
    render_item: ObjectReference | None = Field(
        default=None, description="A function that renders types and other items for a script."
    )
    process_revision_directives: ObjectReference | None = Field(
        default=None, description="A function that may change a revision before it is written."
    )
    on_version_apply: ObjectReference | None = Field(
        default=None, description="A function that is called after each revision has run."
    )
    version_table: Name = Field(
        default="alembic_version", description="The table that holds the current revision."
    )
    version_table_schema: Name | None = Field(
        default=None, description="The schema of the version table."
    )
    version_table_pk: bool = Field(
        default=True, description="Give the version table a primary key."
    )
    transaction_per_migration: bool = Field(
        default=False, description="Run each revision in a transaction of its own."
    )
    transactional_ddl: bool | None = Field(
        default=None, description="Say whether the database can roll schema changes back."
    )
    user_module_prefix: Text | None = Field(
        default=None, description='What a script calls the module of your own types, as "types.".'
    )
    sqlalchemy_module_prefix: Text = Field(
        default="sa.", description="What a script calls SQLAlchemy."
    )
    alembic_module_prefix: Text = Field(
        default="op.", description="What a script calls Alembic's operations."
    )
    autogenerate_plugins: TextList = Field(
        default=("alembic.autogenerate.*",), description="The Alembic plugins that compare."
    )
    mssql_batch_separator: Text | None = Field(
        default=None, description="What separates batches in SQL for SQL Server."
    )
    oracle_batch_separator: Text | None = Field(
        default=None, description="What separates batches in SQL for Oracle."
    )


class PostWriteHook(BaseModel):
    """A program that Alembic runs on each new script, with Alembic's keys for it."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)
    __pydantic_extra__: dict[str, str]

    name: Annotated[str, StringConstraints(pattern=HOOK_NAME)] = Field(
        description="Any name, to tell the hooks apart."
    )
    type: Literal["console_scripts", "exec", "module"] = Field(
        description="How the program is found."
    )


class ScriptOptions(Section):
    """Options of Alembic's ``ScriptDirectory``."""

    file_template: FileTemplate = Field(
        default="%(rev)s_%(slug)s", description="How the files of revisions are named."
    )
    truncate_slug_length: Annotated[int, Field(ge=1)] = Field(
        default=40, description="How long the message's part of a file's name may be."
    )
    timezone: Text | None = Field(
        default=None, description='The time zone of a revision\'s creation date, as "UTC".'
    )
    version_locations: TextList | None = Field(
        default=None,
        description="The folders of revisions, relative to this file; "
        'left out: "versions" in the directory.',
    )
    recursive_version_locations: bool = Field(
        default=False, description="Look for revisions in folders below as well."
    )
    sourceless: bool = Field(
        default=False, description="Take compiled revisions without their source as well."
    )
    output_encoding: Encoding = Field(default="utf-8", description="The encoding of new scripts.")
    revision_environment: bool = Field(
        default=False, description='Run the environment for "flask db revision" as well.'
    )
    post_write_hooks: Annotated[tuple[PostWriteHook, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="Programs to run on each new script, such as a formatter."
    )


class TableHint(Section):
    """A table that got another name."""

    old: Name = Field(alias="from", description="The old name.")
    new: Name = Field(alias="to", description="The new name.")
    schema_: Name | None = Field(default=None, alias="schema", description="The table's schema.")
    to_schema: NotSupportedYet = Field(default=None, description="The schema it moves to.")
    bind: Name | None = Field(default=None, description="The bind; left out: the default one.")
    id: Name | None = Field(default=None, description="A name for the hint, for people.")


class ColumnHint(Section):
    """A column that got another name."""

    table: Name = Field(description="The table's new name or an earlier one.")
    old: Name = Field(alias="from", description="The old name.")
    new: Name = Field(alias="to", description="The new name.")
    schema_: Name | None = Field(default=None, alias="schema", description="The table's schema.")
    bind: Name | None = Field(default=None, description="The bind; left out: the default one.")
    id: Name | None = Field(default=None, description="A name for the hint, for people.")


class RenameHints(Section):
    """Declared renames, in the order in which they were done."""

    tables: Annotated[tuple[TableHint, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="Tables."
    )
    columns: Annotated[tuple[ColumnHint, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="Columns."
    )
    indexes: NotSupportedYet = Field(default=(), description="Indexes (not yet).")
    constraints: NotSupportedYet = Field(default=(), description="Constraints (not yet).")
    enums: NotSupportedYet = Field(default=(), description="Enum types (not yet).")
    enum_values: NotSupportedYet = Field(default=(), description="Labels of enums (not yet).")
    sequences: NotSupportedYet = Field(default=(), description="Sequences (not yet).")
    schemas: NotSupportedYet = Field(default=(), description="Schemas (not yet).")


class BindSettings(DatabaseOptions):
    """One bind of ``SQLALCHEMY_BINDS``; what it leaves out it takes from the section."""

    directory: NotSupportedYet = Field(
        default=None, description="A folder of its own (not yet): it shares the section's."
    )


class Settings(DatabaseOptions, ScriptOptions):
    """The whole of ``[tool.flask-migrate]``, or of a ``migrate.toml``."""

    directory: Text = Field(
        default="migrations", description="The folder of revisions, relative to this file."
    )
    app: Text | None = Field(
        default=None,
        description="The app, where neither --app nor FLASK_APP names one, relative to this file.",
    )
    models: ModuleList = Field(
        default=(), description="Modules to import before the models are compared."
    )
    multidb: bool = Field(default=False, description="Migrate every bind of SQLALCHEMY_BINDS too.")
    binds: dict[Name, BindSettings] = Field(
        default_factory=dict, description="The binds that are migrated, and their own options."
    )
    renames: RenameHints = Field(default_factory=RenameHints, description="Declared renames.")
