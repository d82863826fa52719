"""The section: where it is found, what it may say, and what is said of its mistakes."""

from __future__ import annotations

import inspect
import os
import stat
from pathlib import Path

import pytest
import tomli
from alembic.runtime.environment import EnvironmentContext

from flask_migrate_decl.config import (
    Configuration,
    DatabaseOptions,
    Settings,
    add_starter_section,
    configuration_of,
    find_source,
    load_configuration,
)
from flask_migrate_decl.config.settings import ScriptOptions
from flask_migrate_decl.config.source import source_in
from flask_migrate_decl.config.toml.document import parse_document
from flask_migrate_decl.environment.alembic_config import FLAG_OPTIONS, TEXT_OPTIONS
from flask_migrate_decl.environment.project import REFERENCES
from flask_migrate_decl.errors import ConfigInvalidError, ConfigUnreadableError


def configuration(text: str) -> Configuration:
    source = source_in(parse_document(Path("migrate.toml"), text.encode()))
    assert source
    return configuration_of(source)


def section(text: str) -> Settings:
    return configuration(text).settings


# --- what it may say ---------------------------------------------------------------------------


def test_the_defaults_are_those_of_flask_migrate() -> None:
    settings = section("")
    assert (settings.directory, settings.compare_type, settings.render_as_batch) == (
        "migrations",
        True,
        True,
    )


def test_every_option_of_configure_that_a_file_can_express_is_there() -> None:
    parameters = inspect.signature(EnvironmentContext.configure).parameters
    # What the environment itself gives, or the command line.
    given = {"self", "connection", "url", "dialect_name", "dialect_opts", "output_buffer"}
    given |= {"starting_rev", "tag", "template_args", "target_metadata", "literal_binds"}
    given |= {"upgrade_token", "downgrade_token", "kw"}
    assert set(parameters) - given <= set(DatabaseOptions.model_fields)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        section("").directory = "x"  # type: ignore[misc]


def test_a_bind_inherits_and_overrides() -> None:
    text = """
    compare_type = false
    version_table = "versions"
    [binds.other]
    version_table = "other_versions"
    """
    found = configuration(text)
    assert found.declared_options(None) == {
        "compare_type": False,
        "version_table": "versions",
    }
    assert found.declared_options("other") == {
        "compare_type": False,
        "version_table": "other_versions",
    }


def test_a_history_of_its_own_inherits_how_scripts_are_written_and_not_where() -> None:
    text = """
    timezone = "UTC"
    file_template = "%(rev)s"
    version_locations = ["a"]
    [binds.own]
    directory = "own"
    file_template = "%(slug)s"
    [binds.shared]
    file_template = "%(slug)s"
    """
    found = configuration(text)
    assert [found.history_owner(bind) for bind in (None, "own", "shared")] == [None, "own", None]
    shared = {"timezone": "UTC", "file_template": "%(rev)s", "version_locations": ("a",)}
    assert found.declared_script_options(None) == shared
    own = {"timezone": "UTC", "file_template": "%(slug)s"}
    assert found.declared_script_options("own") == own


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("[binds.default]", True),
        ('binds.default.directory = "main"', False),
        ("binds.default.enabled = false", False),
        ('multidb = true\nbinds.default.directory = "main"', True),
        ('binds.default.directory = "main"\n[binds.eu]', True),
        ('[binds]\ndefault = { directory = "main" }\neu = { directory = "eu" }', False),
        ('[binds]\ndefault = { directory = "main" }\neu = { enabled = false }', False),
    ],
)
def test_when_a_history_may_be_shared(text: str, expected: bool) -> None:
    assert configuration(text).has_shared_history is expected


def test_the_folder_of_the_section_is_free_where_no_bind_shares_it() -> None:
    text = """
    [binds.default]
    directory = "migrations"
    [binds.eu]
    directory = "migrations/eu"
    """
    assert configuration(text).history_owner(None) == "default"
    with pytest.raises(ConfigInvalidError, match="FMD218"):
        configuration(f"multidb = true\n{text}")


