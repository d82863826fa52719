"""Operations for renames that Alembic has none for, as ``op.rename_index(…)`` and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from alembic.operations import BatchOperations, MigrateOperation, Operations

from flask_migrate_decl.operations import statements

if TYPE_CHECKING:
    from collections.abc import Mapping


class RenameOp(MigrateOperation):
    """What gives something another name.

    :ivar record: lines that a script shows before the operation, as comments.
    """

    function: ClassVar[str]
    kind: ClassVar[str]

    def __init__(self, old: str, new: str, *, schema: str | None = None) -> None:
        self.old = old
        self.new = new
        self.schema = schema
        self.record: tuple[str, ...] = ()

    def statement(self) -> statements.Rename:
        """Return the statement that carries it out on a database that has one."""
        return statements.Rename(self.kind, self.old, self.new, schema=self.schema)

    def arguments(self) -> tuple[str, ...]:
        """Return the arguments of its function, but for keywords."""
        return self.old, self.new

    def keywords(self) -> Mapping[str, str]:
        """Return the keywords of its function, with what is not the default."""
        return {"schema": self.schema} if self.schema else {}

    def reverse(self) -> Self:
        """Return the operation that gives the old name back."""
        return type(self)(self.new, self.old, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return ``(function, schema, old, new)``."""
        return self.function, self.schema, self.old, self.new


@Operations.register_operation("rename_enum")
class RenameEnumOp(RenameOp):
    """Give an enum type another name."""

    function = "rename_enum"
    kind = statements.ENUM

    @classmethod
    def rename_enum(
        cls, operations: Operations, old_name: str, new_name: str, *, schema: str | None = None
    ) -> None:
        """Give an enum type another name; nothing, where the database has no such types."""
        operations.invoke(cls(old_name, new_name, schema=schema))


@Operations.register_operation("rename_sequence")
class RenameSequenceOp(RenameOp):
    """Give a sequence another name."""

    function = "rename_sequence"
    kind = statements.SEQUENCE

    @classmethod
    def rename_sequence(
        cls, operations: Operations, old_name: str, new_name: str, *, schema: str | None = None
    ) -> None:
        """Give a sequence another name; nothing, where the database has no sequences."""
        operations.invoke(cls(old_name, new_name, schema=schema))


@Operations.register_operation("rename_schema")
class RenameSchemaOp(RenameOp):
    """Give a schema another name."""

    function = "rename_schema"
    kind = statements.SCHEMA

    @classmethod
    def rename_schema(cls, operations: Operations, old_name: str, new_name: str) -> None:
        """Give a schema another name.

        :raises CommandError: the database can't do so.
        """
        operations.invoke(cls(old_name, new_name))


@Operations.register_operation("set_table_schema")
class SetTableSchemaOp(RenameOp):
    """Move a table to another schema; its ``old`` is the table, its ``new`` the schema.

    :param schema: the schema that it leaves, ``None`` for the default one.
    """

    function = "set_table_schema"
    kind = statements.TABLE_SCHEMA

    def __init__(
        self, old: str, new: str, *, schema: str | None = None, default_schema: str = ""
    ) -> None:
        super().__init__(old, new, schema=schema)
        self.default_schema = default_schema

    def reverse(self) -> SetTableSchemaOp:
        """Return the operation that moves it back."""
        back = self.schema or self.default_schema
        return SetTableSchemaOp(self.old, back, schema=self.new, default_schema=back)

    @classmethod
    def set_table_schema(
        cls, operations: Operations, table_name: str, new_schema: str, *, schema: str | None = None
    ) -> None:
        """Move a table to another schema.

        :raises CommandError: the database can't do so.
        """
        operations.invoke(cls(table_name, new_schema, schema=schema))


