"""Every kind of finding there is. A code is never given to another kind, also when it is gone.

1 the file, 2 keys and values, 3 hints among themselves, 4 the app and its revisions, 5 databases.
"""

from __future__ import annotations

from flask_migrate_decl.errors.findings import Rule, Severity

RULES: dict[str, Rule] = {}
"""All rules by their codes."""


def _rule(number: int, name: str, severity: Severity, title: str, mend: str) -> Rule:
    code = f"FMD{number}"
    assert code not in RULES, "a code is given once"
    RULES[code] = Rule(code, name, severity, title, mend)
    return RULES[code]


def _error(number: int, name: str, title: str, mend: str) -> Rule:
    return _rule(number, name, Severity.ERROR, title, mend)


def _warning(number: int, name: str, title: str, mend: str) -> Rule:
    return _rule(number, name, Severity.WARNING, title, mend)


def _note(number: int, name: str, title: str, mend: str) -> Rule:
    return _rule(number, name, Severity.NOTE, title, mend)


# --- the file ----------------------------------------------------------------------------------

SYNTAX = _error(
    101, "syntax", "The file is not valid TOML.", "Correct the text at the place that is shown."
)
NOT_UTF8 = _error(102, "not-utf-8", "The file is not UTF-8 text.", "Save it as UTF-8.")
SECTION_MISNAMED = _error(
    103,
    "section-misnamed",
    "The section has a name under which nobody reads it.",
    "Call it `tool.flask-migrate`.",
)
SECTION_NO_TABLE = _error(
    104,
    "section-no-table",
    "The section is not a table.",
    "Write `[tool.flask-migrate]`, and the keys below it.",
)
SECTION_PREFIXED = _error(
    105,
    "section-prefixed",
    "A `migrate.toml` names the section, though the whole file is it.",
    "Take `tool.flask-migrate` out of the headers.",
)
SECTION_HIDDEN = _warning(
    106,
    "section-hidden",
    "A section is not read, as a `migrate.toml` lies beside it.",
    "Keep one of the two.",
)

# --- keys and values ---------------------------------------------------------------------------

UNKNOWN_KEY = _error(
    201, "unknown-key", "There is no such key.", "Take the key that is offered, or remove this one."
)
MISSING_KEY = _error(202, "missing-key", "A key is missing that has to be there.", "Add it.")
WRONG_TYPE = _error(
    203,
    "wrong-type",
    "A value is of another type than its key asks for.",
    "Write a value of the type that is named.",
)
VALUE_NOT_ACCEPTED = _error(
    204,
    "value-not-accepted",
    "A value is none of those that its key takes.",
    "Take one of the values that are named.",
)
TEXT_NOT_ACCEPTED = _error(
    205,
    "text-not-accepted",
    "A text is empty, or has characters in it that it can't have.",
    "Write a text without control characters, or leave the key out.",
)
REFERENCE_FORM = _error(
    206,
    "reference-form",
    "A text does not name a Python object.",
    'Write the module, a colon and the name: `"shop.migrating:include_name"`.',
)
FILE_TEMPLATE = _error(
    207,
    "file-template",
    "The names of revisions' files can't be made from this template.",
    "Take only the placeholders that are named, and stay in the folder.",
)
UNKNOWN_ENCODING = _error(
    208, "unknown-encoding", "Python knows no such encoding.", "Leave it out for UTF-8."
)
UNKNOWN_TIMEZONE = _warning(
    209,
    "unknown-timezone",
    "This machine knows no such time zone, so that no revision can be written here.",
    'Take a name such as `"Europe/Vienna"`; where the name is right, install `tzdata`.',
)
MODULE_FORM = _error(
    210, "module-form", "A text does not name a Python module.", 'Write it as `"shop.models"`.'
)
HOOK_INCOMPLETE = _error(
    211,
    "hook-incomplete",
    "A program to run on new scripts is not named.",
    "Add the key that the hook's type asks for.",
)
HOOK_TWICE = _error(212, "hook-twice", "Two hooks have one name.", "Give one of them another name.")
OPTIONS_CONTRADICT = _warning(
    215, "options-contradict", "An option does nothing, or leaves nothing to do.", "Remove it."
)
MODULE_PREFIX = _warning(
    216,
    "module-prefix",
    "A module's prefix does not end in a dot, and scripts will write it right before a name.",
    'Write it as `"sa."`.',
)
DROP_PATTERN = _error(
    217,
    "drop-pattern",
    "A pattern can't match a table or a column.",
    'Write it as `"legacy_*"` for tables, or as `"account.old_*"` for columns.',
)
DIRECTORY_SHARED = _error(
    218,
    "directory-shared",
    "Two histories are in one folder, or one reads the scripts of the other.",
    "Leave `directory` out for binds that share the section's history; else name folders apart.",
)
NO_HISTORY_OF_ITS_OWN = _warning(
    219,
    "no-history-of-its-own",
    "A bind sets an option of scripts, and shares its scripts with others.",
    "Set it in the section, or give the bind a `directory`.",
)

