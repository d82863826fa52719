"""The errors of pydantic in words: what is wrong with a key or a value, and what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask_migrate_decl.config.run_options import LockOptions, SQLiteOptions, TimeoutOptions
from flask_migrate_decl.config.settings import (
    DEFAULT_BIND,
    HINT_MODELS,
    HOOK_NAME,
    VARIABLE_NAME,
    BindSettings,
    PostWriteHook,
    RenameHints,
    SafetyOptions,
    Settings,
)
from flask_migrate_decl.config.words import kind_of
from flask_migrate_decl.errors.rules import (
    DROP_PATTERN,
    FILE_TEMPLATE,
    MISSING_KEY,
    MODULE_FORM,
    REFERENCE_FORM,
    TEXT_NOT_ACCEPTED,
    UNKNOWN_ENCODING,
    UNKNOWN_KEY,
    VALUE_NOT_ACCEPTED,
    WRONG_TYPE,
)
from flask_migrate_decl.renames import nearest
from flask_migrate_decl.reporting.keys import dotted, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    from flask_migrate_decl.config.toml.layout import KeyPath
    from flask_migrate_decl.errors import Rule


class Said(NamedTuple):
    """What is said of one place of a section.

    :param blames_value: the value is pointed at, not its key.
    """

    rule: Rule
    message: str
    help: str = ""
    blames_value: bool = True


def said_of(section: Mapping[str, Any], path: KeyPath, group: Sequence[ErrorDetails]) -> Said:
    """Word what pydantic found at one place.

    :param group: all of its errors there.
    """
    kinds = {detail["type"] for detail in group}
    if "extra_forbidden" in kinds:
        message = f'there is no key "{shortened(str(path[-1]))}" {_in_table(path[:-1])}'
        return Said(UNKNOWN_KEY, message, _help_for_unknown_key(path), blames_value=False)
    if "missing" in kinds:
        return _missing(path)
    return _of_value(path, _value_at(section, path), group)


def _value_at(section: Mapping[str, Any], path: KeyPath) -> Any:
    value: Any = section
    for step in path:
        value = value[step]
    return value


# --- keys --------------------------------------------------------------------------------------

_OTHER_NAMES = {
    "old": "from",
    "new": "to",
    **dict.fromkeys(("column", "index", "constraint", "value", "sequence", "name"), "from"),
    "table": "enum",
    "type": "enum",
    "new_schema": "to_schema",
    "script_location": "directory",
    "dir": "directory",
    "path": "directory",
    "batch": "render_as_batch",
    "rename": "renames",
}
"""What a key may be called elsewhere, and what it is here."""
_URL_HELP = "the URL of a database is the app's: SQLALCHEMY_DATABASE_URI and SQLALCHEMY_BINDS"

_URL_ENV_HELP = "url_env names an environment variable with another URL for migrations"


def _in_table(path: KeyPath) -> str:
    return f"in {dotted(path)}" if path else "here"


def meant_key(path: KeyPath) -> str | None:
    """Return the key that an unknown one is probably meant to be."""
    key, known = str(path[-1]), _keys_known_at(path[:-1])
    if _OTHER_NAMES.get(key) in known:
        return _OTHER_NAMES[key]
    return next(iter(nearest(key, known)), None)


def _help_for_unknown_key(path: KeyPath) -> str:
    key, known = str(path[-1]), _keys_known_at(path[:-1])
    if "url" in key.lower() or key == "sqlalchemy":
        is_of_bind = path[0] == "binds"
        return f"{_URL_HELP}; {_URL_ENV_HELP}" if is_of_bind else _URL_HELP
    if path[0] == "binds" and key in Settings.model_fields:
        return _help_for_section_key(key, str(path[1]))
    if meant := meant_key(path):
        return f'did you mean "{meant}"?'
    return f"the keys are: {', '.join(known)}" if len(known) <= _FEW_KEYS else ""


_FEW_KEYS = 10


def _help_for_section_key(key: str, bind: str) -> str:
    if key == "renames":
        of_bind = "" if bind == DEFAULT_BIND else f', with bind = "{bind}"'
        return f"put the hint into the section's renames{of_bind}"
    return "it belongs to the section, and is the same for all binds"


def _keys_known_at(path: KeyPath) -> tuple[str, ...]:
    """Return the keys that the table at a path may have."""
    # A bind may be called as a list of hints is.
    is_bind = len(path) == 2 and path[0] == "binds"
    keys = [key for key in path if isinstance(key, str)]
    model = BindSettings if is_bind else _TABLES[keys[-1]] if keys else Settings
    return tuple(info.alias or name for name, info in model.model_fields.items())


_TABLES: Mapping[str, type[BaseModel]] = {
    "renames": RenameHints,
    "safety": SafetyOptions,
    "lock": LockOptions,
    "timeouts": TimeoutOptions,
    "sqlite": SQLiteOptions,
    **HINT_MODELS,
    "post_write_hooks": PostWriteHook,
}


def _missing(path: KeyPath) -> Said:
    example = _EXAMPLES.get(str(path[-1]), '"…"')
    message = f'"{path[-1]}" is missing {_in_table(path[:-1])}'
    return Said(MISSING_KEY, message, f"add {path[-1]} = {example}", blames_value=False)


_EXAMPLES = {"type": '"exec"', "name": '"ruff"'}

# --- values ------------------------------------------------------------------------------------

_RULES = {
    "reference": REFERENCE_FORM,
    "template": FILE_TEMPLATE,
    "encoding": UNKNOWN_ENCODING,
    "module": MODULE_FORM,
    "drop_pattern": DROP_PATTERN,
    "duration": VALUE_NOT_ACCEPTED,
    "name": TEXT_NOT_ACCEPTED,
    "string_pattern_mismatch": TEXT_NOT_ACCEPTED,
    "greater_than_equal": VALUE_NOT_ACCEPTED,
    "less_than_equal": VALUE_NOT_ACCEPTED,
    "literal_error": VALUE_NOT_ACCEPTED,
}
_WANTED = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "model_type": "a table",
    "dict_type": "a table",
}
_REFERENCE = 'a text such as "package.module:name"'


def _of_value(path: KeyPath, value: Any, group: Sequence[ErrorDetails]) -> Said:
    kinds = {detail["type"] for detail in group}
    key = _named(path)
    if {"bool_type", "string_type"} <= kinds or {"bool_type", "reference"} <= kinds:
        rule = REFERENCE_FORM if isinstance(value, str) else WRONG_TYPE
        message = f"{key} should be true, false or {_REFERENCE}"
        return Said(rule, message, _help_for_value("bool_type", value, path))
    if {"float_type", "string_type"} <= kinds:
        message = f'{key} should be seconds, or a text such as "30s", and is {kind_of(value)}'
        return Said(WRONG_TYPE, message)
    detail = group[0]
    if detail["type"] in _WANTED:
        message = f"{key} should be {_WANTED[detail['type']]}, and is {kind_of(value)}"
        return Said(WRONG_TYPE, message, _help_for_value(detail["type"], value, path))
    return Said(_RULES.get(detail["type"], WRONG_TYPE), f"{key} {_asked(detail)}", _offer(detail))


def _named(path: KeyPath) -> str:
    """Name a value by its key, or by its key's list."""
    if not path:
        return "the section"
    return f'"{path[-1]}"' if isinstance(path[-1], str) else dotted(path)


