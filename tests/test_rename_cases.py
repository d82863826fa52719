"""Every row of the states of a hint and every rule of the order, from models to rows and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.changes import (
    FOLDER,
    Case,
    all_rows,
    bodies,
    cases,
    differences,
    insert_rows,
    without,
)
from tests.golden import assert_golden
from tests.project import NEEDS_SQLALCHEMY_2_1, App, Project

MARKS = {"postgresql": pytest.mark.postgresql, "mariadb": pytest.mark.mariadb}
ALL = list(cases())


def _runs() -> Iterator[object]:
    for case in ALL:
        for database in case.databases:
            marks = [MARKS[database]] if database in MARKS else []
            if case.name == "names_do_not_follow":
                marks.append(NEEDS_SQLALCHEMY_2_1)
            yield pytest.param(case, database, marks=marks, id=f"{case.name}-{database}")


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    database = request.getfixturevalue("database")
    if database == "sqlite":
        return Project(tmp_path, f"sqlite:///{tmp_path}/app.db")
    fixture = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}[database]
    return Project(tmp_path, request.getfixturevalue(fixture))


def upgraded(app: App, message: str, rev_id: str) -> None:
    app.run("db", "migrate", "-m", message, "--rev-id", rev_id)
    app.run("db", "upgrade")


def begun(case: Case, project: Project) -> App:
    """Bring the database to the models before the change, by way of those before them."""
    app = project.app(lambda _db: None)
    app.execute(*case.setup)
    app.run("db", "init")
    versions = [*case.earlier, {"models": case.before, "hints": None}]
    for number, version in enumerate(versions):
        app = case.app(project, version["models"], version.get("hints"))
        upgraded(app, f"version {number}", f"000{number}")
    app.execute(*case.sql)
    insert_rows(app, case.own_rows)
    return app


def said(output: str, project: Project) -> str:
    """Return what was printed, without what differs from run to run."""
    output = output.replace(str(project.folder), "…")
    return re.sub(r"…/\S*/versions/", "…/", output)


def statements(output: str) -> str:
    """Return the SQL of a revision, without that of Alembic's own table."""
    lines = [line for line in output.splitlines() if line and not line.startswith("--")]
    found = "\n".join(lines).split(";\n")
    return ";\n".join(sql for sql in found if "alembic_version" not in sql)


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.parametrize(("case", "database"), [*_runs()])
def test_a_change_of_models(case: Case, database: str, project: Project) -> None:
    old = begun(case, project)
    rows = all_rows(old, case.schemas)
    scripts = project.scripts()
    new = case.app(project, case.after, case.hints)
    expected = FOLDER / case.name / f"{database}.txt"
    checked = new.flask.test_cli_runner().invoke(args=["db", "check"])
    output = new.run(
        *("db", "migrate", "-m", "change", "--rev-id", "change"), exit_code=case.exit_code
    )
    report = f"# migrate says\n{said(output, project).strip()}\n"
    if project.scripts() == scripts:
        assert_golden(expected, report)
        assert checked.exit_code == case.exit_code
        assert all_rows(new, case.schemas) == rows
        assert case.exit_code or "No new upgrade operations" in new.run("db", "check")
        return
    assert "the models and the database differ" in checked.output
    assert checked.exit_code == 1
    upgrade, downgrade = bodies(project.scripts()["change_change.py"])
    new.run("db", "upgrade")
    after = all_rows(new, case.schemas)
    lines = [f"{name}: {row}" for name, of_table in after.items() for row in of_table]
    parts = {"upgrade": upgrade, "downgrade": downgrade, "rows after it": "\n".join(lines)}
    if database == "postgresql":
        parts["upgrade --sql"] = statements(new.run("db", "upgrade", "0000:change", "--sql"))
    text = "".join(f"\n# {title}\n{part}\n" for title, part in parts.items())
    assert_golden(expected, report + text)

    assert "No new upgrade operations" in new.run("db", "check")
    assert differences(new, case.schemas) == []
    new.run("db", "downgrade")
    assert differences(old, case.schemas) == []
    back = all_rows(old, case.schemas)
    assert without(back, case.gone) == without(rows, case.gone)
    new.run("db", "upgrade")
    assert without(all_rows(new, case.schemas), case.gone) == without(after, case.gone)
    assert "No new upgrade operations" in new.run("db", "check")


def test_every_folder_is_a_case_and_has_what_is_expected_of_each_database() -> None:
    found = {path.relative_to(FOLDER) for path in FOLDER.glob("*/*.txt")}
    assert found == {Path(case.name) / f"{name}.txt" for case in ALL for name in case.databases}
