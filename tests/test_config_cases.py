"""Bad configurations, each beside what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from flask_migrate_decl import check_config
from flask_migrate_decl.cli import db
from flask_migrate_decl.errors import Severity
from flask_migrate_decl.reporting import FORMATS, Depth
from tests.golden import assert_golden

CASES = sorted(path for path in (Path(__file__).parent / "config_cases").iterdir() if path.is_dir())
EXPECTED = {"full": "full.txt", "json": "report.json"}


@pytest.fixture(params=CASES, ids=lambda path: path.name)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder: Path = request.param
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("format_", EXPECTED)
def test_what_is_said_of_a_bad_configuration(case: Path, format_: str) -> None:
    report = check_config(depth=Depth.FILE)
    said = FORMATS[format_](report)
    assert_golden(case / EXPECTED[format_], said)
    run = CliRunner().invoke(db, ["check-config", "--no-app", "--strict", "--format", format_])
    assert run.stdout == said
    assert run.exit_code == 1
    assert "hunter2" not in said


def test_every_finding_has_a_place_and_points_at_something(case: Path) -> None:
    for finding in check_config(depth=Depth.FILE).findings:
        assert finding.place
        assert finding.place.line
        assert finding.place.column
        assert finding.place.end_column
        assert finding.place.end_column > finding.place.column


def test_there_are_many_cases_and_all_rules_of_the_file_are_among_them() -> None:
    assert len(CASES) >= 60
    said = "".join((case / "full.txt").read_text() for case in CASES)
    from flask_migrate_decl.errors.rules import RULES

    of_files = [code for code in RULES if code < "FMD400"]
    assert [code for code in of_files if code not in said] == []
    assert Severity.WARNING in said
