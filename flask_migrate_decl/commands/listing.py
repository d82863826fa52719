"""The commands that look at revisions and at what databases are at, and change nothing."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from alembic import command as alembic_command
from alembic.script import ScriptDirectory

from flask_migrate_decl.databases import shown_url
from flask_migrate_decl.environment import (
    current_revisions,
    histories_with,
    open_history,
    revision_ids,
    scripts_at,
    scripts_of,
    select,
    verify_revision,
)
from flask_migrate_decl.errors import AlembicCommandError
from flask_migrate_decl.reporting.listing import bind_label
from flask_migrate_decl.results import CurrentResult, CurrentRevisions, ListedHistory, Listing

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from alembic.config import Config
    from alembic.script import Script

    from flask_migrate_decl.environment import History

    Directory = str | os.PathLike[str] | None
    Names = Sequence[str] | str


def show(directory: Directory = None, revision: str = "head", bind: Names = ()) -> Listing:
    """Return a revision; ``current`` is what the databases are at."""
    verify_revision(revision)
    found = []
    for history_ in histories_with(select(directory, bind).histories, revision):
        with open_history(history_) as (config, _run):
            scripts = scripts_of(config, revision_ids(config, revision))
            if revision == _CURRENT and len(history_.chosen_binds) > 1:
                text = _once(scripts, verbose=True)
            else:
                text = _text(config, alembic_command.show, revision)
            found.append(_listed(history_, scripts, text))
    return Listing(tuple(found))


def history(
    directory: Directory = None,
    rev_range: str | None = None,
    verbose: bool = False,
    indicate_current: bool = False,
    bind: Names = (),
) -> Listing:
    """Return the revisions of each history, the newest first.

    :param rev_range: ``[start]:[end]``; either may be ``current``.
    """
    # Alembic looks only whether there is a colon, and stumbles over a second one.
    if rev_range is not None and rev_range.count(":") != 1:
        raise AlembicCommandError("History range requires [start]:[end], [start]:, or :[end]")
    found = []
    for history_ in histories_with(select(directory, bind).histories, rev_range or ":"):
        with open_history(history_) as (config, _run):
            current_ = current_revisions(config) if indicate_current else None
            scripts = tuple(_walked(config, rev_range or ":"))
            looks_at_databases = indicate_current or _CURRENT in (rev_range or "").strip().split(
                ":"
            )
            if looks_at_databases and len(history_.chosen_binds) > 1:
                text = _once(scripts, current_, verbose=verbose)
            else:
                text = _text(
                    config,
                    alembic_command.history,
                    rev_range,
                    verbose=verbose,
                    indicate_current=indicate_current,
                )
            found.append(_listed(history_, scripts, text, current_))
    return Listing(tuple(found))


def _once(
    scripts: Iterable[Script],
    current_: Mapping[str | None, tuple[str, ...]] | None = None,
    *,
    verbose: bool,
) -> str:
    """Return what Alembic says of revisions, which it would say once for each database."""
    texts = []
    for script in scripts:
        at = [bind_label(bind) for bind, ids in (current_ or {}).items() if script.revision in ids]
        text = script.cmd_format(
            verbose, include_branches=True, include_doc=True, include_parents=True
        )
        mark = f"current of {', '.join(at)}"
        texts.append(text if not at else f"{mark}:\n{text}" if verbose else f"{text} ({mark})")
    return "".join(f"{text}\n" for text in texts)


def _walked(config: Config, rev_range: str) -> Iterable[Script]:
    """Return the revisions of a range, the newest first.

    Where databases are at several, ``current`` is each of them.
    """
    scripts = ScriptDirectory.from_config(config)
    start, end = rev_range.strip().split(":")
    if _CURRENT not in (start, end):
        return scripts.walk_revisions(start or "base", end or "heads")
    current_ = current_revisions(config)
    for bind, revisions in current_.items():
        scripts_at(scripts, bind, revisions)
    at = list(current_.values())
    found: set[str] = set()
    for revisions in at:
        base, head = (revisions if name == _CURRENT else name for name in (start, end))
        if revisions or start == _CURRENT or len(at) == 1:
            walked = scripts.walk_revisions(base or "base", head or "heads")  # type: ignore[arg-type]
            found |= {script.revision for script in walked}
    return [script for script in scripts.walk_revisions() if script.revision in found]


_CURRENT = "current"
"""What the databases are at, as Alembic calls it."""


def heads(
    directory: Directory = None,
    verbose: bool = False,
    resolve_dependencies: bool = False,
    bind: Names = (),
) -> Listing:
    """Return the newest revision of each branch of each history."""

    def found(scripts: ScriptDirectory) -> Iterable[Script]:
        return scripts.get_revisions("heads" if resolve_dependencies else scripts.get_heads())

    return _listing(
        directory,
        bind,
        found,
        alembic_command.heads,
        verbose=verbose,
        resolve_dependencies=resolve_dependencies,
    )


def branches(directory: Directory = None, verbose: bool = False, bind: Names = ()) -> Listing:
    """Return the revisions from which more than one goes on."""

    def found(scripts: ScriptDirectory) -> Iterable[Script]:
        return (script for script in scripts.walk_revisions() if script.is_branch_point)

    return _listing(directory, bind, found, alembic_command.branches, verbose=verbose)


def current(directory: Directory = None, verbose: bool = False, bind: Names = ()) -> CurrentResult:
    """Return the revisions that each database is at."""
    selection = select(directory, bind)
    databases: list[CurrentRevisions] = []
    for history_ in selection.histories:
        with open_history(history_) as (config, _run):
            databases += _current(config, history_)
    is_named = selection.project.has_several_binds
    lines = _current_lines(databases, verbose=verbose, is_named=is_named)
    return CurrentResult(tuple(databases), "".join(f"{line}\n" for line in lines))


def _current_lines(
    databases: Sequence[CurrentRevisions], *, verbose: bool, is_named: bool
) -> Iterator[str]:
    for database in databases:
        if is_named:
            yield f"{bind_label(database.bind)}:"
        if verbose:
            yield f"Current revision(s) for {database.url}:"
        yield from (script.cmd_format(verbose) for script in database.scripts)


def _current(config: Config, history_: History) -> Iterator[CurrentRevisions]:
    scripts, at = ScriptDirectory.from_config(config), current_revisions(config)
    ends = tuple(sorted(scripts.get_heads()))
    for bind in history_.chosen_binds:
        if bind.key in at:
            url, revisions = shown_url(bind.engine.url), at[bind.key]
            reached = scripts_at(scripts, bind.key, revisions)
            yield CurrentRevisions(bind.key, url, history_.directory, reached, revisions, ends)


def _listing(
    directory: Directory,
    bind: Names,
    found: Callable[[ScriptDirectory], Iterable[Script]],
    listing: Callable[..., None],
    **options: Any,
) -> Listing:
    """Return what one of Alembic's commands lists, of each history."""
    histories = []
    for history_ in select(directory, bind).histories:
        with open_history(history_) as (config, _run):
            text = _text(config, listing, **options)
            scripts = found(ScriptDirectory.from_config(config))
            histories.append(_listed(history_, scripts, text))
    return Listing(tuple(histories))


def _listed(
    history_: History,
    scripts: Iterable[Script],
    text: str,
    current_: Mapping[str | None, tuple[str, ...]] | None = None,
) -> ListedHistory:
    binds = tuple(bind.key for bind in history_.chosen_binds)
    return ListedHistory(history_.directory, binds, tuple(scripts), text, current_)


def _text(config: Config, listing: Callable[..., None], *args: Any, **kw: Any) -> str:
    """Return what an Alembic command would print."""
    config.stdout = StringIO()
    listing(config, *args, **kw)
    return config.stdout.getvalue()
