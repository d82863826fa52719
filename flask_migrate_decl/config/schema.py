"""JSON Schemas of the section, for editors and linters, made from the settings.

``python -m flask_migrate_decl.config.schema DIR`` writes them. What a schema can't express is left
to ``flask db check-config``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from flask_migrate_decl.config.run_options import RunOptions
from flask_migrate_decl.config.settings import INHERITED, ScriptOptions, Settings
from flask_migrate_decl.config.source import SECTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import core_schema

SETTINGS_FILE = "migrate.schema.json"
PYPROJECT_FILE = "pyproject.schema.json"

_DRAFT = "http://json-schema.org/draft-07/schema#"
# validate-pyproject wants an https URL. The domain ".invalid" is reserved for names that lead
# nowhere: every reader has the schema at hand already, and none can be made to fetch it.
_ID = "https://flask-migrate-decl.invalid/schemas"


def settings_schema() -> dict[str, Any]:
    """Return the schema of a ``migrate.toml``, in draft 7, which most editors read."""
    return _document(SETTINGS_FILE, _section())


def pyproject_schema() -> dict[str, Any]:
    """Return the schema of a ``pyproject.toml``, which leaves all but our section alone."""
    tools = {
        "title": "Tools",
        "description": "Settings of tools, each in a table of its own.",
        "type": "object",
        "properties": {SECTION: _section()},
        "additionalProperties": True,
    }
    return _document(
        PYPROJECT_FILE,
        {
            "title": "pyproject.toml with Flask-Migrate-Decl",
            "description": "A Python project, and how its migrations are made and run.",
            "type": "object",
            "properties": {"tool": tools},
            "additionalProperties": True,
        },
    )


def tool_schema(_tool_name: str) -> dict[str, Any]:
    """Check what ``[tool.$tool]`` says of migrations and renames."""
    return settings_schema()


def schema_texts() -> dict[str, str]:
    """Return the schemas as they are committed, by the names of their files."""
    schemas = {SETTINGS_FILE: settings_schema(), PYPROJECT_FILE: pyproject_schema()}
    return {
        name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    }


def write_schemas(folder: Path) -> None:
    """Write the schemas into a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_texts().items():
        (folder / name).write_text(text, encoding="utf-8")


def _document(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"$schema": _DRAFT, "$id": f"{_ID}/{name}", **schema}


class _WithoutNull(GenerateJsonSchema):
    """Leaves out null, which TOML does not have: who means it leaves the key out."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def _section() -> dict[str, Any]:
    schema = Settings.model_json_schema(schema_generator=_WithoutNull)
    section: dict[str, Any] = _in_place(schema, schema.pop("$defs"))
    _inherit(section["properties"]["binds"]["additionalProperties"])
    return section


def _in_place(node: Any, definitions: Mapping[str, Any]) -> Any:
    """Put each definition where it is referred to.

    In draft 7 a description beside a ``$ref`` does not count, and each is referred to only once.
    """
    if isinstance(node, list):
        return [_in_place(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    beside = {key: value for key, value in node.items() if key != "$ref"}
    if reference := node.get("$ref"):
        beside = definitions[reference.removeprefix("#/$defs/")] | beside
    return {key: _in_place(value, definitions) for key, value in beside.items()}


def _inherit(bind: dict[str, Any]) -> None:
    """Say of each key that a bind takes from the section that its default is what that says."""
    for table in RunOptions.model_fields:
        for option in bind["properties"][table]["properties"].values():
            option.pop("default", None)
            said, *_ = option["description"].partition(" Left out: ")
            option["description"] = f"{said} Left out: as in the section."
    for key, option in bind["properties"].items():
        said, left_out, default = option["description"].partition(" Left out: ")
        if key in INHERITED:
            option.pop("default", None)
            left_out, default = " Left out: ", "as in the section."
        if key in ScriptOptions.model_fields:
            said += " It counts where the bind has a directory of its own."
        option["description"] = said + left_out + default


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the JSON Schemas of the configuration.")
    parser.add_argument("folder", type=Path, help="where to write them")
    write_schemas(parser.parse_args().folder)
