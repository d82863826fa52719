"""Rename hints added to a project's file and removed from it, safely.

A file is written only if it then says exactly what it said before and the change besides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli

from flask_migrate_decl.config.editing import (
    NewHint,
    hint_to_paste,
    texts_with_hint,
    texts_without_hint,
)
from flask_migrate_decl.config.files import write_file
from flask_migrate_decl.config.source import (
    MIGRATE_TOML,
    PYPROJECT_TOML,
    SECTION_PATH,
    Source,
    source_in,
)
from flask_migrate_decl.config.toml.brackets import newline_of
from flask_migrate_decl.config.toml.document import Document, parse_document, read_document
from flask_migrate_decl.errors import ConfigChangedError, ConfigInvalidError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from flask_migrate_decl.config.toml.layout import KeyPath

_Data = dict[str, Any]
HintPosition = tuple[str, int]
"""The list that a hint is in, and its position there, counted from 0."""


@dataclass(frozen=True)
class Edit:
    """A file as it is to become.

    :param before: the file as it was read; ``None`` where there is none.
    :param document: what it is to say; ``None`` where no text could be found that says it.
    :param lines: what is added, to be pasted where that could not be done.
    """

    path: Path
    before: bytes | None
    document: Document | None
    lines: str = ""

    @property
    def is_current(self) -> bool:
        """Whether the file is still as it was read."""
        return self.before == (self.path.read_bytes() if self.path.is_file() else None)

    @property
    def added_lines(self) -> str:
        """The lines that the file has not yet, as they will stand there."""
        if self.document is None:
            return self.lines
        before = (self.before or b"").decode("utf-8-sig").splitlines()
        after = self.document.text.splitlines()
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        changed = [
            line
            for tag, _, _, i, j in matcher.get_opcodes()
            if tag != "equal"
            for line in after[i:j]
        ]
        return "\n".join(changed).strip("\n")

    def write(self) -> None:
        """Replace the file, or make it.

        :raises ConfigChangedError: somebody else changed or made it meanwhile.
        :raises OSError: it can't be written; it is as it was.
        """
        assert self.document is not None
        if not self.is_current:
            raise ConfigChangedError(self.path)
        write_file(self.path, self.document.content)


def edit_with_hint(source: Source, hint: NewHint) -> Edit:
    """Add a hint to the file that a section was read from, or to that of the working folder."""
    if source.document is None:
        source = _file_of_working_folder()
    document, prefix = source.document, source.prefix
    assert document is not None
    lines = hint_to_paste(prefix, hint, newline_of(document.text))
    edited = first_right(
        document, texts_with_hint(document, prefix, hint), lambda data: _add(data, prefix, hint)
    )
    return Edit(document.path, _bytes_of(document), edited, lines)


def edit_without_hints(source: Source, positions: Collection[HintPosition]) -> Edit:
    """Remove hints from the file that a section was read from."""
    document = source.document
    assert document is not None
    path, edited = document.path, document
    for kind, number in sorted(set(positions), reverse=True):
        texts = texts_without_hint(edited, source.prefix, kind, number)
        found = first_right(edited, texts, _removal(source.prefix, kind, number))
        if found is None:
            return Edit(path, document.content, None)
        edited = found
    return Edit(path, document.content, edited)


def with_section(edit: Edit) -> Edit:
    """Let a section stay in its file, empty, where nothing of it would be left.

    Whoever names the file relies on it, and elsewhere another file might be found instead.
    """
    document = edit.document
    if document is None or source_in(document) is not None:
        return edit
    newline = newline_of(document.text)
    gap = newline if document.text else ""
    end = "" if document.text.endswith("\n") or not document.text else newline
    text = f"{document.text}{end}{gap}[{'.'.join(SECTION_PATH)}]{newline}"
    return replace(edit, document=first_right(document, [text], lambda _data: None))


def _bytes_of(document: Document) -> bytes | None:
    """Return a file's bytes; one that is not there was taken for an empty one."""
    return document.content if document.path.exists() else None


def _file_of_working_folder() -> Source:
    """Return the file that a first section goes into, which may not be there yet."""
    pyproject = Path.cwd() / PYPROJECT_TOML
    if pyproject.is_file():
        return Source(read_document(pyproject), SECTION_PATH)
    return Source(parse_document(Path.cwd() / MIGRATE_TOML, b""))


def first_right(
    document: Document, texts: Iterable[str], change: Callable[[dict[str, Any]], None]
) -> Document | None:
    """Return the first text that says just what a document says after a change.

    :param texts: what the document may become.
    :param change: changes the plain values of the document as the text should.
    """
    expected = _data(document.text)
    change(expected)
    for text in texts:
        content = document.with_text(text).content
        try:
            found = parse_document(document.path, content)
        except ConfigInvalidError:
            continue
        if _same(_data(found.text), expected):
            return found
    return None


def _data(text: str) -> _Data:
    """Read values so that they can be compared: a float that is no number is never equal."""
    return tomli.loads(text, parse_float=lambda number: ("float", number))


def _add(data: _Data, section: KeyPath, hint: NewHint) -> None:
    table = data
    for key in (*section, "renames"):
        table = table.setdefault(str(key), {})
    table.setdefault(hint.kind, []).append(dict(hint.values))


def _removal(section: KeyPath, kind: str, number: int) -> Callable[[_Data], None]:
    def remove(data: _Data) -> None:
        table = data
        for key in (*section, "renames"):
            table = table[str(key)]
        del table[kind][number]

    return remove


def _same(one: _Data, other: _Data) -> bool:
    """Compare documents; a list of hints that is empty is as good as none."""
    return _without_empty(one) == _without_empty(other)


def _without_empty(data: _Data) -> _Data:
    """Leave out empty lists of hints, and tables that may be there for their sake alone."""
    for path in (("renames",), (*SECTION_PATH, "renames")):
        tables = [data]
        for key in path:
            inner = tables[-1].get(key)
            if isinstance(inner, dict):
                tables.append(inner)
            else:
                break
        _prune(tables, path)
    return data


def _prune(tables: list[_Data], path: tuple[str, ...]) -> None:
    if len(tables) > len(path):
        hints = tables[-1]
        for kind in [kind for kind, found in hints.items() if found == []]:
            del hints[kind]
    for table, inner, key in reversed(list(zip(tables, tables[1:], path, strict=False))):
        if inner == {}:
            del table[key]
