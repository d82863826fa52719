"""What the schema is like before a statement and after it, by ``SHOW CREATE TABLE``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask_migrate_decl.databases.journal.readings import fingerprint
from flask_migrate_decl.databases.journal.statements import Kind

if TYPE_CHECKING:
    from flask_migrate_decl.databases.journal.statements import Effect
    from flask_migrate_decl.databases.journal.table import JournalTable

_MISSING = "-"
"""What is written down where what a statement adds is not there before it."""
_COUNTER = re.compile(r"^(\).*?) AUTO_INCREMENT=\d+", re.MULTILINE)
"""It goes on with the rows that an app inserts."""
_SETTINGS = ("sql_mode", "sql_quote_show_create", "character_set_results")
"""Those by which ``SHOW CREATE TABLE`` is worded."""
_MODES = ("ANSI_QUOTES", "NO_FIELD_OPTIONS", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS")
"""Those of ``sql_mode`` that count."""
_BRINGS_OTHERS = re.compile(r"\b(LIKE|SELECT|RENAME)\b", re.IGNORECASE)
"""What brings names to a table that are not in the statement."""


@dataclass
class ShownSchema:
    """The schema as a database shows it, asked as seldom as it may have changed.

    :param table: runs the questions.
    """

    table: JournalTable
    _names: dict[str, set[str]] = field(default_factory=dict)
    _settings: tuple[object, ...] | None = None
    _character_set: object = None

    def __post_init__(self) -> None:
        *_, self._character_set = self._asked_settings()

    def before(self, effect: Effect) -> str | None:
        """Return a fingerprint of what a statement is going to change."""
        if not effect.shown_by:
            return None
        known = self._names.get(effect.shown_by)
        if known is not None and effect.adds and effect.adds not in known:
            return _MISSING
        shown = self._shown(effect)
        self._names[effect.shown_by] = _names_in(shown)
        return fingerprint(shown)

    def has_changed(self, effect: Effect, before: str) -> bool:
        """Tell whether a statement was done, by what was there before it."""
        shown = self._shown(effect)
        is_other = before == _MISSING or fingerprint(shown) != before
        return is_other and re.search(effect.sign, shown) is not None

    def note_run(self, statement: str, kind: Kind) -> None:
        """Note which names a statement may have brought that changes more than rows."""
        if kind is Kind.CHANGES_SCHEMA and not _BRINGS_OTHERS.search(statement):
            brought = _names_in(statement)
            for names in self._names.values():
                names |= brought
        else:
            self._names.clear()
            self._settings = None

    def _shown(self, effect: Effect) -> str:
        """Return what is there of what a statement changes, an empty text where nothing is.

        It is worded as in a session that no script has changed.
        """
        if self._settings is None:
            self._settings = self._asked_settings()
        is_changed = not self._is_plain(self._settings)
        if is_changed:
            self._set(("", 1, self._character_set))
        try:
            rows = self.table.run_if_there(effect.shown_by)
        finally:
            if is_changed:
                self._set(self._settings)
        return _COUNTER.sub(r"\1", str(rows[0][1])) if rows else ""

    def _is_plain(self, settings: tuple[object, ...]) -> bool:
        mode, quotes, character_set = settings
        has_mode = any(one in str(mode) for one in _MODES)
        return not has_mode and quotes == 1 and character_set == self._character_set

    def _asked_settings(self) -> tuple[object, ...]:
        (values,) = self.table.run(f"SELECT {', '.join(f'@@{name}' for name in _SETTINGS)}")
        return tuple(values)

    def _set(self, values: tuple[object, ...]) -> None:
        sets = ", ".join(f"SESSION {name} = %s" for name in _SETTINGS)
        self.table.run(f"SET {sets}", values)


def _names_in(text: str) -> set[str]:
    return set(re.findall(r"[\w$]+", text.lower()))
