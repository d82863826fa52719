"""What is wrong between values that are right, each by itself."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.config.folders import findings_of_folders
from flask_migrate_decl.config.hints import hint_path, items_in
from flask_migrate_decl.config.settings import DEFAULT_BIND, HINT_MODELS, HOOK_KEYS, ScriptOptions
from flask_migrate_decl.errors import Finding, Related, Rule, UnknownBindError
from flask_migrate_decl.errors.rules import (
    BIND_NOT_DECLARED,
    HOOK_INCOMPLETE,
    HOOK_TWICE,
    ID_TWICE,
    MODULE_PREFIX,
    NO_HISTORY_OF_ITS_OWN,
    OPTIONS_CONTRADICT,
    SCHEMA_NOT_COMPARED,
    UNKNOWN_TIMEZONE,
)
from flask_migrate_decl.renames import (
    Renames,
    SchemaRename,
    TableRename,
    find_conflicts,
    nearest,
)
from flask_migrate_decl.reporting.keys import dotted, listed_names, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask_migrate_decl.config.source import Source
    from flask_migrate_decl.config.toml.layout import KeyPath
    from flask_migrate_decl.renames import Hint


def findings_between(source: Source, renames: Renames) -> Iterator[Finding]:
    """Find what does not go together.

    :param renames: the hints that are right by themselves.
    """
    yield from _conflicts(source, renames)
    yield from _undeclared_binds(source, renames)
    yield from _uncompared_schemas(source, renames)
    yield from _ids_twice(source)
    yield from findings_of_folders(source)
    yield from _idle_script_options(source)
    for path, options in _tables_of_options(source.section):
        yield from _hooks(source, path, options)
        yield from _timezone(source, path, options)
        yield from _module_prefixes(source, path, options)
        yield from _contradictions(source, path, options)


def _finding(
    source: Source,
    rule: Rule,
    path: KeyPath,
    message: str,
    help_: str,
    earlier: KeyPath | None = None,
) -> Finding:
    """Make a finding that points at a value."""
    place = source.place(path, of="value")
    other = source.place(earlier, of="value") if earlier else None
    related = (Related(other, "the other one is here"),) if other else ()
    return Finding(rule, message, help_, place, dotted(path), related)


# --- hints -------------------------------------------------------------------------------------


def _conflicts(source: Source, renames: Renames) -> Iterator[Finding]:
    for conflict in find_conflicts(renames):
        earlier = (*hint_path(conflict.earlier), conflict.key) if conflict.earlier else None
        path = (*hint_path(conflict.place), conflict.key)
        yield _finding(source, conflict.rule, path, conflict.message, conflict.help, earlier)


def _undeclared_binds(source: Source, renames: Renames) -> Iterator[Finding]:
    binds = source.section.get("binds", {})
    if source.section.get("multidb") is True or not isinstance(binds, dict):
        return
    near = cache(lambda bind: nearest(bind, binds))
    for hint in renames.hints:
        if hint.bind is None or hint.bind in binds:
            continue
        offer = f'did you mean "{near(hint.bind)[0]}"? Else ' if near(hint.bind) else ""
        help_ = f"{offer}add [{dotted(('binds', hint.bind))}], or set multidb = true"
        yield _finding(
            source,
            BIND_NOT_DECLARED,
            (*hint_path(hint.place), "bind"),
            f'the bind "{shortened(hint.bind)}" is not declared (declared: {listed_names(binds)})',
            UnknownBindError.help_for_default if hint.bind == DEFAULT_BIND else help_,
        )


def _uncompared_schemas(source: Source, renames: Renames) -> Iterator[Finding]:
    for hint in renames.hints:
        if _option(source.section, hint.bind, "include_schemas"):
            continue
        for key, schema in _named_schemas(hint):
            yield _finding(
                source,
                SCHEMA_NOT_COMPARED,
                (*hint_path(hint.place), key),
                f'the schema "{schema}" is not compared, unless it is the default one',
                "set include_schemas = true" + _or_without(hint, key),
            )


def _or_without(hint: Hint, key: str) -> str:
    """Offer to leave a schema out, where it is not the schema itself that is renamed."""
    return "" if isinstance(hint, SchemaRename) else f", or take {key} out of the hint"


def _named_schemas(hint: Hint) -> Iterator[tuple[str, str]]:
    """Give the keys of a hint that name a schema, with its name."""
    if isinstance(hint, SchemaRename):
        yield "to", hint.new
    elif hint.schema is not None:
        yield "schema", hint.schema
    if isinstance(hint, TableRename) and hint.to_schema is not None:
        yield "to_schema", hint.to_schema


def _option(section: Mapping[str, Any], bind: str | None, key: str) -> Any:
    """Return an option as it is set for one database, ``None`` where it is not."""
    binds = section.get("binds")
    own = binds.get(bind or DEFAULT_BIND) if isinstance(binds, dict) else None
    return own[key] if isinstance(own, dict) and key in own else section.get(key)


def _ids_twice(source: Source) -> Iterator[Finding]:
    first: dict[str, KeyPath] = {}
    for kind, position, hint in _raw_hints(source.section):
        identifier, path = hint.get("id"), ("renames", kind, position, "id")
        if not isinstance(identifier, str):
            continue
        if earlier := first.get(identifier):
            message = f'the id "{identifier}" is that of {dotted(earlier[:-1])} already'
            yield _finding(source, ID_TWICE, path, message, "give one another id", earlier)
        first.setdefault(identifier, path)


def _raw_hints(section: Mapping[str, Any]) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Give all hints, also wrong ones, in the order in which their lists stand in the file."""
    renames = section.get("renames")
    for kind in renames if isinstance(renames, dict) else ():
        for position, hint in enumerate(items_in(renames, kind) if kind in HINT_MODELS else ()):
            if isinstance(hint, dict):
                yield kind, position, hint


