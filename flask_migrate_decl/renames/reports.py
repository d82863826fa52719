"""What is said of a hint in each state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_migrate_decl.renames.names import nearest
from flask_migrate_decl.renames.states import HintReport, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flask_migrate_decl.renames.hints import Hint
    from flask_migrate_decl.renames.names import NameRules
    from flask_migrate_decl.renames.states import Presence


def harmless(hint: Hint, state: State) -> HintReport:
    """Report a hint with which nothing is to be done."""
    messages = {
        State.APPLIED: "the database has the new name",
        State.EARLY: f'the models still say "{hint.old}"',
        State.SPENT: "neither side has anything to rename; the hint may be removed",
    }
    return HintReport(hint, state, messages[state])


def pending(hint: Hint, rules: NameRules) -> HintReport:
    """Report a pending hint, as a problem where the database would cut or refuse the new name."""
    if not rules.is_too_long(hint.new):
        return HintReport(hint, State.PENDING, "the database has the old name")
    unit = "bytes" if rules.length_in_bytes else "characters"
    return HintReport(
        hint,
        State.PENDING,
        f'"{hint.new}" is longer than the {rules.max_length} {unit} this database keeps',
        "choose a shorter name",
        is_problem=True,
    )


def of_case_only(hint: Hint, database: str, models: str | None) -> HintReport:
    """Report a hint whose two names are one to the database, which can't be carried out yet.

    :param database: the name as the database spells it.
    :param models: the name as the models spell it.
    """
    if database == hint.new:
        return harmless(hint, State.APPLIED)
    if models != hint.new:
        return harmless(hint, State.EARLY)
    return HintReport(
        hint,
        State.PENDING,
        "the two names differ in upper and lower case only, and this database takes them for the "
        "same",
        "such a rename can't be carried out yet: keep the old spelling in the models",
        is_problem=True,
    )


def contradicted(hint: Hint, presence: Presence, things: str, contents: str) -> HintReport:
    """Report a hint that would cost what it means to keep.

    :param things: what is renamed, in the plural.
    :param contents: what would be lost with it.
    """
    if not presence.db_old:
        return HintReport(
            hint,
            State.CONTRADICTED,
            f'the database has only "{hint.new}" and the models only "{hint.old}", so that '
            f'"{hint.new}" would be dropped with its {contents}',
            f'exchange "from" and "to" where the name is taken back, or say "{hint.new}" in the '
            "models",
            is_problem=True,
        )
    return HintReport(
        hint,
        State.CONTRADICTED,
        f'the database has both {things} and the models only "{hint.new}", so that "{hint.old}" '
        f"would be dropped with its {contents}",
        f'move its {contents} and drop it in a revision of your own, or keep "{hint.old}" in the '
        "models; where the rename was done long ago, remove the hint",
        is_problem=True,
    )


def new_name_missing(hint: Hint, message: str, known: Iterable[str]) -> HintReport:
    """Report a hint whose new name is in no model.

    :param known: the names among which it may be misspelt.
    """
    near = f"nearest in the models: {quoted(nearest(hint.new, known))}"
    return HintReport(hint, State.UNMATCHED, message, near, is_problem=True)


def old_name_missing(hint: Hint, message: str, known: Iterable[str]) -> HintReport:
    """Report a hint whose old name is not in the database.

    :param known: the names among which it may be misspelt.
    """
    near = f"nearest in the database: {quoted(nearest(hint.old, known))}"
    mend = f"{near}; where the rename was done long ago, remove the hint"
    return HintReport(hint, State.UNMATCHED, message, mend, is_problem=True)


def misplaced(hint: Hint, message: str) -> HintReport:
    """Report a hint that would be carried out in another table than it names."""
    return HintReport(
        hint,
        State.UNMATCHED,
        message,
        "correct the table's name, or declare the table's own rename in renames.tables",
        is_problem=True,
    )


def of_other_schema(hint: Hint, schema: str | None) -> HintReport:
    """Report a hint that would be carried out in another schema than it names."""
    return _elsewhere(
        hint,
        f'the schema "{hint.schema}"' if hint.schema else "the default schema",
        f'"{schema}"' if schema else "the default one",
        f'add schema = "{schema}" to the hint' if schema else "take schema out of the hint",
    )


def of_other_bind(hint: Hint, bind: str | None) -> HintReport:
    """Report a hint that would be carried out in another database than it names."""
    return _elsewhere(
        hint,
        f'the bind "{hint.bind}"' if hint.bind else "the default database",
        f'the bind "{bind}"' if bind else "the default database",
        f'add bind = "{bind}" to the hint' if bind else "take bind out of the hint",
    )


def _elsewhere(hint: Hint, named: str, meant: str, mend: str) -> HintReport:
    message = (
        f'there is nothing to rename in {named}, but "{hint.old}" would become "{hint.new}" in '
        f"{meant}"
    )
    return HintReport(hint, State.UNMATCHED, message, mend, is_problem=True)


def quoted(names: Sequence[str]) -> str:
    """Word a list of names."""
    return ", ".join(f'"{name}"' for name in names) or "none"
