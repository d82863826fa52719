"""What only the databases can tell: states of hints, current revisions, names that don't fit."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask_migrate_decl.autogenerate import (
    DeclaredRenames,
    orphan_in_words,
    orphaned_tables,
    unconnected_name_rules,
)
from flask_migrate_decl.checks.history import directory_path
from flask_migrate_decl.config import hint_path
from flask_migrate_decl.environment import (
    behind_in_words,
    compared_hints,
    current_heads,
    error_in_short,
    shown_traceback,
    unknown_in_words,
    unknown_revisions,
)
from flask_migrate_decl.errors import ConfigError, Finding, without_secrets
from flask_migrate_decl.errors.rules import (
    HINT_CONTRADICTED,
    HINT_EARLY,
    HINT_IMPOSSIBLE,
    HINT_PENDING,
    HINT_SPENT,
    HINT_UNMATCHED,
    NAME_TOO_LONG,
    NOT_AT_HEAD,
    REVISION_UNKNOWN,
    TABLE_LEFT_BEHIND,
)
from flask_migrate_decl.renames import State
from flask_migrate_decl.reporting import HintState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask_migrate_decl.autogenerate import ComparedHints
    from flask_migrate_decl.checks.subject import ReadHistory, Subject
    from flask_migrate_decl.databases import Bind
    from flask_migrate_decl.errors import HintProblem, Rule
    from flask_migrate_decl.renames import Hint, HintReport

log = logging.getLogger("flask_migrate_decl.checks")


@dataclass
class DatabasesChecked:
    """What was found on the databases.

    :param failures: why a database could not be looked at, one line each.
    :param waiting: those whose hints can't be compared before findings are mended.
    """

    findings: list[Finding] = field(default_factory=list)
    hints: list[HintState] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)


def check_databases(subject: Subject) -> DatabasesChecked:
    """Look at each database that is migrated; one that is out of reach does not hide others."""
    checked = DatabasesChecked()
    declared = subject.project.declared_renames
    for bind in subject.binds:
        try:
            _check_database(subject, bind, checked, declared)
        except ConfigError as error:
            # A reference that leads nowhere is among the findings already.
            checked.waiting.append(f"{bind.label}: {without_secrets(str(error))}")
        except Exception as error:
            # Drivers raise errors of many kinds, and a project's own filters any.
            log.debug("the database can't be looked at: %s", shown_traceback(error))
            checked.failures.append(f"{bind.label}: {error_in_short(error)}")
        else:
            checked.looked_at.append(bind.label)
    for problem in declared.misplaced():
        checked.findings.append(_of_problem(subject, HINT_UNMATCHED, problem))
    return checked


def _check_database(
    subject: Subject, bind: Bind, checked: DatabasesChecked, declared: DeclaredRenames
) -> None:
    checked.findings += _too_long_names(subject, bind)
    read = subject.history_of(bind)
    history = read.directory
    if (missing := bind.missing_file) is not None:
        if history is not None and history.get_heads():
            checked.findings.append(_not_at_head(subject, read, f"there is no file {missing} yet"))
        return
    with compared_hints(subject.project, bind, declared, history) as hints:
        checked.findings += _left_behind(bind, hints)
        checked.findings += _revisions(subject, bind, current_heads(hints))
        # That a schema is not compared is told of the file.
        checked.findings += [_of_problem(subject, HINT_IMPOSSIBLE, p) for p in hints.conflicts()]
        hints = hints.without_problems()
        resolution = hints.resolution()
        obstacles = hints.obstacles(resolution.plan)
        checked.findings += [_of_problem(subject, HINT_IMPOSSIBLE, p) for p in obstacles]
    declared.resolutions[bind.key] = resolution
    for report in resolution.reports:
        checked.hints.append(_state(subject, bind, report))
        checked.findings += _of_state(subject, bind, report)


# --- hints -------------------------------------------------------------------------------------

_RULES = {
    State.CONTRADICTED: HINT_CONTRADICTED,
    State.UNMATCHED: HINT_UNMATCHED,
    State.PENDING: HINT_PENDING,
    State.EARLY: HINT_EARLY,
    State.SPENT: HINT_SPENT,
    State.UNDECIDED: HINT_CONTRADICTED,
}


def _state(subject: Subject, bind: Bind, report: HintReport) -> HintState:
    hint = report.hint
    place = subject.place(hint_path(hint.place), of="key")
    return HintState(bind.key, str(hint), str(report.state), hint.place, place)


def _of_state(subject: Subject, bind: Bind, report: HintReport) -> Iterator[Finding]:
    if report.state is State.APPLIED:
        return
    is_impossible = report.state is State.PENDING and report.is_problem
    rule = HINT_IMPOSSIBLE if is_impossible else _RULES[report.state]
    message = f"{report.hint} is {report.state} in {bind.words}: {report.message}"
    yield subject.finding(rule, hint_path(report.hint.place), message, report.help)


def _of_problem(subject: Subject, rule: Rule, problem: HintProblem) -> Finding:
    message = f"{problem.hint} is {problem.state}: {problem.message}"
    return subject.finding(rule, hint_path(problem.place), message, problem.help)


# --- revisions ---------------------------------------------------------------------------------


def _revisions(subject: Subject, bind: Bind, current: Sequence[str]) -> Iterator[Finding]:
    """Compare the current revision with the head; a history that is broken is told elsewhere."""
    read = subject.history_of(bind)
    history, path = read.directory, directory_path(read.history)
    if history is None or not read.history.directory.is_dir():
        return
    unknown = unknown_revisions(history, current)
    for name in unknown:
        help_ = 'bring the script back, or say where it is with "flask db stamp"'
        message = unknown_in_words(bind, name)
        yield subject.finding(REVISION_UNKNOWN, path, message, help_)
    if not unknown and (message := behind_in_words(bind, history, current)):
        yield _not_at_head(subject, read, message)


def _not_at_head(subject: Subject, read: ReadHistory, message: str) -> Finding:
    path = directory_path(read.history)
    return subject.finding(NOT_AT_HEAD, path, message, 'run "flask db upgrade"')


def _left_behind(bind: Bind, hints: ComparedHints) -> Iterator[Finding]:
    """Find what is left of migrations that were stopped."""
    connection = hints.context.connection
    assert connection is not None
    for table in orphaned_tables(connection):
        message = f"{bind.words}: {orphan_in_words(table)}"
        yield Finding(TABLE_LEFT_BEHIND, message, TABLE_LEFT_BEHIND.mend)


# --- names -------------------------------------------------------------------------------------


def _too_long_names(subject: Subject, bind: Bind) -> Iterator[Finding]:
    rules = unconnected_name_rules(bind.engine.dialect)
    unit = "bytes" if rules.length_in_bytes else "characters"
    limit = f"longer than the {rules.max_length} {unit} that {bind.words} keeps"
    for hint in subject.project.configuration.renames.of_bind(bind.key).hints:
        if rules.is_too_long(hint.new):
            yield _too_long_hint(subject, hint, limit)
    for name in _names_of_models(bind):
        if rules.is_too_long(name):
            message = f'the models\' name "{name}" is {limit}'
            yield Finding(NAME_TOO_LONG, message, "choose a shorter name")


def _too_long_hint(subject: Subject, hint: Hint, limit: str) -> Finding:
    path, message = (*hint_path(hint.place), "to"), f'"{hint.new}" is {limit}'
    return subject.finding(NAME_TOO_LONG, path, message, "choose a shorter name")


def _names_of_models(bind: Bind) -> list[str]:
    """Return the names that models give to tables, columns, indexes and constraints."""
    names: set[str] = set()
    for table in bind.metadata.tables.values():
        names |= {str(table.name), *(str(column.name) for column in table.columns)}
        # SQLAlchemy shortens names that it makes itself; those are of types of its own.
        others = (getattr(o, "name", None) for o in (*table.indexes, *table.constraints))
        names |= {name for name in others if type(name) is str}
    return sorted(names)
