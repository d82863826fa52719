"""How revisions, and what databases are at, are shown: for people and for programs.

One history is shown as Alembic shows it, which people know. Several are one table, unless all of
each revision is to be shown.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from flask_migrate_decl.cli.building import stream_for_programs
from flask_migrate_decl.cli.console import show, show_table
from flask_migrate_decl.reporting.listing import bind_label
from flask_migrate_decl.reporting.paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from alembic.script import Script

    from flask_migrate_decl.results import (
        CheckedBind,
        CurrentResult,
        CurrentRevisions,
        ListedHistory,
        Listing,
    )

_JSON_VERSION = 1
"""The version of the JSON's layout; it is raised when a program would have to be changed."""


def show_texts(result: Listing) -> None:
    """Show revisions as Alembic does, each history under its folder where there are several."""
    for number, history in enumerate(result.histories):
        if len(result.histories) > 1:
            show(f"{chr(10) if number else ''}{_title(history)}:")
        click.echo(history.text, nl=False)


def _title(history: ListedHistory) -> str:
    return f"{shown_path(history.directory)} ({_labels(history.binds)})"


def _labels(binds: Iterable[str | None]) -> str:
    return ", ".join(map(bind_label, binds))


# --- heads and history -------------------------------------------------------------------------


def show_heads(result: Listing) -> None:
    """Show where each history ends."""
    if stream := stream_for_programs():
        _write({"histories": [_history_for_json(history) for history in result.histories]}, stream)
    elif len(result.histories) == 1 or _is_verbose():
        show_texts(result)
    else:
        rows = [
            (shown_path(history.directory), _labels(history.binds), *head)
            for history in result.histories
            for head in _heads(history)
        ]
        show_table(("History", "Databases", "Head", "Message"), rows, sys.stdout)


def _heads(history: ListedHistory) -> list[tuple[str, str]]:
    return [(script.revision, _doc(script)) for script in history.scripts] or [("<base>", "")]


def show_history(result: Listing) -> None:
    """Show all revisions, the newest of each history first."""
    if stream := stream_for_programs():
        _write({"histories": [_history_for_json(history) for history in result.histories]}, stream)
    elif _is_of_one_database(result) or _is_verbose():
        show_texts(result)
    else:
        headers = ("History", "Revision", "Follows", "Marks", "Message")
        show_table(headers, list(_history_rows(result)), sys.stdout)


def _is_of_one_database(result: Listing) -> bool:
    """Tell whether nobody has to be told which history is meant, or what which database is at."""
    return len(result.histories) == 1 and len(result.histories[0].current or ()) < 2


def _history_rows(result: Listing) -> Iterator[tuple[str, ...]]:
    for history in result.histories:
        for script in history.scripts:
            yield (
                shown_path(history.directory),
                script.revision,
                ", ".join(_parents(script)) or "<base>",
                ", ".join(_marks(history, script)),
                _doc(script),
            )


def _marks(history: ListedHistory, script: Script) -> Iterator[str]:
    yield from sorted(script.branch_labels)
    if script.is_head:
        yield "head"
    if script.is_branch_point:
        yield "branch point"
    if script.is_merge_point:
        yield "merge point"
    at = [bind for bind, found in (history.current or {}).items() if script.revision in found]
    if at:
        yield f"current of {_labels(at)}"


def _parents(script: Script) -> tuple[str, ...]:
    down = script.down_revision
    return (down,) if isinstance(down, str) else tuple(down or ())


def _doc(script: Script) -> str:
    return script.doc or ""


def _history_for_json(history: ListedHistory) -> dict[str, Any]:
    current = history.current
    return {
        "directory": str(history.directory),
        "binds": list(history.binds),
        "revisions": [_script_for_json(script) for script in history.scripts],
        "current": None
        if current is None
        else [{"bind": bind, "revisions": list(found)} for bind, found in current.items()],
    }


def _script_for_json(script: Script) -> dict[str, Any]:
    return {
        "revision": script.revision,
        "down_revisions": list(_parents(script)),
        "branch_labels": sorted(script.branch_labels),
        "message": _doc(script),
        "is_head": script.is_head,
        "path": script.path,
    }


# --- current -----------------------------------------------------------------------------------


def show_current(result: CurrentResult) -> None:
    """Show what each database is at."""
    if stream := stream_for_programs():
        _write({"databases": list(map(_current_for_json, result.databases))}, stream)
    elif len(result.databases) == 1 or _is_verbose():
        click.echo(result.text, nl=False)
    else:
        headers = ("Database", "Revision", "State", "History", "URL")
        rows = [_current_row(database) for database in result.databases]
        show_table(headers, rows, sys.stdout)


def _current_row(database: CurrentRevisions) -> tuple[str, ...]:
    return (
        bind_label(database.bind),
        ", ".join(database.revisions) or "<base>",
        "head" if database.is_at_head else f"head is {', '.join(database.heads)}",
        shown_path(database.directory),
        database.url,
    )


def _current_for_json(database: CurrentRevisions) -> dict[str, Any]:
    return {
        "bind": database.bind,
        "url": database.url,
        "directory": str(database.directory),
        "revisions": list(database.revisions),
        "heads": list(database.heads),
        "is_at_head": database.is_at_head,
    }


# --- check -------------------------------------------------------------------------------------


def show_checked(binds: Sequence[CheckedBind]) -> bool:
    """Show programs, and people with several databases, which of them the models differ from.

    :return: whether nothing more is to be said.
    """
    if stream := stream_for_programs():
        rows = [{"bind": bind.bind, "changes": list(bind.changes)} for bind in binds]
        _write({"databases": rows}, stream)
        return True
    if len(binds) > 1:
        states = [(bind_label(bind.bind), _state(bind)) for bind in binds]
        show_table(("Database", "State"), states, sys.stdout)
    return False


def _state(bind: CheckedBind) -> str:
    count = len(bind.changes)
    return "as the models" if not count else f"{count} change{'s' if count > 1 else ''}"


def _is_verbose() -> bool:
    return bool(click.get_current_context().params.get("verbose"))


def _write(document: dict[str, Any], stream: TextIO) -> None:
    show(json.dumps({"version": _JSON_VERSION, **document}, indent=2), stream)
