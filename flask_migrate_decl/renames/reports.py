"""What is said of a hint in each state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_migrate_decl.errors import database_in_words, one_line
from flask_migrate_decl.renames.hints import key_ends
from flask_migrate_decl.renames.names import nearest
from flask_migrate_decl.renames.states import HintReport, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flask_migrate_decl.renames.hints import Hint
    from flask_migrate_decl.renames.names import Catalog


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report needs to know of a hint's thing.

    :param is_old_there: whether the database has the old name.
    :param things: what is renamed, in the plural.
    :param contents: what would be lost with it; ``""`` where that is nothing but itself.
    """

    is_old_there: bool
    things: str
    contents: str = ""


def harmless(hint: Hint, state: State) -> HintReport:
    """Report a hint with which nothing is to be done."""
    messages = {
        State.APPLIED: "the database has the new name",
        State.EARLY: f'the models still say "{hint.old}"',
        State.SPENT: "neither side has anything to rename; the hint may be removed",
    }
    return HintReport(hint, state, messages[state])


def not_kept(hint: Hint, message: str) -> HintReport:
    """Report a hint of something that this database does not have, or has no names for."""
    return HintReport(hint, State.SPENT, message)


def recorded(hint: Hint, revision: str) -> HintReport:
    """Report a hint that a revision has carried out."""
    return HintReport(hint, State.APPLIED, f"the revision {revision} carried it out")


def pending(hint: Hint, database: Catalog) -> HintReport:
    """Report a pending hint, as a problem where the database can't take the new name."""
    rules, what = database.rules, database.taken(hint.kind, key_ends(hint)[1][0])
    if rules.is_too_long(hint.new):
        unit = "bytes" if rules.length_in_bytes else "characters"
        limit = f"the {rules.max_length} {unit} this database keeps"
        return _impossible(hint, f'"{hint.new}" is longer than {limit}', "choose a shorter name")
    if hint.new in what:
        message = f'"{hint.new}" is the name of {what[hint.new]} in the database'
        return _impossible(hint, message, f"rename or drop {what[hint.new]} first")
    return HintReport(hint, State.PENDING, "the database has the old name")


def _impossible(hint: Hint, message: str, mend: str) -> HintReport:
    return HintReport(hint, State.PENDING, message, mend, is_problem=True)


def unable(hint: Hint, message: str, mend: str) -> HintReport:
    """Report a pending hint that this kind of database can't carry out."""
    return _impossible(hint, message, mend)


def undecided(hint: Hint) -> HintReport:
    """Report a part of an exchange of names, of which only another part was carried out."""
    return HintReport(
        hint,
        State.UNDECIDED,
        "it is part of an exchange of names, of which the database does not have all or a revision "
        "has carried out a part, so that nobody can tell what is to be done",
        "where it is done, remove the hints of the exchange; where all of it is to be done once "
        "more, give each of them an id of its own, so that they are new ones",
        is_problem=True,
    )


def contradicted(hint: Hint, facts: Facts) -> HintReport:
    """Report a hint that would cost what it means to keep."""
    with_it = f" with its {facts.contents}" if facts.contents else ""
    if not facts.is_old_there:
        return HintReport(
            hint,
            State.CONTRADICTED,
            f'the database has only "{hint.new}" and the models only "{hint.old}", so that '
            f'"{hint.new}" would be dropped{with_it}',
            f'exchange "from" and "to" where the name is taken back, or say "{hint.new}" in the '
            "models",
            is_problem=True,
        )
    move = f"move its {facts.contents} and drop it" if facts.contents else "drop it"
    return HintReport(
        hint,
        State.CONTRADICTED,
        f'the database has both {facts.things} and the models only "{hint.new}", so that '
        f'"{hint.old}" would be dropped{with_it}',
        f'{move} in a revision of your own, or keep "{hint.old}" in the models; where the rename '
        "was done long ago, remove the hint",
        is_problem=True,
    )


def doubled(hint: Hint, earlier: Hint) -> HintReport:
    """Report a hint that speaks of the same thing as another one."""
    return HintReport(
        hint,
        State.CONTRADICTED,
        f"it speaks of the same {hint.kind.noun} as {earlier.place} ({earlier})",
        "name the tables by their new names, and keep one of the two hints",
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
        database_in_words(hint.bind),
        database_in_words(bind),
        f'add bind = "{one_line(bind)}" to the hint' if bind else "take bind out of the hint",
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
