"""Likely renames that no hint declares: asked about at a terminal, and told of elsewhere."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flask_migrate_decl.cli.building import (
    bind_option,
    command,
    flag,
    format_option,
    stream_for_programs,
)
from flask_migrate_decl.cli.console import show, show_warning
from flask_migrate_decl.cli.group import x_arg_option
from flask_migrate_decl.commands.writing import suggest_renames
from flask_migrate_decl.errors import DropsRefusedError, StoppedError, UndeclaredRenamesError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask_migrate_decl.results import RevisionResult, Suggestion, SuggestionsResult

OPTIONS = (
    click.Option(
        ["--rename"],
        multiple=True,
        metavar="OLD=NEW",
        help="A rename without a hint, such as account.name=full_name or user=account; the hint "
        "is added to the configuration.",
    ),
    click.Option(
        ["--not-renamed"],
        multiple=True,
        metavar="OLD",
        help="What looks renamed and is not, such as account.name.",
    ),
    flag("--no-input", help="Ask nothing, also at a terminal."),
    format_option(),
)
"""How likely renames are answered."""


def answering(function: Callable[..., RevisionResult]) -> Callable[..., RevisionResult]:
    """Let a command ask at a terminal, and tell programs of what stops it."""

    @wraps(function)
    def wrapped(no_input: bool, **options: Any) -> RevisionResult:
        if not options.get("autogenerate", True) and (options["rename"] or options["not_renamed"]):
            raise click.UsageError("--rename and --not-renamed need --autogenerate")
        try:
            return function(**options, ask=None if no_input or not _at_terminal() else _ask)
        except (UndeclaredRenamesError, DropsRefusedError) as error:
            if stream := stream_for_programs():
                drops = error.drops if isinstance(error, DropsRefusedError) else ()
                values = {"revisions": [], "suggestions": error.suggestions}
                show(_json({**values, "drops": [asdict(drop) for drop in drops]}), stream)
            raise

    return wrapped


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


# --- asking ------------------------------------------------------------------------------------


def _ask(suggestion: Suggestion, number: int, total: int) -> bool:
    """Ask whether something was renamed.

    :raises StoppedError: the answer is to stop, or there is none.
    """
    _show_question(suggestion, number, total)
    while True:
        meant = _ANSWERS.get(_answer().strip().lower())
        if meant == "quit":
            raise StoppedError
        if meant is not None:
            return meant == "yes"
        click.echo("Say y (yes), n (no: it is dropped) or q (stop and write nothing).", err=True)


def _answer() -> str:
    try:
        answer: str = click.prompt(
            "Renamed? [y/N/q]", default="n", show_default=False, prompt_suffix=" ", err=True
        )
    except click.Abort:
        click.echo(err=True)
        raise StoppedError from None
    return answer


_ANSWERS = {
    "y": "yes",
    "yes": "yes",
    "n": "no",
    "no": "no",
    "q": "quit",
    "quit": "quit",
}


def _show_question(suggestion: Suggestion, number: int, total: int) -> None:
    """Show what goes and what comes side by side."""
    console = Console(stderr=True, highlight=False)
    console.print(Text(f"\n{number} of {total}: {suggestion.title}?", style="bold"))
    console.print(Text(suggestion.reason))
    table = Table(box=None, pad_edge=False)
    for title in ("In the database", "In the models"):
        table.add_column(title, overflow="fold")
    old, new = (definition.splitlines() for definition in suggestion.candidate.definitions)
    for row in range(max(len(old), len(new))):
        table.add_row(*(Text(lines[row] if row < len(lines) else "") for lines in (old, new)))
    console.print(table)


# --- telling -----------------------------------------------------------------------------------


def show_undeclared(result: RevisionResult) -> None:
    """Tell of hints that were added, and warn of what looks like renames and is dropped."""
    for hint in result.added:
        show(f"added {hint.key} to {hint.path}")
    for name in result.unmet:
        show_warning(f"--not-renamed {name}: nothing of that name would be dropped")
    unanswered = [found for found in result.suggestions if found.answer is None]
    if unanswered:
        show_warning(_warning(unanswered))


def _warning(unanswered: Sequence[Suggestion]) -> str:
    lines = [line for found in unanswered for line in _with_hint(found)]
    return (
        "this may be renamed and not declared, so that the revision drops it:\n"
        + "\n".join(lines)
        + "\nIf so, remove the revision, add the hint, and migrate again."
    )


def _with_hint(suggestion: Suggestion) -> Sequence[str]:
    return [
        f"  {suggestion}, for {suggestion.list}:",
        *(f"    {line}" for line in suggestion.lines.splitlines()),
    ]


def show_revision_as_json(result: RevisionResult) -> bool:
    """Write a result for programs, where that is wanted, and tell whether it was."""
    stream = stream_for_programs()
    if stream is not None:
        revisions = [{"id": s.revision, "path": str(s.path)} for s in result.scripts]
        drops = [asdict(drop) for drop in result.drops]
        values = {"revisions": revisions, "suggestions": result.suggestions, "drops": drops}
        show(_json({**values, "unmet": list(result.unmet)}), stream)
    return stream is not None


def _json(values: dict[str, Any]) -> str:
    shown = values | {"suggestions": [_plain(found) for found in values["suggestions"]]}
    return json.dumps(shown, indent=2, ensure_ascii=False)


def _plain(suggestion: Suggestion) -> dict[str, Any]:
    candidate = suggestion.candidate
    old, new = candidate.definitions
    return {
        "kind": candidate.kind.noun,
        "bind": candidate.bind,
        "schema": candidate.schema,
        "owner": candidate.owner,
        "from": candidate.old,
        "to": candidate.new,
        "score": round(candidate.score, 2),
        "reasons": list(candidate.reasons),
        "database": old,
        "models": new,
        "list": suggestion.list,
        "hint": dict(suggestion.values),
        "toml": suggestion.lines,
        "answer": {True: "renamed", False: "not renamed", None: None}[suggestion.answer],
    }


def _show_suggestions(result: SuggestionsResult) -> None:
    if stream := stream_for_programs():
        show(_json({"suggestions": result.suggestions}), stream)
        return
    for found in result.suggestions:
        for line in _with_hint(found):
            show(line.removeprefix("  "))
    if not result.suggestions:
        show("Nothing looks like a rename that no hint declares.")


COMMANDS = {
    "suggest-renames": command(
        "suggest-renames",
        "Show what looks like a rename that no hint declares; nothing is written.",
        suggest_renames,
        _show_suggestions,
        bind_option(),
        format_option(),
        x_arg_option(),
    )
}
