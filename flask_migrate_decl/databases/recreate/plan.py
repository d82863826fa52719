"""What has to be done for a recreate to lose nothing, found out before the table is touched."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.exc import CompileError
from sqlalchemy.schema import CreateTable

from flask_migrate_decl.databases.recreate import renames
from flask_migrate_decl.databases.recreate import traits as kinds
from flask_migrate_decl.databases.recreate.empty_copy import EmptyCopy, Statement, statements
from flask_migrate_decl.databases.recreate.restoring import state_again
from flask_migrate_decl.databases.recreate.tokens import (
    in_schema,
    names,
    normal,
    quoted,
    tree,
)
from flask_migrate_decl.databases.recreate.traits import Trait, traits
from flask_migrate_decl.errors import Loss

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask_migrate_decl.databases.recreate.changes import BatchChanges


@dataclass
class RecreatePlan:
    """What follows a recreate.

    :param statements: run when the new table has its name: indexes and triggers, word for word.
    :param losses: what can't be restored surely.
    :param is_impossible: the run can't go on without that either.
    """

    statements: list[Statement] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    is_impossible: bool = False


def plan_of(changes: BatchChanges, *, states_table: bool) -> RecreatePlan:
    """Find what a recreate would lose; the new table states again what it can.

    :param states_table: the script gives the table as a whole, so that nothing of it is lost.
    """
    table = changes.old_table
    found = _concerning(statements(changes.connection, table.schema), table.name)
    broken = _broken(found)
    works = [statement for statement in found if statement not in broken]
    changes.gone = renames.aside(changes.dropped)
    with closing(EmptyCopy(works)) as before:
        for old, new in renames.steps(changes.renames, changes.gone, all_dropped=True):
            before.execute(renames.statement(quoted(table.name), old, new))
        if obstacles := list(_obstacles(changes, before)):
            return RecreatePlan(losses=obstacles, is_impossible=True)
        plan = RecreatePlan()
        if not states_table:
            plan.losses += _losses_of_table(changes, before)
        _Dependents(changes, before, broken, plan).look(states_table=states_table)
    return plan


def _concerning(found: Sequence[Statement], table: str) -> list[Statement]:
    """Leave out triggers and indexes that neither a table nor a view on it has to do with."""
    concerned = {table.casefold()}
    views = {s.name.casefold(): set(names(tree(s.sql))) for s in found if s.type == "view"}
    while more := {v for v, named in views.items() if named & concerned} - concerned:
        concerned |= more
    return [
        statement
        for statement in found
        if statement.type in ("table", "view")
        or statement.table.casefold() == table.casefold()
        or (statement.type == "trigger" and concerned & set(names(tree(statement.sql))))
    ]


def _broken(found: Sequence[Statement]) -> list[Statement]:
    """Return the views and triggers that work on no copy, so that nothing can be told of them."""
    if not any(s.type in ("view", "trigger") for s in found):
        return []
    with closing(EmptyCopy([s for s in found if s.type != "trigger"])) as copy:
        return [s for s in found if s.type in ("view", "trigger") and copy.problem(s)]


def _obstacles(changes: BatchChanges, before: EmptyCopy) -> Iterator[Loss]:
    """Find why no new table can be made at all."""
    name = changes.old_table.name
    if before.table_sql(name) is None:
        what = "what it is made of can't be looked at, as SQLite alone can't make it"
        yield Loss(what, "change it in SQL of your own, by op.execute()")
        return
    for trait in traits(before, name):
        is_kept = trait.kind == kinds.GENERATED and not changes.means(trait)
        if is_kept and (dropped := changes.dropped_in(trait.value)):
            what = f'the generated column {quoted(trait.columns[0])}, as it names "{dropped}"'
            yield Loss(f"{what}, which is dropped", "drop it in the same batch")


def _losses_of_table(changes: BatchChanges, before: EmptyCopy) -> Iterator[Loss]:
    """State again what the new table would lose, and give what it would lose nevertheless."""
    dialect, name = changes.connection.dialect, changes.old_table.name
    for check in changes.reflected_checks:
        # Its text may have been misread, and names renamed columns as they were.
        changes.new_table.constraints.discard(check)
    wanted = {trait for trait in traits(before, name) if not changes.means(trait)}
    state_again(changes, _misread(changes, wanted), dialect)
    lost = wanted - _traits_of_new(changes, before)
    state_again(changes, _with_type(_with_all_keys(lost, wanted), wanted), dialect)
    for trait in sorted(wanted - _traits_of_new(changes, before), key=lambda t: t.words):
        yield Loss(trait.words, _help_of(trait))


def _misread(changes: BatchChanges, wanted: set[Trait]) -> set[Trait]:
    """Return what SQLAlchemy reads so that no table could be made of it, or one of other types."""
    types = {trait for trait in wanted if trait.kind == kinds.TYPE}
    generated = {trait for trait in wanted if trait.kind == kinds.GENERATED}
    return _with_type(generated | {t for t in types if _reads_otherwise(changes, t)}, wanted)


def _reads_otherwise(changes: BatchChanges, trait: Trait) -> bool:
    type_ = changes.kept[trait.columns[0]][1].type
    try:
        sql = type_.compile(dialect=changes.connection.dialect)
    except CompileError:
        # A column of SQLite need not have a type.
        return True
    return normal(tree(sql)) != trait.value


def _with_type(lost: set[Trait], wanted: set[Trait]) -> set[Trait]:
    """Add what a column's own words say besides, as they are stated as one."""
    columns = {trait.columns[0] for trait in lost if trait.kind in _STATED_AS_ONE}
    return lost | {t for t in wanted if t.kind in _STATED_AS_ONE and t.columns[0] in columns}


