"""The section's JSON Schema, for editors: ``python -m flask_migrate_decl.config.schema DIR``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from flask_migrate_decl.config.settings import Settings

FILE_NAME = "migrate.schema.json"


def settings_schema() -> dict[str, Any]:
    """Return the schema of a ``migrate.toml``, in draft 7, which most editors read."""
    schema = Settings.model_json_schema(ref_template="#/definitions/{model}")
    definitions = schema.pop("$defs")
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "urn:flask-migrate-decl:migrate.toml",
        **schema,
        "definitions": definitions,
    }


def schema_text() -> str:
    """Return the schema as it is committed."""
    return json.dumps(settings_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (Path(sys.argv[1]) / FILE_NAME).write_text(schema_text(), encoding="utf-8")
