"""The settings a project declares, as frozen pydantic models.

A key that means an Alembic option carries Alembic's name and meaning:
https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.environment.EnvironmentContext.configure
and https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file.

Titles and descriptions are what an editor shows, and fields stand in the order in which it lists
them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from flask_migrate_decl.config.patterns import SHOWN_PATTERN, checked_pattern
from flask_migrate_decl.config.run_options import RunOptions
from flask_migrate_decl.config.section import Section, title_of

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.config import JsonDict
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

_DOTTED = r"[^\W\d]\w*(\.[^\W\d]\w*)*"
_REFERENCE = re.compile(f"{_DOTTED}:{_DOTTED}")
_MODULE = re.compile(_DOTTED)

# What editors are told of these: they read patterns as ECMAScript does, where \w is ASCII only.
_SHOWN_REFERENCE = r"^[^\s:/-]+:[^\s:/-]+$"
_SHOWN_MODULE = r"^[^\s:/-]+$"
_SHOWN_BIND = r"^[^\x00]+$"

_WIDE_PLACE = re.compile(r"%\(\w*\)[^%\w]*\.?\d{3}|%\(\w*\)[^%]{0,8}\*")
_FILE_TEMPLATE_NUMBERS = ("epoch", "year", "month", "day", "hour", "minute", "second")
_FILE_TEMPLATE_PLACES = (
    "%(rev)s, %(slug)s, %(epoch)s, %(year)d, %(month).2d, %(day).2d, %(hour).2d, "
    "%(minute).2d and %(second).2d"
)
_FILE_TEMPLATE_HELP = f"should have only {_FILE_TEMPLATE_PLACES} in it"
_FILE_TEMPLATE_FIXED = (
    "should name each revision's file otherwise, or one would be written over another: "
    "write a percent sign once, and not twice as in alembic.ini"
)


def _checked_reference(value: str) -> str:
    if not _REFERENCE.fullmatch(value):
        raise PydanticCustomError("reference", 'should look like "package.module:name"')
    return value


def _checked_file_template(value: str) -> str:
    if _WIDE_PLACE.search(value):
        raise PydanticCustomError("template", _FILE_TEMPLATE_HELP)
    try:
        one = value % (dict.fromkeys(_FILE_TEMPLATE_NUMBERS, 1) | {"rev": "r", "slug": "s"})
        other = value % (dict.fromkeys(_FILE_TEMPLATE_NUMBERS, 2) | {"rev": "q", "slug": "t"})
    except (KeyError, TypeError, ValueError):
        raise PydanticCustomError("template", _FILE_TEMPLATE_HELP) from None
    if one == other:
        raise PydanticCustomError("template", _FILE_TEMPLATE_FIXED)
    name = PurePath(one)
    if ".." in name.parts or name.is_absolute():
        raise PydanticCustomError("template", "should not lead out of the folder of revisions")
    return value


def _checked_module(value: str) -> str:
    if not _MODULE.fullmatch(value):
        raise PydanticCustomError("module", 'should look like "package.module"')
    return value


def _checked_encoding(value: str) -> str:
    try:
        # Python has encodings of other things than texts too, and one that refuses everything.
        "a".encode(value)
    except (LookupError, ValueError):
        raise PydanticCustomError("encoding", "should be an encoding that Python knows") from None
    return value


def _checked_name(value: str) -> str:
    if not value or "\x00" in value:
        raise PydanticCustomError("name", "should be a name: it is empty or has a NUL in it")
    return value


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True)
class _Shown:
    """Shows editors a pattern for what a function checks more strictly."""

    pattern: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"pattern": self.pattern}


Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, AfterValidator(_checked_name), _Shown(r"^[^\x00]+$")]
# As a key, a pattern would become patternProperties, which fewer editors complete.
KeyName = Annotated[str, AfterValidator(_checked_name)]
VARIABLE_NAME = "^[A-Za-z_][A-Za-z0-9_]*$"
EnvironmentVariable = Annotated[str, StringConstraints(pattern=VARIABLE_NAME)]
FileTemplate = Annotated[Text, AfterValidator(_checked_file_template)]
Encoding = Annotated[Text, AfterValidator(_checked_encoding)]
ModuleName = Annotated[Text, AfterValidator(_checked_module), _Shown(_SHOWN_MODULE)]
ObjectReference = Annotated[str, AfterValidator(_checked_reference), _Shown(_SHOWN_REFERENCE)]
TextList = Annotated[tuple[Text, ...], BeforeValidator(_as_tuple)]
ModuleList = Annotated[tuple[ModuleName, ...], BeforeValidator(_as_tuple)]
DropPattern = Annotated[str, AfterValidator(checked_pattern), _Shown(SHOWN_PATTERN)]
DropPatternList = Annotated[tuple[DropPattern, ...], BeforeValidator(_as_tuple)]
HOOK_NAME = "^[A-Za-z0-9_-]+$"
HOOK_KEYS = {"console_scripts": "entrypoint", "exec": "executable", "module": "module"}
"""What each type of hook has to name; see Alembic's documentation of post-write hooks."""
_EMPTY_TABLE: JsonDict = {"default": {}}


