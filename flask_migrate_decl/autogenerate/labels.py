"""Labels that MySQL and MariaDB keep in the types of columns, and can't rename."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Enum

from flask_migrate_decl.errors import HintProblem
from flask_migrate_decl.operations.statements import MYSQL_FAMILY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Inspector

    from flask_migrate_decl.autogenerate.model_names import ModelNames
    from flask_migrate_decl.renames import EnumValueRename, TableKey


def labels_in_columns(
    inspector: Inspector, models: ModelNames, hints: Sequence[EnumValueRename]
) -> Iterator[HintProblem]:
    """Find hints of labels that columns of the database still have.

    With another list of labels, the server would empty the old one in every row, or refuse.
    """
    if inspector.dialect.name not in MYSQL_FAMILY or not hints:
        return
    for key, table in models.tables.items():
        kept = _labels(inspector, key)
        for column in table.columns:
            for hint in hints:
                labels = kept.get(column.name, ())
                if _is_wanted(column.type, hint) and hint.old in labels and hint.new not in labels:
                    yield HintProblem(
                        hint.place,
                        str(hint),
                        "pending",
                        f'the server keeps the labels in the column "{table.name}.{column.name}", '
                        "and can't rename one",
                        "in a revision of your own, let the column have both labels, update the "
                        "rows, and then leave the old label out",
                    )


def _labels(inspector: Inspector, table: TableKey) -> dict[str, Sequence[str]]:
    """Return the labels of each column that has some; none where the table is not there."""
    found = inspector.get_multi_columns(table[0], [table[1]])
    return {
        column["name"]: column["type"].enums
        for columns in found.values()
        for column in columns
        if isinstance(column["type"], Enum)
    }


def _is_wanted(type_: object, hint: EnumValueRename) -> bool:
    return (
        isinstance(type_, Enum)
        and type_.name == hint.enum
        and hint.new in type_.enums
        and hint.old not in type_.enums
    )
