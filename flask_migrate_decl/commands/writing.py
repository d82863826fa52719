"""The commands that write or change revisions."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic import command as alembic_command
from alembic.script import ScriptDirectory
from alembic.util import rev_id as new_id

from flask_migrate_decl.commands.generating import generate, suggested
from flask_migrate_decl.commands.left import told_what_is_left
from flask_migrate_decl.commands.undeclared import Answers, Ask
from flask_migrate_decl.environment import (
    histories_with,
    is_script_of,
    nothing_broken_left,
    open_history,
    revision_ids,
    script_files,
    scripts_of,
    select,
    verify_new_script,
    verify_revision,
    with_several_heads,
)
from flask_migrate_decl.errors import HistoryNotChosenError, RevisionIdError
from flask_migrate_decl.results import RevisionResult, SuggestionsResult

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from alembic.config import Config
    from alembic.script import Script

    from flask_migrate_decl.environment import History

    Directory = str | os.PathLike[str] | None
    Names = Sequence[str] | str


_REVISION_ID = re.compile(r"\w{1,32}")
_RESERVED_IDS = frozenset({"base", "current", "head", "heads"})
_OF_ONE_HISTORY = ("branch_label", "rev_id", "version_path")


def revision(
    directory: Directory = None,
    message: str | None = None,
    autogenerate: bool = False,
    sql: bool = False,
    head: str = "head",
    splice: bool = False,
    branch_label: str | None = None,
    version_path: str | None = None,
    rev_id: str | None = None,
    x_arg: Names | None = None,
    rename: Sequence[str] = (),
    not_renamed: Sequence[str] = (),
    ask: Ask | None = None,
    bind: Names = (),
) -> RevisionResult:
    """Write a revision, an empty one unless ``autogenerate`` compares models and databases.

    An empty one is written in one history; a comparison writes one in each that changed.

    What looks like a rename and has no hint is answered by ``rename``, ``not_renamed`` and
    ``ask``, which ``migrate`` explains.

    :raises RenameHintsError: a rename hint does not fit; nothing is written.
    :raises UndeclaredRenamesError: something looks like a rename, nobody can be asked, and the
        configuration wants an answer; nothing is written.
    :raises HintsNotSeenError: a project's own ``env.py`` keeps the hints out.
    :raises NamesInUseError: a new constraint would get a name that a rename leaves to another.
    :raises ModelsLostError: most tables would be dropped.
    :raises DropsRefusedError: something would be dropped, and ``safety`` makes that an error.
    :raises RevisionIdError: ``rev_id`` can't be used.
    :raises RevisionTakenError: there is a revision of that identifier.
    :raises ScriptPathError: the script would be written over a file, or outside of its folder.
    :raises HistoryNotChosenError: what is asked for is about one history, and there are several.
    """
    _check_revision_id(rev_id)
    arguments: dict[str, Any] = {
        "sql": sql,
        "head": head,
        "splice": splice,
        "branch_label": branch_label,
        "version_path": version_path,
        "rev_id": rev_id,
    }
    verify_revision(head)
    selection = select(directory, bind).with_revision(head)
    is_about_one = sql or not autogenerate or any(arguments[key] for key in _OF_ONE_HISTORY)
    if is_about_one:
        _only(selection.histories)
    if autogenerate and not sql:
        answers = Answers.of(rename, not_renamed, ask)
        return generate(selection, message, arguments, x_arg, answers)
    history = _only(selection.histories)
    with open_history(history, x_arg=x_arg, flags=("quiet",)) as (config, _run):
        message = history.message_for_template(message)
        with _written(config, message, arguments["rev_id"], version_path) as revision_id:
            arguments["rev_id"] = revision_id
            scripts = alembic_command.revision(config, message, autogenerate, **arguments)
        return RevisionResult(_scripts(scripts))


def migrate(
    directory: Directory = None,
    message: str | None = None,
    sql: bool = False,
    head: str = "head",
    splice: bool = False,
    branch_label: str | None = None,
    version_path: str | None = None,
    rev_id: str | None = None,
    x_arg: Names | None = None,
    rename: Sequence[str] = (),
    not_renamed: Sequence[str] = (),
    ask: Ask | None = None,
    bind: Names = (),
) -> RevisionResult:
    """Write a revision from the differences between models and databases.

    A hint that comes of an answer is put into the configuration once the revision is written.

    :param rename: renames without a hint, such as ``account.name=full_name``.
    :param not_renamed: what is no rename, such as ``account.name``.
    :param ask: asks somebody of each likely rename that is left; raises to stop.
    :raises FindingsError: as ``revision`` does.
    :raises AnswerError: an answer can't be read.
    """
    return revision(
        directory,
        message,
        autogenerate=True,
        sql=sql,
        head=head,
        splice=splice,
        branch_label=branch_label,
        version_path=version_path,
        rev_id=rev_id,
        x_arg=x_arg,
        rename=rename,
        not_renamed=not_renamed,
        ask=ask,
        bind=bind,
    )


def suggest_renames(
    directory: Directory = None, x_arg: Names | None = None, bind: Names = ()
) -> SuggestionsResult:
    """Return what looks like a rename that no hint declares, and write nothing.

    :raises FindingsError: as ``revision`` does.
    """
    return suggested(select(directory, bind), x_arg)


def edit(
    directory: Directory = None, revision: str = "current", bind: Names = ()
) -> tuple[Script, ...]:
    """Open a revision in ``$EDITOR`` and return it.

    :raises HistoryNotChosenError: there is such a one in several histories.
    """
    verify_revision(revision)
    history = _only(histories_with(select(directory, bind).histories, revision))
    with open_history(history) as (config, _run):
        ids = revision_ids(config, revision)
        scripts_of(config, ids)
        # Alembic would open what several databases are at once for each of them.
        for one in ids if isinstance(ids, tuple) and ids else (revision,):
            alembic_command.edit(config, one)
        return scripts_of(config, ids)


def merge(
    directory: Directory = None,
    revisions: Names = "",
    message: str | None = None,
    branch_label: str | None = None,
    rev_id: str | None = None,
    bind: Names = (),
) -> RevisionResult:
    """Write a revision that brings branches together.

    :raises HistoryNotChosenError: there are branches in several histories.
    """
    _check_revision_id(rev_id)
    names = (revisions,) if isinstance(revisions, str) else tuple(revisions)
    histories = select(directory, bind).histories
    for name in names:
        verify_revision(name)
        histories = histories_with(histories, name)
    history = _only(with_several_heads(histories) or histories)
    with open_history(history, flags=("quiet",)) as (config, _run):
        scripts_of(config, names)
        message = history.message_for_template(message)
        with _written(config, message, rev_id) as revision_id:
            merged = alembic_command.merge(
                config, names, message=message, branch_label=branch_label, rev_id=revision_id
            )
        return RevisionResult(_scripts(merged))


@contextmanager
def _written(
    config: Config, message: str | None, rev_id: str | None, version_path: str | None = None
) -> Iterator[str]:
    """Give the identifier of a new revision, and see to it that nothing else is written over."""
    revision_id = rev_id or new_id()
    scripts = ScriptDirectory.from_config(config)
    verify_new_script(scripts, revision_id, message, version_path)
    is_own = partial(is_script_of, (revision_id,))
    with told_what_is_left(partial(script_files, scripts)), nothing_broken_left(config, is_own):
        yield revision_id


def _only(histories: tuple[History, ...]) -> History:
    if len(histories) != 1:
        raise HistoryNotChosenError(tuple(map(str, histories)))
    return histories[0]


def _check_revision_id(revision_id: str | None) -> None:
    """Refuse what would be a word of Alembic's, too long for its table, a path, or code."""
    if revision_id is None:
        return
    if not _REVISION_ID.fullmatch(revision_id) or revision_id in _RESERVED_IDS:
        raise RevisionIdError(revision_id)


def _scripts(written: Script | list[Script | None] | None) -> tuple[Script, ...]:
    several = written if isinstance(written, list) else [written]
    return tuple(script for script in several if script is not None)
