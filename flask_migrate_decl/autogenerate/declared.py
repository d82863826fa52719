"""The hints that a comparison works with, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask_migrate_decl.errors import HintProblem, HintsNotSeenError, RenameHintsError
from flask_migrate_decl.renames import State, of_other_bind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.migration import MigrationContext

    from flask_migrate_decl.autogenerate.compared import ComparedHints
    from flask_migrate_decl.renames import HintReport, Renames, Resolution

ATTRIBUTE = "flask_migrate_decl.renames"
"""Where ``Config.attributes`` holds the ``DeclaredRenames`` of a run."""
BIND_OPTION = "flask_migrate_decl_bind"
"""The option of ``configure()`` in which our own environment names the bind."""

_TOKEN = "upgrades"


@dataclass(frozen=True)
class Following:
    """Which names follow.

    :param conventions: those that the models' naming convention gives.
    :param defaults: those that PostgreSQL gave to what has no name in the models.
    """

    conventions: bool = True
    defaults: bool = False


@dataclass
class DeclaredRenames:
    """All hints of a project; a comparison notes here what it made of them.

    :param following: which names follow those that the hints give.
    :param resolutions: by bind key, for each database that was compared.
    :param comparisons: by bind key, of each database that was compared.
    """

    renames: Renames
    following: Following = field(default_factory=Following)
    resolutions: dict[str | None, Resolution] = field(default_factory=dict)
    comparisons: dict[str | None, ComparedHints] = field(default_factory=dict)

    def verify(self, bind: str | None) -> None:
        """Stop where a database was compared without its hints, or a hint names the wrong one.

        :raises HintsNotSeenError: a project's own ``env.py`` keeps our plug-in out.
        :raises RenameHintsError: a hint would be carried out in another database than it names.
        """
        if self.renames and bind not in self.resolutions:
            raise HintsNotSeenError(bind)
        problems = tuple(self.misplaced())
        if problems:
            raise RenameHintsError(problems)

    def misplaced(self) -> Iterator[HintProblem]:
        """Find hints that would be carried out in another database than they name.

        One that a revision records was meant for the database it names.
        """
        fitting = {
            hint.place: bind
            for bind, resolution in self.resolutions.items()
            for hint in resolution.fitting_others
        }
        for resolution in self.resolutions.values():
            for report in resolution.reports:
                is_meant = report.state is State.PENDING or report.revision is not None
                if report.hint.place in fitting and not is_meant:
                    yield problem_of(of_other_bind(report.hint, fitting[report.hint.place]))


def problem_of(report: HintReport) -> HintProblem:
    """Return a report as an error tells it."""
    hint = report.hint
    return HintProblem(hint.place, str(hint), str(report.state), report.message, report.help)


def declared_renames(context: MigrationContext) -> DeclaredRenames | None:
    """Return the hints of the run, or ``None`` where the run is not one of ours."""
    config = context.config
    found = config.attributes.get(ATTRIBUTE) if config else None
    return found if isinstance(found, DeclaredRenames) else None


def bind_of(context: MigrationContext) -> str | None:
    """Return the bind key of the database that is compared.

    The ``env.py`` that Flask-Migrate copied into a project says it by the template variable
    only: ``<bind>_upgrades``, with nothing before the underscore for the default database.
    """
    options = context.opts
    if BIND_OPTION in options:
        bind: str | None = options[BIND_OPTION]
        return bind
    return bind_of_token(options.get("upgrade_token", _TOKEN))


def bind_of_token(token: str) -> str | None:
    """Return the bind key in the name of a template's variable for upgrades."""
    return token.removesuffix(_TOKEN).removesuffix("_") or None
