"""Declared hints, held against one database and its models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.autogenerate.catalogs import database_catalog, models_catalog
from flask_migrate_decl.autogenerate.corrections import name_rules
from flask_migrate_decl.autogenerate.followers import Followers
from flask_migrate_decl.autogenerate.history import record_of
from flask_migrate_decl.autogenerate.model_names import ModelNames
from flask_migrate_decl.errors import HintProblem
from flask_migrate_decl.renames import Renames, find_conflicts, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.autogenerate.api import AutogenContext
    from alembic.script import ScriptDirectory

    from flask_migrate_decl.autogenerate.declared import Following
    from flask_migrate_decl.renames import NameRules, Resolution


@dataclass(frozen=True)
class ComparedHints:
    """The hints of one database, in a comparison of it with the models.

    :param declared: the hints of all databases.
    :param bind: the database's bind key, ``None`` for the default one.
    :param following: which names follow those that the hints give.
    :param history: the folder of revisions, where the comparison runs outside of an environment.
    """

    context: AutogenContext
    declared: Renames
    bind: str | None
    following: Following
    history: ScriptDirectory | None = None

    @cached_property
    def rules(self) -> NameRules:
        """How the database compares and bounds names."""
        assert self.context.connection is not None
        return name_rules(self.context.connection)

    @cached_property
    def renames(self) -> Renames:
        """The hints of this database, the default schema's as if they named none."""
        return self._as_seen_here(self.declared.of_bind(self.bind))

    def problems(self) -> tuple[HintProblem, ...]:
        """Find what forbids to decide the states of the hints."""
        return (*self._uncompared_schemas(), *self.conflicts())

    def without_problems(self) -> ComparedHints:
        """Leave the hints out that forbid it."""
        places = {problem.place for problem in self.problems()}
        return replace(self, declared=self.declared.without(places))

    def resolution(self) -> Resolution:
        """Decide the states of the hints, among which there are no problems."""
        database = database_catalog(self.context, self.rules)
        models = ModelNames(self.context)
        resolution = resolve(
            self.renames,
            database,
            models_catalog(self.context, models, self.rules),
            others=self._as_seen_here(self.declared.of_other_binds(self.bind)),
            record=record_of(self.context, self.bind, self.history),
        )
        followers = Followers(resolution.plan, database, models, self.following)
        return replace(resolution, plan=followers.completed())

    def _as_seen_here(self, renames: Renames) -> Renames:
        return renames.in_default_schema(self.context.inspector.default_schema_name)

    def _uncompared_schemas(self) -> Iterator[HintProblem]:
        for hint in self.renames.hints:
            if hint.schema is not None and not self.context.opts.get("include_schemas"):
                yield HintProblem(
                    hint.place,
                    str(hint),
                    "unmatched",
                    f'the schema "{hint.schema}" is not compared',
                    "set include_schemas = true",
                )

    def conflicts(self) -> Iterator[HintProblem]:
        """Find hints that only this database takes for hints of the same thing."""
        hints, rules = {hint.place: hint for hint in self.renames.hints}, self.rules
        for conflict in find_conflicts(self.renames, rules):
            hint = hints[conflict.place]
            if rules.fold(hint.kind, hint.old) != rules.fold(hint.kind, hint.new):
                yield HintProblem(
                    hint.place, str(hint), "in conflict", conflict.message, conflict.help
                )
