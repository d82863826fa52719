"""The example of a configuration says what the settings are."""

from __future__ import annotations

import re
from pathlib import Path

import tomli

from flask_migrate_decl.config import Settings, load_configuration
from flask_migrate_decl.config.settings import ColumnHint, PostWriteHook, RenameHints, TableHint

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "migrate.toml.example"
NOT_YET = {"to_schema", "indexes", "constraints", "enums", "enum_values", "sequences", "schemas"}


def test_the_example_is_the_defaults() -> None:
    assert load_configuration(EXAMPLE, []).settings == Settings()


def test_the_example_shows_every_key() -> None:
    text = EXAMPLE.read_text()
    for key, default in dict(Settings()).items():
        shown = re.search(rf"^(# )?(\[?{key}\]?$|{key} = (.*))", text, re.M)
        assert shown, key
        assert (shown[1] is None) is (default is not None), key
    hints = {info.alias or k for h in (TableHint, ColumnHint) for k, info in h.model_fields.items()}
    for key in (hints | set(RenameHints.model_fields)) - NOT_YET:
        assert re.search(rf"\b{key} = ", text), key
    assert all(re.search(rf"\b{key}\b", text) for key in PostWriteHook.model_fields)


def test_what_the_example_has_commented_out_is_valid() -> None:
    text = re.sub(r"^# (?=(\w+ = |\[|\]|  \{ name))", "", EXAMPLE.read_text(), flags=re.M)
    seen: dict[str, str] = {}
    for line in reversed(text.splitlines()):
        key = line.partition(" = ")[0]
        if re.match(r"\w+ = ", line) and f"{key} = [" in seen.get(key, ""):
            text = text.replace(line, "", 1)
        seen.setdefault(key, line)
    assert Settings.model_validate(tomli.loads(text)).binds["analytics"].include_schemas
