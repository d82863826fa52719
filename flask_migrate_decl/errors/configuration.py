"""What is wrong with the configuration."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.errors.base import MigrateError, listed
from flask_migrate_decl.errors.texts import one_line

if TYPE_CHECKING:
    from pathlib import Path

    from flask_migrate_decl.errors.findings import Finding


class ConfigError(MigrateError):
    """The configuration can't be used."""


@dataclass(eq=False)
class ConfigInvalidError(ConfigError):
    """A configuration file has mistakes; all of them are here, in the order of their places."""

    path: Path
    findings: tuple[Finding, ...]

    @property
    def summary(self) -> str:
        """What follows from the findings, without them."""
        return f"{self.path} can't be used as it is"

    def __str__(self) -> str:
        count = "1 mistake" if len(self.findings) == 1 else f"{len(self.findings)} mistakes"
        return f"{self.path}: {count}{listed([str(finding) for finding in self.findings])}"


@dataclass(eq=False)
class HintRefusedError(ConfigInvalidError):
    """A configuration file would have mistakes with a new hint; it is as it was."""

    @property
    def summary(self) -> str:
        """What follows from the findings, without them."""
        return f"{self.path} was not changed, as it can't have this hint as it is"


@dataclass(eq=False)
class ConfigUnreadableError(ConfigError):
    """A configuration file was named and can't be read."""

    path: Path
    reason: str
    named_by: str

    def __str__(self) -> str:
        return f"{self.path}, named by {self.named_by}, can't be read: {self.reason}"


@dataclass(eq=False)
class ConfigChangedError(ConfigError):
    """A configuration file was changed between reading and writing it; it is left alone."""

    path: Path

    def __str__(self) -> str:
        return f"{self.path} was changed by somebody else just now, and is left alone; try again"


@dataclass(eq=False)
class ConfigUnwritableError(ConfigError):
    """A configuration file can't be written; it is as it was."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path} can't be written: {self.reason}"


@dataclass(eq=False)
class HintNotAddedError(ConfigError):
    """A rename hint could not be added to a file, which is as it was.

    :param lines: what somebody can add by hand.
    """

    path: Path
    lines: str

    def __str__(self) -> str:
        return f"{self.path} has a layout of its own; please add this to it:\n\n{self.lines}"


@dataclass(eq=False)
class HintsNotRemovedError(ConfigError):
    """Rename hints could not be removed from a file, which is as it was.

    :param keys: their places, which somebody can remove by hand.
    """

    path: Path
    keys: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path} has a layout of its own; please remove these:{listed(self.keys)}"


@dataclass(eq=False)
class NotConfirmedError(ConfigError):
    """Rename hints would be removed, and there is nobody to ask."""

    def __str__(self) -> str:
        return "nothing was removed, as nobody can be asked here: say --yes to remove these hints"


@dataclass(eq=False)
class ObjectReferenceError(ConfigError):
    """A ``"package.module:name"`` leads to nothing that can be used."""

    key: str
    reference: str
    reason: str

    def __str__(self) -> str:
        return f'{self.key} = "{self.reference}": {self.reason}'


@dataclass(eq=False)
class ModelsModuleError(ConfigError):
    """A module of ``models`` can't be imported; without it its tables would look dropped."""

    module: str
    reason: str

    def __str__(self) -> str:
        return f'models: "{self.module}" can\'t be imported: {self.reason}'


@dataclass(eq=False)
class UnknownBindError(ConfigError):
    """The configuration speaks of a bind that the app does not have."""

    key: str
    bind: str
    known: tuple[str, ...]

    help_for_default = "leave bind out, where the default database is meant"

    def __str__(self) -> str:
        known = ", ".join(self.known) or "none"
        is_default = self.bind == "default" and self.key.endswith(".bind")
        mend = f"; {self.help_for_default}" if is_default else ""
        said = f'{self.key}: there is no bind "{self.bind}"; SQLALCHEMY_BINDS has: {known}{mend}'
        return one_line(said)