def _with_all_keys(lost: set[Trait], wanted: set[Trait]) -> set[Trait]:
    """Add all keys where there are several, so that SQLite looks at them in their order."""
    for kind in (kinds.FOREIGN_KEY, kinds.UNIQUE):
        keys = {trait for trait in wanted if trait.kind == kind}
        if len(keys) > 1:
            lost = lost | keys
    return lost


_STATED_AS_ONE = (kinds.TYPE, kinds.COLLATE, kinds.GENERATED)


def _help_of(trait: Trait) -> str:
    if trait.kind in (kinds.PRIMARY_KEY, kinds.OPTION):
        return "make the table anew in SQL of your own, by op.execute()"
    return "state it in the batch, by table_args or reflect_args"


def _traits_of_new(changes: BatchChanges, before: EmptyCopy) -> frozenset[Trait]:
    named = set(names(tree(sql_of_new(changes))))
    others = [s for s in before.statements() if s.type == "table" and s.name.casefold() in named]
    with closing(_after_copy(changes, others)) as after:
        return traits(after, changes.old_table.name)


def _after_copy(changes: BatchChanges, statements: Sequence[Statement]) -> EmptyCopy:
    """Make a copy of tables and views, with the new table in the place of the old one."""
    name = changes.old_table.name
    others = [
        statement
        for statement in statements
        if statement.type in ("table", "view") and statement.name.casefold() != name.casefold()
    ]
    copy = EmptyCopy(others)
    copy.execute(in_schema(sql_of_new(changes), None))
    copy.execute("PRAGMA legacy_alter_table = ON")
    copy.execute(f"ALTER TABLE {quoted(changes.batch.temp_table_name)} RENAME TO {quoted(name)}")
    return copy


def sql_of_new(changes: BatchChanges) -> str:
    """Return the statement by which the new table will be made."""
    return str(CreateTable(changes.new_table).compile(dialect=changes.connection.dialect))


@dataclass
class _Dependents:
    """Indexes and triggers of a table, and what else names it.

    :param before: the copy after the renames, in which dropped columns have other names.
    :param broken: the views and triggers that can't be tried on a copy.
    """

    changes: BatchChanges
    before: EmptyCopy
    broken: Sequence[Statement]
    plan: RecreatePlan

    def look(self, *, states_table: bool) -> None:
        """Note what is to be made again, and what is lost."""
        with closing(_after_copy(self.changes, self.before.statements())) as after:
            for statement in self.before.statements():
                if statement.type == "index" and self._is_own(statement):
                    if not states_table:
                        self._look_at_index(statement, after)
                elif statement.type == "table" and not self._is_own(statement):
                    self._look_at_table(statement)
                elif statement.type in ("view", "trigger"):
                    self._look_at_code(statement, after.problem(statement))
        for statement in self.broken:
            self._look_at_untried(statement)

    def _is_own(self, statement: Statement) -> bool:
        return statement.table.casefold() == self.changes.old_table.name.casefold()

    def _look_at_index(self, index: Statement, after: EmptyCopy) -> None:
        if self.changes.drops_index(index.name):
            return
        if (dropped := self.changes.dropped_in(index.sql)) is not None:
            what = f'{index.words}, as it names "{dropped}", which is dropped'
            self.plan.losses.append(Loss(what, _DROP_INDEX.format(repr(index.name))))
            return
        after.execute(in_schema(index.sql, None))
        self.plan.statements.append(index)

    def _look_at_table(self, table: Statement) -> None:
        """Look whether another table has a foreign key to a dropped column."""
        if (dropped := self.changes.dropped_in(table.sql)) is not None:
            what = f'a foreign key of "{table.name}", as it names "{dropped}", which is dropped'
            self.plan.losses.append(Loss(what, f'drop it before, in a batch on "{table.name}"'))

    def _look_at_code(self, statement: Statement, problem: str | None) -> None:
        dropped = self.changes.dropped_in(statement.sql)
        if dropped is not None:
            problem = f'it names "{dropped}", which is dropped'
        if problem is not None:
            self.plan.losses.append(_code_lost(statement, problem))
        elif statement.type == "trigger" and self._is_own(statement):
            self.plan.statements.append(statement)

    def _look_at_untried(self, statement: Statement) -> None:
        """Restore what did not work on the copy, where no column goes that it may name."""
        gone = {name.casefold() for name in (*self.changes.gone, *self.changes.renames)}
        named = set(names(tree(statement.sql)))
        about = self._is_own(statement) or self.changes.old_table.name.casefold() in named
        if about and (found := sorted(gone & named)):
            self.plan.losses.append(_code_lost(statement, f'it may name "{found[0]}"'))
        elif statement.type == "trigger" and self._is_own(statement):
            self.plan.statements.append(statement)


_DROP_INDEX = "drop it in the same batch: batch_op.drop_index({})"


def _code_lost(statement: Statement, problem: str) -> Loss:
    kind = statement.type.upper()
    drop = f"op.execute('DROP {kind} {quoted(statement.name)}')"
    return Loss(
        f"{statement.words}: {problem}",
        f"drop it before the batch, {drop}, and create it anew behind it if it is still needed",
    )
