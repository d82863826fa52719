"""Reports for programs: SARIF, GitHub's commands and JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from sarif_kit.validate import validation_errors  # type: ignore[import-untyped, unused-ignore]

from flask_migrate_decl import check_config, check_files
from flask_migrate_decl.errors import Finding, Place, Related, Severity
from flask_migrate_decl.errors.rules import MISSING_KEY, MODELS_EMPTY, SYNTAX
from flask_migrate_decl.reporting import FORMATS, ConfigReport, Depth, DepthReport
from tests.test_config_cases import CASES

AWKWARD = Path("a b%,:é;#?.toml")


def report(*findings: Finding) -> ConfigReport:
    return ConfigReport(findings, (DepthReport(Depth.FILE, ran=True, detail="x"),))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_every_report_is_valid_sarif(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    found = check_config(depth=Depth.FILE)
    log = json.loads(FORMATS["sarif"](found))
    assert validation_errors(log) == []
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result, finding in zip(run["results"], found.findings, strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"] == finding.rule.code
        assert result["level"] == finding.rule.severity
        (location,) = result["locations"]
        assert (case / location["physicalLocation"]["artifactLocation"]["uri"]).is_file()


def test_sarif_of_what_has_no_place_or_lies_elsewhere(tmp_path: Path) -> None:
    elsewhere = Place(tmp_path.parent / AWKWARD, 1, 1, 2, "x")
    finding = Finding(SYNTAX, "m", "", Place(AWKWARD.absolute()), "", (Related(elsewhere, "o"),))
    log = json.loads(FORMATS["sarif"](report(Finding(MODELS_EMPTY, "m"), finding)))
    assert validation_errors(log) == []
    nowhere, somewhere = log["runs"][0]["results"]
    assert "locations" not in nowhere
    artifact = somewhere["locations"][0]["physicalLocation"]["artifactLocation"]
    assert unquote(artifact["uri"]) == str(AWKWARD)
    other = somewhere["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(urlparse(other).path) == str(elsewhere.path)


COMMAND = re.compile(r"::(error|warning|notice) (.*?)::(.*)")


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """Read a workflow command as GitHub's runner does."""
    match = COMMAND.fullmatch(line)
    assert match
    properties = dict(pair.split("=", 1) for pair in match[2].split(","))
    return match[1], {k: unquote(v) for k, v in properties.items()}, unquote(match[3])


def test_github_reads_what_was_meant() -> None:
    place = Place(AWKWARD.absolute(), 3, 5, 9, "x")
    finding = Finding(MISSING_KEY, "100% :: of,\r\nit", "do: this", place)
    (line,) = FORMATS["github"](report(finding)).splitlines()
    assert parsed(line) == (
        "error",
        {
            "file": str(AWKWARD),
            "line": "3",
            "endLine": "3",
            "col": "5",
            "endColumn": "9",
            "title": "FMD202 missing-key",
        },
        "100% :: of,\r\nit\nhelp: do: this",
    )


def test_github_shows_what_has_no_place() -> None:
    lines = FORMATS["github"](report(Finding(MODELS_EMPTY, "m"))).splitlines()
    assert parsed(lines[0]) == ("warning", {"title": "FMD408 models-empty"}, "m")


def test_json_counts_and_says_how_deep_it_looked(tmp_path: Path) -> None:
    (tmp_path / AWKWARD).write_text("directry = 1\ntimezone = 'Nowhere'\n")
    found = json.loads(FORMATS["json"](check_files([tmp_path / AWKWARD])))
    assert found["summary"] == {"errors": 1, "warnings": 1, "notes": 0}
    assert found["depths"] == [{"depth": "file", "ran": True, "detail": str(AWKWARD)}]
    assert [finding["file"] for finding in found["findings"]] == [str(AWKWARD)] * 2
    assert set(found["summary"]) == {f"{severity}s" for severity in Severity}


def test_a_message_can_not_break_the_layout(tmp_path: Path) -> None:
    text = FORMATS["concise"](report(Finding(SYNTAX, "a\nb\x1b[31m")))
    assert text.startswith("error FMD101: a\\nb\\x1b[31m\n")
