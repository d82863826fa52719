"""What the schema is like before a statement and after it, by ``SHOW CREATE TABLE``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask_migrate_decl.databases.journal.readings import fingerprint
from flask_migrate_decl.databases.journal.statements import names_in

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
_BRINGS_OTHERS = ("like", "select", "rename")
"""What brings names to a table that are not in the statement."""

_OF_DEFAULT_SCHEMA = re.compile(r"SHOW CREATE TABLE `?[\w$]+`?")


@dataclass
class ShownSchema:
    """The schema as a database shows it, asked as seldom as it may have changed.

    :param table: runs the questions.
    """

    table: JournalTable
    _tables: set[str] | None = None
    _texts: dict[str, dict[str, str]] = field(default_factory=dict)
    _settings: tuple[object, ...] | None = None
    _character_set: object = None

    def __post_init__(self) -> None:
        *_, self._character_set = self._asked_settings()

    def before(self, effect: Effect) -> str | None:
        """Return a fingerprint of what a statement is going to change."""
        if not effect.shown_by:
            return None
        if effect.adds and self._is_absent(effect):
            return _MISSING
        shown = self._shown(effect)
        self._texts.setdefault(effect.table, {})[effect.shown_by] = shown.lower()
        return fingerprint(shown)

    def _is_absent(self, effect: Effect) -> bool:
        """Tell whether it is known that what a statement adds is not there."""
        text = self._texts.get(effect.table, {}).get(effect.shown_by)
        if text is None and self._is_new_table(effect):
            self._texts.setdefault(effect.table, {})[effect.shown_by] = ""
            return True
        return text is not None and not (effect.adds in text and effect.adds in names_in(text))

    def _is_new_table(self, effect: Effect) -> bool:
        if effect.adds != effect.table or _OF_DEFAULT_SCHEMA.fullmatch(effect.shown_by) is None:
            return False
        if self._tables is None:
            self._tables = {str(name).lower() for (name,) in self.table.run("SHOW TABLES")}
        return effect.table not in self._tables

    def has_changed(self, effect: Effect, sign: str, before: str) -> bool:
        """Tell whether a statement was done, by what was there before it.

        :param sign: what is there only once it was done, as a regular expression.
        """
        shown = self._shown(effect)
        is_other = before == _MISSING or fingerprint(shown) != before
        return is_other and re.search(sign, shown) is not None

    def note_changed(self, effect: Effect, statement: str) -> None:
        """Note which names may be in a table that was changed.

        :param statement: the one that has changed it, in small letters.
        """
        if any(word in statement for word in _BRINGS_OTHERS):
            self.forget()
            return
        if self._tables is not None:
            self._tables.add(effect.table)
        texts = self._texts.get(effect.table, {})
        for shown_by in texts:
            texts[shown_by] += f"\n{statement}"

    def forget(self) -> None:
        """Forget what anything may have changed."""
        self._texts.clear()
        self._tables = self._settings = None

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
