"""``flask db show-config``: what holds, and where it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from flask_migrate_decl import show_config
from flask_migrate_decl.config import Settings, load_configuration
from flask_migrate_decl.config.settings import HINT_MODELS
from flask_migrate_decl.errors import (
    AmbiguousBindError,
    ConfigInvalidError,
    UndeclaredBindError,
    UnknownBindError,
)
from flask_migrate_decl.reporting import IN_FORCE_FORMATS, Origin, SettingsInForce
from tests.project import Project
from tests.test_check_config import account
from tests.test_cli import APP, Shell

SECTION = """\
directory = "changes"
compare_type = false
version_table = "versions"
models = ["json"]
[binds.empty]
[binds.own]
version_table = "own_versions"
[[renames.tables]]
from = "a"
to = "b"
[[renames.tables]]
from = "a"
to = "b"
bind = "own"
[[renames.enum_values]]
enum = "state"
from = "a"
to = "b"
[renames]
follow_names = false
[safety]
on_drop = "error"
[lock]
timeout = 3
[binds.own.lock]
enabled = false
"""


def by_key(shown: SettingsInForce) -> dict[str, tuple[Any, str]]:
    return {setting.key: (setting.value, setting.source) for setting in shown.settings}


def include_everything(*_args: object) -> bool:
    return True


def test_each_setting_says_where_it_comes_from(sqlite_project: Project) -> None:
    sqlite_project.binds.update(own="sqlite://", empty="sqlite://")
    sqlite_project.configure(SECTION)
    app = sqlite_project.app(
        account, compare_type=True, include_object=include_everything, dialect_opts={}
    )
    with app.flask.app_context():
        shown = by_key(show_config(directory="given"))
    assert shown["directory"] == ("given", "command line")
    assert shown["compare_type"] == (True, "code")
    assert shown["include_object"] == (include_everything, "code")
    assert shown["dialect_opts"] == ({}, "code")
    assert shown["version_table"] == ("versions", "migrate.toml:3:1")
    assert shown["binds.own.version_table"] == ("own_versions", "migrate.toml:7:1")
    assert shown["binds.empty"] == ({}, "migrate.toml:5:8")
    assert shown["render_as_batch"] == (True, "default")
    assert shown["renames.tables"][1] == "migrate.toml:8:11"
    assert shown["renames.columns"] == ([], "default")
    labels = [{"enum": "state", "from": "a", "to": "b"}]
    assert shown["renames.enum_values"] == (labels, "migrate.toml:15:11")
    assert shown["renames.follow_names"] == (False, "migrate.toml:20:1")
    assert shown["renames.follow_default_names"] == (False, "default")
    assert shown["safety.on_drop"] == ("error", "migrate.toml:22:1")
    assert shown["safety.allow_drop"] == ([], "default")
    assert shown["lock.timeout"] == (3, "migrate.toml:24:1")
    assert shown["lock.enabled"] == (True, "default")
    assert shown["binds.own.lock.enabled"] == (False, "migrate.toml:26:1")
    assert "binds.own.lock.timeout" not in shown


def test_code_names_the_directory_from_the_working_folder(sqlite_project: Project) -> None:
    sqlite_project.configure(SECTION)
    app = sqlite_project.app(account, directory="elsewhere/migrations")
    with app.flask.app_context():
        assert by_key(show_config())["directory"] == ("elsewhere/migrations", "code")


def test_a_bind_is_shown_with_what_it_takes_from_the_section(tmp_path: Path) -> None:
    (tmp_path / "migrate.toml").write_text(SECTION)
    shown = by_key(show_config(bind="own"))
    assert shown["binds.own.version_table"] == ("own_versions", "migrate.toml:7:1")
    assert shown["binds.own.compare_type"] == (False, "migrate.toml:2:1")
    assert shown["binds.own.render_as_batch"] == (True, "default")
    assert shown["renames.tables"][0] == [{"from": "a", "to": "b", "bind": "own"}]
    assert shown["renames.enum_values"][0] == []
    assert shown["renames.follow_names"] == (False, "migrate.toml:20:1")
    assert shown["safety.on_drop"] == ("error", "migrate.toml:22:1")
    assert shown["binds.own.lock.enabled"] == (False, "migrate.toml:26:1")
    assert shown["binds.own.lock.timeout"] == (3, "migrate.toml:24:1")
    assert shown["binds.own.timeouts.retries"] == (5, "default")
    with pytest.raises(UndeclaredBindError) as caught:
        show_config(bind="other")
    assert caught.value.declared == ("empty", "own")


def test_with_all_binds_declared_those_of_the_app_count(sqlite_project: Project) -> None:
    sqlite_project.binds["own"] = "sqlite://"
    sqlite_project.configure("multidb = true\n")
    app = sqlite_project.app(account)
    with app.flask.app_context():
        assert show_config(bind="own").bind == "own"
        with pytest.raises(UnknownBindError, match="SQLALCHEMY_BINDS has: own"):
            show_config(bind="other")


HISTORIES = """\
directory = "changes"
file_template = "%(rev)s"
version_locations = ["changes/versions"]
[binds.own]
directory = "own"
timezone = "UTC"
url_env = "OWN_URL"
[binds.shared]
enabled = false
timezone = "UTC"
"""


def test_a_bind_with_a_history_of_its_own_is_shown_with_its_folder_and_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_URL", "postgresql://owner:hunter2@db.example/shop")
    (tmp_path / "migrate.toml").write_text(HISTORIES)
    shown = by_key(show_config(bind="own"))
    assert shown["binds.own.enabled"] == (True, "default")
    assert shown["binds.own.directory"] == ("own", "migrate.toml:5:1")
    assert shown["binds.own.url_env"] == ("OWN_URL", "migrate.toml:7:1")
    assert shown["binds.own.timezone"] == ("UTC", "migrate.toml:6:1")
    assert shown["binds.own.file_template"] == ("%(rev)s", "migrate.toml:2:1")
    assert shown["binds.own.version_locations"] == (None, "default")
    assert "directory" not in shown
    assert "file_template" not in shown
    for bind in ("own", None):
        found = show_config(bind=bind)
        texts = [make(found) for make in IN_FORCE_FORMATS.values()]
        assert "OWN_URL" in texts[0]
        assert "hunter2" not in f"{texts} {found.rows}"


def test_a_bind_that_shares_a_history_is_shown_with_that(tmp_path: Path) -> None:
    (tmp_path / "migrate.toml").write_text(HISTORIES)
    shown = by_key(show_config(bind="shared"))
    assert shown["binds.shared.enabled"] == (False, "migrate.toml:9:1")
    assert shown["binds.shared.url_env"] == (None, "default")
    assert shown["directory"] == ("changes", "migrate.toml:1:1")
    assert shown["file_template"] == ("%(rev)s", "migrate.toml:2:1")
    assert shown["version_locations"] == (["changes/versions"], "migrate.toml:3:1")
    assert shown["timezone"] == (None, "default")
    assert "binds.shared.timezone" not in shown
    assert "binds.shared.directory" not in shown
    assert by_key(show_config(directory="given", bind="shared"))["directory"][0] == "given"


@pytest.mark.parametrize("bind", ["own", "shared", "default"])
def test_the_toml_of_a_bind_says_what_holds_for_it(tmp_path: Path, bind: str) -> None:
    (tmp_path / "migrate.toml").write_text(HISTORIES)
    before = load_configuration("migrate.toml", [])
    key = None if bind == "default" else bind
    (tmp_path / "shown.toml").write_text(IN_FORCE_FORMATS["toml"](show_config(bind=bind)))
    after = load_configuration("shown.toml", [])
    for configuration in (before, after):
        assert configuration.history_owner(key) == ("own" if bind == "own" else None)
    assert after.bind_settings(key).enabled == before.bind_settings(key).enabled
    assert after.bind_settings(key).url_env == before.bind_settings(key).url_env
    options = [c.declared_script_options(c.history_owner(key)) for c in (after, before)]
    assert options[0].items() >= options[1].items()


def test_the_main_database_is_called_default(tmp_path: Path) -> None:
    own = 'renames.tables = [{ from = "a", to = "b" }]\n'
    hints = 'renames.tables = [{ from = "a", to = "b" }, { from = "a", to = "b", bind = "eu" }]\n'
    for section in (own, f"{hints}multidb = true\n", f"{hints}[binds.eu]\n"):
        (tmp_path / "migrate.toml").write_text(section)
        shown = by_key(show_config(bind="default"))
        assert shown["directory"] == ("migrations", "default")
        assert shown["binds.default.compare_type"] == (True, "default")
        assert shown["renames.tables"][0] == [{"from": "a", "to": "b"}]
    (tmp_path / "migrate.toml").write_text(f'{own}[binds.default]\ndirectory = "main"\n')
    shown = by_key(show_config(bind="default"))
    assert shown["binds.default.directory"] == ("main", "migrate.toml:3:1")


@pytest.mark.parametrize("section", ["", "multidb = true\n", "[binds.default]\n"])
def test_the_main_database_of_an_app(sqlite_project: Project, section: str) -> None:
    sqlite_project.configure(section)
    sqlite_project.binds["eu"] = "sqlite://"
    with sqlite_project.app(account).flask.app_context():
        assert by_key(show_config(bind="default"))["binds.default.enabled"][0] is True
    sqlite_project.binds["default"] = "sqlite://"
    with sqlite_project.app(account).flask.app_context():
        if not section:
            assert show_config(bind="default").bind == "default"
            return
        with pytest.raises(AmbiguousBindError):
            show_config(bind="default")


def test_an_app_without_a_main_database(
    sqlite_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_project, "url", None)
    sqlite_project.binds["eu"] = "sqlite://"
    with (
        sqlite_project.app(lambda _db: None).flask.app_context(),
        pytest.raises(UnknownBindError, match='no bind "default"; SQLALCHEMY_BINDS has: eu'),
    ):
        show_config(bind="default")
    sqlite_project.binds["default"] = "sqlite://"
    with sqlite_project.app(lambda _db: None).flask.app_context():
        assert show_config(bind="default").bind == "default"


def test_the_toml_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "migrate.toml").write_text(SECTION)
    text = IN_FORCE_FORMATS["toml"](show_config())
    found = Settings.model_validate(tomli.loads(text))
    assert found == Settings.model_validate(tomli.loads(SECTION))
    of_bind = IN_FORCE_FORMATS["toml"](show_config(bind="own"))
    own = Settings.model_validate(tomli.loads(of_bind)).binds["own"]
    assert (own.version_table, own.compare_type) == ("own_versions", False)


def test_the_toml_names_objects_of_code_where_it_can(sqlite_project: Project) -> None:
    app = sqlite_project.app(
        account,
        include_object=include_everything,
        include_name=lambda *_: True,
        foreign=object(),
        tag="x",
        url="postgresql://u:hunter2@h/x",
    )
    with app.flask.app_context():
        shown = show_config()
        text = IN_FORCE_FORMATS["toml"](shown)
    assert "hunter2" not in f"{text} {shown.rows} {IN_FORCE_FORMATS['json'](shown)}"
    assert 'include_object = "tests.test_show_config:include_everything"' in text
    assert "# include_name, given by code, can't be said in a file." in text
    assert "# tag, given by code, can't be said in a file." in text
    assert Settings.model_validate(tomli.loads(text)).include_object
    values = {s["key"]: s["value"] for s in json.loads(IN_FORCE_FORMATS["json"](shown))["settings"]}
    assert values["include_name"] == "<function>"
    assert values["foreign"] == "<object>"


def _hint_of(model: type[BaseModel]) -> dict[str, str]:
    """Return a hint of the default database that says all that one of its kind can say."""
    keys = {info.alias or name for name, info in model.model_fields.items()} - {"bind"}
    return {key: f"{model.__name__}.{key}'\"\\" for key in keys}


_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
_HOOK = {"name": st.just("x"), "type": st.just("exec"), "executable": st.text()}
_DURATIONS = st.sampled_from([0, 3, 0.5, "500ms", "1.5h"])
_LIMITS = st.sampled_from([1, 0.5, "3s", "10m"])
_RUNS = {
    "lock": st.fixed_dictionaries({}, optional={"enabled": st.booleans(), "timeout": _DURATIONS}),
    "timeouts": st.fixed_dictionaries(
        {}, optional={"lock": _LIMITS, "statement": _LIMITS, "retries": st.integers(0, 9)}
    ),
    "sqlite": st.fixed_dictionaries(
        {}, optional={"on_loss": st.sampled_from(["error", "warn"]), "backup": st.booleans()}
    ),
}
_BIND = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans(),
        "url_env": st.just("OWN_URL"),
        "version_table": _TEXTS,
        "include_schemas": st.booleans(),
        "timezone": st.just("UTC"),
        **_RUNS,
    },
)


def _with_folders(binds: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give every other bind a folder of its own."""
    return {
        name: own | ({"directory": f"folders/{number}"} if number % 2 else {})
        for number, (name, own) in enumerate(binds.items())
    }


