"""What a table is made of, one trait at a time, so that two tables can be compared."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.databases.recreate.definition import Clause, TableText, table_text
from flask_migrate_decl.databases.recreate.tokens import (
    Group,
    Token,
    names,
    normal,
    quoted,
    spelled,
    split,
    tree,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flask_migrate_decl.databases.recreate.empty_copy import EmptyCopy

TYPE = "type"
COLLATE = "collation"
NOT_NULL = "NOT NULL"
DEFAULT = "default"
GENERATED = "generated column"
CHECK = "check"
UNIQUE = "unique constraint"
PRIMARY_KEY = "primary key"
FOREIGN_KEY = "foreign key"
AUTOINCREMENT = "AUTOINCREMENT"
OPTION = "table option"


@dataclass(frozen=True)
class Trait:
    """One thing that a table is, does or keeps.

    :param columns: those that it is about, in small letters.
    :param value: what is compared besides.
    :param sql: what would state it again, as the tail of a column or a constraint of the table.
    :param name: of a check, in small letters.
    :param order: when SQLite looks at a key: which of two actions comes first may decide.
    """

    kind: str
    columns: tuple[str, ...]
    value: str
    sql: str = field(default="", compare=False)
    name: str = field(default="", compare=False)
    order: int = field(default=0, compare=False)

    @property
    def words(self) -> str:
        """What it is, in a sentence."""
        of = f" of {', '.join(map(quoted, self.columns))}" if self.columns else ""
        said = self.sql or self.value
        return f"the {self.kind}{of}{f': {said}' if said else ''}"


def traits(copy: EmptyCopy, table: str) -> frozenset[Trait]:
    """Return what a table in a copy is made of."""
    sql = copy.table_sql(table)
    assert sql is not None
    return frozenset(_Reading(copy, table, table_text(sql)).all())


@dataclass(frozen=True)
class _Reading:
    copy: EmptyCopy
    table: str
    text: TableText

    def all(self) -> Iterator[Trait]:
        yield from self._columns()
        yield from self._clauses()
        yield from self._indexes()
        yield from self._foreign_keys()
        if self._is_autoincrement():
            yield Trait(AUTOINCREMENT, (), "")
        for option in self.text.options:
            yield Trait(OPTION, (), option)

    def _columns(self) -> Iterator[Trait]:
        for column in self.text.columns:
            value = normal(tree(column.type))
            yield Trait(TYPE, (column.name.casefold(),), value, column.type)
        rows = self.copy.columns(self.table).items()
        for name, (_, _, _, not_null, default, _, hidden) in rows:
            if not_null:
                conflict = self._conflict(name, "NOT")
                sql = f"NOT NULL ON CONFLICT {conflict}" if conflict else ""
                yield Trait(NOT_NULL, (name,), conflict, sql)
            if default is not None and not hidden:
                yield Trait(DEFAULT, (name,), normal(tree(default)), default)

    def _conflict(self, column: str, kind: str) -> str:
        of_column = (c for n, c in self.text.clauses if n is not None and n.casefold() == column)
        return next((c.conflict for c in of_column if c.kind == kind and c.conflict), "")

    def _clauses(self) -> Iterator[Trait]:
        for column, clause in self.text.clauses:
            columns = () if column is None else (column.casefold(),)
            if clause.kind == "COLLATE":
                name = clause.nodes[1].name
                if name.upper() != "BINARY":
                    yield Trait(COLLATE, columns, name.upper(), f"COLLATE {quoted(name)}")
            elif clause.kind == "GENERATED":
                stored = "STORED" if clause.nodes[-1].keyword == "STORED" else "VIRTUAL"
                expression = clause.groups[0]
                value = f"{normal([expression])} {stored}"
                sql = f"GENERATED ALWAYS AS {spelled([expression])} {stored}"
                yield Trait(GENERATED, columns, value, sql)
            elif clause.kind == "CHECK":
                yield _check(clause)

    def _indexes(self) -> Iterator[Trait]:
        """Give the unique constraints and the primary key, as SQLite has them in indexes."""
        has_key_index = False
        for number, index, _, origin, _ in self.copy.execute(
            f"PRAGMA index_list({quoted(self.table)})"
        ):
            parts = [
                (row[2].casefold(), bool(row[3]), row[4])
                for row in self.copy.execute(f"PRAGMA index_xinfo({quoted(index)})")
                if row[5] and row[2] is not None
            ]
            if origin == "u":
                yield replace(self._key(UNIQUE, "UNIQUE", parts), order=-number)
            elif origin == "pk":
                has_key_index = True
                yield self._key(PRIMARY_KEY, "PRIMARY KEY", parts)
        key = self._key_columns()
        if key and not has_key_index:
            conflict = self._clause("PRIMARY", set(key))
            yield Trait(PRIMARY_KEY, key, f"rowid {conflict.conflict if conflict else ''}")

    def _key(self, kind: str, sql: str, parts: list[tuple[str, bool, str]]) -> Trait:
        columns = tuple(name for name, _, _ in parts)
        clause = self._clause(kind.split()[0].upper(), set(columns))
        conflict = clause.conflict if clause else ""
        listed = ", ".join(
            quoted(name) + self._collation(name, collation) + (" DESC" if is_descending else "")
            for name, is_descending, collation in parts
        )
        details = " ".join(f"{c}{' DESC' if d else ''}" for _, d, c in parts)
        name = f"CONSTRAINT {clause.name} " if clause and clause.name else ""
        on_conflict = f" ON CONFLICT {conflict}" if conflict else ""
        return Trait(kind, columns, f"{details} {conflict}", f"{name}{sql} ({listed}){on_conflict}")

    def _collation(self, column: str, collation: str) -> str:
        own = (t.value for t in self._clauses() if t.kind == COLLATE and t.columns == (column,))
        is_own = collation.upper() == next(own, "BINARY")
        return "" if is_own else f" COLLATE {quoted(collation)}"

    def _clause(self, kind: str, columns: set[str]) -> Clause | None:
        """Return the clause of a key over some columns, one with a word about conflicts first."""
        found = [
            clause
            for column, clause in self.text.clauses
            if clause.kind == kind and _columns_of(column, clause) == columns
        ]
        return max(found, key=lambda clause: bool(clause.conflict), default=None)

    def _key_columns(self) -> tuple[str, ...]:
        rows = self.copy.columns(self.table).items()
        return tuple(name for name, row in sorted(rows, key=lambda item: item[1][5]) if row[5])

    def _foreign_keys(self) -> Iterator[Trait]:
        found: dict[int, list[tuple[Any, ...]]] = {}
        for row in self.copy.execute(f"PRAGMA foreign_key_list({quoted(self.table)})"):
            found.setdefault(row[0], []).append(row)
        for rows in found.values():
            yield self._foreign_key(sorted(rows, key=lambda row: row[1]))

    def _foreign_key(self, rows: list[tuple[Any, ...]]) -> Trait:
        _, _, parent, _, _, on_update, on_delete, match = rows[0]
        own = [row[3] for row in rows]
        referred = [row[4] for row in rows]
        if None in referred:
            referred = self._key_of(parent)
        columns = tuple(name.casefold() for name in own)
        clause = self._foreign_clause(set(columns), parent)
        actions = "".join(
            f" ON {event} {action}"
            for event, action in (("UPDATE", on_update), ("DELETE", on_delete))
            if action != "NO ACTION"
        )
        deferrable = clause.deferrable if clause else ""
        if deferrable.startswith("NOT") or "IMMEDIATE" in deferrable:
            deferrable = ""
        tail = f"{actions}{' MATCH ' + match if match != 'NONE' else ''}"
        tail += f" {deferrable}" if deferrable else ""
        name = f"CONSTRAINT {clause.name} " if clause and clause.name else ""
        there = f" ({', '.join(map(quoted, referred))})" if referred else ""
        sql = f"{name}FOREIGN KEY ({', '.join(map(quoted, own))}) REFERENCES {quoted(parent)}"
        to = ", ".join(name.casefold() for name in referred)
        is_deferred = "deferred" if "DEFERRED" in deferrable else ""
        value = f"{parent.casefold()} ({to}){actions} {is_deferred}"
        return Trait(FOREIGN_KEY, columns, value, f"{sql}{there}{tail}", order=-rows[0][0])

    def _foreign_clause(self, columns: set[str], parent: str) -> Clause | None:
        found = [
            clause
            for column, clause in self.text.clauses
            if clause.kind in ("REFERENCES", "FOREIGN")
            and _columns_of(column, clause) == columns
            and parent.casefold() in names(clause.nodes)
        ]
        return max(found, key=lambda clause: bool(clause.deferrable), default=None)

    def _key_of(self, parent: str) -> list[str]:
        rows = [row for row in self.copy.columns(parent).values() if row[5]]
        return [row[1] for row in sorted(rows, key=lambda row: row[5])]

    def _is_autoincrement(self) -> bool:
        return any(
            node.keyword == "AUTOINCREMENT"
            for _, clause in self.text.clauses
            for part in clause.nodes
            for node in (part.nodes if isinstance(part, Group) else (part,))
        )


def _check(clause: Clause) -> Trait:
    """Return a check; which columns it reads is found out by what SQLite renames in it."""
    name = f"CONSTRAINT {clause.name} " if clause.name else ""
    body = clause.groups[0]
    return Trait(
        CHECK, (), normal([body]), f"{name}CHECK {spelled([body])}", normal(tree(clause.name))
    )


def _columns_of(column: str | None, clause: Clause) -> set[str]:
    if column is not None:
        return {column.casefold()}
    return set(_first_names(clause.groups[0])) if clause.groups else set()


def _first_names(group: Group) -> Iterable[str]:
    for part in split(group.nodes):
        if part and isinstance(part[0], Token):
            yield part[0].name.casefold()
