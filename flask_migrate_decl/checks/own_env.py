"""A project's own ``env.py``, read and not run, against what the section declares."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.config import DatabaseOptions, place_in_text
from flask_migrate_decl.errors import Finding
from flask_migrate_decl.errors.rules import ENV_COLLIDES, ENV_OVERRIDES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask_migrate_decl.checks.subject import Subject
    from flask_migrate_decl.errors import Place, Rule

_ALWAYS_PASSED = frozenset({"compare_type", "render_as_batch"})
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
    """Find calls of ``context.configure()`` that keep the section's options out."""
    path = subject.project.own_env
    if path is None:
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        # Running it says so; what it would pass can't be seen.
        return
    declared = _declared_options(subject)
    for call in _configure_calls(tree):
        yield from _ConfigureCall(path, text, call).findings(declared)


def _declared_options(subject: Subject) -> frozenset[str]:
    tables: list[DatabaseOptions] = [subject.settings, *subject.settings.binds.values()]
    declared = {key for table in tables for key in table.model_fields_set}
    return frozenset(declared & set(DatabaseOptions.model_fields))


def _configure_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("context.configure"):
            yield node


_Node = ast.keyword | ast.Call


@dataclass(frozen=True)
class _ConfigureCall:
    path: Path
    text: str
    call: ast.Call

    def findings(self, declared: frozenset[str]) -> Iterator[Finding]:
        keywords = {keyword.arg: keyword for keyword in self.call.keywords if keyword.arg}
        passes_all = any(keyword.arg is None for keyword in self.call.keywords)
        for name, keyword in keywords.items():
            if passes_all and name in declared | _ALWAYS_PASSED:
                yield self._collision(name, keyword)
            elif name in declared:
                yield self._override(name, keyword)
        if not passes_all:
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

    def _finding(self, rule: Rule, node: _Node, message: str, help_: str) -> Finding:
        return Finding(rule, message, help_, self._place(node))

    def _place(self, node: _Node) -> Place:
        """Return where a node begins; Python counts the bytes of a line."""
        lines = self.text.splitlines(keepends=True)
        before = lines[node.lineno - 1].encode()[: node.col_offset].decode()
        start = sum(map(len, lines[: node.lineno - 1])) + len(before)
        length = len(ast.get_source_segment(self.text, node) or "x")
        return place_in_text(self.path, self.text, start, start + length)


_PASS_ALL = (
    "pass **current_app.extensions['migrate'].configure_args, and nothing that the section has; "
    "without changes of your own env.py can be removed"
)
