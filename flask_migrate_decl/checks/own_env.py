"""A project's own ``env.py``, read and not run, against what the section declares."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.config import DatabaseOptions, Lines
from flask_migrate_decl.environment import ALWAYS_PASSED, verify_own_env
from flask_migrate_decl.errors import ConfigError, Finding, OwnEnvironmentError, Place
from flask_migrate_decl.errors.rules import ENV_COLLIDES, ENV_LOSES, ENV_OVERRIDES, ENV_UNUSABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask_migrate_decl.checks.subject import Subject
    from flask_migrate_decl.environment import History
    from flask_migrate_decl.errors import Rule

_OF_A_FILE_OF_SQL = frozenset(
    {
        "version_table",
        "version_table_schema",
        "version_table_pk",
        "transactional_ddl",
        "transaction_per_migration",
        "mssql_batch_separator",
        "oracle_batch_separator",
    }
)
"""The options that matter where ``--sql`` writes statements, and no database is compared."""


def own_env_findings(subject: Subject) -> Iterator[Finding]:
    """Find what an ``env.py`` can't do, and calls that keep the section's options out."""
    for history in subject.project.histories:
        if history.own_env is not None:
            yield from _unusable(history, history.own_env)
            yield from _calls(subject, history.own_env)


def _unusable(history: History, path: Path) -> Iterator[Finding]:
    try:
        verify_own_env(history, path)
    except ConfigError:
        # A bind that the app does not have is told of the binds.
        return
    except OwnEnvironmentError as error:
        message = f"it can't be used: {error.reason}"
        yield Finding(ENV_UNUSABLE, message, "remove it, without changes of your own", Place(path))


def _calls(subject: Subject, path: Path) -> Iterator[Finding]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        # Running it says so; what it would pass can't be seen.
        return
    if (own_class := _class_for_sqlite(tree)) is not None:
        yield _losses_not_seen(_Env(Lines(path, text), tree), own_class)
    declared = _declared_options(subject)
    passed = declared.union(ALWAYS_PASSED, subject.project.registration.options)
    env = _Env(Lines(path, text), tree)
    for call in env.configure_calls:
        yield from _ConfigureCall(env, call).findings(declared, passed)


def _class_for_sqlite(tree: ast.Module) -> ast.ClassDef | None:
    """Return a class that an ``env.py`` registers with Alembic for SQLite."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            assigned = {ast.unparse(item) for item in node.body if isinstance(item, ast.Assign)}
            if "__dialect__ = 'sqlite'" in assigned:
                return node
    return None


def _losses_not_seen(env: _Env, node: ast.ClassDef) -> Finding:
    message = (
        f"{node.name} takes the place of what finds out, where SQLite makes a table anew, what it "
        "would lose"
    )
    help_ = "put it into a module of the app's, which is imported before env.py is run"
    return Finding(ENV_LOSES, message, help_, env.place(node))


def _declared_options(subject: Subject) -> frozenset[str]:
    tables: list[DatabaseOptions] = [subject.settings, *subject.settings.binds.values()]
    declared = {key for table in tables for key in table.model_fields_set}
    return frozenset(declared & set(DatabaseOptions.model_fields))


@dataclass(frozen=True)
class _Env:
    lines: Lines
    tree: ast.Module

    @property
    def configure_calls(self) -> list[ast.Call]:
        """The calls of Alembic's ``configure()``, under whatever name it is imported."""
        names = set(self._names_of_configure())
        calls = (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return [call for call in calls if ast.unparse(call.func) in names]

    def _names_of_configure(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    yield from _name_of_configure(node, alias)

    def is_all_of_ours(self, spread: ast.keyword) -> bool:
        """Tell whether ``**spread`` is what we give to an env.py, and nothing is taken out."""
        value = ast.unparse(spread.value)
        assigned = (node for node in ast.walk(self.tree) if isinstance(node, ast.Assign))
        sources = [
            ast.unparse(node.value)
            for node in assigned
            if value in [ast.unparse(target) for target in node.targets]
        ]
        is_ours = any("configure_args" in source for source in [value, *sources])
        return is_ours and not self._is_taken_out_of(value)

    def _is_taken_out_of(self, name: str) -> bool:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == f"{name}.pop":
                return True
            if isinstance(node, ast.Delete) and any(
                ast.unparse(target).startswith(f"{name}[") for target in node.targets
            ):
                return True
        return False

    def place(self, node: ast.keyword | ast.Call | ast.ClassDef) -> Place:
        """Return where a node begins; Python counts the bytes of a line."""
        line = self.lines.text.split("\n")[node.lineno - 1].encode()
        column = len(line[: node.col_offset].decode(errors="ignore"))
        is_whole = node.end_lineno == node.lineno
        behind = line[node.col_offset : node.end_col_offset if is_whole else None]
        end = column + len(behind.decode(errors="ignore"))
        return self.lines.place_in_line(node.lineno, column, end)


def _name_of_configure(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> Iterator[str]:
    """Return what an import lets ``alembic.context.configure`` be called."""
    name = alias.asname or alias.name
    module = node.module if isinstance(node, ast.ImportFrom) else None
    if (module, alias.name) == ("alembic", "context"):
        yield f"{name}.configure"
    elif (module, alias.name) == ("alembic.context", "configure"):
        yield name
    elif module is None and alias.name in ("alembic", "alembic.context"):
        is_renamed = alias.name == "alembic.context" and alias.asname
        yield f"{name if is_renamed else 'alembic.context'}.configure"


@dataclass(frozen=True)
class _ConfigureCall:
    env: _Env
    call: ast.Call

    def findings(self, declared: frozenset[str], passed: frozenset[str]) -> Iterator[Finding]:
        """Find what the call passes twice, or decides by itself.

        :param declared: the options of the section.
        :param passed: all that our arguments for the call have in them.
        """
        keywords = {keyword.arg: keyword for keyword in self.call.keywords if keyword.arg}
        spreads = [keyword for keyword in self.call.keywords if keyword.arg is None]
        collides = any(map(self.env.is_all_of_ours, spreads))
        for name, keyword in keywords.items():
            if collides and name in passed:
                yield self._collision(name, keyword)
            elif name in declared:
                yield self._override(name, keyword)
        if not spreads:
            relevant = declared & _OF_A_FILE_OF_SQL if self._is_offline(keywords) else declared
            if left_out := sorted(relevant - set(keywords)):
                yield self._left_out(left_out)

    def _is_offline(self, keywords: dict[str, ast.keyword]) -> bool:
        return "url" in keywords or "literal_binds" in keywords

    def _collision(self, name: str, node: ast.keyword) -> Finding:
        message = f"{name} is passed here, and is among **conf_args as well, so that the call fails"
        return self._finding(ENV_COLLIDES, node, message, f"take {name} out of the call")

    def _override(self, name: str, node: ast.keyword) -> Finding:
        message = f"env.py decides over {name}, and the section's value is not used"
        return self._finding(ENV_OVERRIDES, node, message, _PASS_ALL)

    def _left_out(self, names: list[str]) -> Finding:
        message = f"the section's {', '.join(names)} does not reach this call, and is not used"
        return self._finding(ENV_OVERRIDES, self.call, message, _PASS_ALL)

    def _finding(
        self, rule: Rule, node: ast.keyword | ast.Call, message: str, help_: str
    ) -> Finding:
        return Finding(rule, message, help_, self.env.place(node))


_PASS_ALL = (
    "pass **current_app.extensions['migrate'].configure_args, and nothing that the section has; "
    "without changes of your own env.py can be removed"
)
