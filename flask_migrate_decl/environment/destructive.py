"""Whether a revision may lose rows, as far as its text tells."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HARMLESS = frozenset(
    {
        "add_column",
        "batch_alter_table",
        "create_index",
        "create_table",
        "create_table_comment",
        "drop_index",
        "f",
        "inline_literal",
    }
)
"""Alembic's operations after which every row is there that was there before."""
_OPERATIONS = frozenset({"op", "batch_op"})
_OF_TYPES = frozenset({"sa", "sqlalchemy", "postgresql", "mysql", "sqlite", "text", "globals"})


@cache
def may_lose_rows(script: Path, direction: str) -> bool:
    """Tell whether a script does anything but make tables, columns and indexes.

    :param direction: ``upgrade`` or ``downgrade``.
    """
    try:
        tree = ast.parse(script.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return True
    functions = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith(direction)
    ]
    calls = (
        node for function in functions for node in ast.walk(function) if isinstance(node, ast.Call)
    )
    return not functions or not all(map(_is_harmless, calls))


def _is_harmless(call: ast.Call) -> bool:
    function: ast.expr = call.func
    if isinstance(function, ast.Attribute):
        root = _root(function)
        return root in _OF_TYPES or (root in _OPERATIONS and function.attr in _HARMLESS)
    if isinstance(function, ast.Name):
        return function.id in _OF_TYPES
    # It is how a script of several databases calls the function for one.
    return isinstance(function, ast.Call | ast.Subscript) and "globals" in ast.dump(function)


def _root(expression: ast.expr) -> str:
    while isinstance(expression, ast.Attribute):
        expression = expression.value
    return expression.id if isinstance(expression, ast.Name) else ""
