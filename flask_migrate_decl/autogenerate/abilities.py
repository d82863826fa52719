"""What each kind of database can rename, and what it has no names for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.operations import statements
from flask_migrate_decl.operations.statements import MYSQL_FAMILY
from flask_migrate_decl.renames import Ability, Kind, Way

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from flask_migrate_decl.autogenerate.reflected_names import ReflectedNames

_WORDS = {
    "sqlite": "SQLite",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "mssql": "SQL Server",
    "oracle": "Oracle",
}
_STATEMENTS = {
    Kind.SCHEMA: statements.SCHEMA,
    Kind.ENUM: statements.ENUM,
    Kind.ENUM_VALUE: statements.ENUM_VALUE,
    Kind.SEQUENCE: statements.SEQUENCE,
    Kind.TABLE: statements.TABLE_SCHEMA,
    Kind.CONSTRAINT: statements.CONSTRAINT,
    Kind.INDEX: statements.INDEX,
}
_INDEX_SINCE = {True: (10, 5, 2), False: (5, 7)}
"""The first version that has ``RENAME INDEX``: of MariaDB, and of MySQL."""
_COLUMN_SINCE = (3, 25)
"""The first version of SQLite that has ``RENAME COLUMN``."""


@dataclass(frozen=True)
class Abilities:
    """What one database can rename.

    :param names: the database's names, where they tell one thing of a kind from another.
    """

    dialect: Dialect
    names: ReflectedNames

    def of(self, kind: Kind, schema: str | None, owner: str | None, name: str) -> Ability:
        """Return how something gets another name; a table: how it moves to another schema."""
        if kind is Kind.COLUMN:
            return self._of_column()
        if kind is Kind.CONSTRAINT:
            return self._of_constraint(schema, owner or "", name)
        if kind is Kind.INDEX:
            return self._of_index()
        if statements.has_statement(self.dialect.name, _STATEMENTS[kind]):
            return Ability()
        if kind in (Kind.SCHEMA, Kind.TABLE):
            return self._of_schema(kind)
        return Ability(Way.ABSENT, self._absence(kind))

    @property
    def _database(self) -> str:
        return _WORDS.get(self.dialect.name, self.dialect.name)

    def _of_column(self) -> Ability:
        version = getattr(self.dialect, "server_version_info", None)
        if self.dialect.name != "sqlite" or version is None or version >= _COLUMN_SINCE:
            return Ability()
        return Ability(Way.IMPOSSIBLE, "SQLite can rename columns since 3.25", "use a newer SQLite")

    def _of_index(self) -> Ability:
        version = getattr(self.dialect, "server_version_info", None)
        is_mariadb = bool(getattr(self.dialect, "is_mariadb", False))
        is_old = (
            self.dialect.name in MYSQL_FAMILY
            and version is not None
            and version < _INDEX_SINCE[is_mariadb]
        )
        if not is_old and statements.has_statement(self.dialect.name, statements.INDEX):
            return Ability()
        return self._recreated("an index")

    def _recreated(self, thing: str) -> Ability:
        reason = f"it is dropped and created under its new name, as {self._database} can't rename"
        return Ability(Way.RECREATED, f"{reason} {thing}")

    def _of_constraint(self, schema: str | None, table: str, name: str) -> Ability:
        type_ = self.names.constraint_type(schema, table, name)
        if self.dialect.name in MYSQL_FAMILY:
            if type_ == "primary" or name == "PRIMARY":
                return Ability(Way.ABSENT, f"{self._database} gives primary keys no names")
            return self._of_index() if type_ == "unique" else Ability()
        if statements.has_statement(self.dialect.name, statements.CONSTRAINT):
            return Ability()
        if type_ == "unique":
            return self._recreated("a constraint")
        return Ability(
            Way.ABSENT, f"{self._database} can't rename a constraint, and keeps the old name"
        )

    def _of_schema(self, kind: Kind) -> Ability:
        if kind is Kind.TABLE:
            return Ability(
                Way.IMPOSSIBLE,
                f"{self._database} can't move a table to another schema",
                "make the table there and copy its rows in a revision of your own",
            )
        return Ability(
            Way.IMPOSSIBLE,
            f"{self._database} can't rename a schema",
            "make the new one in a revision of your own, and declare its tables with to_schema",
        )

    def _absence(self, kind: Kind) -> str:
        if kind is Kind.ENUM_VALUE:
            return (
                f"{self._database} has no enum types, and keeps labels in the rows: where some "
                "have the old one, update them in a revision of your own"
            )
        things = {Kind.ENUM: "enum types", Kind.SEQUENCE: "sequences"}
        return f"{self._database} has no {things[kind]}"