def test_folders_that_are_not_read_from_above_may_lie_in_each_other() -> None:
    nested = 'binds.eu.directory = "migrations/versions/eu"\n'
    assert configuration(nested).history_owner("eu") == "eu"
    with pytest.raises(ConfigInvalidError, match="FMD218"):
        configuration(f"{nested}recursive_version_locations = true\n")
    beside = 'binds.eu.directory = "migrations/versions_eu"\n'
    assert configuration(f"{beside}recursive_version_locations = true\n")


def test_both_forms_of_a_list_of_hints() -> None:
    inline = 'renames.columns = [{ table = "t", from = "a", to = "b" }]'
    tables = '[[renames.columns]]\ntable = "t"\nfrom = "a"\nto = "b"'
    assert section(inline).renames == section(tables).renames


# --- what is said of its mistakes --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("migrate.toml", b"a = \nb = 1", "line 1, column 5"),
        ("migrate.toml", b"a = '\xff'", "not UTF-8"),
        ("pyproject.toml", b"[tool.flask_migrate]", "call it .tool.flask-migrate"),
        ("pyproject.toml", b"[tool.flaskmigrate]", "call it .tool.flask-migrate"),
        ("pyproject.toml", b"[tool.Flask-Migrate]", "call it .tool.flask-migrate"),
        ("pyproject.toml", b"[tool.flask-migrate-decl]", "call it .tool.flask-migrate"),
        ("pyproject.toml", b"[flask-migrate]", "call it .tool.flask-migrate"),
        ("pyproject.toml", b"tool.flask-migrate = 1", "should be a table"),
    ],
)
def test_a_file_that_is_not_right_as_a_whole(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigInvalidError, match=message):
        load_configuration(None, [tmp_path])


# --- where it is found -------------------------------------------------------------------------


def test_the_nearest_file_upward_is_taken(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.flask-migrate]\ndirectory = "top"')
    inner = tmp_path / "src" / "shop"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[tool.other]")
    assert load_configuration(None, [inner]).settings.directory == "top"
    (tmp_path / "src" / "migrate.toml").write_text('directory = "near"')
    configuration = load_configuration(None, [inner])
    assert configuration.path(configuration.settings.directory) == tmp_path / "src" / "near"


def test_migrate_toml_hides_pyproject_toml_and_that_is_known(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.flask-migrate]\ndirectory = "hidden"')
    (tmp_path / "migrate.toml").write_text('directory = "own"')
    source = find_source(None, [tmp_path])
    assert (source.path, source.hidden) == (
        tmp_path / "migrate.toml",
        tmp_path / "pyproject.toml",
    )


def test_the_variable_goes_before_code_and_code_before_searching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("variable", "code", "migrate"):
        (tmp_path / f"{name}.toml").write_text(f'directory = "{name}"')
    assert load_configuration(None, [tmp_path]).settings.directory == "migrate"
    named = tmp_path / "code.toml"
    assert load_configuration(named, [tmp_path]).settings.directory == "code"
    monkeypatch.setenv("FLASK_MIGRATE_CONFIG", str(tmp_path / "variable.toml"))
    assert load_configuration(named, [tmp_path]).settings.directory == "variable"


def test_a_named_file_has_to_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigUnreadableError, match="named by Migrate"):
        load_configuration(tmp_path / "none.toml", [])
    monkeypatch.setenv("FLASK_MIGRATE_CONFIG", str(tmp_path))
    with pytest.raises(ConfigUnreadableError, match="named by FLASK_MIGRATE_CONFIG"):
        load_configuration(None, [])


