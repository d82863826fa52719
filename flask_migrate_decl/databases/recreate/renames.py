"""The renames of a batch, one statement after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_migrate_decl.databases.recreate.tokens import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ASIDE = "flask_migrate_decl_{}_{}"


def aside(columns: Iterable[str]) -> dict[str, str]:
    """Return names that nothing else has, for columns that are dropped."""
    return {name: _ASIDE.format("dropped", number) for number, name in enumerate(columns)}


def steps(
    renames: Mapping[str, str], dropped: Mapping[str, str], *, all_dropped: bool
) -> Iterator[tuple[str, str]]:
    """Give the renames in an order that works, as old and new name.

    :param dropped: the names that dropped columns get, by their own.
    :param all_dropped: all of these are renamed, not only those whose name is asked for.
    """
    asked_for = {new.casefold() for new in renames.values()}
    for old, new in dropped.items():
        if all_dropped or old.casefold() in asked_for:
            yield old, new
    clashes = any(
        old.casefold() in asked_for and new.casefold() != old.casefold()
        for old, new in renames.items()
    )
    if not clashes:
        yield from renames.items()
        return
    between = {old: _ASIDE.format("renamed", number) for number, old in enumerate(renames)}
    yield from between.items()
    yield from ((between[old], new) for old, new in renames.items())


def statement(table: str, old: str, new: str) -> str:
    """Return the statement for one of them.

    :param table: the table, quoted.
    """
    return f"ALTER TABLE {table} RENAME COLUMN {quoted(old)} TO {quoted(new)}"