@dataclass(eq=False)
class UndeclaredBindError(ConfigError):
    """The configuration does not declare a bind that somebody asks for."""

    bind: str
    declared: tuple[str, ...]

    def __str__(self) -> str:
        declared = ", ".join(self.declared) or "none"
        return one_line(f'the bind "{self.bind}" is not declared (declared: {declared})')


class AmbiguousBindError(ConfigError):
    """The app has a default database, and a bind that is called as that is called."""

    message = 'the app has a bind "default", and so is the default database called here'
    help = "rename the bind in SQLALCHEMY_BINDS"

    def __str__(self) -> str:
        return f"{self.message}; {self.help}"


@dataclass(eq=False)
class BindKeyError(ConfigError):
    """The app has a bind whose key is no text, which a configuration can't speak of.

    Where it is empty, a shared history has one function for it and for the default database.
    """

    key: object

    def __str__(self) -> str:
        if self.key == "":
            return "SQLALCHEMY_BINDS has an empty key: give the bind a name"
        return f'SQLALCHEMY_BINDS has the key {self.key!r}, which is no text: write "{self.key}"'


@dataclass(eq=False)
class VersionTableSharedError(ConfigError):
    """Two binds would keep their revision in one table of one database.

    :param bind: one of them, as the configuration calls it.
    :param binds: the two of them in words.
    """

    bind: str
    binds: tuple[str, str]

    help = "set version_table for one of them"

    @property
    def message(self) -> str:
        """What is wrong."""
        first, second = self.binds
        return f"{first} and {second} would keep their revisions in one table of one database"

    def __str__(self) -> str:
        return f"{self.message}: {self.help}"


class NothingMigratedError(ConfigError):
    """The configuration leaves every database out, or none follows the history that is meant."""

    def __str__(self) -> str:
        return (
            "no database is migrated: enable one in the configuration's binds, declare one there, "
            "or take all of SQLALCHEMY_BINDS with multidb = true"
        )


@dataclass(eq=False)
class FoldersSharedError(ConfigError):
    """A history would read the scripts of another.

    :param first: the folder of the one, ``second`` that of the other.
    """

    first: Path
    second: Path
    help: str

    def __str__(self) -> str:
        return (
            f"the histories in {self.first} and {self.second} are not apart, and one would read "
            f"the scripts of the other: {self.help}"
        )


@dataclass(eq=False)
class NotMigratedError(ConfigError):
    """The command line names a bind that is not migrated, or not in that folder.

    :param migrated: those that are, as ``--bind`` calls them.
    """

    bind: str
    migrated: tuple[str, ...]

    def __str__(self) -> str:
        migrated = ", ".join(self.migrated) or "none"
        if not self.bind:
            return f"--bind: the name is empty (migrated: {one_line(migrated)})"
        return one_line(
            f'--bind: the bind "{self.bind}" is not migrated here (migrated: {migrated})'
        )


def is_name_in_history(bind: str) -> bool:
    """Tell whether a bind's name can become part of a function's name, as Flask-Migrate needs it.

    Python reads some letters as others, and would not find the function again.
    """
    name = f"upgrade_{bind}"
    return name.isidentifier() and unicodedata.normalize("NFKC", name) == name


@dataclass(eq=False)
class BindNameError(ConfigError):
    """A project's own template can't name the function of a bind."""

    bind: str
    template: Path

    @property
    def message(self) -> str:
        """What is wrong."""
        bind = one_line(self.bind)
        return (
            f'{self.template} would write a function upgrade_{bind}() for the bind "{bind}", and '
            "that is no Python name"
        )

    help = (
        "remove the template, as the packaged one can name it, give the bind a directory of its "
        "own, or rename it in SQLALCHEMY_BINDS"
    )

    def __str__(self) -> str:
        return f"{self.message}; {self.help}"
