"""Findings in SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from flask_migrate_decl.errors import Finding, Place, Rule
    from flask_migrate_decl.reporting.report import ConfigReport

_DISTRIBUTION = "Flask-Migrate-Decl"


def sarif_log(report: ConfigReport) -> dict[str, Any]:
    """Return a log of one run, as plain values."""
    findings = report.findings
    rules = list(dict.fromkeys(finding.rule for finding in findings))
    driver = {
        "name": _DISTRIBUTION,
        "version": version(_DISTRIBUTION),
        "rules": [_rule(rule) for rule in rules],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [_invocation(report)],
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, rules.index(finding.rule)) for finding in findings],
            }
        ],
    }


def _invocation(report: ConfigReport) -> dict[str, Any]:
    """Say which depths could not be looked at, and why."""
    missed = [depth for depth in report.depths if not depth.ran]
    return {
        "executionSuccessful": not missed,
        "toolExecutionNotifications": [
            {"level": "warning", "message": {"text": f"{depth.depth}: {depth.detail}"}}
            for depth in missed
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.mend},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    text = f"{finding.message}; {finding.help}" if finding.help else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.rule.code,
        "ruleIndex": rule_index,
        "level": finding.rule.severity,
        "message": {"text": text},
    }
    if finding.place:
        result["locations"] = [_location(finding.place)]
    if finding.related:
        result["relatedLocations"] = [
            {**_location(related.place), "message": {"text": related.message}}
            for related in finding.related
        ]
    return result


def _location(place: Place) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.path)}}
    if place.line is not None:
        physical["region"] = {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.line,
            "endColumn": place.end_column,
            "snippet": {"text": place.source},
        }
    return {"physicalLocation": physical}


def _uri(path: Path) -> str:
    """Return a path as a URI, relative where the file lies in the working folder or below."""
    if path.is_relative_to(Path.cwd()):
        return quote(os.fsencode(path.relative_to(Path.cwd()).as_posix()))
    return path.absolute().as_uri()