class ProjectOptions(Section):
    """Where the things of a project are."""

    directory: Text = Field(
        default="migrations", description="The folder of revisions, relative to this file."
    )
    app: Text | None = Field(
        default=None,
        description='The app, as "shop:create_app", relative to this file. '
        "It is used where neither --app nor FLASK_APP names one.",
    )
    models: ModuleList = Field(
        default=(),
        description="Modules to import before the models are compared, "
        "so that their tables don't look dropped.",
    )


class DatabaseOptions(Section):
    """Options of ``EnvironmentContext.configure()`` that each bind may set for itself."""

    compare_type: bool | ObjectReference = Field(
        default=True,
        description="Compare the types of columns. "
        'A function, as "package.module:name", decides for each column instead.',
    )
    compare_server_default: bool | ObjectReference = Field(
        default=False,
        description="Compare the server defaults of columns. "
        'A function, as "package.module:name", decides for each column instead.',
    )
    include_schemas: bool = Field(
        default=False,
        description="Compare the tables of every schema, not of the default one only.",
    )
    include_name: ObjectReference | None = Field(
        default=None,
        description='A function, as "package.module:name", that says for each name in the '
        "database whether it is compared, be it of a schema, table, column, index or constraint.",
    )
    include_object: ObjectReference | None = Field(
        default=None,
        description='A function, as "package.module:name", that says for each table, column, '
        "index or constraint, of the database or the models, whether it is compared.",
    )
    autogenerate_plugins: TextList = Field(
        default=("alembic.autogenerate.*",),
        description="The names of the Alembic plug-ins that compare; * stands for any text.",
    )
    render_as_batch: bool = Field(
        default=True,
        description="Place what alters a table under batch_alter_table(), as SQLite needs it.",
    )
    process_revision_directives: ObjectReference | None = Field(
        default=None,
        description='A function, as "package.module:name", that may change a revision '
        "before it is written.",
    )
    render_item: ObjectReference | None = Field(
        default=None,
        description='A function, as "package.module:name", that may write a type, column or '
        "constraint its own way in a script.",
    )
    user_module_prefix: Text | None = Field(
        default=None,
        description='What a script puts before the names of your own types, as "types.", '
        "instead of their module.",
    )
    sqlalchemy_module_prefix: Text = Field(
        default="sa.",
        title="SQLAlchemy module prefix",
        description="What a script puts before the names of SQLAlchemy.",
    )
    alembic_module_prefix: Text = Field(
        default="op.", description="What a script puts before Alembic's operations."
    )
    version_table: Name = Field(
        default="alembic_version", description="The table that holds the current revision."
    )
    version_table_schema: Name | None = Field(
        default=None,
        description="The schema of the version table, where it is not the default one.",
    )
    version_table_pk: bool = Field(
        default=True,
        title="Version table with a primary key",
        description="Give the version table a primary key when it is made. "
        "false is there for old projects only.",
    )
    transaction_per_migration: bool = Field(
        default=False,
        description="Run each revision in a transaction of its own, not all of them in one.",
    )
    transactional_ddl: bool | None = Field(
        default=None,
        title="Transactional DDL",
        description="Whether the database can roll schema changes back, "
        "for one of which Alembic does not know it.",
    )
    on_version_apply: ObjectReference | None = Field(
        default=None,
        description='A function, as "package.module:name", that is called after each revision '
        "has run, before its transaction ends.",
    )
    mssql_batch_separator: Text | None = Field(
        default=None,
        title="SQL Server batch separator",
        description='What separates batches in SQL for SQL Server, instead of "GO".',
    )
    oracle_batch_separator: Text | None = Field(
        default=None,
        description='What separates batches in SQL for Oracle, instead of "/".',
    )


def _program_of_each_type() -> JsonDict:
    return {
        "allOf": [
            {
                "if": {"properties": {"type": {"const": type_}}, "required": ["type"]},
                "then": {"required": [key]},
            }
            for type_, key in HOOK_KEYS.items()
        ]
    }


