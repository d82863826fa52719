"""Labels that MySQL and MariaDB keep in the types of columns, and can't rename."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Enum

from flask_migrate_decl.autogenerate.table_names import undecorated
from flask_migrate_decl.errors import HintProblem
from flask_migrate_decl.operations.statements import MYSQL_FAMILY

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Inspector

    from flask_migrate_decl.autogenerate.model_names import ModelNames
    from flask_migrate_decl.renames import EnumValueRename, NameMap, Renames, TableKey


def labels_in_columns(
    inspector: Inspector, models: ModelNames, renames: Renames, names: NameMap
) -> Iterator[HintProblem]:
    """Find hints of labels that columns of the database still have.

    With another list of labels, the server would empty the old one in every row, or refuse.

    :param names: the names of tables and columns after the other hints.
    """
    if inspector.dialect.name not in MYSQL_FAMILY or not renames.enum_values:
        return
    for key, table in models.tables.items():
        old_key = names.old_table(key)
        kept = {} if old_key is None else _labels(inspector, old_key, names)
        for column in table.columns:
            enum, labels = undecorated(column.type), kept.get(column.name, ())
            for hint in _pending(enum, labels, renames) if isinstance(enum, Enum) else ():
                yield HintProblem(
                    hint.place,
                    str(hint),
                    "pending",
                    f'the server keeps the labels in the column "{table.name}.{column.name}", '
                    "and can't rename one",
                    "in a revision of your own, let the column have both labels, update the "
                    "rows, and then leave the old label out",
                )


def _labels(inspector: Inspector, table: TableKey, names: NameMap) -> dict[str, Sequence[str]]:
    """Return the labels of each column that has some, by the column's new name.

    There are none where the table is not there.
    """
    found = inspector.get_multi_columns(table[0], [table[1]])
    return {
        names.new_column(table, column["name"]): column["type"].enums
        for columns in found.values()
        for column in columns
        if isinstance(column["type"], Enum)
    }


def _pending(enum: Enum, labels: Sequence[str], renames: Renames) -> Iterator[EnumValueRename]:
    """Give the hints by which labels become what the models have in their place."""
    types = {hint.old: hint.new for hint in renames.enums}
    by_old = {
        hint.old: hint
        for hint in renames.enum_values
        if _followed(hint.enum, types, (enum.name,)) == enum.name
    }
    links = {old: hint.new for old, hint in by_old.items()}
    for label in labels:
        new = _followed(label, links, enum.enums)
        if label not in enum.enums and new in enum.enums and new not in labels:
            yield next(hint for hint in by_old.values() if hint.new == new)


def _followed(name: str, links: Mapping[str, str], wanted: Container[object]) -> str:
    """Return what hints make of a name, up to one that is wanted."""
    seen: set[str] = set()
    while name in links and name not in wanted and name not in seen:
        seen.add(name)
        name = links[name]
    return name