OPTIONS = {
    "directory": _TEXTS,
    "multidb": st.booleans(),
    "bind_transactions": st.sampled_from(["separate", "together", "two-phase"]),
    "binds": st.dictionaries(st.just("default") | _TEXTS, _BIND, max_size=4).map(_with_folders),
    "compare_type": st.booleans() | st.just("a.b:c"),
    "version_table": _TEXTS | st.just("a\nb"),
    "truncate_slug_length": st.integers(1, 1000),
    "models": st.lists(st.sampled_from(["a", "b.c"])),
    "transactional_ddl": st.booleans(),
    "post_write_hooks": st.lists(st.fixed_dictionaries(_HOOK), max_size=1),
    **_RUNS,
    "safety": st.fixed_dictionaries(
        {},
        optional={
            "on_drop": st.sampled_from(["warn", "error", "ignore"]),
            "allow_drop": st.lists(st.sampled_from(["legacy_*", "crm.account.old_?", "[a]'\""])),
        },
    ),
    "renames": st.fixed_dictionaries(
        {},
        optional={
            "follow_names": st.booleans(),
            "follow_default_names": st.booleans(),
            **{kind: st.just([_hint_of(model)]) for kind, model in HINT_MODELS.items()},
        },
    ),
}


@settings(max_examples=100, deadline=None)
@given(st.fixed_dictionaries({}, optional=OPTIONS))
def test_the_toml_of_any_settings_says_the_same(section: dict[str, Any]) -> None:
    path = Path("migrate.toml")
    path.write_text(tomli_w.dumps(section), encoding="utf-8")
    text = IN_FORCE_FORMATS["toml"](show_config())
    assert Settings.model_validate(tomli.loads(text)) == Settings.model_validate(section)


