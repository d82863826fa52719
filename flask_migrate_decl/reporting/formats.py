"""The formats in which a report can be had."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.errors import Severity
from flask_migrate_decl.reporting.full import full_finding, headline, shown_place
from flask_migrate_decl.reporting.github import annotation
from flask_migrate_decl.reporting.listing import bind_label
from flask_migrate_decl.reporting.paths import shown_path
from flask_migrate_decl.reporting.sarif import sarif_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flask_migrate_decl.errors import Finding, Place
    from flask_migrate_decl.reporting.report import ConfigReport, HintState

_JSON_VERSION = 1
"""The version of the JSON report's layout; it is raised when a program would have to be changed."""


def full(report: ConfigReport) -> str:
    """Return a report for people, with the lines that it is about."""
    parts = [*map(full_finding, report.findings), *_states(report), summary(report)]
    return "\n\n".join(parts) + "\n"


def concise(report: ConfigReport) -> str:
    """Return a report of one line a finding."""
    lines = [*map(headline, report.findings), *_states(report), summary(report)]
    return "\n".join(lines) + "\n"


def github(report: ConfigReport) -> str:
    """Return a report as commands that GitHub turns into annotations of a pull request."""
    return "".join(f"{annotation(finding)}\n" for finding in report.findings)


def sarif(report: ConfigReport) -> str:
    """Return a report in SARIF 2.1.0."""
    return _json(sarif_log(report))


def json_(report: ConfigReport) -> str:
    """Return a report for programs."""
    return _json(
        {
            "version": _JSON_VERSION,
            "depths": [
                {"depth": depth.depth, "ran": depth.ran, "detail": depth.detail}
                for depth in report.depths
            ],
            "findings": [_finding(finding) for finding in report.findings],
            "hints": [_hint(state) for state in report.hints],
            "summary": {f"{severity}s": report.count(severity) for severity in Severity},
        }
    )


FORMATS: Mapping[str, Callable[[ConfigReport], str]] = {
    "full": full,
    "concise": concise,
    "json": json_,
    "github": github,
    "sarif": sarif,
}
"""What makes a text of a report, by the format's name."""


def summary(report: ConfigReport) -> str:
    """Say how far the check looked, and how many findings there are."""
    depths = [
        f"checked the {depth.depth}: {depth.detail}"
        if depth.ran
        else f"did not check the {depth.depth}: {depth.detail}"
        for depth in report.depths
    ]
    return "\n".join([*depths, _counts(report)])


def _counts(report: ConfigReport) -> str:
    counted = [(report.count(severity), str(severity)) for severity in Severity]
    told = [f"{count} {word}{'s' * (count != 1)}" for count, word in counted if count]
    return f"found {', '.join(told)}" if told else "nothing to mend"


def _states(report: ConfigReport) -> Iterator[str]:
    """Show the state of every hint on every database, one below the other."""
    if report.hints:
        rows = [(bind_label(state.bind), state.hint, state.state) for state in report.hints]
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        yield "\n".join(f"{b:<{widths[0]}}  {h:<{widths[1]}}  {state}" for b, h, state in rows)


def _json(value: Any) -> str:
    """Return JSON in ASCII, which every encoding of standard output has."""
    return json.dumps(value, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.rule.code,
        "name": finding.rule.name,
        "severity": finding.rule.severity,
        "message": finding.message,
        "help": finding.help,
        "key": finding.key,
        **_place(finding.place),
        "related": [
            {"message": related.message, **_place(related.place)} for related in finding.related
        ],
    }


def _place(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"file": None, "line": None, "column": None, "end_column": None, "source": ""}
    return {
        "file": shown_path(place.path),
        "line": place.line,
        "column": place.column,
        "end_column": place.end_column,
        "source": place.source,
    }


def _hint(state: HintState) -> dict[str, Any]:
    place = shown_place(state.place) if state.place else None
    return {
        "bind": state.bind,
        "hint": state.hint,
        "state": state.state,
        "key": state.key,
        "place": place,
    }
