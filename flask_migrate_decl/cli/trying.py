"""``flask db upgrade`` with what is only shown, or only rehearsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_migrate_decl.cli import jobs
from flask_migrate_decl.cli.building import flag
from flask_migrate_decl.commands import trying
from flask_migrate_decl.errors import NotCombinedError

if TYPE_CHECKING:
    from flask_migrate_decl.results import RunResult

OPTIONS = (
    flag(
        "--dry-run",
        help="Show the SQL for each database, from the revision it is at, and run none of it.",
    ),
    flag(
        "--rehearse",
        help="Run everything and roll it back. Not on MariaDB and MySQL, which can't.",
    ),
)
_OF_BOTH = ("directory", "revision", "tag", "x_arg", "bind")


def upgrade(dry_run: bool, rehearse: bool, **options: Any) -> RunResult:
    """Upgrade, or find out what that would do."""
    if not dry_run and not rehearse:
        return jobs.upgrade(**options)
    given = {"--dry-run": dry_run, "--rehearse": rehearse}
    others = {name: value for name, value in options.items() if name not in _OF_BOTH}
    given |= {f"--{name.replace('_', '-')}": bool(value) for name, value in others.items()}
    chosen = tuple(name for name, value in given.items() if value)
    if len(chosen) > 1:
        raise NotCombinedError(chosen)
    of_both = {name: options[name] for name in _OF_BOTH if name in options}
    return (trying.show_upgrade if dry_run else trying.rehearse_upgrade)(**of_both)
