"""Modules that define models and were not imported, found by reading their text."""

from __future__ import annotations

import ast
import os
import re
import sys
import warnings
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from flask_sqlalchemy.model import camel_to_snake_case

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from flask import Flask

_MOST_FILES = 2_000
_SKIPPED = frozenset({"env", "node_modules", "site-packages", "test", "tests", "venv"})
_MAY_DEFINE = re.compile(rb"Table|__tablename__|Column|mapped_column|Mapped|Model")
_COLUMNS = frozenset({"Column", "Mapped", "mapped_column"})


def unimported_modules(
    app: Flask, tables: Collection[str], histories: Collection[Path]
) -> tuple[str, ...]:
    """Return the names of the modules below an app that define some tables.

    :param histories: folders that are left out.
    """
    root = Path(app.root_path).resolve()
    left_out = frozenset(folder.resolve() for folder in histories)
    files = islice(_python_files(root, left_out), _MOST_FILES)
    above = _folder_above(root, app.import_name)
    named = ((_dotted(path.relative_to(above)), path) for path in files)
    return tuple(
        name
        for name, path in named
        if name and name not in sys.modules and not tables_defined_in(path).isdisjoint(tables)
    )


def _python_files(root: Path, left_out: frozenset[Path]) -> Iterator[Path]:
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if _is_searched(Path(folder, name), left_out))
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(".py"))


def _is_searched(folder: Path, left_out: frozenset[Path]) -> bool:
    if folder.name.startswith((".", "__")) or folder.name in _SKIPPED or folder in left_out:
        return False
    return not (folder / "pyvenv.cfg").exists()


def _folder_above(root: Path, import_name: str) -> Path:
    """Return the folder from which the modules below an app's folder are imported."""
    package = getattr(sys.modules.get(import_name), "__package__", None)
    parts = package.split(".") if package else []
    if package is not None and list(root.parts[len(root.parts) - len(parts) :]) == parts:
        return Path(*root.parts[: len(root.parts) - len(parts)])
    while (root / "__init__.py").is_file():
        root = root.parent
    return root


def _dotted(path: Path) -> str | None:
    """Return the name of a module, by its path from the folder that it is imported from."""
    parts = path.with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(parts) if all(map(str.isidentifier, parts)) else None


def tables_defined_in(path: Path) -> set[str]:
    """Return the names of the tables that a module seems to define when it is imported."""
    try:
        text = path.read_bytes()
        if not _MAY_DEFINE.search(text):
            return set()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        return set(_tables(tree.body))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return set()


def _tables(body: Sequence[ast.AST]) -> Iterator[str]:
    """Find tables in what runs at once, and so not in functions."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.ClassDef):
            yield from _table_of_class(node)
        elif isinstance(node, ast.Call) and _last_name(node.func) == "Table":
            yield from (name for name in map(_text, node.args[:1]) if name)
        yield from _tables(list(ast.iter_child_nodes(node)))


def _table_of_class(node: ast.ClassDef) -> Iterator[str]:
    named = [name for statement in node.body if (name := _tablename(statement))]
    is_model = any(_last_name(base) == "Model" for base in node.bases)
    if named:
        yield from named
    elif node.bases and (is_model or any(_last_name(part) in _COLUMNS for part in ast.walk(node))):
        yield camel_to_snake_case(node.name)


def _tablename(statement: ast.stmt) -> str | None:
    """Return what a statement sets ``__tablename__`` to, where that is a text."""
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return None
    is_name = any(_last_name(target) == "__tablename__" for target in targets)
    return _text(statement.value) if is_name else None


def _text(node: ast.AST | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def _last_name(node: ast.AST) -> str | None:
    """Return the last part of a dotted name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None
