"""The check of the configuration, which needs neither an app nor a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from flask_migrate_decl.commands.sources import source_for
from flask_migrate_decl.config import Configuration, check_source, source_of_file
from flask_migrate_decl.errors import (
    AppError,
    ConfigInvalidError,
    ConfiguredAppMissingError,
    Finding,
    NoAppError,
    NotInitializedError,
    Severity,
)
from flask_migrate_decl.errors.rules import APP_NOT_FOUND, APP_NOT_LOADED
from flask_migrate_decl.registration import registration_of
from flask_migrate_decl.reporting import ConfigReport, Depth, DepthReport
from flask_migrate_decl.reporting.paths import shown_path

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

    from flask_migrate_decl.checks import Subject
    from flask_migrate_decl.config import Source
    from flask_migrate_decl.environment import Project
    from flask_migrate_decl.errors import MigrateError
    from flask_migrate_decl.registration import Registration

_NO_FILE = "there is no configuration file, so that every key has its default"
_NO_CONTEXT = "no application context is active"
_MISTAKES_FIRST = "the file has to be right first"


def check_files(paths: Iterable[str | os.PathLike[str]]) -> ConfigReport:
    """Check files, each by itself; those without a section have nothing to check.

    A file that can't be read is named in the report, and does not hide the others.
    """
    findings: list[Finding] = []
    checked: list[str] = []
    unread: list[str] = []
    for path in (Path(path).absolute() for path in paths):
        try:
            found = _findings_of_file(path)
        except OSError as error:
            unread.append(f"{shown_path(path)}: {error.strerror or error}")
            continue
        if found is not None:
            findings += found
            checked.append(shown_path(path))
    detail = ", ".join(unread or checked) or "no section is there"
    return ConfigReport(_in_order(set(findings)), (DepthReport(Depth.FILE, not unread, detail),))


def _findings_of_file(path: Path) -> Sequence[Finding] | None:
    try:
        source = source_of_file(path)
    except ConfigInvalidError as error:
        return error.findings
    return None if source is None else check_source(source).findings


def check_config(
    config_file: str | os.PathLike[str] | None = None,
    directory: str | os.PathLike[str] | None = None,
    *,
    depth: Depth = Depth.APP,
) -> ConfigReport:
    """Check the configuration, as deep as it is asked for and can be looked.

    :param config_file: the file, instead of the one that the app or the working folder has.
    :param directory: the folder of revisions, instead of the configured one.
    :param depth: the app, and its databases, are those of the active application context.
    :raises ConfigUnreadableError: the file is not there, or can't be read.
    """
    return check_with_app(config_file, directory, depth, None)


def check_with_app(
    config_file: str | os.PathLike[str] | None,
    directory: str | os.PathLike[str] | None,
    depth: Depth,
    app_error: MigrateError | None,
) -> ConfigReport:
    """Check as ``check_config`` does, for who loads the app.

    :param app_error: what kept the app from being loaded.
    """
    registration = None
    try:
        if current_app and depth is not Depth.FILE:
            registration = registration_of(current_app)
    except NotInitializedError as error:
        app_error = app_error or error
    try:
        source = source_for(registration, config_file)
    except ConfigInvalidError as error:
        report = ConfigReport(error.findings, (_file_depth(error.path),))
        return _without_app(report, depth, app_error)
    checked = check_source(source)
    report = ConfigReport(checked.findings, (_file_depth(source.path),))
    if depth is Depth.FILE:
        return report
    report = _with_findings(report, _of_app_error(source, app_error))
    if checked.settings is None or registration is None:
        return _without_app(report, depth, app_error)
    configuration = Configuration(checked.settings, source)
    return _with_app(report, registration, configuration, directory, depth)


def _with_app(
    report: ConfigReport,
    registration: Registration,
    configuration: Configuration,
    directory: str | os.PathLike[str] | None,
    depth: Depth,
) -> ConfigReport:
    # Alembic is imported here, so that a check of the file alone does without it.
    from flask_migrate_decl.checks import Subject, app_findings

    subject = Subject(_project(registration, configuration, directory))
    try:
        report = _with_findings(report, app_findings(subject))
    except AppError as error:
        return _without_app(report, depth, error)
    app = DepthReport(Depth.APP, ran=True, detail=registration.app.name)
    report = replace(report, depths=(*report.depths, app))
    return report if depth is Depth.APP else _with_databases(report, subject)


def _project(
    registration: Registration,
    configuration: Configuration,
    directory: str | os.PathLike[str] | None,
) -> Project:
    """Return the project, all histories of which are looked at.

    The folder of a bind's own history is no other folder of the shared one.
    """
    from flask_migrate_decl.environment import project_of

    project = project_of(registration, configuration, directory)
    owned = {h.directory.resolve() for h in project.histories if h.owner is not None}
    if directory is not None and project.directory.resolve() in owned:
        return project_of(registration, configuration)
    return project


def _with_databases(report: ConfigReport, subject: Subject) -> ConfigReport:
    from flask_migrate_decl.checks import GUESSES, check_databases

    checked = check_databases(subject)
    ran = not (checked.failures or checked.waiting)
    details = checked.failures or checked.waiting or checked.looked_at
    waits = not checked.failures
    databases = DepthReport(Depth.DATABASES, ran, ", ".join(details), waits_for_mends=waits)
    decided = tuple(f"{hint.key}." for hint in checked.hints)
    kept = [f for f in report.findings if not (f.rule in GUESSES and f.key.startswith(decided))]
    findings = _in_order([*kept, *checked.findings])
    return ConfigReport(findings, (*report.depths, databases), tuple(checked.hints))


def _with_findings(report: ConfigReport, findings: Iterable[Finding]) -> ConfigReport:
    return replace(report, findings=_in_order([*report.findings, *findings]))


def _without_app(report: ConfigReport, depth: Depth, error: MigrateError | None) -> ConfigReport:
    """Say why nothing deeper than the file was looked at."""
    waits = error is None and any(f.rule.severity is Severity.ERROR for f in report.findings)
    reason = _MISTAKES_FIRST if waits else str(error or _NO_CONTEXT)
    rest = [
        DepthReport(deeper, ran=False, detail=reason, waits_for_mends=waits)
        for deeper in _deeper_than_file(depth)
    ]
    return replace(report, depths=(*report.depths, *rest))


def _of_app_error(source: Source, error: MigrateError | None) -> Iterator[Finding]:
    """Tell of an app that is named or found, and can't be asked; that there is none is no fault."""
    if isinstance(error, ConfiguredAppMissingError):
        place = source.place(("app",), of="value")
        help_ = "correct the module or the name behind the colon"
        yield Finding(APP_NOT_FOUND, error.reason, help_, place, "app")
    elif error is not None and not isinstance(error, NoAppError):
        help_ = "mend that, or leave the app out with --no-app"
        yield Finding(APP_NOT_LOADED, str(error), help_)


def _file_depth(path: Path | None) -> DepthReport:
    detail = _NO_FILE if path is None else shown_path(path)
    return DepthReport(Depth.FILE, ran=True, detail=detail)


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.order))


def _deeper_than_file(depth: Depth) -> Sequence[Depth]:
    depths = list(Depth)
    return depths[1 : depths.index(depth) + 1]