def test_no_file_at_all_gives_the_defaults(tmp_path: Path) -> None:
    assert load_configuration(None, [tmp_path]).settings == Settings()


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfdirectory = 'x'", b"directory = 'x'\r\n"])
def test_byte_order_marks_and_line_ends(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "migrate.toml").write_bytes(content)
    assert load_configuration(None, [tmp_path]).settings.directory == "x"


# --- the first section -------------------------------------------------------------------------

PYPROJECTS = {
    "empty": b"",
    "ordinary": b'[project]\nname = "shop"\n',
    "no line end at the end": b'[project]\nname = "shop"',
    "CRLF": b'[project]\r\nname = "shop"\r\n\r\n[tool.ruff]\r\nline-length = 100\r\n',
    "byte order mark": b'\xef\xbb\xbf[project]\nname = "sh\xc3\xb6p"\n',
    "comment at the end": b'[project]\nname = "shop" # a shop',
    "array of tables at the end": b'[[project.authors]]\nname = "Ann"\n',
    "dotted": b"project.name = 'shop'\ntool.ruff.line-length = 100\n",
}


@pytest.mark.parametrize("name", PYPROJECTS)
def test_the_starter_section_leaves_every_other_byte(tmp_path: Path, name: str) -> None:
    path = tmp_path / "pyproject.toml"
    before = PYPROJECTS[name]
    path.write_bytes(before)
    path.chmod(0o640)
    section = add_starter_section(tmp_path, 'migra"ti\x7fons', multidb=True)
    after = path.read_bytes()
    assert section.written
    assert after.startswith(before)
    assert (b"\r\n" in after) is (b"\r\n" in before)
    assert after.count(b"\n") == after.count(b"\r\n") or b"\r\n" not in before
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    section_read = tomli.loads(after.decode("utf-8-sig"))["tool"]["flask-migrate"]
    assert section_read == {"directory": 'migra"ti\x7fons', "multidb": True}
    assert os.listdir(tmp_path) == ["pyproject.toml"]


@pytest.mark.parametrize("before", [b"tool = { ruff = { line-length = 1 } }\n", b"tool = 1\n"])
def test_a_section_that_fits_nowhere_is_handed_back(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_bytes(before)
    section = add_starter_section(tmp_path, "migrations", multidb=False)
    assert not section.written
    assert "[tool.flask-migrate]" in section.text
    assert path.read_bytes() == before


def test_a_file_that_may_not_be_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    path = tmp_path / "pyproject.toml"
    path.write_text("[project]")
    path.chmod(0o444)
    with pytest.raises(PermissionError):
        add_starter_section(tmp_path, "migrations", multidb=False)
    assert path.read_text() == "[project]"


def test_a_symlink_stays_one(tmp_path: Path) -> None:
    target = tmp_path / "real.toml"
    target.write_text("[project]\n")
    (tmp_path / "pyproject.toml").symlink_to(target)
    assert add_starter_section(tmp_path, "migrations", multidb=False).written
    assert (tmp_path / "pyproject.toml").is_symlink()
    assert "flask-migrate" in target.read_text()


def test_without_a_pyproject_a_migrate_toml_is_made(tmp_path: Path) -> None:
    section = add_starter_section(tmp_path, "migrations", multidb=False)
    assert section.path == tmp_path / "migrate.toml"
    assert load_configuration(None, [tmp_path]).settings.directory == "migrations"
    uncommented = (
        section.text.replace("# [ren", "[ren").replace("# tab", "tab").replace("# col", "col")
    )
    assert configuration(uncommented).renames


def test_every_option_that_names_an_object_is_resolved_and_every_script_option_passed_on() -> None:
    """The lists of the environment say what the settings say."""
    references = {
        name
        for name, info in DatabaseOptions.model_fields.items()
        if "_checked_reference" in str((info.annotation, info.metadata))
    }
    assert references == REFERENCES
    handled = {*TEXT_OPTIONS, *FLAG_OPTIONS, "version_locations", "post_write_hooks"}
    assert handled == set(ScriptOptions.model_fields)
