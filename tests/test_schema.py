"""The JSON Schemas for editors: what they say, and what linters make of good and bad files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from flask_migrate_decl.config.check import CheckedSource, check_source
from flask_migrate_decl.config.run_options import LockOptions, SQLiteOptions, TimeoutOptions
from flask_migrate_decl.config.schema import pyproject_schema, schema_texts, settings_schema
from flask_migrate_decl.config.settings import (
    HINT_MODELS,
    INHERITED,
    BindSettings,
    DatabaseOptions,
    PostWriteHook,
    RenameHints,
    SafetyOptions,
    ScriptOptions,
    Settings,
)
from flask_migrate_decl.config.source import source_in
from flask_migrate_decl.config.toml.document import parse_document
from flask_migrate_decl.errors import Severity

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "schemas"
CASES = Path(__file__).parent / "schema_cases"
FROM_ELSEWHERE = {
    "migrate/good/example.toml": ROOT / "migrate.toml.example",
    "pyproject/good/example_shop.toml": ROOT / "examples" / "shop" / "pyproject.toml",
    "pyproject/good/this_package.toml": ROOT / "pyproject.toml",
}
KINDS = ("migrate", "pyproject")


def cases(verdict: str, kinds: Sequence[str] = KINDS) -> list[str]:
    """Name the files of a verdict, ``good`` or ``bad``, as they are called below the folder."""
    here = {path.relative_to(CASES).as_posix() for path in CASES.rglob("*.toml")}
    begin = tuple(f"{kind}/{verdict}/" for kind in kinds)
    return sorted(name for name in here | set(FROM_ELSEWHERE) if name.startswith(begin))


def text_of(case: str) -> str:
    return (FROM_ELSEWHERE.get(case) or CASES / case).read_text()


def wrong_key(case: str) -> str:
    """Return the key that a bad file says is wrong in the line in which it says so."""
    (key,) = re.findall(r"# wrong: (.+)", text_of(case))
    return str(key)


# --- what the schemas say ----------------------------------------------------------------------

SECTION = settings_schema()
RENAMES = SECTION["properties"]["renames"]
TABLES: Mapping[type[BaseModel], Mapping[str, Any]] = {
    Settings: SECTION,
    BindSettings: SECTION["properties"]["binds"]["additionalProperties"],
    PostWriteHook: SECTION["properties"]["post_write_hooks"]["items"],
    RenameHints: RENAMES,
    SafetyOptions: SECTION["properties"]["safety"],
    LockOptions: SECTION["properties"]["lock"],
    TimeoutOptions: SECTION["properties"]["timeouts"],
    SQLiteOptions: SECTION["properties"]["sqlite"],
    **{model: RENAMES["properties"][kind]["items"] for kind, model in HINT_MODELS.items()},
}
every_table = pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)


@pytest.mark.parametrize("name", schema_texts())
def test_the_committed_schema_is_that_of_the_settings(name: str) -> None:
    committed = (SCHEMAS / name).read_text(encoding="utf-8")
    assert committed == schema_texts()[name], 'the settings have changed: run "make schemas"'


def test_the_command_writes_the_schemas_into_a_new_folder(tmp_path: Path) -> None:
    module = "flask_migrate_decl.config.schema"
    folder = str(tmp_path / "new" / "folder")
    subprocess.run([sys.executable, "-W", "error", "-m", module, folder], check=True)
    written = {path.name: path.read_text("utf-8") for path in tmp_path.rglob("*.json")}
    assert written == schema_texts()


@every_table
def test_a_table_has_the_keys_of_the_settings_and_no_others(model: type[BaseModel]) -> None:
    table = TABLES[model]
    keys = {info.alias or name for name, info in model.model_fields.items()}
    assert set(table["properties"]) == keys
    others = {"type": "string"} if model is PostWriteHook else False
    assert table["additionalProperties"] == others


@every_table
def test_every_table_and_key_is_explained(model: type[BaseModel]) -> None:
    table = TABLES[model]
    for key, shown in {"": table, **table["properties"]}.items():
        assert re.fullmatch(r"[A-Z][^_.]+", shown["title"]), key
        assert re.fullmatch(r"[A-Z].+\.", shown["description"]), key


@every_table
def test_every_default_is_that_of_the_settings(model: type[BaseModel]) -> None:
    table = TABLES[model]
    for name, info in model.model_fields.items():
        key = info.alias or name
        default = info.get_default(call_default_factory=True, validated_data={})
        assert info.is_required() is (key in table.get("required", ()))
        is_inherited = model is BindSettings and name in INHERITED
        if info.is_required() or default is None or is_inherited:
            assert "default" not in table["properties"].get(key, {}), key
        else:
            assert table["properties"][key]["default"] == written(default), key


def written(value: Any) -> Any:
    """Return a value as a file has it."""
    return json.loads(json.dumps(value, default=lambda table: table.model_dump(exclude_unset=True)))


def test_a_key_of_a_bind_takes_what_the_section_says() -> None:
    of_section = {key: told["description"] for key, told in SECTION["properties"].items()}
    for key, shown in TABLES[BindSettings]["properties"].items():
        said, _, default = shown["description"].partition(" Left out: ")
        assert (default == "as in the section.") is (key in INHERITED)
        if key in DatabaseOptions.model_fields:
            assert said == of_section[key].partition(" Left out: ")[0]
        assert ("It counts where the bind has a directory" in said) is (
            key in ScriptOptions.model_fields
        )


def test_what_toml_has_not_is_left_out() -> None:
    for text in schema_texts().values():
        assert "null" not in text
        assert "$ref" not in text


def test_the_schema_of_a_pyproject_wraps_that_of_the_section() -> None:
    schema = pyproject_schema()
    tools = schema["properties"]["tool"]
    assert schema["additionalProperties"] is tools["additionalProperties"] is True
    described = {"$schema", "$id"}
    section = {key: value for key, value in SECTION.items() if key not in described}
    assert tools["properties"] == {"flask-migrate": section}
    assert schema["$schema"] == SECTION["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["$id"] != SECTION["$id"]


def test_the_schemas_are_schemas() -> None:
    run = tool("check-jsonschema", "--check-metaschema", *sorted(SCHEMAS.glob("*.json")))
    assert (run.returncode, run.stdout) == (0, "ok -- validation done\n")


# --- what linters make of files ----------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder that has all files in it, and tombi's configuration."""
    folder = tmp_path_factory.mktemp("cases") / "all"
    shutil.copytree(CASES, folder)
    for name, path in FROM_ELSEWHERE.items():
        shutil.copy(path, folder / name)
    schemas = "".join(
        f"[[schemas]]\npath = '{SCHEMAS}/{kind}.schema.json'\ninclude = ['{kind}/**/*.toml']\n"
        for kind in KINDS
    )
    (folder / "tombi.toml").write_text(f"schema.catalog.paths = []\n{schemas}")
    return folder


