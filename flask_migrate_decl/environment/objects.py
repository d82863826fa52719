"""The Python objects that a configuration names as text."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.errors import ObjectReferenceError
from flask_migrate_decl.renames import nearest

if TYPE_CHECKING:
    from types import ModuleType


def referenced_object(key: str, reference: str) -> Any:
    """Return what a ``"package.module:name"`` stands for; it has to be callable.

    :param key: the option that names it, for the error.
    :raises ObjectReferenceError: the module or the name is not there, or can't be called.
    """
    module_name, _, path = reference.partition(":")
    module = imported_module(key, reference, module_name)
    found: Any = module
    for name in path.split("."):
        if not hasattr(found, name):
            near = nearest(name, (known for known in vars(found) if not known.startswith("_")))
            offer = f'; did you mean "{near[0]}"?' if near else ""
            raise ObjectReferenceError(key, reference, f'"{module_name}" has no "{path}"{offer}')
        found = getattr(found, name)
    if not callable(found):
        raise ObjectReferenceError(key, reference, "it can't be called")
    return found


def imported_module(key: str, reference: str, module: str) -> ModuleType:
    """Import a module of the project, which may fail in any way.

    :raises ObjectReferenceError: it can't be imported.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ObjectReferenceError(key, reference, str(error)) from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ObjectReferenceError(key, reference, reason) from error
