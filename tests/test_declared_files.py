"""The example of a configuration says what the settings are."""

from __future__ import annotations

import re
from pathlib import Path

import tomli

from flask_migrate_decl.config import (
    LockOptions,
    Settings,
    SQLiteOptions,
    TimeoutOptions,
    load_configuration,
)
from flask_migrate_decl.config.settings import (
    HINT_MODELS,
    BindSettings,
    PostWriteHook,
    RenameHints,
    SafetyOptions,
)

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "migrate.toml.example"
_RUN_KEYS = [
    key for model in (LockOptions, TimeoutOptions, SQLiteOptions) for key in model.model_fields
]


def test_the_example_is_the_defaults() -> None:
    assert load_configuration(EXAMPLE, []).settings == Settings()


def test_the_example_shows_every_key() -> None:
    text = EXAMPLE.read_text()
    for key, default in dict(Settings()).items():
        shown = re.search(rf"^(# )?(\[?{key}\]?$|{key} = (.*))", text, re.M)
        assert shown, key
        assert (shown[1] is None) is (default is not None), key
    for key in ("enabled", "directory", "url_env"):
        assert key in BindSettings.model_fields
        assert re.search(rf"^# {key} = ", text, re.M), key
    for key in (*RenameHints.model_fields, *SafetyOptions.model_fields, *_RUN_KEYS):
        assert re.search(rf"^(# )?{key} = ", text, re.M), key
    for kind, model in HINT_MODELS.items():
        assert re.search(rf"^# {kind} = ", text, re.M), kind
        for name, info in model.model_fields.items():
            assert re.search(rf"\b{info.alias or name} = ", text), name
    assert all(re.search(rf"\b{key}\b", text) for key in PostWriteHook.model_fields)


def test_what_the_example_has_commented_out_is_valid() -> None:
    text = re.sub(r"^# (?=(\w+ = |\[|\]|  \{ (name|from)))", "", EXAMPLE.read_text(), flags=re.M)
    seen: dict[str, str] = {}
    for line in reversed(text.splitlines()):
        key = line.partition(" = ")[0]
        if re.match(r"\w+ = ", line) and f"{key} = [" in seen.get(key, ""):
            text = text.replace(line, "", 1)
        seen.setdefault(key, line)
    found = Settings.model_validate(tomli.loads(text))
    assert found.binds["analytics"].include_schemas
    assert found.binds["analytics"].directory
    assert found.binds["default"].url_env
    assert all(getattr(found.renames, kind) for kind in HINT_MODELS)
    assert found.safety.allow_drop
