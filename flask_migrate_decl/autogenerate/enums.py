"""PostgreSQL's enum types and domains, and labels in defaults, as they are after the renames."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY
from sqlalchemy.dialects.postgresql import DOMAIN, ENUM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask_migrate_decl.autogenerate.view import RenamedInspector
    from flask_migrate_decl.renames import NameMap, TableKey

_CAST_TEXT = re.compile(r"'((?:[^']|'')*)'::[\w.\"]+(?:\[\])*")
_PLAIN_ITEM = re.compile(r"[^{}\",\\\s']+")
"""What an array has without quotes; see https://www.postgresql.org/docs/current/arrays.html."""
_LISTED = re.compile(r'"((?:[^"\\]|\\.)*)"|([^{},"]+)')


def corrected_enum(view: RenamedInspector, column: dict[str, Any], *, with_cast: bool) -> None:
    """Show the type of a column, and the labels in its default, by their new names.

    A domain has a new name with its schema only.

    :param with_cast: show the default as the models have it: what is not the same word for word,
        Alembic lets the database compare, which does not know the new names yet.
    """
    names = view.names
    if not (names.enums or names.labels or names.schemas):
        return
    is_array = isinstance(column["type"], ARRAY)
    enum = column["type"].item_type if is_array else column["type"]
    if isinstance(enum, DOMAIN):
        domain = _in_new_schema(enum, names)
        column["type"] = _array_of(column["type"], domain) if is_array else domain
    if not isinstance(enum, ENUM):
        return
    old = (enum.schema, str(enum.name))
    new, labels = names.new_enum(old), names.new_labels(old)
    if new == old and not labels:
        return
    renamed = _renamed_enum(enum, new, labels)
    column["type"] = _array_of(column["type"], renamed) if is_array else renamed
    if column.get("default"):
        cast = f"::{_quoted_type(view, new)}{'[]' * is_array}" if with_cast else ""
        column["default"] = _CAST_TEXT.sub(
            lambda match: _renamed_text(match[1], labels) + cast, column["default"]
        )


def _quoted_type(view: RenamedInspector, key: TableKey) -> str:
    quote = view.dialect.identifier_preparer.quote
    return ".".join(quote(part) for part in key if part)


def _renamed_enum(enum: ENUM, new: TableKey, labels: Mapping[str, str]) -> ENUM:
    return ENUM(*(labels.get(label, label) for label in enum.enums), name=new[1], schema=new[0])


def _in_new_schema(domain: DOMAIN, names: NameMap) -> DOMAIN:
    shown = copy.copy(domain)
    shown.schema = names.new_schema(domain.schema)
    return shown


def _array_of(array: Any, item: ENUM | DOMAIN) -> Any:
    shown = copy.copy(array)
    shown.item_type = item
    return shown


def _renamed_text(text: str, labels: Mapping[str, str]) -> str:
    """Return a label, or an array of labels, with its new name, as SQL has it."""
    if text.startswith("{") and text.endswith("}"):
        listed = _LISTED.sub(lambda match: _renamed_item(match, labels), text)
        return f"'{listed}'"
    new = labels.get(text.replace("''", "'"))
    return f"'{text}'" if new is None else "'" + new.replace("'", "''") + "'"


def _renamed_item(match: re.Match[str], labels: Mapping[str, str]) -> str:
    label = re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2]
    new = labels.get(label.replace("''", "'"))
    if new is None:
        return match[0]
    if _PLAIN_ITEM.fullmatch(new) and new.upper() != "NULL":
        return new
    return '"' + new.replace("\\", "\\\\").replace('"', '\\"').replace("'", "''") + '"'