def _asked(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    if detail["type"] == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], _TEXT_PATTERN)
    if detail["type"] == "greater_than_equal":
        return f"should be at least {context['ge']}"
    if detail["type"] == "less_than_equal":
        return f"should be at most {context['le']}"
    if detail["type"] == "literal_error":
        return f"should be one of {context['expected']}".replace("'", '"')
    return detail["msg"].replace("Input should", "should")


_PATTERNS = {
    HOOK_NAME: "should have nothing but A-Z, a-z, 0-9, - and _ in it",
    VARIABLE_NAME: "should be the name of an environment variable, and not the URL itself",
}
_TEXT_PATTERN = "should be a text that is not empty and has no control characters in it"


def _offer(detail: ErrorDetails) -> str:
    if detail["type"] == "reference":
        return 'write the module, a colon and the name, as in "shop.migrating:include_name"'
    return ""


def _help_for_value(wanted: str, value: Any, path: KeyPath) -> str:
    """Say how a value of another type may have been meant."""
    if wanted == "bool_type" and isinstance(value, str):
        word = _TRUTHS.get(value.lower())
        return f"write {word}, without quotes" if word else ""
    if wanted == "tuple_type" and isinstance(value, dict):
        return f"write [[{dotted(path)}]] with two brackets, or a list: [{{ … }}]"
    if wanted == "tuple_type":
        return "put it in brackets: [ … ]"
    if wanted == "string_type" and isinstance(value, int | float) and not isinstance(value, bool):
        return "put it in quotes"
    if wanted == "int_type" and isinstance(value, str):
        return "write it without quotes"
    if wanted == "model_type" and isinstance(value, list):
        return f"write [{dotted(path)}], in single brackets"
    return ""


_TRUTHS = {
    **dict.fromkeys(("true", "yes", "on", "1"), "true"),
    **dict.fromkeys(("false", "no", "off", "0"), "false"),
}