class PostWriteHook(BaseModel):
    """A program that Alembic runs on each new script, with Alembic's keys for it."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        strict=True,
        title="Post-write hook",
        field_title_generator=title_of,
        json_schema_extra=_program_of_each_type(),
    )
    __pydantic_extra__: dict[str, str]

    name: Annotated[str, StringConstraints(pattern=HOOK_NAME)] = Field(
        description="Any name, to tell the hooks apart."
    )
    type: Literal["console_scripts", "exec", "module"] = Field(
        description="How the program is found: as a console script of this Python, "
        'as any executable, or as a module that is run as with "python -m".'
    )
    entrypoint: str | None = Field(
        default=None,
        title="Entry point",
        description='The name of the console script, for the type "console_scripts".',
    )
    executable: str | None = Field(
        default=None, description='The name or path of the program, for the type "exec".'
    )
    module: str | None = Field(
        default=None, description='The name of the module, for the type "module".'
    )
    options: str | None = Field(
        default=None,
        description="The arguments, among which REVISION_SCRIPT_FILENAME stands for the script; "
        "it comes first where it is not named.",
    )
    cwd: str | None = Field(
        default=None,
        title="Working folder",
        description="The folder that the program runs in, where it is not the current one.",
    )


class ScriptOptions(Section):
    """Options of Alembic's ``ScriptDirectory``."""

    file_template: FileTemplate = Field(
        default="%(rev)s_%(slug)s",
        description=f"How the files of revisions are named, from {_FILE_TEMPLATE_PLACES}.",
    )
    truncate_slug_length: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=40, description="How many characters of the message a file's name takes."
    )
    timezone: Text | None = Field(
        default=None,
        title="Time zone",
        description='The time zone of a revision\'s creation date, as "UTC" or "Europe/Vienna". '
        "Left out: local time.",
    )
    output_encoding: Encoding = Field(default="utf-8", description="The encoding of new scripts.")
    version_locations: TextList | None = Field(
        default=None,
        description="The folders of revisions, relative to this file. "
        'Left out: "versions" in the directory.',
    )
    recursive_version_locations: bool = Field(
        default=False, description="Look for revisions in the folders below as well."
    )
    sourceless: bool = Field(
        default=False, description="Take compiled revisions without their source as well."
    )
    revision_environment: bool = Field(
        default=False,
        description='Run the environment for "flask db revision" as well, '
        "also without --autogenerate.",
    )
    post_write_hooks: Annotated[tuple[PostWriteHook, ...], BeforeValidator(_as_tuple)] = Field(
        default=(),
        title="Post-write hooks",
        description="Programs to run on each new script, such as a formatter.",
    )


class _Names(Section):
    old: Name = Field(alias="from", title="Old name", description="The old name.")
    new: Name = Field(alias="to", title="New name", description="The new name.")


class _InTable(Section):
    table: Name = Field(description="The table's new name or an earlier one.")


class _InEnum(Section):
    enum: Name = Field(description="The type's new name or an earlier one.")


class _InSchema(Section):
    schema_: Name | None = Field(
        default=None,
        alias="schema",
        title="Schema",
        description="The schema, where it is not the default one.",
    )


class _ToSchema(Section):
    to_schema: Name | None = Field(
        default=None, title="New schema", description="The schema it moves to."
    )


class _OfBind(Section):
    bind: Name | None = Field(default=None, description="The bind. Left out: the default one.")
    id: Name | None = Field(
        default=None,
        title="Identifier",
        description="A name for the hint, which tells it from an earlier one of the same names.",
    )


# The keys of a hint stand in the order of the classes, from the last one to the first.


class TableHint(_OfBind, _ToSchema, _InSchema, _Names, title="Renamed table"):
    """A table that got another name, or moved to another schema."""


class ColumnHint(_OfBind, _InSchema, _Names, _InTable, title="Renamed column"):
    """A column that got another name."""


class IndexHint(_OfBind, _InSchema, _Names, _InTable, title="Renamed index"):
    """An index that got another name."""


class ConstraintHint(_OfBind, _InSchema, _Names, _InTable, title="Renamed constraint"):
    """A unique, check, foreign-key or primary-key constraint that got another name."""


class EnumHint(_OfBind, _InSchema, _Names, title="Renamed enum type"):
    """A native enum type that got another name."""


class EnumValueHint(_OfBind, _InSchema, _Names, _InEnum, title="Renamed label"):
    """A label of a native enum type that got another text."""


class SequenceHint(_OfBind, _InSchema, _Names, title="Renamed sequence"):
    """A sequence that got another name."""


class SchemaHint(_OfBind, _Names, title="Renamed schema"):
    """A schema that got another name, with all that is in it."""


_ORDER = "in the order in which they got it"


