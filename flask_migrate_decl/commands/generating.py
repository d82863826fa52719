"""Revisions that come of a comparison."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.commands.left import told_what_is_left
from flask_migrate_decl.commands.undeclared import suggestions
from flask_migrate_decl.environment import compare, open_history
from flask_migrate_decl.errors import DropsRefusedError
from flask_migrate_decl.renames import Refusals
from flask_migrate_decl.results import RevisionResult, SuggestionsResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from alembic.script import Script

    from flask_migrate_decl.commands.undeclared import Answers
    from flask_migrate_decl.environment import Comparison, Run, Selection
    from flask_migrate_decl.errors import Drop
    from flask_migrate_decl.renames import Candidate

_FLAGS = ("quiet", "autogenerate")


@dataclass(frozen=True)
class _Compared:
    """Histories of which nothing is written yet."""

    runs: tuple[Run, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return tuple(found for run in self.runs for found in run.standing_candidates)

    @property
    def drops(self) -> tuple[Drop, ...]:
        return tuple(drop for run in self.runs for drop in run.safety.drops)

    def verify_models(self) -> None:
        for run in self.runs:
            run.safety.verify_models()

    def verify_drops(self, answers: Answers) -> None:
        """Stop where something may not be dropped, and say what of it looks renamed."""
        refused: list[Drop] = []
        for run in self.runs:
            try:
                run.safety.verify_drops()
            except DropsRefusedError as error:
                refused += error.drops
        if refused:
            unanswered = tuple(found for found in answers.suggestions if found.answer is None)
            raise DropsRefusedError(tuple(refused), unanswered)

    def files(self) -> frozenset[Path]:
        return frozenset(path for comparison in self.comparisons for path in comparison.files())

    def is_own(self, path: Path) -> bool:
        return any(comparison.is_own(path) for comparison in self.comparisons)

    def write(self) -> tuple[Script, ...]:
        return tuple(script for comparison in self.comparisons for script in comparison.write())


def generate(
    selection: Selection,
    message: str | None,
    arguments: Mapping[str, Any],
    x_arg: Sequence[str] | str | None,
    answers: Answers,
) -> RevisionResult:
    """Compare until nothing is left to be answered, and write the revisions.

    :param selection: what is compared.
    :param arguments: what Alembic's command takes besides.
    """
    while True:
        with _compared(selection, message, arguments, x_arg, answers.refusals) as compared:
            compared.verify_models()
            if not answers.take(selection.project.configuration, compared.candidates):
                with told_what_is_left(compared.files):
                    return _written(compared, answers)
        assert answers.configuration is not None
        selection = selection.with_configuration(answers.configuration)


@contextmanager
def _compared(
    selection: Selection,
    message: str | None,
    arguments: Mapping[str, Any],
    x_arg: Sequence[str] | str | None,
    refusals: Refusals,
) -> Iterator[_Compared]:
    """Compare all histories, before anything is written in one of them."""
    selection.project.import_models()
    declared = selection.project.declared_renames
    runs, comparisons = [], []
    with ExitStack() as stack:
        for history in selection.histories:
            opened = open_history(
                history, x_arg=x_arg, flags=_FLAGS, refusals=refusals, of_all=declared
            )
            config, run = stack.enter_context(opened)
            text = history.message_for_template(message)
            comparisons.append(compare(config, run, message=text, **arguments))
            runs.append(run)
        yield _Compared(tuple(runs), tuple(comparisons))


def _written(compared: _Compared, answers: Answers) -> RevisionResult:
    """Write the scripts of all histories and the hints, or none of them."""
    # What became of the hints is noted in one place for all runs.
    run = compared.runs[0]
    answers.verify(run.hint_reports)
    compared.verify_drops(answers)
    before = compared.files()
    try:
        scripts = compared.write()
        answers.write()
    except BaseException:
        # A hook may have failed after its script was written, or another history's folder could
        # not take one. What somebody else wrote meanwhile is theirs.
        if answers.added or len(compared.comparisons) > 1:
            for path in filter(compared.is_own, compared.files() - before):
                path.unlink(missing_ok=True)
        raise
    return RevisionResult(
        scripts,
        run.hint_reports,
        run.rename_steps,
        suggestions=tuple(answers.suggestions),
        added=tuple(answers.added),
        unmet=answers.unmet,
        drops=compared.drops,
    )


def suggested(selection: Selection, x_arg: Sequence[str] | str | None) -> SuggestionsResult:
    """Compare, and return what looks like a rename that no hint declares."""
    with _compared(selection, None, {}, x_arg, Refusals()) as compared:
        found = suggestions(selection.project.configuration.source, compared.candidates)
        return SuggestionsResult(tuple(found))