# --- hooks -------------------------------------------------------------------------------------


def _hooks(source: Source, table: KeyPath, options: Mapping[str, Any]) -> Iterator[Finding]:
    first: dict[str, KeyPath] = {}
    for position, hook in enumerate(items_in(options, "post_write_hooks")):
        path: KeyPath = (*table, "post_write_hooks", position)
        if not isinstance(hook, dict):
            continue
        needed = HOOK_KEYS.get(str(hook.get("type")))
        if needed and needed not in hook:
            message = f'a hook of the type "{hook["type"]}" needs "{needed}"'
            yield _finding(source, HOOK_INCOMPLETE, path, message, f'add {needed} = "…"')
        name = hook.get("name")
        if isinstance(name, str) and (earlier := first.get(name)):
            message = f'the hook "{name}" is there already'
            help_ = "give one of them another name"
            yield _finding(source, HOOK_TWICE, (*path, "name"), message, help_, earlier)
        if isinstance(name, str):
            first.setdefault(name, (*path, "name"))


# --- binds and options -------------------------------------------------------------------------


def _idle_script_options(source: Source) -> Iterator[Finding]:
    for name, options in _binds(source.section):
        for key in options if "directory" not in options else ():
            if key in ScriptOptions.model_fields:
                message = f'"{key}" does nothing for a bind that shares the section\'s history'
                path = ("binds", name, key)
                help_ = "set it in the section, or give the bind a directory"
                yield _finding(source, NO_HISTORY_OF_ITS_OWN, path, message, help_)


def _binds(section: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the tables of binds, but for those that are none."""
    binds = section.get("binds")
    for name, options in binds.items() if isinstance(binds, dict) else ():
        if isinstance(options, dict):
            yield name, options


def _timezone(source: Source, path: KeyPath, options: Mapping[str, Any]) -> Iterator[Finding]:
    """Look the time zone up as Alembic does, in capital letters too.

    Only who writes a revision needs it, so a machine without it may still upgrade.
    """
    name = options.get("timezone")
    if not isinstance(name, str) or not name.isprintable():
        return
    if not any(map(_is_timezone, (name, name.upper()))):
        yield _finding(
            source,
            UNKNOWN_TIMEZONE,
            (*path, "timezone"),
            "this machine knows no such time zone, so that no revision can be written here",
            'take a name such as "Europe/Vienna"; where the name is right, install tzdata',
        )


def _is_timezone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _tables_of_options(section: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    yield (), section
    for name, options in _binds(section):
        yield ("binds", name), options


_PREFIXES = ("alembic_module_prefix", "sqlalchemy_module_prefix", "user_module_prefix")


def _module_prefixes(
    source: Source, path: KeyPath, options: Mapping[str, Any]
) -> Iterator[Finding]:
    for key in _PREFIXES:
        prefix = options.get(key)
        if isinstance(prefix, str) and prefix.strip() and not prefix.endswith("."):
            message = f'"{key}" is written right before a name, and does not end in a dot'
            yield _finding(source, MODULE_PREFIX, (*path, key), message, f'write "{prefix}."')


def _contradictions(source: Source, path: KeyPath, options: Mapping[str, Any]) -> Iterator[Finding]:
    section, bind = source.section, str(path[-1]) if path else None
    per_migration = _option(section, bind, "transaction_per_migration")
    if options.get("transactional_ddl") is False and per_migration is True:
        yield _finding(
            source,
            OPTIONS_CONTRADICT,
            (*path, "transactional_ddl"),
            "transaction_per_migration does nothing where transactional_ddl = false",
            "leave transactional_ddl out, as Alembic knows what the database can do",
        )
    commits = section.get("bind_transactions")
    if commits in ("together", "two-phase") and options.get("transaction_per_migration") is True:
        yield _finding(
            source,
            OPTIONS_CONTRADICT,
            (*path, "transaction_per_migration"),
            f'transaction_per_migration does nothing where bind_transactions = "{commits}"',
            "take it out, or commit the binds separately",
        )
    if options.get("autogenerate_plugins") == []:
        yield _finding(
            source,
            OPTIONS_CONTRADICT,
            (*path, "autogenerate_plugins"),
            "without a plug-in nothing is compared, and no revision gets any operation",
            'write ["alembic.autogenerate.*"], or leave it out',
        )
