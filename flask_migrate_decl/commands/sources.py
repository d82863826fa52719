"""The section that a command works with, also where there is no app."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from flask_migrate_decl.config import find_source
from flask_migrate_decl.errors import NotInitializedError
from flask_migrate_decl.registration import registration_of

if TYPE_CHECKING:
    import os

    from flask_migrate_decl.config import Source
    from flask_migrate_decl.registration import Registration


def current_registration_if_any() -> Registration | None:
    """Return what the current app was registered with, if there is one."""
    try:
        return registration_of(current_app) if current_app else None
    except NotInitializedError:
        return None


def source_for(
    registration: Registration | None, config_file: str | os.PathLike[str] | None
) -> Source:
    """Find and read the section of an app, or that of the working folder.

    :param config_file: the file, instead of the one that is found.
    :raises ConfigUnreadableError: a named file is not there or can't be read.
    :raises ConfigInvalidError: the file is no TOML.
    """
    if registration is None:
        return find_source(None, (Path.cwd(),), chosen=config_file)
    return find_source(registration.config_file, registration.search_folders, chosen=config_file)
