"""The folders of revisions: made for a project that has none yet."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command as alembic_command
from alembic.config import Config

from flask_migrate_decl.config import StarterSection, add_starter_section
from flask_migrate_decl.environment import History, select, worded_errors
from flask_migrate_decl.errors import (
    DirectoryIsFileError,
    DirectoryNotEmptyError,
    TemplateIncompleteError,
    UnknownTemplateError,
)
from flask_migrate_decl.results import InitResult, Template

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flask_migrate_decl.environment import Project

TEMPLATES = (
    Template("flask", "Single-database configuration; nothing but revisions in the folder."),
    Template("flask-multidb", "Multi-database configuration; nothing but revisions in the folder."),
)
_TEMPLATE_NAMES = tuple(template.name for template in TEMPLATES)


def list_templates() -> tuple[Template, ...]:
    """Return the templates for ``init``. It needs no application context."""
    return TEMPLATES


def init(
    directory: str | os.PathLike[str] | None = None,
    multidb: bool = False,
    template: str | None = None,
    package: bool = False,
    bind: Sequence[str] | str = (),
) -> InitResult:
    """Make the folders of revisions that are not there, and a section where there is none.

    :param multidb: take every bind of ``SQLALCHEMY_BINDS`` in; a folder that is copied says that
        by itself.
    :param template: a name of ``list_templates()``, or the path of a folder to copy.
    :param package: write empty ``__init__.py`` files.
    :raises ConfigError: the configuration's binds can't be those of the app.
    :raises DirectoryNotEmptyError: something is in every folder already.
    :raises DirectoryIsFileError: a file is where a folder should be.
    :raises UnknownTemplateError: there is no such template.
    :raises TemplateIncompleteError: the folder to copy is none.
    """
    selection = select(directory, bind, needs_database=False)
    selection.project.verify_binds()
    project, histories = selection.project, _not_begun(selection.histories)
    if template is not None and ("/" in template or os.sep in template):
        _copy_template(histories[0].directory, Path(template), package=package)
        return InitResult(histories[0].directory, None)
    if template is not None and template not in _TEMPLATE_NAMES:
        raise UnknownTemplateError(template, _TEMPLATE_NAMES)
    with worded_errors():
        for history in histories:
            _make_folders(history, package=package)
        section = _starter_section(project, multidb=multidb or template == "flask-multidb")
    others = tuple(history.directory for history in histories[1:])
    return InitResult(histories[0].directory, section, others)


def _not_begun(histories: Iterable[History]) -> list[History]:
    """Return the histories that have nothing in their folders yet."""
    found = list(histories)
    for history in found:
        if history.directory.is_file():
            raise DirectoryIsFileError(history.directory)
    empty = [history for history in found if _is_empty(history, found)]
    if not empty:
        raise DirectoryNotEmptyError(found[0].directory)
    return empty


def _is_empty(history: History, histories: Iterable[History]) -> bool:
    """Tell whether nothing is in a folder, but for what another history may have below it."""
    others = {other.directory for other in histories} - {history.directory}
    return not history.directory.exists() or all(
        any(other == path or path in other.parents for other in others)
        for path in history.directory.iterdir()
    )


def _starter_section(project: Project, *, multidb: bool) -> StarterSection | None:
    """Add the first section, unless there is one or the folder is no part of this project."""
    is_elsewhere = not project.directory.is_relative_to(Path.cwd())
    if project.configuration.source.path is not None or is_elsewhere:
        return None
    directory = Path(os.path.relpath(project.directory)).as_posix()
    return add_starter_section(Path.cwd(), directory, multidb=multidb)


def _copy_template(directory: Path, template: Path, *, package: bool) -> None:
    class TemplateConfig(Config):
        def get_template_directory(self) -> str:
            return str(template.parent)

    if not template.is_dir():
        raise UnknownTemplateError(str(template), _TEMPLATE_NAMES)
    if not (template / _NEEDED).is_file():
        raise TemplateIncompleteError(template, _NEEDED)
    config = TemplateConfig(directory / "alembic.ini", cmd_opts=Namespace(quiet=True))
    with worded_errors():
        alembic_command.init(config, str(directory), template.name, package=package)


_NEEDED = "alembic.ini.mako"
"""What a template can't do without, as Alembic sees it."""


def _make_folders(history: History, *, package: bool) -> None:
    for folder in (history.directory, *history.version_locations):
        folder.mkdir(parents=True, exist_ok=True)
        if package:
            (folder / "__init__.py").touch()
