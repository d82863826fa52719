"""The project that is checked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from flask_migrate_decl.config import dotted
from flask_migrate_decl.databases import Bind, present_binds
from flask_migrate_decl.errors import Finding

if TYPE_CHECKING:
    from flask_migrate_decl.config import KeyPath, Settings
    from flask_migrate_decl.environment import Project
    from flask_migrate_decl.errors import Place, Rule


@dataclass(frozen=True)
class Subject:
    """A project, seen so that what is wrong with one part of it does not hide the others."""

    project: Project

    @property
    def settings(self) -> Settings:
        """The file's settings, with their defaults."""
        return self.project.settings

    @cached_property
    def binds(self) -> tuple[Bind, ...]:
        """The databases that are migrated and that the app has."""
        return present_binds(self.project.registration.db, self.project.configuration)

    def bind(self, key: str | None) -> Bind | None:
        """Return a database by its bind key, if it is migrated and there."""
        return next((bind for bind in self.binds if bind.key == key), None)

    def finding(
        self,
        rule: Rule,
        path: KeyPath,
        message: str,
        help_: str = "",
        of: Literal["key", "value"] = "value",
    ) -> Finding:
        """Make a finding about a key of the section, or about what is not in it and might be."""
        return Finding(rule, message, help_, self.place(path, of), dotted(path))

    def place(self, path: KeyPath, of: Literal["key", "value"] = "value") -> Place | None:
        """Return where a key of the section, or its value, stands."""
        return self.project.configuration.source.place(path, of)