# --- at the command line -----------------------------------------------------------------------


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_as_a_table_for_people(shell: Shell) -> None:
    shell.write(app__py=APP, migrate__toml=SECTION.replace("[binds.empty]\n", ""))
    run = shell.flask("--app", "app", "db", "show-config", "-d", "given")
    lines = [line.split() for line in run.stdout.splitlines()]
    assert lines[0] == ["Key", "Value", "From"]
    assert ["directory", '"given"', "command", "line"] in lines
    assert ["compare_type", "false", "migrate.toml:2:1"] in lines
    run = shell.flask("db", "show-config", "--no-app", "--bind", "own", "--format", "json")
    shown = json.loads(run.stdout)
    assert (shown["bind"], shown["settings"][0]["origin"]) == ("own", Origin.FILE)
    run = shell.flask("--app", "app", "db", "show-config", "--bind", "default", "--format", "toml")
    assert tomli.loads(run.stdout)["binds"]["default"]["version_table"] == "versions"


def test_without_an_app_the_file_is_shown_and_that_is_said(shell: Shell) -> None:
    run = shell.flask("db", "show-config", "--format", "toml")
    assert tomli.loads(run.stdout)["directory"] == "migrations"
    assert "Warning: what code says is not shown: the app of wsgi.py or app.py" in run.stderr
    shell.write(migrate__toml="directry = 1\n")
    run = shell.flask("db", "show-config", "--no-app", exit_code=2)
    assert "migrate.toml:1:1: error FMD201" in run.stderr
    with pytest.raises(ConfigInvalidError):
        show_config()
