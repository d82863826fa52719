"""Which room of the house imports which: from the ground up, and never above."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import flask_migrate_decl

PACKAGE = Path(flask_migrate_decl.__file__).parent
ROOMS = [
    "errors",
    "registration",
    "reporting",
    "renames",
    "config",
    "operations",
    "autogenerate",
    "databases",
    "environment",
    "checks",
    "results",
    "commands",
    "extension",
    "cli",
]
# The extension adds the group of commands to the app, and imports it to do so.
SAID = {("extension", "cli")}


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        if relative != Path("__init__.py"):
            yield relative.parts[0].removesuffix(".py"), ast.parse(path.read_text())


def _imported_rooms(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "flask_migrate_decl":
                names = [f"flask_migrate_decl.{alias.name}" for alias in node.names]
        for name in names:
            package, _, rest = name.partition(".")
            if package == "flask_migrate_decl":
                yield rest.partition(".")[0]


def test_no_room_imports_one_above_it() -> None:
    wrong = {
        (room, imported)
        for room, module in _modules()
        for imported in _imported_rooms(module)
        if ROOMS.index(imported) > ROOMS.index(room)
    }
    assert wrong == SAID


@pytest.mark.parametrize("heavy", ["sqlalchemy", "alembic", "pydantic", "flask"])
def test_the_renames_are_pure(heavy: str) -> None:
    imported = {
        name.partition(".")[0]
        for room, module in _modules()
        if room == "renames"
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
        )
        if name
    }
    assert heavy not in imported


def test_only_the_command_line_prints() -> None:
    printing = {
        room
        for room, module in _modules()
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("print", "click.echo", "sys.exit", "exit")
    }
    assert printing <= {"cli"}


def test_functions_are_short() -> None:
    lengths = {
        f"{room}: {node.name}, line {node.lineno}": len(
            {n.lineno for n in ast.walk(node) if isinstance(n, ast.stmt)}
        )
        for room, module in _modules()
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > 25} == {}