# --- hints among themselves --------------------------------------------------------------------

RENAMED_TO_ITSELF = _error(
    301, "renamed-to-itself", "A hint's two names are the same.", "Remove the hint."
)
RENAMED_TWICE = _error(
    302, "renamed-twice", "Two hints begin at one name.", "Keep one of the two hints."
)
NEW_NAME_TWICE = _error(
    303, "new-name-twice", "Two hints lead to one name.", "Keep one of the two hints."
)
BIND_NOT_DECLARED = _error(
    305,
    "bind-not-declared",
    "A hint is for a bind that is not declared.",
    "Add `[binds.<name>]`, or set `multidb = true`.",
)
SCHEMA_NOT_COMPARED = _warning(
    306,
    "schema-not-compared",
    "A hint names a schema, and only the default schema is compared.",
    "Set `include_schemas = true`.",
)
ID_TWICE = _error(307, "id-twice", "Two hints have one id.", "Give one of them another id.")

# --- the app and its revisions -----------------------------------------------------------------

APP_NOT_FOUND = _error(
    401, "app-not-found", "The app that `app` names is not there.", "Correct the reference."
)
UNKNOWN_BIND = _error(
    402,
    "unknown-bind",
    "The app has no such bind.",
    "Take a key of `SQLALCHEMY_BINDS`, or add it there.",
)
HINT_TABLE_UNKNOWN = _warning(
    403,
    "hint-table-unknown",
    "No model has the table that a hint speaks of.",
    "Correct the name; where the table is gone, remove the hint.",
)
HINT_NAME_UNKNOWN = _warning(
    404,
    "hint-name-unknown",
    "The models have neither of the two names that a hint gives to a column or something else.",
    "Correct the name; where it is gone, remove the hint.",
)
MODELS_SAY_OLD_NAME = _note(
    405,
    "models-say-old-name",
    "The models still have the old name.",
    "Rename it in the models, or remove the hint.",
)
OBJECT_NOT_FOUND = _error(
    406,
    "object-not-found",
    "An object that an option names is not there, or can't be called.",
    "Correct the reference, or what it leads to.",
)
MODELS_NOT_IMPORTED = _error(
    407, "models-not-imported", "A module of `models` can't be imported.", "Correct its name."
)
MODELS_EMPTY = _warning(
    408,
    "models-empty",
    "A database has no model, so that all its tables would look dropped.",
    "Name the modules that define the models in `models`.",
)
OVERRIDDEN_BY_CODE = _warning(
    409,
    "overridden-by-code",
    "A keyword argument of `Migrate(…)` goes before the file.",
    "Keep one of the two.",
)
CHECKS_WITHOUT_NAME = _warning(
    410,
    "checks-without-name",
    "No batch can drop or change check constraints without a name, and Alembic alone loses them.",
    'Name them, or give the metadata a naming convention with "ck".',
)
DEFAULT_SCHEMA_NAMED = _warning(
    411,
    "default-schema-named",
    "A foreign key leads to a model that names the default schema, which Alembic takes for "
    "another one.",
    "Leave `schema` out.",
)
ENV_COLLIDES = _error(
    412,
    "env-collides",
    "An own `env.py` passes an option that is among its `**conf_args` too.",
    "Take the option out of the call.",
)
ENV_OVERRIDES = _warning(
    413,
    "env-overrides",
    "An own `env.py` decides over an option, and the file's value is not used.",
    "Pass `**conf_args` there, and take the option out of the call.",
)
HINT_UNKNOWN_TO_MODELS = _note(
    414,
    "hint-unknown-to-models",
    "The models have neither name of a hint.",
    "Where it is gone from every database, the hint may be removed.",
)
APP_NOT_LOADED = _warning(
    415,
    "app-not-loaded",
    "There is an app, and it can't be asked.",
    "Mend what keeps it from being loaded; `--no-app` leaves it out.",
)
BIND_NAME = _error(
    416,
    "bind-name",
    "A template of the project's can't name the function of a bind.",
    "Remove the template, give the bind a `directory`, or rename it in `SQLALCHEMY_BINDS`.",
)
BIND_AMBIGUOUS = _error(
    417,
    "bind-ambiguous",
    "The app has a default database, and a bind that is called `default`.",
    "Rename the bind in `SQLALCHEMY_BINDS`.",
)
ENV_UNUSABLE = _error(
    418,
    "env-unusable",
    "An `env.py` of the project's can't do what the section asks for.",
    "Remove it, where it has no changes of your own.",
)
VERSION_TABLE_SHARED = _error(
    419,
    "version-table-shared",
    "Two binds keep their revision in one table of one database.",
    "Give one of the binds another `version_table`.",
)
DIRECTORY_MISSING = _error(
    421,
    "directory-missing",
    "A folder of revisions is not there.",
    "Make it with `flask db init`, or correct the path.",
)
SCRIPT_UNREADABLE = _error(
    422, "script-unreadable", "A revision can't be loaded.", "Correct the script."
)
PARENT_MISSING = _error(
    423,
    "parent-missing",
    "A revision follows one that is not there.",
    "Bring the missing script back, or correct `down_revision`.",
)
REVISION_TWICE = _error(
    424, "revision-twice", "Two scripts have one identifier.", "Give one of them another."
)
SEVERAL_HEADS = _warning(
    425, "several-heads", "The history has several heads.", "Bring them together: `flask db merge`."
)
HISTORY_UNUSABLE = _error(
    426, "history-unusable", "Alembic can't use the history.", "Correct the scripts it speaks of."
)
ENV_LOSES = _warning(
    427,
    "env-loses",
    "An own `env.py` keeps out what finds losses where SQLite makes a table anew.",
    "Put its class for SQLite into a module of the app's.",
)

