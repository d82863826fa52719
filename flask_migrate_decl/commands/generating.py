"""Revisions that come of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_migrate_decl.commands.undeclared import suggestions
from flask_migrate_decl.environment import compare, open_command
from flask_migrate_decl.errors import DropsRefusedError
from flask_migrate_decl.renames import Refusals
from flask_migrate_decl.results import RevisionResult, SuggestionsResult

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from flask_migrate_decl.commands.undeclared import Answers
    from flask_migrate_decl.environment import Comparison, Run

_FLAGS = ("quiet", "autogenerate")
_NOTHING = {
    "sql": False,
    "head": "head",
    "splice": False,
    "branch_label": None,
    "version_path": None,
    "rev_id": None,
}


def generate(
    directory: str | os.PathLike[str] | None,
    message: str | None,
    arguments: Mapping[str, Any],
    x_arg: Sequence[str] | str | None,
    answers: Answers,
) -> RevisionResult:
    """Compare until nothing is left to be answered, and write the revision.

    :param arguments: what Alembic's command takes besides.
    """
    while True:
        with open_command(
            directory,
            x_arg=x_arg,
            flags=_FLAGS,
            configuration=answers.configuration,
            refusals=answers.refusals,
        ) as (config, run):
            run.project.import_models()
            text = run.project.message_for_template(message)
            comparison = compare(config, run, message=text, **_all(arguments))
            run.safety.verify_models()
            if answers.take(run.project.configuration, run.standing_candidates):
                continue
            return _written(comparison, run, answers)


def _all(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"autogenerate": True, "depends_on": None, **arguments}


def _written(comparison: Comparison, run: Run, answers: Answers) -> RevisionResult:
    """Write the script and the hints, or neither."""
    answers.verify(run.hint_reports)
    _verify_drops(run, answers)
    before = comparison.files()
    try:
        scripts = comparison.write()
        answers.write()
    except BaseException:
        # A hook may have failed after its script was written. What somebody else wrote meanwhile
        # is theirs.
        if answers.added:
            for path in filter(comparison.is_own, comparison.files() - before):
                path.unlink(missing_ok=True)
        raise
    return RevisionResult(
        scripts,
        run.hint_reports,
        run.rename_steps,
        suggestions=tuple(answers.suggestions),
        added=tuple(answers.added),
        unmet=answers.unmet,
        drops=run.safety.drops,
    )


def _verify_drops(run: Run, answers: Answers) -> None:
    """Stop where something may not be dropped, and say what of it looks renamed."""
    try:
        run.safety.verify_drops()
    except DropsRefusedError as error:
        unanswered = tuple(found for found in answers.suggestions if found.answer is None)
        raise DropsRefusedError(error.drops, unanswered) from None


def suggested(
    directory: str | os.PathLike[str] | None, x_arg: Sequence[str] | str | None
) -> SuggestionsResult:
    """Compare, and return what looks like a rename that no hint declares."""
    with open_command(directory, x_arg=x_arg, flags=_FLAGS, refusals=Refusals()) as (config, run):
        run.project.import_models()
        compare(config, run, message=None, **_all(_NOTHING))
        found = suggestions(run.project.configuration.source, run.standing_candidates)
        return SuggestionsResult(tuple(found))
