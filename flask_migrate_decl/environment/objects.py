"""The Python objects that a configuration names as text."""

from __future__ import annotations

import importlib
from typing import Any

from flask_migrate_decl.environment.failures import mistake_in_words
from flask_migrate_decl.errors import ObjectReferenceError, without_secrets
from flask_migrate_decl.renames import nearest


def referenced_object(key: str, reference: str) -> Any:
    """Return what a ``"package.module:name"`` stands for; it has to be callable.

    :param key: the option that names it, for the error.
    :raises ObjectReferenceError: the module or the name is not there, or can't be called.
    """
    module_name, _, path = reference.partition(":")
    found = imported_module(key, reference, module_name)
    try:
        found = _attribute(found, path)
        is_callable = callable(found)
    except AttributeError as error:
        raise ObjectReferenceError(key, reference, f'"{module_name}" has no {error}') from None
    except Exception as error:
        raise ObjectReferenceError(key, reference, mistake_in_words(error)) from error
    if not is_callable:
        raise ObjectReferenceError(key, reference, "it can't be called")
    return found


def _attribute(found: Any, path: str) -> Any:
    for name in path.split("."):
        if not hasattr(found, name):
            near = nearest(name, (known for known in dir(found) if not known.startswith("_")))
            offer = f'; did you mean "{near[0]}"?' if near else ""
            raise AttributeError(f'"{path}"{offer}')
        found = getattr(found, name)
    return found


def imported_module(key: str, reference: str, module: str) -> Any:
    """Import a module of the project, which may fail in any way.

    :raises ObjectReferenceError: it can't be imported.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ObjectReferenceError(key, reference, without_secrets(str(error))) from error
    except (Exception, SystemExit) as error:
        raise ObjectReferenceError(key, reference, mistake_in_words(error)) from error