# --- databases ---------------------------------------------------------------------------------

HINT_CONTRADICTED = _error(
    501,
    "hint-contradicted",
    "A hint would cost the rows that it means to keep.",
    "Move the values, turn the hint round or remove it.",
)
HINT_UNMATCHED = _error(
    502,
    "hint-unmatched",
    "A hint names something that is not there.",
    "Take the nearest name that is offered; where the rename is done, remove the hint.",
)
HINT_IMPOSSIBLE = _error(
    503,
    "hint-impossible",
    "This database can't carry a hint out as it stands.",
    "Do what is said there, or choose another name.",
)
HINT_PENDING = _note(
    504, "hint-pending", "A rename is still to be done.", "Write it with `flask db migrate`."
)
HINT_EARLY = _note(
    505, "hint-early", "The models still have the old name.", "Rename it in the models."
)
HINT_SPENT = _note(506, "hint-spent", "A hint has nothing to do any more.", "It may be removed.")
NOT_AT_HEAD = _warning(
    507,
    "not-at-head",
    "A database is behind its history.",
    "Run `flask db upgrade`.",
)
REVISION_UNKNOWN = _error(
    508,
    "revision-unknown",
    "A database is at a revision that the history does not have.",
    "Bring the script back, or say where the database is with `flask db stamp`.",
)
NAME_TOO_LONG = _error(
    509, "name-too-long", "A name is longer than the database keeps.", "Choose a shorter one."
)
TABLE_LEFT_BEHIND = _warning(
    510,
    "table-left-behind",
    "A migration that was stopped has left a table of Alembic's behind.",
    "Compare it with the table it was made for, and drop or rename it.",
)