class RenameHints(Section):
    """Declared renames, in the order in which they were done."""

    follow_names: bool = Field(
        default=True,
        description="Rename an index or constraint of which the name alone differs, "
        "such as one that a naming convention gives, instead of dropping and creating it.",
    )
    follow_default_names: bool = Field(
        default=False,
        description="Let the names follow too that PostgreSQL gave by itself, "
        "to keys, unique constraints and the sequences of SERIAL columns.",
    )
    undeclared: Literal["warn", "error", "ignore"] = Field(
        default="warn",
        title="Undeclared renames",
        description="What is done, where nobody can be asked, about what looks like a rename and "
        "has no hint: a warning, an error that writes no revision, or nothing.",
    )
    tables: Annotated[tuple[TableHint, ...], BeforeValidator(_as_tuple)] = Field(
        default=(),
        description=f"Tables that got another name, {_ORDER}, or moved to another schema.",
    )
    columns: Annotated[tuple[ColumnHint, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description=f"Columns that got another name, {_ORDER}."
    )
    indexes: Annotated[tuple[IndexHint, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description=f"Indexes that got another name, {_ORDER}."
    )
    constraints: Annotated[tuple[ConstraintHint, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description=f"Constraints that got another name, {_ORDER}."
    )
    enums: Annotated[tuple[EnumHint, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description=f"Native enum types that got another name, {_ORDER}."
    )
    enum_values: Annotated[tuple[EnumValueHint, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="Labels of native enum types that got another text."
    )
    sequences: Annotated[tuple[SequenceHint, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description=f"Sequences that got another name, {_ORDER}."
    )
    schemas: Annotated[tuple[SchemaHint, ...], BeforeValidator(_as_tuple)] = Field(
        default=(),
        description=f"Schemas that got another name, {_ORDER}, with all that is in them.",
    )


class SafetyOptions(Section, title="Safety"):
    """What is done before rows are lost."""

    on_drop: Literal["warn", "error", "ignore"] = Field(
        default="warn",
        description="What a generated revision that drops a table or a column leads to: "
        "a warning, an error and no revision, or nothing.",
    )
    allow_drop: DropPatternList = Field(
        default=(),
        description='Patterns for tables, as "legacy_*", and columns, as "account.old_*", '
        "that may be dropped; a schema may stand before them.",
    )


DEFAULT_BIND = "default"
"""How ``binds`` and ``--bind`` call the default database."""


class BindSettings(ScriptOptions, RunOptions, DatabaseOptions, title="Bind"):
    """One bind of SQLALCHEMY_BINDS; what it leaves out it takes from the section."""

    enabled: bool = Field(
        default=True, description="Migrate this database. false is there for one that is not."
    )
    directory: Text | None = Field(
        default=None,
        description="A folder of revisions of its own, relative to this file. "
        "Left out: it shares the section's.",
    )
    url_env: EnvironmentVariable | None = Field(
        default=None,
        title="URL's environment variable",
        description="The environment variable that holds the URL for migrations, such as that of "
        "a role with more rights than the app's. Left out: the app's URL.",
    )


INHERITED = (DatabaseOptions.model_fields.keys() | ScriptOptions.model_fields.keys()) - {
    "version_locations"
}
"""The keys that a bind takes from the section, where it has none of its own: not folders."""


class Settings(
    ScriptOptions, RunOptions, DatabaseOptions, ProjectOptions, title="Flask-Migrate-Decl"
):
    """How the migrations of a Flask app are made and run, and what was renamed."""

    multidb: bool = Field(
        default=False,
        title="Every bind",
        description="Migrate every bind of SQLALCHEMY_BINDS too.",
    )
    binds: dict[KeyName, BindSettings] = Field(
        default_factory=dict,
        json_schema_extra=_EMPTY_TABLE | {"propertyNames": {"pattern": _SHOWN_BIND}},
        description="The binds of SQLALCHEMY_BINDS that are migrated too, "
        'each with options of its own; "default" is the main database.',
    )
    bind_transactions: Literal["separate", "together", "two-phase"] = Field(
        default="separate",
        title="Transactions of binds",
        description="When a run commits: each bind as soon as it is done, all together at the "
        "end, or all in two phases, which needs PREPARE TRANSACTION on every server.",
    )
    safety: SafetyOptions = Field(
        default_factory=SafetyOptions,
        json_schema_extra=_EMPTY_TABLE,
        description="What is done before a revision drops tables and columns with their rows.",
    )
    renames: RenameHints = Field(
        default_factory=RenameHints,
        json_schema_extra=_EMPTY_TABLE,
        description="Tables, columns and whatever else got another name; "
        "without a hint they would be dropped and added.",
    )


HINT_MODELS: dict[str, type[Section]] = {
    "schemas": SchemaHint,
    "enums": EnumHint,
    "enum_values": EnumValueHint,
    "sequences": SequenceHint,
    "tables": TableHint,
    "columns": ColumnHint,
    "constraints": ConstraintHint,
    "indexes": IndexHint,
}
"""The model of each list of hints, in the order in which their renames are carried out."""