class RenameOwnedOp(RenameOp):
    """What gives something of a table or a type another name.

    :param table: the table, or the enum type.
    """

    def __init__(self, old: str, new: str, table: str, *, schema: str | None = None) -> None:
        super().__init__(old, new, schema=schema)
        self.table = table

    def statement(self) -> statements.Rename:
        """Return the statement that carries it out on a database that has one."""
        return statements.Rename(
            self.kind, self.old, self.new, table=self.table, schema=self.schema
        )

    def reverse(self) -> Self:
        """Return the operation that gives the old name back."""
        return type(self)(self.new, self.old, self.table, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return ``(function, schema, table or type, old, new)``."""
        return self.function, self.schema, self.table, self.old, self.new


@Operations.register_operation("rename_enum_value")
class RenameEnumValueOp(RenameOwnedOp):
    """Give a label of an enum type another text."""

    function = "rename_enum_value"
    kind = statements.ENUM_VALUE

    def arguments(self) -> tuple[str, ...]:
        """Return the type and the two labels."""
        return self.table, self.old, self.new

    @classmethod
    def rename_enum_value(
        cls,
        operations: Operations,
        enum_name: str,
        old_value: str,
        new_value: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Give a label of an enum type another text.

        :raises CommandError: the database can't do so, and rows may have the old label.
        """
        operations.invoke(cls(old_value, new_value, enum_name, schema=schema))


@Operations.register_operation("rename_index")
@BatchOperations.register_operation("rename_index", "batch_rename_index")
class RenameIndexOp(RenameOwnedOp):
    """Give an index another name."""

    function = "rename_index"
    kind = statements.INDEX

    def keywords(self) -> Mapping[str, str]:
        """Return the table and its schema."""
        return {"table_name": self.table, **super().keywords()}

    @classmethod
    def rename_index(
        cls,
        operations: Operations,
        old_name: str,
        new_name: str,
        *,
        table_name: str,
        schema: str | None = None,
    ) -> None:
        """Give an index another name. SQLite makes it anew, from its own statement."""
        operations.invoke(cls(old_name, new_name, table_name, schema=schema))

    @classmethod
    def batch_rename_index(cls, operations: BatchOperations, old_name: str, new_name: str) -> None:
        """Give an index of the batch's table another name, before the batch is carried out."""
        impl = operations.impl
        operations.invoke(cls(old_name, new_name, impl.table_name, schema=impl.schema))


@Operations.register_operation("rename_constraint")
@BatchOperations.register_operation("rename_constraint", "batch_rename_constraint")
class RenameConstraintOp(RenameOwnedOp):
    """Give a constraint another name.

    :param type_: as ``op.drop_constraint()`` has it: ``unique``, ``check``, ``foreignkey`` or
        ``primary``.
    """

    function = "rename_constraint"
    kind = statements.CONSTRAINT

    def __init__(
        self, old: str, new: str, table: str, *, type_: str, schema: str | None = None
    ) -> None:
        super().__init__(old, new, table, schema=schema)
        self.type_ = type_

    def arguments(self) -> tuple[str, ...]:
        """Return the two names and the table."""
        return self.old, self.new, self.table

    def keywords(self) -> Mapping[str, str]:
        """Return the type and the schema."""
        return {"type_": self.type_, **super().keywords()}

    def reverse(self) -> RenameConstraintOp:
        """Return the operation that gives the old name back."""
        return RenameConstraintOp(
            self.new, self.old, self.table, type_=self.type_, schema=self.schema
        )

    @classmethod
    def rename_constraint(
        cls,
        operations: Operations,
        old_name: str,
        new_name: str,
        table_name: str,
        *,
        type_: str,
        schema: str | None = None,
    ) -> None:
        """Give a constraint another name.

        MySQL and MariaDB drop and add a foreign key or a check in one statement; on SQLite, where
        names of constraints are of no use, nothing is done.
        """
        operations.invoke(cls(old_name, new_name, table_name, type_=type_, schema=schema))

    @classmethod
    def batch_rename_constraint(
        cls, operations: BatchOperations, old_name: str, new_name: str, *, type_: str
    ) -> None:
        """Give a constraint of the batch's table another name, before the batch is carried out."""
        impl = operations.impl
        operations.invoke(cls(old_name, new_name, impl.table_name, type_=type_, schema=impl.schema))
