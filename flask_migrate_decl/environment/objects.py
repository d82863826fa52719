"""The Python objects that a configuration names as text."""

from __future__ import annotations

import importlib
from functools import reduce
from typing import Any

from flask_migrate_decl.errors import ObjectReferenceError


def referenced_object(key: str, reference: str) -> Any:
    """Return what a ``"package.module:name"`` stands for; it has to be callable.

    :param key: the option that names it, for the error.
    :raises ObjectReferenceError: the module or the name is not there, or can't be called.
    """
    module_name, _, path = reference.partition(":")
    try:
        found = reduce(getattr, path.split("."), importlib.import_module(module_name))
    except ImportError as error:
        raise ObjectReferenceError(key, reference, str(error)) from error
    except AttributeError:
        reason = f'"{module_name}" has no "{path}"'
        raise ObjectReferenceError(key, reference, reason) from None
    if not callable(found):
        raise ObjectReferenceError(key, reference, "it can't be called")
    return found
