"""Declared hints, held against one database and its models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from flask_migrate_decl.autogenerate.catalogs import (
    compared_schemas,
    database_catalog,
    models_catalog,
)
from flask_migrate_decl.autogenerate.corrections import name_rules
from flask_migrate_decl.autogenerate.followers import Followers
from flask_migrate_decl.autogenerate.history import record_of
from flask_migrate_decl.autogenerate.labels import labels_in_columns
from flask_migrate_decl.autogenerate.model_names import ModelNames
from flask_migrate_decl.autogenerate.obstacles import obstacles
from flask_migrate_decl.autogenerate.reflected_names import ReflectedNames
from flask_migrate_decl.autogenerate.view import renamed_view
from flask_migrate_decl.errors import HintProblem
from flask_migrate_decl.renames import Case, Kind, Renames, find_conflicts, key_ends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.autogenerate.api import AutogenContext
    from alembic.script import ScriptDirectory

    from flask_migrate_decl.autogenerate.declared import Following
    from flask_migrate_decl.autogenerate.view import RenamedInspector
    from flask_migrate_decl.renames import Catalog, NameRules, RenamePlan, Resolution


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

    @cached_property
    def names(self) -> ReflectedNames:
        """The names that the database has."""
        return ReflectedNames(self.context, self.context.inspector, compared_schemas(self.context))

    @cached_property
    def models(self) -> ModelNames:
        """The names that the models give."""
        return ModelNames(self.context)

    @cached_property
    def database(self) -> Catalog:
        """The same, as the hints are held against them."""
        return database_catalog(self.context, self.names, self.rules)

    def problems(self) -> tuple[HintProblem, ...]:
        """Find what forbids to decide the states of the hints."""
        return (*self._uncompared_schemas(), *self.conflicts())

    def without_problems(self) -> ComparedHints:
        """Leave the hints out that forbid it."""
        places = {problem.place for problem in self.problems()}
        return replace(self, declared=self.declared.without(places))

    def resolution(self) -> Resolution:
        """Decide the states of the hints, among which there are no problems."""
        resolution = self.case.resolution()
        followers = Followers(resolution.plan, self.database, self.models, self.following)
        return replace(resolution, plan=followers.completed())

    @cached_property
    def case(self) -> Case:
        """What the states of the hints depend on."""
        return Case(
            self.renames,
            self.database,
            models_catalog(self.context, self.models, self.rules),
            others=self._as_seen_here(self.declared.of_other_binds(self.bind)),
            record=record_of(self.context, self.bind, self.history),
        )

    def view(self, plan: RenamePlan) -> RenamedInspector:
        """Return an inspector of the database as it is after a plan."""
        return renamed_view(self.names.inspector, plan, self.rules, self.models.default_has_cast)

    def obstacles(self, plan: RenamePlan) -> Iterator[HintProblem]:
        """Find what the database would refuse, or break, if the plan were carried out."""
        inspector, names = self.context.inspector, plan.names
        yield from labels_in_columns(inspector, self.models, self.renames, names)
        for move, message, help_ in obstacles(self.context, self.database, plan):
            for hint in move.hints[-1:]:
                yield HintProblem(hint.place, str(hint), "pending", message, help_)

    def _as_seen_here(self, renames: Renames) -> Renames:
        return renames.in_default_schema(self.context.inspector.default_schema_name)

    def _uncompared_schemas(self) -> Iterator[HintProblem]:
        if self.context.opts.get("include_schemas"):
            return
        for hint in self.renames.hints:
            (schema, _), (new_schema, new) = key_ends(hint)
            named = new if hint.kind is Kind.SCHEMA else schema or new_schema
            if named is not None:
                yield HintProblem(
                    hint.place,
                    str(hint),
                    "unmatched",
                    f'the schema "{named}" is not compared',
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