def tool(name: str, *arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a tool that is installed beside Python; what it writes is in ``stdout``, in order."""
    environment = {
        **os.environ,
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
        "VALIDATE_PYPROJECT_NO_NETWORK": "1",
    }
    return subprocess.run(
        [Path(sys.executable).parent / name, *arguments],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def schema_of(kind: str) -> tuple[str, Path]:
    return "--schemafile", SCHEMAS / f"{kind}.schema.json"


@pytest.mark.parametrize("kind", KINDS)
def test_check_jsonschema_accepts_good_files(folder: Path, kind: str) -> None:
    run = tool("check-jsonschema", *schema_of(kind), *cases("good", [kind]), cwd=folder)
    assert (run.returncode, run.stdout) == (0, "ok -- validation done\n")


def test_tombi_accepts_good_files(folder: Path) -> None:
    run = tombi(folder, cases("good"))
    assert (run.returncode, run.stdout) == (0, f"{len(cases('good'))} files linted successfully\n")


def test_validate_pyproject_accepts_good_files(folder: Path) -> None:
    good = cases("good", ["pyproject"])
    run = tool("validate-pyproject", "--verbose", *good, cwd=folder)
    assert run.returncode == 0
    assert "config.schema.tool_schema defines `tool.flask-migrate` schema" in run.stdout
    assert re.findall("^Valid file: (.*)", run.stdout, re.M) == good


def tombi(folder: Path, names: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return tool("tombi", "lint", "--offline", "--error-on-warnings", *names, cwd=folder)


@pytest.fixture(scope="module")
def said_by_check_jsonschema(folder: Path) -> Mapping[str, str]:
    said: dict[str, str] = {}
    for kind in KINDS:
        bad = cases("bad", [kind])
        run = tool("check-jsonschema", "-o", "json", *schema_of(kind), *bad, cwd=folder)
        report = json.loads(run.stdout)
        assert (run.returncode, report["parse_errors"]) == (1, [])
        said |= {
            error["filename"]: f"{error['path']}: {error['message']}" for error in report["errors"]
        }
    return said


@pytest.fixture(scope="module")
def said_by_validate_pyproject(folder: Path) -> Mapping[str, str]:
    run = tool("validate-pyproject", *cases("bad", ["pyproject"]), cwd=folder)
    assert run.returncode == 1
    return dict(re.findall(r"^Invalid file: (.*)\n\[ERROR\] (.*)", run.stdout, re.M))


def names(key: str, said: str) -> bool:
    return re.search(rf"\b{key}\b", said) is not None


@pytest.mark.parametrize("case", cases("bad"))
def test_check_jsonschema_finds_what_is_wrong(
    said_by_check_jsonschema: Mapping[str, str], case: str
) -> None:
    assert names(wrong_key(case), said_by_check_jsonschema[case])


@pytest.mark.parametrize("case", cases("bad"))
def test_tombi_finds_what_is_wrong(folder: Path, case: str) -> None:
    # One file a run, as those of several are written by several threads at once.
    run = tombi(folder, [case])
    assert run.returncode == 1
    ((name, line),) = re.findall(r"^ *Error: .*\n *at (.*):(\d+):\d+$", run.stdout, re.M)
    assert name == case
    assert text_of(case).splitlines()[int(line) - 1].endswith(f"# wrong: {wrong_key(case)}")


@pytest.mark.parametrize("case", cases("bad", ["pyproject"]))
def test_validate_pyproject_finds_what_is_wrong(
    said_by_validate_pyproject: Mapping[str, str], case: str
) -> None:
    assert names(wrong_key(case), said_by_validate_pyproject[case])


# --- what we make of the same files ------------------------------------------------------------


def checked(case: str) -> CheckedSource | None:
    path = Path(f"{case.partition('/')[0]}.toml")
    source = source_in(parse_document(path, text_of(case).encode()))
    return check_source(source) if source else None


@pytest.mark.parametrize("case", cases("good"))
def test_a_good_file_is_good_to_us(case: str) -> None:
    found = checked(case)
    assert found is None or not found.findings


@pytest.mark.parametrize("case", cases("bad"))
def test_a_bad_file_is_bad_to_us(case: str) -> None:
    found = checked(case)
    assert found
    errors = [found for found in found.findings if found.rule.severity is Severity.ERROR]
    assert errors
    for error in errors:
        assert error.place
        assert error.place.source.endswith(f"# wrong: {wrong_key(case)}")
